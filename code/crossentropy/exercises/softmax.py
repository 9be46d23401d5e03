"""Exercises on softmax and temperature."""

from __future__ import annotations

import math

import numpy as np

import crossentropy as ce
from crossentropy._validate import ScalarOrArray
from crossentropy.exercises._model import Exercise, Idea, Law, edge, ordinary
from crossentropy.exercises._values import Array

_SUM = Law(
    "the probabilities of a row sum to 1",
    lambda *a: bool(np.allclose(a[-1].sum(axis=-1), 1)),
)
_RANGE = Law("a probability is not negative", lambda *a: bool((a[-1] >= 0).all()))
_TWICE = (
    "softmax twice",
    "loss-double-softmax",
    (
        "Probabilities make perfectly good logits, so a second softmax does not fail. "
        "But they lie between 0 and 1, and what comes out is nearly uniform."
    ),
)
_OVERFLOW = (
    "no maximum subtracted",
    "floating-range",
    (
        "e to the z overflows from about 709 on, and infinity divided by infinity is "
        "nan; far below 0 all exponentials are 0, and 0/0 is nan as well. Subtract the "
        "largest logit first: only differences count."
    ),
)


def softmax(z: Array) -> ScalarOrArray:
    """Return the softmax of the logits z, shape (K,)."""
    e = np.exp(z - z.max())
    return e / e.sum()


SOFTMAX = Exercise(
    name="softmax",
    title="Write softmax",
    section="softmax-definition",
    task=r"""
Write `softmax(z)` for a vector of logits:

$$
\operatorname{softmax}(z)_i = \frac{e^{z_i}}{\sum_j e^{z_j}} .
$$

It has to work for logits in the thousands, too.
""",
    reference=softmax,
    cases=(
        ordinary("each share is an exponential over the sum", [1.0, 2.0, 0.5]),
        ordinary("negative logits are as good as others", [-1.0, 0.0, 3.0, 0.2]),
        edge(
            "adding 1000 to every logit changes nothing",
            [1001.0, 1002.0, 1000.5],
            why=_OVERFLOW[2],
            section="floating-range",
        ),
        edge(
            "subtracting 1000 from every logit changes nothing",
            [-999.0, -998.0, -999.5],
            why="All exponentials are 0, and 0/0 is nan. Only differences count.",
            section="softmax-shift",
        ),
        edge(
            "one logit may be 3000 above the others",
            [0.0, 0.0, 0.0, 3000.0],
            why="The largest exponent has to be 0, so that none overflows.",
            section="floating-range",
        ),
    ),
    laws=(_SUM, _RANGE),
    ideas=(
        Idea(*_TWICE, lambda z: ce.softmax(ce.softmax(z))),
        Idea(
            *_OVERFLOW,
            lambda z: np.exp(z) / np.exp(z).sum(),
            lambda z: np.exp(z - np.log(np.exp(z).sum())),
            lambda z: (
                np.array([math.exp(x) for x in z]) / math.fsum(math.exp(x) for x in z)
            ),
            lambda z: [math.exp(x) / sum(math.exp(y) for y in z) for x in z],
        ),
        Idea(
            "the mean or the minimum subtracted",
            "floating-range",
            "Any constant may be subtracted on paper. In floats it must be the largest "
            "logit: only then is no exponent above 0.",
            lambda z: np.exp(z - z.mean()) / np.exp(z - z.mean()).sum(),
            lambda z: np.exp(z - z.min()) / np.exp(z - z.min()).sum(),
            lambda z: np.exp(z - np.median(z)) / np.exp(z - np.median(z)).sum(),
        ),
        Idea(
            "division without the exponential",
            "softmax-definition",
            "Dividing by the sum gives negative shares for negative logits, and fails "
            "when the sum is 0. The exponential makes every share positive and turns "
            "differences of logits into ratios.",
            lambda z: z / z.sum(),
            lambda z: np.abs(z) / np.abs(z).sum(),
            lambda z: (z - z.min()) / (z - z.min()).sum(),
        ),
        Idea(
            "a sigmoid for each logit",
            "labels-one-or-two",
            "K sigmoids answer K separate yes-or-no questions and need not sum to 1. "
            "Softmax answers the one question, which class.",
            lambda z: 1 / (1 + np.exp(-z)),
            lambda z: ce.sigmoid(z) / ce.sigmoid(z).sum(),
        ),
        Idea(
            "no division by the sum",
            "softmax-definition",
            "Exponentials are positive, but they are not shares until they are divided "
            "by their sum. Divided by the largest, they give the winner a 1.",
            lambda z: np.exp(z),
            lambda z: np.exp(z - z.max()),
        ),
        Idea(
            "log-softmax for softmax",
            "softmax-logsumexp",
            "z - logsumexp(z) is the logarithm of the probabilities.",
            lambda z: ce.log_softmax(z),
            lambda z: z - np.log(np.exp(z).sum()),
        ),
        Idea(
            "sign of the logits",
            "softmax-definition",
            "A higher logit means a higher probability: the exponent is z, not -z.",
            lambda z: ce.softmax(-z),
        ),
        Idea(
            "powers of 2",
            "softmax-why-exp",
            "Powers of another base b are a softmax of z times log b: another "
            "temperature. The convention is base e.",
            lambda z: 2**z / (2**z).sum(),
        ),
        Idea(
            "arg max",
            "softmax-temperature",
            "All to the largest is the limit of low temperature. Softmax keeps an open "
            "mind, and has a gradient.",
            lambda z: np.eye(len(z))[z.argmax()],
        ),
    ),
    hint="Which constant may be subtracted from all logits, and which one keeps every "
    "exponent at or below 0?",
    right="Only differences of logits count: that is why the largest may go.",
)


