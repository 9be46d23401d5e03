"""Figures of the experiments on two, ten and a hundred classes."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes

from crossentropy.figures.experiments.style import LOOKS, name_ends, percent, present
from crossentropy.figures.theme import (
    ACCENT,
    CAT,
    MUTED,
    ThemedFigure,
    canvas,
    finish,
    grid,
    themed,
)
from crossentropy.lab.experiments.results import best
from crossentropy.lab.experiments.runner import Record, spread


@themed
def collapse(records: Sequence[Record]) -> ThemedFigure:
    """Draw accuracy over the number of classes, and confidence under label noise.

    Parameters
    ----------
    records : sequence of dict
        Of the experiment "collapse".
    """
    losses = present(records)
    clean = [record for record in records if not record["noise"]]
    chosen = best(
        clean, "accuracy", ["loss", "classes"], ["epochs", "optimizer", "rate"]
    )
    classes = sorted({record["classes"] for record in clean})
    left, axes = canvas(3.7, 2.9)
    ends = []
    for loss in losses:
        found, look = [chosen[(loss, k)] for k in classes], LOOKS[loss]
        axes.errorbar(
            range(len(classes)),
            [100 * each.mean for each in found],
            yerr=[100 * np.nan_to_num(each.sd) for each in found],
            color=look.colour,
            marker=look.marker,
            markersize=5,
        )
        ends.append(100 * found[-1].mean)
    axes.set_xticks(range(len(classes)), [str(k) for k in classes])
    axes.set(xlabel="classes", ylim=(0, 101), xlim=(-0.2, len(classes) - 0.8))
    axes.set_title("test accuracy (%), best setting")
    grid(axes)
    name_ends(axes, losses, ends)
    words = "; ".join(
        f"{k} classes: "
        + ", ".join(f"{LOOKS[loss].name} {percent(chosen[loss, k])}" for loss in losses)
        for k in classes
    )
    noisy = [record for record in records if record["noise"]]
    if not noisy:
        return finish(left, f"Accuracy at the best setting. {words}.")
    right, axes = canvas(3.4, 2.9)
    said = _confidence(axes, noisy, losses)
    return finish(
        [left, right],
        f"Accuracy at the best setting. {words}. Right, two classes with wrong "
        f"training labels: {said}.",
    )


def _confidence(axes: Axes, records: Sequence[Record], losses: Sequence[str]) -> str:
    """A row for each loss: how sure it is and how often it is right."""
    sure = spread(records, "confidence", ["loss"])
    right = spread(records, "accuracy", ["loss"])
    kept = 100 * (1 - records[0]["noise"])
    rows = range(len(losses))[::-1]
    for row, loss in zip(rows, losses, strict=True):
        look = LOOKS[loss]
        for values, height, face in ((sure, 0.13, look.colour), (right, -0.13, "none")):
            mean, sd, _ = values[(loss,)]
            axes.errorbar(
                100 * mean,
                row + height,
                xerr=100 * np.nan_to_num(sd),
                color=look.colour,
                marker=look.marker,
                markerfacecolor=face,
                markersize=7,
                linewidth=1.2,
            )
    axes.axvline(kept, color=MUTED, linestyle="--", linewidth=1)
    axes.annotate(
        f"{kept:.0f} % of the\nlabels are right",
        (kept, 0),
        (-4, 0),
        textcoords="offset points",
        color=MUTED,
        ha="right",
        va="center",
        fontsize=9,
    )
    top, colour = len(losses) - 1, LOOKS[losses[0]].colour
    for name, values, at in (("confidence", sure, 0.25), ("accuracy", right, -0.25)):
        axes.text(
            100 * values[(losses[0],)][0],
            top + at,
            name,
            color=colour,
            ha="center",
            va="bottom" if at > 0 else "top",
            fontsize=9,
        )
    axes.set_yticks(rows, [LOOKS[loss].name for loss in losses])
    axes.set(xlim=(40, 101), ylim=(-0.5, len(losses) - 0.3), xlabel="%")
    axes.set_title(f"two classes, {100 - kept:.0f} % wrong labels")
    grid(axes, "x")
    return "; ".join(
        f"{LOOKS[loss].name} is {100 * sure[(loss,)][0]:.0f} % sure and "
        f"{100 * right[(loss,)][0]:.0f} % right"
        for loss in losses
    )


@themed
def prior_bias(records: Sequence[Record]) -> ThemedFigure:
    """Draw accuracy a quarter of the way and at the end, each at its best rate.

    Parameters
    ----------
    records : sequence of dict
        Of the experiment "prior_bias".
    """
    ends, quarters = (
        best(records, moment, ["loss", "prior"], ["rate"])
        for moment in ("end", "quarter")
    )
    variants = (
        ("softmax", False, "softmax", CAT, "o", "-"),
        ("sigmoid", False, "sigmoids from 1/2", ACCENT, "s", "--"),
        ("sigmoid", True, "sigmoids from 1/100", ACCENT, "s", "-"),
    )
    figure, axes = canvas(5.2, 2.6)
    said = []
    for row, (loss, prior, name, colour, marker, dash) in enumerate(variants[::-1]):
        quarter, end = quarters[(loss, prior)], ends[(loss, prior)]
        for found, face in ((quarter, "none"), (end, colour)):
            axes.errorbar(
                100 * found.mean,
                row,
                xerr=100 * np.nan_to_num(found.sd),
                color=colour,
                marker=marker,
                markerfacecolor=face,
                markersize=7,
                linewidth=1.2,
                zorder=3,
            )
        axes.plot(
            [100 * quarter.mean, 100 * end.mean],
            [row, row],
            color=colour,
            linestyle=dash,
            linewidth=1,
        )
        shown = (100 * quarter.mean, 100 * end.mean)
        said.append(f"{name} {percent(quarter)}, then {percent(end)}")
    axes.set_yticks(range(3), [variant[2] for variant in variants[::-1]])
    axes.set(ylim=(-0.5, 2.6), xlabel="test accuracy (%), a hundred classes")
    for name, value in (("at a quarter", shown[0]), ("at the end", shown[1])):
        axes.text(value, 2.2, name, color=CAT, ha="center", va="bottom", fontsize=10)
    grid(axes, "x")
    return finish(
        figure,
        "Test accuracy with a hundred classes, a quarter of the way and at the end: "
        + "; ".join(said[::-1])
        + ".",
    )
