"""Small pieces of arithmetic that several modules share."""

from __future__ import annotations

import numpy as np

from crossentropy._validate import FloatArray, IndexArray


def weigh(p: FloatArray, x: FloatArray) -> FloatArray:
    """`p * x`, where a weight of 0 silences even an infinite x: 0 * inf counts 0."""
    product: FloatArray = np.where((p == 0) & np.isinf(x), 0.0, p * x)
    return product


def shift(z: FloatArray) -> tuple[FloatArray, FloatArray]:
    """The largest logit of each row, and every logit's distance below it.

    Logits of +inf are ties at the limit: they lie 0 below each other, and everything
    finite lies infinitely far below. A row of -inf alone has no distances: nan.
    """
    largest = z.max(axis=-1, keepdims=True, initial=-np.inf)
    below = z - largest
    if np.isposinf(largest).any():
        below[np.isposinf(z) & np.isposinf(largest)] = 0.0
    return largest, below


def others(e: FloatArray, index: IndexArray) -> FloatArray:
    """Sum over each row without the entry at `index` (one for each row).

    Leaving an entry out is exact; subtracting it from the full sum would cancel.
    """
    rest = e.copy()
    np.put_along_axis(rest, index, 0.0, axis=-1)
    total: FloatArray = rest.sum(axis=-1, keepdims=True)
    return total
