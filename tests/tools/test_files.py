"""Files are whole or absent; the browser is found where it is said to be."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tools import browser, picture
from tools.files import digest_files, tree, write_atomically

if TYPE_CHECKING:
    from pathlib import Path


def test_a_failed_write_leaves_the_old_file_and_no_other(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "file.txt"
    write_atomically(path, "old")
    with pytest.raises(UnicodeEncodeError):
        write_atomically(path, "new \ud800")  # cannot be encoded
    assert path.read_text(encoding="utf-8") == "old"
    assert list(path.parent.iterdir()) == [path]


def test_a_digest_sees_content_and_name_but_not_order(tmp_path: Path) -> None:
    first, second = tmp_path / "a", tmp_path / "b"
    first.write_text("x", encoding="utf-8")
    second.write_text("y", encoding="utf-8")
    before = digest_files([first, second], tmp_path)
    assert digest_files([second, first, first], tmp_path) == before
    first.rename(tmp_path / "c")
    assert digest_files([tmp_path / "c", second], tmp_path) != before


def test_a_tree_leaves_out_what_tools_leave_behind(tmp_path: Path) -> None:
    for name in ("a.py", "__pycache__/a.pyc", ".hidden", ".ipynb_checkpoints/a.md"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    assert tree(tmp_path) == [tmp_path / "a.py"]


def test_the_browser_that_is_named_comes_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("mine", "chromium"):
        (tmp_path / name).touch(mode=0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("CHROMIUM", raising=False)
    assert browser.find_browser() == str(tmp_path / "chromium")
    monkeypatch.setenv("CHROMIUM", str(tmp_path / "mine"))
    assert browser.find_browser() == str(tmp_path / "mine")
    monkeypatch.setenv("CHROMIUM", str(tmp_path / "none"))
    assert browser.find_browser() is None
    monkeypatch.setenv("CHROMIUM", str(tmp_path / "mine"))
    monkeypatch.setattr(browser, "_driver_starts", lambda: False)
    assert browser.find_browser() is None


def test_a_picture_without_a_browser_is_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(picture, "find_browser", lambda: None)
    page = tmp_path / "_build" / "html" / "book" / "welcome.html"
    page.parent.mkdir(parents=True)
    page.touch()
    monkeypatch.setattr(picture, "ROOT", tmp_path)
    assert picture.main(["--to", str(tmp_path / "x.png")]) == 1
    assert capsys.readouterr().err == f"error: {browser.HOW_TO_GET}\n"
