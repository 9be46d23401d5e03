"""The cheat sheet: one sheet of paper, each formula checked and linked."""

from __future__ import annotations

import re
from io import BytesIO
from typing import TYPE_CHECKING, Any

import pytest
from bs4 import BeautifulSoup
from pypdf import PdfReader

from tools.browser import Visit
from tools.chapters import Book
from tools.files import ROOT

if TYPE_CHECKING:
    from bs4 import Tag

NAME = "book/cheatsheet"
TEXT = Book(ROOT).source(NAME).read_text(encoding="utf-8")
# One section of the source each: its heading and what stands under it.
SECTIONS = re.split(r"^## ", TEXT, flags=re.MULTILINE)[1:]


@pytest.mark.parametrize("section", SECTIONS, ids=lambda s: s.splitlines()[0])
def test_each_section_asserts_what_it_prints(section: str) -> None:
    cells = re.findall(r"```\{code-cell\}.*?\n```", section, re.DOTALL)
    asserted = sum(cell.count("assert ") for cell in cells)
    formulas = re.findall(r"\$\$(.*?)\$\$", section, re.DOTALL)
    relations = sum(len(re.findall(r"=|\\[lg]e\b|\\succeq", f)) for f in formulas)
    assert asserted >= 1
    # A line of assertions holds several comparisons; at least half as many lines.
    assert 2 * asserted >= relations


def sections_of(book: Book) -> list[Tag]:
    page = (book.html / f"{NAME}.html").read_text(encoding="utf-8")
    found = BeautifulSoup(page, "html.parser").select("section#cheat-sheet > section")
    assert len(found) == len(SECTIONS)
    return found


@pytest.mark.book
def test_each_section_leads_to_a_derivation(book: Book) -> None:
    for section in sections_of(book):
        pages = {str(a["href"]).partition(".html")[0] for a in section.select("p a")}
        assert pages - {"#"}, section.get_text()[:50]


@pytest.mark.book
def test_each_call_is_printed_as_it_was_run(book: Book) -> None:
    rows = sections_of(book)[-1].select("tbody tr")
    calls = [code.get_text() for row in rows for code in row.select("td code")]
    assert len(calls) == 2 * len(rows) > 10
    source = re.sub(r"\s+", " ", TEXT)
    assert all(f'"{call}"' in source for call in calls)


@pytest.mark.book
@pytest.mark.browser
@pytest.mark.parametrize("margin", ["5mm", "10mm", "12mm"])
def test_it_prints_on_one_sheet(margin: str, site: str, browser: Any) -> None:
    visit = Visit(browser, site, color_scheme="dark")
    try:
        page = visit.open(f"{site}{NAME}.html")
        sides = dict.fromkeys(("top", "bottom", "left", "right"), margin)
        printed = page.pdf(format="A4", margin=sides, print_background=True)
        assert len(PdfReader(BytesIO(printed)).pages) == 1
        page.add_style_tag(content="section p { font-size: 16pt !important }")
        larger = page.pdf(format="A4", margin=sides, print_background=True)
        assert len(PdfReader(BytesIO(larger)).pages) > 1  # nothing is cut off to fit
    finally:
        visit.close()
