"""How good a trained model is: accuracy, loss, calibration, confusion."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from crossentropy.calibration import (
    brier_score,
    expected_calibration_error,
    top_label,
)
from crossentropy.losses import softmax_cross_entropy
from crossentropy.softmax import softmax
from crossentropy.temperature import fit_temperature

Labels = NDArray[np.integer]


@dataclass(frozen=True)
class Scores:
    """What a model's logits are worth; losses in nats.

    Attributes
    ----------
    images : int
        How many there were.
    accuracy : float
        Share of images whose largest logit is the label's.
    loss : float
        Mean softmax cross-entropy, without smoothing.
    brier : float
        Brier score, from 0 to 2.
    ece : float
        Expected calibration error of the largest probability, 15 bins of equal width.
    """

    images: int
    accuracy: float
    loss: float
    brier: float
    ece: float


def score(logits: NDArray[np.float64], labels: Labels) -> Scores:
    """Measure logits against labels.

    A model that has diverged gets nan for all but its accuracy; a row that is not
    finite counts as wrong.

    Parameters
    ----------
    logits : ndarray, shape (N, K)
        N at least 1.
    labels : ndarray of integers, shape (N,)
        From 0 to K - 1.

    Raises
    ------
    ValueError
        If there are no rows, or a label is out of range.

    Examples
    --------
    >>> score(np.array([[0.0, 0.0], [9.0, 0.0]]), np.array([0, 0])).accuracy
    1.0
    """
    finite = np.isfinite(logits).all(axis=1)
    right = finite & (logits.argmax(axis=1) == labels)
    accuracy = float(right.mean())
    if not finite.all():
        return Scores(len(labels), accuracy, math.nan, math.nan, math.nan)
    q = softmax(logits)
    return Scores(
        images=len(labels),
        accuracy=accuracy,
        loss=float(softmax_cross_entropy(logits, labels)),
        brier=brier_score(q, labels),
        ece=expected_calibration_error(*top_label(q, labels)),
    )


def find_temperature(logits: NDArray[np.float64], labels: Labels) -> float | None:
    """Fit a temperature to validation images; None without images, or after nan."""
    if not len(labels) or not np.isfinite(logits).all():
        return None
    return fit_temperature(logits, labels)


def confusion(logits: NDArray[np.float64], labels: Labels) -> NDArray[np.int64]:
    """Count images by label (row) and largest logit (column).

    Parameters
    ----------
    logits : ndarray, shape (N, K)
    labels : ndarray of integers, shape (N,)
        From 0 to K - 1.

    Returns
    -------
    ndarray of int64, shape (K, K)

    Examples
    --------
    >>> confusion(np.array([[2.0, 1.0], [0.0, 1.0], [5.0, 1.0]]), np.array([0, 1, 1]))
    array([[1, 0],
           [1, 1]])
    """
    counts = np.zeros((logits.shape[1],) * 2, np.int64)
    np.add.at(counts, (labels, logits.argmax(axis=1)), 1)
    return counts


def worst_confusions(
    counts: NDArray[np.int64], class_names: tuple[str, ...], most: int = 3
) -> list[str]:
    """Say which classes are taken for which, the most frequent first."""
    wrong = counts.copy()
    np.fill_diagonal(wrong, 0)
    order = np.argsort(-wrong, axis=None, kind="stable")[:most]
    pairs = [np.unravel_index(index, wrong.shape) for index in order]
    return [
        f"{class_names[label]} taken for {class_names[chosen]} ({wrong[label, chosen]})"
        for label, chosen in pairs
        if wrong[label, chosen]
    ]


def loss_at_zero(loss: str, K: int, label_smoothing: float) -> tuple[str, float]:
    r"""Return the loss of K logits that are all 0: a formula in words, and its value.

    Every class has probability 1/K then, or 1/2 for sigmoids. Of the losses here,
    smoothing changes only the squared error's value:
    :math:`(1 - \epsilon)^2 (1 - 1/K)`.

    Examples
    --------
    >>> loss_at_zero("softmax", 10, 0.1)
    ('log 10', 2.302585092994046)
    """
    keep = 1 - label_smoothing
    factor = f"{keep:g}^2 " if label_smoothing else ""
    return {
        "sigmoid": (f"{K} log 2", K * math.log(2)),
        "squared": (f"{factor}(1 - 1/{K})", keep**2 * (1 - 1 / K)),
        "hinge": ("the margin", 1.0),
        "difference": ("1/2", 0.5),
    }.get(loss, (f"log {K}", math.log(K)))
