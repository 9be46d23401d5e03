"""All exercises, in the order of the book."""

from __future__ import annotations

import difflib
from typing import NamedTuple

from crossentropy.exercises import (
    binary,
    bugs,
    checking,
    gradient,
    information,
    loss,
    multilabel,
    pooling,
    reductions,
    smoothing,
    softmax,
    training,
)
from crossentropy.exercises._model import Exercise


class Group(NamedTuple):
    """Exercises that belong together: one notebook."""

    name: str
    title: str
    exercises: tuple[Exercise, ...]


GROUPS = (
    Group(
        "information",
        "Information",
        (
            information.SURPRISAL,
            information.ENTROPY,
            information.CROSS_ENTROPY,
            information.PERPLEXITY,
        ),
    ),
    Group(
        "softmax",
        "Softmax",
        (softmax.SOFTMAX, softmax.SOFTMAX_ROWS, softmax.TEMPERATURE),
    ),
    Group("loss", "The loss", (loss.FIRST_LOSS, loss.ROW_LOSS, reductions.MEAN_LOSS)),
    Group("gradient", "The gradient", (gradient.GRADIENT, gradient.NUMERICAL_GRADIENT)),
    Group(
        "means",
        "Means of losses",
        (reductions.KEPT_LOSS, pooling.POOLED_LOSS, pooling.WEIGHTED_LOSS),
    ),
    Group(
        "labels",
        "One label or many",
        (
            binary.TWO_LOGITS,
            binary.BINARY_LOSS,
            multilabel.LABELS_LOSS,
            smoothing.SMOOTH_LABELS,
        ),
    ),
    Group(
        "trust",
        "Tiny losses and honest probabilities",
        (
            checking.CONFIDENT_LOSS,
            checking.FIT_TEMPERATURE,
            checking.CALIBRATION_ERROR,
        ),
    ),
    Group(
        "bugs",
        "Find the bug",
        (bugs.STUCK_LOSS, bugs.INFINITE_LOSS, bugs.TRAINING_STEP),
    ),
    Group("training", "Train with your own loss", (training.OWN_LOSS,)),
)

EXERCISES = {
    exercise.name: exercise for group in GROUPS for exercise in group.exercises
}


def find(name: str) -> Exercise:
    """Return the exercise with a name.

    Raises
    ------
    ValueError
        If there is none; the text names the nearest.
    """
    if name in EXERCISES:
        return EXERCISES[name]
    near = difflib.get_close_matches(str(name), EXERCISES, n=1)
    if near:
        raise ValueError(f"name: no exercise {name!r}; did you mean {near[0]!r}?")
    raise ValueError(f"name: no exercise {name!r}; there are {', '.join(EXERCISES)}")
