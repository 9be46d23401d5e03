"""Figures of the chapter on one label or many."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from crossentropy.figures.theme import (
    ACCENT,
    BIRD,
    CAT,
    CLASS_COLOURS,
    DOG,
    INK,
    MUTED,
    ThemedFigure,
    canvas,
    finish,
    grid,
    themed,
)
from crossentropy.losses import focal_loss


@themed
def scenes(
    images: NDArray[np.uint8],
    labels: NDArray[np.uint8],
    sigmoids: NDArray[np.float64],
    shares: NDArray[np.float64],
) -> ThemedFigure:
    """Draw one scene with each number of digits, and what two models say of it."""
    count = labels.sum(axis=1)
    right = ((sigmoids > 0.5) == labels).all(axis=1)
    chosen = [int(np.flatnonzero((count == n) & right)[0]) for n in range(4)]
    figure, axes = canvas(5.6, 4.0, nrows=3, ncols=4, height_ratios=[1.4, 1, 1])
    for column, scene in enumerate(chosen):
        picture = axes[0, column]
        y, x = np.nonzero(images[scene] > 60)
        picture.scatter(
            x, y, s=images[scene][y, x] / 70, color=INK, marker="s", linewidth=0
        )
        picture.set(xlim=(-2, 29), ylim=(29, -2), aspect="equal", xticks=[], yticks=[])
        picture.spines[:].set_visible(True)
        for row, p in ((1, sigmoids), (2, shares)):
            panel = axes[row, column]
            panel.bar(range(3), p[scene], color=CLASS_COLOURS, width=0.7)
            panel.axhline(0.5, color=MUTED, linewidth=0.8, linestyle="--")
            panel.set(ylim=(0, 1.05), yticks=[0, 1] if column == 0 else [])
            panel.set_xticks(range(3))
            panel.tick_params(axis="x", length=0)
    axes[1, 0].set_ylabel("sigmoids")
    axes[2, 0].set_ylabel("softmax")
    totals = ", ".join(f"{sigmoids[scene].sum():.2f}" for scene in chosen)
    return finish(
        figure,
        "Four scenes with none, one, two and three digits above bars for the digits 0, "
        f"1 and 2. The sigmoids' bars sum to {totals}; the softmax bars sum to 1 each "
        "time.",
    )


@themed
def best_answers() -> ThemedFigure:
    """Draw the answer with the least expected loss against the true probability."""
    p = np.linspace(0.005, 0.995, 199)
    q = np.linspace(0.0005, 0.9995, 2001)
    logits = np.stack([np.zeros_like(q), np.log(q / (1 - q))], axis=1)
    ones = np.ones(len(q), dtype=int)
    when_true = focal_loss(logits, ones, gamma=2.0, reduction="none")
    when_false = focal_loss(logits, 1 - ones, gamma=2.0, reduction="none")
    expected = np.multiply.outer(p, when_true) + np.multiply.outer(1 - p, when_false)
    figure, axes = canvas(4.6, 3.8)
    axes.plot(p, p, color=CAT, label="cross-entropy")
    axes.plot(p, 9 * p / (9 * p + 1 - p), color=BIRD, linestyle="--", label="weight 9")
    axes.plot(
        p,
        q[expected.argmin(axis=1)],
        color=ACCENT,
        linestyle="-.",
        label="focal, γ = 2",
    )
    axes.step(p, (p > 0.5).astype(float), color=DOG, linestyle=":", label="difference")
    axes.set(xlabel="true probability", ylabel="best answer", xlim=(0, 1), ylim=(0, 1))
    axes.legend(loc="lower right")
    axes.set_aspect("equal")
    grid(axes)
    return finish(
        figure,
        "Best answer against true probability: cross-entropy is the diagonal, a weight "
        "of 9 bulges above it, focal loss is flatter than the diagonal, and the "
        "difference loss is a step from 0 to 1 at one half.",
    )
