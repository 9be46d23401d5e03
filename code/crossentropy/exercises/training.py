"""The last exercise: train a classifier with a loss of your own."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np

import crossentropy as ce
from crossentropy.datasets import load_digits, split
from crossentropy.exercises._model import Answer, Exercise, Fault, Idea, ordinary
from crossentropy.exercises._values import Array, as_arrays
from crossentropy.linear import fit_linear

STEPS = 60
_SECTION = "loss-rivals"


def own_loss(logits: Array, labels: Array) -> tuple[float, Array]:
    """Return the mean loss of logits (N, K), and its gradient (N, K)."""
    t = logits - logits.max(axis=1, keepdims=True)
    e = np.exp(t)
    total = e.sum(axis=1, keepdims=True)
    rows = np.arange(len(labels))
    loss = np.mean(np.log(total[:, 0]) - t[rows, labels])
    grad = e / total
    grad[rows, labels] -= 1
    return loss, grad / len(labels)


@cache
def _data() -> tuple[Array, Array, Array, Array]:
    """Digits at 14 by 14 pixels: 4,000 to train on, 1,000 to test on."""
    parts: list[Array] = []
    for part in split(load_digits()):
        small = part.images.reshape(-1, 14, 2, 14, 2).mean(axis=(2, 4))
        parts += [small.reshape(-1, 196) / 255, part.labels.astype(np.intp)]
    x, y, x_test, y_test = parts
    return x, y, x_test, y_test


@cache
def baseline() -> float:
    """Return the share of test digits that the nearest class mean gets right."""
    x, y, x_test, y_test = _data()
    means = np.stack([x[y == k].mean(axis=0) for k in range(10)])
    distances = ((x_test[:, None] - means) ** 2).sum(axis=2)
    return float((distances.argmin(axis=1) == y_test).mean())


def accuracy(loss: Answer) -> float:
    """Return the share of test digits right after training with a loss; nan if lost."""
    x, y, x_test, y_test = _data()

    def paired(logits: Array, labels: Array) -> tuple[float, Array]:
        return _pair(loss, logits, labels)

    model, _ = fit_linear(x, y, 10, steps=STEPS, loss=paired)
    scores = model.logits(x_test)
    if not np.isfinite(scores).all():
        return float("nan")
    return float((scores.argmax(axis=1) == y_test).mean())


@cache
def _reached_by_reference() -> float:
    return accuracy(own_loss)


def _judge(loss: Answer) -> Fault | str:
    """Judge any loss: its gradient, its reduction, and what a model learns from it."""
    rng = np.random.default_rng(0)
    z, y = rng.normal(0, 2, size=(5, 10)), rng.integers(0, 10, size=5)
    return _gradient(loss, z, y) or _mean(loss, z, y) or _learning(loss)


def _gradient(loss: Answer, z: Array, y: Array) -> Fault | None:
    rng = np.random.default_rng(1)
    grad = _pair(loss, z, y)[1]
    for _ in range(3):
        c = rng.normal(size=z.shape)
        h = 1e-5
        slope = (_pair(loss, z + h * c, y)[0] - _pair(loss, z - h * c, y)[0]) / (2 * h)
        said = float((grad * c).sum())
        if not abs(slope - said) <= 1e-4 * max(abs(slope), abs(said)) + 1e-7:
            return Fault(
                "the gradient is the slope of the loss",
                f"in a random direction, on 5 rows of 10 logits\n"
                f"your gradient says    {said:.6g}\n"
                f"your loss changes by  {slope:.6g}",
                f"It is {said / slope:.4g} times as steep as the loss is there."
                if slope
                else "",
                "gradient-finite-differences",
            )
    if not np.abs(grad).max() > 0:
        return Fault(
            "the loss has a gradient",
            "the gradient is 0 for 5 rows of random logits",
            "Nothing can be learned from a loss that does not change with the logits.",
            "labels-thresholds",
        )
    return None


def _mean(loss: Answer, z: Array, y: Array) -> Fault | None:
    once = _pair(loss, z, y)[0]
    twice = _pair(loss, np.vstack([z, z]), np.concatenate([y, y]))[0]
    if abs(once - twice) <= 1e-6 * abs(once) + 1e-9:
        return None
    return Fault(
        "the loss is a mean, so the same rows twice give the same loss",
        f"5 rows            {once:.6g}\nthe same 5, twice  {twice:.6g}",
        "A sum grows with the batch, and the step that fits it shrinks.",
        "loss-reduction",
    )


def _learning(loss: Answer) -> Fault | str:
    reached, beaten = accuracy(loss), baseline()
    example = (
        f"your loss, {STEPS} steps   {_share(reached)}\n"
        f"nearest class mean    {_share(beaten)}"
    )
    if np.isnan(reached):
        return Fault("the logits stay finite in training", example, "", "gradient-step")
    if reached <= beaten:
        return Fault(
            "the classifier beats the nearest class mean",
            example,
            "Does the gradient keep pulling where the model is sure and wrong? Is its "
            "best answer the truth? Or is it steeper than the step allows?",
            _SECTION,
        )
    return (
        f"Trained with it, the classifier gets {_share(reached)} of the 1,000 test "
        f"digits right; the nearest class mean gets {_share(beaten)}, and softmax "
        f"cross-entropy {_share(_reached_by_reference())}."
    )


def _share(x: float) -> str:
    return "nothing" if np.isnan(x) else f"{100 * x:.1f} %"


def _pair(loss: Answer, z: Array, y: Array) -> tuple[float, Array]:
    """Call a loss on copies and return its value and gradient, torch's or NumPy's."""
    (value, grad), _ = as_arrays(loss(z.copy(), y.copy()), 2)
    return float(value), grad


def _hot(z: Array, y: Array) -> Array:
    return ce.one_hot(y, z.shape[1])


def _difference(z: Array, y: Array) -> tuple[Any, Any]:
    return ce.difference_loss_and_grad(z, _hot(z, y))


def _q(z: Array, y: Array) -> Array:
    made: Array = ce.softmax(z)[np.arange(len(y)), y]
    return made


def _slope_of_q(z: Array, y: Array) -> Array:
    made: Array = _q(z, y)[:, None] * (_hot(z, y) - ce.softmax(z))
    return made


def _twice(z: Array, y: Array) -> tuple[Any, Any]:
    q = ce.softmax(z)
    value, grad = ce.softmax_cross_entropy_and_grad(q, y)
    return value, q * (grad - (grad * q).sum(axis=1, keepdims=True))


OWN_LOSS = Exercise(
    name="own_loss",
    title="Train with your own loss and beat the baseline",
    section=_SECTION,
    task=r"""
