"""Builds of a tiny book: what is run again, what failures say, what survives."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import nbformat
import psutil
import pytest

from tests.tools.conftest import chapter
from tools import build as building
from tools import files
from tools.build import build, main
from tools.chapters import Book
from tools.execute import execute
from tools.files import ROOT, BuildError

if TYPE_CHECKING:
    from pathlib import Path


def printed(book: Book, name: str) -> str:
    notebook = nbformat.read(book.executed(name), as_version=4)
    return str(notebook.cells[-1].outputs[0].text)


def test_a_change_is_followed_where_it_can_be_felt(tiny: Book) -> None:
    assert execute(tiny) == ["book/a", "book/b"]
    assert printed(tiny, "book/a") == "first answer\n"
    assert execute(Book(tiny.root)) == []

    one = tiny.package / "one.py"
    one.write_text("def value():\n    return 'second answer'\n", encoding="utf-8")
    assert execute(Book(tiny.root)) == ["book/a"]
    assert printed(tiny, "book/a") == "second answer\n"

    source = tiny.source("book/a")
    text = source.read_text(encoding="utf-8").replace("Text.", "New text.")
    source.write_text(text, encoding="utf-8")
    assert execute(Book(tiny.root)) == []
    notebook = nbformat.read(tiny.executed("book/a"), as_version=4)
    assert "New text." in notebook.cells[0].source
    assert printed(tiny, "book/a") == "second answer\n"


def test_every_failure_is_named_with_its_place(
    tiny: Book, capsys: pytest.CaptureFixture[str]
) -> None:
    broken = chapter("x = 1", "def f():\n    return 1 / 0\n\nf()")
    tiny.source("book/a").write_text(broken, encoding="utf-8")
    tiny.source("book/b").write_text(chapter("nonsense"), encoding="utf-8")
    with pytest.raises(BuildError) as raised:
        execute(tiny)
    line = broken.split("\n").index("def f():") + 1
    assert str(raised.value).startswith("2 chapters failed: ")
    assert f"book/a.md, line {line}, code cell 2" in str(raised.value)
    assert "book/b.md, line 11, code cell 1" in str(raised.value)
    told = capsys.readouterr().out
    assert "ZeroDivisionError: division by zero" in told
    assert "return 1 / 0" in told
    assert "NameError: name 'nonsense' is not defined" in told
    report = (tiny.build / "reports/book/a.txt").read_text(encoding="utf-8")
    assert "return 1 / 0" in report
    assert not tiny.executed("book/a").exists()


@pytest.mark.parametrize(
    ("cell", "reason"),
    [
        ("import warnings\nwarnings.warn('careful')", "wrote to stderr"),
        ("import os, signal\nos.kill(os.getpid(), signal.SIGKILL)", "kernel died"),
        ("import time\ntime.sleep(60)", "took longer than the time limit"),
    ],
)
def test_other_ways_to_fail(
    tiny: Book, capsys: pytest.CaptureFixture[str], cell: str, reason: str
) -> None:
    config = (tiny.root / "_config.yml").read_text(encoding="utf-8")
    config = config.replace("timeout: 60", "timeout: 2")
    (tiny.root / "_config.yml").write_text(config, encoding="utf-8")
    tiny.source("book/b").write_text(chapter(cell), encoding="utf-8")
    with pytest.raises(BuildError, match=r"a chapter failed: book/b\.md, line 11"):
        execute(tiny)
    assert reason in capsys.readouterr().out
    assert tiny.executed("book/a").exists()


def test_pages_are_swapped_in_whole_or_not_at_all(
    tiny: Book, capsys: pytest.CaptureFixture[str]
) -> None:
    build(tiny)
    page = tiny.html / "book" / "a.html"
    assert "first answer" in page.read_text(encoding="utf-8")
    capsys.readouterr()

    build(Book(tiny.root))
    assert "The pages are up to date." in capsys.readouterr().out

    # A warning fails the build, and the last good pages stay.
    source = tiny.source("book/b")
    good = source.read_text(encoding="utf-8")
    source.write_text(good + "\n[nowhere](nowhere.md)\n", encoding="utf-8")
    for _ in range(2):  # and again: a warning is not forgotten
        with pytest.raises(BuildError, match=r"the pages have 1 warnings"):
            build(Book(tiny.root))
        assert "nowhere" in capsys.readouterr().out
    assert "first answer" in page.read_text(encoding="utf-8")

    # A file that went missing is made again.
    source.write_text(good, encoding="utf-8")
    build(Book(tiny.root))
    page.unlink()
    build(Book(tiny.root))
    assert page.exists()


def start(book: Book) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "tools.build", str(book.root)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
        # A shell's background job ignores Ctrl-C, and so would what it starts.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    )


def running_for(book: Book) -> list[int]:
    """Return the processes that still work for a book."""
    found = []
    for process in psutil.process_iter(["cmdline", "cwd", "pid"]):
        words = [process.info["cwd"] or "", *(process.info["cmdline"] or [])]
        if any(str(book.root) in word for word in words):
            found.append(process.info["pid"])
    return found


def wait_until(condition: object, seconds: float = 60) -> bool:
    assert callable(condition)
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(0.1)
    return False


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGKILL])
def test_an_interrupted_build_leaves_nothing_half_done(
    tiny: Book, how: signal.Signals, tmp_path: Path
) -> None:
    flag = tmp_path / "started"
    cell = f"import pathlib, time\npathlib.Path({str(flag)!r}).touch()\ntime.sleep(60)"
    tiny.source("book/a").write_text(chapter(cell), encoding="utf-8")
    process = start(tiny)
    assert wait_until(flag.exists)
    process.send_signal(how)
    told, _ = process.communicate(timeout=60)
    assert "Traceback" not in told
    if how != signal.SIGKILL:
        assert process.returncode == 130
        assert told.rstrip().endswith("stopped; the next build goes on from here")
    assert wait_until(lambda: not running_for(tiny)), "something still runs"
    assert not tiny.executed("book/a").exists()

    tiny.source("book/a").write_text(chapter("print('whole')"), encoding="utf-8")
    assert "book/a" in execute(Book(tiny.root))
    assert printed(tiny, "book/a") == "whole\n"


DIES_AT_THE_START = """
import os, pathlib, sys
count = pathlib.Path(__file__).with_name("count")
if "ipykernel_launcher" in " ".join(sys.orig_argv):
    left = int(count.read_text())
    count.write_text(str(left - 1))
    if left > 0:
        os._exit(1)
