"""Softmax cross-entropy from logits, for index labels and for distributions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from crossentropy._arithmetic import times
from crossentropy._validate import (
    FloatArray,
    ScalarOrArray,
    as_class_weights,
    as_distributions,
    as_labels,
    as_rows,
    as_smoothing,
    require_same_shape,
)
from crossentropy.labels import smoothed
from crossentropy.losses._kernel import distribution_block, index_block
from crossentropy.losses._results import divided
from crossentropy.losses._rows import Rows


def _with_labels(
    logits: ArrayLike,
    labels: ArrayLike,
    label_smoothing: float,
    smoothing: str,
    weight: ArrayLike | None,
    ignore_index: int | None,
    reduction: str,
) -> Rows:
    """Checked rows with index labels; smoothing makes them distributions, by block."""
    z, dtype = as_rows(logits, "logits")
    k = z.shape[-1]
    y = as_labels(labels, z.shape[:-1], k, ignore_index).ravel()
    w = as_class_weights(weight, k)
    eps = as_smoothing(label_smoothing, smoothing, k)
    kept: FloatArray = np.ones(len(y))
    if ignore_index is not None:
        kept = (y >= 0) * 1.0
        y = np.maximum(y, 0)  # any label will do where the row is ignored
    row_weights = kept if w is None else kept * w[y]
    if eps == 0.0:
        scale = divided(row_weights, row_weights, reduction)
        return Rows(z, dtype, scale, index_block, lambda rows: y[rows])
    # A share may be too small for single precision, and its cost too large.
    precision = z.dtype if eps / k >= np.finfo(z.dtype).tiny else np.dtype(np.float64)

    def targets(rows: slice) -> FloatArray:
        hard = np.equal(y[rows, None], np.arange(k)).astype(precision)
        return smoothed(hard, eps, smoothing)

    return _with_distributions(z, dtype, targets, w, kept, row_weights, reduction)


def _with_targets(
    logits: ArrayLike,
    targets: ArrayLike,
    label_smoothing: float,
    smoothing: str,
    weight: ArrayLike | None,
    reduction: str,
) -> Rows:
    """Checked rows with distributions as targets."""
    z, dtype = as_rows(logits, "logits")
    k = z.shape[-1]
    p = as_distributions(targets, "targets")[0].astype(z.dtype, copy=False)
    require_same_shape(p, "targets", z.shape, "that of logits")
    p = p.reshape(z.size // max(1, k), k)
    w = as_class_weights(weight, k)
    eps = as_smoothing(label_smoothing, smoothing, k)
    kept = np.ones(len(p))
    # A row may sum to a little over 1: its weight is kept from overflowing.
    row_weights = kept if w is None else np.minimum(p @ w, np.finfo(np.float64).max)

    def smooth(rows: slice) -> FloatArray:
        return smoothed(p[rows], eps, smoothing)

    return _with_distributions(z, dtype, smooth, w, kept, row_weights, reduction)


def _with_distributions(
    z: FloatArray,
    dtype: np.dtype[Any],
    targets: Callable[[slice], FloatArray],
    w: FloatArray | None,
    kept: FloatArray,
    row_weights: FloatArray,
    reduction: str,
) -> Rows:
    """Rows with distributions; weights bring the divisor of a mean into the targets.

    There, in double precision, weights of any size become moderate before they meet
    logits in single precision.
    """
    if w is None:
        scale = divided(kept, row_weights, reduction)
        return Rows(z, dtype, scale, distribution_block, targets)
    share = divided(w, row_weights, reduction)
    # The share of a class that no row has may be infinite: 0 of it counts 0.
    product = np.multiply if np.isfinite(share).all() else times
    return Rows(
        z, dtype, kept, distribution_block, lambda rows: product(targets(rows), share)
    )


@np.errstate(all="ignore")
def softmax_cross_entropy(
    logits: ArrayLike,
    labels: ArrayLike,
    *,
    label_smoothing: float = 0.0,
    smoothing: str = "uniform",
    weight: ArrayLike | None = None,
    ignore_index: int | None = None,
    reduction: str = "mean",
    threads: int | None = None,
) -> ScalarOrArray:
    r"""Softmax cross-entropy of logits with index labels.

    For a row of logits z with label y and q = softmax(z) the loss is

    .. math:: \ell = -\log q_y = \log \sum_j e^{z_j} - z_y
              = \log\Bigl(1 + \sum_{j \ne y} e^{z_j - z_y}\Bigr).

    The last form is the one that is computed: it keeps its relative accuracy when the
    model is confident, where the others round to 0.

    With label smoothing the label becomes the distribution p' of `smooth_labels`. With
    class weights w each class's term is weighted,

    .. math:: \ell = -\sum_j w_j p'_j \log q_j,

    and the mean over rows is the weighted average
    :math:`\sum_n \ell_n / \sum_n w_{y_n}` over the rows that are not ignored, as in
    PyTorch.

    Parameters
    ----------
    logits
        Real numbers, shape (..., K), classes on the last axis.
    labels
        Integers from 0 to K - 1, shape (...).
    label_smoothing, smoothing
        See `smooth_labels`: a share from 0 to 1, ``"uniform"`` or ``"others"``.
    weight
        K finite class weights, at least 0.
    ignore_index
        A label whose rows count 0 and get a zero gradient; it may lie outside
        0 to K - 1.
    reduction
        ``"none"`` for the loss of each row, ``"mean"``, or ``"sum"``.
    threads
        The most threads to use, by default one for each core; small inputs use fewer.

    Returns
    -------
    numpy scalar, or array of shape (...) for ``reduction="none"``
        In nats, in the precision of `logits` (float64 for integers).

    Raises
    ------
    ValueError
        If a label is out of range or not an integer (the first one is named), shapes do
        not match, an option is invalid, or a mean is asked of no kept rows.
    TypeError
        If `logits` is a masked array or does not hold real numbers.

    Notes
    -----
    Without smoothing, the loss of a row, computed in float32, has a relative error of
    at most 1e-6, in float64 of at most 1e-14, if the row's logits span at most 16. A
    wider row adds at most its span times the unit roundoff (6e-8 and 1.1e-16): that
    much comes from rounding :math:`z_j - \max z`, before exp makes a relative error of
    it. Rows with a :math:`\log \sum_j e^{z_j}` from 0 to 44 (in float64 0 to 354) need
    no shift and do not pay that. Logits of +inf are
    ties at the limit, as everywhere in this package (see `softmax`).

    References
    ----------
    P. Blanchard, D. J. Higham and N. J. Higham, "Accurately computing the log-sum-exp
    and softmax functions", IMA Journal of Numerical Analysis 41 (2021).

    Examples
    --------
    >>> round(float(softmax_cross_entropy([[1.0, 2.0, 0.5]], [1])), 4)
    0.4644
    >>> bool(softmax_cross_entropy([60.0, 0.0], 0) > 0)
    True
    """
    rows = _with_labels(
        logits, labels, label_smoothing, smoothing, weight, ignore_index, reduction
    )
    return rows.loss(reduction, threads)


@np.errstate(all="ignore")
def softmax_cross_entropy_and_grad(
    logits: ArrayLike,
    labels: ArrayLike,
    *,
    label_smoothing: float = 0.0,
    smoothing: str = "uniform",
    weight: ArrayLike | None = None,
    ignore_index: int | None = None,
    reduction: str = "mean",
    threads: int | None = None,
    out: FloatArray | None = None,
) -> tuple[ScalarOrArray, FloatArray]:
    r"""`softmax_cross_entropy` and its gradient with respect to the logits.

    Without smoothing and weights the gradient of a row's loss is

    .. math:: \frac{\partial \ell}{\partial z_j} = q_j - [j = y],

    and the label's entry is formed as minus the sum of the other probabilities, so that
    it does not round to 0 when :math:`q_y` rounds to 1. Each entry meets the bounds of
    `softmax_cross_entropy`, as long as it is a normal number of its type. With
    smoothing or weights, entries near 0 are differences: there the bounds hold for the
    two terms, :math:`q_j \sum_i w_i p'_i` and :math:`w_j p'_j`.

    Parameters
    ----------
    logits, labels, label_smoothing, smoothing, weight, ignore_index, reduction, threads
        As for `softmax_cross_entropy`.
    out
        Where to put the gradient: an array of the shape of `logits` and the dtype of
        the result. It may be `logits` itself, which is then overwritten.

    Returns
    -------
    loss
        As for `softmax_cross_entropy`.
    gradient : array of the shape of `logits`
        Of the reduced loss; for ``reduction="none"`` each row of it is the gradient of
        that row's own loss.

    Raises
    ------
    ValueError, TypeError
        As for `softmax_cross_entropy`; also if `out` does not fit.

    Examples
    --------
    >>> loss, gradient = softmax_cross_entropy_and_grad([1.0, 2.0, 0.5], 1)
    >>> gradient.round(4).tolist()
    [0.2312, -0.3715, 0.1402]
    """
    rows = _with_labels(
        logits, labels, label_smoothing, smoothing, weight, ignore_index, reduction
    )
    return rows.loss_and_grad(reduction, threads, logits, out)


@np.errstate(all="ignore")
def soft_label_cross_entropy(
    logits: ArrayLike,
    targets: ArrayLike,
    *,
    label_smoothing: float = 0.0,
    smoothing: str = "uniform",
    weight: ArrayLike | None = None,
    reduction: str = "mean",
    threads: int | None = None,
) -> ScalarOrArray:
    r"""Softmax cross-entropy of logits with distributions as targets.

    For a row of logits z with target p and q = softmax(z) the loss is

    .. math:: \ell = -\sum_j w_j p'_j \log q_j,

    where p' is p, or `smooth_labels` of it, and w are the class weights, 1 if not
    given. A target of 0 counts 0 even where :math:`\log q_j` is infinite. The mean over
    rows is :math:`\sum_n \ell_n / \sum_n \sum_j w_j p_{nj}`: one-hot targets give what
    `softmax_cross_entropy` gives for their labels. (PyTorch divides by the number of
    rows instead when its targets are probabilities.)

    Parameters
    ----------
    logits
        Real numbers, shape (..., K), classes on the last axis.
    targets
        Distributions, shape (..., K). They are rounded to the precision of `logits`.
    label_smoothing, smoothing
        See `smooth_labels`: a share from 0 to 1, ``"uniform"`` or ``"others"``.
    weight
        K finite class weights, at least 0.
    reduction
        ``"none"`` for the loss of each row, ``"mean"``, or ``"sum"``.
    threads
        The most threads to use, by default one for each core; small inputs use fewer.

    Returns
    -------
    numpy scalar, or array of shape (...) for ``reduction="none"``
        In nats, in the precision of `logits` (float64 for integers).

    Raises
    ------
    ValueError
        If a target has a negative entry or does not sum to 1 (the first one is named),
        shapes do not match, an option is invalid, or a mean is asked of no rows.
    TypeError
        If an argument is a masked array or does not hold real numbers.

    Notes
    -----
    The loss of a row is a sum of non-negative terms, so it has the relative error of
    each: the bounds of `softmax_cross_entropy`.

    Examples
    --------
    >>> round(float(soft_label_cross_entropy([0.0, 0.0], [0.3, 0.7])), 4)
    0.6931
    """
    rows = _with_targets(logits, targets, label_smoothing, smoothing, weight, reduction)
    return rows.loss(reduction, threads)


@np.errstate(all="ignore")
def soft_label_cross_entropy_and_grad(
    logits: ArrayLike,
    targets: ArrayLike,
    *,
    label_smoothing: float = 0.0,
    smoothing: str = "uniform",
    weight: ArrayLike | None = None,
    reduction: str = "mean",
    threads: int | None = None,
) -> tuple[ScalarOrArray, FloatArray]:
    r"""`soft_label_cross_entropy` and its gradient with respect to the logits.

    For one row, with :math:`a_j = w_j p'_j`, the gradient is
    :math:`q_j \sum_i a_i - a_j`, which is :math:`q - p'` without weights. Where
    :math:`q_j > 1/2` it is formed from :math:`1 - q_j` and the other :math:`a_i`, so
    that it does not round to 0 when :math:`q_j` rounds to 1. The bounds of
    `softmax_cross_entropy` hold relative to the two terms.

    Parameters
    ----------
    logits, targets, label_smoothing, smoothing, weight, reduction, threads
        As for `soft_label_cross_entropy`.

    Returns
    -------
    loss
        As for `soft_label_cross_entropy`.
    gradient : array of the shape of `logits`
        Of the reduced loss; for ``reduction="none"`` each row of it is the gradient of
        that row's own loss.

    Raises
    ------
    ValueError, TypeError
        As for `soft_label_cross_entropy`.

    Examples
    --------
    >>> loss, gradient = soft_label_cross_entropy_and_grad([0.0, 0.0], [0.25, 0.75])
    >>> gradient.tolist()
    [0.25, -0.25]
    """
    rows = _with_targets(logits, targets, label_smoothing, smoothing, weight, reduction)
    return rows.loss_and_grad(reduction, threads, logits)
