"""Figures of the chapter on label smoothing and calibration."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from crossentropy.calibration import (
    expected_calibration_error,
    reliability_curve,
    top_label,
)
from crossentropy.figures.theme import (
    BIRD,
    CAT,
    DOG,
    MUTED,
    ThemedFigure,
    canvas,
    finish,
    grid,
    themed,
)


@themed
def noise(accuracy: Mapping[tuple[float, float], Sequence[float]]) -> ThemedFigure:
    """Draw test accuracy against smoothing, a line for each draw."""
    figure, axes = canvas(4.8, 3.4)
    rates = sorted({rate for rate, _ in accuracy})
    amounts = sorted({amount for _, amount in accuracy})
    changes = []
    for rate, colour in zip(rates, (CAT, BIRD, DOG), strict=True):
        rows = np.array([accuracy[rate, amount] for amount in amounts])
        axes.plot(amounts, rows, color=colour, linewidth=0.8, alpha=0.6)
        axes.plot(amounts, rows.mean(axis=1), "o-", color=colour)
        axes.annotate(
            f"{rate:.0%} wrong",
            (amounts[-1], rows[-1].mean()),
            (7, 0),
            textcoords="offset points",
            va="center",
            color=colour,
            annotation_clip=False,
        )
        changes.append(f"{rate:.0%} wrong: {np.mean(rows[-1] - rows[0]):+.1f}")
    axes.set(xlabel="ε", ylabel="test accuracy (%)", xlim=(-0.01, amounts[-1] * 1.25))
    grid(axes)
    return finish(
        figure,
        "Test accuracy against the amount of smoothing, for three shares of wrong "
        "labels. Mean change in points from no smoothing to the most: "
        f"{'; '.join(changes)}.",
    )


@themed
def reliability(
    before: NDArray[np.float64], after: NDArray[np.float64], labels: NDArray[np.uint8]
) -> ThemedFigure:
    """Draw accuracy against confidence, before and after temperature scaling."""
    figures = []
    for title, q in (("before", before), ("after", after)):
        curve = reliability_curve(*top_label(q, labels), bins=10)
        figure, axes = canvas(3.4, 3.2)
        axes.plot([0, 1], [0, 1], color=MUTED, linewidth=1)
        filled = curve.counts > 0
        axes.scatter(
            curve.confidence[filled],
            curve.frequency[filled],
            s=10 + 300 * curve.counts[filled] / curve.counts.sum(),
            color=CAT,
            alpha=0.75,
            linewidth=0,
        )
        axes.set(xlim=(0, 1.03), ylim=(0, 1.03), aspect="equal")
        axes.set(xlabel="confidence", ylabel="accuracy")
        axes.set_title(title)
        grid(axes)
        figures.append(figure)
    errors = [
        f"{expected_calibration_error(*top_label(q, labels)):.3f}"
        for q in (before, after)
    ]
    return finish(
        figures,
        "Reliability diagrams, a dot for each bin, its area the number of predictions. "
        f"Before temperature scaling the dots lie below the diagonal, ECE {errors[0]}; "
        f"after it they lie close to it, ECE {errors[1]}.",
    )
