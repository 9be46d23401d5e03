"""Figures of the experiments that compare losses on ten classes."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

from crossentropy.figures.experiments.style import LOOKS, name_ends, percent, present
from crossentropy.figures.theme import (
    ThemedFigure,
    canvas,
    finish,
    grid,
    themed,
)
from crossentropy.lab.experiments.recovery import CHECKS
from crossentropy.lab.experiments.results import best
from crossentropy.lab.experiments.runner import Record, spread

_TUNED = ("optimizer", "rate")


@themed
def recovery(records: Sequence[Record]) -> ThemedFigure:
    """Draw how test accuracy comes back, and what was left of the gradient.

    Parameters
    ----------
    records : sequence of dict
        Of the experiment "recovery".
    """
    losses = present(records)
    chosen = best(records, "recovered", ["loss"], _TUNED)
    left, axes = canvas(3.7, 2.9)
    ends = []
    for loss in losses:
        setting, look = chosen[(loss,)].setting, LOOKS[loss]
        curves = 100 * np.array(
            [
                record["curve"]
                for record in records
                if record["loss"] == loss
                and all(record[key] == setting[key] for key in _TUNED)
            ]
        )
        middle = curves.mean(axis=0)
        sd = curves.std(axis=0, ddof=1) if len(curves) > 1 else 0 * middle
        axes.fill_between(
            CHECKS, middle - sd, middle + sd, color=look.colour, alpha=0.18, lw=0
        )
        axes.plot(CHECKS, middle, color=look.colour, marker=look.marker, markersize=4)
        ends.append(float(middle[-1]))
    axes.set(xlabel="steps on right labels", ylim=(0, 101), xlim=(0, CHECKS[-1]))
    axes.set_title("test accuracy (%), best setting")
    grid(axes)
    name_ends(axes, losses, ends)
    right, axes = canvas(3.4, 2.9)
    said = _gradient_left(axes, records, losses)
    words = "; ".join(
        f"{LOOKS[loss].name} {percent(chosen[(loss,)])}" for loss in losses
    )
    return finish(
        [left, right],
        f"Test accuracy after {CHECKS[-1]} steps on right labels, each loss at its "
        f"best setting: {words}. Right, all settings, how much of the gradient is left "
        f"when the labels are mended, and the accuracy it leads to: {said}.",
    )


def _gradient_left(axes: Axes, records: Sequence[Record], losses: Sequence[str]) -> str:
    """One marker for each setting: the gradient's share against the accuracy."""
    shares = [
        {**record, "share": record["gradient"] / record["gradient_at_start"]}
        for record in records
    ]
    x = spread(shares, "share", ["loss", *_TUNED])
    y = spread(shares, "recovered", ["loss", *_TUNED])
    for key in x:
        look = LOOKS[key[0]]
        axes.plot(
            max(x[key][0], 1e-6),
            100 * y[key][0],
            look.marker,
            color=look.colour,
            markersize=6,
            alpha=0.8,
            clip_on=False,
        )
    axes.set_xscale("log")
    axes.set(
        xlim=(1e-6, 3), ylim=(0, 101), xlabel="gradient left, of that at the start"
    )
    axes.set_xticks([1e-6, 1e-4, 1e-2, 1], ["≤ 10⁻⁶", "10⁻⁴", "10⁻²", "1"])
    axes.xaxis.set_minor_locator(NullLocator())
    axes.set_title("all settings")
    grid(axes)

    def between(values: list[float], form: str) -> str:
        ends = (format(value, form) for value in (min(values), max(values)))
        return " to ".join(dict.fromkeys(ends))

    return "; ".join(
        f"{LOOKS[loss].name} "
        + between([x[key][0] for key in x if key[0] == loss], ".2g")
        + " of it, "
        + between([100 * y[key][0] for key in y if key[0] == loss], ".0f")
        + " %"
        for loss in losses
    )


@themed
def rates(records: Sequence[Record]) -> ThemedFigure:
    """Draw the test error over the learning rate, a panel for each optimiser.

    Parameters
    ----------
    records : sequence of dict
        Of the experiment "rates".
    """
    losses = present(records)
    found = spread(records, "accuracy", ["optimizer", "rate", "loss"])
    optimizers = {"adamw": "AdamW", "sgd": "SGD, momentum 0.9"}
    panels, at_slow = [], []
    for optimizer, title in optimizers.items():
        tried = sorted({rate for name, rate, _ in found if name == optimizer})
        if not tried:
            continue
        figure, axes = canvas(3.6, 3.1)
        for loss in losses:
            values = [found[optimizer, rate, loss] for rate in tried]
            axes.errorbar(
                tried,
                [100 * (1 - mean) for mean, _, _ in values],
                yerr=[100 * np.nan_to_num(sd) for _, sd, _ in values],
                color=LOOKS[loss].colour,
                marker=LOOKS[loss].marker,
                markersize=4,
                linewidth=1.5,
                elinewidth=1,
            )
        axes.set(xscale="log", yscale="log", ylim=(2.2, 100), xlabel="learning rate")
        axes.yaxis.set_major_locator(FixedLocator([3, 5, 10, 20, 50, 90]))
        axes.yaxis.set_minor_locator(NullLocator())
        axes.yaxis.set_major_formatter(FuncFormatter(lambda y, _: f"{y:g}"))
        axes.xaxis.set_minor_locator(NullLocator())
        axes.set_title(f"test error (%), {title}")
        grid(axes)
        ends = [100 * (1 - found[optimizer, tried[-1], loss][0]) for loss in losses]
        name_ends(axes, losses, ends)
        panels.append(figure)
        listed = "; ".join(
            f"{LOOKS[loss].name} {100 * found[optimizer, tried[0], loss][0]:.1f} %"
            for loss in losses
        )
        at_slow.append(f"at {tried[0]:g} with {title}: {listed}")
    chosen = best(records, "accuracy", ["loss"], _TUNED)
    words = "; ".join(f"{LOOKS[x].name} {percent(chosen[(x,)])}" for x in losses)
    return finish(
        panels,
        f"Accuracy of each loss at its best rate: {words}. At the smallest rates the "
        f"losses part; {'. And '.join(at_slow)}.",
    )
