"""Collapse: the difference loss with two, ten and a hundred classes, and label noise.

The loss is linear in the score s: a class whose true probability is under 1/2 is best
answered by 0, one over 1/2 by 1. With two classes that is a usable answer, with ten
balanced ones it is "none of them".
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from crossentropy.datasets import Digits, load_digits, pairs, split
from crossentropy.lab.experiments.early import early_loss
from crossentropy.lab.experiments.runner import Experiment, Record
from crossentropy.lab.experiments.settings import grid
from crossentropy.lab.losses import make_loss
from crossentropy.lab.models import build_model
from crossentropy.lab.training import Plan, Trainer, predict_logits
from crossentropy.softmax import sigmoid, softmax


def problem(classes: int, seed: int) -> tuple[Digits, Digits]:
    """Return training and test images of 2, 10 or 100 classes.

    Two are the digits 3 and 7, ten all digits, a hundred pairs of digits, composed anew
    for each seed, none of whose digits is in both parts.
    """
    train, test = split(load_digits())
    if classes == 2:
        return _three_or_seven(train), _three_or_seven(test)
    if classes == 100:
        rng = np.random.default_rng(seed)
        return pairs(train, rng, 8000), pairs(test, rng, 2000)
    if classes != 10:
        raise ValueError(f"classes: expected 2, 10 or 100; got {classes}")
    return train, test


def _three_or_seven(digits: Digits) -> Digits:
    shown = (digits.labels == 3) | (digits.labels == 7)
    return Digits(digits.images[shown], (digits.labels[shown] == 7).astype(np.uint8))


def best_score(probability: float) -> float:
    r"""Return the score that minimises the expected difference loss of one class.

    .. math:: p (1 - s) + (1 - p) s = p + (1 - 2p) s

    falls in s if p > 1/2, rises if p < 1/2, and is the same for every s if p = 1/2.

    Parameters
    ----------
    probability : float
        p, that the class is the true one.

    Returns
    -------
    float
        0 or 1; nan where every score is as good.

    Examples
    --------
    >>> best_score(0.1), best_score(0.7)
    (0.0, 1.0)
    """
    if probability == 0.5:
        return float("nan")
    return float(probability > 0.5)


def scores(loss: str, logits: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return what a model trained with the loss says of each class, from 0 to 1."""
    return np.asarray(softmax(logits) if loss == "softmax" else sigmoid(logits))


def run(
    seed: int,
    *,
    loss: str,
    classes: int,
    epochs: int,
    noise: float,
    optimizer: str,
    rate: float,
) -> Record:
    """Train on a problem, with a share of the training labels moved to another class.

    Returns
    -------
    dict
        On test images with right labels: ``accuracy``; ``none``, the share for which
        every score is under 1/2; ``confidence``, the mean score of the predicted class.
        Also ``early``, see :func:`~crossentropy.lab.experiments.early.early_loss`.
    """
    train, test = problem(classes, seed)
    labels = train.labels.astype(np.int64)
    rng = np.random.default_rng((seed, 1))
    moved = rng.random(len(labels)) < noise
    others = rng.integers(1, classes, size=len(labels))
    labels = np.where(moved, (labels + others) % classes, labels)
    model = build_model("tiny", classes, seed=seed)
    plan = Plan(epochs=epochs, rate=rate, optimizer=optimizer, seed=seed)
    trainer = Trainer(model, train.images, labels, make_loss(loss), plan)
    early = early_loss(trainer)
    trainer.finish()
    said = scores(loss, predict_logits(model, test.images))
    return {
        "accuracy": float((said.argmax(axis=1) == test.labels).mean()),
        "none": float((said.max(axis=1) < 0.5).mean()),
        "confidence": float(said.max(axis=1).mean()),
        "early": early,
    }


def _problem(classes: int, epochs: int = 3, noise: float = 0.0) -> dict[str, Any]:
    return {"classes": (classes,), "epochs": (epochs,), "noise": (noise,)}


PROPER, ADAMW = ("softmax", "sigmoid"), {"adamw": (0.003, 0.01)}
# The difference loss gets more settings than its rivals: it is to be seen at its best.
_SETTINGS = [
    *grid(ADAMW, loss=PROPER, **_problem(2, 10)),
    *grid({**ADAMW, "sgd": (0.003, 0.03)}, loss=("difference",), **_problem(2, 10)),
    *grid(ADAMW, loss=PROPER, **_problem(10)),
    *grid(
        {**ADAMW, "sgd": (0.0001, 0.0003, 0.001, 0.003, 0.01, 0.03)},
        loss=("difference",),
        **_problem(10),
    ),
    *grid({"sgd": (0.0003, 0.003)}, loss=("difference",), **_problem(10, 12)),
    *grid({"adamw": (0.01, 0.03)}, loss=PROPER, **_problem(100)),
    *grid({"sgd": (0.001, 0.003, 0.01, 0.03)}, loss=("difference",), **_problem(100)),
    *grid({"adamw": (0.003,)}, loss=(*PROPER, "difference"), **_problem(2, 10, 0.3)),
]
_SHORT = [
    setting
    for kind in (_problem(2, 10), _problem(10), _problem(2, 10, 0.3))
    for setting in grid({"adamw": (0.003,)}, loss=("sigmoid", "difference"), **kind)
]

COLLAPSE = Experiment("collapse", run, _SETTINGS, seeds=5, short=_SHORT)
