"""Calibration: whether what is predicted with 80 % comes true 8 times in 10.

Most functions here take the probabilities `p` of one yes-or-no event per row and its
`outcomes`. For a classifier of many classes the event is "the top class is right":
`top_label` makes `p` and `outcomes` from its probabilities. For one class j of several,
pass ``q[:, j]`` and ``labels == j``.
"""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import ArrayLike, NDArray

from crossentropy._arithmetic import row_sums
from crossentropy._validate import (
    as_distributions,
    as_labels,
    as_outcomes,
    as_probabilities,
    as_size,
    memory_for,
    require_matrix,
    require_option,
    require_same_shape,
)

BINNINGS = ("width", "mass")


@dataclass(frozen=True, eq=False)
class ReliabilityCurve:
    """How often events came true, by predicted probability.

    Attributes
    ----------
    edges
        B + 1 increasing numbers; bin b is the interval (edges[b], edges[b + 1]], and
        the first bin holds its lower edge, too. It may hold that alone: with bins of
        equal counts, many predictions of exactly 0 have a bin from 0 to 0.
    counts
        How many predictions fell into each bin.
    confidence
        Their mean probability; nan for an empty bin.
    frequency
        The share of them that came true; nan for an empty bin.
    """

    edges: NDArray[np.float64]
    counts: NDArray[np.intp]
    confidence: NDArray[np.float64]
    frequency: NDArray[np.float64]

    def __eq__(self, other: object) -> bool:
        """Whether all arrays are equal; empty bins are."""
        if not isinstance(other, ReliabilityCurve):
            return NotImplemented
        pairs = [(getattr(self, f.name), getattr(other, f.name)) for f in fields(self)]
        return all(np.array_equal(a, b, equal_nan=True) for a, b in pairs)

    __hash__ = None  # type: ignore[assignment]  # arrays have none


@dataclass(frozen=True)
class BrierDecomposition:
    """The parts of a Brier score: reliability - resolution + uncertainty + within_bins.

    Attributes
    ----------
    score
        The Brier score itself, the mean of (p - outcome)^2.
    reliability
        How far the bins' mean probabilities are from their frequencies; 0 is best.
    resolution
        How far the bins' frequencies are from the overall frequency; large is best.
    uncertainty
        The variance of the outcomes, which no prediction can change.
    within_bins
        What binning hides: the variance of p in its bin, less twice its covariance with
        the outcome there. 0 if all predictions of a bin are equal.
    """

    score: float
    reliability: float
    resolution: float
    uncertainty: float
    within_bins: float


def top_label(
    q: ArrayLike, labels: ArrayLike
) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    r"""Probability of each row's most likely class, and whether that class is right.

    Parameters
    ----------
    q
        Probabilities from softmax, shape (N, K). Not logits: rows must sum to 1.
    labels
        N integers from 0 to K - 1.

    Returns
    -------
    p
        The largest probability of each row; 1 where rounding has left it above.
    outcomes
        True where its class is the label. The first of tied classes counts.

    Raises
    ------
    ValueError
        If a row is no distribution, as logits are not, or a label is out of range (the
        first one is named).

    Examples
    --------
    >>> p, outcomes = top_label([[0.7, 0.3], [0.4, 0.6]], [0, 0])
    >>> p.tolist(), outcomes.tolist()
    ([0.7, 0.6], [True, False])
    """
    rows, y = _predictions(q, labels)
    return np.minimum(rows.max(axis=1), 1.0), rows.argmax(axis=1) == y


