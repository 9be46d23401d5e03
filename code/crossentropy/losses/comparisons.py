"""Losses to compare cross-entropy with: focal, squared error, multiclass hinge."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from crossentropy._arithmetic import below_largest, row_sums, times
from crossentropy._validate import (
    FloatArray,
    IndexArray,
    ScalarOrArray,
    as_labels,
    as_number,
    as_rows,
)
from crossentropy.losses._kernel import index_block
from crossentropy.losses._results import divided, loss_and_gradient, scaled


def focal_loss(
    logits: ArrayLike, labels: ArrayLike, *, gamma: float = 2.0, reduction: str = "mean"
) -> ScalarOrArray:
    r"""Focal loss of logits with index labels.

    With q = softmax(z) and the label y,

    .. math:: \ell = -(1 - q_y)^{\gamma} \log q_y:

    cross-entropy, turned down where the model is already right. :math:`\gamma = 0` is
    cross-entropy itself. It is not a proper score for :math:`\gamma > 0`.

    Parameters
    ----------
    logits
        Real numbers, shape (..., K), classes on the last axis.
    labels
        Integers from 0 to K - 1, shape (...).
    gamma
        A finite number, at least 0.
    reduction
        ``"none"`` for the loss of each row, ``"mean"``, or ``"sum"``.

    Returns
    -------
    numpy scalar, or array of shape (...) for ``reduction="none"``
        In nats.

    Raises
    ------
    ValueError
        If a label is out of range (the first one is named), shapes do not match, gamma
        is negative, or a mean is asked of no rows.
    TypeError
        If `logits` is a masked array or does not hold real numbers.

    References
    ----------
    T.-Y. Lin, P. Goyal, R. Girshick, K. He and P. Dollar, "Focal Loss for Dense Object
    Detection", ICCV (2017).

    Notes
    -----
    :math:`1 - q_y` is formed as the sum of the other probabilities, so the relative
    error of a row is at most :math:`2 + \gamma` times that of `softmax_cross_entropy`.

    Examples
    --------
    >>> float(focal_loss([0.0, 0.0], 0))  # log(2) / 4  # doctest: +ELLIPSIS
    0.17328...
    """
    return focal_loss_and_grad(logits, labels, gamma=gamma, reduction=reduction)[0]


@np.errstate(all="ignore")
def focal_loss_and_grad(
    logits: ArrayLike, labels: ArrayLike, *, gamma: float = 2.0, reduction: str = "mean"
) -> tuple[ScalarOrArray, FloatArray]:
    r"""`focal_loss` and its gradient with respect to the logits.

    With c the cross-entropy and :math:`u = 1 - q_y`, the gradient is the gradient of c
    times :math:`u^\gamma (1 + \gamma\, q_y\, c / u)`.

    Parameters
    ----------
    logits, labels, gamma, reduction
        As for `focal_loss`.

    Returns
    -------
    loss
        As for `focal_loss`.
    gradient : array of the shape of `logits`
        Of the reduced loss; for ``reduction="none"`` each row of it is the gradient of
        that row's own loss.

    Raises
    ------
    ValueError, TypeError
        As for `focal_loss`.

    Examples
    --------
    >>> focal_loss_and_grad([0.0, 0.0], 0, gamma=0.0)[1].tolist()
    [-0.5, 0.5]
    """
    largest = np.finfo(np.float64).max
    power = as_number(gamma, "gamma", 0.0, largest, "a finite number >= 0")
    z, y, dtype, scale = _index_rows(logits, labels, reduction)
    gradient = np.empty(z.shape, z.dtype)
    halves = index_block(z, y, np.ones(len(y), z.dtype), gradient)
    c = 2.0 * halves
    q = np.exp(-c)
    u = -gradient[np.arange(len(y)), y].astype(np.float64)  # 1 - q_y, with all digits
    log_u = np.where(q < 0.5, np.log1p(-q), np.log(u))
    faded = np.exp(times(np.asarray(power), log_u))
    ratio = np.where(u == 0, 1.0, c / u)  # c is u + u^2/2 + ..., so c / u tends to 1
    pull = np.where(q == 0, 0.0, q * ratio)
    gradient *= (faded * (1.0 + power * pull)).astype(z.dtype)[:, None]
    return _row_results(
        faded * halves, gradient, scale, np.shape(logits), dtype, reduction
    )


def squared_error(
    logits: ArrayLike, labels: ArrayLike, *, reduction: str = "mean"
) -> ScalarOrArray:
    r"""Squared error of softmax probabilities with index labels.

    With q = softmax(z) and the label y,

    .. math:: \ell = \sum_j (q_j - [j = y])^2,

    from 0 to 2: the Brier score of the row. It is a proper score, but its gradient in
    the logits vanishes where the model is confidently wrong, and it is not convex.

    Parameters
    ----------
    logits
        Real numbers, shape (..., K), classes on the last axis.
    labels
        Integers from 0 to K - 1, shape (...).
    reduction
        ``"none"`` for the loss of each row, ``"mean"``, or ``"sum"``.

    Returns
    -------
    numpy scalar, or array of shape (...) for ``reduction="none"``

    Raises
    ------
    ValueError
        If a label is out of range (the first one is named), shapes do not match, the
        reduction is unknown, or a mean is asked of no rows.
    TypeError
        If `logits` is a masked array or does not hold real numbers.

    Notes
    -----
    :math:`1 - q_y` is formed as the sum of the other probabilities, so the relative
    error of a row is at most twice that of `softmax_cross_entropy`.

    References
    ----------
    G. W. Brier, "Verification of Forecasts Expressed in Terms of Probability", Monthly
    Weather Review 78 (1950).

    Examples
    --------
    >>> float(squared_error([0.0, 0.0], 0))
    0.5
    """
    return squared_error_and_grad(logits, labels, reduction=reduction)[0]


@np.errstate(all="ignore")
def squared_error_and_grad(
    logits: ArrayLike, labels: ArrayLike, *, reduction: str = "mean"
) -> tuple[ScalarOrArray, FloatArray]:
    r"""`squared_error` and its gradient with respect to the logits.

    With d = q - onehot(y), the gradient is :math:`2 q_i (d_i - \sum_j d_j q_j)`.

    Parameters
    ----------
    logits, labels, reduction
        As for `squared_error`.

    Returns
    -------
    loss
        As for `squared_error`.
    gradient : array of the shape of `logits`
        Of the reduced loss; for ``reduction="none"`` each row of it is the gradient of
        that row's own loss.

    Raises
    ------
    ValueError, TypeError
        As for `squared_error`.

    Examples
    --------
    >>> squared_error_and_grad([0.0, 0.0], 0)[1].tolist()
    [-0.5, 0.5]
    """
    z, y, dtype, scale = _index_rows(logits, labels, reduction)
    d = np.empty(z.shape, z.dtype)  # cross-entropy's gradient
    halves = index_block(z, y, np.ones(len(y), z.dtype), d)
    q = d.copy()
    q[np.arange(len(y)), y] = np.exp(-2.0 * halves)
    gradient = 2.0 * q * (d - row_sums(d * q))
    halves = 0.5 * row_sums(d * d).ravel().astype(np.float64)
    return _row_results(halves, gradient, scale, np.shape(logits), dtype, reduction)


def multiclass_hinge(
    logits: ArrayLike,
    labels: ArrayLike,
    *,
    margin: float = 1.0,
    reduction: str = "mean",
) -> ScalarOrArray:
    r"""Multiclass hinge loss of Crammer and Singer, with index labels.

    .. math:: \ell = \max\bigl(0,\; m + \max_{j \ne y} z_j - z_y\bigr):

    0 as soon as the label leads every other class by the margin m. It never asks for
    probabilities and yields none.

    Parameters
    ----------
    logits
        Real numbers, shape (..., K), classes on the last axis. +inf logits are tied.
    labels
        Integers from 0 to K - 1, shape (...).
    margin
        A finite number, at least 0.
    reduction
        ``"none"`` for the loss of each row, ``"mean"``, or ``"sum"``.

    Returns
    -------
    numpy scalar, or array of shape (...) for ``reduction="none"``
        In the unit of the logits; 0 for a single class.

    Raises
    ------
    ValueError
        If a label is out of range (the first one is named), shapes do not match, the
        margin is negative, or a mean is asked of no rows.
    TypeError
        If `logits` is a masked array or does not hold real numbers.

    References
    ----------
    K. Crammer and Y. Singer, "On the Algorithmic Implementation of Multiclass
    Kernel-based Vector Machines", JMLR 2 (2001).

    Examples
    --------
    >>> float(multiclass_hinge([1.0, 2.0, 0.5], 0))
    2.0
    """
    return multiclass_hinge_and_grad(
        logits, labels, margin=margin, reduction=reduction
    )[0]


@np.errstate(all="ignore")
def multiclass_hinge_and_grad(
    logits: ArrayLike,
    labels: ArrayLike,
    *,
    margin: float = 1.0,
    reduction: str = "mean",
) -> tuple[ScalarOrArray, FloatArray]:
    r"""`multiclass_hinge` and a subgradient with respect to the logits.

    Where the loss is above 0: -1 at the label and +1 at the largest other logit, the
    first of them if several tie. Where it is 0: zero.

    Parameters
    ----------
    logits, labels, margin, reduction
        As for `multiclass_hinge`.

    Returns
    -------
    loss
        As for `multiclass_hinge`.
    subgradient : array of the shape of `logits`
        Of the reduced loss; for ``reduction="none"`` each row of it is a subgradient of
        that row's own loss.

    Raises
    ------
    ValueError, TypeError
        As for `multiclass_hinge`.

    Examples
    --------
    >>> multiclass_hinge_and_grad([1.0, 2.0, 0.5], 0)[1].tolist()
    [-1.0, 1.0, 0.0]
    """
    largest = np.finfo(np.float64).max
    gap = as_number(margin, "margin", 0.0, largest, "a finite number >= 0")
    z, y, dtype, scale = _index_rows(logits, labels, reduction)
    rows = np.arange(len(y))
    gradient = np.zeros_like(z)
    halves = np.zeros(len(y))
    if z.size:
        half_below = below_largest(0.5 * z.astype(np.float64))[1]
        rivals = half_below.copy()
        rivals[rows, y] = -np.inf
        rival = rivals.argmax(axis=1)
        lead = half_below[rows, y] - rivals[rows, rival]
        halves = np.maximum(0.5 * gap - lead, 0.0)
        active = np.where(halves == 0, 0.0, 1.0)
        gradient[rows, rival] = active
        gradient[rows, y] = 0.0 - active
        gradient[np.isnan(halves)] = np.nan
    return _row_results(halves, gradient, scale, np.shape(logits), dtype, reduction)


def _index_rows(
    logits: ArrayLike, labels: ArrayLike, reduction: str
) -> tuple[FloatArray, IndexArray, np.dtype[Any], FloatArray]:
    """Rows, labels, result dtype and the scale of each row's loss."""
    z, dtype = as_rows(logits, "logits")
    k = z.shape[-1]
    y = as_labels(labels, z.shape[:-1], k).reshape(-1)
    ones = np.ones(len(y))
    rows = np.ascontiguousarray(z.reshape(len(y), k))
    return rows, y, dtype, divided(ones, ones, reduction)


def _row_results(
    halves: FloatArray,
    gradient: FloatArray,
    scale: FloatArray,
    shape: tuple[int, ...],
    dtype: np.dtype[Any],
    reduction: str,
) -> tuple[ScalarOrArray, FloatArray]:
    """Loss and gradient of rows, scaled and in the caller's shape."""
    losses = scaled(halves, scale).reshape(shape[:-1])
    slopes = (gradient * scale[:, None]).reshape(shape)
    slopes += 0.0  # -0 becomes 0
    return loss_and_gradient(losses, slopes, reduction, dtype)
