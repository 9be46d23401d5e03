"""The same logits read as one label and as several."""

from __future__ import annotations

import numpy as np

from crossentropy.figures.live._panels import LOGITS, ends_and_middle, listed
from crossentropy.figures.theme import (
    CLASS_COLOURS,
    CLASS_NAMES,
    INK,
    MUTED,
    ThemedFigure,
    canvas,
    finish,
    themed,
)
from crossentropy.softmax import sigmoid, softmax

THRESHOLD = 0.5


@themed
def labels() -> ThemedFigure:
    """Three logits read by softmax and by three sigmoids, with a threshold."""
    readings = {
        "One label: softmax(z)": np.asarray(softmax(LOGITS)),
        "Any number of labels: σ(z)": np.asarray(sigmoid(LOGITS)),
    }
    panels = []
    for title, shares in readings.items():
        panel, axes = canvas(3.4, 2.5)
        panels.append(panel)
        yes = shares > THRESHOLD
        axes.barh(
            CLASS_NAMES,
            shares,
            color=[c if y else "none" for c, y in zip(CLASS_COLOURS, yes, strict=True)],
            edgecolor=CLASS_COLOURS,
            linewidth=1.5,
            height=0.5,
        )
        axes.axvline(THRESHOLD, color=INK, linestyle="--", linewidth=1)
        for row, (share, said) in enumerate(zip(shares.tolist(), yes, strict=True)):
            words = f"{share:.3f}  {'yes' if said else 'no'}"
            axes.text(1.06, row, words, va="center_baseline")
        axes.text(1.06, 2.75, f"{shares.sum():.3f}  sum", color=MUTED, va="center")
        axes.set(xlim=(0, 1.45), ylim=(3.05, -0.5), title=title)
        ends_and_middle(axes)
        axes.spines[["left", "bottom"]].set_visible(False)
        axes.tick_params(axis="y", length=0)
    one, many = readings.values()
    return finish(
        panels,
        f"The logits {listed(LOGITS)} read in two ways. Softmax gives {listed(one)}, "
        f"which sum to {one.sum():.3f}: no more than one can pass the threshold "
        f"{THRESHOLD:g}. Three sigmoids give {listed(many)}, which sum to "
        f"{many.sum():.3f}: "
        "here all three pass.",
    )