def reliability_curve(
    p: ArrayLike, outcomes: ArrayLike, *, bins: int = 15, binning: str = "width"
) -> ReliabilityCurve:
    r"""Reliability curve: predicted probability against observed frequency, by bins.

    ``binning="width"`` makes bins of equal width 1/B with edges b/B. ``"mass"`` makes
    bins of as nearly equal counts as ties allow: equal predictions share a bin, so
    there may be fewer bins than asked for, none of them empty. A bin is an interval
    (lo, hi]; a prediction of exactly 1 is in the last bin, of exactly 0 in the first.

    Parameters
    ----------
    p
        N probabilities of an event.
    outcomes
        N values 0 or 1, or False or True: whether it happened.
    bins, binning
        B, at least 1, and ``"width"`` or ``"mass"``.

    Returns
    -------
    ReliabilityCurve

    Raises
    ------
    ValueError
        If a probability is outside 0 to 1, as logits are, an outcome is neither 0 nor 1
        (the first one is named), there are none, shapes differ or an option is invalid.

    References
    ----------
    A. Niculescu-Mizil and R. Caruana, "Predicting Good Probabilities with Supervised
    Learning", ICML (2005).

    Examples
    --------
    >>> curve = reliability_curve([0.2, 0.4, 0.9, 1.0], [0, 1, 1, 1], bins=2)
    >>> curve.counts.tolist(), curve.frequency.tolist()
    ([2, 2], [0.5, 1.0])
    """
    probabilities, happened = _events(p, outcomes)
    edges, index = _bins(probabilities, bins, binning)
    return _curve(probabilities, happened, edges, index)


def expected_calibration_error(
    p: ArrayLike, outcomes: ArrayLike, *, bins: int = 15, binning: str = "width"
) -> float:
    r"""Expected calibration error, :math:`\sum_b \frac{n_b}{N} |f_b - c_b|`.

    The mean distance between frequency f and mean probability c over the bins of a
    `reliability_curve`, weighted by counts. It depends on the bins, and being a sum of
    absolute values it is above 0 for finite data even if the model is calibrated.

    Parameters
    ----------
    p, outcomes, bins, binning
        As for `reliability_curve`.

    Returns
    -------
    float
        From 0 to 1.

    Raises
    ------
    ValueError
        As for `reliability_curve`.

    References
    ----------
    M. P. Naeini, G. F. Cooper and M. Hauskrecht, "Obtaining Well Calibrated
    Probabilities Using Bayesian Binning", AAAI (2015).

    Examples
    --------
    >>> round(expected_calibration_error([0.7, 0.7, 0.7, 0.7], [1, 1, 0, 0]), 12)
    0.2
    """
    curve = reliability_curve(p, outcomes, bins=bins, binning=binning)
    full = curve.counts > 0
    gaps = np.abs(curve.frequency - curve.confidence)[full]
    return float(np.average(gaps, weights=curve.counts[full]))


def brier_score(q: ArrayLike, labels: ArrayLike) -> float:
    r"""Brier score, the mean of :math:`\sum_j (q_j - [j = y])^2` over the rows.

    Parameters
    ----------
    q
        Probabilities, shape (N, K). Not logits: rows must sum to 1.
    labels
        N integers from 0 to K - 1.

    Returns
    -------
    float
        From 0 to 2. For two classes, twice the mean of (p - outcome)^2.

    Raises
    ------
    ValueError
        If a row is no distribution, a label is out of range (the first one is named),
        or there are no rows.

    References
    ----------
    G. W. Brier, "Verification of Forecasts Expressed in Terms of Probability", Monthly
    Weather Review 78 (1950).

    Examples
    --------
    >>> round(brier_score([[0.7, 0.3], [0.4, 0.6]], [0, 0]), 12)
    0.45
    """
    rows, y = _predictions(q, labels)
    difference = rows - np.equal(y[:, None], np.arange(rows.shape[1]))
    return float(row_sums(difference**2).mean())


