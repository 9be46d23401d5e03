"""Exercises on the mean loss of a batch and of the rows that are kept."""

from __future__ import annotations

import math

import numpy as np

import crossentropy as ce
from crossentropy._validate import ScalarOrArray
from crossentropy.exercises._model import Exercise, Idea, Law, Outcomes, edge, ordinary
from crossentropy.exercises._values import Array

Z3 = [[1.0, 2.0, 0.5], [0.0, -1.0, 3.0], [-2.0, 0.3, 0.1]]


Z4 = [*Z3, [0.4, 0.2, 1.5]]


def row_losses(z: Array, y: Array) -> Array:
    """The losses of the rows; labels that are no class cost nothing."""
    made: Array = ce.softmax_cross_entropy(z, y, reduction="none", ignore_index=-1)
    return made


def mean_loss(logits: Array, labels: Array) -> ScalarOrArray:
    """Return the mean softmax cross-entropy of logits (N, K) and N labels."""
    t = logits - logits.max(axis=1, keepdims=True)
    log_sum = np.log(np.exp(t).sum(axis=1))
    return np.mean(log_sum - t[np.arange(len(labels)), labels])


_FIRST = "it is the mean over the rows"
_CONFIDENT = "a confident mistake costs its margin"


def _capped(outcomes: Outcomes) -> bool:
    """Right where nothing is extreme, but with an end to the loss."""
    right = ce.softmax_cross_entropy(Z3[:2], [1, 0])
    far = outcomes[_CONFIDENT].number
    return bool(abs(outcomes[_FIRST].number - right) < 1e-2 and 1 < far < 400)


MEAN_LOSS = Exercise(
    name="mean_loss",
    title="The loss of a batch",
    section="loss-reduction",
    task=r"""
Write `mean_loss(logits, labels)`: the mean over the $N$ rows of a batch of the softmax
cross-entropy, in nats. `logits` has the shape $(N, K)$, and `labels` holds the classes
$0, \dots, K - 1$ of the rows.
""",
    reference=mean_loss,
    cases=(
        ordinary(_FIRST, Z3[:2], [1, 0]),
        ordinary("each row has its own label", Z4, [2, 2, 1, 0]),
        ordinary("a square batch is read by rows, too", Z3, [1, 0, 2]),
        edge(
            "rows may lie thousands apart",
            [[0.0, 1.0], [2000.0, 2001.0], [-3000.0, -3000.0]],
            [0, 1, 1],
            why="Subtract each row's own largest logit.",
            section="floating-range",
        ),
        edge(
            _CONFIDENT,
            [[0.0, 1000.0], [0.0, 0.0]],
            [0, 1],
            why="The probability rounds to 0. Compute the loss from the logits.",
            section="floating-range",
        ),
    ),
    laws=(Law("a loss is not negative", lambda z, y, v: bool((v >= -1e-9).all())),),
    ideas=(
        Idea(
            "sum for mean",
            "loss-reduction",
            "The sum grows with the batch, and its gradient with it: the learning rate "
            "would have to change with the batch size.",
            lambda z, y: row_losses(z, y).sum(),
        ),
        Idea(
            "divided by N times K",
            "loss-reduction",
            "A mean over all entries of the one-hot product divides by K as well. The "
            "classes are summed, the rows averaged.",
            lambda z, y: row_losses(z, y).mean() / z.shape[1],
        ),
        Idea(
            "the wrong axis",
            "softmax-definition",
            "The softmax runs over the classes of each row, `axis=1`. Over axis 0 the "
            "examples compete with each other.",
            lambda z, y: -np.log(ce.softmax(z.T).T[np.arange(len(y)), y]).mean(),
            lambda z, y: (
                -np.log(ce.softmax(z.ravel()).reshape(z.shape))[
                    np.arange(len(y)), y
                ].mean()
            ),
        ),
        Idea(
            "every row paired with every label",
            "loss-reduction",
            "`a[:, labels]` picks N columns of all rows, N times N entries. "
            "`a[np.arange(N), labels]` picks one entry of each row.",
            lambda z, y: -ce.log_softmax(z)[:, y].mean(),
            lambda z, y: -ce.log_softmax(z)[:, y].sum() / len(y),
        ),
        Idea(
            "softmax twice",
            "loss-double-softmax",
            "Probabilities were given as logits. With ten classes such a loss starts "
            "at log 10 like a right one, and then can't fall far.",
            lambda z, y: row_losses(ce.softmax(z), y).mean(),
        ),
        Idea(
            "the log of the mean probability",
            "loss-values",
            "The likelihood is a product over the examples, so the logarithms are "
            "averaged: first the log of each row, then the mean.",
            lambda z, y: -np.log(ce.softmax(z)[np.arange(len(y)), y].mean()),
        ),
        Idea(
            "labels counted from 1",
            "loss-labels",
            "Class labels are indices from 0 to K - 1. With 1 subtracted, class 0 "
            "becomes -1, and Python takes the last class without a word.",
            lambda z, y: -ce.log_softmax(z)[np.arange(len(y)), y - 1].mean(),
        ),
        Idea(
            "the predicted class for the label",
            "loss-labels",
            "The surprisal of each row's likeliest class says how sure the model is, "
            "right or wrong. The loss asks for the true class.",
            lambda z, y: -np.log(ce.softmax(z).max(axis=1)).mean(),
        ),
        Idea(
            "log base 2",
            "information-surprisal",
            "That is the loss in bits; `np.log` gives nats.",
            lambda z, y: row_losses(z, y).mean() / math.log(2),
        ),
        Idea(
            "sign",
            "information-surprisal",
            "A loss is minus the log-likelihood: small is good.",
            lambda z, y: -row_losses(z, y).mean(),
        ),
        Idea(
            "an epsilon inside the logarithm, or a clip",
            "floating-epsilon",
            "It puts an end to the loss and takes the gradient away, just where the "
            "model is most wrong. Compute the loss from the logits.",
            lambda z, y: -np.log(ce.softmax(z)[np.arange(len(y)), y] + 1e-8).mean(),
            lambda z, y: (
                -np.log(np.maximum(ce.softmax(z)[np.arange(len(y)), y], 1e-7)).mean()
            ),
            telltale=_capped,
        ),
        Idea(
            "epsilon added to the logits, or nothing against log 0",
            "floating-range",
            "The probability of a confident mistake rounds to 0, and its logarithm is "
            "minus infinity. An epsilon on all logits is a shift and changes nothing. "
            "Compute the loss from the logits.",
            lambda z, y: -np.log(ce.softmax(z)[np.arange(len(y)), y]).mean(),
        ),
        Idea(
            "no maximum subtracted",
            "floating-range",
            "The exponentials overflow at large logits. Subtract each row's largest.",
            lambda z, y: (
                np.log(np.exp(z).sum(axis=1)) - z[np.arange(len(y)), y]
            ).mean(),
            lambda z, y: (
                -np.log(
                    (np.exp(z) / np.exp(z).sum(axis=1, keepdims=True))[
                        np.arange(len(y)), y
                    ]
                ).mean()
            ),
        ),
        Idea(
            "one maximum for the whole batch",
            "floating-range",
            "Rows far below the batch's largest logit underflow. Each row needs its "
            "own maximum.",
            lambda z, y: (
                np.log(np.exp(z - z.max()).sum(axis=1))
                - (z - z.max())[np.arange(len(y)), y]
            ).mean(),
        ),
    ),
    hint="`t[np.arange(N), labels]` picks the label's entry of each row.",
    right="The size of a mean's gradient does not depend on the size of the batch.",
)


