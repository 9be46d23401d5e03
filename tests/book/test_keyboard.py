"""The pages by keyboard alone: everything is reached, seen and used."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.book.browsing import SHOW_ALL
from tools.browser import Visit
from tools.chapters import Book
from tools.files import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = [pytest.mark.book, pytest.mark.browser]

PAGES = Book(ROOT).pages
WIDE = {"width": 1280, "height": 800}
PHONE = {"width": 390, "height": 844}
# What the focus rests on: a mark for the element, its name, whether the focus shows.
FOCUS = """() => {
    const e = document.activeElement;
    if (!e || e === document.body) return null;
    window.stops = window.stops || new Map();
    if (!window.stops.has(e)) window.stops.set(e, window.stops.size);
    const shows = [e, e.parentElement, ...e.children].some(one => {
        const { outlineStyle, outlineWidth, boxShadow } = getComputedStyle(one);
        const outlined = outlineStyle !== 'none' && outlineWidth !== '0px';
        return outlined || boxShadow !== 'none';
    });
    // The thumb of a slider shows it: live.css.
    const thumb = e.matches('input[type=range]') && e.matches(':focus-visible');
    return [window.stops.get(e), e.outerHTML.slice(0, 120), shows || thumb];
}"""
# What a mouse can use and a reader sees.
USABLE = """() => [...document.querySelectorAll(
        'a[href], button, input, select, textarea, summary, [tabindex="0"]')]
    .filter(e => e.checkVisibility({ visibilityProperty: true, opacityProperty: true }))
    .filter(e => !e.disabled && e.tabIndex >= 0 && e.getBoundingClientRect().width > 1)
    // Of a group of radio buttons, the keyboard stops at one.
    .filter(e => e.type !== 'radio' || e.checked)
    .filter(e => !(window.stops && window.stops.has(e)))
    .map(e => e.outerHTML.slice(0, 120))"""


@pytest.fixture
def visit(site: str, browser: Any) -> Iterator[Visit]:
    visit = Visit(browser, site, viewport=WIDE)
    yield visit
    assert visit.complaints == []
    visit.close()


@pytest.mark.parametrize("window", [WIDE, PHONE], ids=["wide", "phone"])
@pytest.mark.parametrize("name", [PAGES[0], "book/information", "book/names", "search"])
def test_tab_reaches_everything_and_shows_where_it_is(
    name: str, window: dict[str, int], site: str, visit: Visit
) -> None:
    page = visit.page
    page.set_viewport_size(window)
    visit.open(f"{site}{name}.html")
    page.add_style_tag(content=SHOW_ALL)
    page.evaluate("document.activeElement.blur(); window.scrollTo(0, 0)")
    seen: set[int] = set()
    for _ in range(500):
        page.keyboard.press("Tab")
        stop = page.evaluate(FOCUS)
        if stop is None or stop[0] in seen:
            break  # through the page and out of it
        assert stop[2], f"the focus does not show on {stop[1]}"
        seen.add(stop[0])
    assert len(seen) > 5
    assert page.evaluate(USABLE) == []


def test_the_first_stop_skips_the_navigation(site: str, visit: Visit) -> None:
    page = visit.open(f"{site}book/loss.html")
    page.add_style_tag(content=SHOW_ALL)  # or the link would still be sliding in
    page.keyboard.press("Tab")
    skip = page.locator("#pst-skip-link a")
    assert skip.evaluate("e => e === document.activeElement")
    box = skip.bounding_box()
    assert box is not None
    assert box["y"] >= 0
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.closest('main') !== null")


def test_the_search_dialog(site: str, visit: Visit) -> None:
    page = visit.open(f"{site}book/loss.html")
    page.keyboard.press("Control+k")
    dialog = page.locator("#pst-search-dialog")
    assert dialog.is_visible()
    page.keyboard.press("Escape")
    assert not dialog.is_visible()
    button = page.locator(".search-button__button:visible").first
    button.focus()
    page.keyboard.press("Enter")
    assert dialog.is_visible()
    page.keyboard.type("logits")
    page.keyboard.press("Enter")
    page.wait_for_url("**/search.html?q=logits*")
    page.wait_for_selector("ul.search li a")


def test_the_theme_switch_keeps_the_focus(site: str, visit: Visit) -> None:
    page = visit.open(f"{site}book/loss.html")
    switch = page.locator(".theme-switch-button")
    switch.focus()
    seen = []
    for _ in range(3):
        page.keyboard.press("Enter")
        seen.append(page.evaluate("document.documentElement.dataset.mode"))
        assert switch.evaluate("e => e === document.activeElement")
    assert sorted(seen) == ["auto", "dark", "light"]


def test_the_sidebars_of_a_phone(site: str, visit: Visit) -> None:
    page = visit.page
    page.set_viewport_size(PHONE)
    visit.open(f"{site}book/loss.html")
    for side in ("primary", "secondary"):
        toggle = page.locator(f".{side}-toggle")
        sidebar = page.locator(f"#pst-{side}-sidebar-modal")
        toggle.focus()
        page.keyboard.press("Enter")
        assert sidebar.is_visible()
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.closest('dialog') !== null")
        page.keyboard.press("Escape")
        sidebar.wait_for(state="hidden")  # Chromium closes it when it gets round to it
        assert toggle.evaluate("e => e === document.activeElement")


def test_a_folded_solution(site: str, visit: Visit) -> None:
    page = visit.open(f"{site}book/information.html")
    solution = page.locator("details.solution").first
    solution.locator("summary").focus()
    page.keyboard.press("Enter")
    assert solution.locator(".solution-body").is_visible()
    page.keyboard.press("Space")
    assert not solution.locator(".solution-body").is_visible()


def test_the_download_menu(site: str, visit: Visit) -> None:
    page = visit.open(f"{site}book/loss.html")
    page.locator(".dropdown-download-buttons > button").focus()
    page.keyboard.press("Enter")
    entry = page.locator(".btn-download-notebook-button")
    entry.wait_for(state="visible")
    page.keyboard.press("ArrowDown")
    assert page.evaluate("document.activeElement.closest('.dropdown-menu') !== null")
    page.keyboard.press("Escape")
    assert not entry.is_visible()


def test_a_live_figure_in_its_chapter(site: str, visit: Visit) -> None:
    page = visit.open(f"{site}{PAGES[0]}.html")
    slider = page.locator(".ce-stage input[type=range]").first
    before = slider.input_value()
    page.keyboard.press("Tab")
    for _ in range(100):
        if slider.evaluate("e => e === document.activeElement"):
            break
        page.keyboard.press("Tab")
    page.keyboard.press("ArrowRight")
    assert slider.input_value() != before
