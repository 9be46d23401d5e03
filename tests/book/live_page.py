"""A small page that holds one live figure, straight from the sources."""

from __future__ import annotations

import functools
from decimal import ROUND_HALF_UP, Decimal
from typing import TYPE_CHECKING, Any

import numpy as np

from crossentropy.figures import live
from tools.browser import Visit
from tools.files import ROOT

if TYPE_CHECKING:
    from pathlib import Path

STATIC = ROOT / "book" / "_static"
FIGURES = (
    "softmax",
    "surprise",
    "temperature",
    "margin",
    "labels",
    "smoothing",
    "floats",
)
SPEAKING = "[role=status], [role=alert], [aria-live], output"


@functools.cache
def _picture(name: str) -> str:
    return str(getattr(live, name)()._repr_html_())


def write(folder: Path, name: str) -> Path:
    """Write the page of figure `name` as the book's directive would."""
    files = STATIC.as_uri()
    scripts = "".join(
        f'<script defer src="{files}/live/{script}.js"></script>'
        for script in ("core", name)
    )
    page = folder / f"{name}.html"
    page.write_text(
        f'<!doctype html><html lang="en" data-theme="light"><meta charset="utf-8">'
        f'<meta name="viewport" content="width=device-width"><title>{name}</title>'
        f'<link rel="stylesheet" href="{files}/book.css">'
        f'<link rel="stylesheet" href="{files}/live/live.css">{scripts}'
        f'<main><div class="ce-live" data-figure="{name}">{_picture(name)}</div>'
        "</main></html>",
        encoding="utf-8",
    )
    return page


class Live:
    """One live figure in a browser."""

    def __init__(
        self, browser: Any, folder: Path, name: str, width: int = 800, **settings: Any
    ) -> None:
        settings.setdefault("viewport", {"width": width, "height": 900})
        self.visit = Visit(browser, "file://", **settings)
        self.page = self.visit.page
        self.page.goto(write(folder, name).as_uri())

    def __enter__(self) -> Live:
        return self

    def __exit__(self, *problem: object) -> None:
        self.visit.close()
        if problem == (None, None, None):
            assert self.visit.complaints == []

    def slider(self, name: str) -> Any:
        return self.page.locator(f'input[name="{name}"]')

    def numbers(self) -> dict[str, str]:
        """Return every number that the reader sees, with a plain minus sign."""
        found = self.page.locator("[data-value]").evaluate_all(
            "all => all.map(e => [e.dataset.value, e.textContent])"
        )
        assert len(dict(found)) == len(found)
        return {
            name: text.replace("\N{MINUS SIGN}", "-").replace("∞", "inf")
            for name, text in found
        }

    def shown(self, name: str) -> str:
        """Return one of these numbers."""
        return self.numbers()[name]

    def exact(self, name: str) -> float:
        """Return the number that the text of a slider's value was rounded from."""
        return float(
            self.page.locator(f'[data-value="{name}"]').get_attribute("data-exact")
        )

    def expect(self, values: dict[str, float]) -> None:
        """Assert that the numbers shown are these, rounded as the figure rounds."""
        numbers = self.numbers()
        for name, value in values.items():
            shown = numbers[name]
            if 0 < abs(value) < 0.0005:
                assert float(shown) == float(f"{value:.1e}"), (name, shown, value)
            elif np.isinf(value):
                assert shown == "inf", (name, shown)
            else:
                # JavaScript rounds a tie away from zero.
                rounded = Decimal(value).quantize(Decimal("0.001"), ROUND_HALF_UP)
                assert float(shown) == float(rounded), (name, shown, value)

    def choose(self, name: str, option: object) -> None:
        """Click one radio button of a row."""
        row = self.page.locator(f"[data-choice={name}]")
        row.get_by_label(str(option), exact=True).check()

    def chosen(self, name: str) -> str:
        row = self.page.locator(f"[data-choice={name}]")
        return str(row.locator("input:checked").input_value())

    def press(self, button: str) -> None:
        self.page.get_by_role("button", name=button, exact=True).click()

    def drag(self, name: str, share: float) -> None:
        """Drag a slider's thumb to `share` of its way with the mouse."""
        start = self.thumb(name)
        end = self.point(name, share)
        self.page.mouse.move(*start)
        self.page.mouse.down()
        self.page.mouse.move((start[0] + end[0]) / 2, end[1], steps=3)
        self.page.mouse.move(*end, steps=3)
        self.page.mouse.up()

    def point(self, name: str, share: float) -> tuple[float, float]:
        box = self.slider(name).bounding_box()
        return box["x"] + 9 + share * (box["width"] - 18), box["y"] + box["height"] / 2

    def thumb(self, name: str) -> tuple[float, float]:
        share = self.slider(name).evaluate("e => (e.value - e.min) / (e.max - e.min)")
        return self.point(name, share)
