"""Figures of the experiments on outputs: many labels, none of these, unseen classes.

Each takes the records of an experiment. Colours are those of the losses; what is
trained on other targets keeps its loss's colour.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from crossentropy.figures.experiments.runs import dots, names
from crossentropy.figures.experiments.style import LOOKS
from crossentropy.figures.theme import INK, ThemedFigure, canvas, finish, grid, themed
from crossentropy.lab.experiments.pairs import percents
from crossentropy.lab.experiments.runner import Record

KINDS = {
    "kept": "digits",
    "half_scrambled": "scrambled",
    "half_finer": "finer",
    "half_spots": "spots",
    "half_stripes": "stripes",
    "half_noise": "noise",
}
WAYS = {
    "softmax": ("softmax", "softmax"),
    "uniform": ("uniform", "softmax"),
    "na": ("NA class", "softmax"),
    "sigmoid": ("sigmoids", "sigmoid"),
    "zeros": ("zeros", "sigmoid"),
    "prior": ("zeros, prior", "sigmoid"),
}


@themed
def scenes(records: Iterable[Record]) -> ThemedFigure:
    """Draw the share of scenes that are exactly right against their number of digits.

    Takes the records of ``multilabel``.
    """
    records = list(records)
    figure, axes = canvas(5.0, 3.2)
    ends, told = [], []
    for way, cut, name, style in (
        ("sigmoid", "half", "sigmoids, at ½", "-"),
        ("softmax", "best", "softmax, at its best", "-"),
        ("softmax", "half", "softmax, at ½", ":"),
    ):
        columns = [percents(records, f"exact_{cut}_{n}", way=way) for n in (1, 2, 3)]
        _, colour, marker = LOOKS[way]
        means = dots(axes, (1, 2, 3), columns, colour, style=style, marker=marker)
        ends.append((name, colour, means[-1]))
        told.append(f"{name}: {', '.join(f'{mean:.0f}' for mean in means)} %")
    axes.set(xlabel="digits in the scene", ylabel="exactly right (%)")
    axes.set(xlim=(0.8, 3.1), ylim=(-3, 103), xticks=(1, 2, 3))
    grid(axes)
    names(axes, ends)
    return finish(
        figure,
        "Share of scenes whose labels are all right, for scenes of one, two and three "
        f"digits. {'; '.join(told)}.",
    )


@themed
def none_of_these(records: Iterable[Record]) -> ThemedFigure:
    """Draw what each way accepts as a digit, a panel for each kind of picture.

    Takes the records of ``none_of_these``.
    """
    records = list(records)
    drawn = [canvas(3.7, 2.7, ncols=3, sharey=True) for _ in range(2)]
    all_axes = [axes for _, panels in drawn for axes in panels.flat]
    places = range(len(WAYS))[::-1]
    told = []
    for axes, (value, title) in zip(all_axes, KINDS.items(), strict=True):
        means = []
        for place, (way, (name, loss)) in zip(places, WAYS.items(), strict=True):
            runs = percents(records, value, way=way)
            _, colour, marker = LOOKS[loss]
            dots(axes, [place], [runs], colour, marker=marker, flat=True)
            means.append(f"{name} {runs.mean():.0f}")
        axes.set_title(title)
        axes.set(xlim=(-6, 106), xticks=(0, 50, 100), ylim=(-0.6, len(WAYS) - 0.4))
        axes.tick_params(axis="y", length=0)
        axes.set_yticks(list(places), [name for name, _ in WAYS.values()])
        grid(axes, "x")
        told.append(f"{title}: {', '.join(means)}")
    for figure, _ in drawn:
        figure.supxlabel("share (%)", fontsize=11, color=INK)
    return finish(
        [figure for figure, _ in drawn],
        "Share of digits that are recognised, and of five kinds of other pictures that "
        "are taken for some digit, with more than one half. Of the five only the first "
        f"was trained with. {'; '.join(told)}.",
    )


@themed
def one_vs_rest(records: Iterable[Record]) -> ThemedFigure:
    """Draw the share of right answers, ten digits or none, against the rate.

    Takes the records of ``one_vs_rest``.
    """
    records = list(records)
    figures, told = [], []
    rates = sorted({record["rate"] for record in records})
    for epochs in sorted({record["epochs"] for record in records}):
        figure, axes = canvas(3.7, 3.0)
        ends = []
        for way, name, loss, style in (
            ("na", "NA class", "softmax", "-"),
            ("prior", "zeros, prior", "sigmoid", "-"),
            ("zeros", "zeros", "sigmoid", ":"),
        ):
            columns = [
                percents(records, "eleven_half", way=way, epochs=epochs, rate=rate)
                for rate in rates
            ]
            _, colour, marker = LOOKS[loss]
            means = dots(axes, rates, columns, colour, style=style, marker=marker)
            ends.append((name, colour, means[-1]))
            told.append(f"{name}, epochs {epochs:.0f}: at most {means.max():.1f} %")
        axes.set_xscale("log")
        axes.set_xticks(rates, [f"{rate:g}" for rate in rates])
        axes.minorticks_off()
        axes.set(xlabel="learning rate", ylabel="right answers (%)")
        axes.set_title("1 epoch" if epochs == 1 else f"{epochs:.0f} epochs")
        grid(axes)
        names(axes, ends)
        figures.append(figure)
    return finish(
        figures,
        "Share of right answers among ten digits or none, against the learning rate. "
        f"{'; '.join(told)}.",
    )


@themed
def unseen(records: Iterable[Record]) -> ThemedFigure:
    """Draw how well each model notices digits of two classes it has not seen.

    Takes the records of ``unseen``.
    """
    records = list(records)
    pairs = sorted({record["held_out"] for record in records})
    figures, told = [], []
    for value, title in (
        ("auroc", "AUROC (%)"),
        ("fair_unseen", "unseen digits accepted (%)"),
    ):
        figure, axes = canvas(3.4, 3.2)
        for shift, (way, name, loss, full) in enumerate(
            (
                ("softmax", "softmax", "softmax", True),
                ("smoothed", "softmax, smoothed", "softmax", False),
                ("sigmoid", "sigmoids", "sigmoid", True),
            )
        ):
            columns = [percents(records, value, way=way, held_out=p) for p in pairs]
            places = np.arange(len(pairs)) + 0.25 * (shift - 1)
            _, colour, marker = LOOKS[loss]
            means = dots(axes, places, columns, colour, marker=marker, full=full)
            told.append(
                f"{title[:-4]}, {name}: {', '.join(f'{m:.0f}' for m in means)} %"
            )
            face = colour if full else "none"
            axes.plot([], [], marker, color=colour, markerfacecolor=face, label=name)
        shown = [pair.replace(",", ", ") for pair in pairs]
        axes.set_xticks(range(len(pairs)), shown)
        axes.tick_params(axis="x", length=0)
        axes.set_xlabel("digits held out")
        axes.set_title(title)
        grid(axes)
        figure.legend(
            loc="outside lower center",
            ncols=3,
            columnspacing=0.9,
            handletextpad=0.1,
            fontsize=9,
        )
        figures.append(figure)
    return finish(
        figures,
        f"For the digits held out, {'; '.join(shown)}, in this order. "
        f"{'; '.join(told)}.",
    )
