"""The two kernels behind the categorical losses: index labels, and distributions.

Both compute loss and gradient in one pass over the logits.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from crossentropy._arithmetic import others, shift, weigh
from crossentropy._validate import FloatArray, IndexArray

# No shift is needed while |z| stays below this: with up to e^20 classes no sum, ratio
# or probability leaves the range of normal numbers.
UNSHIFTED = {"f": 32.0, "d": 340.0}
BLOCK_BYTES = 1 << 19  # a block that stays in the second-level cache


def index_kernel(
    z: FloatArray, y: IndexArray, scale: FloatArray, out: FloatArray
) -> FloatArray:
    """Loss of each row of `z`; `scale` times its gradient goes into `out`."""
    losses = np.empty(len(z), z.dtype)
    step = max(1, BLOCK_BYTES // max(1, z.shape[1] * z.itemsize))
    for start in range(0, len(z), step):
        rows = slice(start, start + step)
        losses[rows] = _index_block(z[rows], y[rows], scale[rows], out[rows])
    return losses


@np.errstate(all="ignore")
def _index_block(
    z: FloatArray, y: IndexArray, scale: FloatArray, g: FloatArray
) -> FloatArray:
    """One block, in place: `g` holds the exponentials, then the gradient."""
    limit = UNSHIFTED[z.dtype.char]
    rows = np.arange(len(z))
    if -limit <= z.min() and z.max() <= limit:
        z_y = z[rows, y]
        np.exp(z, out=g)
    else:
        below = shift(z)[1]
        z_y = below[rows, y]
        np.exp(below, out=g)
    e_y = g[rows, y]
    g[rows, y] = 0.0
    rest = g.sum(axis=1)  # without the label: nothing is absorbed by a large e_y
    factor = scale / (rest + e_y)
    g *= factor[:, None].astype(g.dtype)
    g[rows, y] = 0.0 - rest * factor
    g[scale == 0] = 0.0
    # Two forms of log((rest + e_y) / e_y); the second serves where e_y may underflow.
    near: FloatArray = np.log1p(rest / e_y)
    return np.where(z_y < -limit, np.log(rest + e_y) - z_y, near)


@np.errstate(all="ignore")
def distribution_kernel(
    z: FloatArray, a: FloatArray, scale: FloatArray, out: FloatArray
) -> FloatArray:
    """Sum of -a_j log q_j over each row; `scale` times its gradient goes into `out`.

    `a` holds non-negative weights of the classes. With m the largest logit, k its index
    and r the sum of exp(z_j - m) over the others, -log q_j = log1p(r) + (m - z_j): two
    non-negative terms, so nothing cancels. The gradient is (sum of a) q - a.
    """
    if z.shape[-1] == 0:
        return np.zeros(len(z), z.dtype)
    below = shift(z)[1]
    k = below.argmax(axis=-1, keepdims=True)
    e = np.exp(below)
    rest = others(e, k)
    total = a.sum(axis=-1, keepdims=True)
    g = total * (e / (1.0 + rest)) - a
    # At k, where q may round to 1, (total - a_k) - total (1 - q_k): both terms exact.
    at_k = others(a, k) - total * (rest / (1.0 + rest))
    np.put_along_axis(g, k, at_k, axis=-1)
    out[...] = np.where(scale[:, None] == 0, 0.0, g * scale[:, None])
    losses: FloatArray = weigh(a, np.log1p(rest) - below).sum(axis=-1)
    return losses


def gradient_buffer(
    out: FloatArray | None, z: FloatArray, dtype: np.dtype[Any], logits: ArrayLike
) -> FloatArray:
    """A matrix to compute the gradient in: `out` itself where that is possible."""
    if out is None:
        return np.empty((z.size // max(1, z.shape[-1]), z.shape[-1]), z.dtype)
    if out.shape != z.shape or out.dtype != dtype or not out.flags.writeable:
        raise ValueError(
            f"out: expected a writeable array of shape {z.shape} and dtype {dtype}, "
            f"got shape {out.shape} and dtype {out.dtype}"
        )
    if np.may_share_memory(out, z) and out is not logits:
        raise ValueError("out: overlaps logits without being logits")
    return (
        out.reshape(-1, z.shape[-1])
        if out.dtype == z.dtype and out.flags.c_contiguous
        else np.empty((z.size // max(1, z.shape[-1]), z.shape[-1]), z.dtype)
    )
