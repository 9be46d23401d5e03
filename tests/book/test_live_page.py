"""The live figures where readers meet them: themes, sizes, print, no JavaScript."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.book.browsing import SHOW_ALL
from tests.book.live_page import FIGURES, Live
from tools.browser import Visit

if TYPE_CHECKING:
    from pathlib import Path

    from tools.chapters import Book

pytestmark = pytest.mark.browser

# The text of the stage whose contrast with the page is below 4.5 to 1, or that is
# smaller than 12 px.
HARD_TO_READ = """() => {
    const rgb = text => text.match(/[\\d.]+/g).slice(0, 3).map(Number);
    const light = text => {
        const [r, g, b] = rgb(text).map(v => v / 255)
            .map(v => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
        return 0.2126 * r + 0.7152 * g + 0.0722 * b;
    };
    let page = document.querySelector('.ce-stage'), under;
    do { under = getComputedStyle(page).backgroundColor; page = page.parentElement; }
    while (page && under === 'rgba(0, 0, 0, 0)');
    const ground = light(under);
    const found = [];
    const walker = document.createTreeWalker(
        document.querySelector('.ce-stage'), NodeFilter.SHOW_TEXT);
    while (walker.nextNode()) {
        const text = walker.currentNode, owner = text.parentElement;
        if (!text.textContent.trim() || owner.closest('.ce-announce')) continue;
        const style = getComputedStyle(owner);
        const ink = light(owner.closest('svg') ? style.fill : style.color);
        const ratio = (Math.max(ink, ground) + 0.05) / (Math.min(ink, ground) + 0.05);
        if (ratio < 4.5 || parseFloat(style.fontSize) < 12)
            found.push([text.textContent, ratio, style.fontSize]);
    }
    return found;
}"""
STICKING_OUT = """() => {
    const edge = document.querySelector('.ce-live').getBoundingClientRect();
    return [...document.querySelectorAll('.ce-stage *')]
        .filter(e => !e.closest('.ce-announce') && e.getClientRects().length)
        .filter(e => { const box = e.getBoundingClientRect();
            return box.right > edge.right + 1 || box.left < edge.left - 1; })
        .map(e => e.outerHTML.slice(0, 80));
}"""
COLOURS = """() => ['--ce-ink', '--ce-cat', '--ce-dog', '--ce-bird'].map(
    name => getComputedStyle(document.documentElement).getPropertyValue(name))
    .concat(getComputedStyle(document.querySelector('.ce-stage .ce-bar[fill^=var]')
        || document.querySelector('.ce-stage circle, .ce-stage path[fill^=var]')).fill,
        getComputedStyle(document.querySelector('.ce-stage')).color)"""
# The pictures have been drawn for the width that their place has now.
DRAWN = """() => [...document.querySelectorAll('.ce-stage .ce-picture')].every(
    svg => Math.abs(svg.getAttribute('width') - svg.parentNode.clientWidth) < 1)"""
HEIGHTS = """() => [document.querySelector('.ce-stage').offsetHeight,
    parseFloat(getComputedStyle(document.querySelector('.ce-live'), '::before').height),
    document.querySelector('.ce-live').offsetHeight]"""


@pytest.mark.parametrize("figure", FIGURES)
def test_without_javascript_the_picture_stands(
    figure: str, browser: Any, tmp_path: Path
) -> None:
    with Live(browser, tmp_path, figure, java_script_enabled=False) as live:
        assert live.page.locator(".ce-live svg").first.is_visible()
        assert live.page.locator(".ce-stage").count() == 0
        assert live.page.locator("input, button").count() == 0


@pytest.mark.parametrize("figure", FIGURES)
def test_in_the_other_theme_and_on_paper(
    figure: str, browser: Any, tmp_path: Path
) -> None:
    with Live(browser, tmp_path, figure) as live:
        light = live.page.evaluate(COLOURS)
        live.page.evaluate("document.documentElement.dataset.theme = 'dark'")
        dark = live.page.evaluate(COLOURS)
        assert all(a != b for a, b in zip(light, dark, strict=True))

        # On paper the picture replaces the controls.
        still, stage = (
            live.page.locator(f".ce-live > {kind}")
            for kind in (".ce-static", ".ce-stage")
        )
        assert stage.is_visible()
        assert not still.is_visible()
        live.page.emulate_media(media="print")
        assert still.locator("svg").first.is_visible()
        assert not stage.is_visible()
        assert live.page.locator("input:visible, button:visible").count() == 0


@pytest.mark.parametrize("figure", FIGURES)
def test_a_broken_script_leaves_the_picture(
    figure: str, browser: Any, tmp_path: Path
) -> None:
    with Live(browser, tmp_path, figure) as live:
        live.page.route("**/live/core.js", lambda route: route.abort())
        live.page.reload()
        assert live.page.locator(".ce-live svg").first.is_visible()
        assert live.visit.complaints
        live.visit.complaints.clear()


@pytest.mark.parametrize("figure", FIGURES)
def test_two_figures_on_a_page_share_no_id(
    figure: str, browser: Any, tmp_path: Path
) -> None:
    with Live(browser, tmp_path, figure) as live:
        page = tmp_path / f"{figure}.html"
        text = page.read_text(encoding="utf-8")
        main = text[text.index("<main>") : text.index("</main>")]
        empty = f'<div class="ce-live" data-figure="{figure}"></div>'
        page.write_text(text.replace(main, main + empty), encoding="utf-8")
        live.page.reload()
        assert live.page.locator(".ce-stage").count() == 2
        ids = live.page.eval_on_selector_all("[id]", "all => all.map(e => e.id)")
        assert len(ids) == len(set(ids))


def where(book: Book, figure: str) -> str:
    """Return the page of the built book that shows a figure."""
    mark = f'data-figure="{figure}"'
    pages = [
        name
        for name in book.pages
        if mark in (book.html / f"{name}.html").read_text(encoding="utf-8")
    ]
    assert pages, f"no page of the book shows the live figure {figure}"
    return pages[0]


@pytest.mark.book
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("figure", FIGURES)
def test_in_the_book_it_fits_and_reads_well(
    figure: str, scheme: str, site: str, book: Book, browser: Any
) -> None:
    settings = {"viewport": {"width": 1280, "height": 900}, "color_scheme": scheme}
    visit = Visit(browser, site, **settings)
    try:
        page = visit.open(f"{site}{where(book, figure)}.html")
        page.wait_for_selector(".ce-alive .ce-stage")
        page.add_style_tag(content=SHOW_ALL)
        for width in (1280, 768, 390, 320):
            page.set_viewport_size({"width": width, "height": 900})
            page.wait_for_function(DRAWN)
            assert page.evaluate(STICKING_OUT) == []
            assert page.evaluate(HARD_TO_READ) == []
            # The space kept before the script came is the space it takes.
            stage, kept, taken = page.evaluate(HEIGHTS)
            assert stage == kept == taken
        assert visit.complaints == []
    finally:
        visit.close()


@pytest.mark.book
@pytest.mark.parametrize("figure", FIGURES)
def test_in_the_book_nothing_moves_when_it_comes_alive(
    figure: str, site: str, book: Book, browser: Any
) -> None:
    visit = Visit(browser, site, viewport={"width": 390, "height": 3000})
    visit.page.add_init_script(
        """window.moved = [];
        new PerformanceObserver(list => list.getEntries().forEach(entry =>
            entry.sources.forEach(({ node }) => {
                const element = node && (node.closest ? node : node.parentElement);
                if (element && element.closest('.ce-live'))
                    window.moved.push(element.outerHTML.slice(0, 80));
            }))).observe({ type: 'layout-shift', buffered: true });"""
    )
    try:
        page = visit.open(f"{site}{where(book, figure)}.html")
        page.wait_for_selector(".ce-alive .ce-stage")
        page.wait_for_timeout(300)
        assert page.evaluate("window.moved") == []
    finally:
        visit.close()
