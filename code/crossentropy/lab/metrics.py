"""Measures of a classifier that look at the order of scores, or at rare classes.

Calibration is measured by :mod:`crossentropy.calibration`.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from crossentropy._validate import (
    as_labels,
    as_outcomes,
    as_rows,
    first_row,
    require_same_shape,
)


def roc_auc(scores: ArrayLike, positives: ArrayLike) -> float:
    r"""Area under the ROC curve: how often a positive outranks a negative.

    .. math:: \frac{1}{PN} \sum_{i \in \text{pos}} \sum_{j \in \text{neg}}
        \bigl([s_i > s_j] + \tfrac12 [s_i = s_j]\bigr)

    It depends on the order of the scores alone: 1 if every positive is above every
    negative, 1/2 if the scores say nothing.

    Parameters
    ----------
    scores : array_like, shape (N,)
        Any numbers but nan; large for positives.
    positives : array_like, shape (N,)
        0 or 1, or False or True; at least one of each.

    Returns
    -------
    float
        From 0 to 1.

    Raises
    ------
    ValueError
        If a score is nan, a value of positives is neither 0 nor 1 (the first row is
        named), shapes differ, or positives or negatives are missing.

    References
    ----------
    J. A. Hanley and B. J. McNeil, "The meaning and use of the area under a receiver
    operating characteristic (ROC) curve", *Radiology* 143 (1982), 29-36.

    Examples
    --------
    >>> roc_auc([0.9, 0.7, 0.7, 0.1], [1, 1, 0, 0])
    0.875
    """
    s, positive = _ranked(scores, positives)
    if positive.all():
        raise ValueError("positives: expected at least one 0; got only ones")
    above, below = s[positive], np.sort(s[~positive])
    lower = np.searchsorted(below, above, side="left")
    lower_or_equal = np.searchsorted(below, above, side="right")
    return float((lower + lower_or_equal).sum() / 2 / (above.size * below.size))


def average_precision(scores: ArrayLike, positives: ArrayLike) -> float:
    r"""Average precision: the mean precision at each positive, from the top down.

    .. math:: \frac1P \sum_{i \in \text{pos}}
        \frac{\#\{j \in \text{pos}: s_j \ge s_i\}}{\#\{j: s_j \ge s_i\}}

    The mean of it over several labels is their mAP. A random order gives about the
    share of the positives.

    Parameters
    ----------
    scores : array_like, shape (N,)
        Any numbers but nan; large for positives.
    positives : array_like, shape (N,)
        0 or 1, or False or True; at least one positive.

    Returns
    -------
    float
        Above 0, at most 1.

    Raises
    ------
    ValueError
        As for :func:`roc_auc`, but negatives may be missing.

    References
    ----------
    C. D. Manning, P. Raghavan and H. Schütze, *Introduction to Information Retrieval*
    (2008), section 8.4.

    Examples
    --------
    >>> average_precision([0.9, 0.8, 0.3], [1, 0, 1])  # (1/1 + 2/3) / 2
    0.8333333333333333
    """
    s, positive = _ranked(scores, positives)
    ordered, above = np.sort(s), np.sort(s[positive])
    # Ties share one place: those at least as high are counted, not the order in which
    # equal scores happen to stand.
    shown = ordered.size - np.searchsorted(ordered, s[positive], side="left")
    right = above.size - np.searchsorted(above, s[positive], side="left")
    return float((right / shown).mean())


def f1_score(predicted: ArrayLike, actual: ArrayLike) -> float:
    r"""F1, twice the true positives over the predicted plus the actual positives.

    .. math:: F_1 = \frac{2 \, \#\{\text{both}\}}
        {\#\{\text{predicted}\} + \#\{\text{actual}\}}

    Of a matrix, all entries count alike ("micro" averaging).

    Parameters
    ----------
    predicted, actual : array_like of one shape
        0 or 1, or False or True; at least one 1 in either.

    Returns
    -------
    float
        From 0 to 1.

    Raises
    ------
    ValueError
        If a value is neither 0 nor 1 (the first row is named), shapes differ, or
        nothing is predicted and nothing is there.

    References
    ----------
    C. J. van Rijsbergen, *Information Retrieval* (1979), chapter 7.

    Examples
    --------
    >>> f1_score([1, 1, 0, 0], [1, 0, 1, 0])
    0.5
    """
    said, true = as_outcomes(predicted, "predicted"), as_outcomes(actual, "actual")
    require_same_shape(true, "actual", said.shape, "that of predicted")
    total = int(said.sum() + true.sum())
    if total == 0:
        raise ValueError("predicted: F1 needs a 1 in predicted or actual; got none")
    return float(2 * (said & true).sum() / total)


def balanced_accuracy(predicted: ArrayLike, labels: ArrayLike, classes: int) -> float:
    r"""Mean over the classes of the share of each class that is recognised.

    .. math:: \frac1K \sum_k \frac{\#\{n: \hat y_n = y_n = k\}}{\#\{n: y_n = k\}}

    It is the accuracy on data with all classes equally frequent.

    Parameters
    ----------
    predicted, labels : array_like of int, shape (N,)
        Classes from 0 to K - 1, each of them among the labels.
    classes : int
        K.

    Returns
    -------
    float
        From 0 to 1.

    Raises
    ------
    ValueError
        If a class is out of range (the first row is named), shapes differ, or the
        labels lack a class.

    References
    ----------
    K. H. Brodersen, C. S. Ong, K. E. Stephan and J. M. Buhmann, "The balanced accuracy
    and its posterior distribution", ICPR (2010).

    Examples
    --------
    >>> balanced_accuracy([0, 0, 0, 0], [0, 0, 0, 1], 2)
    0.5
    """
    shape = np.shape(labels)
    y, chosen = (
        as_labels(labels, shape, classes),
        as_labels(predicted, shape, classes, name="predicted"),
    )
    count = np.bincount(y, minlength=classes)
    if not count.all():
        raise ValueError(f"labels: none is of class {int(count.argmin())}")
    right = np.bincount(y[chosen == y], minlength=classes)
    return float((right / count).mean())


def _ranked(
    scores: ArrayLike, positives: ArrayLike
) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Scores that can be ordered, and which of them are positives."""
    s = as_rows(scores, "scores")[0].astype(np.float64)
    if s.ndim != 1:
        raise ValueError(f"scores: expected shape (N,), got {s.shape}")
    if np.isnan(s).any():
        _, row = first_row(np.isnan(s))
        raise ValueError(f"scores: {row} is nan; valid: any other number")
    positive = as_outcomes(positives, "positives")
    require_same_shape(positive, "positives", s.shape, "that of scores")
    if not positive.any():
        raise ValueError("positives: expected at least one 1; got none")
    return s, positive