def softmax_rows(logits: Array) -> ScalarOrArray:
    """Return the softmax of each row of the logits, shape (N, K)."""
    e = np.exp(logits - logits.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


_TWO = [[1.0, 2.0, 0.5], [0.0, -1.0, 3.0]]
_THREE = [[1.0, 2.0, 0.5], [0.0, -1.0, 3.0], [-2.0, 0.3, 0.1]]

SOFTMAX_ROWS = Exercise(
    name="softmax_rows",
    title="A batch of rows",
    section="softmax-definition",
    task=r"""
Write `softmax_rows(logits)` for a batch: `logits` has the shape $(N, K)$, one example a
row, and every row gets a softmax of its own. No loop over the rows is needed.

The rows may lie thousands apart from each other.
""",
    reference=softmax_rows,
    cases=(
        ordinary("each row has its own softmax", _TWO),
        ordinary("a square batch is read by rows, too", _THREE),
        edge(
            "rows may lie thousands apart",
            [[0.0, 1.0], [2000.0, 2001.0]],
            why="Each row has to be shifted by its own largest logit.",
            section="floating-range",
        ),
        edge(
            "a row may hold large logits",
            [[1000.0, 999.0], [1001.0, 1000.5]],
            why=_OVERFLOW[2],
            section="floating-range",
        ),
    ),
    laws=(_SUM, _RANGE),
    ideas=(
        Idea(
            "the wrong axis",
            "softmax-definition",
            "The columns sum to 1, so the examples compete with each other. The "
            "classes stand along the last axis: `axis=1`.",
            lambda z: ce.softmax(z.T).T,
            lambda z: np.exp(z) / np.exp(z).sum(axis=0),
        ),
        Idea(
            "one sum for the whole batch",
            "softmax-definition",
            "Here all entries of the batch share one total of 1. That is also what "
            "SciPy's softmax does unless you give it an axis.",
            lambda z: ce.softmax(z.ravel()).reshape(z.shape),
            lambda z: np.exp(z) / np.exp(z).sum(),
        ),
        Idea(
            "one maximum for the whole batch",
            "floating-range",
            "A row that lies far below the batch's largest logit underflows: all of "
            "its exponentials are 0, and 0/0 is nan. Each row needs its own maximum.",
            lambda z: (
                np.exp(z - z.max()) / np.exp(z - z.max()).sum(axis=1, keepdims=True)
            ),
            lambda z: (
                np.exp(z - z.max(axis=0))
                / np.exp(z - z.max(axis=0)).sum(axis=1, keepdims=True)
            ),
        ),
        Idea(
            "keepdims forgotten",
            "softmax-definition",
            "Without `keepdims=True` the sums have the shape (N,), and NumPy lines "
            "them up with the columns: an error, or for N = K a wrong result.",
            lambda z: np.exp(z) / np.exp(z).sum(axis=1),
            lambda z: np.exp(z - z.max(axis=1)) / np.exp(z - z.max(axis=1)).sum(axis=1),
            lambda z: (
                np.exp(z - z.max(axis=1))
                / np.exp(z - z.max(axis=1)).sum(axis=1, keepdims=True)
            ),
        ),
        Idea(
            *_OVERFLOW,
            lambda z: np.exp(z) / np.exp(z).sum(axis=1, keepdims=True),
        ),
        Idea(*_TWICE, lambda z: ce.softmax(ce.softmax(z))),
    ),
    hint="`keepdims=True` keeps a sum over axis 1 in the shape (N, 1), which divides "
    "each row by its own number.",
    right="The class axis is the last one; every row is an example of its own.",
)


def temperature(z: Array, T: float) -> ScalarOrArray:
    """Return the softmax of the logits z at the temperature T > 0."""
    t = (z - z.max()) / T
    return np.exp(t) / np.exp(t).sum()


TEMPERATURE = Exercise(
    name="temperature",
    title="Hotter and colder",
    section="softmax-temperature",
    task=r"""
Write `temperature(z, T)`, the softmax of $z / T$ for a vector of logits and a
temperature $T > 0$. A high temperature makes the distribution flatter, a low one
sharper. It has to work for very low temperatures.
""",
    reference=temperature,
    cases=(
        ordinary("the logits are divided by T", [1.0, 2.0, 0.5], 2.0),
        ordinary("below 1 it becomes sharper", [0.0, 3.0, -1.0, 0.5], 0.5),
        edge(
            "cold: the largest logit takes all",
            [0.0, 90.0, 30.0],
            0.01,
            why="z / T is 9000 here, and its exponential overflows. Subtract the "
            "largest logit first.",
            section="floating-range",
        ),
        edge("hot: all classes share equally", [1.0, 2.0, 0.5], 1e9),
    ),
    laws=(_SUM,),
    ideas=(
        Idea(
            "multiplied for divided",
            "softmax-temperature",
            "Multiplying by T makes high temperatures sharp. Some demos do that and "
            "call it temperature; it is one over it.",
            lambda z, T: ce.softmax(z * T),
        ),
        Idea(
            "divided after the softmax",
            "softmax-temperature",
            "Dividing probabilities by T keeps their ratios, and they no longer sum "
            "to 1. The logits are divided, before the exponential.",
            lambda z, T: ce.softmax(z) / T,
        ),
        Idea(
            "temperature as a shift",
            "softmax-shift",
            "A constant that is added to every logit or subtracted from it changes "
            "nothing. Temperature divides them.",
            lambda z, T: ce.softmax(z + T),
        ),
        Idea(
            "powers without a new sum",
            "softmax-temperature",
            "q to the power 1/T has the right ratios. It has to be divided by its sum "
            "once more.",
            lambda z, T: ce.softmax(z) ** (1 / T),
        ),
        Idea(
            "softmax twice",
            "loss-double-softmax",
            "The temperature belongs on the logits. Here it is applied to "
            "probabilities, and a second softmax makes them nearly uniform.",
            lambda z, T: ce.softmax(ce.softmax(z) / T),
            lambda z, T: ce.softmax(ce.softmax(z / T)),
        ),
        Idea(
            *_OVERFLOW,
            lambda z, T: np.exp(z / T) / np.exp(z / T).sum(),
        ),
    ),
    hint="Subtract the largest logit, divide by T, then take the exponentials.",
    right="Temperature never changes the order of the classes.",
)
