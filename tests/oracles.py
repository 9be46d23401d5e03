"""Independent oracles: mpmath at 30 digits, on the very floats that were passed in."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import mpmath
import numpy as np

MP = mpmath.mp.clone()
MP.dps = 30
UNIT_ROUNDOFF = {"float16": 2.0**-11, "float32": 2.0**-24, "float64": 2.0**-53}
# The bound that the docstrings state, before what a wide row may add.
BOUND = {"float32": 1e-6, "float64": 1e-14}


def exact(values: Iterable[Any]) -> list[Any]:
    """Floats as exact multiple-precision numbers."""
    return [MP.mpf(float(v)) for v in values]


def softmax(row: Iterable[Any]) -> list[Any]:
    """Probabilities of a row of logits."""
    e = [MP.exp(v) for v in exact(row)]
    total = MP.fsum(e)
    return [v / total for v in e]


def logsumexp(row: Iterable[Any]) -> Any:
    """Log of the sum of exponentials."""
    return MP.log(MP.fsum(MP.exp(v) for v in exact(row)))


def log_softmax(row: Iterable[Any]) -> list[Any]:
    """Log-probabilities: -log(1 + sum of the others' exponentials, relative to i)."""
    z = exact(row)
    return [
        -MP.log1p(MP.fsum(MP.exp(v - z[i]) for j, v in enumerate(z) if j != i))
        for i in range(len(z))
    ]


def index_loss(row: Sequence[Any], label: int) -> tuple[Any, list[Any]]:
    """Softmax cross-entropy with an index label, and its gradient."""
    below = {v: MP.exp(MP.mpf(v) - MP.mpf(float(row[label]))) for v in map(float, row)}
    ratios = [below[float(v)] for v in row]
    ratios[label] = MP.zero
    rest = MP.fsum(ratios)
    share = 1 / (1 + rest)
    gradient = [r * share for r in ratios]
    gradient[label] = -rest * share
    return MP.log1p(rest), gradient


def distribution_loss(row: Iterable[Any], p: Iterable[Any]) -> tuple[Any, list[Any]]:
    """Softmax cross-entropy with a distribution, and its gradient."""
    a, log_q = exact(p), log_softmax(row)
    total = MP.fsum(a)
    gradient = [total * MP.exp(lq) - w for lq, w in zip(log_q, a, strict=True)]
    return -MP.fsum(w * lq for w, lq in zip(a, log_q, strict=True)), gradient


def sigmoid(x: Any) -> Any:
    """Logistic function."""
    return 1 / (1 + MP.exp(-MP.mpf(float(x))))


def log_sigmoid(x: Any) -> Any:
    """Log of the logistic function."""
    return -MP.log1p(MP.exp(-MP.mpf(float(x))))


def relative_error(value: Any, truth: Any) -> float:
    """Distance from the truth, relative to it; 0 only for the truth itself."""
    if truth == 0:
        return 0.0 if value == 0 else float("inf")
    return float(abs((MP.mpf(float(value)) - truth) / truth))


def worst_error(
    values: Sequence[Any], truths: Sequence[Any], tiny: float = 0.0
) -> float:
    """Largest relative error; truths below `tiny`, short of digits, are left out."""
    assert len(values) == len(truths)
    return max(
        (
            relative_error(v, t)
            for v, t in zip(values, truths, strict=True)
            if abs(t) >= tiny
        ),
        default=0.0,
    )


def bound(row: Any) -> float:
    """The stated bound for a row of logits: a wide row may add its span."""
    name = np.asarray(row).dtype.name
    span = float(np.max(row)) - float(np.min(row))
    return BOUND[name] + (UNIT_ROUNDOFF[name] * span if span > 16 else 0.0)
