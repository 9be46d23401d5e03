r"""Information measures of discrete distributions.

A distribution stands on the last axis; leading axes broadcast. Each function takes
``unit="nats"`` (natural logarithm) or ``unit="bits"`` (base 2). Zero probabilities
follow the limits of the formulas: :math:`0 \log 0 = 0` and :math:`0 \cdot \infty = 0`.
A row that holds nan gives nan, in that row only.

Accuracy: every sum here has terms of one sign, and is added up in double precision. So
on the very numbers passed in, the relative error is at most 1e-6 in float32 and 1e-14
in float64. Two results have wider bounds: `perplexity`, where exp makes a relative
error of an absolute one, 1 + H times these; `mutual_information`, whose product of
marginals is rounded, these times :math:`\sum |p_{xy} - p_x p_y|` more than the relative
error. An entry that rounding has left above 1 counts as 1 under the logarithm.

The definitions are those of Cover and Thomas, *Elements of Information Theory*,
2nd edition (2006), chapter 2.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from crossentropy._arithmetic import row_sums, times
from crossentropy._validate import (
    UNITS,
    FloatArray,
    ScalarOrArray,
    as_distributions,
    as_probabilities,
    require_option,
    rounded_to,
)


def _log(x: FloatArray, unit: str) -> FloatArray:
    """Logarithm in the unit; log2 itself for bits, exact at powers of 2."""
    require_option(unit, "unit", UNITS)
    log: FloatArray = np.log(x) if unit == "nats" else np.log2(x)
    return log


def _pair(p: ArrayLike, q: ArrayLike) -> tuple[FloatArray, FloatArray, np.dtype[Any]]:
    """Two distributions over the same classes, and the dtype of what they give."""
    p_rows, p_dtype = as_distributions(p, "p", allow_nan=True)
    q_rows, q_dtype = as_distributions(q, "q", allow_nan=True)
    try:
        if p_rows.shape[-1] != q_rows.shape[-1]:
            raise ValueError
        np.broadcast_shapes(p_rows.shape, q_rows.shape)
    except ValueError:
        raise ValueError(
            f"q: shape {q_rows.shape} does not match p's {p_rows.shape}; the last "
            "axes must be equal and the leading axes must broadcast"
        ) from None
    dtype = np.promote_types(p_dtype, q_dtype)
    return p_rows.astype(np.float64), q_rows.astype(np.float64), dtype


@np.errstate(all="ignore")
def surprisal(q: ArrayLike, *, unit: str = "nats") -> ScalarOrArray:
    r"""Surprisal of events, :math:`-\log q`, entry by entry.

    Parameters
    ----------
    q
        Probabilities from 0 to 1, any shape. They need not sum to 1.
    unit
        ``"nats"`` or ``"bits"``.

    Returns
    -------
    numpy scalar or array of the shape of `q`
        0 for a certain event, inf for an impossible one, nan for nan.

    Raises
    ------
    ValueError
        If an entry lies outside 0 to 1 (the first is named), or the unit is unknown.

    Examples
    --------
    >>> float(surprisal(1 / 8, unit="bits"))
    3.0
    """
    probabilities, dtype = as_probabilities(q, "q", allow_nan=True)
    return rounded_to(0.0 - _log(probabilities, unit), dtype)


def entropy(p: ArrayLike, *, unit: str = "nats") -> ScalarOrArray:
    r"""Entropy :math:`H(p) = -\sum_j p_j \log p_j`, the mean surprisal.

    Parameters
    ----------
    p
        Distributions on the last axis, shape (..., K).
    unit
        ``"nats"`` or ``"bits"``.

    Returns
    -------
    numpy scalar or array of shape (...)
        From 0 (one certain class) to :math:`\log K` (all classes equally likely).

    Raises
    ------
    ValueError
        If a row has a negative entry or does not sum to 1 (the first one is named), or
        the unit is unknown.

    Examples
    --------
    >>> float(entropy([0.5, 0.25, 0.25], unit="bits"))
    1.5
    """
    return cross_entropy(p, p, unit=unit)


@np.errstate(all="ignore")
def cross_entropy(p: ArrayLike, q: ArrayLike, *, unit: str = "nats") -> ScalarOrArray:
    r"""Cross-entropy :math:`H(p, q) = -\sum_j p_j \log q_j`.

    The mean surprisal of someone who believes `q` while events come from `p`. As a
    function of `q` it is smallest at `q` = `p`, where it is :math:`H(p)`, not 0.

    Parameters
    ----------
    p, q
        Distributions on the last axis, shapes (..., K); leading axes broadcast.
    unit
        ``"nats"`` or ``"bits"``.

    Returns
    -------
    numpy scalar or array of the broadcast leading shape
        inf where `q` gives 0 to something that `p` deems possible.

    Raises
    ------
    ValueError
        If a row has a negative entry or does not sum to 1 (the first one is named), the
        shapes do not match, or the unit is unknown.

    See Also
    --------
    softmax_cross_entropy : the same from logits, where it can be computed accurately.

    Examples
    --------
    >>> round(float(cross_entropy([0.5, 0.5], [0.25, 0.75], unit="bits")), 4)
    1.2075
    """
    p_rows, q_rows, dtype = _pair(p, q)
    return rounded_to(_mean_surprisal(p_rows, q_rows, unit), dtype)


def _mean_surprisal(p: FloatArray, q: FloatArray, unit: str) -> FloatArray:
    """Sum of -p log q over the last axis."""
    surprisals = 0.0 - _log(np.minimum(q, 1.0), unit)
    return row_sums(times(p, surprisals))[..., 0]


@np.errstate(all="ignore")
def kl_divergence(p: ArrayLike, q: ArrayLike, *, unit: str = "nats") -> ScalarOrArray:
    r"""Kullback-Leibler divergence :math:`D(p \| q) = \sum_j p_j \log (p_j / q_j)`.

    What it costs to believe `q`: :math:`H(p, q) - H(p)`. Never negative (Gibbs'
    inequality), 0 only for `p` = `q`, and not symmetric.

    Computed as :math:`\sum_j \bigl(p_j \log (p_j / q_j) - p_j + q_j\bigr)`. For
    distributions that is the same, and each term is at least 0. For floats, which sum
    to 1 only within rounding, it is nearer to the divergence of the distributions that
    they stand for: in the first form an error in a sum counts fully, and exceeds the
    divergence itself where `p` and `q` are close.

    Parameters
    ----------
    p, q
        Distributions on the last axis, shapes (..., K); leading axes broadcast.
    unit
        ``"nats"`` or ``"bits"``.

    Returns
    -------
    numpy scalar or array of the broadcast leading shape
        inf where `q` gives 0 to something that `p` deems possible.

    Raises
    ------
    ValueError
        If a row has a negative entry or does not sum to 1 (the first one is named), the
        shapes do not match, or the unit is unknown.

    References
    ----------
    S. Kullback and R. A. Leibler, "On Information and Sufficiency", Annals of
    Mathematical Statistics 22 (1951).

    Examples
    --------
    >>> round(float(kl_divergence([0.5, 0.5], [0.25, 0.75], unit="bits")), 4)
    0.2075
    """
    p_rows, q_rows, dtype = _pair(p, q)
    return rounded_to(_divergence(p_rows, q_rows, unit), dtype)


def _divergence(p: FloatArray, q: FloatArray, unit: str) -> FloatArray:
    """Sum of p log(p / q) - p + q over the last axis: terms that are never negative."""
    log_2 = 1.0 if unit == "nats" else np.log(2.0)  # of a nat, a unit is so many
    p, q = np.broadcast_arrays(p, q)
    ratio = p / q
    terms = p * _log(ratio, unit)
    odd = ~((ratio > 0) & np.isfinite(ratio))
    if odd.any():  # a quotient beyond the range, or no chance of this class
        p_odd, q_odd = p[odd], q[odd]
        log_ratio = _log(p_odd, unit) - _log(q_odd, unit)
        terms[odd] = np.where(p_odd == 0, 0.0, p_odd * log_ratio)
    gaps = q - p
    # Elsewhere no two terms cancel by more than a digit.
    near = (p > 0) & (np.abs(gaps) <= p / 5)
    terms[near] = p[near] * _less_log1p(gaps[near] / p[near]) / log_2
    gaps[near] = 0.0
    divergence: FloatArray = (row_sums(terms) + row_sums(gaps) / log_2)[..., 0]
    return divergence


def _less_log1p(r: FloatArray) -> FloatArray:
    """R - log1p(r) for r from -1/5 to 1/4, to full relative accuracy.

    With s = r / (2 + r), log1p(r) is 2 artanh(s) = 2 (s + s^3/3 + s^5/5 + ...), and
    r - 2 s is r s.
    """
    s = r / (2.0 + r)
    square = s * s
    series = np.zeros_like(s)
    for odd in range(19, 1, -2):
        series = series * square + 2.0 / odd
    rest: FloatArray = s * (r - series * square)
    return rest


@np.errstate(all="ignore")
def mutual_information(joint: ArrayLike, *, unit: str = "nats") -> ScalarOrArray:
    r"""Mutual information :math:`I(X; Y) = D(p_{xy} \| p_x p_y)`.

    What knowing one variable saves in describing the other. Computed as
    `kl_divergence` is, with marginals in double precision.

    Parameters
    ----------
    joint
        Joint distributions on the last two axes, shape (..., X, Y).
    unit
        ``"nats"`` or ``"bits"``.

    Returns
    -------
    numpy scalar or array of shape (...)
        0 for independent variables, up to the smaller of the two entropies.

    Raises
    ------
    ValueError
        If a joint distribution has a negative entry or does not sum to 1 (the first one
        is named), there are fewer than two axes, or the unit is unknown.

    Examples
    --------
    >>> float(mutual_information([[0.5, 0.0], [0.0, 0.5]], unit="bits"))
    1.0
    """
    table, dtype = as_distributions(joint, "joint", axes=2, allow_nan=True)
    table = table.astype(np.float64)
    rows = (*table.shape[:-2], table.shape[-2] * table.shape[-1])
    x = row_sums(table)
    y = np.swapaxes(row_sums(np.swapaxes(table, -1, -2)), -1, -2)
    # The product sums to what the table sums to, not to the square of that.
    product = x * (y / row_sums(np.swapaxes(x, -1, -2)))
    shared = _divergence(table.reshape(rows), product.reshape(rows), unit)
    return rounded_to(shared, dtype)


@np.errstate(all="ignore")
def perplexity(p: ArrayLike, q: ArrayLike | None = None) -> ScalarOrArray:
    r"""Perplexity :math:`e^{H(p)}`, or :math:`e^{H(p, q)}` when `q` is given.

    The number of equally likely classes that would be as uncertain. It does not depend
    on the unit of the entropy: :math:`e^{H}` in nats is :math:`2^{H}` in bits.

    Parameters
    ----------
    p, q
        Distributions on the last axis, shapes (..., K); leading axes broadcast.

    Returns
    -------
    numpy scalar or array of the (broadcast) leading shape
        At least 1; inf where `q` gives 0 to something that `p` deems possible.

    Raises
    ------
    ValueError
        If a row has a negative entry or does not sum to 1 (the first one is named), or
        the shapes do not match.

    Examples
    --------
    >>> round(float(perplexity([1 / 6] * 6)), 12)
    6.0
    """
    p_rows, q_rows, dtype = _pair(p, p if q is None else q)
    return rounded_to(np.exp(_mean_surprisal(p_rows, q_rows, "nats")), dtype)
