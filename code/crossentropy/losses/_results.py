"""What losses return: reductions, and where the gradient goes."""

from __future__ import annotations

from typing import Any

import numpy as np

from crossentropy._validate import (
    REDUCTIONS,
    FloatArray,
    ScalarOrArray,
    require_option,
    rounded_to,
)


def divided(x: FloatArray, weights: FloatArray, reduction: str) -> FloatArray:
    """`x` over the sum of the weights for a mean; `x` itself otherwise."""
    require_option(reduction, "reduction", REDUCTIONS)
    if reduction != "mean":
        return x
    total = weights.sum()
    if not 1e-200 < total < np.inf:
        # Brought near 1 by a power of 2, which rounds nothing, any weights will do.
        power = -np.frexp(weights.max(initial=0.0))[1]
        x, total = np.ldexp(x, power), np.ldexp(weights, power).sum()
    if not total > 0:
        raise ValueError(
            "reduction: the mean of no rows is undefined (there are no rows, or all "
            "are ignored or have weight 0); use reduction='sum' or keep a row"
        )
    share: FloatArray = x / total
    return share


def scaled(halves: FloatArray, scale: FloatArray) -> FloatArray:
    """Losses in double precision, from their halves; see the kernels.

    Rows of scale 0 count 0 even where their loss is infinite or nan.
    """
    losses = 2.0 * (halves * scale)
    if not scale.all():
        losses[scale == 0] = 0.0
    return losses


def reduced(losses: FloatArray, reduction: str, dtype: np.dtype[Any]) -> ScalarOrArray:
    """Scaled losses, or their sum unless the reduction is none."""
    return rounded_to(losses if reduction == "none" else losses.sum(), dtype)


def loss_and_gradient(
    losses: FloatArray, gradient: FloatArray, reduction: str, dtype: np.dtype[Any]
) -> tuple[ScalarOrArray, FloatArray]:
    """What a loss returns, from scaled losses and gradients."""
    loss = reduced(losses, reduction, dtype)
    return loss, np.asarray(rounded_to(gradient, dtype))


def gradient_buffer(
    z: FloatArray, logits: object, dtype: np.dtype[Any], out: FloatArray | None
) -> FloatArray:
    """A C-ordered array to compute the gradient in: `out` itself if it can be."""
    if out is None:
        return np.empty(z.shape, z.dtype)
    if not isinstance(out, np.ndarray) or not out.flags.writeable:
        raise TypeError("out: expected a writeable array")
    if out.shape != z.shape or out.dtype != dtype:
        raise ValueError(
            f"out: expected shape {z.shape} and dtype {dtype}, got shape {out.shape} "
            f"and dtype {out.dtype}"
        )
    if out is not logits and np.may_share_memory(out, z):
        raise ValueError("out: overlaps logits, but is not the same array")
    if _overlaps_itself(out):
        raise ValueError("out: some of its entries are one place in memory")
    fits = out.dtype == z.dtype and out.flags.c_contiguous
    # A matrix or another subclass may index in a way of its own; its memory will do.
    return np.asarray(out) if fits else np.empty(z.shape, z.dtype)


def _overlaps_itself(array: FloatArray) -> bool:
    """Whether a step along an axis can land on what a shorter step has reached."""
    reach = array.itemsize
    axes = zip(array.strides, array.shape, strict=True)
    for step, count in sorted((abs(s), n) for s, n in axes if n > 1):
        if step < reach:
            return True
        reach += step * (count - 1)
    return False


def delivered(
    gradient: FloatArray, dtype: np.dtype[Any], out: FloatArray | None
) -> FloatArray:
    """The gradient in its dtype, in `out` if there is one and it is not there yet."""
    if out is None:
        return np.asarray(rounded_to(gradient, dtype))
    if not np.may_share_memory(gradient, out):
        out[...] = rounded_to(gradient, dtype)
    return out
