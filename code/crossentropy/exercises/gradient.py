"""Exercises on the gradient: its formula, and a check without calculus."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

import crossentropy as ce
from crossentropy._validate import ScalarOrArray
from crossentropy.exercises._model import Exercise, Idea, Law, edge, ordinary
from crossentropy.exercises._values import Array


def gradient(logits: Array, labels: Array) -> ScalarOrArray:
    """Return the gradient of the mean loss in the logits, shape (N, K)."""
    e = np.exp(logits - logits.max(axis=1, keepdims=True))
    q = e / e.sum(axis=1, keepdims=True)
    q[np.arange(len(labels)), labels] -= 1
    return q / len(labels)


def _hot(logits: Array, labels: Array) -> Array:
    return ce.one_hot(labels, logits.shape[1])


_ROWS = [[1.0, 2.0, 0.5], [0.0, -1.0, 3.0]]


GRADIENT = Exercise(
    name="gradient",
    title="Prediction minus label",
    section="gradient-by-hand",
    task=r"""
Write `gradient(logits, labels)`, the gradient of the **mean** loss of a batch with
respect to its logits. `logits` has the shape $(N, K)$, `labels` holds $N$ classes; the
gradient has the shape of the logits. It must not change its arguments.
""",
    reference=gradient,
    cases=(
        ordinary("the gradient is q minus the label, over N", _ROWS, [1, 0]),
        ordinary("the batch may have any size", [*_ROWS, [-2.0, 0.3, 0.1]], [2, 2, 0]),
        ordinary("so may the number of classes", [[0.5, -0.5], [2.0, 1.0]], [1, 1]),
        edge(
            "large logits are no trouble",
            [[1000.0, 999.0], [0.0, 2000.0]],
            [0, 0],
            why="Subtract each row's largest logit before the exponentials.",
            section="floating-range",
        ),
    ),
    laws=(
        Law(
            "the entries of each row sum to 0",
            lambda z, y, g: bool(np.allclose(g.sum(axis=1), 0, atol=1e-7)),
        ),
        Law(
            "the label's entry is not positive: descent raises its logit",
            lambda z, y, g: bool((g[np.arange(len(y)), y] <= 1e-9).all()),
        ),
    ),
    ideas=(
        Idea(
            "gradient without the 1/N",
            "gradient-autograd",
            "q minus the label is the gradient of the *sum* of the losses. Without the "
            "1/N the learning rate is in effect multiplied by the batch size.",
            lambda z, y: ce.softmax(z) - _hot(z, y),
        ),
        Idea(
            "divided by N times K",
            "loss-reduction",
            "The loss is a mean over the N examples. The K classes are summed, not "
            "averaged.",
            lambda z, y: (ce.softmax(z) - _hot(z, y)) / z.size,
        ),
        Idea(
            "sign",
            "gradient-reading",
            "Label minus prediction points downhill. The gradient points uphill: "
            "prediction minus label.",
            lambda z, y: (_hot(z, y) - ce.softmax(z)) / len(y),
            lambda z, y: _hot(z, y) - ce.softmax(z),
        ),
        Idea(
            "the label forgotten",
            "gradient-reading",
            "q alone pushes every logit down. The true class is pulled up: 1 is "
            "subtracted from its entry.",
            lambda z, y: ce.softmax(z) / len(y),
            lambda z, y: ce.softmax(z),
        ),
        Idea(
            "the wrong classes left out",
            "gradient-reading",
            "The loss's value depends on q_y alone, but every logit moves q_y. Each "
            "wrong class is pushed down by the probability that it took.",
            lambda z, y: (ce.softmax(z) - 1) * _hot(z, y) / len(y),
            lambda z, y: (ce.softmax(z) - 1) * _hot(z, y),
        ),
        Idea(
            "the chain rule stopped at the probabilities",
            "gradient-by-hand",
            "-1/q_y is the derivative with respect to the probability. Softmax's "
            "Jacobian comes after it, and cancels the 1/q_y.",
            lambda z, y: -_hot(z, y) / ce.softmax(z) / len(y),
            lambda z, y: -_hot(z, y) / ce.softmax(z),
        ),
        Idea(
            "the derivative of softmax alone",
            "softmax-jacobian",
            "q_y ([i = y] - q_i) is how the probability of the label moves. The loss "
            "is its logarithm, which divides by -q_y.",
            lambda z, y: _of_probability(z, y) / len(y),
            lambda z, y: -_of_probability(z, y) / len(y),
            lambda z, y: ce.softmax(z) * (1 - ce.softmax(z)),
            lambda z, y: ce.softmax(z) * (1 - ce.softmax(z)) / len(y),
        ),
        Idea(
            "the label subtracted from the logits",
            "loss-rivals",
            "z minus the label is the gradient of a squared error on the logits. The "
            "softmax comes first.",
            lambda z, y: (z - _hot(z, y)) / len(y),
            lambda z, y: z - _hot(z, y),
        ),
        Idea(
            "the wrong axis",
            "softmax-definition",
            "The softmax runs over the classes of each row: `axis=1`.",
            lambda z, y: (ce.softmax(z.T).T - _hot(z, y)) / len(y),
        ),
        Idea(
            "softmax twice",
            "loss-double-softmax",
            "The probabilities went through a second softmax before the label was "
            "subtracted.",
            lambda z, y: (ce.softmax(ce.softmax(z)) - _hot(z, y)) / len(y),
        ),
        Idea(
            "no maximum subtracted",
            "floating-range",
            "The exponentials overflow at large logits, and infinity divided by "
            "infinity is nan. Subtract each row's largest logit.",
            lambda z, y: (
                (np.exp(z) / np.exp(z).sum(axis=1, keepdims=True) - _hot(z, y)) / len(y)
            ),
        ),
    ),
    hint="Softmax of each row, minus 1 at the label, all divided by N. "
    "`q[np.arange(N), labels]` picks one entry of each row.",
    right="However wrong a row is, its entries sum to 0 and are at most 1 in size.",
)


def _of_probability(z: Array, y: Array) -> Array:
    q = ce.softmax(z)
    made: Array = q[np.arange(len(y)), y][:, None] * (_hot(z, y) - q)
    return made


def loss_of_dog(z: Array) -> float:
    """Cross-entropy of the running example: the dog is class 1."""
    return float(ce.softmax_cross_entropy(z, 1))


def cubic(z: Array) -> float:
    """A function whose gradient is known: (z1^2, 2 z0 z1)."""
    return float(z[0] * z[1] ** 2)


def numerical_gradient(f: Callable[[Array], float], z: Array, h: float) -> Array:
    """Return the gradient of f at z by centred differences of step h."""
    g = np.zeros(len(z))
    for i in range(len(z)):
        step = np.zeros(len(z))
        step[i] = h
        g[i] = (f(z + step) - f(z - step)) / (2 * h)
    return g


def _quotients(
    f: Callable[[Array], float], z: Array, up: float, down: float, by: float
) -> Array:
    rows = np.eye(len(z))
    return np.array([(f(z + up * e) - f(z - down * e)) / by for e in rows])


NUMERICAL_GRADIENT = Exercise(
    name="numerical_gradient",
    title="A gradient without calculus",
    section="gradient-finite-differences",
    task=r"""
