"""Run the chapters whose inputs changed, several side by side, and store the rest.

Executed notebooks live in ``_build/executed``, each with the fingerprint of what its
outputs depend on. They are the one source of outputs: for the pages, for the
downloads and for the tests.
"""

from __future__ import annotations

import copy
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import IO, Any, NamedTuple

import nbformat
from jupyter_cache import get_cache
from jupyter_cache.base import CacheBundleIn

from tools.chapters import Book, Chapter, code_cells
from tools.files import ROOT, BuildError, write_atomically
from tools.fingerprint import fingerprint


class Job(NamedTuple):
    """A chapter that is being run."""

    chapter: Chapter
    process: subprocess.Popen[str]
    complaints: IO[str]
    started: float


def execute(book: Book, workers: int | None = None) -> list[str]:
    """Bring every chapter's outputs up to date and return the names of those run.

    Raises
    ------
    BuildError
        If a cell fails; every failing chapter has been named on the screen.
    """
    _forget(book)
    ran: list[str] = []
    # A file that is edited while the chapters run would leave outputs that do not
    # belong to it: look again until nothing is stale.
    for _ in range(3):
        chapters = book.chapters()
        stale = [(c, p) for c in chapters if not _is_fresh(c, p := fingerprint(c))]
        if not stale:
            break
        print(f"Running {len(stale)} of {len(chapters)} chapters ...", flush=True)
        _run(book, stale, workers or max(2, os.cpu_count() or 1))
        ran += [chapter.name for chapter, _ in stale]
    else:
        raise BuildError("files changed while the chapters ran; run the build again")
    if not ran:
        print(f"All {len(chapters)} chapters are up to date.")
    for chapter in chapters:
        _renew_text(chapter)
    return ran


def fill_cache(book: Book) -> Path:
    """Make the cache that the HTML build reads its outputs from, and return it."""
    folder = book.build / "jupyter_cache"
    shutil.rmtree(folder, ignore_errors=True)
    cache = get_cache(folder)
    for chapter in book.chapters():
        notebook = chapter.stored()
        if notebook is None:
            raise BuildError(f"{chapter.name} has no outputs; run the build again")
        # The cache finds a notebook by its cells and their metadata, so it is given
        # the chapter as the build will read it.
        cached = copy.deepcopy(chapter.notebook)
        _copy_outputs(notebook, cached)
        cache.cache_notebook_bundle(
            CacheBundleIn(cached, str(book.source(chapter.name))),
            check_validity=False,
            overwrite=True,
        )
    return folder


def _is_fresh(chapter: Chapter, wanted: str) -> bool:
    stored = chapter.stored()
    if stored is None or stored.metadata.get("build", {}).get("fingerprint") != wanted:
        return False
    old = [cell.source for cell in code_cells(stored)]
    return old == [cell.source for cell in chapter.code_cells]


def _renew_text(chapter: Chapter) -> None:
    """Give the stored notebook the chapter's present text around the same cells."""
    stored = chapter.stored()
    if stored is None:
        raise BuildError(f"{chapter.name} has no outputs; run the build again")
    if [cell.source for cell in stored.cells] == [
        cell.source for cell in chapter.notebook.cells
    ]:
        return
    renewed = copy.deepcopy(chapter.notebook)
    _copy_outputs(stored, renewed)
    write_atomically(chapter.book.executed(chapter.name), nbformat.writes(renewed))


def _copy_outputs(source: Any, target: Any) -> None:
    """Copy what execution added to one notebook into another with the same cells."""
    for old, new in zip(code_cells(source), code_cells(target), strict=True):
        new.outputs = old.outputs
        new.execution_count = old.execution_count
    for key in ("language_info", "build"):
        target.metadata[key] = source.metadata[key]


def _forget(book: Book) -> None:
    """Remove the outputs of chapters that the book no longer has, and old reports."""
    shutil.rmtree(book.build / "reports", ignore_errors=True)
    wanted = {book.executed(chapter.name) for chapter in book.chapters()}
    for path in (book.build / "executed").rglob("*.ipynb"):
        if path not in wanted:
            path.unlink()


def _run(book: Book, stale: list[tuple[Chapter, str]], workers: int) -> None:
    waiting = list(stale)
    running: list[Job] = []
    failures: list[str] = []
    done = 0
    try:
        while waiting or running:
            while waiting and len(running) < workers:
                running.append(_start(book, *waiting.pop(0)))
            for job in [job for job in running if job.process.poll() is not None]:
                running.remove(job)
                done += 1
                count = f"  [{done}/{len(stale)}] {job.chapter.name}"
                failure = _finish(job, count)
                if failure:
                    failures.append(failure)
            time.sleep(0.05)
    finally:
        _stop(running)
    if failures:
        what = "a chapter" if len(failures) == 1 else f"{len(failures)} chapters"
        raise BuildError(f"{what} failed: " + "; ".join(failures))


def _start(book: Book, chapter: Chapter, wanted: str) -> Job:
    timeout = book.config.get("execute", {}).get("timeout", 600)
    print(f"  {chapter.name} ...", flush=True)
    # Closed by _finish. A pipe would stall a chapter that says much.
    complaints = tempfile.TemporaryFile("w+", errors="replace")  # noqa: SIM115
    process = subprocess.Popen(
        [
            *(sys.executable, "-m", "tools.run_chapter"),
            *(str(book.root), chapter.name, wanted, str(timeout)),
        ],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=complaints,
        text=True,
        # Ctrl-C is for the build, which then stops its chapters itself.
        start_new_session=True,
    )
    return Job(chapter, process, complaints, time.monotonic())


def _finish(job: Job, count: str) -> str | None:
    """Print what came of a chapter; return where it failed, if it did."""
    out, _ = job.process.communicate()
    job.complaints.seek(0)
    err = job.complaints.read()
    job.complaints.close()
    seconds = time.monotonic() - job.started
    try:
        outcome = json.loads(out.splitlines()[-1])
    except (IndexError, json.JSONDecodeError):
        outcome = {
            "failed": f"{job.chapter.name}.md",
            "reason": f"its process ended with code {job.process.returncode}",
            "excerpt": "\n".join(err.splitlines()[-14:]),
            "report": "none",
        }
    if "fatal" in outcome:
        raise BuildError(outcome["fatal"])
    if "failed" not in outcome:
        print(f"{count}: {seconds:.1f} s", flush=True)
        return None
    print(f"{count}: FAILED after {seconds:.1f} s", flush=True)
    excerpt = "\n".join(f"    | {line}" for line in outcome["excerpt"].splitlines())
    print(
        f"    {outcome['failed']}\n    {outcome['reason']}\n{excerpt}\n"
        f"    the whole report: {outcome['report']}",
        flush=True,
    )
    return str(outcome["failed"])


def _stop(jobs: Sequence[Job]) -> None:
    """End the chapters that still run; their kernels end with them."""
    for job in jobs:
        job.process.send_signal(signal.SIGTERM)
    for job in jobs:
        try:
            job.process.wait(timeout=5)
        except subprocess.TimeoutExpired:
            job.process.kill()
            job.process.wait()
