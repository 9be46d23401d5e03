"""Losses of independent binary outcomes: sigmoid cross-entropy, difference loss."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from crossentropy._arithmetic import times
from crossentropy._validate import (
    FloatArray,
    ScalarOrArray,
    as_floats,
    as_outcomes,
    as_probabilities,
    as_weights,
    require_same_shape,
)
from crossentropy.losses._results import divided, loss_and_gradient
from crossentropy.softmax import log_sigmoid, sigmoid


def sigmoid_cross_entropy(
    logits: ArrayLike,
    labels: ArrayLike,
    *,
    pos_weight: ArrayLike | None = None,
    reduction: str = "mean",
) -> ScalarOrArray:
    r"""Binary cross-entropy of logits with labels, entry by entry.

    For a logit z with label y (0, 1 or between) and :math:`\sigma(z)` the probability
    of 1,

    .. math:: \ell = -w\,y \log \sigma(z) - (1 - y) \log \sigma(-z),

    where w is `pos_weight`, 1 if not given. Both logarithms come from `log_sigmoid`, so
    neither is formed from a probability that rounds to 0 or 1; :math:`1 - \sigma(z)` is
    :math:`\sigma(-z)`. A label of 0 or 1 silences the other term even where that is
    infinite. The mean is over all entries: weights do not change the divisor.

    Parameters
    ----------
    logits
        Real numbers of any shape.
    labels
        Numbers from 0 to 1, of the same shape: nothing is broadcast.
    pos_weight
        A finite number at least 0, or an array of them that broadcasts to `logits`
        (one for each class on the last axis, for instance).
    reduction
        ``"none"`` for the loss of each entry, ``"mean"``, or ``"sum"``.

    Returns
    -------
    numpy scalar, or array of the shape of `logits` for ``reduction="none"``
        In nats, in the precision of `logits` (float64 for integers).

    Raises
    ------
    ValueError
        If a label is outside 0 to 1 (the first one is named), shapes do not match, an
        option is invalid, or a mean is asked of no entries.
    TypeError
        If an argument is a masked array or does not hold real numbers.

    Notes
    -----
    The relative error of an entry is at most 1e-6 in float32 and 1e-14 in float64, for
    every logit: both terms are non-negative and have the error of `log_sigmoid`.

    Examples
    --------
    >>> sigmoid_cross_entropy([0.0, 800.0], [1, 0], reduction="none").round(4).tolist()
    [0.6931, 800.0]
    """
    return sigmoid_cross_entropy_and_grad(
        logits, labels, pos_weight=pos_weight, reduction=reduction
    )[0]


@np.errstate(all="ignore")
def sigmoid_cross_entropy_and_grad(
    logits: ArrayLike,
    labels: ArrayLike,
    *,
    pos_weight: ArrayLike | None = None,
    reduction: str = "mean",
) -> tuple[ScalarOrArray, FloatArray]:
    r"""`sigmoid_cross_entropy` and its gradient with respect to the logits.

    The gradient of an entry is :math:`(1 - y)\,\sigma(z) - w\,y\,\sigma(-z)`, which is
    :math:`\sigma(z) - y` without `pos_weight`. For labels 0 and 1 one term is 0, and
    the other has a relative error of at most 1e-6 in float32 and 1e-14 in float64; for
    labels between, that is the error relative to the sum of the two terms.

    Parameters
    ----------
    logits, labels, pos_weight, reduction
        As for `sigmoid_cross_entropy`.

    Returns
    -------
    loss
        As for `sigmoid_cross_entropy`.
    gradient : array of the shape of `logits`
        Of the reduced loss; for ``reduction="none"`` of each entry's own loss.

    Raises
    ------
    ValueError, TypeError
        As for `sigmoid_cross_entropy`.

    Examples
    --------
    >>> sigmoid_cross_entropy_and_grad([0.0, 0.0], [1, 0], reduction="sum")[1].tolist()
    [-0.5, 0.5]
    """
    z, dtype = as_floats(logits, "logits")
    y = as_probabilities(labels, "labels")[0].astype(np.float64, copy=False)
    require_same_shape(y, "labels", z.shape, "that of logits; nothing is broadcast")
    w = as_weights(1.0 if pos_weight is None else pos_weight, "pos_weight")
    _require_broadcast(w, z)
    # Weighted in double precision, and with the divisor of a mean, before they are
    # multiplied by the loss: no product is beyond the range unless the result is.
    ones = np.ones(z.shape)
    positive = y * divided(w, ones, reduction)
    negative = (1.0 - y) * divided(np.ones(()), ones, reduction)
    losses = times(positive, -log_sigmoid(z)) + times(negative, -log_sigmoid(-z))
    gradient = negative * sigmoid(z) - positive * sigmoid(-z)
    return loss_and_gradient(losses, gradient, reduction, dtype)


def _require_broadcast(weight: FloatArray, z: FloatArray) -> None:
    """Refuse weights that do not broadcast to the logits, or would change them."""
    try:
        fits = np.broadcast_shapes(weight.shape, z.shape) == z.shape
    except ValueError:
        fits = False
    if not fits:
        raise ValueError(
            f"pos_weight: shape {weight.shape} does not broadcast to logits {z.shape}"
        )


def difference_loss(
    logits: ArrayLike, labels: ArrayLike, *, reduction: str = "mean"
) -> ScalarOrArray:
    r"""How far the sigmoid is from the label, :math:`|y - \sigma(z)|`, entry by entry.

    That is :math:`1 - \sigma(z)` for the label 1 and :math:`\sigma(z)` for the label 0.
    It looks like the plain choice; it is here to be compared with cross-entropy: its
    gradient vanishes where the model is confidently wrong, and it is no proper score.

    Parameters
    ----------
    logits
        Real numbers of any shape.
    labels
        0 or 1, of the same shape: nothing is broadcast.
    reduction
        ``"none"`` for the loss of each entry, ``"mean"``, or ``"sum"``.

    Returns
    -------
    numpy scalar, or array of the shape of `logits` for ``reduction="none"``
        From 0 to 1 for each entry.

    Raises
    ------
    ValueError
        If a label is neither 0 nor 1 (the first one is named), shapes do not match, the
        reduction is unknown, or a mean is asked of no entries.
    TypeError
        If an argument is a masked array or does not hold real numbers.

    Notes
    -----
    The relative error of an entry is at most 1e-6 in float32 and 1e-14 in float64:
    :math:`1 - \sigma(z)` is computed as :math:`\sigma(-z)`.

    Examples
    --------
    >>> difference_loss([0.0, 2.0], [1, 0], reduction="none").round(4).tolist()
    [0.5, 0.8808]
    """
    return difference_loss_and_grad(logits, labels, reduction=reduction)[0]


@np.errstate(all="ignore")
def difference_loss_and_grad(
    logits: ArrayLike, labels: ArrayLike, *, reduction: str = "mean"
) -> tuple[ScalarOrArray, FloatArray]:
    r"""`difference_loss` and its gradient with respect to the logits.

    The gradient of an entry is :math:`\mp \sigma(z)\,\sigma(-z)`: negative for the
    label 1, positive for 0, and close to 0 on both sides, wrong or right.

    Parameters
    ----------
    logits, labels, reduction
        As for `difference_loss`.

    Returns
    -------
    loss
        As for `difference_loss`.
    gradient : array of the shape of `logits`
        Of the reduced loss; for ``reduction="none"`` of each entry's own loss.

    Raises
    ------
    ValueError, TypeError
        As for `difference_loss`.

    Examples
    --------
    >>> difference_loss_and_grad([0.0], [1])[1].tolist()
    [-0.25]
    """
    z, dtype = as_floats(logits, "logits")
    y = as_outcomes(labels, "labels")
    require_same_shape(y, "labels", z.shape, "that of logits; nothing is broadcast")
    away = np.where(y, -z, z)  # how far the logit leans to the wrong side
    scale = divided(np.ones(()), np.ones(z.shape), reduction)
    slope = sigmoid(z) * sigmoid(-z) * scale
    losses = np.asarray(sigmoid(away)) * scale
    return loss_and_gradient(losses, np.where(y, 0.0 - slope, slope), reduction, dtype)
