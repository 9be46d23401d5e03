"""The built book in a real browser that cannot reach the network."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import nbformat
import pytest

from tests.book.browsing import SHOW_ALL
from tools.browser import Visit
from tools.chapters import Book
from tools.files import ROOT

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = [pytest.mark.book, pytest.mark.browser]

PAGES = Book(ROOT).pages
CHAPTERS = [chapter.name for chapter in Book(ROOT).chapters()]
UNSET = "() => document.querySelectorAll('.math').length"
SET = "() => document.querySelectorAll('.math mjx-container').length"
ERRORS = """() => [...document.querySelectorAll(
    'mjx-merror, [data-mjx-error]')].map(e => e.textContent)"""
# What sticks out of the page to the right, so that a phone would have to scroll it.
TOO_WIDE = """() => {
    const width = document.documentElement.clientWidth;
    const needed = document.scrollingElement.scrollWidth;
    if (needed <= width + 1) return [];
    const wide = [...document.querySelectorAll('main *')]
        .filter(e => e.getBoundingClientRect().right > width + 1)
        .map(e => e.tagName + '.' + e.className).slice(0, 5);
    return [`${needed} pixels in a window of ${width}`, ...wide];
}"""

PHONE = {"viewport": {"width": 390, "height": 844}, "is_mobile": True}
WIDE = {"viewport": {"width": 1280, "height": 800}}


def check(visit: Visit, address: str) -> None:
    """Open a page and fail on any complaint, unset mathematics or overflow."""
    page = visit.open(address)
    assert visit.complaints == []
    assert page.title()
    assert page.evaluate(SET) == page.evaluate(UNSET)
    assert page.evaluate(ERRORS) == []
    page.add_style_tag(content=SHOW_ALL)
    assert page.evaluate(TOO_WIDE) == []


# Each width and each theme once; test_accessibility looks at all four together.
@pytest.mark.parametrize(
    ("settings", "scheme"), [(WIDE, "light"), (PHONE, "dark")], ids=["wide", "phone"]
)
@pytest.mark.parametrize("name", PAGES)
def test_a_page_over_http(
    name: str, settings: dict[str, Any], scheme: str, site: str, browser: Any
) -> None:
    visit = Visit(browser, site, color_scheme=scheme, **settings)
    try:
        check(visit, f"{site}{name}.html")
        assert visit.page.evaluate("document.documentElement.dataset.theme") == scheme
    finally:
        visit.close()


@pytest.mark.parametrize("name", PAGES)
def test_a_page_from_a_file(name: str, book: Book, browser: Any) -> None:
    visit = Visit(browser, "file://")
    try:
        check(visit, (book.html / f"{name}.html").as_uri())
    finally:
        visit.close()


def test_some_page_has_mathematics(site: str, browser: Any) -> None:
    visit = Visit(browser, site)
    try:
        assert visit.open(f"{site}book/softmax.html").evaluate(SET) > 10
    finally:
        visit.close()


def test_the_front_door_leads_to_the_first_page(site: str, browser: Any) -> None:
    visit = Visit(browser, site)
    try:
        visit.page.goto(site)  # which goes on by itself
        visit.page.wait_for_url(f"**/{PAGES[0]}.html")
        assert visit.complaints == []
    finally:
        visit.close()


def test_search_finds_entropy(site: str, browser: Any) -> None:
    visit = Visit(browser, site)
    try:
        page = visit.open(f"{site}search.html?q=entropy")
        page.wait_for_selector("ul.search li a")
        found = page.eval_on_selector_all(
            "ul.search li a", "links => links.map(link => link.href)"
        )
        assert any("book/information.html" in address for address in found)
        assert visit.complaints == []
    finally:
        visit.close()


def test_search_leads_to_the_place(site: str, browser: Any) -> None:
    visit = Visit(browser, site)
    try:
        page = visit.open(f"{site}{PAGES[0]}.html")
        page.locator(".search-button__button:visible").first.click()
        page.locator("#pst-search-dialog input").fill("logits")
        page.keyboard.press("Enter")
        page.wait_for_url("**/search.html?q=logits*")
        page.wait_for_selector("ul.search li p.context")  # lines around the word
        assert page.locator(".search-from-file").count() == 0
        result = page.locator("ul.search li a").first
        title = result.inner_text()
        result.click()
        page.wait_for_url("**/book/*.html*")
        assert title in page.locator(".bd-article").inner_text()
        assert visit.complaints == []
    finally:
        visit.close()


def test_search_from_a_file_says_what_it_cannot(book: Book, browser: Any) -> None:
    visit = Visit(browser, "file://")
    try:
        page = visit.open(f"{(book.html / 'search.html').as_uri()}?q=logits")
        page.wait_for_selector("ul.search li a")
        page.wait_for_function(
            "document.querySelector('.search-summary').textContent.includes('found')"
        )
        assert page.locator("ul.search li a").count() > 5
        assert page.locator("ul.search li p.context").count() == 0
        note = page.locator(".search-from-file")
        assert note.is_visible()
        assert "it cannot show the lines around a word" in note.inner_text()
        assert visit.complaints == []
    finally:
        visit.close()


@pytest.mark.parametrize("name", CHAPTERS)
def test_the_notebook_downloads_and_opens(
    name: str, site: str, browser: Any, tmp_path: Path
) -> None:
    visit = Visit(browser, site, accept_downloads=True)
    try:
        page = visit.open(f"{site}{name}.html")
        shows_outputs = page.locator(".cell_output").count() > 0
        page.click(".dropdown-download-buttons > button")
        with page.expect_download() as started:
            page.click(".btn-download-notebook-button")
        assert started.value.suggested_filename == f"{name.split('/')[-1]}.ipynb"
        started.value.save_as(tmp_path / "chapter.ipynb")
    finally:
        visit.close()
    notebook = nbformat.read(tmp_path / "chapter.ipynb", as_version=4)
    nbformat.validate(notebook)
    # Some chapters hold glued values alone, so an output is too much to ask.
    assert (
        any(cell.get("execution_count") for cell in notebook.cells) or not shows_outputs
    )


def test_a_solution_opens(site: str, browser: Any) -> None:
    visit = Visit(browser, site)
    try:
        page = visit.open(f"{site}book/information.html")
        solution = page.locator("details.solution").first
        assert not solution.locator(".solution-body").is_visible()
        solution.locator("summary").click()
        assert solution.locator(".solution-body").is_visible()
    finally:
        visit.close()


def test_paper_is_light_and_shows_the_solutions(site: str, browser: Any) -> None:
    visit = Visit(browser, site, color_scheme="dark")
    state = """() => [document.documentElement.dataset.theme,
        document.querySelectorAll('details.solution:not([open])').length]"""
    try:
        page = visit.open(f"{site}book/information.html")
        before = page.evaluate(state)
        assert before[0] == "dark"
        assert before[1] > 3
        page.evaluate("window.dispatchEvent(new Event('beforeprint'))")
        assert page.evaluate(state) == ["light", 0]
        page.evaluate("window.dispatchEvent(new Event('afterprint'))")
        assert page.evaluate(state) == before
    finally:
        visit.close()


def test_the_visit_notices_trouble(site: str, browser: Any) -> None:
    """The checks above can fail: each kind of trouble is recorded."""
    visit = Visit(browser, site)
    try:
        page = visit.open(f"{site}{PAGES[0]}.html")
        page.evaluate(
            """() => {
                console.error('spoken');
                const outside = new Image(); outside.src = 'https://example.org/x.png';
                const missing = new Image(); missing.src = '/missing.png';
                document.body.append(outside, missing);
                setTimeout(() => { throw new Error('thrown'); });
            }"""
        )
        for _ in range(100):
            page.wait_for_timeout(100)
            told = " | ".join(visit.complaints)
            if "answer 404" in told and "outside" in told and "thrown" in told:
                break
        assert "console error: spoken" in told
        assert "outside request: https://example.org/x.png" in told
        assert "answer 404" in told
        assert "thrown" in told
        page.set_content(
            "<p class='math'>$x$</p><main><p>" + "x" * 3000 + "</p></main>"
        )
        assert page.evaluate(SET) != page.evaluate(UNSET)
        assert page.evaluate(TOO_WIDE)
    finally:
        visit.close()
