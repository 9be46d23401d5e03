"""Figures of the chapter on information."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from crossentropy.figures.theme import (
    ACCENT,
    BIRD,
    CAT,
    DOG,
    INK,
    MUTED,
    ThemedFigure,
    canvas,
    finish,
    grid,
    themed,
)
from crossentropy.information import entropy, kl_divergence, surprisal


@themed
def surprisal_curve() -> ThemedFigure:
    """Draw surprisal in bits against probability, with the halvings marked."""
    figure, axes = canvas()
    q = np.linspace(0.01, 1, 400)
    axes.plot(q, surprisal(q, unit="bits"), color=CAT)
    marks = 0.5 ** np.arange(5)
    axes.plot(marks, surprisal(marks, unit="bits"), "o", color=DOG, markersize=7)
    for n, mark in enumerate(marks):
        name = "1" if n == 0 else f"1/{2**n}"
        axes.annotate(name, (mark, n), (9, 5), textcoords="offset points", color=INK)
    axes.set(xlabel="probability q of what happened", ylabel="surprisal (bits)")
    axes.set(xlim=(0, 1.08), ylim=(0, 6.5))
    grid(axes)
    return finish(
        figure,
        "Surprisal falls from infinity at probability 0 to zero at probability 1; "
        "each halving of the probability, marked at 1, 1/2, 1/4, 1/8 and 1/16, adds "
        "one bit.",
    )


@themed
def codeword_lengths(p: Mapping[str, float], code: Mapping[str, str]) -> ThemedFigure:
    """Draw the length of each symbol's codeword against its surprisal."""
    figure, axes = canvas(height=3.4)
    shares = np.array(list(p.values()))
    bits = np.array(surprisal(shares, unit="bits"))
    lengths = np.array([len(code[symbol]) for symbol in p])
    top = float(bits.max()) + 1
    axes.plot([0, top], [0, top], color=MUTED, linewidth=1)
    axes.annotate(
        "length = surprisal",
        (top, top),
        (-4, -16),
        ha="right",
        textcoords="offset points",
        color=MUTED,
        rotation=0,
    )
    axes.scatter(bits, lengths, s=12 + 2500 * shares, color=CAT, alpha=0.6, linewidth=0)
    for symbol in (" ", "e", "z"):
        if symbol in p:
            x, y = float(surprisal(p[symbol], unit="bits")), len(code[symbol])
            label = "space" if symbol == " " else symbol
            axes.annotate(label, (x, y), (10, -14), textcoords="offset points")
    axes.set(xlabel="surprisal of the character (bits)", ylabel="codeword (bits)")
    axes.set(xlim=(0, top + 0.5), ylim=(0, lengths.max() + 1))
    grid(axes)
    return finish(
        figure,
        "One dot for each character, its area the character's share of the text: the "
        "dots lie close to the diagonal where the codeword is as long as the "
        "surprisal, the common ones such as the space at the lower left.",
    )


@themed
def cost_of_wrong_codes(
    p: NDArray[np.float64], codes: Mapping[str, NDArray[np.float64]]
) -> ThemedFigure:
    """Draw H(p) and the waste KL(p || q) on top of it, for several models q."""
    figure, axes = canvas(height=2.6)
    floor = float(entropy(p, unit="bits"))
    waste = [float(kl_divergence(p, q, unit="bits")) for q in codes.values()]
    rows = np.arange(len(codes))[::-1]
    axes.barh(rows, [floor] * len(rows), color=CAT, height=0.6)
    axes.barh(rows, waste, left=floor, color=DOG, height=0.6)
    for row, extra in zip(rows, waste, strict=True):
        axes.annotate(
            f"{floor + extra:.2f}",
            (floor + extra, row),
            (5, 0),
            textcoords="offset points",
            va="center",
        )
    axes.set_yticks(rows, list(codes))
    axes.set(xlabel="bits per character", xlim=(0, (floor + max(waste)) * 1.2))
    axes.text(0.06, rows[0], "H(p)", color="white", va="center", fontweight="bold")
    axes.text(
        floor + 0.06, rows[-1], "KL", color="white", va="center", fontweight="bold"
    )
    axes.tick_params(axis="y", length=0)
    costs = [
        f"{name}: {floor + extra:.2f}" for name, extra in zip(codes, waste, strict=True)
    ]
    return finish(
        figure,
        "Bars of the mean cost in bits per character, all beginning with the same "
        f"H(p). {', '.join(costs)}. Only the code made for the text itself has no "
        "waste on top.",
    )


