"""Pages for everybody: what axe-core finds, the keyboard alone, other colours."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import axe_playwright_python
import pytest

from tests.book.browsing import SHOW_ALL
from tools.browser import Visit
from tools.chapters import Book
from tools.files import ROOT

if TYPE_CHECKING:
    pass

pytestmark = [pytest.mark.book, pytest.mark.browser]

AXE = Path(axe_playwright_python.__file__).with_name("axe.min.js")
PAGES = [f"{name}.html" for name in [*Book(ROOT).pages, "search", "genindex"]]
PAGES.append("search.html?q=entropy")
WIDE = {"width": 1280, "height": 800}
PHONE = {"width": 390, "height": 844}
# A formula's glyphs and a picture's lines are hidden from screen readers, and axe-core
# would spend minutes on them: their boxes are enough.
EMPTY = """() => {
    for (const glyphs of document.querySelectorAll('mjx-math')) {
        const { width, height } = glyphs.getBoundingClientRect();
        glyphs.replaceChildren();
        Object.assign(glyphs.style, { width: `${width}px`, height: `${height}px` });
    }
    for (const svg of document.querySelectorAll('[role=img] svg, svg[role=img]'))
        svg.replaceChildren();
}"""
RUN = """rules => axe.run(document, {
    resultTypes: ['violations'],
    ...(rules ? { runOnly: rules } : {}),
}).then(found => found.violations.map(({ id, nodes }) =>
    [id, nodes.length, nodes.slice(0, 5).map(node => node.html.slice(0, 300))]))"""


def findings(page: Any, rules: list[str] | None = None) -> list[Any]:
    """Return what axe-core objects to on a page as it stands."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE.read_text(encoding="utf-8"))
    return list(page.evaluate(RUN, rules))


@pytest.mark.parametrize("name", PAGES)
def test_axe_finds_nothing(name: str, site: str, browser: Any) -> None:
    visit = Visit(browser, site, viewport=WIDE, color_scheme="light")
    try:
        page = visit.open(f"{site}{name}")
        if "?q=" in name:
            page.wait_for_selector("ul.search li p")
        page.add_style_tag(content=SHOW_ALL)
        page.evaluate(EMPTY)
        found = {"wide, light": findings(page)}
        page.emulate_media(color_scheme="dark")
        page.wait_for_function("document.documentElement.dataset.theme === 'dark'")
        # Of the rules, only those of contrast look at colours.
        found["wide, dark"] = findings(page, ["color-contrast"])
        page.set_viewport_size(PHONE)
        page.wait_for_timeout(700)  # what scrolls now is marked when the hand rests
        found["phone, dark"] = findings(page, ["color-contrast"])
        page.emulate_media(color_scheme="light")
        page.wait_for_function("document.documentElement.dataset.theme === 'light'")
        found["phone, light"] = findings(page)
    finally:
        visit.close()
    found = {setting: what for setting, what in found.items() if what}
    assert not found, json.dumps(found, indent=1)
