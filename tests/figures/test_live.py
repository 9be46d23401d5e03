"""The static pictures behind the live figures show what the package computes."""

from __future__ import annotations

import re

import numpy as np
import pytest

from crossentropy import (
    cross_entropy,
    difference_loss_and_grad,
    entropy,
    kl_divergence,
    multiclass_hinge_and_grad,
    one_hot,
    sigmoid,
    smooth_labels,
    soft_label_cross_entropy_and_grad,
    softmax,
    softmax_cross_entropy,
    softmax_cross_entropy_and_grad,
    squared_error_and_grad,
)
from crossentropy.figures import live
from tools.files import ROOT

Z = np.array([1.0, 2.0, 0.5])


def spelled(values: object) -> list[str]:
    return [f"{value:.3f}" for value in np.ravel(np.asarray(values)).tolist()]


def test_softmax() -> None:
    picture = live.softmax()
    loss, gradient = softmax_cross_entropy_and_grad(Z[None], [1])
    nats = float(loss)
    for number in spelled([*np.asarray(softmax(Z)), nats, nats / np.log(2)]):
        assert number in picture.alt
        assert number in picture.svg
    for number in spelled(gradient):
        assert number in picture.alt
        assert number.replace("-", "−") in picture.svg


def test_surprise() -> None:
    picture = live.surprise()
    p, q = np.array(live.HAPPENS), np.asarray(softmax(Z))
    measures = [
        entropy(p, unit="bits"),
        cross_entropy(p, q, unit="bits"),
        kl_divergence(p, q, unit="bits"),
        kl_divergence(q, p, unit="bits"),
    ]
    for number in spelled([*p, *q, *measures]):
        assert number in picture.alt
        assert number in picture.svg
    # A reader who adds the two rounded parts gets the rounded sum.
    h, cross, forward, _ = (float(number) for number in spelled(measures))
    assert h + forward == pytest.approx(cross, abs=1e-9)


def test_temperature() -> None:
    q = softmax(Z)
    for number in spelled([*np.asarray(q), entropy(q, unit="bits"), np.log2(3)]):
        assert number in live.temperature().alt


def test_margin() -> None:
    m = live.MARGIN
    pair = np.array([0.0, m])
    picture = live.margin()
    for loss, gradient in (
        softmax_cross_entropy_and_grad(pair, 1),
        multiclass_hinge_and_grad(pair, 1),
        squared_error_and_grad(pair, 1),
        difference_loss_and_grad(np.array([m]), np.array([1])),
    ):
        for number in spelled([loss, gradient[-1]]):
            assert number in picture.alt
            assert number.replace("-", "−") in picture.svg


def test_labels() -> None:
    picture = live.labels()
    one, many = np.asarray(softmax(Z)), np.asarray(sigmoid(Z))
    for number in spelled([*one, one.sum(), *many, many.sum()]):
        assert number in picture.alt
        assert number in picture.svg
    assert picture.svg.count("yes") == (one > 0.5).sum() + (many > 0.5).sum()


def test_smoothing() -> None:
    picture = live.smoothing()
    eps, classes, lead = live.SMOOTHING
    target = smooth_labels(one_hot(0, classes), eps)
    loss, gradient = soft_label_cross_entropy_and_grad(
        np.append(lead, np.zeros(classes - 1)), target
    )
    best = np.log(target[0] / target[1])
    for number in spelled([loss, gradient[0], best, entropy(target)]):
        assert number in picture.alt
        assert number in picture.svg


def test_floats() -> None:
    picture = live.floats()
    exact = softmax_cross_entropy([0.0, live.GAP, 0.0], 1)
    assert f"{exact:.2e}" in picture.alt
    for line in ("naive 0", "shifted 0", "log1p 8.28e−08"):
        assert line in picture.svg


STARTS = {
    "softmax": [*live.LOGITS, 1, 1],
    "surprise": [*live.HAPPENS, *live.LOGITS],
    "temperature": [*live.LOGITS, 1],
    "margin": [live.MARGIN],
    "labels": [*live.LOGITS, live.THRESHOLD],
    "smoothing": [*live.SMOOTHING],
    "floats": [2, live.GAP, 0],  # float32, no offset
}


@pytest.mark.parametrize("name", STARTS)
def test_picture_and_script_start_from_the_same_numbers(name: str) -> None:
    script = ROOT / "book" / "_static" / "live" / f"{name}.js"
    start = re.search(r"const START = \{(.*?)\};", script.read_text(encoding="utf-8"))
    assert start is not None
    numbers = re.findall(r"-?\d+(?:\.\d+)?", start.group(1))
    assert [float(number) for number in numbers] == STARTS[name]
