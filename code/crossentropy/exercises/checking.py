"""Exercises on tiny losses and honest probabilities."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

import crossentropy as ce
from crossentropy._validate import ScalarOrArray
from crossentropy.exercises._model import Case, Exercise, Idea, edge, ordinary
from crossentropy.exercises._values import Array


def confident_loss(z: Array, y: int) -> ScalarOrArray:
    """Return the loss of one row of logits, accurate even when tiny."""
    t = z - z.max()
    e = np.exp(t)
    e_y = e[y]
    e[y] = 0
    return np.log1p(e.sum() + (e_y - 1)) - t[y]


CONFIDENT_LOSS = Exercise(
    name="confident_loss",
    title="A loss that never rounds to 0",
    section="floating-log1p",
    task=r"""
When the model is right and sure, the loss is tiny, and the usual formulas return 0.
Write `confident_loss(z, y)` for one row of logits so that even then all its digits are
right. The function `np.log1p(x)`, which is $\log(1 + x)$ without the rounding of
$1 + x$, is made for this. All that was asked of a loss before is still asked.
""",
    reference=confident_loss,
    cases=(
        ordinary("it is softmax cross-entropy", [1.0, 2.0, 0.5], 1),
        ordinary("the label may be any class", [-1.0, 0.3, 3.0, 0.2], 0),
        edge(
            "a lead of 40 leaves a tiny loss, not 0",
            [0.0, 40.0, 0.0],
            1,
            why="Added to 1, a number below 1e-16 is lost. Keep the label's own term, "
            "the 1, out of the sum, and use log1p.",
            section="floating-log1p",
            rtol=1e-6,
            atol=0.0,
        ),
        edge(
            "a lead of 200 as well",
            [0.0, 200.0],
            1,
            why="The loss is e to the -200, which float64 can hold.",
            section="floating-log1p",
            rtol=1e-6,
            atol=0.0,
        ),
        edge(
            "a large offset changes nothing",
            [1e15, 1e15, 1e15],
            0,
            why="logsumexp(z) is rounded to the spacing of floats near 1e15. Subtract "
            "the largest logit from the label's as well.",
            section="floating-cancellation",
        ),
        edge(
            "a mistake by 1000 costs 1000",
            [0.0, 1000.0],
            0,
            why="The difference to the label's logit overflows in the exponential. "
            "Measure from the largest logit.",
            section="floating-range",
        ),
    ),
    ideas=(
        Idea(
            "logsumexp minus the label's logit",
            "floating-cancellation",
            "Both numbers are rounded to the spacing of floats near them, and the "
            "difference uncovers it. Subtract the largest logit from both first.",
            lambda z, y: ce.logsumexp(z) - z[y],
        ),
        Idea(
            "a tiny number added to 1",
            "floating-log1p",
            "log(1 + x) forms 1 + x, and an x below 1e-16 is gone: the loss is 0, and "
            "its gradient too. The 1 has to stay out of the sum; log1p adds it.",
            lambda z, y: np.log(np.exp(z - z.max()).sum()) - (z - z.max())[y],
            lambda z, y: -np.log(ce.softmax(z)[y]),
            lambda z, y: np.log(np.exp(z - z[y]).sum()),
        ),
        Idea(
            "no maximum subtracted",
            "floating-range",
            "e to the z overflows from about 709 on. Subtract the largest logit first, "
            "from the label's as well.",
            lambda z, y: np.log(np.exp(z).sum()) - z[y],
            lambda z, y: -np.log(np.exp(z)[y] / np.exp(z).sum()),
        ),
        Idea(
            "log1p of the whole sum",
            "floating-log1p",
            "log1p adds a 1 of its own. The label's term has to be left out of its "
            "argument.",
            lambda z, y: np.log1p(np.exp(z - z.max()).sum()) - (z - z.max())[y],
            lambda z, y: np.log1p(np.exp(z - z[y]).sum()),
        ),
        Idea(
            "margins that overflow",
            "floating-range",
            "log(1 + sum of e to the -margin) is accurate for a right answer. For a "
            "mistake by 1000 the exponential overflows: measure from the largest "
            "logit.",
            lambda z, y: np.log1p(np.exp(np.delete(z, y) - z[y]).sum()),
        ),
    ),
    hint="With t = z - max(z): log1p(rest + (exp(t[y]) - 1)) - t[y], where rest is the "
    "sum over the other classes.",
    right="A loss that keeps its digits keeps its gradient, and training goes on.",
)


def fit_temperature(logits: Array, labels: Array) -> ScalarOrArray:
    """Return the T for which the mean loss of logits / T is smallest."""
    truth = logits[np.arange(len(labels)), labels]
    low, high = 0.01, 100.0  # of beta = 1/T
    for _ in range(100):
        beta = np.sqrt(low * high)
        t = beta * (logits - logits.max(axis=1, keepdims=True))
        q = np.exp(t) / np.exp(t).sum(axis=1, keepdims=True)
        slope = np.mean((q * logits).sum(axis=1) - truth)  # of the loss
        low, high = (beta, high) if slope < 0 else (low, beta)
    return 1 / low


def _best(score: Callable[[float], float]) -> float:
    temperatures = np.geomspace(0.05, 20, 1201)
    return float(temperatures[np.argmin([score(t) for t in temperatures])])


def _brier(logits: Array, labels: Array) -> float:
    return _best(lambda t: ce.squared_error(logits / t, labels))


_LOUD = [[5.0, 0.0], [4.0, 1.0], [0.0, 3.0], [6.0, 0.0], [3.0, 0.0]]


_QUIET = [[1.0, 0.0, 0.2], [0.1, 0.8, 0.0], [0.3, 0.0, 0.9], [0.5, 0.4, 0.0]]


def _about(case: Case) -> Case:
    return replace(case, rtol=1e-2)  # a search on a grid is good enough


FIT_TEMPERATURE = Exercise(
    name="fit_temperature",
    title="One number that calibrates",
    section="smoothing-calibration",
    task=r"""
