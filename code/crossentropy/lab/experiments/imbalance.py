"""Rare classes: weights, the prior taken off, or the loss adjusted by it.

In ``imbalance`` five of ten digits are fifty times as rare as the others, and the test
is balanced. In ``rare_label`` one yes-or-no label is true of 18 images and false of
900.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from crossentropy.datasets import Digits, load_digits, split
from crossentropy.lab.experiments.fitting import trained
from crossentropy.lab.experiments.runner import Experiment, Record
from crossentropy.lab.losses import RowLoss, make_loss
from crossentropy.lab.metrics import average_precision, balanced_accuracy, roc_auc
from crossentropy.lab.training import predict_logits

COMMON, RARE = 300, 6
WAYS = ("plain", "weights", "afterwards", "adjusted")


def weighted(weights: NDArray[np.float64]) -> RowLoss:
    """Softmax cross-entropy, times the weight of the label's class."""
    w = torch.tensor(weights, dtype=torch.float32)

    def loss(logits: Tensor, labels: Tensor) -> Tensor:
        return w[labels] * functional.cross_entropy(logits, labels, reduction="none")

    return loss


def adjusted(frequencies: NDArray[np.float64]) -> RowLoss:
    r"""Logit-adjusted softmax cross-entropy: of :math:`z_k + \log \pi_k`.

    The model learns z so that z + log prior fits the data at hand; z by itself then
    fits data in which all classes are equally frequent.

    References
    ----------
    A. K. Menon et al., "Long-tail learning via logit adjustment", ICLR (2021).
    """
    prior = torch.tensor(np.log(frequencies), dtype=torch.float32)

    def loss(logits: Tensor, labels: Tensor) -> Tensor:
        return functional.cross_entropy(logits + prior, labels, reduction="none")

    return loss


def with_pos_weight(w: float) -> RowLoss:
    """Binary cross-entropy whose positive term counts w times."""
    factor = torch.tensor(w)

    def loss(logits: Tensor, targets: Tensor) -> Tensor:
        return functional.binary_cross_entropy_with_logits(
            logits, targets, pos_weight=factor, reduction="none"
        ).sum(1)

    return loss


def choose(digits: Digits, counts: NDArray[Any], rng: np.random.Generator) -> Digits:
    """Draw so many images of each digit."""
    rows = np.concatenate(
        [
            rng.choice(np.flatnonzero(digits.labels == k), size=count, replace=False)
            for k, count in enumerate(counts)
        ]
    )
    return Digits(digits.images[rows], digits.labels[rows])


def run(seed: int, *, way: str, epochs: float) -> Record:
    """Train on imbalanced digits; return the accuracy on balanced ones.

    Returns
    -------
    dict
        ``balanced`` accuracy, and the share recognised of the ``common`` and of the
        ``rare`` classes. Which are rare is drawn by the seed.
    """
    rest, test = split(load_digits())
    rng = np.random.default_rng((seed, 4))
    rare = rng.permutation(10) < 5
    counts = np.where(rare, RARE, COMMON)
    train = choose(rest, counts, rng)
    frequencies = counts / counts.sum()
    loss = {
        "weights": weighted(0.1 / frequencies),
        "adjusted": adjusted(frequencies),
    }.get(way, make_loss("softmax"))
    labels = train.labels.astype(np.int64)
    model = trained(train.images, labels, loss, seed=seed, epochs=epochs)
    z = predict_logits(model, test.images)
    if way == "afterwards":
        z = z - np.log(frequencies)
    chosen = z.argmax(axis=1)
    right, is_rare = chosen == test.labels, rare[test.labels]
    return {
        "balanced": balanced_accuracy(chosen, test.labels, 10),
        "common": float(right[~is_rare].mean()),
        "rare": float(right[is_rare].mean()),
    }


def run_rare(seed: int, *, pos_weight: float, epochs: float) -> Record:
    """Train one sigmoid to find a rare digit; return what a weight does to it.

    Returns
    -------
    dict
        ``recall`` and ``false_alarms`` (share of the positives, and of the negatives,
        with more than one half); both after log w is taken off the logit
        (``recall_back``, ``false_alarms_back``); ``average_precision`` and ``auroc``,
        which no shift of the logit changes. The test has one positive in ten.
    """
    rest, test = split(load_digits())
    rng = np.random.default_rng((seed, 5))
    digit = int(rng.integers(10))
    counts = np.full(10, 100)
    counts[digit] = 9 * 100 // 50
    train = choose(rest, counts, rng)
    targets = (train.labels == digit)[:, None].astype(np.float64)
    loss = with_pos_weight(pos_weight)
    model = trained(
        train.images, targets, loss, seed=seed, epochs=epochs, num_classes=1
    )
    z = predict_logits(model, test.images)[:, 0]
    positive = test.labels == digit
    zero, back = z > 0, z > math.log(pos_weight)
    return {
        "recall": float(zero[positive].mean()),
        "false_alarms": float(zero[~positive].mean()),
        "recall_back": float(back[positive].mean()),
        "false_alarms_back": float(back[~positive].mean()),
        "average_precision": average_precision(z, positive),
        "auroc": roc_auc(z, positive),
    }


def _ways(epochs: float) -> list[dict[str, Any]]:
    return [{"way": way, "epochs": epochs} for way in WAYS]


def _weights(
    weights: tuple[float, ...], lengths: tuple[float, ...]
) -> list[dict[str, Any]]:
    return [{"pos_weight": w, "epochs": epochs} for epochs in lengths for w in weights]


IMBALANCE = Experiment("imbalance", run, _ways(12.0), seeds=5, short=_ways(4.0))
RARE_LABEL = Experiment(
    "rare_label",
    run_rare,
    _weights((1.0, 7.0, 50.0), (5.0, 15.0)),
    seeds=8,
    short=_weights((1.0, 50.0), (4.0,)),
)
