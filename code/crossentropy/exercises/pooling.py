"""Exercises on means of parts and with weights."""

from __future__ import annotations

import math

import numpy as np

from crossentropy._validate import ScalarOrArray
from crossentropy.exercises._model import Exercise, Idea, edge, ordinary
from crossentropy.exercises._values import Array
from crossentropy.exercises.reductions import Z3, Z4, row_losses


def pooled_loss(means: Array, counts: Array) -> ScalarOrArray:
    """Return the mean loss per token of several micro-batches together."""
    some = counts > 0
    return np.sum(means[some] * counts[some]) / np.sum(counts)


POOLED_LOSS = Exercise(
    name="pooled_loss",
    title="Gradient accumulation",
    section="loss-reduction",
    task=r"""
A batch is worked off in micro-batches. Of each you have the mean loss per token and the
number of tokens. Write `pooled_loss(means, counts)`, the mean loss per token of the
whole batch. A micro-batch of padding alone has the count 0 and the mean nan; it must
not spoil the rest.
""",
    reference=pooled_loss,
    cases=(
        ordinary("every token counts the same", [1.0, 3.0], [2, 8]),
        ordinary("there may be more than two parts", [0.5, 2.0, 1.0], [1, 5, 10]),
        edge(
            "a micro-batch without tokens counts nothing",
            [1.0, math.nan, 2.0],
            [3, 0, 1],
            why="0 times nan is nan. Leave such a part out of the sum.",
            section="floating-nan",
        ),
    ),
    ideas=(
        Idea(
            "the mean of the means",
            "loss-reduction",
            "It gives a token in a small micro-batch more weight than one in a large. "
            "Add up sums and counts, and divide once.",
            lambda m, n: np.mean(m),
            lambda m, n: np.nanmean(m),
        ),
        Idea(
            "sum for mean",
            "loss-reduction",
            "A sum has to be divided by the number of tokens, once, at the end.",
            lambda m, n: np.sum(m * n),
            lambda m, n: np.sum(m),
            lambda m, n: np.sum(m * n) / len(n),
        ),
        Idea(
            "means divided by the counts",
            "loss-reduction",
            "The means are divided by their counts already. Multiply to get the sums "
            "back.",
            lambda m, n: np.sum(m / n) / len(n),
            lambda m, n: np.sum(m) / np.sum(n),
            lambda m, n: np.sum(m / n),
        ),
        Idea(
            "0 times nan taken for 0",
            "floating-nan",
            "The mean of no tokens is nan, and 0 * nan is nan. Select the parts that "
            "have tokens before you multiply.",
            lambda m, n: np.sum(m * n) / np.sum(n),
            lambda m, n: np.dot(m, n) / np.sum(n),
        ),
    ),
    hint="What is the sum of the losses in each micro-batch?",
    right="Sums and counts, one division: the same over processes.",
)


def weighted_loss(logits: Array, labels: Array, weights: Array) -> ScalarOrArray:
    """Return the mean loss, each row weighted by its label's weight."""
    t = logits - logits.max(axis=1, keepdims=True)
    losses = np.log(np.exp(t).sum(axis=1)) - t[np.arange(len(labels)), labels]
    w = weights[labels]
    return np.sum(w * losses) / np.sum(w)


WEIGHTED_LOSS = Exercise(
    name="weighted_loss",
    title="Class weights",
    section="loss-reduction",
    task=r"""
Write `weighted_loss(logits, labels, weights)` with a weight for each of the $K$
classes, in the way that PyTorch's `reduction="mean"` takes it: a row counts with the
weight of its label, and the sum is divided by the sum of the weights of the *rows*:

$$
\frac{\sum_n w_{y_n} L_n}{\sum_n w_{y_n}} .
$$
""",
    reference=weighted_loss,
    cases=(
        ordinary("it is divided by the rows' weights", Z3[:2], [1, 0], [1.0, 5.0, 2.0]),
        ordinary(
            "a class may occur several times",
            Z4,
            [2, 2, 1, 0],
            [0.5, 1.0, 3.0],
        ),
        edge(
            "in a batch of one class the weight cancels",
            Z3[:2],
            [1, 1],
            [1.0, 50.0, 1.0],
        ),
        edge(
            "large logits are no trouble",
            [[0.0, 1000.0], [2000.0, 2000.0]],
            [0, 1],
            [1.0, 2.0],
            section="floating-range",
        ),
    ),
    ideas=(
        Idea(
            "divided by N",
            "loss-reduction",
            "Then rare, heavy classes change the size of the loss from batch to batch. "
            "The weighted mean divides by the sum of the rows' weights.",
            lambda z, y, w: (w[y] * row_losses(z, y)).mean(),
        ),
        Idea(
            "divided by the sum of all class weights",
            "loss-reduction",
            "The denominator has one weight for each row of the batch, not one for "
            "each class.",
            lambda z, y, w: (w[y] * row_losses(z, y)).sum() / w.sum(),
            lambda z, y, w: (w[y] / w.sum() * row_losses(z, y)).mean(),
        ),
        Idea(
            "sum for mean",
            "loss-reduction",
            "The weighted sum has to be divided by the sum of the rows' weights.",
            lambda z, y, w: (w[y] * row_losses(z, y)).sum(),
        ),
        Idea(
            "no weights",
            "labels-imbalance",
            "This is the plain mean: the weights had no effect.",
            lambda z, y, w: row_losses(z, y).mean(),
        ),
        Idea(
            "weights on the logits",
            "labels-imbalance",
            "A factor on a logit is a temperature for that class. A weight multiplies "
            "the row's loss.",
            lambda z, y, w: row_losses(z * w, y).mean(),
        ),
        Idea(
            "weights inside the logarithm",
            "labels-imbalance",
            "log(w q) is log w + log q: the weight only adds a constant, which no "
            "gradient sees.",
            lambda z, y, w: (row_losses(z, y) - np.log(w[y])).mean(),
        ),
        Idea(
            "the weight of the predicted class",
            "labels-imbalance",
            "The weight goes by the label, which the model can't choose.",
            lambda z, y, w: (
                (w[z.argmax(axis=1)] * row_losses(z, y)).sum()
                / w[z.argmax(axis=1)].sum()
            ),
        ),
    ),
    hint="`weights[labels]` is the weight of each row.",
    right="So in a batch of one class, or of one row, the weight cancels.",
)
