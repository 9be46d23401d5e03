"""JupyterLab opens a chapter as a notebook and keeps its front matter on saving."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import yaml
from jupytext.sync_contentsmanager import TextFileContentsManager

from tools import lab
from tools.chapters import Book
from tools.files import ROOT

if TYPE_CHECKING:
    from pathlib import Path


def test_a_chapter_is_opened_from_the_checkouts_own_environment() -> None:
    command = lab.command("book/softmax.md", ["--no-browser"])
    assert "--LabApp.default_url=/lab/tree/book/softmax.md" in command
    assert command[-1] == "--no-browser"
    assert str(ROOT / ".venv") in str(lab.settings_file())


def test_saving_a_chapter_in_jupyterlab_keeps_it(tmp_path: Path) -> None:
    book = Book(ROOT)
    for chapter in book.chapters():
        source = book.source(chapter.name)
        shutil.copy(ROOT / "jupytext.toml", tmp_path)
        shutil.copy(source, tmp_path / "chapter.md")
        manager = TextFileContentsManager(root_dir=str(tmp_path))
        model = manager.get("chapter.md", type="notebook", content=True)
        cells = model["content"]["cells"]
        assert [cell["source"] for cell in cells if cell["cell_type"] == "code"] == [
            cell.source for cell in chapter.code_cells
        ]
        manager.save(model, "chapter.md")
        saved = (tmp_path / "chapter.md").read_text(encoding="utf-8")
        assert front_matter(saved) == front_matter(chapter.text)
        # Nothing is lost but the number of empty lines.
        assert saved.split()[-50:] == chapter.text.split()[-50:]


def front_matter(text: str) -> object:
    return yaml.safe_load(text.split("---")[1])
