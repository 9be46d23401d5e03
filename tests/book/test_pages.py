"""The built pages as files: every link leads somewhere, nothing comes from outside."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from urllib.parse import unquote, urlsplit

import nbformat
import pytest
from bs4 import BeautifulSoup

from tools.chapters import Book
from tools.files import ROOT

pytestmark = pytest.mark.book

BOOK = Book(ROOT)
PAGES = [*BOOK.pages, "search", "genindex", "index"]
LOADING = {"script": "src", "link": "href", "img": "src", "iframe": "src"}
LOADING |= {"source": "src", "video": "src", "audio": "src", "object": "data"}

each_page = pytest.mark.parametrize("name", PAGES)


@cache
def soup(path: Path) -> BeautifulSoup:
    return BeautifulSoup(path.read_text(encoding="utf-8"), "html.parser")


@cache
def anchors(path: Path) -> set[str]:
    return {
        str(tag[key])
        for key in ("id", "name")
        for tag in soup(path).find_all(attrs={key: True})
    }


def broken_links(page: Path) -> list[str]:
    """Return the links of a page that lead to no file or to no anchor in it."""
    broken = []
    for tag in soup(page).find_all(["a", "link", "script", "img"]):
        address = tag.get("href") or tag.get("src")
        if not address:
            continue
        parts = urlsplit(str(address))
        if parts.scheme or parts.netloc:
            continue
        target = (page.parent / unquote(parts.path)).resolve() if parts.path else page
        if not target.is_file():
            broken.append(str(address))
        elif parts.fragment and target.suffix == ".html":
            fragment = unquote(parts.fragment)
            if fragment not in anchors(target):
                broken.append(str(address))
    return broken


@each_page
def test_every_link_and_anchor_resolves(name: str, book: Book) -> None:
    assert broken_links(book.html / f"{name}.html") == []


def test_broken_links_are_found(tmp_path: Path) -> None:
    page = tmp_path / "a.html"
    page.write_text(
        '<a href="b.html">x</a><a href="#no">y</a><a href="#yes" id="yes">z</a>'
        '<a href="https://example.org/">w</a><img src="c.png">',
        encoding="utf-8",
    )
    assert broken_links(page) == ["b.html", "#no", "c.png"]


@each_page
def test_nothing_is_loaded_from_outside(name: str, book: Book) -> None:
    page = soup(book.html / f"{name}.html")
    for tag, attribute in LOADING.items():
        for found in page.find_all(tag):
            address = urlsplit(str(found.get(attribute) or ""))
            assert not address.netloc, found


def test_no_style_sheet_loads_from_outside(book: Book) -> None:
    for sheet in (book.html / "_static").rglob("*.css"):
        text = sheet.read_text(encoding="utf-8")
        assert not re.findall(r"(?:url\(|@import)\s*[\"']?\s*(?:https?:)?//", text)


@pytest.mark.parametrize("name", BOOK.pages)
def test_every_figure_says_what_it_shows(name: str, book: Book) -> None:
    for figure in soup(book.html / f"{name}.html").find_all("figure"):
        named = figure.find_all(
            lambda tag: tag.get("aria-label", "").strip() or tag.get("alt", "").strip()
        )
        assert named, f"a figure without alt text: {str(figure)[:200]}"
        caption = figure.find("figcaption")
        assert caption is not None, f"a figure without a caption: {str(figure)[:200]}"
        assert caption.get_text(strip=True)


def unnamed_pictures(page: BeautifulSoup) -> list[str]:
    """Return the pictures that say nothing to a reader who cannot see them."""
    found = []
    for picture in page.find_all(["img", "svg", "canvas"]):
        told = [picture, *picture.parents]
        named = str(picture.get("alt") or "").strip() or any(
            tag.get("aria-hidden") == "true" or str(tag.get("aria-label") or "").strip()
            for tag in told
            if tag.name not in ("main", "nav", "section", "[document]")
        )
        if not named:
            found.append(str(picture)[:120])
    return found


@pytest.mark.parametrize("name", PAGES)
def test_every_picture_says_what_it_shows(name: str, book: Book) -> None:
    assert unnamed_pictures(soup(book.html / f"{name}.html")) == []


def test_a_picture_without_words_is_found() -> None:
    text = """<main aria-label="Page"><img src="a.png"><img src="b.png" alt=" ">
        <div aria-label="Bars"><svg></svg></div><svg aria-hidden="true"></svg>
        <svg class="bare"></svg></main>"""
    found = unnamed_pictures(BeautifulSoup(text, "html.parser"))
    assert [re.findall("a.png|b.png|bare", one) for one in found] == [
        ["a.png"],
        ["b.png"],
        ["bare"],
    ]


@pytest.mark.parametrize("name", [chapter.name for chapter in BOOK.chapters()])
def test_the_executed_notebook_is_offered(name: str, book: Book) -> None:
    page = book.html / f"{name}.html"
    link = soup(page).select_one("a.btn-download-notebook-button")
    assert link is not None
    target = page.parent / str(link["href"])
    assert target.resolve() == (book.html / "_sources" / f"{name}.ipynb").resolve()
    nbformat.validate(nbformat.read(target, as_version=4))


@pytest.mark.parametrize("name", BOOK.pages)
def test_live_scripts_are_loaded_only_where_they_are_used(
    name: str, book: Book
) -> None:
    page = soup(book.html / f"{name}.html")
    used = {str(tag["data-figure"]) for tag in page.select(".ce-live")}
    loaded = {
        Path(urlsplit(str(tag["src"])).path).stem
        for tag in page.find_all("script", src=True)
        if "/live/" in str(tag["src"])
    }
    assert loaded == (used | {"core"} if used else set())


def test_no_number_of_numpy_stands_in_a_page(book: Book) -> None:
    for name in book.pages:
        assert "np.float64(" not in soup(book.html / f"{name}.html").get_text()


def test_tables_that_a_cell_prints_are_tables_on_the_page(book: Book) -> None:
    page = soup(book.html / "book" / "names.html")
    rows = [len(table.find_all("tr")) for table in page.select(".cell_output table")]
    assert len(rows) == 2
    assert min(rows) > 5