Write `numerical_gradient(f, z, h)`: the gradient at the vector `z` of a function `f`
that takes a vector and returns a number, by **centred** differences,

$$
\frac{f(z + h e_i) - f(z - h e_i)}{2h} .
$$

It must not change `z`. The check tries it on `cubic`, which is $z_0 z_1^2$, and on the
loss of the running example, with large steps, so that it can tell the quotients apart.
In use, take $10^{-5}$ and float64.
""",
    reference=numerical_gradient,
    cases=(
        ordinary(
            "the quotient is centred, one coordinate at a time", cubic, [2.0, -1.0], 0.5
        ),
        ordinary(
            "it works for any function of a vector", loss_of_dog, [1.0, 2.0, 0.5], 0.8
        ),
    ),
    ideas=(
        Idea(
            "a one-sided quotient",
            "gradient-finite-differences",
            "(f(z + h) - f(z))/h keeps the curvature, an error of order h. The centred "
            "quotient cancels it.",
            lambda f, z, h: _quotients(f, z, h, 0, h),
            lambda f, z, h: _quotients(f, z, 0, h, h),
        ),
        Idea(
            "h for 2h",
            "gradient-finite-differences",
            "From z - h to z + h it is 2h. The result is twice the gradient.",
            lambda f, z, h: _quotients(f, z, h, h, h),
        ),
        Idea(
            "2h for h",
            "gradient-finite-differences",
            "A one-sided difference goes h far, and is divided by h.",
            lambda f, z, h: _quotients(f, z, h, 0, 2 * h),
        ),
        Idea(
            "no division by the step",
            "gradient-finite-differences",
            "A difference becomes a slope when it is divided by the distance, 2h.",
            lambda f, z, h: _quotients(f, z, h, h, 1),
        ),
        Idea(
            "all coordinates moved at once",
            "gradient-finite-differences",
            "Moving every logit by the same amount changes nothing in a softmax: this "
            "slope is 0, whatever the gradient is. Move one coordinate at a time.",
            lambda f, z, h: np.full(len(z), (f(z + h) - f(z - h)) / (2 * h)),
            lambda f, z, h: (f(z + h) - f(z - h)) / (2 * h),
        ),
        Idea(
            "steps that are not taken back",
            "gradient-finite-differences",
            "Each coordinate has to start from z again. Here the earlier ones are "
            "still moved.",
            lambda f, z, h: np.array(
                [
                    (
                        f(z + h * (np.arange(len(z)) <= i))
                        - f(z + h * (np.arange(len(z)) < i) - h * np.eye(len(z))[i])
                    )
                    / (2 * h)
                    for i in range(len(z))
                ]
            ),
        ),
    ),
    hint="Make a vector of zeros with h at one place, and add it to z.",
    right="A backward pass that passes this at random points, in float64, is right.",
)
