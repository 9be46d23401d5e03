"""The exercise on smoothed targets."""

from __future__ import annotations

import numpy as np

import crossentropy as ce
from crossentropy._validate import ScalarOrArray
from crossentropy.exercises._model import Exercise, Idea, Law, edge, ordinary
from crossentropy.exercises._values import Array


def smooth_labels(labels: Array, K: int, eps: float) -> ScalarOrArray:
    """Return smoothed targets, shape (N, K), for N labels from 0 to K - 1."""
    one_hot = np.eye(K)[labels]
    return (1 - eps) * one_hot + eps / K


def _eye(y: Array, K: int) -> Array:
    made: Array = np.eye(K)[y]
    return made


SMOOTH_LABELS = Exercise(
    name="smooth_labels",
    title="Smoothed targets",
    section="smoothing-conventions",
    task=r"""
Write `smooth_labels(labels, K, eps)`: a row of targets for each label, in the
convention of the original paper, PyTorch and Keras, which mixes the one-hot row with
the *uniform distribution over all $K$ classes*:

$$
p_k = (1 - \varepsilon)\,[k = y] + \frac{\varepsilon}{K} .
$$
""",
    reference=smooth_labels,
    cases=(
        ordinary("eps is shared among all K classes", [1, 0], 3, 0.3),
        ordinary("each row has its own label", [2, 0, 3], 4, 0.2),
        edge("without smoothing it is one-hot", [1, 0], 2, 0.0),
        edge("with eps = 1 it is uniform", [1], 4, 1.0),
    ),
    laws=(
        Law(
            "each row sums to 1",
            lambda y, K, eps, p: bool(np.allclose(p.sum(axis=1), 1)),
        ),
    ),
    ideas=(
        Idea(
            "eps/(K-1) for eps/K",
            "smoothing-conventions",
            "Here eps is shared among the *other* classes. That is another convention; "
            "it is the same smoothing at another eps, larger by K/(K - 1).",
            lambda y, K, e: ce.smooth_labels(_eye(y, K), e, smoothing="others"),
        ),
        Idea(
            "eps/(K-1) added to all K classes",
            "smoothing-conventions",
            "Shared among K - 1 classes, the true one must get none of it. Shared "
            "among all K, each gets eps/K. This mixture of both sums to more than 1.",
            lambda y, K, e: _eye(y, K) * (1 - e) + e / (K - 1),
        ),
        Idea(
            "the label keeps 1",
            "smoothing-conventions",
            "y (1 - eps/K) + eps/K leaves the true class at 1, so that the row sums to "
            "more than 1.",
            lambda y, K, e: _eye(y, K) * (1 - e / K) + e / K,
            lambda y, K, e: np.where(_eye(y, K) == 1, 1.0, e / K),
            lambda y, K, e: np.where(_eye(y, K) == 1, 1.0, e / (K - 1)),
        ),
        Idea(
            "the label keeps 1 - eps only",
            "smoothing-conventions",
            "The uniform distribution covers all K classes, the true one too, which "
            "gets 1 - eps + eps/K. Otherwise the row sums to less than 1.",
            lambda y, K, e: np.where(_eye(y, K) == 1, 1 - e, e / K),
        ),
        Idea(
            "1/K for eps/K",
            "smoothing-conventions",
            "The uniform part has the weight eps: eps/K for each class.",
            lambda y, K, e: _eye(y, K) * (1 - e) + 1 / K,
        ),
        Idea(
            "eps for eps/K",
            "smoothing-conventions",
            "eps is the total of the uniform part. Each class gets eps/K of it.",
            lambda y, K, e: _eye(y, K) * (1 - e) + e,
            lambda y, K, e: np.where(_eye(y, K) == 1, 1 - e, e),
        ),
        Idea(
            "eps added and nothing taken away",
            "smoothing-conventions",
            "What the uniform part gives has to be taken from the one-hot part.",
            lambda y, K, e: _eye(y, K) + e / K,
            lambda y, K, e: _eye(y, K) + e,
        ),
        Idea(
            "smoothed twice",
            "smoothing-conventions",
            "The smoothing was applied to targets that were smooth already.",
            lambda y, K, e: ce.smooth_labels(ce.smooth_labels(_eye(y, K), e), e),
        ),
        Idea(
            "no smoothing",
            "smoothing-conventions",
            "These are the one-hot rows.",
            lambda y, K, e: _eye(y, K),
        ),
    ),
    hint="`np.eye(K)[labels]` makes the one-hot rows. Add up a row to check.",
    right="The loss can no longer reach 0: its floor is the entropy of the target.",
)
