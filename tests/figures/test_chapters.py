"""Each chapter's figures draw, and their alt texts tell the truth."""

from __future__ import annotations

import math
import re

import numpy as np

from crossentropy import softmax
from crossentropy.coding import huffman_code, symbol_frequencies
from crossentropy.datasets import load_digits
from crossentropy.figures import information
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
