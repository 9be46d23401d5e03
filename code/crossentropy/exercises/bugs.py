"""Exercises that start with faulty code: find the bug and mend it."""

from __future__ import annotations

import numpy as np

import crossentropy as ce
from crossentropy._validate import ScalarOrArray
from crossentropy.exercises._model import Exercise, Idea, Outcomes, edge, ordinary
from crossentropy.exercises._values import Array


def _given_stuck_loss(x: Array, W: Array, labels: Array) -> ScalarOrArray:
    """Return the mean loss of the logits x @ W, with x (N, D), W (D, K)."""
    z = x @ W
    e = np.exp(z - z.max(axis=1, keepdims=True))
    outputs = e / e.sum(axis=1, keepdims=True)
    # the loss works on logits, with the largest subtracted
    t = outputs - outputs.max(axis=1, keepdims=True)
    log_q = t - np.log(np.exp(t).sum(axis=1, keepdims=True))
    return -np.mean(log_q[np.arange(len(labels)), labels])


def stuck_loss(x: Array, W: Array, labels: Array) -> ScalarOrArray:
    """Return the mean loss of the logits x @ W, with x (N, D), W (D, K)."""
    z = x @ W
    # the loss works on logits, with the largest subtracted
    t = z - z.max(axis=1, keepdims=True)
    log_q = t - np.log(np.exp(t).sum(axis=1, keepdims=True))
    return -np.mean(log_q[np.arange(len(labels)), labels])


_FEATURES = [[1.0, 0.5], [-0.5, 2.0], [0.3, -1.0]]
_WEIGHTS = [[0.4, -1.0, 0.7], [1.2, 0.3, -0.6]]

STUCK_LOSS = Exercise(
    name="stuck_loss",
    title="The loss that gets stuck",
    section="loss-double-softmax",
    task=r"""
A classifier for ten digits trains, its accuracy rises slowly, but the loss below
starts at $\log 10$ and never falls below $\log(1 + 9/e)$. No line fails and no line
warns. Find the bug and mend it.
""",
    reference=stuck_loss,
    given=_given_stuck_loss,
    cases=(
        ordinary(
            "it is the softmax cross-entropy of x @ W", _FEATURES, _WEIGHTS, [0, 0, 2]
        ),
        ordinary(
            "a better classifier has a smaller loss",
            _FEATURES,
            [[2.0, -3.0, 1.0], [4.0, 1.0, -5.0]],
            [0, 0, 2],
        ),
        edge(
            "a perfect classifier has next to no loss",
            [[1.0, 0.0], [0.0, 1.0]],
            [[50.0, 0.0], [0.0, 50.0]],
            [0, 1],
        ),
    ),
    ideas=(
        Idea(
            "probabilities given as logits",
            "loss-double-softmax",
            "The model ends in a softmax, and the loss applies another one. "
            "Probabilities lie between 0 and 1, so that no margin can exceed 1. Give "
            "the loss the logits.",
            _given_stuck_loss,
        ),
        Idea(
            "a sigmoid before the softmax",
            "loss-double-softmax",
            "A sigmoid's outputs lie between 0 and 1 as well, and the loss can't get "
            "below the same floor. The loss takes the logits.",
            lambda x, W, y: ce.softmax_cross_entropy(ce.sigmoid(x @ W), y),
        ),
        Idea(
            "no softmax at all",
            "loss-composition",
            "Minus the label's logit has no lower end: without the denominator, "
            "raising all logits together lowers the loss.",
            lambda x, W, y: -np.mean((x @ W)[np.arange(len(y)), y]),
        ),
        Idea(
            "the probability without its logarithm",
            "loss-rivals",
            "The mean probability of the labels is no proper score. The loss is minus "
            "the logarithm.",
            lambda x, W, y: -np.mean(ce.softmax(x @ W)[np.arange(len(y)), y]),
            lambda x, W, y: 1 - np.mean(ce.softmax(x @ W)[np.arange(len(y)), y]),
        ),
        Idea(
            "the maximum subtracted from the denominator only",
            "floating-cancellation",
            "t = z - max has to stand in both places: in the sum and at the label.",
            lambda x, W, y: np.mean(
                np.log(np.exp(x @ W - (x @ W).max(axis=1, keepdims=True)).sum(axis=1))
                - (x @ W)[np.arange(len(y)), y]
            ),
        ),
    ),
    hint="How many times do exponentials get divided by their sum?",
    right="A loss near log(1 + (K - 1)/e) is worth a look at the last layer.",
)