@themed
def running_loss(
    losses: NDArray[np.float64], truth: float, floor: float
) -> ThemedFigure:
    """Draw the mean of a growing number of sampled surprisals with its error."""
    figure, axes = canvas()
    n = np.arange(1, len(losses) + 1)
    mean = np.cumsum(losses) / n
    spread = np.sqrt(np.maximum(np.cumsum(losses**2) / n - mean**2, 0))
    error = spread / np.sqrt(n)
    keep = n >= 10
    axes.fill_between(
        n[keep],
        (mean - error)[keep],
        (mean + error)[keep],
        color=CAT,
        alpha=0.25,
        linewidth=0,
    )
    axes.plot(n[keep], mean[keep], color=CAT, linewidth=1.5)
    axes.axhline(truth, color=INK, linewidth=1)
    axes.axhline(floor, color=MUTED, linewidth=1, linestyle="--")
    for name, level, colour in (("H(p, q)", truth, INK), ("H(p)", floor, MUTED)):
        axes.annotate(
            name,
            (n[-1], level),
            (6, 0),
            textcoords="offset points",
            va="center",
            color=colour,
            annotation_clip=False,
        )
    axes.set_xscale("log")
    axes.set(xlabel="number of samples", ylabel="mean surprisal (nats)")
    axes.set_xlim(9, n[-1])
    return finish(
        figure,
        "The mean surprisal of sampled labels swings widely for ten samples and "
        "settles at H(p, q) by ten thousand, within a band of one standard error that "
        "narrows as one over the square root of the number; H(p) lies below, out of "
        "reach.",
    )


@themed
def proper_scores(p: float) -> ThemedFigure:
    """Draw the expected log, Brier and linear loss against the stated probability."""
    figure, axes = canvas(height=3.4)
    q = np.linspace(0.01, 0.99, 393)
    expected: Sequence[tuple[str, NDArray[np.float64], str, str]] = (
        ("log", -p * np.log(q) - (1 - p) * np.log1p(-q), CAT, "-"),
        ("squared (Brier)", 2 * (p * (1 - q) ** 2 + (1 - p) * q**2), BIRD, "--"),
        ("linear", p * (1 - q) + (1 - p) * q, DOG, "-."),
    )
    for name, loss, colour, dash in expected:
        axes.plot(q, loss, color=colour, linestyle=dash, label=name)
        best = int(loss.argmin())
        axes.plot(q[best], loss[best], "o", color=colour, markersize=8, clip_on=False)
    axes.axvline(p, color=MUTED, linewidth=1)
    axes.annotate("p", (p, 1.55), (5, 0), textcoords="offset points", color=MUTED)
    axes.set(
        xlabel="probability q that the forecaster states",
        ylabel="expected loss",
        ylim=(0, 1.7),
        xlim=(0, 1),
    )
    axes.legend(loc="upper center", bbox_to_anchor=(0.42, 1.02))
    grid(axes)
    return finish(
        figure,
        "Expected loss against the stated probability: the log and the squared score "
        f"are lowest exactly at the true probability {p:g}, the linear score at the "
        "right end, where the forecaster claims certainty.",
    )


@themed
def two_directions(
    x: NDArray[np.float64],
    p: NDArray[np.float64],
    forward: NDArray[np.float64],
    reverse: NDArray[np.float64],
) -> ThemedFigure:
    """Draw a two-peaked p and the one-peaked q that each KL likes best."""
    figures = []
    for title, q in (("least KL(p || q)", forward), ("least KL(q || p)", reverse)):
        figure, axes = canvas(3.4, 2.6)
        axes.fill_between(x, p, color=MUTED, alpha=0.3, linewidth=0, label="p")
        axes.plot(x, q, color=ACCENT, label="q")
        axes.set_title(title)
        axes.set(
            xlabel="x", yticks=[], ylim=(0, float(max(reverse.max(), p.max())) * 1.1)
        )
        axes.legend(loc="upper left")
        figures.append(figure)
    return finish(
        figures,
        "Left: the best fit for KL of p from q is one wide hump that covers both peaks "
        "of p and the valley between them. Right: the best fit for KL of q from p sits "
        "on one peak and ignores the other.",
    )
