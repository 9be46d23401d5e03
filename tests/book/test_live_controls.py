"""The controls of every live figure, by keyboard, mouse, touch and screen reader."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest

from tests.book.live_checks import CHECKS, SLIDERS, TOLD
from tests.book.live_page import FIGURES, SPEAKING, Live

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.browser

KEYS = ("ArrowRight", "ArrowUp", "ArrowLeft", "PageUp", "Home", "ArrowRight", "End")


def test_every_figure_is_checked() -> None:
    assert set(CHECKS) == set(SLIDERS) == set(TOLD) == set(FIGURES)


@pytest.mark.parametrize("figure", FIGURES)
def test_a_slider_by_keyboard(figure: str, browser: Any, tmp_path: Path) -> None:
    with Live(browser, tmp_path, figure) as live:
        CHECKS[figure](live)
        for slider, ends in SLIDERS[figure].items():
            live.slider(slider).focus()
            seen = [live.shown(slider)]
            for key in KEYS:
                live.page.keyboard.press(key)
                seen.append(live.shown(slider))
                CHECKS[figure](live)
            assert seen[1] != seen[0]
            assert (float(seen[5]), float(seen[7])) == ends


@pytest.mark.parametrize("figure", FIGURES)
def test_a_slider_by_mouse(figure: str, browser: Any, tmp_path: Path) -> None:
    with Live(browser, tmp_path, figure) as live:
        for slider in SLIDERS[figure]:
            live.drag(slider, 0.1)
            before = float(live.shown(slider))
            CHECKS[figure](live)
            live.drag(slider, 0.9)
            assert float(live.shown(slider)) > before
            CHECKS[figure](live)


@pytest.mark.parametrize("figure", FIGURES)
def test_a_slider_by_touch(figure: str, browser: Any, tmp_path: Path) -> None:
    phone = {"has_touch": True, "is_mobile": True}
    with Live(browser, tmp_path, figure, width=390, **phone) as live:
        slider = next(iter(SLIDERS[figure]))
        before = float(live.shown(slider))
        live.page.touchscreen.tap(*live.point(slider, 0.9))
        assert float(live.shown(slider)) > before
        CHECKS[figure](live)


@pytest.mark.parametrize(
    ("figure", "slider"),
    [
        ("temperature", "temperature"),
        ("margin", "margin"),
        ("smoothing", "lead"),
        ("floats", "gap"),
    ],
)
def test_the_line_in_the_picture_follows_the_mouse(
    figure: str, slider: str, browser: Any, tmp_path: Path
) -> None:
    with Live(browser, tmp_path, figure) as live:
        box = live.page.locator("svg.ce-draggable").bounding_box()
        low, high = SLIDERS[figure][slider]
        mouse = live.page.mouse
        mouse.move(box["x"] + 5, box["y"] + 100)
        mouse.down()
        assert float(live.shown(slider)) == low
        CHECKS[figure](live)
        mouse.move(box["x"] + box["width"] / 2, box["y"] + 100)
        middle = live.shown(slider)
        assert low < float(middle) < high
        # The line stands under the mouse and above the thumb of the slider.
        here = live.page.locator("svg .ce-here").bounding_box()
        assert here["x"] == pytest.approx(box["x"] + box["width"] / 2, abs=2.5)
        assert here["x"] == pytest.approx(live.thumb(slider)[0], abs=1.5)
        mouse.move(box["x"] + box["width"] - 2, box["y"] + 100, steps=4)
        assert float(live.shown(slider)) == high
        CHECKS[figure](live)
        mouse.up()
        mouse.move(box["x"] + 60, box["y"] + 100)
        assert float(live.shown(slider)) == high


@pytest.mark.parametrize("figure", FIGURES)
def test_reset_comes_back(figure: str, browser: Any, tmp_path: Path) -> None:
    with Live(browser, tmp_path, figure) as live:
        start = live.numbers()
        for slider in SLIDERS[figure]:
            live.slider(slider).press("Home")
        assert live.numbers() != start
        live.press("Reset")
        assert live.numbers() == start


@pytest.mark.parametrize("figure", FIGURES)
def test_it_speaks_once_when_the_hand_rests(
    figure: str, browser: Any, tmp_path: Path
) -> None:
    with Live(browser, tmp_path, figure) as live:
        region = live.page.locator(SPEAKING)
        assert region.count() == 1
        assert region.get_attribute("role") == "status"
        assert region.text_content() == ""
        region.evaluate(
            """e => { window.spoken = [];
            new MutationObserver(() => window.spoken.push(e.textContent))
                .observe(e, { childList: true }); }"""
        )
        live.slider(next(iter(SLIDERS[figure]))).focus()
        for _ in range(8):
            live.page.keyboard.press("ArrowRight")
        live.page.wait_for_function("window.spoken.length > 0")
        live.page.wait_for_timeout(900)
        (sentence,) = live.page.evaluate("window.spoken")
        assert sentence.endswith(".")
        numbers = live.numbers()
        for name in TOLD[figure]:
            assert numbers[name].replace("-", "minus ") in sentence


@pytest.mark.parametrize("figure", FIGURES)
def test_every_control_and_picture_has_a_name(
    figure: str, browser: Any, tmp_path: Path
) -> None:
    with Live(browser, tmp_path, figure) as live:
        for control in live.page.locator("input, button").all():
            name = control.evaluate(
                "e => e.ariaLabel || [...(e.labels || [])].map(l => l.textContent)"
                ".join() || e.textContent"
            )
            assert name.strip()
        for slider in SLIDERS[figure]:
            assert live.slider(slider).get_attribute("aria-valuetext")
        for picture in live.page.locator("svg[role=img]:visible").all():
            assert re.search(r"\d\.\d", picture.get_attribute("aria-label"))
