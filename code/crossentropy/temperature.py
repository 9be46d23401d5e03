"""Temperature scaling: one number that calibrates a trained classifier."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from crossentropy._arithmetic import below_largest, row_sums, times
from crossentropy._validate import (
    FloatArray,
    IndexArray,
    as_labels,
    as_number,
    as_rows,
    first_row,
    require_matrix,
)


@np.errstate(all="ignore")
def fit_temperature(
    logits: ArrayLike, labels: ArrayLike, *, low: float = 0.05, high: float = 20.0
) -> float:
    r"""Temperature T that makes the mean cross-entropy of ``logits / T`` smallest.

    With :math:`\beta = 1/T` the loss :math:`\log \sum_j e^{\beta z_j} - \beta z_y` is
    convex, and its derivative :math:`\sum_j q_j z_j - z_y` grows with :math:`\beta`. So
    the interval is halved by the sign of the derivative until nothing is left to halve;
    it is never left. T = 1 is tried first.

    Parameters
    ----------
    logits
        Finite numbers, shape (N, K). Not probabilities: rows that all sum to 1, within
        0.01, with no negative entry are refused. Use data that the model was not
        trained on.
    labels
        N integers from 0 to K - 1.
    low, high
        The range of T, 1e-30 <= low < high <= 1e30.

    Returns
    -------
    float
        From `low` to `high`. `low` if every row is classified right with room to spare,
        `high` if the logits are worse than nothing.

    Raises
    ------
    ValueError
        If a logit is not finite or a label is out of range (the first one is named),
        the rows are probabilities, there are none, or the range is invalid.

    References
    ----------
    C. Guo, G. Pleiss, Y. Sun and K. Q. Weinberger, "On Calibration of Modern Neural
    Networks", ICML (2017).

    Examples
    --------
    >>> z = [[2.0, 0.0]] * 4  # right 3 times in 4: the best logit is log(3)
    >>> round(fit_temperature(z, [0, 0, 0, 1]), 6)
    1.820478
    """
    z = as_rows(logits, "logits")[0].astype(np.float64)
    require_matrix(z, "logits")
    n, k = z.shape
    y = as_labels(labels, (n,), k)
    bad = np.asarray(~np.isfinite(z).all(axis=1))
    if bad.any():
        _, row = first_row(bad)
        raise ValueError(f"logits: {row} is not finite; only finite logits are valid")
    # Half precision, or rounding to a few digits, takes a sum further from 1 than that
    # of any distribution here; no logits look like this.
    if (z >= 0).all() and (np.abs(row_sums(z) - 1.0) <= 0.01).all():
        raise ValueError(
            "logits: every row is a distribution; these look like probabilities, whose "
            "logarithms would serve as logits"
        )
    coldest = as_number(low, "low", 1e-30, 1e30, "a number from 1e-30 to 1e30")
    hottest = as_number(high, "high", 1e-30, 1e30, "a number from 1e-30 to 1e30")
    if not coldest < hottest:
        raise ValueError(f"low: expected less than high ({high!r}), got {low!r}")
    below = below_largest(z)[1]
    left, right = 1 / hottest, 1 / coldest  # of beta
    if _slope(below, y, left) > 0:
        return hottest
    if _slope(below, y, right) < 0:
        return coldest
    beta = 1.0 if left < 1.0 < right else (left + right) / 2
    while left < beta < right:
        slope = _slope(below, y, beta)
        if slope == 0:
            break
        left, right = (beta, right) if slope < 0 else (left, beta)
        beta = (left + right) / 2
    return min(max(1 / beta, coldest), hottest)


def _slope(below: FloatArray, y: IndexArray, beta: float) -> float:
    """Derivative of the mean cross-entropy in beta, from logits below the largest."""
    e = np.exp(beta * below)
    expected = (row_sums(times(e, below)) / row_sums(e)).ravel()
    return float((expected - below[np.arange(len(y)), y]).mean())
