"""Recovery: train on wrong labels, then on right ones, and see who gets over it.

Every label is moved to the next class until the model believes it firmly. Then the
labels are mended. A loss whose gradient vanishes on confident mistakes stays stuck.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from crossentropy.datasets import load_digits, split
from crossentropy.lab.experiments.runner import Experiment, Record
from crossentropy.lab.losses import make_loss
from crossentropy.lab.models import build_model
from crossentropy.lab.training import Plan, Trainer, predict_logits

WRONG_STEPS, RIGHT_STEPS = 93, 40


def run(seed: int, *, loss: str, rate: float, optimizer: str) -> Record:
    """Train on shifted labels, then on right ones; return both test accuracies."""
    train, test = split(load_digits())
    model = build_model("tiny", seed=seed)
    row_loss = make_loss(loss)
    accuracy = []
    wrong = (train.labels.astype(np.int64) + 1) % 10
    for labels, steps, stage in (
        (wrong, WRONG_STEPS, 0),
        (train.labels.astype(np.int64), RIGHT_STEPS, 1),
    ):
        per_epoch = -(-len(labels) // 128)
        plan = Plan(
            epochs=steps / per_epoch,
            rate=rate,
            optimizer=optimizer,
            warm_up=-1,
            seed=1000 * seed + stage,
        )
        Trainer(model, train.images, labels, row_loss, plan).finish()
        chosen = predict_logits(model, test.images).argmax(axis=1)
        accuracy.append(float((chosen == test.labels).mean()))
    return {"after_wrong": accuracy[0], "recovered": accuracy[1]}


def _grid(losses: tuple[str, ...], rates: tuple[float, ...]) -> list[dict[str, Any]]:
    return [
        {"loss": loss, "rate": rate, "optimizer": "adamw"}
        for loss in losses
        for rate in rates
    ]


LOSSES = ("softmax", "sigmoid", "hinge", "squared", "difference")
RECOVERY = Experiment(
    "recovery",
    run,
    _grid(LOSSES, (0.0003, 0.001, 0.003, 0.01, 0.03)),
    seeds=5,
    short=_grid(("softmax", "squared", "difference"), (0.003,)),
)