A model is too sure of itself, or not sure enough. Write
`fit_temperature(logits, labels)`, the temperature $T$ for which the mean softmax
cross-entropy of `logits / T` is smallest. It lies between $0.05$ and $20$; three digits
are enough, and any search will do.
""",
    reference=fit_temperature,
    cases=(
        _about(
            ordinary("a model that is too sure needs T above 1", _LOUD, [0, 0, 1, 1, 0])
        ),
        _about(
            ordinary("one that is too modest needs T below 1", _QUIET, [0, 1, 2, 1])
        ),
    ),
    ideas=(
        Idea(
            "1/T for T",
            "smoothing-calibration",
            "The logits are divided by T. This is the factor that they are multiplied "
            "with.",
            lambda z, y: 1 / ce.fit_temperature(z, y),
        ),
        Idea(
            "accuracy for loss",
            "smoothing-calibration",
            "No temperature changes the order of the classes, so the accuracy is the "
            "same for all. The loss is what shows the confidence.",
            lambda z, y: 1.0,
        ),
        Idea(
            "squared error for loss",
            "smoothing-calibration",
            "The squared error has its least value at another temperature. The task "
            "asks for the cross-entropy.",
            _brier,
        ),
        Idea(
            "the temperature of the highest loss",
            "smoothing-calibration",
            "The search went uphill: this end of the range has the largest loss.",
            lambda z, y: _best(lambda t: -ce.softmax_cross_entropy(z / t, y)),
        ),
    ),
    hint="The loss has a single valley in 1/T. Try `np.geomspace(0.05, 20, 2000)`.",
    right="It changes every confidence and not one prediction.",
    seconds=10,
)


def calibration_error(confidence: Array, right: Array, bins: int) -> ScalarOrArray:
    """Return the expected calibration error over bins of equal width."""
    index = np.clip(np.ceil(confidence * bins).astype(int) - 1, 0, bins - 1)
    error = 0.0
    for b in range(bins):
        inside = index == b
        if inside.any():
            gap = abs(confidence[inside].mean() - right[inside].mean())
            error += gap * inside.mean()
    return error


def _gaps(p: Array, right: Array, bins: int) -> tuple[Array, Array]:
    """Confidence minus accuracy of each bin that holds something, and its share."""
    curve = ce.reliability_curve(p, right, bins=bins)
    some = curve.counts > 0
    gaps = curve.confidence[some] - curve.frequency[some]
    return gaps, curve.counts[some] / len(p)


_P = [0.95, 0.92, 0.91, 0.7, 0.65, 0.35]


_R = [1.0, 1.0, 0.0, 1.0, 0.0, 1.0]


CALIBRATION_ERROR = Exercise(
    name="calibration_error",
    title="As sure as it is right",
    section="smoothing-calibration",
    task=r"""
