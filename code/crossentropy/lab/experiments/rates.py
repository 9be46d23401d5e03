"""Losses over learning rates: what is left of the differences after tuning.

The same model and images for every loss, rate and optimiser; 3 epochs, in which the
rate rises and falls again.
"""

from __future__ import annotations

import numpy as np

from crossentropy.datasets import load_digits, split
from crossentropy.lab.experiments.early import early_loss
from crossentropy.lab.experiments.runner import Experiment, Record
from crossentropy.lab.experiments.settings import grid
from crossentropy.lab.losses import make_loss
from crossentropy.lab.models import build_model
from crossentropy.lab.training import Plan, Trainer, predict_logits

EPOCHS = 3
LOSSES = ("softmax", "sigmoid", "hinge", "squared", "difference")


def run(seed: int, *, loss: str, optimizer: str, rate: float) -> Record:
    """Train from scratch.

    Returns
    -------
    dict
        ``accuracy`` on the test images at the end; ``early``, see
        :func:`~crossentropy.lab.experiments.early.early_loss`.
    """
    train, test = split(load_digits())
    model = build_model("tiny", seed=seed)
    labels = train.labels.astype(np.int64)
    plan = Plan(epochs=EPOCHS, rate=rate, optimizer=optimizer, seed=seed)
    trainer = Trainer(model, train.images, labels, make_loss(loss), plan)
    early = early_loss(trainer)
    trainer.finish()
    chosen = predict_logits(model, test.images).argmax(axis=1)
    return {"accuracy": float((chosen == test.labels).mean()), "early": early}


RATES = Experiment(
    "rates",
    run,
    grid(
        {
            "adamw": (0.001, 0.003, 0.01, 0.03),
            "sgd": (0.001, 0.003, 0.01, 0.03, 0.1, 0.3),
        },
        loss=LOSSES,
    ),
    seeds=5,
    short=grid({"sgd": (0.001,), "adamw": (0.01,)}, loss=("softmax", "squared")),
)
