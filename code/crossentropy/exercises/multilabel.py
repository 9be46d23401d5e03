"""The exercise on several labels at once."""

from __future__ import annotations

import numpy as np

import crossentropy as ce
from crossentropy._validate import ScalarOrArray
from crossentropy.exercises._model import Exercise, Idea, Law, Outcomes, edge, ordinary
from crossentropy.exercises._values import Array
from crossentropy.exercises.binary import (
    HERE,
    MOVED,
    THRESHOLD,
    clipped,
    decided,
    does_not_move,
    each_loss,
)


def labels_loss(logits: Array, targets: Array) -> ScalarOrArray:
    """Return the multilabel loss of logits and 0/1 targets, both (N, K)."""
    x = logits
    terms = np.maximum(x, 0) - targets * x + np.log1p(np.exp(-np.abs(x)))
    return terms.sum(axis=1).mean()


_X = [[0.5, -1.2, 2.0], [-0.4, 1.1, 0.3]]


_T = [[1.0, 0.0, 1.0], [0.0, 0.0, 0.0]]


_CONFIDENT = "a confident mistake costs its margin"


def _capped(outcomes: Outcomes) -> bool:
    """Right where nothing is extreme, but with an end to the loss."""
    right = ce.sigmoid_cross_entropy(_X, _T, reduction="sum") / len(_X)
    far = outcomes[_CONFIDENT].number
    return bool(abs(outcomes[HERE].number - right) < 1e-2 and 1 < far < 1600)


LABELS_LOSS = Exercise(
    name="labels_loss",
    title="Several labels at once",
    section="labels-bernoulli",
    task=r"""
An image may show several things, or none. Write `labels_loss(logits, targets)` for
logits of shape $(N, K)$ and targets of zeros and ones of the same shape: the binary
cross-entropies of an image are **summed** over its $K$ labels, and the sums averaged
over the $N$ images.
""",
    reference=labels_loss,
    cases=(
        ordinary(HERE, _X, _T),
        ordinary(MOVED, [[0.55, -1.25, 2.1], [-0.45, 1.2, 0.35]], _T),
        ordinary(
            "an image may show all, or none",
            [[1.0, -2.0], [0.3, 0.6], [-0.7, 0.2]],
            [[1.0, 1.0], [0.0, 0.0], [0.0, 1.0]],
        ),
        edge(
            _CONFIDENT,
            [[1000.0, -1000.0]],
            [[0.0, 1.0]],
            why="Let only e to the -|x| appear: nothing overflows then.",
            section="floating-range",
        ),
    ),
    laws=(Law("a loss is not negative", lambda x, t, v: bool((v >= -1e-9).all())),),
    ideas=(
        Idea(
            *THRESHOLD,
            lambda x, t: clipped(decided(x), t).sum(axis=1).mean(),
            lambda x, t: np.abs(decided(x) - t).sum(axis=1).mean(),
            lambda x, t: np.mean(decided(x) != t),
            lambda x, t: (
                (-t * np.log(decided(x)) - (1 - t) * np.log(1 - decided(x)))
                .sum(axis=1)
                .mean()
            ),
            lambda x, t: (
                -np.log(np.where(t == 1, decided(x), 1 - decided(x))).sum(axis=1).mean()
            ),
            lambda x, t: each_loss(decided(x), t).sum(axis=1).mean(),
            telltale=does_not_move,
        ),
        Idea(
            "mean for sum over the labels",
            "labels-scenes",
            "The likelihoods of the labels multiply, so their losses add. The mean "
            "over the labels divides the loss and its gradient by K.",
            lambda x, t: each_loss(x, t).mean(),
        ),
        Idea(
            "sum for mean over the images",
            "loss-reduction",
            "The images are averaged, so that the loss does not grow with the batch.",
            lambda x, t: each_loss(x, t).sum(),
        ),
        Idea(
            "softmax for several labels",
            "labels-scenes",
            "Softmax hands out a total of 1, so that labels take from each other, and "
            "an image with none has nothing to be told. Use a sigmoid for each label.",
            lambda x, t: -(t * ce.log_softmax(x)).sum(axis=1).mean(),
            lambda x, t: (
                -(t / np.maximum(t.sum(axis=1, keepdims=True), 1) * ce.log_softmax(x))
                .sum(axis=1)
                .mean()
            ),
            lambda x, t: clipped(ce.softmax(x), t).sum(axis=1).mean(),
            lambda x, t: clipped(ce.softmax(x), t).mean(),
        ),
        Idea(
            "only the ones charged",
            "labels-bernoulli",
            "A label that is absent has to be denied: -(1 - t) log(1 - s). Without it "
            "the model says yes to everything.",
            lambda x, t: -(t * ce.log_sigmoid(x)).sum(axis=1).mean(),
        ),
        Idea(
            "sigmoid twice",
            "loss-double-softmax",
            "Probabilities were given as logits.",
            lambda x, t: each_loss(ce.sigmoid(x), t).sum(axis=1).mean(),
        ),
        Idea(
            "the labels swapped",
            "labels-bernoulli",
            "s is the probability that the label is there, so -log s is for t = 1.",
            lambda x, t: each_loss(x, 1 - t).sum(axis=1).mean(),
        ),
        Idea(
            "sign",
            "information-surprisal",
            "This is the log-likelihood. The loss is minus it.",
            lambda x, t: -each_loss(x, t).sum(axis=1).mean(),
        ),
        Idea(
            "an epsilon inside the logarithm, or a clip",
            "floating-epsilon",
            "It puts an end to the loss and takes the gradient away, just where the "
            "model is most wrong. Compute the loss from the logits.",
            lambda x, t: clipped(ce.sigmoid(x), t).sum(axis=1).mean(),
            telltale=_capped,
        ),
        Idea(
            "exponentials that overflow",
            "floating-range",
            "From a logit of about 37 on the sigmoid is exactly 1 and log(1 - s) is "
            "minus infinity; e to the 1000 is infinite. Let only e to the -|x| appear.",
            lambda x, t: (
                (
                    (-t * np.log(1 / (1 + np.exp(-x))))
                    - (1 - t) * np.log(1 - 1 / (1 + np.exp(-x)))
                )
                .sum(axis=1)
                .mean()
            ),
            lambda x, t: (np.log1p(np.exp(x)) - t * x).sum(axis=1).mean(),
            lambda x, t: (
                (t * np.log1p(np.exp(-x)) + (1 - t) * np.log1p(np.exp(x)))
                .sum(axis=1)
                .mean()
            ),
        ),
    ),
    hint="Sum over `axis=1` first, then take the mean.",
    right="At the start it is log 2 for each label, not log K.",
)
