"""The lab's figures: they say what they show, and stand alone as files."""

from __future__ import annotations

import io
import xml.etree.ElementTree as ET
from typing import Any

import numpy as np
import pytest
from PIL import Image

from crossentropy.figures import lab, theme

HISTORY: list[dict[str, Any]] = [
    {"step": 1, "epoch": 0.5, "loss": 2.0, "accuracy": 0.3},
    {"step": 2, "epoch": 1.0, "loss": 1.0, "accuracy": 0.6,
     "validation_loss": 1.2, "validation_accuracy": 0.5},
    {"step": 3, "epoch": 1.5, "loss": 0.5, "accuracy": 0.875},
]  # fmt: skip


def lines(axes: Any) -> dict[str, tuple[list[float], list[float]]]:
    return {
        line.get_label(): (list(line.get_xdata()), list(line.get_ydata()))
        for line in axes.get_lines()
        if not line.get_label().startswith("_")
    }


def test_curves_show_what_was_measured() -> None:
    figure, words = lab.draw_curves(HISTORY, 2.3026)
    loss, accuracy = figure.axes
    assert lines(loss)["training"] == ([0.5, 1.0, 1.5], [2.0, 1.0, 0.5])
    assert lines(loss)["validation"] == ([1.0], [1.2])
    assert lines(accuracy)["training"][1] == pytest.approx([30, 60, 87.5])
    assert lines(accuracy)["validation"] == ([1.0], [50.0])
    assert "From 2.30 to 0.50 nats" in words
    assert "87.5%" in words


def test_curves_can_be_drawn_of_nothing_and_of_nan() -> None:
    assert lab.draw_curves([], 2.3)[1]
    broken = [{**HISTORY[0], "loss": None}]
    figure, words = lab.draw_curves(broken, 2.3)
    assert "to nan nats" in words
    assert theme.as_file(figure, words)


def test_a_comparison_shows_means_and_spreads() -> None:
    groups = {
        ("softmax", 0.01): (0.9, 0.01, 3),
        ("softmax", 0.001): (0.8, 0.02, 3),
        ("hinge", 0.001): (0.7, float("nan"), 1),
    }
    figure, words = lab.draw_comparison(groups)
    (axes,) = figure.axes
    softmax, hinge = axes.containers
    assert list(softmax[0].get_xdata()) == [0.001, 0.01]
    assert list(softmax[0].get_ydata()) == pytest.approx([80, 90])
    assert hinge.get_label() == "hinge"
    ticks = [label.get_text() for label in axes.get_xticklabels()]
    assert ticks == ["0.001", "0.01"]
    assert "softmax 90.0 % at 0.01; hinge 70.0 % at 0.001" in words


def test_probabilities_are_drawn_class_by_class() -> None:
    image = np.zeros((28, 28), np.uint8)
    q = [0.1, 0.7, 0.2]
    figure, words = lab.draw_probabilities(image, q, theme.CLASS_NAMES)
    bars = figure.axes[1].patches
    assert [bar.get_width() for bar in bars] == pytest.approx([10, 70, 20])
    assert "dog with 70.0%" in words
    names = [label.get_text() for label in figure.axes[1].get_yticklabels()]
    assert names == list(theme.CLASS_NAMES)


def test_of_many_classes_the_likeliest_are_drawn() -> None:
    q = np.linspace(1, 2, 40)
    q /= q.sum()
    names = [f"class {j}" for j in range(40)]
    figure, _ = lab.draw_probabilities(np.zeros((8, 8), np.uint8), q.tolist(), names)
    shown = [label.get_text() for label in figure.axes[1].get_yticklabels()]
    assert shown == [f"class {j}" for j in range(39, 27, -1)]


def test_a_file_stands_alone() -> None:
    figure, words = lab.draw_curves(HISTORY, 2.3026)
    svg = theme.as_file(figure, words)
    assert svg == theme.as_file(*lab.draw_curves(HISTORY, 2.3026))
    root = ET.fromstring(svg)
    assert root.find("{http://www.w3.org/2000/svg}title").text == words  # type: ignore[union-attr]
    assert b"var(--" not in svg
    assert b"sans-serif" in svg
    picture = Image.open(io.BytesIO(theme.as_file(figure, words, "png")))
    assert picture.info["Description"] == words
    assert picture.convert("RGB").getpixel((0, 0)) == (255, 255, 255)


def test_a_file_needs_words_and_a_kind() -> None:
    figure, words = lab.draw_curves(HISTORY, 2.3026)
    with pytest.raises(ValueError, match="alt must say"):
        theme.as_file(figure, " ")
    with pytest.raises(ValueError, match="kind: expected svg or png; got 'gif'"):
        theme.as_file(figure, words, "gif")
