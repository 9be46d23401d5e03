"""The two kernels behind the categorical losses: index labels, and distributions.

A kernel takes a block of rows and computes loss and gradient of each in one pass.
"""

from __future__ import annotations

import numpy as np

from crossentropy._arithmetic import below_largest, row_sums, sum_without, times
from crossentropy._validate import FloatArray, IndexArray


@np.errstate(all="ignore")
def index_block(
    z: FloatArray, y: IndexArray, scale: FloatArray | None, g: FloatArray
) -> FloatArray:
    """Cross-entropy of each row of `z` with its label in `y`.

    `g` receives the gradients, row n multiplied by scale[n]. It may be `z`. Without a
    `scale` it is only a place to work in.
    """
    if np.may_share_memory(z, g):
        z = z.copy()
    z_y, e_y, rest = _terms(z, y, g)
    total = rest + e_y
    # Unshifted exponentials do for rows that stay clear of the limits of the type: none
    # overflows, and none is so small in all that entries lose digits to underflow.
    root = np.sqrt(np.finfo(z.dtype).max)
    far = ~((total >= 0.5) & (total <= root))
    if far.any():
        below = below_largest(z[far])[1]
        z_y[far], e_y[far], _ = _terms(below, y[far], below)
        g[far] = below
        # Rounding the differences has spent most of the bound: add in double precision.
        rest[far] = row_sums(below.astype(np.float64)).ravel()
        total = rest + e_y
    if scale is not None:
        factor = scale / total
        g *= factor[:, None]
        # q_y - 1, without the subtraction; from 0.0, so that it is never -0.
        g.ravel()[_places(g, y)] = 0.0 - rest * factor
        _silence(g, scale)
    # Two forms of log(total / e_y): the first is accurate down to a loss of 0, the
    # second where e_y may underflow.
    return np.where(e_y >= 1 / root, np.log1p(rest / e_y), np.log(total) - z_y)


def _terms(
    z: FloatArray, y: IndexArray, g: FloatArray
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Each label's logit, its exponential, and the sum of the others' exponentials.

    Leaves the exponentials in `g`, which may be `z`, with 0 for the labels: added up
    without them, nothing is absorbed by a large e_y.
    """
    at = _places(z, y)
    z_y = z.ravel()[at]
    np.exp(z, out=g)
    flat = g.ravel()  # a view: blocks are contiguous
    e_y = flat[at]
    flat[at] = 0.0
    return z_y, e_y, row_sums(g).ravel()


def _places(z: FloatArray, y: IndexArray) -> IndexArray:
    """Where the labels' entries are when the rows of `z` stand end to end."""
    places: IndexArray = np.arange(len(z)) * z.shape[1] + y
    return places


@np.errstate(all="ignore")
def distribution_block(
    z: FloatArray, a: FloatArray, scale: FloatArray | None, g: FloatArray
) -> FloatArray:
    """Sum of -a_j log q_j over each row, for weights a_j that are not negative.

    With m the largest logit, k its index and r the sum of exp(z_j - m) over the others,
    -log q_j = log1p(r) + (m - z_j): two non-negative terms, so nothing cancels. `g`
    receives the gradients, (sum of a) q - a, row n multiplied by scale[n].
    """
    below = below_largest(z)[1]
    k = below.argmax(axis=1, keepdims=True)
    e = np.exp(below)
    rest = sum_without(e, k)
    if scale is not None:
        total = row_sums(a)
        g[...] = total * (e / (1.0 + rest)) - a
        # At k, where q may round to 1: (total - a_k) - total (1 - q_k). e_k is 1, or
        # nan if the row holds one.
        e_k = np.take_along_axis(e, k, axis=1)
        at_k = sum_without(a, k) - total * (rest / (e_k + rest))
        np.put_along_axis(g, k, at_k, axis=1)
        g *= scale[:, None]
        _silence(g, scale)
    return row_sums(times(a, np.log1p(rest) - below)).ravel()


def _silence(g: FloatArray, scale: FloatArray) -> None:
    """Give rows of scale 0 a gradient of 0, even where it is nan."""
    if not scale.all():
        g[scale == 0] = 0.0
