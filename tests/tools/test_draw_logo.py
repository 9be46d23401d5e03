"""The logo is drawn by its script, from the running example."""

from __future__ import annotations

import xml.etree.ElementTree as ET

import numpy as np
import pytest

from crossentropy import softmax
from tools import draw_logo
from tools.files import ROOT

NAMESPACE = {"svg": "http://www.w3.org/2000/svg"}


@pytest.mark.parametrize("name", ["logo", "favicon"])
def test_the_file_is_what_the_script_draws(name: str) -> None:
    drawn = getattr(draw_logo, name)()
    kept = (ROOT / "book" / "_static" / f"{name}.svg").read_text(encoding="utf-8")
    assert kept == drawn
    ET.fromstring(kept)


def test_the_bars_are_the_probabilities_and_the_line_is_at_1() -> None:
    shapes = ET.fromstring(draw_logo.favicon()).findall("svg:rect", NAMESPACE)
    cat, dog, line, bird = shapes
    heights = [float(bar.get("height", "nan")) for bar in (cat, dog, bird)]
    shares = np.asarray(softmax([1.0, 2.0, 0.5]))
    np.testing.assert_allclose(np.array(heights) / sum(heights), shares, atol=0.001)
    foot = float(dog.get("y", "nan")) + heights[1]
    full = foot - float(line.get("y", "nan"))
    np.testing.assert_allclose(heights[1] / full, shares[1], atol=0.001)
    assert line.get("x") == dog.get("x")
    assert line.get("fill") == dog.get("fill")
