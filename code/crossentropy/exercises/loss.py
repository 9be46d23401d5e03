"""Exercises on the loss at the start and of one row."""

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


def first_loss() -> float:
    """Return the loss at the first step with 1,000 classes."""
    return math.log(1000)


FIRST_LOSS = Exercise(
    name="first_loss",
    title="Before the first step",
    section="loss-values",
    task=r"""
A new network for 1,000 classes has just been initialised. It knows nothing and gives
every class about the same probability. What should its mean softmax cross-entropy be,
in nats? Four digits will do.
""",
    reference=first_loss,
    is_value=True,
    cases=(number("the loss of a blind guess among 1,000 classes is wanted, in nats"),),
    ideas=(
        Idea(
            "log base 2",
            "information-surprisal",
            "That is the loss in bits. Libraries print nats.",
            lambda: math.log2(1000),
        ),
        Idea(
            "log base 10",
            "information-surprisal",
            "That many digits has the number of classes. Nats come from the natural "
            "logarithm.",
            lambda: 3.0,
        ),
        Idea(
            "the probability for its surprisal",
            "loss-values",
            "Each class gets this probability. The loss is minus its logarithm.",
            lambda: 0.001,
            lambda: 0.999,
        ),
        Idea(
            "two classes for a thousand",
            "loss-values",
            "log 2 is a blind guess between two classes, and the start of a sigmoid.",
            lambda: math.log(2),
        ),
        Idea(
            "ten classes for a thousand",
            "loss-values",
            "log 10 is the start for ten classes.",
            lambda: math.log(10),
        ),
        Idea(
            "sign",
            "information-surprisal",
            "The logarithm of a probability is negative; the loss is minus it.",
            lambda: -math.log(1000),
        ),
    ),
    hint="Every class has the probability one in a thousand. How surprising is that?",
    right="A loss that starts far above log K: the first logits are too large.",
)


def row_loss(z: Array, y: int) -> ScalarOrArray:
    """Return the softmax cross-entropy of logits z (K,) and a label y."""
    t = z - z.max()
    return np.log(np.sum(np.exp(t))) - t[y]


_FAR, _FARTHER = "a mistake by 40 costs 40", "a mistake by 1000 costs 1000"


def _capped(outcomes: Outcomes) -> bool:
    """Right where nothing is extreme, but with an end to the loss."""
    usual = outcomes["the loss is minus the log of the label's probability"].number
    far = outcomes[_FARTHER].number
    return (
        abs(usual - ce.softmax_cross_entropy([1.0, 2.0, 0.5], 1)) < 1e-2
        and math.isfinite(far)
        and 1 < far < 800
    )


def _true(q: Array, y: int) -> Array:
    made: Array = np.eye(len(q))[y]
    return made


