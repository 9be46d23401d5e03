"""None of these: four ways to say that a picture shows no digit.

What is shown as nothing in training are digits with their blocks scrambled. Tested are
other scrambled digits, and kinds of pictures that no model has seen.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from torch import nn

from crossentropy import one_hot, sigmoid, softmax
from crossentropy.datasets import Digits, scramble
from crossentropy.lab.experiments.fitting import three_parts, top_threshold, trained
from crossentropy.lab.experiments.runner import Experiment, Record
from crossentropy.lab.losses import make_loss
from crossentropy.lab.training import predict_logits

Images = NDArray[np.uint8]

# Softmax alone; with uniform targets on nothing; with an eleventh class. Sigmoids
# alone; with all-zero targets on nothing; the same, started at each class's share.
WAYS = ("softmax", "uniform", "na", "sigmoid", "zeros", "prior")
KINDS = ("scrambled", "finer", "spots", "stripes", "noise")
_ROW, _COLUMN = np.mgrid[0:28, 0:28]


def spots(count: int, rng: np.random.Generator) -> Images:
    """Draw images of three blurred spots each, at random places."""
    y, x = rng.normal(13.5, 4, size=(2, count, 3, 1, 1))
    light = np.exp(-((_ROW - y) ** 2 + (_COLUMN - x) ** 2) / 8).sum(axis=1)
    return np.asarray(255 * light.clip(0, 1), np.uint8)


def stripes(count: int, rng: np.random.Generator) -> Images:
    """Draw parallel stripes 2.5 to 7 pixels wide, fading away from the middle."""
    turn, phase = rng.uniform(0, 2 * np.pi, size=(2, count, 1, 1))
    period = rng.uniform(5, 14, size=(count, 1, 1))
    along = _COLUMN * np.cos(turn) + _ROW * np.sin(turn)
    fade = np.exp(-((_ROW - 13.5) ** 2 + (_COLUMN - 13.5) ** 2) / 98)
    light = np.cos(2 * np.pi * along / period + phase).clip(0, 1) * fade
    return np.asarray(255 * light, np.uint8)


def noise(images: Images, rng: np.random.Generator) -> Images:
    """Put each image's pixels in random order."""
    return rng.permuted(images.reshape(len(images), -1), axis=1).reshape(images.shape)


def nothings(digits: Digits, rng: np.random.Generator) -> dict[str, Images]:
    """Return as many images of each of :data:`KINDS` as there are digits.

    Only "scrambled", of blocks of 7 by 7 pixels, is a kind that is trained with.
    """
    count = len(digits.images)
    return {
        "scrambled": scramble(digits.images, rng),
        "finer": scramble(digits.images, rng, block=4),
        "spots": spots(count, rng),
        "stripes": stripes(count, rng),
        "noise": noise(digits.images, rng),
    }


def _fit(
    way: str, train: Digits, seed: int, epochs: float, rate: float
) -> nn.Sequential:
    """Train the model of a way; the last four see as many nothings as digits."""
    labels = train.labels.astype(np.int64)
    if way in ("softmax", "sigmoid"):
        return trained(
            train.images, labels, make_loss(way), seed=seed, epochs=epochs, rate=rate
        )
    count = len(labels)
    nothing = scramble(train.images, np.random.default_rng((seed, 1)))
    images = np.concatenate([train.images, nothing])
    hot = one_hot(labels, 11)
    targets = np.concatenate([hot, np.tile(np.eye(11)[10], (count, 1))])
    if way != "na":
        targets = targets[:, :10]  # all zeros on nothing
    if way == "uniform":
        targets[count:] = 1 / 10
    loss = make_loss("softmax" if way in ("uniform", "na") else "sigmoid")
    prior = 1 / 20 if way == "prior" else None
    return trained(
        images,
        targets,
        loss,
        seed=seed,
        epochs=epochs,
        rate=rate,
        num_classes=targets.shape[1],
        prior=prior,
    )


def _digit_probabilities(
    model: nn.Sequential, way: str, images: Images
) -> NDArray[np.float64]:
    """Probabilities of the ten digits."""
    squash = softmax if way in ("softmax", "uniform", "na") else sigmoid
    return np.asarray(squash(predict_logits(model, images)))[:, :10]


def run(seed: int, *, way: str, epochs: float, rate: float) -> Record:
    """Train a model of one way; return what it takes for a digit.

    Returns
    -------
    dict
        ``right``: share of test digits whose most likely digit is right; ``kept``: and
        has more than one half. For each of :data:`KINDS` the share in which some digit
        has more than one half (``half_scrambled`` ...), and the share above the
        threshold that 95 % of the validation digits are above (``fair_scrambled`` ...);
        ``fair_digits``, of test digits. ``eleven_half`` and ``eleven_best``: share of
        right answers among ten digits or none, half the questions being scrambled
        digits, at one half and at the threshold that is best on validation.
    """
    train, validation, test = three_parts()
    model = _fit(way, train, seed, epochs, rate)
    rng = np.random.default_rng((seed, 2))
    held = _digit_probabilities(model, way, validation.images)
    held_nothing = _digit_probabilities(model, way, scramble(validation.images, rng))
    p = _digit_probabilities(model, way, test.images)
    top = {
        kind: _digit_probabilities(model, way, images).max(axis=1)
        for kind, images in nothings(test, rng).items()
    }

    def eleven(
        cut: float,
        q: NDArray[np.float64],
        labels: NDArray[np.uint8],
        nothing: NDArray[np.float64],
    ) -> float:
        said = (q.argmax(axis=1) == labels) & (q.max(axis=1) > cut)
        return float((said.mean() + (nothing <= cut).mean()) / 2)

    top_held = held_nothing.max(axis=1)
    cuts = np.arange(1, 100) / 100
    scores = [eleven(cut, held, validation.labels, top_held) for cut in cuts]
    best = np.flatnonzero(np.equal(scores, max(scores)))
    cut = float(cuts[best[len(best) // 2]])
    fair = top_threshold(held.max(axis=1), 0.95)
    right = p.argmax(axis=1) == test.labels
    return {
        "right": float(right.mean()),
        "kept": float((right & (p.max(axis=1) > 0.5)).mean()),
        **{f"half_{kind}": float((top[kind] > 0.5).mean()) for kind in KINDS},
        "fair_digits": float((p.max(axis=1) > fair).mean()),
        **{f"fair_{kind}": float((top[kind] > fair).mean()) for kind in KINDS},
        "eleven_half": eleven(0.5, p, test.labels, top["scrambled"]),
        "eleven_best": eleven(cut, p, test.labels, top["scrambled"]),
    }


def _settings(
    ways: tuple[str, ...], lengths: tuple[float, ...], rates: tuple[float, ...]
) -> list[dict[str, Any]]:
    return [
        {"way": way, "epochs": epochs, "rate": rate}
        for epochs in lengths
        for way in ways
        for rate in rates
    ]


NONE_OF_THESE = Experiment(
    "none_of_these",
    run,
    _settings(WAYS, (5.0,), (0.01,)),
    seeds=5,
    short=_settings(WAYS, (1.0,), (0.01,)),
)
# Who learns better from digits and nothing: eleven exclusive classes or ten sigmoids?
ONE_VS_REST = Experiment(
    "one_vs_rest",
    run,
    _settings(("na", "zeros", "prior"), (1.0, 5.0), (0.003, 0.01, 0.03)),
    seeds=5,
    short=_settings(("na", "zeros", "prior"), (1.0,), (0.01,)),
)
