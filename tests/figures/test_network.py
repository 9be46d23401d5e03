"""Figures of images say what they show."""

from __future__ import annotations

import re

import numpy as np

from crossentropy.datasets import load_digits
from crossentropy.figures import network
from crossentropy.lab.inspection import feature_maps
from crossentropy.lab.models import build_model


def test_a_journey_shows_the_image_the_maps_and_the_bars():
    image = load_digits().images[1000]
    maps, _ = feature_maps(build_model("small"), image)
    logits = np.zeros(10)
    logits[2] = 5.0
    figure = network.journey(image, maps, logits, label=2)
    assert figure.svg.count("<image") == 1 + 4 * len(maps)
    assert "the largest that of the 2" in figure.alt
    assert "94.3%" in figure.alt  # e^5 / (e^5 + 9)
    for words in ("16 maps", "32 maps", "64 maps", "logits", "softmax"):
        assert words in figure.svg


def test_a_gallery_puts_the_caption_under_its_image():
    images = load_digits().images[:7]
    figure = network.gallery(images, [f"no {n}" for n in range(7)], "seven zeros")
    assert figure.svg.count("<image") == 7
    assert re.findall(r">no (\d)<", figure.svg) == [str(n) for n in range(7)]
    assert figure.alt == "seven zeros"


def test_traces_draw_a_panel_for_each_run():
    runs = {"falls": [2.3, 1.0, 0.5], "leaves the picture": [2.3, 900.0, 400.0]}
    figure = network.traces(runs, {"here": 2.3}, "two runs")
    assert figure.svg.count("<svg") == 2
    assert figure.svg.count(">here<") == 2
    for name in runs:
        assert f">{name}<" in figure.svg
