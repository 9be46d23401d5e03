"""The whole book on paper: one document, every link within it, an outline."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from bs4 import BeautifulSoup
from pypdf import PdfReader, PdfWriter

from tools import build, pdf
from tools.chapters import Book
from tools.files import ROOT

pytestmark = pytest.mark.book


@pytest.fixture(scope="module")
def joined(book: Book) -> BeautifulSoup:
    return BeautifulSoup(pdf.join(book), "html.parser")


def test_every_page_is_there_in_the_books_order(joined: BeautifulSoup) -> None:
    order = [article["id"] for article in joined.select("article")]
    assert order == [*Book(ROOT).pages, "solutions"]
    first = joined.select_one("body > *")
    assert first is not None
    assert first["class"] == ["ce-cover"]
    assert first.find("svg")
    assert first.get_text().endswith("Softmax cross-entropyThe maintainers")


def test_anchors_do_not_meet_and_links_lead_somewhere(joined: BeautifulSoup) -> None:
    ids = [str(tag["id"]) for tag in joined.find_all(id=True)]
    within = {i for i in ids if i.startswith("book/")}
    assert len(within) == len([i for i in ids if i.startswith("book/")])
    links = {str(tag["href"]) for tag in joined.select("article [href]")}
    inside = {link.removeprefix("#") for link in links if link.startswith("#")}
    assert len(inside) > 100
    assert inside <= within
    drawn = {str(tag["xlink:href"]) for tag in joined.select("article svg use")}
    assert len(drawn) > 200
    assert {anchor.removeprefix("#") for anchor in drawn} <= within
    clipped = set(re.findall(r"url\(#([^)]+)\)", str(joined.select("article svg"))))
    assert len(clipped) > 100
    assert clipped <= within
    for tag in joined.select("article :is([aria-labelledby], [aria-describedby])"):
        named = f"{tag.get('aria-labelledby', '')} {tag.get('aria-describedby', '')}"
        assert set(named.split()) <= within
    left = {link for link in links if not link.startswith(("#", "http", "mailto"))}
    assert not [link for link in left if ".html" in link and "genindex" not in link]


def test_solutions_are_at_the_end_and_exercises_lead_there(
    joined: BeautifulSoup,
) -> None:
    assert not joined.select("details.solution")
    solutions = joined.select("#solutions section.solution")
    exercises = joined.select(".admonition.exercise")
    assert len(solutions) == len(exercises) > 30
    for exercise, solution in zip(exercises, solutions, strict=True):
        title = exercise.select_one(".admonition-title")
        back = solution.select_one("h3 > a")
        link = exercise.find_next_sibling(class_="ce-solution")
        assert title is not None
        assert back is not None
        assert link is not None
        assert back.get_text() == title.get_text()
        assert back["href"] == f"#{exercise['id']}"
        assert link.a is not None
        assert link.a["href"] == f"#{solution['id']}"
        assert len(solution.get_text()) > len(title.get_text()) + 20
    chapters = [h2.get_text() for h2 in joined.select("#solutions h2")]
    assert chapters[:2] == ["Information", "Softmax"]


def test_live_figures_are_pictures_and_scripts_stay_out(joined: BeautifulSoup) -> None:
    figures = joined.select(".ce-live")
    assert len(figures) > 4
    assert all(figure.find("svg") for figure in figures)
    assert not joined.select(".ce-live input, .ce-live button, article script")
    assert not joined.select(".ce-pdf")


def copy_of(book: Book, folder: Path) -> Book:
    """Return a book whose built pages are the first of the real ones."""
    name = book.pages[0]
    (folder / "_toc.yml").write_text(f"format: jb-book\nroot: {name}\n", "utf-8")
    for path in (folder / f"{name}.md", folder / "_build/html" / f"{name}.html"):
        path.parent.mkdir(parents=True, exist_ok=True)
        inside = path.relative_to(folder)
        path.write_bytes((ROOT / inside).read_bytes())
    (folder / "_build/html.json").write_text('{"inputs": "x", "files": {}}', "utf-8")
    return Book(folder)


def test_the_first_page_offers_the_file_once_it_is_there(
    book: Book, tmp_path: Path
) -> None:
    copied = copy_of(book, tmp_path)
    printed = tmp_path / "some.pdf"
    with PdfWriter() as writer:
        for _ in range(2):
            writer.add_blank_page(200, 300)
        writer.write(printed)
    for _ in range(2):  # a second file takes the first one's place
        pdf.offer(copied, printed)
        page = BeautifulSoup(
            (copied.html / f"{book.pages[0]}.html").read_text("utf-8"), "html.parser"
        )
        (link,) = page.select(".ce-pdf a")
        assert "2 pages, 0.0 MB" in page.select(".ce-pdf")[0].get_text()
        target = copied.html / Path(book.pages[0]).parent / str(link["href"])
        assert target.read_bytes() == printed.read_bytes()
    # The build takes the changed folder for whole: it does not make the pages again.
    assert build._is_whole(copied, "x")


def test_without_the_file_the_first_page_has_no_link_to_it(book: Book) -> None:
    text = (book.html / f"{book.pages[0]}.html").read_text(encoding="utf-8")
    links = BeautifulSoup(text, "html.parser").select(".ce-pdf a")
    assert bool(links) == (book.html / pdf.NAME).is_file()


@pytest.mark.browser
@pytest.mark.usefixtures("browser")
def test_the_printed_book_has_pages_an_outline_and_tags(
    joined: BeautifulSoup, book: Book, tmp_path: Path
) -> None:
    target = tmp_path / "book.pdf"
    # In a process of its own: this one drives the tests' browser already.
    command = [sys.executable, "-m", "tools.pdf", "--to", str(target)]
    said = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    content = target.read_bytes()
    assert content.startswith(b"%PDF-")
    printed = PdfReader(target)
    pages = len(printed.pages)
    assert pages > 100
    assert said.stdout == f"{target}: {pages} pages\n"
    root: Any = printed.root_object
    assert root["/MarkInfo"]["/Marked"]
    assert root["/Lang"] == "en"
    assert "/StructTreeRoot" in root
    titles = [str(entry["/Title"]) for entry in pdf._entries(root["/Outlines"])]
    assert titles == pdf.headings(str(joined))
    assert titles[0] == "Softmax cross-entropy"
    assert "We do not know p; we have samples" in titles
    first = [entry.title for entry in printed.outline if not isinstance(entry, list)]
    assert first[1:4] == ["Information", "Softmax", "The loss"]
    assert first[-1] == "Solutions"
    # Each chapter starts on a page of its own, where the outline says.
    for entry in printed.outline:
        if not isinstance(entry, list):
            number = printed.get_destination_page_number(entry)
            assert number is not None
            assert entry.title in " ".join(printed.pages[number].extract_text().split())
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
