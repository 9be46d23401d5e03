"""The difference loss: its best answer, its collapse, and its confidence."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
import torch

from crossentropy.lab.experiments.collapse import COLLAPSE, best_score, problem, scores
from crossentropy.lab.losses import difference

from .again import compare, only, shortened

if TYPE_CHECKING:
    from crossentropy.lab.experiments.runner import Record


@pytest.mark.parametrize("p", [0.01, 0.1, 0.49, 0.51, 0.7, 0.99])
def test_the_best_score_is_0_or_1_whatever_the_probability(p: float) -> None:
    s = torch.linspace(1e-6, 1 - 1e-6, 1001, dtype=torch.float64)
    z = s.logit()[:, None]
    expected = sum(
        share * difference(z, torch.full_like(z, t))
        for t, share in ((1, p), (0, 1 - p))
    )
    assert isinstance(expected, torch.Tensor)
    assert best_score(p) == pytest.approx(float(s[expected.argmin()]), abs=1e-5)
    slope = expected.diff()
    assert slope.min() * slope.max() > 0  # it falls, or rises, all the way


def test_at_probability_one_half_every_score_is_as_good() -> None:
    assert np.isnan(best_score(0.5))
    z = torch.linspace(-5, 5, 11, dtype=torch.float64)[:, None]
    loss = (difference(z, torch.zeros_like(z)) + difference(z, torch.ones_like(z))) / 2
    assert loss.tolist() == pytest.approx([0.5] * 11, rel=1e-14)


@pytest.mark.parametrize("classes", [2, 10, 100])
def test_all_classes_are_pushed_down_at_the_start_unless_there_are_two(
    classes: int,
) -> None:
    z = torch.zeros(classes, classes, dtype=torch.float64, requires_grad=True)
    difference(z, torch.arange(classes)).mean().backward()
    assert z.grad is not None
    push = z.grad.sum(0)  # on each class's output bias, labels balanced
    wanted = (1 - 2 / classes) / (4 * classes)
    assert push.tolist() == pytest.approx([wanted] * classes, abs=1e-16)


def test_the_problems_are_what_they_are_called() -> None:
    for classes, images in ((2, (800, 200)), (10, (4000, 1000)), (100, (8000, 2000))):
        for part, count in zip(problem(classes, 0), images, strict=True):
            assert len(part.images) == len(part.labels) == count
            assert sorted(set(part.labels.tolist())) == list(range(classes))
    train, test = problem(100, 0)
    halves = [
        {half.tobytes() for image in part.images for half in np.split(image, 2, axis=1)}
        for part in (train, test)
    ]
    assert not halves[0] & halves[1]
    assert (problem(100, 0)[0].images == train.images).all()
    assert (problem(100, 1)[0].images != train.images).any()
    with pytest.raises(ValueError, match="classes: expected 2, 10 or 100; got 3"):
        problem(3, 0)


def test_scores_are_what_the_loss_takes_the_logits_for() -> None:
    z = np.array([[1.0, -1.0]])
    assert scores("softmax", z).sum() == pytest.approx(1)
    assert scores("difference", z).tolist() == scores("sigmoid", z).tolist()
    assert scores("sigmoid", z)[0, 0] == pytest.approx(1 / (1 + np.exp(-1)))


@pytest.fixture(scope="module")
def short() -> list[Record]:
    return shortened(COLLAPSE)


def test_the_shortened_version_collapses_with_ten_classes_not_with_two(
    short: list[Record],
) -> None:
    two = only(short, classes=2, noise=0.0, loss="difference")
    assert two["accuracy"] > 0.95
    assert two["none"] == 0
    ten = only(short, classes=10, loss="difference")
    assert ten["none"] == 1
    assert ten["confidence"] < 1e-3
    assert ten["accuracy"] < 0.6
    assert only(short, classes=10, loss="sigmoid")["accuracy"] > 0.9


def test_it_gives_what_was_kept(short: list[Record]) -> None:
    for record in short:
        compare(COLLAPSE, record, none=0.03, confidence=0.02)
        # What ranking a collapsed model has left, and what noise does to a sound one,
        # rounding alone moves by several points.
        if record["none"] != 1 and not record["noise"]:
            compare(COLLAPSE, record, accuracy=0.03)


def test_with_wrong_labels_only_one_of_the_two_says_what_it_knows(
    short: list[Record],
) -> None:
    proper, linear = (only(short, noise=0.3, loss=k) for k in ("sigmoid", "difference"))
    assert abs(proper["confidence"] - 0.7) < 0.1
    assert linear["confidence"] > 0.95
