"""The whole book on paper: one document, every link within it, an outline."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
from bs4 import BeautifulSoup

from tools import pdf
from tools.chapters import Book
from tools.files import ROOT

pytestmark = pytest.mark.book


@pytest.fixture(scope="module")
def joined(book: Book) -> BeautifulSoup:
    return BeautifulSoup(pdf.join(book), "html.parser")


def test_every_page_is_there_in_the_books_order(joined: BeautifulSoup) -> None:
    order = [article["id"] for article in joined.select("article")]
    assert order == Book(ROOT).pages


def test_anchors_do_not_meet_and_links_lead_somewhere(joined: BeautifulSoup) -> None:
    ids = [str(tag["id"]) for tag in joined.find_all(id=True)]
    within = {i for i in ids if i.startswith("book/")}
    assert len(within) == len([i for i in ids if i.startswith("book/")])
    links = {str(tag["href"]) for tag in joined.select("article [href]")}
    inside = {link.removeprefix("#") for link in links if link.startswith("#")}
    assert len(inside) > 100
    assert inside <= within
    left = {link for link in links if not link.startswith(("#", "http", "mailto"))}
    assert not [link for link in left if ".html" in link and "genindex" not in link]


def test_solutions_stand_open_and_scripts_stay_out(joined: BeautifulSoup) -> None:
    solutions = joined.select("details.solution")
    assert len(solutions) > 30
    assert all(solution.has_attr("open") for solution in solutions)
    assert not joined.select("article script")


@pytest.mark.browser
@pytest.mark.usefixtures("browser")
def test_the_printed_book_has_pages_an_outline_and_tags(
    book: Book, tmp_path: Path
) -> None:
    target = tmp_path / "book.pdf"
    # In a process of its own: this one drives the tests' browser already.
    command = [sys.executable, "-m", "tools.pdf", "--to", str(target)]
    said = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    content = target.read_bytes()
    assert content.startswith(b"%PDF-")
    pages = pdf.count_pages(content)
    assert pages > 100
    assert said.stdout == f"{target}: {pages} pages\n"
    assert b"/Outlines" in content
    assert re.search(rb"/Marked\s+true", content)
    assert [path.name for path in tmp_path.iterdir()] == ["book.pdf"]
    assert not list(book.html.rglob(".print.html"))


def test_without_a_book_or_a_browser_there_is_one_clear_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "_toc.yml").write_text("format: jb-book\nroot: a\n", encoding="utf-8")
    (tmp_path / "a.md").write_text("# A page\n", encoding="utf-8")
    monkeypatch.setattr(pdf, "find_browser", lambda: "chromium")
    with pytest.raises(FileNotFoundError, match="run make book"):
        pdf.write(Book(tmp_path), tmp_path / "x.pdf")
    monkeypatch.setattr(pdf, "find_browser", lambda: None)
    with pytest.raises(FileNotFoundError, match="no browser was found"):
        pdf.write(Book(tmp_path), tmp_path / "x.pdf")
