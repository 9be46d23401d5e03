"""Scenes of one to three digits, with a sigmoid for each label or one softmax.

Softmax gets what is often recommended, the multi-hot target divided by its number of
ones. Thresholds are chosen on validation scenes and judged on test scenes.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from crossentropy import sigmoid, softmax
from crossentropy.datasets import multi_digit_scenes
from crossentropy.lab.experiments.fitting import three_parts, trained
from crossentropy.lab.experiments.runner import Experiment, Record
from crossentropy.lab.losses import make_loss
from crossentropy.lab.metrics import average_precision, f1_score
from crossentropy.lab.training import predict_logits

CUTS = np.arange(1, 100) / 100
WAYS = ("sigmoid", "softmax")


def exact(
    p: NDArray[np.float64], labels: NDArray[np.uint8], cut: float
) -> NDArray[np.bool_]:
    """Say of each scene whether the labels above `cut` are exactly those it shows.

    Examples
    --------
    >>> p = np.array([[0.9, 0.2], [0.9, 0.6]])
    >>> exact(p, np.array([[1, 0], [1, 0]], np.uint8), 0.5).tolist()
    [True, False]
    """
    return np.asarray(((p > cut) == (labels == 1)).all(axis=1))


def best_threshold(p: NDArray[np.float64], labels: NDArray[np.uint8]) -> float:
    """Return the threshold, in hundredths, with the most scenes exactly right.

    Of several, the one in the middle.
    """
    right = [int(exact(p, labels, cut).sum()) for cut in CUTS]
    best = np.flatnonzero(np.equal(right, max(right)))
    return float(CUTS[best[len(best) // 2]])


def _matches(
    p: NDArray[np.float64], labels: NDArray[np.uint8], cut: float, name: str
) -> dict[str, float]:
    """Exact matches at a threshold: of all scenes, and by number of digits."""
    right = exact(p, labels, cut)
    shown = labels.sum(axis=1)
    counts = {
        f"exact_{name}_{n}": float(right[shown == n].mean()) for n in np.unique(shown)
    }
    return {f"exact_{name}": float(right.mean()), **counts}


def run(seed: int, *, way: str, scenes: int, epochs: float) -> Record:
    """Train on scenes; return how many others are recognised exactly, mAP and F1.

    Returns
    -------
    dict
        ``exact_half`` and ``exact_best`` (share of test scenes whose labels are all
        right, at a threshold of one half and at the best one), each also by the number
        of digits shown (``exact_half_1`` ...); ``threshold``; ``exact_relative`` and
        its ``relative``, where p is first divided by the largest of its scene;
        ``map``, ``f1_half`` and ``f1_best``.
    """
    rng = np.random.default_rng(seed)
    train, validation, test = (
        multi_digit_scenes(part, rng, count)
        for part, count in zip(three_parts(), (scenes, 1000, 2000), strict=True)
    )
    targets = train.labels.astype(np.float64)
    if way == "softmax":
        targets /= targets.sum(axis=1, keepdims=True)
    model = trained(train.images, targets, make_loss(way), seed=seed, epochs=epochs)
    squash = sigmoid if way == "sigmoid" else softmax
    held, p = (
        np.asarray(squash(predict_logits(model, part.images)))
        for part in (validation, test)
    )
    cut = best_threshold(held, validation.labels)
    shares, held = (v / v.max(axis=1, keepdims=True) for v in (p, held))
    relative = best_threshold(held, validation.labels)
    return {
        **_matches(p, test.labels, 0.5, "half"),
        **_matches(p, test.labels, cut, "best"),
        "threshold": cut,
        "exact_relative": float(exact(shares, test.labels, relative).mean()),
        "relative": relative,
        "map": float(
            np.mean([average_precision(p[:, k], test.labels[:, k]) for k in range(10)])
        ),
        "f1_half": f1_score(p > 0.5, test.labels),
        "f1_best": f1_score(p > cut, test.labels),
    }


def _settings(scenes: int, epochs: float) -> list[dict[str, Any]]:
    return [{"way": way, "scenes": scenes, "epochs": epochs} for way in WAYS]


MULTILABEL = Experiment(
    "multilabel", run, _settings(8000, 8.0), seeds=5, short=_settings(4000, 6.0)
)