def kept_loss(logits: Array, labels: Array) -> ScalarOrArray:
    """Return the mean loss of the rows whose label is not -1, or 0."""
    kept = labels != -1
    z, y = logits[kept], labels[kept]
    t = z - z.max(axis=1, keepdims=True)
    losses = np.log(np.exp(t).sum(axis=1)) - t[np.arange(len(y)), y]
    return losses.sum() / max(1, len(y))


KEPT_LOSS = Exercise(
    name="kept_loss",
    title="Labels to ignore",
    section="loss-reduction",
    task=r"""
In a batch of tokens some labels are padding, marked by $-1$. Write
`kept_loss(logits, labels)`, the mean loss of the rows that are *kept*, those with
another label. If none is kept, return 0.
""",
    reference=kept_loss,
    cases=(
        ordinary("the mean is over the rows that are kept", Z4, [1, -1, -1, 0]),
        ordinary("an ignored row has no effect", Z3, [-1, 0, 2]),
        edge("nothing has to be ignored", Z3[:2], [1, 0]),
        edge(
            "with nothing kept it is 0",
            Z3[:2],
            [-1, -1],
            why="The mean of nothing is 0/0, nan, and it poisons every sum it enters. "
            "Divide by max(1, kept).",
            section="floating-nan",
        ),
    ),
    ideas=(
        Idea(
            "ignored rows counted in the mean",
            "loss-reduction",
            "The ignored rows add 0 to the sum, and must not be counted in the "
            "denominator either. Divide by the number of kept rows.",
            lambda z, y: row_losses(z, y).sum() / len(y),
        ),
        Idea(
            "-1 taken for the last class",
            "loss-reduction",
            "In Python the index -1 is the last entry, so the padding was charged as "
            "the last class. -1 is a mark here, not a position.",
            lambda z, y: -ce.log_softmax(z)[np.arange(len(y)), y].mean(),
        ),
        Idea(
            "-1 taken for class 0",
            "loss-reduction",
            "A label that was clipped to 0 is charged as class 0. Leave the row out.",
            lambda z, y: -ce.log_softmax(z)[np.arange(len(y)), np.maximum(y, 0)].mean(),
        ),
        Idea(
            "sum for mean",
            "loss-reduction",
            "The sum over the kept rows still has to be divided by their number.",
            lambda z, y: row_losses(z, y).sum(),
        ),
        Idea(
            "logits zeroed for ignored rows",
            "loss-reduction",
            "A row of zeros is a blind guess, and costs log K. An ignored row costs "
            "nothing and is not counted.",
            lambda z, y: (
                -ce.log_softmax(np.where((y == -1)[:, None], 0.0, z))[
                    np.arange(len(y)), y
                ].mean()
            ),
        ),
        Idea(
            "the mean of nothing",
            "floating-nan",
            "With every label ignored the mean is 0/0, nan, and one such batch poisons "
            "all that is added to it.",
            lambda z, y: np.mean(row_losses(z, y)[y != -1]),
            lambda z, y: row_losses(z, y).sum() / np.sum(y != -1),
        ),
    ),
    hint="Select the kept rows first: `kept = labels != -1`, then `logits[kept]`.",
    right="The denominator is the number of kept rows, whatever the batch's size.",
)
