"""Exercises on yes-or-no labels, and what multilabel exercises share with them."""

from __future__ import annotations

import math

import numpy as np

import crossentropy as ce
from crossentropy._validate import ScalarOrArray
from crossentropy.exercises._model import (
    Exercise,
    Idea,
    Law,
    Outcomes,
    edge,
    number,
    ordinary,
)
from crossentropy.exercises._values import Array

THRESHOLD = (
    "threshold before the loss",
    "labels-thresholds",
    (
        "A decision is the same for every logit on its side of the threshold, so the "
        "loss does not change with the logit, its gradient is zero, and nothing is "
        "learned. Thresholds belong to decisions, after training."
    ),
)


HERE, MOVED = "each label has its own loss", "the loss follows the logits"


def does_not_move(outcomes: Outcomes) -> bool:
    """Give the same value before and after a small move of the logits."""
    here, moved = outcomes[HERE], outcomes[MOVED]
    return bool(
        here.arrays
        and moved.arrays
        and here.arrays[0].shape == moved.arrays[0].shape
        and np.isfinite(here.arrays[0]).all()
        and (here.arrays[0] != 0).any()
        and np.array_equal(here.arrays[0], moved.arrays[0])
    )


def decided(x: Array) -> Array:
    """Whether each logit is above the threshold, as 0 or 1."""
    made: Array = (x > 0).astype(float)
    return made


def clipped(p: Array, t: Array) -> Array:
    """Binary cross-entropies of probabilities, with a clip, as Keras takes it."""
    p = np.clip(p, 1e-7, 1 - 1e-7)
    made: Array = -t * np.log(p) - (1 - t) * np.log(1 - p)
    return made


def each_loss(x: Array, t: Array) -> Array:
    """Binary cross-entropies of logits."""
    made: Array = ce.sigmoid_cross_entropy(x, t, reduction="none")
    return made


def two_logits() -> float:
    """Return the loss of the logits (3, 4) when class 0 is true."""
    return math.log(1 + math.exp(4 - 3))


TWO_LOGITS = Exercise(
    name="two_logits",
    title="Which class is s the probability of?",
    section="labels-bernoulli",
    task=r"""
The logits of the classes 0 and 1 are 3 and 4, and class 0 is the true one. What is the
softmax cross-entropy, in nats? Four digits will do.
""",
    reference=two_logits,
    is_value=True,
    cases=(number("the surprisal of class 0 is wanted, in nats"),),
    ideas=(
        Idea(
            "the probability of the wrong class",
            "labels-bernoulli",
            "This is the loss had class 1 been true. Binary cross-entropy is written "
            "with the probability of class 1; for class 0 it is -log(1 - s). A model "
            "that favours class 1 must pay more than log 2 when class 0 is true.",
            lambda: math.log(1 + math.exp(-1)),
        ),
        Idea(
            "two sigmoids for one softmax",
            "labels-one-or-two",
            "A sigmoid for each logit asks two separate questions and charges for both "
            "answers. For exclusive classes it is one softmax, or one sigmoid on the "
            "difference.",
            lambda: math.log1p(math.exp(-3)) + math.log1p(math.exp(4)),
            lambda: (math.log1p(math.exp(-3)) + math.log1p(math.exp(4))) / 2,
        ),
        Idea(
            "log base 2",
            "information-surprisal",
            "That is the loss in bits.",
            lambda: math.log2(1 + math.e),
        ),
        Idea(
            "the probability without its logarithm",
            "loss-composition",
            "This is the probability of a class. The loss is minus its logarithm.",
            lambda: 1 / (1 + math.e),
            lambda: math.e / (1 + math.e),
        ),
        Idea(
            "softmax twice",
            "loss-double-softmax",
            "The two probabilities were taken for logits.",
            lambda: ce.softmax_cross_entropy(ce.softmax([3.0, 4.0]), 0),
        ),
        Idea(
            "sign",
            "information-surprisal",
            "A loss is minus the logarithm of a probability.",
            lambda: -math.log(1 + math.e),
        ),
    ),
    hint="Softmax of (3, 4) depends on the difference alone. Is the true class the "
    "favoured one?",
    right="The model favours the other class, so it pays more than log 2.",
)


def binary_loss(x: Array, t: Array) -> ScalarOrArray:
    """Return the binary cross-entropy of each logit x with its label t."""
    return np.maximum(x, 0) - t * x + np.log1p(np.exp(-np.abs(x)))


