"""Figures of the chapter on floating point."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import ArrayLike

from crossentropy.figures.theme import (
    ACCENT,
    BIRD,
    CAT,
    DOG,
    ThemedFigure,
    canvas,
    finish,
    grid,
    themed,
)


@themed
def accuracy(gaps: ArrayLike, errors: Mapping[str, Sequence[float]]) -> ThemedFigure:
    """Draw the relative error of several ways to compute the loss."""
    figure, axes = canvas(height=3.6)
    looks = ((DOG, "-"), (BIRD, "--"), (ACCENT, ":"), (CAT, "-"))
    for (name, values), (colour, dash) in zip(errors.items(), looks, strict=True):
        axes.plot(gaps, values, color=colour, linestyle=dash, label=name)
    axes.set(yscale="log", ylim=(3e-10, 10), xlim=(0, float(np.max(np.asarray(gaps)))))
    axes.set(xlabel="lead of the true class (nats)", ylabel="relative error")
    axes.legend(loc="center right", bbox_to_anchor=(1.0, 0.55))
    grid(axes)
    best = list(errors)[-1]
    return finish(
        figure,
        "Relative error of the float32 loss against the lead of the true class: every "
        "method but one climbs to 1 at a lead of about 17 and stays there; the "
        f"{best} form stays below {max(errors[best]):.0e}.",
    )