Write `calibration_error(confidence, right, bins)`, the expected calibration error. The
interval from 0 to 1 is cut into bins of equal width; in each bin that holds something,
take the distance between the mean confidence and the share of right predictions, and
average these distances, weighted by the number of predictions in the bin.

`right` holds ones and zeros. A confidence of exactly 1 belongs to the last bin.
""",
    reference=calibration_error,
    cases=(
        ordinary("the distances are weighted by the bins' counts", _P, _R, 5),
        ordinary(
            "bins that hold nothing count nothing",
            [0.55, 0.97, 0.52, 0.99],
            [0.0, 1.0, 0.0, 0.0],
            10,
        ),
        ordinary("the bins are of equal width", [0.3, 0.4, 0.81], [1.0, 0.0, 1.0], 4),
        edge(
            "a confidence of exactly 1 is in the last bin",
            [1.0, 1.0, 0.6],
            [1.0, 0.0, 1.0],
            5,
            why="Sure predictions are many in practice, and those that are wrong "
            "matter most.",
        ),
    ),
    ideas=(
        Idea(
            "bins not weighted",
            "smoothing-calibration",
            "A bin with one prediction would count as much as one with a thousand. "
            "Weight by the number of predictions.",
            lambda p, r, b: np.abs(_gaps(p, r, b)[0]).mean(),
            lambda p, r, b: np.abs(_gaps(p, r, b)[0]).sum() / b,
            lambda p, r, b: np.abs(_gaps(p, r, b)[0]).sum(),
        ),
        Idea(
            "errors that cancel",
            "smoothing-ece",
            "Without the absolute value an overconfident bin hides a modest one; what "
            "is left is mean confidence minus accuracy.",
            lambda p, r, b: p.mean() - r.mean(),
            lambda p, r, b: r.mean() - p.mean(),
            lambda p, r, b: abs(p.mean() - r.mean()),
        ),
        Idea(
            "squared distances",
            "smoothing-calibration",
            "The expected calibration error takes the distances themselves. Squares "
            "belong to the Brier score.",
            lambda p, r, b: _gaps(p, r, b)[1] @ _gaps(p, r, b)[0] ** 2,
            lambda p, r, b: np.sqrt(_gaps(p, r, b)[1] @ _gaps(p, r, b)[0] ** 2),
        ),
        Idea(
            "the largest distance",
            "smoothing-calibration",
            "That is the *maximum* calibration error. The expected one averages.",
            lambda p, r, b: np.abs(_gaps(p, r, b)[0]).max(),
        ),
        Idea(
            "no bins",
            "smoothing-calibration",
            "A single prediction is right or wrong, so its distance says nothing about "
            "calibration. Average within a bin first.",
            lambda p, r, b: np.abs(p - r).mean(),
            lambda p, r, b: ((p - r) ** 2).mean(),
        ),
        Idea(
            "the mean of an empty bin",
            "floating-nan",
            "The mean of nothing is 0/0, nan, and it stays nan when it is multiplied "
            "by a count of 0. Skip the bins that hold nothing.",
            lambda p, r, b: np.nan if len(_gaps(p, r, b)[0]) < b else _ece(p, r, b),
        ),
        Idea(
            "a confidence of 1 left out",
            "smoothing-calibration",
            "With bins that do not hold their upper end, a confidence of exactly 1 is "
            "in none of them, or in one too many.",
            lambda p, r, b: _ece(p[p < 1], r[p < 1], b) * np.mean(p < 1),
            lambda p, r, b: _ece(p[p < 1], r[p < 1], b),
        ),
    ),
    hint="`np.ceil(confidence * bins) - 1` is the number of a confidence's bin.",
    right="It depends on the bins and can be gamed: look at it, don't optimise it.",
)


def _ece(p: Array, r: Array, bins: int) -> float:
    return ce.expected_calibration_error(p, r, bins=bins)
