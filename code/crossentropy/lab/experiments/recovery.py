"""Recovery: train on wrong labels, then on right ones, and see who gets over it.

Every label is moved to the next class until the model believes it firmly. Then the
labels are mended, and nothing else changes. A loss whose gradient vanishes on
confident mistakes stays stuck.
"""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray

from crossentropy.datasets import load_digits, split
from crossentropy.lab.experiments.early import early_loss
from crossentropy.lab.experiments.runner import Experiment, Record
from crossentropy.lab.experiments.settings import grid
from crossentropy.lab.losses import make_loss
from crossentropy.lab.models import build_model
from crossentropy.lab.training import Plan, Trainer, predict_logits

WRONG_STEPS = 93
CHECKS = (0, 5, 10, 20, 30, 40)  # steps on right labels at which the model is tested
LOSSES = ("softmax", "sigmoid", "hinge", "squared", "difference")


def gradient_norms(
    loss: str, logits: NDArray[np.float64], labels: NDArray[np.int64]
) -> NDArray[np.float64]:
    r"""Return for each row the L1 norm of the loss's gradient in the logits.

    .. math:: \sum_i \Bigl| \frac{\partial \ell}{\partial z_i} \Bigr|

    For softmax cross-entropy it is :math:`2 (1 - q_y)`: 2 for a confident mistake.

    Examples
    --------
    >>> z, y = np.array([[9.0, -9.0, -9.0]]), np.array([1])
    >>> for loss in ("softmax", "squared"):
    ...     print(loss, f"{gradient_norms(loss, z, y)[0]:.1e}")
    softmax 2.0e+00
    squared 1.8e-07
    """
    z = torch.tensor(logits, requires_grad=True)
    (slope,) = torch.autograd.grad(make_loss(loss)(z, torch.tensor(labels)).sum(), z)
    return np.asarray(slope.abs().sum(1))


def run(seed: int, *, loss: str, optimizer: str, rate: float) -> Record:
    """Train on shifted labels, then on right ones.

    Returns
    -------
    dict
        ``after_wrong`` and ``recovered``, test accuracy before the labels are mended
        and at the end; ``curve``, test accuracy at each step of ``CHECKS``. Of the
        training images, under the right labels at the moment they are mended:
        ``gradient``, the mean of :func:`gradient_norms`; ``gradient_at_start``, the
        same for a model that knows nothing; ``silent``, the share of images whose
        gradient is less than a tenth of that.
        Also ``early``, see :func:`~crossentropy.lab.experiments.early.early_loss`.
    """
    train, test = split(load_digits())
    right = train.labels.astype(np.int64)
    wrong = (right + 1) % 10
    steps, per_epoch = WRONG_STEPS + CHECKS[-1], -(-len(right) // 128)
    plan = Plan(
        epochs=steps / per_epoch, rate=rate, optimizer=optimizer, warm_up=-1, seed=seed
    )
    model = build_model("tiny", seed=seed)
    trainer = Trainer(model, train.images, wrong, make_loss(loss), plan)
    early = early_loss(trainer)
    curve = []
    for check in CHECKS:
        for _ in trainer.run(stop=lambda: trainer.step >= WRONG_STEPS + check):  # noqa: B023
            pass
        chosen = predict_logits(model, test.images).argmax(axis=1)
        curve.append(float((chosen == test.labels).mean()))
        if check == 0:
            norms = gradient_norms(loss, predict_logits(model, train.images), right)
            trainer.targets = torch.as_tensor(right)
    start = float(gradient_norms(loss, np.zeros((1, 10)), right[:1])[0])
    return {
        "after_wrong": curve[0],
        "recovered": curve[-1],
        "curve": curve,
        "gradient": float(norms.mean()),
        "gradient_at_start": start,
        "silent": float((norms < start / 10).mean()),
        "early": early,
    }


RECOVERY = Experiment(
    "recovery",
    run,
    grid({"adamw": (0.003, 0.01, 0.03), "sgd": (0.01, 0.03, 0.1)}, loss=LOSSES),
    seeds=5,
    short=grid({"sgd": (0.03,)}, loss=("softmax", "squared", "difference")),
)