ROW_LOSS = Exercise(
    name="row_loss",
    title="The loss of one example",
    section="loss-composition",
    task=r"""
Write `row_loss(z, y)`, the softmax cross-entropy of one row of logits $z$ with the
label $y$, in nats:

$$
L(z, y) = -\log \operatorname{softmax}(z)_y = \operatorname{logsumexp}(z) - z_y .
$$

It takes *logits*. For finite logits it has to be finite, however far they lie apart.
""",
    reference=row_loss,
    cases=(
        ordinary(
            "the loss is minus the log of the label's probability", [1.0, 2.0, 0.5], 1
        ),
        ordinary("the label may be any class", [-1.0, 0.3, 3.0, 0.2], 0),
        ordinary("two classes are as good as more", [2.0, -1.0], 1),
        edge(
            "adding 1000 to every logit changes nothing",
            [1001.0, 1002.0, 1000.5],
            1,
            why="e to the 1000 overflows. Subtract the largest logit first, from the "
            "label's logit as well.",
            section="floating-range",
        ),
        edge(
            _FAR,
            [0.0, 40.0, 0.0],
            0,
            why="A probability of e to the -40 is a number like any other, as long as "
            "nothing is added to it.",
            section="floating-epsilon",
        ),
        edge(
            _FARTHER,
            [0.0, 1000.0],
            0,
            why="The probability rounds to 0, and its logarithm is minus infinity. "
            "Simplify the logarithm of the exponential on paper.",
            section="floating-range",
        ),
        edge("a sure and right model pays nearly nothing", [0.0, 30.0, 0.0], 1),
    ),
    laws=(Law("a loss is not negative", lambda z, y, v: bool((v >= -1e-9).all())),),
    ideas=(
        Idea(
            "softmax twice",
            "loss-double-softmax",
            "Probabilities were given as logits: the loss applied a softmax to the "
            "output of another. It can't fall below log(1 + (K - 1)/e).",
            lambda z, y: ce.softmax_cross_entropy(ce.softmax(z), y),
        ),
        Idea(
            "log base 2",
            "information-surprisal",
            "That is the loss in bits; `np.log` gives nats.",
            lambda z, y: ce.softmax_cross_entropy(z, y) / math.log(2),
            lambda z, y: -np.log2(ce.softmax(z)[y]),
        ),
        Idea(
            "sign",
            "information-surprisal",
            "The logarithm of a probability is negative. The loss is minus it, so that "
            "a smaller loss is a better model.",
            lambda z, y: -ce.softmax_cross_entropy(z, y),
        ),
        Idea(
            "the probability without its logarithm",
            "loss-rivals",
            "q_y itself rewards the right class, but it is no proper score, and its "
            "gradient vanishes for confident mistakes. The loss is -log q_y.",
            lambda z, y: ce.softmax(z)[y],
            lambda z, y: -ce.softmax(z)[y],
        ),
        Idea(
            "one minus the probability",
            "loss-rivals",
            "That is the difference loss with a softmax. It is bounded by 1, lets go "
            "of confident mistakes, and its best answer is always certainty.",
            lambda z, y: 1 - ce.softmax(z)[y],
        ),
        Idea(
            "squared error of the probabilities",
            "loss-rivals",
            "It is a proper score, but bounded, and its gradient vanishes when the "
            "model is sure of a wrong class.",
            lambda z, y: np.sum((ce.softmax(z) - _true(z, y)) ** 2),
            lambda z, y: np.mean((ce.softmax(z) - _true(z, y)) ** 2),
            lambda z, y: (1 - ce.softmax(z)[y]) ** 2,
        ),
        Idea(
            "logits taken for probabilities",
            "loss-composition",
            "A logit may be negative or above 1; its logarithm is no surprisal. The "
            "softmax comes first.",
            lambda z, y: -np.log(z[y]),
            lambda z, y: -np.log(z[y] / z.sum()),
            lambda z, y: -np.log(np.clip(z[y], 1e-7, 1 - 1e-7)),
        ),
        Idea(
            "the wrong classes charged too",
            "labels-one-or-two",
            "The terms log(1 - q_j) belong to K separate yes-or-no questions. One "
            "distribution over the classes has only the term of the label.",
            lambda z, y: ce.sigmoid_cross_entropy(z, _true(z, y), reduction="sum"),
            lambda z, y: ce.sigmoid_cross_entropy(z, _true(z, y)),
            lambda z, y: _all_terms(ce.softmax(z), y).sum(),
            lambda z, y: _all_terms(ce.softmax(z), y).mean(),
        ),
        Idea(
            "mean for sum",
            "loss-labels",
            "The one-hot label picks one term of the sum. A mean over the classes "
            "divides it by K.",
            lambda z, y: ce.softmax_cross_entropy(z, y) / len(z),
        ),
        Idea(
            "the label forgotten",
            "loss-labels",
            "The one-hot label is the weight: only the true class's surprisal counts.",
            lambda z, y: -np.sum(ce.log_softmax(z)),
            lambda z, y: -np.mean(ce.log_softmax(z)),
            lambda z, y: ce.entropy(ce.softmax(z)),
        ),
        Idea(
            "the predicted class for the label",
            "loss-labels",
            "The loss asks how surprising the *true* class was. The surprisal of the "
            "likeliest class says how sure the model is, right or wrong.",
            lambda z, y: -np.log(ce.softmax(z).max()),
        ),
        Idea(
            "an epsilon inside the logarithm, or a clip",
            "floating-epsilon",
            "It puts an end to the loss and takes the gradient away, just where the "
            "model is most wrong. The cure is to compute the loss from the logits.",
            *(
                (lambda e: lambda z, y: -np.log(ce.softmax(z)[y] + e))(eps)
                for eps in (1e-5, 1e-7, 1e-8, 1e-10, 1e-12, 1e-15)
            ),
            lambda z, y: -np.log(np.clip(ce.softmax(z)[y], 1e-7, 1)),
            telltale=_capped,
        ),
        Idea(
            "epsilon added to the logits, or nothing against log 0",
            "floating-range",
            "Subtracting the maximum stops the overflow, but a tiny probability still "
            "rounds to 0. An epsilon on the logits is a shift and changes nothing. "
            "Take the logarithm on paper: log-sum-exp minus the label's logit.",
            lambda z, y: -np.log(ce.softmax(z)[y]),
        ),
        Idea(
            "no maximum subtracted",
            "floating-range",
            "e to the z overflows from about 709 on. Subtract the largest logit from "
            "all of them, and from the label's as well.",
            lambda z, y: -np.log(np.exp(z)[y] / np.exp(z).sum()),
            lambda z, y: np.log(np.exp(z).sum()) - z[y],
        ),
    ),
    hint="With t = z - max(z), the loss is log(sum(exp(t))) - t[y].",
    right="Computed from the logits it grows in proportion to a mistake, without end.",
)


def _all_terms(q: Array, y: int) -> Array:
    """Binary cross-entropies of softmax's outputs, as if they were sigmoids."""
    with np.errstate(all="ignore"):
        terms: Array = -np.log(np.where(_true(q, y) == 1, q, 1 - q))
    return terms
