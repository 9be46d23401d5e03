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


def divisor(weights: FloatArray, reduction: str) -> float:
    """What the sum of the losses is divided by: the total weight for a mean, else 1."""
    require_option(reduction, "reduction", REDUCTIONS)
    if reduction != "mean":
        return 1.0
    total = float(weights.sum(dtype=np.float64))
    if not total > 0:
        raise ValueError(
            "reduction: the mean of no rows is undefined (there are no rows, or all "
            "are ignored or have weight 0); use reduction='sum' or keep a row"
        )
    return total


@np.errstate(all="ignore")
def reduced(
    losses: FloatArray,
    scale: FloatArray,
    reduction: str,
    shape: tuple[int, ...],
    dtype: np.dtype[Any],
) -> ScalarOrArray:
    """`losses * scale` in the given shape, or their sum unless the reduction is none.

    Rows of scale 0 count 0 even where their loss is infinite or nan.
    """
    scaled = losses.astype(np.float64) * scale
    if not scale.all():
        scaled[scale == 0] = 0.0
    return rounded_to(
        scaled.reshape(shape) if reduction == "none" else scaled.sum(), dtype
    )


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
    fits = out.dtype == z.dtype and out.flags.c_contiguous
    return out if fits else np.empty(z.shape, z.dtype)


def delivered(
    g: FloatArray, dtype: np.dtype[Any], out: FloatArray | None
) -> FloatArray:
    """The gradient that was computed in `g`, in its dtype, in `out` if there is one."""
    if out is None:
        return np.asarray(rounded_to(g, dtype))
    if out is not g:
        out[...] = rounded_to(g, dtype)
    return out
