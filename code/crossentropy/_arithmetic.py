"""Small pieces of arithmetic that several modules share."""

from __future__ import annotations

import numpy as np

from crossentropy._validate import FloatArray, IndexArray

_CHUNK = 64


def times(p: FloatArray, x: FloatArray) -> FloatArray:
    """`p * x`, where 0 * inf counts 0; nan stays nan."""
    product = p * x
    lost = np.isnan(product)
    if lost.any():
        # Of numbers that are not nan themselves, 0 and inf alone have a product of nan.
        product = np.where(lost & ~np.isnan(p) & ~np.isnan(x), 0.0, product)
    return product


def below_largest(z: FloatArray) -> tuple[FloatArray, FloatArray]:
    """The largest logit of each row, and every logit's distance below it.

    Logits of +inf are ties at the limit: they lie 0 below each other, and everything
    finite lies infinitely far below. A row of -inf alone has no distances: nan.
    """
    largest = _row_max(z)
    below = z - largest
    if np.isposinf(largest).any():
        below[np.isposinf(z) & np.isposinf(largest)] = 0.0
    return largest, below


def _row_max(z: FloatArray) -> FloatArray:
    """Largest entry of each row, kept as an axis of length 1; -inf without entries.

    Short rows are several times faster through reduceat than through max.
    """
    if z.size == 0:
        return np.full((*z.shape[:-1], 1), -np.inf, z.dtype)
    starts = np.arange(0, z.size, z.shape[-1])
    largest: FloatArray = np.maximum.reduceat(z.reshape(-1), starts)
    return largest.reshape(*z.shape[:-1], 1)


def row_sums(x: FloatArray) -> FloatArray:
    """Sums over the last axis, kept as an axis of length 1.

    einsum adds several times faster than sum does, but in few running totals, whose
    rounding errors grow with their length. So it adds up chunks of a row; these sums
    are added up in double precision, and by sum, which adds in pairs, if they are many.
    """
    x = np.ascontiguousarray(x)  # einsum adds strided rows in one running total
    whole = x.shape[-1] - x.shape[-1] % _CHUNK
    total = np.einsum("...k->...", x[..., whole:])
    if whole:
        chunks = x[..., :whole].reshape(*x.shape[:-1], -1, _CHUNK)
        parts = np.einsum("...k->...", chunks).astype(np.float64)
        few = parts.shape[-1] <= _CHUNK
        total = total + (np.einsum("...k->...", parts) if few else parts.sum(axis=-1))
    summed: FloatArray = total[..., None].astype(x.dtype, copy=False)
    return summed


def sum_without(e: FloatArray, index: IndexArray) -> FloatArray:
    """Sum over each row without the entry at `index` (one for each row).

    Leaving an entry out is exact; subtracting it from the full sum would cancel.
    """
    rest = e.copy()
    np.put_along_axis(rest, index, 0.0, axis=-1)
    return row_sums(rest)