def _given_infinite_loss(z: Array, y: int) -> ScalarOrArray:
    """Return the softmax cross-entropy of logits z (K,) and a label y."""
    z = z + 1e-8  # so that log(0) can't happen
    e = np.exp(z - z.max())
    q = e / e.sum()
    return -np.log(q[y])


def infinite_loss(z: Array, y: int) -> ScalarOrArray:
    """Return the softmax cross-entropy of logits z (K,) and a label y."""
    t = z - z.max()
    return np.log(np.exp(t).sum()) - t[y]


_FARTHER = "a mistake by 1000 costs 1000"


def _capped(outcomes: Outcomes) -> bool:
    far = outcomes[_FARTHER].number
    usual = outcomes["for moderate logits nothing changes"].number
    right = ce.softmax_cross_entropy([1.0, 2.0, 0.5], 1)
    return bool(abs(usual - right) < 1e-2 and np.isfinite(far) and 1 < far < 800)


INFINITE_LOSS = Exercise(
    name="infinite_loss",
    title="The loss that is infinite",
    section="floating-epsilon",
    task=r"""
Somebody met an infinite loss and followed the advice to add a small number to the
logits. The loss below is still infinite for the logits $(0, 1000)$ and the label 0,
where it should be 1000. Mend it.
""",
    reference=infinite_loss,
    given=_given_infinite_loss,
    cases=(
        ordinary("for moderate logits nothing changes", [1.0, 2.0, 0.5], 1),
        ordinary("nor for another label", [-1.0, 0.3, 3.0, 0.2], 0),
        edge(
            _FARTHER,
            [0.0, 1000.0],
            0,
            why="e to the -1000 rounds to 0. Take the logarithm on paper, where it "
            "cancels the exponential.",
            section="floating-range",
        ),
        edge("a mistake by 40 costs 40", [0.0, 40.0, 0.0], 0),
        edge(
            "large logits do not overflow",
            [1000.0, 1001.0],
            0,
            why="The subtraction of the largest logit has to stay.",
            section="floating-range",
        ),
    ),
    ideas=(
        Idea(
            "epsilon added to the logits",
            "softmax-shift",
            "The same number on every logit is a shift, and softmax does not see it: "
            "the probability still rounds to 0, with or without it. Compute the loss "
            "from the logits, log-sum-exp minus the label's.",
            _given_infinite_loss,
            lambda z, y: -np.log(ce.softmax(z)[y]),
            lambda z, y: -np.log(ce.softmax(z + 1.0)[y]),
        ),
        Idea(
            "an epsilon inside the logarithm, or a clip",
            "floating-epsilon",
            "The loss is finite now, and wrong: it stops growing, and with it the "
            "gradient is gone, just where the model is most wrong.",
            *(
                (lambda e: lambda z, y: -np.log(ce.softmax(z)[y] + e))(eps)
                for eps in (1e-5, 1e-7, 1e-8, 1e-10, 1e-12, 1e-15)
            ),
            lambda z, y: -np.log(np.clip(ce.softmax(z)[y], 1e-7, 1)),
            telltale=_capped,
        ),
        Idea(
            "no maximum subtracted",
            "floating-range",
            "Without the shift the exponentials overflow.",
            lambda z, y: np.log(np.exp(z).sum()) - z[y],
            lambda z, y: -np.log(np.exp(z)[y] / np.exp(z).sum()),
        ),
        Idea(
            "infinity replaced by a large number",
            "floating-epsilon",
            "A number put in the place of infinity has no gradient. The right value is "
            "finite and can be computed.",
            lambda z, y: np.nan_to_num(-np.log(ce.softmax(z)[y])),
            lambda z, y: np.nan_to_num(-np.log(ce.softmax(z)[y]), posinf=0.0),
        ),
    ),
    hint="log(e^t / sum) = t - log(sum), with t = z - max(z).",
    right="No epsilon is needed where no logarithm meets a 0.",
)


