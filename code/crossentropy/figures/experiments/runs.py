"""Draw every run of an experiment as a dot, and the means on top of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import NDArray

from crossentropy.figures.experiments.style import apart


def dots(
    axes: Axes,
    x: Sequence[float] | NDArray[np.floating[Any]],
    columns: Sequence[NDArray[np.float64]],
    colour: str,
    *,
    style: str = "none",
    marker: str = "o",
    full: bool = True,
    flat: bool = False,
) -> NDArray[np.float64]:
    """Draw a dot for each run and marks at the means, which are returned.

    With `flat`, x is a place on the vertical axis.
    """
    means = np.array([column.mean() for column in columns])
    for place, column in zip(x, columns, strict=True):
        places = np.full(len(column), place)
        runs = (column, places) if flat else (places, column)
        axes.plot(*runs, ".", color=colour, alpha=0.4, markersize=5)
    axes.plot(
        *((means, x) if flat else (x, means)),
        linestyle=style,
        color=colour,
        marker=marker,
        markersize=6.5,
        markerfacecolor=colour if full else "none",
    )
    return means


def names(axes: Axes, ends: Sequence[tuple[str, str, float]]) -> None:
    """Write names in their colours to the right, at heights in data, and apart."""
    low, high = axes.get_ylim()
    wanted = [(height - low) / (high - low) for _, _, height in ends]
    for (name, colour, _), y in zip(ends, apart(wanted, 0.085), strict=True):
        axes.text(1.03, y, name, color=colour, transform=axes.transAxes, va="center")