def brier_decomposition(
    p: ArrayLike, outcomes: ArrayLike, *, bins: int = 15, binning: str = "width"
) -> BrierDecomposition:
    r"""Take the Brier score of a yes-or-no event apart.

    With n, c and f the count, mean probability and frequency of each bin, and
    :math:`\bar f` the overall frequency,

    .. math:: \overline{(p - o)^2} = \underbrace{\sum_b \tfrac{n_b}{N}(c_b - f_b)^2}
              _{\text{reliability}} - \underbrace{\sum_b \tfrac{n_b}{N}(f_b - \bar f)^2}
              _{\text{resolution}} + \underbrace{\bar f (1 - \bar f)}
              _{\text{uncertainty}} + \text{within bins},

    exactly; the last term is the part that binning hides.

    Parameters
    ----------
    p, outcomes, bins, binning
        As for `reliability_curve`.

    Returns
    -------
    BrierDecomposition

    Raises
    ------
    ValueError
        As for `reliability_curve`.

    References
    ----------
    A. H. Murphy, "A New Vector Partition of the Probability Score", Journal of Applied
    Meteorology 12 (1973). D. B. Stephenson, C. A. S. Coelho and I. T. Jolliffe, "Two
    Extra Components in the Brier Score Decomposition", Weather and Forecasting 23
    (2008).

    Examples
    --------
    >>> parts = brier_decomposition([0.25, 0.25, 0.75, 0.75], [0, 1, 1, 1], bins=2)
    >>> parts.score, parts.reliability, parts.resolution, parts.uncertainty
    (0.1875, 0.0625, 0.0625, 0.1875)
    """
    probabilities, happened = _events(p, outcomes)
    edges, index = _bins(probabilities, bins, binning)
    curve = _curve(probabilities, happened, edges, index)
    full = curve.counts > 0
    share = curve.counts[full] / probabilities.size
    c, f = curve.confidence[full], curve.frequency[full]
    overall = happened.mean()
    away = probabilities - curve.confidence[index]  # from the mean of the bin
    within = away**2 - 2 * away * happened
    return BrierDecomposition(
        score=float(((probabilities - happened) ** 2).mean()),
        reliability=float((share * (c - f) ** 2).sum()),
        resolution=float((share * (f - overall) ** 2).sum()),
        uncertainty=float(overall * (1 - overall)),
        within_bins=float(within.mean()),
    )


def _predictions(
    q: ArrayLike, labels: ArrayLike
) -> tuple[NDArray[np.float64], NDArray[np.intp]]:
    """Probabilities of N rows, in double precision, and their labels."""
    rows = as_distributions(q, "q")[0].astype(np.float64)
    require_matrix(rows, "q")
    n, k = rows.shape
    return rows, as_labels(labels, (n,), k)


def _events(
    p: ArrayLike, outcomes: ArrayLike
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """N probabilities and N outcomes, 0 or 1, in double precision."""
    probabilities = as_probabilities(p, "p")[0].astype(np.float64)
    if probabilities.ndim != 1 or probabilities.size == 0:
        raise ValueError(f"p: expected shape (N,), N >= 1, got {probabilities.shape}")
    happened = as_outcomes(outcomes, "outcomes")
    require_same_shape(happened, "outcomes", probabilities.shape, "that of p")
    return probabilities, happened.astype(np.float64)


def _bins(
    p: NDArray[np.float64], bins: int, binning: str
) -> tuple[NDArray[np.float64], NDArray[np.intp]]:
    """Edges of the bins, and the bin of each prediction."""
    size = as_size(bins, "bins", 1)
    require_option(binning, "binning", BINNINGS)
    if binning == "width":
        with memory_for(size, "bins"):
            edges = np.arange(size + 1) / size
    else:
        size = min(size, p.size)  # more bins than predictions would be empty
        last = (np.arange(1, size) * p.size - 1) // size  # of each bin but the last
        inner = np.unique(np.sort(p)[last])
        edges = np.concatenate([[0.0], inner[inner < p.max()], [1.0]])
    # searchsorted puts p to the left of an edge that it equals: bins are (lo, hi].
    return edges, np.searchsorted(edges[1:-1], p)


def _curve(
    p: NDArray[np.float64],
    happened: NDArray[np.float64],
    edges: NDArray[np.float64],
    index: NDArray[np.intp],
) -> ReliabilityCurve:
    """Counts and means of each bin."""
    size = len(edges) - 1
    counts = np.bincount(index, minlength=size)
    with np.errstate(invalid="ignore"):  # 0 / 0 is nan: an empty bin has no mean
        confidence = np.bincount(index, p, size) / counts
        frequency = np.bincount(index, happened, size) / counts
    return ReliabilityCurve(edges, counts, confidence, frequency)