Write `own_loss(logits, labels)`, which returns two things: the mean loss of a batch,
and its gradient with respect to the logits. It may be softmax cross-entropy, and it may
be any other loss that you want to try.

`check` compares the gradient with differences of your loss, and then trains a linear
classifier with it: 4,000 digits at 14 by 14 pixels, 60 steps of accelerated gradient
descent from zero weights, with a step that suits losses whose second derivatives in one
row's logits are at most one half. On 1,000 other digits it has to beat the *nearest
class mean*, which assigns each image to the class whose average image is closest.
""",
    reference=own_loss,
    parts=2,
    judge=_judge,
    cases=(
        ordinary(
            "a number and an array of the logits' shape",
            [[1.0, 2.0, 0.5], [0.0, -1.0, 3.0]],
            [1, 0],
        ),
        ordinary(
            "the same for any batch",
            [[0.5, -0.5], [2.0, 1.0], [-1.0, 0.3]],
            [1, 1, 0],
        ),
    ),
    ideas=(
        Idea(
            "gradient without the 1/N",
            "gradient-autograd",
            "q minus the label is the gradient of the sum of the losses; the mean's is "
            "divided by N.",
            lambda z, y: (ce.softmax_cross_entropy(z, y), ce.softmax(z) - _hot(z, y)),
        ),
        Idea(
            "sign",
            "gradient-reading",
            "Label minus prediction points downhill, and training subtracts the "
            "gradient: this model would unlearn.",
            lambda z, y: (
                ce.softmax_cross_entropy(z, y),
                (_hot(z, y) - ce.softmax(z)) / len(y),
            ),
            lambda z, y: (
                -ce.softmax_cross_entropy(z, y),
                (_hot(z, y) - ce.softmax(z)) / len(y),
            ),
        ),
        Idea(
            "sum for mean",
            "loss-reduction",
            "The sum's gradient grows with the batch, and the rate would have to "
            "shrink with it.",
            lambda z, y: (
                ce.softmax_cross_entropy(z, y, reduction="sum"),
                ce.softmax(z) - _hot(z, y),
            ),
        ),
        Idea(
            "difference loss",
            "loss-rivals",
            "Its score is linear in each probability. With ten balanced classes every "
            "class is true for one image in ten, so the best answer is 0 for all of "
            "them, and the model collapses. With two classes that does not show.",
            _difference,
        ),
        Idea(
            "one minus the probability",
            "loss-rivals",
            "The gradient carries a factor q_y (1 - q_y), which vanishes for confident "
            "mistakes and is small when all classes are equally likely, so that it "
            "starts slowly; and its best answer is certainty.",
            lambda z, y: (np.mean(1 - _q(z, y)), -_slope_of_q(z, y) / len(y)),
        ),
        Idea(
            "threshold before the loss",
            "labels-thresholds",
            "The number of errors is what one wants to lower, but it does not change "
            "with the logits, except in jumps: its gradient is 0.",
            lambda z, y: (np.mean(z.argmax(axis=1) != y), np.zeros_like(z)),
            lambda z, y: (np.mean(z.argmax(axis=1) == y), np.zeros_like(z)),
        ),
        Idea(
            "the gradient of another loss",
            "gradient-finite-differences",
            "q minus the label is the gradient of the cross-entropy. The value that "
            "stands beside it is another loss.",
            lambda z, y: (
                np.mean(1 - _q(z, y)),
                (ce.softmax(z) - _hot(z, y)) / len(y),
            ),
            lambda z, y: (
                np.mean(np.sum((ce.softmax(z) - _hot(z, y)) ** 2, axis=1)),
                (ce.softmax(z) - _hot(z, y)) / len(y),
            ),
            lambda z, y: (
                ce.softmax_cross_entropy(ce.softmax(z), y),
                (ce.softmax(z) - _hot(z, y)) / len(y),
            ),
        ),
        Idea(
            "softmax twice",
            "loss-double-softmax",
            "Probabilities were given as logits. The gradient has to pass through two "
            "softmaxes, and is faint: in these few steps little is learned.",
            _twice,
            lambda z, y: (
                ce.softmax_cross_entropy(ce.softmax(z), y),
                (ce.softmax(ce.softmax(z)) - _hot(z, y)) / len(y),
            ),
        ),
    ),
    hint="Start from `gradient` and `mean_loss`: both need the same exponentials.",
    seconds=60,
)
