"""Unseen classes: eight digits are learnt, then the other two are shown.

Does the model notice? A score is good at it if it is high for digits of the eight
classes and low for the others: the largest probability, or the largest logit.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from crossentropy import sigmoid, softmax
from crossentropy.datasets import Digits
from crossentropy.lab.experiments.fitting import three_parts, top_threshold, trained
from crossentropy.lab.experiments.runner import Experiment, Record
from crossentropy.lab.losses import make_loss
from crossentropy.lab.metrics import roc_auc
from crossentropy.lab.training import predict_logits

SMOOTHING = 0.1
WAYS = ("softmax", "sigmoid", "smoothed")
PAIRS = ("8,9", "6,7", "4,5", "2,3", "0,1")


def without(digits: Digits, names: list[int]) -> Digits:
    """Leave only the digits of these names, and number them from 0 in their order."""
    known = np.isin(digits.labels, names)
    places = np.searchsorted(names, digits.labels[known])
    return Digits(digits.images[known], places.astype(np.uint8))


def run(seed: int, *, way: str, held_out: str, epochs: float) -> Record:
    """Train without the digits `held_out`; return how well a model notices them.

    Returns
    -------
    dict
        ``accuracy`` on test digits of the known classes; ``sure_unseen`` and
        ``sure_known``: share with a largest probability over 0.9; ``auroc`` by the
        largest probability, ``auroc_logit`` by the largest logit; ``fair_unseen``:
        share of unseen digits above the threshold that 95 % of the known validation
        digits are above.
    """
    train, validation, test = three_parts()
    hidden = [int(name) for name in held_out.split(",")]
    names = [k for k in range(10) if k not in hidden]
    known = without(train, names)
    loss = make_loss(
        "sigmoid" if way == "sigmoid" else "softmax",
        SMOOTHING if way == "smoothed" else 0.0,
    )
    model = trained(
        known.images,
        known.labels.astype(np.int64),
        loss,
        seed=seed,
        epochs=epochs,
        num_classes=len(names),
    )
    squash = sigmoid if way == "sigmoid" else softmax
    tested = without(test, names)
    z_held, z_known, z_unseen = (
        predict_logits(model, images)
        for images in (
            without(validation, names).images,
            tested.images,
            test.images[np.isin(test.labels, hidden)],
        )
    )
    top_held, top_known, top_unseen = (
        np.asarray(squash(z)).max(axis=1) for z in (z_held, z_known, z_unseen)
    )
    positives = np.repeat([True, False], [len(z_known), len(z_unseen)])
    logits = np.concatenate([z_known, z_unseen])
    return {
        "accuracy": float((z_known.argmax(axis=1) == tested.labels).mean()),
        "sure_unseen": float((top_unseen > 0.9).mean()),
        "sure_known": float((top_known > 0.9).mean()),
        "auroc": roc_auc(np.concatenate([top_known, top_unseen]), positives),
        "auroc_logit": roc_auc(logits.max(axis=1), positives),
        "fair_unseen": float((top_unseen > top_threshold(top_held, 0.95)).mean()),
    }


def _settings(pairs: tuple[str, ...], epochs: float) -> list[dict[str, Any]]:
    return [
        {"way": way, "held_out": pair, "epochs": epochs}
        for pair in pairs
        for way in WAYS
    ]


UNSEEN = Experiment(
    "unseen", run, _settings(PAIRS, 5.0), seeds=5, short=_settings(("8,9",), 1.0)
)
