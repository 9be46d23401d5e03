"""The two kernels behind the categorical losses: index labels, and distributions.

A kernel takes a block of rows and computes loss and gradient of each in one pass. `out`
receives the gradients, row n multiplied by scale[n]; without a `scale` it is only a
place to work in. It may be the logits themselves. Losses are not scaled, and they come
halved: two logits may lie twice the largest number apart, and a temperature, a weight
or a mean can bring such a loss back into range. Callers silence NumPy's warnings.
"""

from __future__ import annotations

import numpy as np

from crossentropy._arithmetic import below_largest, row_sums, sum_without, times
from crossentropy._validate import FloatArray, IndexArray


def index_block(
    z: FloatArray, y: IndexArray, scale: FloatArray | None, out: FloatArray
) -> FloatArray:
    """Half the cross-entropy of each row of `z` with its label in `y`."""
    if np.may_share_memory(z, out):
        z = z.copy()
    z_y, e_y, rest = _terms(z, y, out)
    total = rest + e_y
    # Exponentials that sum to between 1/2 and `root` need no shift: none overflows, and
    # none that matters is too small to have all its digits.
    root = np.sqrt(np.finfo(z.dtype).max)
    far = ~((total >= 0.5) & (total <= root))
    if far.any():
        below = below_largest(z[far])[1]
        z_y[far], e_y[far], _ = _terms(below, y[far], below)
        out[far] = below
        # Rounding the differences has spent most of the bound: add in double precision.
        rest[far] = row_sums(below.astype(np.float64)).ravel()
        total = rest + e_y
    if scale is not None:
        factor = scale / total
        out *= factor[:, None]
        # q_y - 1, without the subtraction; from 0.0, so that it is never -0.
        out.ravel()[_places(out, y)] = 0.0 - rest * factor
        _silence(out, scale)
    # Two forms of log(total / e_y): the first is accurate down to a loss of 0, the
    # second where e_y may underflow.
    losses = np.where(e_y >= 1 / root, np.log1p(rest / e_y), np.log(total) - z_y)
    halves = np.float64(0.5) * losses
    beyond = np.isinf(losses)
    if beyond.any():  # beside such a distance the logarithm of the sum is nothing
        half_below = below_largest(0.5 * z[beyond])[1]
        halves[beyond] = -half_below[np.arange(len(half_below)), y[beyond]]
    return halves


def _terms(
    z: FloatArray, y: IndexArray, out: FloatArray
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Each label's logit, its exponential, and the sum of the others' exponentials.

    Leaves the exponentials in `out`, which may be `z`, with 0 for the labels: added up
    without them, nothing is absorbed by a large e_y.
    """
    at = _places(z, y)
    z_y = z.ravel()[at]
    np.exp(z, out=out)
    flat = out.ravel()  # a view: blocks are contiguous
    e_y = flat[at]
    flat[at] = 0.0
    return z_y, e_y, row_sums(out).ravel()


def _places(z: FloatArray, y: IndexArray) -> IndexArray:
    """Where the labels' entries are when the rows of `z` stand end to end."""
    places: IndexArray = np.arange(len(z)) * z.shape[1] + y
    return places


def distribution_block(
    z: FloatArray, weights: FloatArray, scale: FloatArray | None, out: FloatArray
) -> FloatArray:
    """Half the sum of -a_j log q_j over each row, for `weights` a_j that are >= 0.

    With m the largest logit, k its index and r the sum of exp(z_j - m) over the others,
    -log q_j = log1p(r) + (m - z_j): two non-negative terms, so nothing cancels. The
    gradient is A q - a, with A the sum of a.
    """
    below = below_largest(z)[1]
    k = below.argmax(axis=1, keepdims=True)
    e = np.exp(below)
    rest = sum_without(e, k)
    costs = np.log1p(rest) - below
    halves = np.float64(0.5) * row_sums(times(weights, costs)).ravel()
    beyond = np.isinf(halves)
    if beyond.any():
        half_costs = 0.5 * np.log1p(rest[beyond]) - below_largest(0.5 * z[beyond])[1]
        halves[beyond] = row_sums(times(weights[beyond], half_costs)).ravel()
    if scale is not None:
        total = row_sums(weights)
        out[...] = total * (e / (1.0 + rest)) - weights
        # Where q_k > 1/2, it may round to 1: (A - a_k) - A (1 - q_k) keeps the digits
        # that A q_k - a_k would lose. Where q_k is small, it is the other way round.
        # e_k is 1, or nan if the row holds one.
        e_k = np.take_along_axis(e, k, axis=1)
        ahead = sum_without(weights, k) - total * (rest / (e_k + rest))
        plain = np.take_along_axis(out, k, axis=1)
        np.put_along_axis(out, k, np.where(rest < 1.0, ahead, plain), axis=1)
        out *= scale[:, None]
        _silence(out, scale)
    return halves


def _silence(out: FloatArray, scale: FloatArray) -> None:
    """Give rows of scale 0 a gradient of 0, even where it is nan."""
    if not scale.all():
        out[scale == 0] = 0.0