BINARY_LOSS = Exercise(
    name="binary_loss",
    title="Yes or no, from a logit",
    section="labels-bernoulli",
    task=r"""
Write `binary_loss(x, t)`: for an array of logits and an array of labels, 0 or 1, the
binary cross-entropy of **each**,

$$
\ell = -t \log s - (1 - t) \log (1 - s), \qquad s = \sigma(x) = \frac{1}{1 + e^{-x}} .
$$

It has to be finite for every finite logit.
""",
    reference=binary_loss,
    cases=(
        ordinary(HERE, [0.5, -1.2, 2.0], [1.0, 0.0, 0.0]),
        ordinary(MOVED, [0.55, -1.25, 2.1], [1.0, 0.0, 0.0]),
        ordinary("both answers are charged", [-0.3, 0.8], [1.0, 1.0]),
        edge(
            "a mistake by 40 costs 40",
            [40.0, -40.0],
            [0.0, 1.0],
            why="1 - s is 0 from about 37 on. For t = 0 use the sigmoid of -x, or "
            "simplify the logarithm on paper.",
            section="floating-range",
        ),
        edge(
            "a mistake by 1000 costs 1000",
            [1000.0, -1000.0],
            [0.0, 1.0],
            why="Exponentials of 1000 overflow. Let only e to the -|x| appear.",
            section="floating-range",
        ),
        edge(
            "a sure and right answer costs nearly nothing",
            [1000.0, -1000.0],
            [1.0, 0.0],
            why="The term that is multiplied by 0 is infinite, and 0 times infinity is "
            "nan.",
            section="floating-nan",
        ),
    ),
    laws=(Law("a loss is not negative", lambda x, t, v: bool((v >= -1e-9).all())),),
    ideas=(
        Idea(
            *THRESHOLD,
            lambda x, t: clipped(decided(x), t),
            lambda x, t: np.abs(decided(x) - t),
            lambda x, t: -t * np.log(decided(x)) - (1 - t) * np.log(1 - decided(x)),
            lambda x, t: -np.log(np.where(t == 1, decided(x), 1 - decided(x))),
            lambda x, t: each_loss(decided(x), t),
            telltale=does_not_move,
        ),
        Idea(
            "the labels swapped",
            "labels-bernoulli",
            "s is the probability of class 1, so -log s is for t = 1.",
            lambda x, t: each_loss(x, 1 - t),
        ),
        Idea(
            "only the ones charged",
            "labels-bernoulli",
            "Without -(1 - t) log(1 - s) a label of 0 costs nothing, and the model "
            "learns to say yes to everything.",
            lambda x, t: -t * ce.log_sigmoid(x),
        ),
        Idea(
            "sigmoid twice",
            "loss-double-softmax",
            "A probability was given as a logit. It lies between 0 and 1, so that the "
            "model can never say a clear no.",
            lambda x, t: each_loss(ce.sigmoid(x), t),
        ),
        Idea(
            "logits taken for probabilities",
            "loss-composition",
            "A logit may be negative or above 1. The sigmoid comes first.",
            lambda x, t: -t * np.log(x) - (1 - t) * np.log(1 - x),
            lambda x, t: clipped(x, t),
        ),
        Idea(
            "sign",
            "information-surprisal",
            "This is the log-likelihood. The loss is minus it.",
            lambda x, t: -each_loss(x, t),
        ),
        Idea(
            "log base 2",
            "information-surprisal",
            "That is the loss in bits; `np.log` gives nats.",
            lambda x, t: each_loss(x, t) / math.log(2),
        ),
        Idea(
            "difference loss",
            "loss-rivals",
            "1 - s and s are bounded and let go of confident mistakes; the loss is the "
            "logarithm.",
            lambda x, t: np.where(t == 1, 1 - ce.sigmoid(x), ce.sigmoid(x)),
        ),
        Idea(
            "an epsilon inside the logarithm, or a clip",
            "floating-epsilon",
            "It puts an end to the loss and takes the gradient away, just where the "
            "model is most wrong. Compute the loss from the logits.",
            lambda x, t: clipped(ce.sigmoid(x), t),
            lambda x, t: (
                -t * np.log(ce.sigmoid(x) + 1e-8)
                - (1 - t) * np.log(1 - ce.sigmoid(x) + 1e-8)
            ),
            telltale=lambda outcomes: _capped(outcomes),
        ),
        Idea(
            "probabilities that round to 0 or 1",
            "floating-range",
            "The sigmoid of 40 is exactly 1, and log(1 - 1) is minus infinity. The "
            "information is gone before the logarithm sees it.",
            lambda x, t: (
                -t * np.log(1 / (1 + np.exp(-x)))
                - (1 - t) * np.log(1 - 1 / (1 + np.exp(-x)))
            ),
            lambda x, t: np.where(
                t == 1,
                -np.log(1 / (1 + np.exp(-x))),
                -np.log(1 - 1 / (1 + np.exp(-x))),
            ),
        ),
        Idea(
            "exponentials that overflow",
            "floating-range",
            "log(1 + e^x) is x for large x, but e to the 1000 is infinite. Let only e "
            "to the -|x| appear.",
            lambda x, t: t * np.log1p(np.exp(-x)) + (1 - t) * np.log1p(np.exp(x)),
            lambda x, t: t * np.log(1 + np.exp(-x)) + (1 - t) * np.log(1 + np.exp(x)),
            lambda x, t: np.log1p(np.exp(x)) - t * x,
            lambda x, t: np.log(1 + np.exp(x)) - t * x,
            lambda x, t: np.where(t == 1, np.log1p(np.exp(-x)), np.log1p(np.exp(x))),
        ),
    ),
    hint="log(1 + e^x) = max(x, 0) + log(1 + e^-|x|).",
    right="Its gradient is s - t, which does not vanish on a confident mistake.",
)


def _capped(outcomes: Outcomes) -> bool:
    far = outcomes["a mistake by 1000 costs 1000"].arrays
    usual = outcomes[HERE].arrays
    right = each_loss(np.array([0.5, -1.2, 2.0]), np.array([1.0, 0.0, 0.0]))
    return bool(
        far
        and usual
        and usual[0].shape == right.shape
        and np.allclose(usual[0], right, atol=1e-2)
        and np.isfinite(far[0]).all()
        and (far[0] > 1).all()
        and (far[0] < 800).all()
    )
