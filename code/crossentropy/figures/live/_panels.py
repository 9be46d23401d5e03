"""What the static pictures of the live figures share."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import ArrayLike

from crossentropy.figures.theme import CLASS_COLOURS, CLASS_NAMES

LOGITS = (1.0, 2.0, 0.5)


def listed(values: ArrayLike) -> str:
    """Return the values in words: cat 0.231, dog 0.629, bird 0.140."""
    pairs = zip(CLASS_NAMES, np.asarray(values).tolist(), strict=True)
    return ", ".join(f"{name} {value:.3f}" for name, value in pairs)


def class_bars(axes: Axes, title: str, values: ArrayLike, form: str) -> None:
    """Draw a bar for each class, cat on top, with its value at the right edge."""
    numbers = np.asarray(values, dtype=np.float64)
    axes.barh(CLASS_NAMES, numbers, color=CLASS_COLOURS, height=0.5)
    axes.invert_yaxis()
    axes.tick_params(axis="y", length=0)
    axes.spines["left"].set_visible(False)
    axes.spines["bottom"].set_visible(False)
    axes.set_title(title)
    for row, value in enumerate(numbers.tolist()):
        axes.annotate(
            form.format(value).replace("-", "−"),
            (1.0, row),
            xycoords=("axes fraction", "data"),
            xytext=(42, 0),
            textcoords="offset points",
            ha="right",
            va="center_baseline",
        )


def ends_and_middle(axes: Axes) -> None:
    """Mark 0, 0.5 and 1 on an axis of probabilities."""
    axes.set_xticks([0, 0.5, 1], ["0", "0.5", "1"])
