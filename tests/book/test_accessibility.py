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
# The first piece of text of each look: its colour, size, weight and what is behind it.
LOOKS = """() => {
    const behind = (e) => {
        const colours = [];
        for (; e; e = e.parentElement) {
            const { backgroundColor, opacity } = getComputedStyle(e);
            colours.push(opacity === '1' ? '' : opacity, backgroundColor);
            if (/^rgb\\(/.test(backgroundColor)) break;
        }
        return colours.join();
    };
    const seen = new Set();
    for (const e of document.querySelectorAll('body *')) {
        e.removeAttribute('data-look');
        const text = [...e.childNodes].some(n => n.nodeType === 3 && n.data.trim());
        if (!text || !e.checkVisibility({ visibilityProperty: true })) continue;
        const { color, fontSize, fontWeight } = getComputedStyle(e);
        const look = [color, fontSize, fontWeight, behind(e)].join();
        if (!seen.has(look)) e.setAttribute('data-look', '');
        seen.add(look);
    }
    return seen.size;
}"""
RUN = """([where, options]) => axe.run(where || document, {
    resultTypes: ['violations'], ...options,
}).then(found => found.violations.map(({ id, nodes }) =>
    [id, nodes.length, nodes.slice(0, 5).map(node => node.html.slice(0, 300))]))"""


def every_rule(page: Any, *but: str) -> list[Any]:
    """Return what axe-core objects to on a page as it stands."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE.read_text(encoding="utf-8"))
    left_out = {rule: {"enabled": False} for rule in but}
    return list(page.evaluate(RUN, [None, {"rules": left_out}]))


def contrast(page: Any) -> list[Any]:
    """Return text that axe-core finds too faint: one example of each look."""
    assert page.evaluate(LOOKS) > 2
    return list(page.evaluate(RUN, ["[data-look]", {"runOnly": ["color-contrast"]}]))


@pytest.mark.parametrize("name", PAGES)
def test_axe_finds_nothing(name: str, site: str, browser: Any) -> None:
    visit = Visit(browser, site, viewport=WIDE, color_scheme="light")
    try:
        page = visit.open(f"{site}{name}")
        if "?q=" in name:
            page.wait_for_selector("ul.search li p")
        page.add_style_tag(content=SHOW_ALL)
        page.evaluate(EMPTY)
        found = {"wide, light": every_rule(page)}
        page.emulate_media(color_scheme="dark")
        page.wait_for_function("document.documentElement.dataset.theme === 'dark'")
        # Of the rules, only that of contrast looks at colours.
        found["wide, dark"] = contrast(page)
        page.set_viewport_size(PHONE)
        page.wait_for_timeout(700)  # what scrolls now is marked when the hand rests
        found["phone, dark"] = contrast(page)
        page.emulate_media(color_scheme="light")
        page.wait_for_function("document.documentElement.dataset.theme === 'light'")
        found["phone, light"] = every_rule(page, "color-contrast") + contrast(page)
    finally:
        visit.close()
    found = {setting: what for setting, what in found.items() if what}
    assert not found, json.dumps(found, indent=1)


def test_axe_finds_what_is_wrong(browser: Any) -> None:
    """The checks above can fail: in the rules at large and in contrast alone."""
    visit = Visit(browser, "file://")
    texts = "".join(f'<p style="font-size:{size}px">text</p>' for size in range(12, 20))
    try:
        page = visit.page
        page.set_content(
            '<html lang="en"><title>A page</title><main><h1>A page</h1>'
            f'{texts}<p style="color:#aaa">faint</p><img src="a.png"></main></html>'
        )
        found = [one[0] for one in every_rule(page)]
        assert found == ["color-contrast", "image-alt"]
        assert [one[0] for one in every_rule(page, "color-contrast")] == ["image-alt"]
        (faint,) = contrast(page)
        assert faint[:2] == ["color-contrast", 1]
        assert "faint" in faint[2][0]
    finally:
        visit.close()
