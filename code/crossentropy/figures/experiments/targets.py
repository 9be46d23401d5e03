"""Figures of the experiments on labels: smoothed, wrong and rare ones.

Each takes the records of an experiment. Colours are those of the losses.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from crossentropy.figures.experiments.runs import dots, names
from crossentropy.figures.experiments.style import LOOKS
from crossentropy.figures.theme import (
    INK,
    MUTED,
    ThemedFigure,
    canvas,
    finish,
    grid,
    themed,
)
from crossentropy.lab.experiments.pairs import percents
from crossentropy.lab.experiments.runner import Record

SOFTMAX = LOOKS["softmax"].colour


@themed
def calibration(records: Iterable[Record], best_gap: Sequence[float]) -> ThemedFigure:
    """Draw the calibration error and the logit gap against the amount of smoothing.

    Takes the records of ``smoothing``, and the gap that theory asks for, for each
    amount above 0.
    """
    records = list(records)
    amounts = sorted({record["eps"] for record in records})
    places = range(len(amounts))
    left, axes = canvas(3.7, 3.0)
    ends, told = [], []
    for value, name, full in (
        ("ece", "as trained", True),
        ("ece_scaled", "after a\ntemperature", False),
    ):
        columns = [percents(records, value, eps=eps) for eps in amounts]
        means = dots(axes, places, columns, SOFTMAX, style="-", full=full)
        ends.append((name, SOFTMAX, means[-1]))
        told.append(f"{name}: {', '.join(f'{mean:.1f}' for mean in means)} %")
    axes.set(xlabel="ε", ylim=(0, None))
    axes.set_xticks(places, [f"{eps:g}" for eps in amounts])
    axes.set_title("calibration error, ECE (%)")
    grid(axes)
    names(axes, ends)
    right, axes = canvas(3.4, 3.0)
    gaps = [percents(records, "gap_train", eps=eps) / 100 for eps in amounts]
    dots(axes, places, gaps, SOFTMAX)
    axes.plot(places[1:], best_gap, "_", color=INK, markersize=20, markeredgewidth=2)
    for name, place, gap, colour, beside, side in (
        ("measured", 0, float(gaps[0].mean()), SOFTMAX, (10, -4), "left"),
        ("best lead, in theory", places[-1], best_gap[-1], INK, (20, -20), "right"),
    ):
        axes.annotate(
            name,
            (place, gap),
            beside,
            textcoords="offset points",
            ha=side,
            color=colour,
        )
    axes.set(xlabel="ε", ylim=(0, None), xlim=(-0.4, len(amounts) - 0.6))
    axes.set_xticks(places, [f"{eps:g}" for eps in amounts])
    axes.margins(y=0.1)
    axes.set_title("lead of the true logit")
    grid(axes)
    return finish(
        [left, right],
        f"For smoothing {', '.join(f'{eps:g}' for eps in amounts)}. Calibration error "
        f"{'; '.join(told)}. Lead of the true logit measured "
        f"{', '.join(f'{gap.mean():.1f}' for gap in gaps)}, in theory without end for "
        f"0, then {', '.join(f'{gap:.1f}' for gap in best_gap)}.".replace("\n", " "),
    )


@themed
def noisy_labels(records: Iterable[Record]) -> ThemedFigure:
    """Draw what smoothing adds to the accuracy under wrong labels, pair by pair.

    Takes the records of ``noisy_labels``.
    """
    records = list(records)
    noises = sorted({record["noise"] for record in records})
    none, *amounts = sorted({record["eps"] for record in records})
    figures, told, panels = [], [], []
    for epochs in sorted({record["epochs"] for record in records}):
        figure, axes = canvas(3.4, 3.0)
        axes.axhline(0, color=MUTED, linewidth=1)
        places, ticks = [], []
        for group, noise in enumerate(noises):
            case = {"noise": noise, "epochs": epochs}
            plain = percents(records, "accuracy", eps=none, **case)
            for place, eps in enumerate(amounts):
                gain = percents(records, "accuracy", eps=eps, **case) - plain
                places.append(group * (len(amounts) + 0.6) + place)
                ticks.append(f"{eps:g}")
                dots(axes, places[-1:], [gain], SOFTMAX, full=False)
                spread = f" ± {gain.std(ddof=1):.1f}" if len(gain) > 1 else ""
                told.append(
                    f"{epochs:.0f} epochs, {noise:.0%} wrong, ε {eps:g}: "
                    f"{gain.mean():+.1f}{spread}"
                )
            axes.text(
                float(np.mean(places[-len(amounts) :])),
                0.99,
                f"{noise:.0%} wrong",
                ha="center",
                va="top",
                transform=axes.get_xaxis_transform(),
            )
        axes.set_xticks(places, ticks)
        axes.tick_params(axis="x", length=0)
        axes.set_xlabel("ε")
        axes.set_title(f"points gained, {epochs:.0f} epochs")
        axes.margins(x=0.15, y=0.15)
        grid(axes)
        figures.append(figure)
        panels.append(axes)
    reach = [edge for axes in panels for edge in axes.get_ylim()]
    for axes in panels:  # one scale, so that the panels can be compared
        axes.set_ylim(min(reach), max(reach))
    return finish(
        figures,
        "Change of the test accuracy in points by smoothing, a dot for each pair of "
        f"runs with the same wrong labels. {'; '.join(told)}.",
    )


@themed
def imbalance(records: Iterable[Record]) -> ThemedFigure:
    """Draw what is recognised of the common and of the rare classes.

    Takes the records of ``imbalance``.
    """
    records = list(records)
    figure, axes = canvas(5.0, 2.9)
    ways = {
        "plain": "plain",
        "weights": "weights 1/n",
        "afterwards": "log prior off, after",
        "adjusted": "logit-adjusted loss",
    }
    places = range(len(ways))[::-1]
    told = []
    for value, label, marker, full in (
        ("rare", "rare", "v", True),
        ("balanced", "all, balanced", "o", True),
        ("common", "common", "^", False),
    ):
        columns = [percents(records, value, way=way) for way in ways]
        means = dots(
            axes, places, columns, SOFTMAX, marker=marker, full=full, flat=True
        )
        axes.annotate(
            label,
            (means[0], places[0]),
            (0, 11),
            textcoords="offset points",
            ha="center",
            color=SOFTMAX,
        )
        told.append(f"{label}: {', '.join(f'{mean:.0f}' for mean in means)} %")
    axes.set_yticks(list(places), list(ways.values()))
    axes.tick_params(axis="y", length=0)
    axes.set(xlabel="recognised (%)", ylim=(-0.5, len(ways) - 0.2))
    grid(axes, "x")
    return finish(
        figure,
        "Share of digits recognised with each way, in the order "
        f"{', '.join(ways.values())}. {'; '.join(told)}.",
    )


@themed
def rare_label(records: Iterable[Record]) -> ThemedFigure:
    """Draw what a weight on the positives does to recall and to the ranking.

    Takes the records of ``rare_label``.
    """
    records = list(records)
    weights = sorted({record["pos_weight"] for record in records})
    _, colour, marker = LOOKS["sigmoid"]
    figures, told = [], []
    for epochs in sorted({record["epochs"] for record in records}):
        figure, axes = canvas(3.7, 3.0)
        ends = []
        for value, name, shade, style, full in (
            ("average_precision", "AP", MUTED, "-", True),
            ("recall", "recall at ½", colour, "-", True),
            ("recall_back", "less log w", colour, ":", False),
        ):
            columns = [
                percents(records, value, pos_weight=w, epochs=epochs) for w in weights
            ]
            means = dots(
                axes, weights, columns, shade, style=style, marker=marker, full=full
            )
            ends.append((name, shade, means[-1]))
            shown = ", ".join(f"{mean:.0f}" for mean in means)
            told.append(f"{name}, {epochs:.0f} epochs: {shown} %")
        axes.set_xscale("log")
        axes.set_xticks(weights, [f"{w:g}" for w in weights])
        axes.minorticks_off()
        axes.set(xlabel="weight w of the positives", ylim=(-3, 103))
        axes.set_title(f"%, after {epochs:.0f} epochs")
        grid(axes)
        names(axes, ends)
        figures.append(figure)
    return finish(
        figures,
        f"Average precision (AP) and recall for weights "
        f"{', '.join(f'{w:g}' for w in weights)}. {'; '.join(told)}.",
    )
