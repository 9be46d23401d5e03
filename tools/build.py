"""Build the book: ``python -m tools.build``.

Chapters whose inputs changed are run, then the pages are made from their outputs with
warnings as errors. The pages are built beside and swapped in when they are whole.
"""

from __future__ import annotations

import argparse
import json
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from tools.chapters import Book
from tools.execute import execute, fill_cache
from tools.files import (
    ROOT,
    BuildError,
    check_space,
    full_disk,
    is_full_disk,
    only_one_build,
    tree,
    write_atomically,
)
from tools.fingerprint import book_inputs
from tools.lighten import lighten


def build(book: Book) -> None:
    """Bring the book's outputs and pages up to date.

    Raises
    ------
    BuildError
        If a cell fails, the pages have a warning, or the disk is full.
    """
    started = time.monotonic()
    check_space(book.root)
    with only_one_build(book.build):
        execute(book)
        inputs = book_inputs(book)
        if _is_whole(book, inputs):
            print("The pages are up to date.")
        else:
            _make_pages(book)
            _record(book, inputs)
    index = book.html / "index.html"
    print(f"Built in {time.monotonic() - started:.1f} s: {index.as_uri()}")


def _make_pages(book: Book) -> None:
    """Build the pages from nothing in a folder beside, then swap them in.

    From nothing, because Sphinx does not repeat the warnings of a page that it thinks
    unchanged, and does not renew what one page says of another.
    """
    started = time.monotonic()
    print(f"Making {len(book.pages)} pages ...", flush=True)
    fill_cache(book)
    beside = book.build / "next"
    shutil.rmtree(beside, ignore_errors=True)
    log = book.build / "sphinx.log"
    code, words = _jupyter_book(book, beside, log)
    made = beside / "_build" / "html"
    if "No space left on device" in words:
        raise BuildError(full_disk(book.root))
    warnings = _warnings(words)
    if code != 0 or warnings or not (made / "index.html").is_file():
        for warning in warnings:
            print(f"  {warning}")
        what = f"{len(warnings)} warnings" if warnings else "an error"
        raise BuildError(f"the pages have {what} (the whole log: {log})")
    if "Executing notebook" in words:
        raise BuildError(f"a chapter was run a second time (the whole log: {log})")
    lighten(made)
    _swap(made, book)
    shutil.rmtree(beside, ignore_errors=True)
    print(f"  {len(book.pages)} pages: {time.monotonic() - started:.1f} s", flush=True)


def _jupyter_book(book: Book, beside: Path, log: Path) -> tuple[int, str]:
    """Run Jupyter Book; return its exit code and everything that it said."""
    start = (
        f"import sys; sys.path.insert(0, {str(ROOT)!r}); "
        "from tools.files import die_with_parent; die_with_parent(); "
        "from jupyter_book.cli.main import main; main()"
    )
    command = [sys.executable, "-c", start]
    command += ["build", ".", "--path-output", str(beside), "--all"]
    command += ["-W", "--keep-going", "-n"]
    lines = []
    with (
        log.open("w", encoding="utf-8") as handle,
        subprocess.Popen(
            command,
            cwd=book.root,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
        ) as process,
    ):
        try:
            for line in process.stdout or ():
                plain = re.sub(r"\x1b\[[0-9;]*m", "", line)
                handle.write(plain)
                lines.append(plain)
        except BaseException:
            process.terminate()
            raise
    return process.returncode, "".join(lines)


def _warnings(words: str) -> list[str]:
    found = [
        line.strip()
        for line in words.splitlines()
        if re.search(r"\b(WARNING|ERROR|CRITICAL|SEVERE)\b:?", line)
    ]
    return list(dict.fromkeys(found))


def _swap(made: Path, book: Book) -> None:
    """Put the new pages in the old ones' place by two renames."""
    old = book.build / "old"
    shutil.rmtree(old, ignore_errors=True)
    _stamp(book).unlink(missing_ok=True)
    if book.html.exists():
        book.html.rename(old)
    made.rename(book.html)
    shutil.rmtree(old, ignore_errors=True)


def _stamp(book: Book) -> Path:
    return book.build / "html.json"


def _sizes(book: Book) -> dict[str, int]:
    return {
        str(path.relative_to(book.html)): path.stat().st_size
        for path in tree(book.html)
    }


def _record(book: Book, inputs: str) -> None:
    stamp = {"inputs": inputs, "files": _sizes(book)}
    write_atomically(_stamp(book), json.dumps(stamp, indent=1))


def renew_record(book: Book) -> None:
    """Take what was put beside the finished pages, or into them, for part of them."""
    stamp = json.loads(_stamp(book).read_text(encoding="utf-8"))
    _record(book, stamp["inputs"])


def _is_whole(book: Book, inputs: str) -> bool:
    """Tell whether the pages were made from these inputs and are all there."""
    try:
        stamp = json.loads(_stamp(book).read_text(encoding="utf-8"))
    except (OSError, json.JSONDecodeError):
        return False
    return stamp == {"inputs": inputs, "files": _sizes(book)}


def main(arguments: Sequence[str] | None = None) -> int:
    """Build the book and return an exit code; trouble is one line, no traceback."""
    parser = argparse.ArgumentParser(description=build.__doc__)
    parser.add_argument("root", nargs="?", type=Path, default=ROOT)
    root = parser.parse_args(arguments).root.resolve()
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        build(Book(root))
    except BuildError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    except OSError as error:
        if not is_full_disk(error):
            raise
        print(f"error: {full_disk(root)}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nstopped; the next build goes on from here", file=sys.stderr)
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
