"""The cover is drawn by its script, from what softmax does."""

from __future__ import annotations

import xml.etree.ElementTree as ET

import numpy as np

from crossentropy import softmax
from tools import draw_cover
from tools.draw_logo import LOGITS
from tools.files import ROOT


def points(line: ET.Element) -> np.ndarray:
    pairs = [pair.split(",") for pair in line.get("points", "").split()]
    return np.array(pairs, dtype=float)


def test_the_file_is_what_the_script_draws() -> None:
    kept = (ROOT / "book" / "_static" / "cover.svg").read_text(encoding="utf-8")
    assert kept == draw_cover.cover()
    welcome = (ROOT / "book" / "welcome.md").read_text(encoding="utf-8")
    assert f":alt: {draw_cover.ALT}" in welcome


def test_each_curve_leads_from_the_middle_to_the_corner_of_its_winner() -> None:
    middle, *corners = draw_cover.place(np.vstack([np.full((1, 3), 1 / 3), np.eye(3)]))
    winners = set()
    for direction in draw_cover.directions():
        line = draw_cover.curve(direction)
        np.testing.assert_allclose(line[0], middle, atol=1e-9)
        winner = int(direction.argmax())
        np.testing.assert_allclose(line[-1], corners[winner], atol=2)
        winners.add(winner)
    assert winners == {0, 1, 2}


def test_the_dot_is_the_running_example_and_lies_on_its_curve() -> None:
    picture = ET.fromstring(draw_cover.cover())
    (dot,) = picture.iter("{http://www.w3.org/2000/svg}circle")
    at = np.array([float(dot.get(key, "nan")) for key in ("cx", "cy")])
    q = np.asarray(softmax(LOGITS))
    np.testing.assert_allclose(at, draw_cover.place(q), atol=0.06)
    lines = list(picture.iter("{http://www.w3.org/2000/svg}polyline"))
    (thick,) = [line for line in lines if float(line.get("stroke-width", 0)) > 4]
    near = np.linalg.norm(points(thick) - at, axis=1).min()
    assert near < 15
    assert thick.get("stroke") == dot.get("fill")
