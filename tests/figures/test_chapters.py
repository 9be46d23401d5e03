"""Each chapter's figures draw, and their alt texts tell the truth."""

from __future__ import annotations

import math
import re

import numpy as np

from crossentropy import softmax
from crossentropy.coding import huffman_code, symbol_frequencies
from crossentropy.datasets import load_digits, scenes
from crossentropy.figures import (
    floating,
    gradient,
    information,
    labels,
    loss,
    smoothing,
)
from crossentropy.figures import softmax as softmax_figures

Z = np.array([1.0, 2.0, 0.5])


def test_information_figures() -> None:
    p = symbol_frequencies("a test of the length of codewords, with some z")
    shares = np.array(list(p.values()))
    flat = np.full(len(shares), 1 / len(shares))
    assert "one bit" in information.surprisal_curve().alt
    assert ">space<" in information.codeword_lengths(p, huffman_code(p)).svg
    costs = information.cost_of_wrong_codes(shares, {"own": shares, "flat": flat}).alt
    own, wrong = (float(x) for x in re.findall(r": (\d+\.\d+)", costs))
    assert own < wrong
    assert math.isclose(wrong, math.log2(len(p)), abs_tol=0.005)
    assert "0.7" in information.proper_scores(0.7).alt
    x = np.linspace(-1, 1, 5)
    information.two_directions(x, x**2, x**2, x**2)
    information.running_loss(np.linspace(0, 1, 40), 0.6, 0.5)


def test_softmax_figures() -> None:
    q = softmax(Z)
    alt = softmax_figures.two_steps(Z).alt
    assert all(f"{share:.3f}" in alt for share in np.asarray(q))
    softmax_figures.simplex([q, q], [("T = 1", q)])
    softmax_figures.smooth_maximum()
    table = softmax_figures.jacobians(Z).svg
    assert table.count("+0.") >= 3
    assert table.count("−0.") + table.count("-0.") >= 6
    images = load_digits().images[[0, 700]]
    rows = softmax_figures.digit_rows(images, np.eye(10)[[3, 4]] * 9, ["a", "b"])
    assert "a: class 3" in rows.alt
    assert "b: class 4" in rows.alt


def test_network_figures_carry_the_computed_numbers() -> None:
    forward = loss.network(Z, 1)
    assert all(f">{share:.5f}<" in forward.svg for share in np.asarray(softmax(Z)))
    backward = loss.network(Z, 1, backward=True)
    for number in ("+0.23122", "−0.37147", "+0.14024", "−1.59101"):
        assert f">{number}<" in backward.svg
    assert "0.46437" in forward.alt
    assert "-0.37147" in backward.alt


def test_training_and_gradient_figures() -> None:
    overfit = loss.loss_and_accuracy(
        [1, 10, 100], [2, 1, 3], [0.5, 0.8, 0.8], [0, 0.5, 1]
    )
    assert "falls to 1.000 at 10 steps" in overfit.alt
    steps = np.geomspace(1e-8, 1, 9)
    curves = {
        (name, centred): np.abs(np.log(steps / 1e-3)) * (1 + centred) + 1e-6
        for name in ("float32", "float64")
        for centred in (False, True)
    }
    assert gradient.v_curves(steps, curves).alt.count("1e-06") == 4
    assert "dog has 0.749 instead of 0.629" in gradient.one_step(Z, 1).alt


def test_floating_point_and_label_figures() -> None:
    errors = {name: [1e-8, 1.0] for name in "abc"} | {"best": [1e-8, 2e-8]}
    assert "best form stays below 2e-08" in floating.accuracy([0, 1], errors).alt
    rng = np.random.default_rng(0)
    images, shown = scenes(load_digits(), rng, 60)
    picture = labels.scenes(images, shown, 0.9 * shown, np.full((60, 3), 1 / 3))
    assert "sum to 1 each" in picture.alt
    assert "diagonal" in labels.best_answers().alt


def test_smoothing_figures() -> None:
    accuracy = {(r, e): [80 + 10 * e, 81.0] for r in (0, 0.2, 0.4) for e in (0, 0.4)}
    assert "20% wrong: +2.0" in smoothing.noise(accuracy).alt
    q = softmax(np.random.default_rng(1).normal(0, 3, (200, 4)))
    y = np.random.default_rng(2).integers(0, 4, 200).astype(np.uint8)
    picture = smoothing.reliability(np.asarray(q), np.full((200, 4), 0.25), y)
    before, after = re.findall(r"ECE (0\.\d+)", picture.alt)
    assert float(before) > float(after)
