"""Measures of a trained model, against sums written out."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from crossentropy.lab.evaluation import (
    confusion,
    find_temperature,
    loss_at_zero,
    score,
    worst_confusions,
)
from crossentropy.lab.losses import LOSSES, make_loss

RNG = np.random.default_rng(4)


def test_scores_are_those_of_torch_and_of_sums_written_out() -> None:
    logits = RNG.normal(size=(200, 5)) * 3
    labels = RNG.integers(0, 5, 200)
    found = score(logits, labels)
    loss = torch.nn.functional.cross_entropy(torch.tensor(logits), torch.tensor(labels))
    q = torch.tensor(logits).softmax(1).numpy()
    assert found.images == 200
    assert found.loss == pytest.approx(float(loss), rel=1e-12)
    right = sum(
        int(row.argmax() == label) for row, label in zip(q, labels, strict=True)
    )
    assert found.accuracy == right / 200
    brier = ((q - np.eye(5)[labels]) ** 2).sum() / 200
    assert found.brier == pytest.approx(brier, rel=1e-12)
    gap = 0.0
    for low in range(15):
        top = q.max(1)
        here = (top > low / 15) & (top <= (low + 1) / 15)
        if here.any():
            hits = (q.argmax(1) == labels)[here].mean()
            gap += here.mean() * abs(hits - top[here].mean())
    assert found.ece == pytest.approx(gap, rel=1e-9)


def test_a_model_that_diverged_has_an_accuracy_and_nothing_else() -> None:
    logits = np.array([[np.nan, 1.0], [0.0, 1.0], [np.inf, 0.0], [2.0, 1.0]])
    found = score(logits, np.array([0, 1, 0, 0]))
    assert found.accuracy == 0.5
    assert math.isnan(found.loss)
    assert math.isnan(found.brier)
    assert math.isnan(found.ece)
    assert find_temperature(logits, np.array([0, 1, 0, 0])) is None


def test_the_temperature_lowers_the_loss_or_is_not_there() -> None:
    labels = RNG.integers(0, 3, 300)
    logits = np.eye(3)[labels] * 2 + RNG.normal(size=(300, 3))
    temperature = find_temperature(logits * 7, labels)
    assert temperature is not None
    assert score(logits * 7 / temperature, labels).loss < score(logits * 7, labels).loss
    again = find_temperature(logits, labels)
    assert again == pytest.approx(temperature / 7, rel=1e-9)
    assert find_temperature(logits[:0], labels[:0]) is None


def test_confusion_counts_each_image_once() -> None:
    logits = RNG.normal(size=(500, 4))
    labels = RNG.integers(0, 4, 500)
    counts = confusion(logits, labels)
    for label in range(4):
        for chosen in range(4):
            pairs = (labels == label) & (logits.argmax(1) == chosen)
            assert counts[label, chosen] == pairs.sum()


def test_the_worst_confusions_come_first() -> None:
    counts = np.array([[90, 3, 0], [0, 80, 1], [7, 0, 70]])
    assert worst_confusions(counts, ("a", "b", "c")) == [
        "c taken for a (7)",
        "a taken for b (3)",
        "b taken for c (1)",
    ]
    assert worst_confusions(counts, ("a", "b", "c"), most=1) == ["c taken for a (7)"]
    assert worst_confusions(np.diag([1, 2]), ("a", "b")) == []


@pytest.mark.parametrize("K", [2, 10, 100])
@pytest.mark.parametrize("eps", [0.0, 0.2])
@pytest.mark.parametrize("name", LOSSES)
def test_the_loss_of_no_knowledge_is_that_of_logits_0(
    name: str, eps: float, K: int
) -> None:
    if name == "hinge":
        eps = 0.0
    logits = torch.zeros(K, K, dtype=torch.float64)
    found = make_loss(name, eps)(logits, torch.arange(K))
    words, expected = loss_at_zero(name, K, eps)
    assert found.numpy() == pytest.approx(np.full(K, expected), rel=1e-12)
    assert words
