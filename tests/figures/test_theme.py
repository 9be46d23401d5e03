"""Figures: one SVG for every theme, deterministic, described in words."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET

import pytest

from crossentropy.figures import theme


@theme.themed
def example(alt: str = 'Bars & a "line"') -> theme.ThemedFigure:
    figure, axes = theme.canvas()
    axes.bar(theme.CLASS_NAMES, [1, 2, 3], color=theme.CLASS_COLOURS)
    axes.plot([0, 1, 2], [1, 2, 1], "o-", color=theme.ACCENT)
    theme.grid(axes)
    return theme.finish([figure, figure], alt)


def test_it_is_well_formed_and_says_what_it_shows() -> None:
    picture = example()
    root = ET.fromstring(picture._repr_html_())
    described = root.find("div")
    assert described is not None
    assert described.get("role") == "img"
    assert described.get("aria-label") == picture.alt == 'Bars & a "line"'
    assert len(list(described)) == 2
    assert repr(picture) == f"Figure: {picture.alt}"


def test_every_colour_follows_the_page() -> None:
    svg = example().svg
    for name in ("ink", "muted", "grid", "cat", "dog", "bird", "accent"):
        assert f"var(--ce-{name}, " in svg
    bare = re.sub(r"var\(--[^()]*(?:\([^()]*\))?[^()]*\)", "", svg)
    bare = re.sub(r"var\([^;\"]*\)", "", bare)
    assert set(re.findall(r"#[0-9a-f]{6}\b", bare)) <= {"#000000", "#ffffff"}


def test_the_same_drawing_gives_the_same_bytes() -> None:
    assert example().svg == example().svg


def test_ids_do_not_meet_those_of_another_figure() -> None:
    other, axes = theme.canvas()
    axes.plot([0, 1], [1, 0])
    second = theme.finish(other, "a line").svg
    ids = [set(re.findall(r'\bid="([^"]+)"', svg)) for svg in (example().svg, second)]
    assert ids[0]
    assert ids[1]
    assert not ids[0] & ids[1]
    for svg in (example().svg, second):
        used = set(re.findall(r'(?:url\(|href=")#([^")]+)', svg))
        assert used <= set(re.findall(r'\bid="([^"]+)"', svg))


def test_a_figure_without_words_is_refused() -> None:
    with pytest.raises(ValueError, match="alt must say"):
        example(" ")
