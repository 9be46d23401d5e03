"""Run one chapter's cells in a kernel of its own: ``python -m tools.run_chapter``.

The executed notebook is stored whole or not at all. What came of it is printed as
one line of JSON for ``tools.execute``, which runs several of these side by side.
"""

from __future__ import annotations

import json
import os
import re
import sys
import time
from pathlib import Path
from typing import Any

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import (
    CellExecutionError,
    CellTimeoutError,
    DeadKernelError,
)

from tools.chapters import Book, Chapter
from tools.files import die_with_parent, full_disk, is_full_disk, write_atomically

# The same outputs on every machine: no settings of the reader's own, no hash seeds,
# and one thread for each of the chapters that run side by side.
KERNEL_ENVIRONMENT = {
    "PYTHONHASHSEED": "0",
    "PYTHONNOUSERSITE": "1",
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "JUPYTER_PREFER_ENV_PATH": "1",
}


def run(chapter: Chapter, fingerprint: str, timeout: int) -> dict[str, Any]:
    """Execute a chapter and store its notebook; return what came of it."""
    book = chapter.book
    notebook = chapter.notebook
    client = NotebookClient(
        notebook,
        timeout=timeout,
        kernel_name="python3",
        record_timing=False,
        resources={"metadata": {"path": str(book.source(chapter.name).parent)}},
    )
    reached = 0

    def remember(cell: Any, cell_index: int) -> None:
        nonlocal reached
        reached = cell_index

    client.on_cell_start = remember
    started = time.monotonic()
    try:
        _execute(client)
    except (CellExecutionError, CellTimeoutError, DeadKernelError) as error:
        return _failure(chapter, reached, error)
    seconds = time.monotonic() - started
    complaint = _complaint(chapter)
    if complaint:
        return complaint
    notebook.metadata["build"] = {"fingerprint": fingerprint}
    write_atomically(book.executed(chapter.name), nbformat.writes(notebook) + "\n")
    return {"seconds": seconds}


def _execute(client: NotebookClient, attempts: int = 3) -> None:
    """Run all cells; try again if the kernel did not even start.

    Its ports are chosen before it takes them, so a program beside it can be quicker.
    """
    while True:
        attempts -= 1
        try:
            client.execute()
        except RuntimeError as error:
            if "before replying" not in str(error):
                raise
            if not attempts:
                raise DeadKernelError(f"at the start: {error}") from error
        else:
            return


def _failure(chapter: Chapter, index: int, error: Exception) -> dict[str, Any]:
    """Describe the cell that failed."""
    text = _plain(str(error))
    if isinstance(error, CellExecutionError):
        reason = _plain(f"{error.ename}: {error.evalue}")
    elif isinstance(error, CellTimeoutError):
        reason = "the cell took longer than the time limit (execute: timeout)"
    else:
        reason = "the kernel died (out of memory?)"
    return _report(chapter, index, reason, text)


def _complaint(chapter: Chapter) -> dict[str, Any] | None:
    """Describe the first cell that wrote to stderr: a warning fails the build."""
    for index, cell in enumerate(chapter.notebook.cells):
        for output in cell.get("outputs", []):
            if output.output_type == "stream" and output.name == "stderr":
                reason = "the cell wrote to stderr (a warning?)"
                return _report(chapter, index, reason, _plain(output.text))
    return None


def _report(chapter: Chapter, index: int, reason: str, text: str) -> dict[str, Any]:
    book = chapter.book
    number = sum(c.cell_type == "code" for c in chapter.notebook.cells[: index + 1])
    line = chapter.line_of(index)
    where = f"{chapter.name}.md, line {line}, code cell {number}"
    report = book.build / "reports" / f"{chapter.name}.txt"
    source = chapter.notebook.cells[index].source
    write_atomically(report, f"{where}\n{reason}\n\n{source}\n\n{text}\n")
    return {
        "failed": where,
        "reason": reason,
        "excerpt": _excerpt(text),
        "report": str(report.relative_to(book.root)),
    }


def _excerpt(text: str) -> str:
    """Return the cell's own part of a traceback and its end, where the cause is."""
    lines = text.rstrip().splitlines()
    start = next((i for i, x in enumerate(lines) if x.startswith("Cell In[")), None)
    if start is None or len(lines) - start <= 16:
        return "\n".join(lines[-16:])
    rest = lines[start + 1 :]
    length = next((i for i, x in enumerate(rest) if x.startswith("File ")), 8)
    return "\n".join([*lines[start : start + min(length, 8) + 1], "...", *lines[-6:]])


def _plain(text: str) -> str:
    """Drop the colours of a terminal."""
    return re.sub(r"\x1b\[[0-9;]*m", "", text)


def main(root: str, name: str, fingerprint: str, timeout: str) -> None:
    """Run the named chapter of the book at `root`."""
    die_with_parent()
    os.environ.update(KERNEL_ENVIRONMENT)
    book = Book(Path(root))
    # The reader's own start-up files have no say in what a chapter prints.
    os.environ["IPYTHONDIR"] = str(book.build / "ipython")
    text = book.source(name).read_text(encoding="utf-8")
    try:
        outcome = run(Chapter(book, name, text), fingerprint, int(timeout))
    except OSError as error:
        if not is_full_disk(error):
            raise
        outcome = {"fatal": full_disk(book.root)}
    print(json.dumps(outcome))


if __name__ == "__main__":
    main(*sys.argv[1:])
