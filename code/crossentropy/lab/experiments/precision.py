"""Precision: five ways to compute softmax cross-entropy, on hard inputs and easy ones.

"raw" is what a first attempt often is: grey levels of 0 to 255 as they are, layers
without normalisation, torch's own start for the last layer, a constant rate. Its logits
are near a hundred at the second step. "normalised" is how the lab trains: scaled
inputs, batch normalisation, a last layer that starts at zero, a rate that rises first.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import product
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from crossentropy.datasets import load_digits, split
from crossentropy.lab import losses
from crossentropy.lab.experiments.early import FIRST
from crossentropy.lab.experiments.runner import Experiment, Record
from crossentropy.lab.models import Pixels, build_model
from crossentropy.lab.training import Plan, Trainer, predict_logits

EPOCHS = 2
RATE = 0.005


def _label(rows: Tensor, labels: Tensor) -> Tensor:
    return rows.gather(1, labels[:, None])[:, 0]


def exp_sum_log(logits: Tensor, labels: Tensor) -> Tensor:
    """Compute the formula as it stands."""
    powers = logits.exp()
    return -(_label(powers, labels) / powers.sum(1)).log()


def softmax_log(logits: Tensor, labels: Tensor) -> Tensor:
    """Compute torch's softmax, then its logarithm."""
    return -_label(logits.softmax(1), labels).log()


def softmax_clamp_log(logits: Tensor, labels: Tensor) -> Tensor:
    """Compute the same, with the probability held above 1e-8."""
    return -_label(logits.softmax(1), labels).clamp(1e-8).log()


FORMS: dict[str, Callable[[Tensor, Tensor], Tensor]] = {
    "exp, sum, log": exp_sum_log,
    "softmax, log": softmax_log,
    "softmax, clamp, log": softmax_clamp_log,
    "log_softmax": losses.softmax,
    "accurate": losses.accurate,
}


def _model(inputs: str, seed: int) -> nn.Sequential:
    if inputs == "normalised":
        return build_model("tiny", seed=seed)
    if inputs != "raw":
        raise ValueError(f"inputs: expected raw or normalised; got {inputs!r}")
    model = build_model("tiny", norm="none", pixels=Pixels(0.0, 1.0), seed=seed)
    head = model[-1]
    assert isinstance(head, nn.Linear)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        head.reset_parameters()
    return model


def run(seed: int, *, inputs: str, dtype: str, form: str) -> Record:
    """Train with logits rounded to the dtype, in which the loss is computed too.

    Returns
    -------
    dict
        ``died``, the step after which a weight is not finite, or 0; ``accuracy``, on
        the test images at the end or at that step; ``early``, the loss summed over the
        first steps before that, over ``FIRST``.
    """
    train, test = split(load_digits())
    model = _model(inputs, seed)
    kind = getattr(torch, dtype)

    def loss(logits: Tensor, labels: Tensor) -> Tensor:
        return FORMS[form](logits.to(kind), labels).float()

    warm_up = -1.0 if inputs == "raw" else 0.2
    plan = Plan(epochs=EPOCHS, rate=RATE, warm_up=warm_up, seed=seed)
    labels = train.labels.astype(np.int64)
    trainer = Trainer(model, train.images, labels, loss, plan)
    died, early = 0, 0.0
    for now in trainer.run(report_every=1):
        if not all(weight.isfinite().all() for weight in model.parameters()):
            died = now.step
            break
        if now.step <= FIRST:
            early += now.loss / FIRST
    chosen = predict_logits(model, test.images).argmax(axis=1)
    accuracy = float((chosen == test.labels).mean())
    return {"died": died, "accuracy": accuracy, "early": early}


def _settings(dtypes: tuple[str, ...], inputs: tuple[str, ...]) -> list[dict[str, Any]]:
    return [
        {"inputs": chosen, "dtype": dtype, "form": form}
        for chosen, dtype, form in product(inputs, dtypes, FORMS)
    ]


PRECISION = Experiment(
    "precision",
    run,
    _settings(("float32", "float16", "bfloat16"), ("raw", "normalised")),
    seeds=5,
    short=_settings(("float32",), ("raw",)),
)
