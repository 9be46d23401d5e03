"""Measures against counting by hand: every pair, every threshold, every class."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from crossentropy.lab.metrics import (
    average_precision,
    balanced_accuracy,
    f1_score,
    roc_auc,
)

# Few different scores, so that ties are common.
ranked = st.lists(
    st.tuples(st.integers(-2, 2), st.booleans()), min_size=2, max_size=12
).filter(lambda rows: 0 < sum(positive for _, positive in rows) < len(rows))


def columns(rows: list[tuple[int, bool]]) -> tuple[list[int], list[bool]]:
    return [score for score, _ in rows], [positive for _, positive in rows]


@given(ranked)
def test_auroc_counts_pairs(rows: list[tuple[int, bool]]) -> None:
    above = [s for s, positive in rows if positive]
    below = [s for s, positive in rows if not positive]
    won = sum(
        Fraction(1) if a > b else Fraction(1, 2) if a == b else Fraction(0)
        for a in above
        for b in below
    )
    exact = won / (len(above) * len(below))
    assert roc_auc(*columns(rows)) == pytest.approx(float(exact), abs=1e-15)


@given(ranked)
def test_auroc_of_the_opposite_score_is_the_rest(rows: list[tuple[int, bool]]) -> None:
    scores, positive = columns(rows)
    turned = [-s for s in scores]
    assert roc_auc(turned, positive) == pytest.approx(1 - roc_auc(scores, positive))


@given(ranked)
def test_average_precision_is_the_area_under_its_steps(
    rows: list[tuple[int, bool]],
) -> None:
    # The sum over thresholds, from the top, of precision times the growth of recall.
    positives = sum(positive for _, positive in rows)
    area, recall = Fraction(0), Fraction(0)
    for cut in sorted({s for s, _ in rows}, reverse=True):
        shown = [positive for s, positive in rows if s >= cut]
        reached = Fraction(sum(shown), positives)
        area += Fraction(sum(shown), len(shown)) * (reached - recall)
        recall = reached
    assert average_precision(*columns(rows)) == pytest.approx(float(area), abs=1e-15)


@given(ranked)
def test_a_growing_map_of_the_scores_changes_neither(
    rows: list[tuple[int, bool]],
) -> None:
    scores, positive = columns(rows)
    bent = np.exp(scores) * 7
    assert roc_auc(bent, positive) == roc_auc(scores, positive)
    assert average_precision(bent, positive) == average_precision(scores, positive)


@given(st.lists(st.tuples(st.booleans(), st.booleans()), min_size=1, max_size=20))
def test_f1_is_the_harmonic_mean_of_precision_and_recall(
    rows: list[tuple[bool, bool]],
) -> None:
    predicted, actual = (list(column) for column in zip(*rows, strict=True))
    both = sum(p and a for p, a in rows)
    if not any(predicted) and not any(actual):
        with pytest.raises(ValueError, match="predicted: F1 needs a 1"):
            f1_score(predicted, actual)
    elif both == 0:
        assert f1_score(predicted, actual) == 0
    else:
        precision = Fraction(both, sum(predicted))
        recall = Fraction(both, sum(actual))
        harmonic = 2 / (1 / precision + 1 / recall)
        assert f1_score(predicted, actual) == pytest.approx(float(harmonic))


def test_f1_of_a_matrix_counts_all_entries_alike() -> None:
    predicted = np.array([[1, 0, 1], [0, 0, 1]])
    actual = np.array([[1, 1, 0], [0, 0, 1]])
    assert f1_score(predicted, actual) == f1_score(predicted.ravel(), actual.ravel())
    assert f1_score(predicted, actual) == pytest.approx(2 / 3)


@given(st.lists(st.tuples(st.integers(0, 2), st.integers(0, 2)), max_size=20))
def test_balanced_accuracy_is_the_mean_of_the_recalls(
    rows: list[tuple[int, int]],
) -> None:
    rows = [*rows, (0, 0), (0, 1), (2, 2)]  # each class at least once
    recalls = []
    for k in range(3):
        said = [p for p, y in rows if y == k]
        recalls.append(Fraction(said.count(k), len(said)))
    predicted, labels = (list(column) for column in zip(*rows, strict=True))
    assert balanced_accuracy(predicted, labels, 3) == pytest.approx(
        float(sum(recalls) / 3)
    )


def test_balanced_accuracy_is_accuracy_if_the_classes_are_balanced() -> None:
    rng = np.random.default_rng(0)
    labels, predicted = np.repeat(np.arange(4), 25), rng.integers(0, 4, 100)
    assert balanced_accuracy(predicted, labels, 4) == pytest.approx(
        (predicted == labels).mean()
    )


@pytest.mark.parametrize("measure", [roc_auc, average_precision])
def test_what_cannot_be_ranked_is_refused(measure) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(ValueError, match="scores: row 1 is nan"):
        measure([0.0, np.nan], [0, 1])
    with pytest.raises(ValueError, match=r"positives: row 1 holds 0\.5; valid"):
        measure([0.0, 1.0], [0, 0.5])
    with pytest.raises(ValueError, match="positives: row 0 holds 2"):
        measure([0.0, 1.0], [2, 1])
    with pytest.raises(ValueError, match=r"positives: expected shape \(2,\)"):
        measure([0.0, 1.0], [0, 1, 1])
    with pytest.raises(ValueError, match="positives: expected at least one 1"):
        measure([0.0, 1.0], [0, 0])
    with pytest.raises(ValueError, match=r"scores: expected shape \(N,\)"):
        measure([[0.0, 1.0]], [[0, 1]])


def test_auroc_needs_negatives_and_average_precision_does_not() -> None:
    with pytest.raises(ValueError, match="positives: expected at least one 0"):
        roc_auc([0.0, 1.0], [1, 1])
    assert average_precision([0.0, 1.0], [1, 1]) == 1


def test_infinite_scores_have_their_place() -> None:
    assert roc_auc([-np.inf, 0.0, np.inf], [0, 0, 1]) == 1
    assert average_precision([np.inf, np.inf, 0.0], [1, 0, 0]) == 0.5


def test_balanced_accuracy_names_what_is_wrong() -> None:
    with pytest.raises(ValueError, match="labels: none is of class 1"):
        balanced_accuracy([0, 1], [0, 0], 2)
    with pytest.raises(ValueError, match="labels: row 1 has label 2"):
        balanced_accuracy([0, 1], [0, 2], 2)
    with pytest.raises(ValueError, match="predicted: row 0 has label 3"):
        balanced_accuracy([3, 1], [0, 1], 2)
    with pytest.raises(ValueError, match=r"predicted: expected shape \(2,\)"):
        balanced_accuracy([1], [0, 1], 2)


def test_f1_names_what_is_wrong() -> None:
    with pytest.raises(ValueError, match=r"actual: row 0 holds 0\.5"):
        f1_score([1], [0.5])
    with pytest.raises(ValueError, match="predicted: row 1 holds 3"):
        f1_score([1, 3], [1, 1])
    with pytest.raises(ValueError, match=r"actual: expected shape \(1,\)"):
        f1_score([1], [1, 0])
