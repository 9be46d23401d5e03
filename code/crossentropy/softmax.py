r"""The softmax family: logsumexp, softmax, log_softmax, sigmoid, log_sigmoid.

Every function subtracts the row's largest logit first, so that nothing overflows, and
keeps the largest term, which is then exactly 1, out of the sum. What is left, the
*rest* :math:`r = \sum_{j \ne k} e^{z_j - z_k}`, goes through log1p, so that nothing is
absorbed by that 1 (Blanchard, Higham and Higham, "Accurately computing the
log-sum-exp and softmax functions", IMA Journal of Numerical Analysis 41, 2021).

Accuracy: with u the unit roundoff (6e-8 in float32, 1.1e-16 in float64) and the span of
a row the distance from its smallest to its largest logit, results have a relative error
of at most B = 1e-6 (float32) or 1e-14 (float64), and rows that span more than 16 add u
times the span. The first part is what exp, log1p and a sum of positive terms can err
by; the second comes from rounding :math:`z_j - \max z`, an absolute error of up to u
times the difference, which exp turns into a relative one. float16 is computed in
float32 and rounded once. Results below the smallest normal number of their type have
fewer digits.

Infinite logits follow one convention everywhere in this package, losses and gradients
included: +inf stands for a limit that is reached equally fast by all +inf logits of a
row. They share the whole probability: softmax([inf, 0]) is [1, 0], and
softmax([inf, inf, 0]) is [1/2, 1/2, 0]. A row of -inf alone has no limit: softmax is
nan, logsumexp is -inf. A nan gives nan in its own row only.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from crossentropy._arithmetic import below_largest, row_sums, sum_without
from crossentropy._validate import (
    FloatArray,
    ScalarOrArray,
    as_floats,
    as_rows,
    as_temperature,
    rounded_to,
    shown,
)


def _to_last(z: FloatArray, axis: int) -> FloatArray:
    """`z` with the class axis moved to the end."""
    if isinstance(axis, bool) or not isinstance(axis, (int, np.integer)):
        raise TypeError(f"axis: expected an integer, got {shown(axis)}")
    if not -z.ndim <= axis < z.ndim:
        raise ValueError(
            f"axis: expected {-z.ndim} to {z.ndim - 1} for {z.ndim} axes, "
            f"got {shown(axis)}"
        )
    return np.moveaxis(z, axis, -1)


def _distances(z: FloatArray, temperature: float) -> FloatArray:
    """How far each logit lies below the largest of its row, over T."""
    t = as_temperature(temperature)
    if t == 1.0:
        return below_largest(z)[1]
    # In double precision, so that single precision rounds once; halved, so that no
    # difference of two logits overflows before it is divided.
    half_below = below_largest(np.multiply(z, 0.5, dtype=np.float64))[1]
    return (half_below / (0.5 * t)).astype(z.dtype)


def _rest(below: FloatArray) -> tuple[FloatArray, FloatArray]:
    """exp(below), and its row sums without one largest entry, which is exactly 1."""
    e = np.exp(below)
    if e.shape[-1] == 0:
        return e, row_sums(e)
    return e, sum_without(e, below.argmax(axis=-1, keepdims=True))


@np.errstate(all="ignore")
def logsumexp(
    logits: ArrayLike, *, axis: int = -1, keepdims: bool = False
) -> ScalarOrArray:
    r"""Log of the sum of exponentials, :math:`\log \sum_j e^{z_j}`.

    Computed as :math:`m + \log(1 + r)` with m the largest logit and r the rest. It lies
    between :math:`\max z` and :math:`\max z + \log K`, and its gradient is softmax.

    Parameters
    ----------
    logits
        Real numbers of any size, infinities included.
    axis
        The axis to sum over.
    keepdims
        Keep that axis, with length 1.

    Returns
    -------
    numpy scalar or array
        -inf for no logits at all or for -inf alone, inf where any logit is.

    Raises
    ------
    ValueError
        If `logits` has no such axis.
    TypeError
        If `logits` is a masked array or does not hold real numbers, `axis` is no
        integer or `keepdims` no truth value.

    Notes
    -----
    The error is at most :math:`u\,|L| + E\,(L - m)`, for a result L and with E the
    relative bound at the head of this module: E for the logarithm, u for adding m. Near
    L = 0, where m and the logarithm cancel, no relative bound can hold.

    Examples
    --------
    >>> float(logsumexp([1000.0, 1000.0]) - 1000.0)  # doctest: +ELLIPSIS
    0.69314718...
    """
    z, dtype = as_rows(logits, "logits")
    if not isinstance(keepdims, (bool, np.bool_)):
        raise TypeError(f"keepdims: expected True or False, got {shown(keepdims)}")
    largest, below = below_largest(_to_last(z, axis))
    total = np.where(np.isinf(largest), largest, largest + np.log1p(_rest(below)[1]))
    kept = np.moveaxis(total, -1, axis)
    return rounded_to(kept if keepdims else kept.squeeze(axis), dtype)


@np.errstate(all="ignore")
def log_softmax(
    logits: ArrayLike, *, axis: int = -1, temperature: float = 1.0
) -> ScalarOrArray:
    r"""Log-probabilities :math:`z_i / T - \log \sum_j e^{z_j / T}`.

    Computed as :math:`(z_i - m)/T - \log(1 + r)`: two terms of one sign, so nothing
    cancels, and a class that is all but certain keeps its log-probability.

    Parameters
    ----------
    logits
        Real numbers of any size, infinities included.
    axis
        The class axis.
    temperature
        T from 1e-30 to 1e30: below 1 sharpens the distribution, above 1 flattens it.

    Returns
    -------
    array of the shape of `logits`

    Raises
    ------
    ValueError
        If `logits` has no such axis or the temperature is out of range.
    TypeError
        If `logits` is a masked array or does not hold real numbers.

    Notes
    -----
    Each entry meets the relative bound at the head of this module, the entry of an all
    but certain class included: log1p keeps what 1 + r would absorb.

    Examples
    --------
    >>> log_softmax([40.0, 0.0])[0] < 0
    np.True_
    """
    z, dtype = as_rows(logits, "logits")
    below = _distances(_to_last(z, axis), temperature)
    return rounded_to(np.moveaxis(below - np.log1p(_rest(below)[1]), -1, axis), dtype)


@np.errstate(all="ignore")
def softmax(
    logits: ArrayLike, *, axis: int = -1, temperature: float = 1.0
) -> ScalarOrArray:
    r"""Probabilities :math:`q_i = e^{z_i / T} / \sum_j e^{z_j / T}`.

    Parameters
    ----------
    logits
        Real numbers of any size, infinities included.
    axis
        The class axis.
    temperature
        T from 1e-30 to 1e30: below 1 sharpens the distribution, above 1 flattens it.

    Returns
    -------
    array of the shape of `logits`
        Numbers from 0 to 1 that sum to 1 along `axis`.

    Raises
    ------
    ValueError
        If `logits` has no such axis or the temperature is out of range.
    TypeError
        If `logits` is a masked array or does not hold real numbers.

    Notes
    -----
    Each entry meets the relative bound at the head of this module: it is divided, not
    formed as :math:`e^{z_i - L}`, where an error of u in L, relative to a large offset,
    would become one of u times the offset. A temperature T divides the differences once
    they are formed: the span is that of the logits over T. Dividing rounds once more in
    float64, where a wide row adds up to 2 u times that span.

    References
    ----------
    J. S. Bridle, "Probabilistic Interpretation of Feedforward Classification Network
    Outputs", in Neurocomputing, NATO ASI Series 68 (1990).

    Examples
    --------
    >>> softmax([1.0, 2.0, 0.5]).round(4).tolist()
    [0.2312, 0.6285, 0.1402]
    """
    z, dtype = as_rows(logits, "logits")
    e, rest = _rest(_distances(_to_last(z, axis), temperature))
    return rounded_to(np.moveaxis(e / (1.0 + rest), -1, axis), dtype)


@np.errstate(all="ignore")
def softmax_jacobian(logits: ArrayLike, *, temperature: float = 1.0) -> FloatArray:
    r"""Jacobian of softmax, :math:`(\operatorname{diag}(q) - q q^\top) / T`.

    Entry (i, j) is :math:`\partial q_i / \partial z_j`. On the diagonal,
    :math:`1 - q_i` is formed as the sum of the other probabilities, so that it does not
    round to 0 when :math:`q_i` rounds to 1.

    Parameters
    ----------
    logits
        Real numbers on the last axis, shape (..., K).
    temperature
        T from 1e-30 to 1e30.

    Returns
    -------
    array of shape (..., K, K)
        Symmetric, positive semidefinite, each row and column summing to 0.

    Raises
    ------
    ValueError
        If `logits` has no axis or the temperature is out of range.
    TypeError
        If `logits` is a masked array or does not hold real numbers.

    Notes
    -----
    Entries are products of two probabilities: each meets twice the relative bound at
    the head of this module.

    Examples
    --------
    >>> softmax_jacobian([0.0, 0.0]).tolist()
    [[0.25, -0.25], [-0.25, 0.25]]
    """
    z, dtype = as_rows(logits, "logits")
    below = _distances(z, temperature)
    e, rest = _rest(below)
    # Each factor takes a root of T: their product alone may be too small a number.
    root = z.dtype.type(as_temperature(temperature) ** 0.5)
    q = e / (1.0 + rest) / root
    complement = np.where(below == 0, rest, 1.0 + rest - e) / (1.0 + rest) / root
    jacobian = -q[..., :, None] * q[..., None, :]
    diagonal = np.arange(z.shape[-1])
    jacobian[..., diagonal, diagonal] = q * complement
    array: FloatArray = rounded_to(jacobian, dtype)
    return array


@np.errstate(all="ignore")
def sigmoid(x: ArrayLike) -> ScalarOrArray:
    r"""Logistic function :math:`\sigma(x) = 1 / (1 + e^{-x})`, entry by entry.

    The softmax of two classes: :math:`\sigma(x)` is the first entry of
    softmax([x, 0]). Computed from :math:`e^{-|x|}`, which cannot overflow.

    Parameters
    ----------
    x
        Real numbers of any shape, infinities included.

    Returns
    -------
    numpy scalar or array of the shape of `x`

    Raises
    ------
    TypeError
        If `x` is a masked array or does not hold real numbers.

    Notes
    -----
    The relative error is at most 1e-6 in float32 and 1e-14 in float64 for every x:
    nothing is subtracted before exp, so there is no span to pay for.

    Examples
    --------
    >>> sigmoid([-1000.0, 0.0, 1000.0]).tolist()
    [0.0, 0.5, 1.0]
    """
    z, dtype = as_floats(x, "x")
    e = np.exp(-np.abs(z))
    return rounded_to(np.where(z < 0, e, 1.0) / (1.0 + e), dtype)


@np.errstate(all="ignore")
def log_sigmoid(x: ArrayLike) -> ScalarOrArray:
    r"""Log of the sigmoid, :math:`\log \sigma(x) = -\log(1 + e^{-x})`, entry by entry.

    Computed as :math:`\min(x, 0) - \log(1 + e^{-|x|})`, two terms of one sign.

    Parameters
    ----------
    x
        Real numbers of any shape, infinities included.

    Returns
    -------
    numpy scalar or array of the shape of `x`

    Raises
    ------
    TypeError
        If `x` is a masked array or does not hold real numbers.

    Notes
    -----
    The relative error is at most 1e-6 in float32 and 1e-14 in float64 for every x.

    Examples
    --------
    >>> log_sigmoid([-1000.0, 1000.0]).tolist()
    [-1000.0, 0.0]
    """
    z, dtype = as_floats(x, "x")
    return rounded_to(np.minimum(z, 0.0) - np.log1p(np.exp(-np.abs(z))), dtype)
