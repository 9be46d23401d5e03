"""Light and dark: the switch, what it is remembered by, and figures that follow."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tools.browser import Visit

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tools.chapters import Book

pytestmark = [pytest.mark.book, pytest.mark.browser]

THEME = "document.documentElement.dataset.theme"
COLOURS = """() => ['.bd-article p', '.ce-figure'].map(
    one => getComputedStyle(document.querySelector(one)).color
).concat(getComputedStyle(document.body).backgroundColor)"""


@pytest.fixture(params=["served", "file"])
def visit(request: Any, site: str, book: Book, browser: Any) -> Iterator[Visit]:
    home = site if request.param == "served" else f"{book.html.as_uri()}/"
    visit = Visit(browser, home, color_scheme="light")
    visit.page.goto(f"{home}book/information.html")
    yield visit
    assert visit.complaints == []
    visit.close()


def switch_to(page: Any, theme: str) -> None:
    for _ in range(3):
        page.locator(".theme-switch-button").click()
        if page.evaluate("document.documentElement.dataset.mode") == theme:
            return
    pytest.fail(f"the switch has no {theme}")


def test_the_switch_is_remembered_on_the_next_page(visit: Visit) -> None:
    page = visit.page
    assert page.evaluate(THEME) == "light"
    switch_to(page, "dark")
    assert page.evaluate(THEME) == "dark"
    page.get_by_role("link", name="Softmax", exact=True).first.click()
    page.wait_for_url("**/softmax.html")
    page.wait_for_function(f"{THEME} === 'dark'")
    page.reload()
    page.wait_for_function(f"{THEME} === 'dark'")


def test_text_and_figures_follow(visit: Visit) -> None:
    page = visit.page
    page.add_style_tag(content="* { transition: none !important; }")
    light = page.evaluate(COLOURS)
    switch_to(page, "dark")
    dark = page.evaluate(COLOURS)
    assert all(a != b for a, b in zip(light, dark, strict=True))
    switch_to(page, "light")
    assert page.evaluate(COLOURS) == light


def test_without_a_choice_the_system_decides(visit: Visit) -> None:
    page = visit.page
    page.emulate_media(color_scheme="dark")
    page.wait_for_function(f"{THEME} === 'dark'")
    page.emulate_media(color_scheme="light")
    page.wait_for_function(f"{THEME} === 'light'")


def test_a_dark_page_never_flashes_light(site: str, browser: Any) -> None:
    """The theme is set before the first paint, not when its script has come."""
    visit = Visit(browser, site, color_scheme="dark")
    try:
        visit.page.route("**/*.js*", lambda route: route.abort())
        visit.page.goto(f"{site}book/information.html")
        assert visit.page.evaluate(THEME) == "dark"
    finally:
        visit.close()