def _given_step(W: Array, x: Array, labels: Array, rate: float) -> ScalarOrArray:
    """Return the weights W (D, K) after a step on the mean loss of x (N, D)."""
    z = x @ W
    e = np.exp(z - z.max(axis=1, keepdims=True))
    q = e / e.sum(axis=1, keepdims=True)
    one_hot = np.eye(W.shape[1])[labels]
    return W - rate * x.T @ (q - one_hot)


def training_step(W: Array, x: Array, labels: Array, rate: float) -> ScalarOrArray:
    """Return the weights W (D, K) after a step on the mean loss of x (N, D)."""
    z = x @ W
    e = np.exp(z - z.max(axis=1, keepdims=True))
    q = e / e.sum(axis=1, keepdims=True)
    one_hot = np.eye(W.shape[1])[labels]
    return W - rate * x.T @ (q - one_hot) / len(labels)


def _step(W: Array, x: Array, y: Array, rate: float, scale: float) -> Array:
    made: Array = W - rate * scale * x.T @ (ce.softmax(x @ W) - _hot(W, y))
    return made


def _hot(W: Array, y: Array) -> Array:
    return ce.one_hot(y, W.shape[1])


TRAINING_STEP = Exercise(
    name="training_step",
    title="The step that depends on the batch",
    section="gradient-autograd",
    task=r"""
This step of gradient descent on the *mean* loss worked with batches of 8. With batches
of 512 and the same rate the training diverges, although nothing else was changed. Find
the bug and mend it.
""",
    reference=training_step,
    given=_given_step,
    cases=(
        ordinary("it is a step on the mean loss", _WEIGHTS, _FEATURES, [0, 2, 1], 0.5),
        ordinary("its size is the rate's", _WEIGHTS, _FEATURES[:2], [1, 1], 0.1),
        edge("a rate of 0 changes nothing", _WEIGHTS, _FEATURES, [0, 2, 1], 0.0),
    ),
    ideas=(
        Idea(
            "gradient without the 1/N",
            "gradient-autograd",
            "x'(q - y) is the gradient of the sum of the losses. For the mean it is "
            "divided by N; without that the rate is in effect N times as large.",
            _given_step,
        ),
        Idea(
            "sign",
            "gradient-step",
            "The gradient points uphill. A step of descent subtracts it.",
            lambda W, x, y, r: _step(W, x, y, r, -1 / len(y)),
            lambda W, x, y, r: _step(W, x, y, r, -1),
        ),
        Idea(
            "divided by N times K",
            "loss-reduction",
            "The classes are summed, not averaged: divide by the number of rows alone.",
            lambda W, x, y, r: _step(W, x, y, r, 1 / (len(y) * W.shape[1])),
        ),
        Idea(
            "divided by K",
            "loss-reduction",
            "The mean is over the N rows of the batch. `len(labels)` is N.",
            lambda W, x, y, r: _step(W, x, y, r, 1 / W.shape[1]),
        ),
        Idea(
            "divided by the number of features",
            "loss-reduction",
            "`len(W)` and `x.shape[1]` are D. The mean is over the N rows.",
            lambda W, x, y, r: _step(W, x, y, r, 1 / len(W)),
        ),
        Idea(
            "the label forgotten",
            "gradient-reading",
            "q alone pushes every logit down; nothing is learned from the labels.",
            lambda W, x, y, r: W - r * x.T @ ce.softmax(x @ W) / len(y),
        ),
        Idea(
            "the gradient for the new weights",
            "gradient-step",
            "The function returns the weights after the step, not the gradient.",
            lambda W, x, y, r: x.T @ (ce.softmax(x @ W) - _hot(W, y)) / len(y),
            lambda W, x, y, r: r * x.T @ (ce.softmax(x @ W) - _hot(W, y)) / len(y),
        ),
    ),
    hint="Which quantity in the last line grows with the number of rows?",
    right="Now the rate means the same for every batch size.",
)
