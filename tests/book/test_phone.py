"""Narrow windows: nothing is cut off, and only what is wide scrolls sideways."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.book.browsing import SHOW_ALL
from tools.browser import Visit
from tools.chapters import Book
from tools.files import ROOT

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = [pytest.mark.book, pytest.mark.browser]

PAGES = [*Book(ROOT).pages, "search", "genindex"]
# A window of 1280 pixels shows 640 when a reader has it enlarged to 200 %.
WIDTHS = (640, 412, 360)
# What is wider than the window and stands in no box of its own that scrolls.
CUT_OFF = """() => {
    const width = document.documentElement.clientWidth;
    const scrolls = (e) => {
        for (let box = e; box && box !== document.body; box = box.parentElement) {
            const { overflowX } = getComputedStyle(box);
            const inside = box.getBoundingClientRect().right <= width + 1;
            if (/auto|scroll/.test(overflowX) && inside) return true;
        }
        return false;
    };
    const needed = document.scrollingElement.scrollWidth;
    const found = needed > width + 1 ? [`the page takes ${needed} of ${width}`] : [];
    for (const e of document.querySelectorAll('main *')) {
        // What only a screen reader sees is clipped to nothing.
        if (e.closest('mjx-assistive-mml, .visually-hidden, .ce-announce')) continue;
        if (!e.checkVisibility({ visibilityProperty: true })) continue;
        const box = e.getBoundingClientRect();
        if (box.width && box.right > width + 1 && !scrolls(e))
            found.push(`${e.tagName}.${e.className} ${Math.round(box.right)}`);
    }
    return found.slice(0, 5);
}"""
# The smallest print of running text, and the narrowest column it stands in.
TEXT = """() => {
    const all = document.querySelectorAll('.bd-article > section > p');
    const texts = [...all].filter(p => !p.matches('.ce-reading'));
    return [Math.min(...texts.map(p => parseFloat(getComputedStyle(p).fontSize))),
            Math.min(...texts.map(p => p.clientWidth / innerWidth))];
}"""


@pytest.mark.parametrize("name", PAGES)
def test_nothing_is_cut_off(name: str, site: str, browser: Any) -> None:
    phone = {"viewport": {"width": WIDTHS[0], "height": 844}, "is_mobile": True}
    visit = Visit(browser, site, device_scale_factor=2, **phone)
    try:
        page = visit.open(f"{site}{name}.html")
        page.add_style_tag(content=SHOW_ALL)
        page.evaluate(
            "document.querySelectorAll('details').forEach(d => d.open = true)"
        )
        for width in WIDTHS:
            page.set_viewport_size({"width": width, "height": 844})
            assert page.evaluate(CUT_OFF) == [], width
            assert page.evaluate("innerWidth") == width
            if name in Book(ROOT).pages:
                size, share = page.evaluate(TEXT)
                assert size >= 16
                assert share > 0.8
        assert visit.complaints == []
    finally:
        visit.close()


def test_what_is_cut_off_is_found(browser: Any, tmp_path: Path) -> None:
    visit = Visit(browser, "file://", viewport={"width": 360, "height": 844})
    wide = "<div class=wide style='width:900px'>wide</div>"
    try:
        page = visit.page
        page.set_content(f"<main><div style='overflow:auto'>{wide}</div></main>")
        assert page.evaluate(CUT_OFF) == []
        page.set_content(f"<main><div style='overflow:hidden'>{wide}</div></main>")
        assert page.evaluate(CUT_OFF) == ["DIV.wide 908"]
        page.set_content(f"<main>{wide}</main>")
        assert page.evaluate(CUT_OFF) == ["the page takes 908 of 360", "DIV.wide 908"]
    finally:
        visit.close()


def test_the_sidebar_opens_and_leads_on(site: str, browser: Any) -> None:
    phone = {"viewport": {"width": 390, "height": 844}, "has_touch": True}
    visit = Visit(browser, site, **phone)
    try:
        page = visit.open(f"{site}{PAGES[0]}.html")
        sidebar = page.locator("#pst-primary-sidebar-modal")
        assert not sidebar.is_visible()
        page.locator(".primary-toggle").tap()
        assert sidebar.is_visible()
        sidebar.get_by_role("link", name="Information", exact=True).tap()
        page.wait_for_url("**/information.html")
        assert not page.locator("#pst-primary-sidebar-modal").is_visible()
        assert visit.complaints == []
    finally:
        visit.close()