"""


@pytest.mark.parametrize(("deaths", "built"), [(2, True), (3, False)])
def test_a_kernel_that_does_not_start_is_started_again(
    deaths: int, built: bool, tiny: Book, capsys: pytest.CaptureFixture[str]
) -> None:
    """As happens when another program takes one of its ports first."""
    tiny.source("book/b").write_text("# No cells\n", encoding="utf-8")
    code = tiny.package.parent
    (code / "sitecustomize.py").write_text(DIES_AT_THE_START, encoding="utf-8")
    (code / "count").write_text(str(deaths), encoding="utf-8")
    if built:
        assert execute(tiny) == ["book/a"]
        assert printed(tiny, "book/a") == "first answer\n"
    else:
        with pytest.raises(BuildError, match="a chapter failed"):
            execute(tiny)
        printout = capsys.readouterr().out
        assert "kernel died" in printout
        assert "at the start" in printout


def test_a_build_killed_while_it_makes_pages(tiny: Book) -> None:
    execute(tiny)
    process = start(tiny)
    beside = tiny.build / "next" / "_build"
    assert wait_until(beside.exists)
    process.kill()
    process.communicate(timeout=60)
    assert not tiny.html.exists()
    assert wait_until(lambda: not running_for(tiny)), "something still runs"
    build(Book(tiny.root))
    assert "first answer" in (tiny.html / "book/a.html").read_text(encoding="utf-8")


def test_a_half_written_notebook_is_not_taken_for_whole(tiny: Book) -> None:
    execute(tiny)
    stored = tiny.executed("book/a")
    text = stored.read_text(encoding="utf-8")
    for half in (text[: len(text) // 2], "{}"):
        stored.write_text(half, encoding="utf-8")
        assert execute(Book(tiny.root)) == ["book/a"]
        assert stored.read_text(encoding="utf-8") == text


def test_a_second_build_waits_for_the_first(tiny: Book) -> None:
    with files.only_one_build(tiny.build):
        process = start(tiny)
        assert process.stdout is not None
        line = process.stdout.readline()
    process.communicate(timeout=120)
    assert line == (
        f"Another build (process {os.getpid()}) runs here; waiting for it ...\n"
    )
    assert process.returncode == 0


def test_a_full_disk_is_one_line(
    tiny: Book, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(files, "NEEDED_MB", 10**12)
    assert main([str(tiny.root)]) == 1
    told = capsys.readouterr().err
    assert told.startswith("error: no disk space: the build needs about")
    assert told.count("\n") == 1


def test_a_disk_that_fills_up_on_the_way_is_one_line(
    tiny: Book, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def full(_: Book) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(building, "execute", full)
    assert main([str(tiny.root)]) == 1
    assert capsys.readouterr().err.startswith("error: no disk space")


@pytest.mark.parametrize(
    ("name", "text", "told"),
    [
        ("_toc.yml", "root: book/none\n", "_toc.yml lists book/none, but there is no"),
        ("_toc.yml", "root: [", "_toc.yml cannot be read"),
        ("_config.yml", "word", "_config.yml must hold a mapping"),
    ],
)
def test_bad_settings_are_one_line(
    tiny: Book, capsys: pytest.CaptureFixture[str], name: str, text: str, told: str
) -> None:
    (tiny.root / name).write_text(text, encoding="utf-8")
    assert main([str(tiny.root)]) == 1
    assert told in capsys.readouterr().err
