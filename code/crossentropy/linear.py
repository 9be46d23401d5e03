"""The smallest classifier that makes real logits: softmax regression.

A linear layer turns features into K logits; softmax cross-entropy is its loss. The
loss is convex, so one careful kind of gradient descent always gets there, and no rate
needs tuning.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from crossentropy._validate import as_floats
from crossentropy.losses import softmax_cross_entropy_and_grad

_LARGEST = 1e150


class LinearClassifier(NamedTuple):
    """Weights of shape (D, K) and a bias of shape (K,)."""

    weights: NDArray[np.float64]
    bias: NDArray[np.float64]

    def logits(self, features: ArrayLike) -> NDArray[np.float64]:
        """Return ``features @ weights + bias``, of shape (N, K)."""
        return as_floats(features, "features")[0] @ self.weights + self.bias


Loss = Callable[[NDArray[np.float64], Any], tuple[Any, NDArray[Any]]]


def fit_linear(
    features: ArrayLike,
    labels: ArrayLike,
    num_classes: int,
    *,
    steps: int = 200,
    loss: Loss = softmax_cross_entropy_and_grad,
    curvature: float = 0.5,
) -> tuple[LinearClassifier, list[float]]:
    r"""Fit softmax regression by accelerated gradient descent, starting at zero.

    .. math:: \min_{W, b} \frac1N \sum_n
        \bigl(\operatorname{logsumexp}(z_n) - z_{n, y_n}\bigr),
        \qquad z_n = W^\top x_n + b

    The gradient with respect to the logits is :math:`(q - y)/N`. The Hessian of the
    loss in the logits has no eigenvalue above 1/2, so :math:`1/L` with
    :math:`L = \tfrac12 \lambda_{\max}(X^\top X / N)` is a step that can't overshoot.

    Parameters
    ----------
    features : array_like, shape (N, D)
        One example a row; from -1e150 to 1e150.
    labels : array_like of int, shape (N,)
        Classes from 0 to ``num_classes - 1``; for another loss, what that loss takes.
    num_classes : int
        K, at least 1.
    steps : int
        Number of steps, 0 or more.
    loss : callable
        Takes logits of shape (N, K) and the labels; returns the mean loss and its
        gradient. Softmax cross-entropy by default.
    curvature : float
        What no eigenvalue of the loss's Hessian in one row's logits exceeds, taken N
        times: 1/2 for softmax cross-entropy, :math:`1/(4K)` for the mean of K binary
        losses.

    Returns
    -------
    model : LinearClassifier
        What was fitted.
    losses : list of float
        The mean loss in nats before each step; the first is log K, because zero
        weights give every class the same probability.

    Raises
    ------
    ValueError
        If features is not a matrix of such numbers with at least one row, steps is
        negative, curvature is not positive, or a label is out of range.

    References
    ----------
    Y. Nesterov, "A method for solving the convex programming problem with convergence
    rate O(1/k^2)", 1983; the bound on the Hessian: D. Böhning, "Multinomial logistic
    regression algorithm", *Annals of the Institute of Statistical Mathematics* 44
    (1992), 197-200.

    Examples
    --------
    >>> model, losses = fit_linear([[0.0], [1.0], [2.0]], [0, 0, 1], 2)
    >>> round(losses[0], 4), losses[-1] < 0.2
    (0.6931, True)
    >>> model.logits([[0.0], [2.0]]).argmax(axis=1).tolist()
    [0, 1]
    """
    x = as_floats(features, "features")[0].astype(np.float64, copy=False)
    if x.ndim != 2 or len(x) == 0:
        raise ValueError(
            f"features must have shape (N, D) with N at least 1; got shape {x.shape}"
        )
    bad = np.flatnonzero(~np.isfinite(x).all(axis=1))
    if bad.size:
        raise ValueError(f"features must be finite; row {bad[0]} is not")
    large = np.flatnonzero((np.abs(x) > _LARGEST).any(axis=1))
    if large.size:
        raise ValueError(
            f"features must lie in -{_LARGEST:g} to {_LARGEST:g}, or their squares "
            f"overflow; row {large[0]} does not"
        )
    if steps < 0:
        raise ValueError(f"steps must be 0 or more; got {steps}")
    if not curvature > 0:
        raise ValueError(f"curvature must be positive; got {curvature}")
    x1 = np.hstack([x, np.ones((len(x), 1))])  # the bias is the weight of a constant 1
    rate = 1 / curvature / np.linalg.eigvalsh(x1.T @ x1 / len(x))[-1]
    here = ahead = np.zeros((x1.shape[1], num_classes))
    losses = []
    for step in range(steps):
        value, grad = loss(x1 @ ahead, labels)
        losses.append(float(value))
        there = ahead - rate * (x1.T @ grad)
        ahead = there + step / (step + 3) * (there - here)
        here = there
    return LinearClassifier(here[:-1], here[-1]), losses
