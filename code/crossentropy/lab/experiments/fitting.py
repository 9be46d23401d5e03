"""What the experiments on labels share: three sets of digits, and a trained model."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from torch import nn

from crossentropy.datasets import Digits, load_digits, split
from crossentropy.lab.losses import RowLoss
from crossentropy.lab.models import build_model, set_prior
from crossentropy.lab.training import Plan, Trainer


class Parts(NamedTuple):
    """Digits to train on, to choose thresholds and temperatures with, and to test on.

    No image is in two of them.
    """

    train: Digits
    validation: Digits
    test: Digits


def three_parts() -> Parts:
    """Return the digits in three parts, sorted by digit.

    Examples
    --------
    >>> [len(part.labels) for part in three_parts()]
    [3500, 500, 1000]
    """
    rest, test = split(load_digits())
    train, validation = split(rest, every=8)
    return Parts(train, validation, test)


def trained(
    images: NDArray[np.uint8],
    targets: NDArray[Any],
    loss: RowLoss,
    *,
    seed: int,
    epochs: float,
    rate: float = 0.01,
    num_classes: int = 10,
    prior: float | None = None,
) -> nn.Sequential:
    """Return the tiny network, trained with AdamW.

    Parameters
    ----------
    images, targets, loss
        As for :class:`~crossentropy.lab.training.Trainer`.
    seed : int
        Decides the weights and the order.
    epochs : float
        How often each image is seen.
    rate : float
        The highest learning rate.
    num_classes : int
        K.
    prior : float, optional
        Start the output biases there, see :func:`~crossentropy.lab.models.set_prior`.
    """
    model = build_model("tiny", num_classes, seed=seed)
    if prior is not None:
        set_prior(model, prior)
    plan = Plan(epochs=epochs, rate=rate, seed=seed)
    Trainer(model, images, targets, loss, plan).finish()
    return model


def top_threshold(scores: NDArray[np.float64], keep: float) -> float:
    """Return the threshold that a share `keep` of the scores is above, or nearly.

    Examples
    --------
    >>> scores = np.arange(100) / 100
    >>> int((scores > top_threshold(scores, 0.95)).sum())
    95
    """
    return float(np.quantile(scores, 1 - keep, method="lower"))
