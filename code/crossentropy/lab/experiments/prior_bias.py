"""Softmax or sigmoids for a hundred exclusive classes, and where sigmoids start.

With zero biases each of a hundred sigmoids starts at 1/2, though its class is there
once in a hundred. ``set_prior`` starts it at 1/100 instead. For a softmax, equal biases
cancel.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from crossentropy.lab.experiments.collapse import problem
from crossentropy.lab.experiments.early import early_loss
from crossentropy.lab.experiments.runner import Experiment, Record
from crossentropy.lab.losses import make_loss
from crossentropy.lab.models import build_model, set_prior
from crossentropy.lab.training import Plan, Trainer, predict_logits

EPOCHS = 4
CLASSES = 100


def starting_loss(probability: float, classes: int) -> float:
    r"""Return the loss of K sigmoids that all say the same, for exclusive labels.

    .. math:: -\log \pi - (K - 1) \log(1 - \pi)

    It is smallest at :math:`\pi = 1/K`; at 1/2 it is :math:`K \log 2`.

    Examples
    --------
    >>> round(starting_loss(1 / 2, 100), 2), round(starting_loss(1 / 100, 100), 2)
    (69.31, 5.6)
    """
    return float(-np.log(probability) - (classes - 1) * np.log1p(-probability))


def run(seed: int, *, loss: str, prior: bool, optimizer: str, rate: float) -> Record:
    """Train on pairs of digits.

    Returns
    -------
    dict
        Test accuracy a ``quarter`` of the way and at the ``end``; ``early``, see
        :func:`~crossentropy.lab.experiments.early.early_loss`.
    """
    train, test = problem(CLASSES, seed)
    model = build_model("tiny", CLASSES, seed=seed)
    if prior:
        set_prior(model, 1 / CLASSES)
    plan = Plan(epochs=EPOCHS, rate=rate, optimizer=optimizer, seed=seed)
    labels = train.labels.astype(np.int64)
    trainer = Trainer(model, train.images, labels, make_loss(loss), plan)
    early = early_loss(trainer)
    accuracy = []
    for until in (trainer.steps // 4, trainer.steps):
        for _ in trainer.run(stop=lambda: trainer.step >= until):  # noqa: B023
            pass
        chosen = predict_logits(model, test.images).argmax(axis=1)
        accuracy.append(float((chosen == test.labels).mean()))
    return {"quarter": accuracy[0], "end": accuracy[1], "early": early}


def _settings(rates: tuple[float, ...]) -> list[dict[str, Any]]:
    return [
        {"loss": loss, "prior": prior, "optimizer": "adamw", "rate": rate}
        for loss, prior in (("softmax", False), ("sigmoid", False), ("sigmoid", True))
        for rate in rates
    ]


PRIOR_BIAS = Experiment(
    "prior_bias", run, _settings((0.003, 0.01, 0.03)), seeds=5, short=_settings((0.01,))
)
