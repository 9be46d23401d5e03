"""Reductions of per-row losses: the one home of none, mean and sum."""

from __future__ import annotations

import numpy as np

from crossentropy._validate import REDUCTIONS, FloatArray, require_option


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


def reduced(losses: FloatArray, scale: FloatArray, reduction: str) -> FloatArray:
    """`losses * scale`, added up unless the reduction is none.

    Rows of scale 0 count 0 even where their loss is infinite or nan.
    """
    scaled = np.where(scale == 0, 0.0, losses * scale)
    return scaled if reduction == "none" else np.asarray(scaled.sum())
