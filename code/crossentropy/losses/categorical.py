"""Softmax cross-entropy from logits, for index labels and for distributions."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from crossentropy._validate import (
    FloatArray,
    ScalarOrArray,
    as_distributions,
    as_labels,
    as_rows,
    as_smoothing,
    as_weight,
    finish,
    require_same_shape,
)
from crossentropy.labels import smoothed
from crossentropy.losses._kernel import (
    distribution_kernel,
    gradient_buffer,
    index_kernel,
)
from crossentropy.losses._reduction import divisor, reduced


def softmax_cross_entropy(
    logits: ArrayLike,
    labels: ArrayLike,
    *,
    label_smoothing: float = 0.0,
    smoothing: str = "uniform",
    weight: ArrayLike | None = None,
    ignore_index: int | None = None,
    reduction: str = "mean",
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

    References
    ----------
    P. Blanchard, D. J. Higham and N. J. Higham, "Accurately computing the log-sum-exp
    and softmax functions", IMA Journal of Numerical Analysis 41 (2021).

    Examples
    --------
    >>> float(softmax_cross_entropy([[1.0, 2.0, 0.5]], [1]))  # doctest: +ELLIPSIS
    0.46436...
    >>> bool(softmax_cross_entropy([60.0, 0.0], 0) > 0)
    True
    """
    return softmax_cross_entropy_and_grad(
        logits,
        labels,
        label_smoothing=label_smoothing,
        smoothing=smoothing,
        weight=weight,
        ignore_index=ignore_index,
        reduction=reduction,
    )[0]


def softmax_cross_entropy_and_grad(
    logits: ArrayLike,
    labels: ArrayLike,
    *,
    label_smoothing: float = 0.0,
    smoothing: str = "uniform",
    weight: ArrayLike | None = None,
    ignore_index: int | None = None,
    reduction: str = "mean",
    out: FloatArray | None = None,
) -> tuple[ScalarOrArray, FloatArray]:
    r"""`softmax_cross_entropy` and its gradient with respect to the logits.

    Without smoothing and weights the gradient of a row's loss is

    .. math:: \frac{\partial \ell}{\partial z_j} = q_j - [j = y],

    and the label's entry is formed as minus the sum of the other probabilities, so that
    it does not round to 0 when :math:`q_y` rounds to 1.

    Parameters
    ----------
    logits, labels, label_smoothing, smoothing, weight, ignore_index, reduction
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
        As for `softmax_cross_entropy`; ValueError also if `out` does not fit.

    Examples
    --------
    >>> loss, gradient = softmax_cross_entropy_and_grad([1.0, 2.0, 0.5], 1)
    >>> gradient.round(4).tolist()
    [0.2312, -0.3715, 0.1402]
    """
    z, dtype = as_rows(logits, "logits")
    k = z.shape[-1]
    eps = as_smoothing(label_smoothing, smoothing, k)
    w = as_weight(weight, k)
    y = as_labels(labels, z.shape[:-1], k, ignore_index).reshape(-1)
    g = gradient_buffer(out, z, dtype, logits)
    kept = np.ones(len(y)) if ignore_index is None else (y != ignore_index) * 1.0
    y = np.where(kept == 1, y, 0)
    row_weight = kept if w is None else kept * w[y]
    total = divisor(row_weight, reduction)
    if eps == 0.0:
        scale = row_weight / total
        losses = index_kernel(z.reshape(-1, k), y, scale, g)
    else:
        scale = kept / total
        p = smoothed(np.equal(y[:, None], np.arange(k)).astype(z.dtype), eps, smoothing)
        a = p if w is None else p * w.astype(z.dtype)
        losses = distribution_kernel(z.reshape(-1, k), a, scale, g)
    return _results(losses, scale, g, z.shape, dtype, reduction, out)


def soft_label_cross_entropy(
    logits: ArrayLike,
    targets: ArrayLike,
    *,
    label_smoothing: float = 0.0,
    smoothing: str = "uniform",
    weight: ArrayLike | None = None,
    reduction: str = "mean",
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

    Examples
    --------
    >>> float(soft_label_cross_entropy([0.0, 0.0], [0.3, 0.7]))  # doctest: +ELLIPSIS
    0.69314...
    """
    return soft_label_cross_entropy_and_grad(
        logits,
        targets,
        label_smoothing=label_smoothing,
        smoothing=smoothing,
        weight=weight,
        reduction=reduction,
    )[0]


def soft_label_cross_entropy_and_grad(
    logits: ArrayLike,
    targets: ArrayLike,
    *,
    label_smoothing: float = 0.0,
    smoothing: str = "uniform",
    weight: ArrayLike | None = None,
    reduction: str = "mean",
) -> tuple[ScalarOrArray, FloatArray]:
    r"""`soft_label_cross_entropy` and its gradient with respect to the logits.

    For one row, with :math:`a_j = w_j p'_j`, the gradient is
    :math:`q_j \sum_i a_i - a_j`, which is :math:`q - p'` without weights.

    Parameters
    ----------
    logits, targets, label_smoothing, smoothing, weight, reduction
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
    z, dtype = as_rows(logits, "logits")
    k = z.shape[-1]
    eps = as_smoothing(label_smoothing, smoothing, k)
    w = as_weight(weight, k)
    p = as_distributions(targets, "targets")[0].astype(z.dtype, copy=False)
    require_same_shape(p, "targets", z.shape, "that of logits")
    p = p.reshape(-1, k)
    g = gradient_buffer(None, z, dtype, logits)
    row_weight = np.ones(len(p)) if w is None else p @ w
    a = smoothed(p, eps, smoothing)
    a = a if w is None else a * w.astype(z.dtype)
    scale = np.ones(len(p)) / divisor(row_weight, reduction)
    losses = distribution_kernel(z.reshape(-1, k), a, scale, g)
    return _results(losses, scale, g, z.shape, dtype, reduction, None)


def _results(
    losses: FloatArray,
    scale: FloatArray,
    g: FloatArray,
    shape: tuple[int, ...],
    dtype: np.dtype[Any],
    reduction: str,
    out: FloatArray | None,
) -> tuple[ScalarOrArray, FloatArray]:
    """Loss and gradient as the caller wants them."""
    loss = reduced(losses, scale, reduction)
    loss = loss.reshape(shape[:-1]) if reduction == "none" else loss
    gradient: FloatArray = finish(g.reshape(shape), dtype)
    if out is not None:
        if not np.may_share_memory(out, g):
            out[...] = gradient
        gradient = out
    return finish(loss, dtype), gradient
