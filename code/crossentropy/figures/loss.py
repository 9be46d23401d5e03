"""Figures of the chapters on the loss and on its gradient."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import FancyArrowPatch, FancyBboxPatch
from numpy.typing import ArrayLike

from crossentropy.book import typeset
from crossentropy.figures.theme import (
    ACCENT,
    CAT,
    CLASS_COLOURS,
    CLASS_NAMES,
    DOG,
    INK,
    MUTED,
    ThemedFigure,
    canvas,
    finish,
    themed,
)
from crossentropy.losses import softmax_cross_entropy_and_grad
from crossentropy.softmax import softmax

LOGIT, SHARE, LOSS = 1.0, 4.2, 7.2  # where the columns of the network stand


def _box(axes: Axes, x: float, y: float, text: str, colour: str, wide: float) -> None:
    axes.add_patch(
        FancyBboxPatch(
            (x - wide / 2, y - 0.26),
            wide,
            0.52,
            boxstyle="round,pad=0.02,rounding_size=0.12",
            facecolor="none",
            edgecolor=colour,
            linewidth=1.5,
        )
    )
    axes.text(x, y, text, ha="center", va="center_baseline", color=INK)


def _arrow(
    axes: Axes, start: tuple[float, float], end: tuple[float, float], colour: str
) -> None:
    axes.add_patch(
        FancyArrowPatch(
            start,
            end,
            arrowstyle="-|>",
            mutation_scale=9,
            color=colour,
            linewidth=1,
            shrinkA=0,
            shrinkB=0,
        )
    )


@themed
def network(logits: ArrayLike, label: int, *, backward: bool = False) -> ThemedFigure:
    """Draw the loss as a network, with its forward or its backward numbers.

    Backward, every number is the derivative of the loss with respect to the value that
    stands in that place in the forward picture.
    """
    z = np.asarray(logits, dtype=np.float64)
    loss, gradient = softmax_cross_entropy_and_grad(z, label)
    q = np.asarray(softmax(z))
    figure, axes = canvas(5.6, 2.9)
    rows = [2.0, 1.0, 0.0]
    at_q = np.where(np.arange(3) == label, -1 / q, 0.0)
    for k, (y, name, colour) in enumerate(
        zip(rows, CLASS_NAMES, CLASS_COLOURS, strict=True)
    ):
        if backward:
            left = typeset(gradient[k], "+.5f")
            middle = typeset(at_q[k], "+.5f") if at_q[k] else "0"
        else:
            left, middle = typeset(z[k], "g"), f"{q[k]:.5f}"
        _box(axes, LOGIT, y, left, colour, 1.45)
        _box(axes, SHARE, y, middle, colour, 1.45)
        axes.text(LOGIT - 0.95, y, name, ha="right", va="center_baseline", color=colour)
        for other in rows:
            ends = ((LOGIT + 0.78, y), (SHARE - 0.8, other))
            _arrow(axes, *(ends[::-1] if backward else ends), MUTED)
        used = k == label
        ends = ((SHARE + 0.78, y), (LOSS - 0.8, 1.0))
        if used or not backward:
            _arrow(axes, *(ends[::-1] if backward else ends), colour if used else MUTED)
    _box(axes, LOSS, 1.0, "1" if backward else f"{loss:.5f}", ACCENT, 1.45)
    heads = (
        ("∂L/∂z", "∂L/∂q", "∂L/∂L")
        if backward
        else ("logits z", "softmax q", f"−log q({CLASS_NAMES[label]})")
    )
    for x, head in zip((LOGIT, SHARE, LOSS), heads, strict=True):
        axes.text(x, 2.75, head, ha="center", color=INK, fontweight="bold")
    axes.set(xlim=(-0.9, 8.1), ylim=(-0.5, 3.1))
    axes.set_axis_off()
    listed = ", ".join(
        f"{name} {value:.5f}"
        for name, value in zip(CLASS_NAMES, gradient if backward else q, strict=True)
    )
    words = (
        "The same network read from right to left. It starts with 1 at the loss; only "
        f"the true class, {CLASS_NAMES[label]}, passes anything on, "
        f"{at_q[label]:.5f}; at the logits arrive {listed}: negative for the true "
        "class, positive for the others."
        if backward
        else "A network of three columns: the logits of cat, dog and bird, each joined "
        f"to each of the three probabilities ({listed}), and one loss, {loss:.5f}, "
        f"that uses the probability of {CLASS_NAMES[label]} alone."
    )
    return finish(figure, words)


@themed
def loss_and_accuracy(
    steps: Sequence[int],
    losses: Sequence[float],
    accuracies: Sequence[float],
    confidences: Sequence[float],
) -> ThemedFigure:
    """Draw how a test loss turns up while the accuracy stays."""
    left, axes = canvas(3.4, 2.7)
    axes.plot(steps, losses, "o-", color=CAT, markersize=4)
    axes.set(xscale="log", xlabel="training steps", ylim=(0, None))
    axes.set_title("validation loss (nats)")
    right, axes = canvas(3.4, 2.7)
    axes.plot(steps, accuracies, "o-", color=CAT, markersize=4)
    axes.plot(steps, confidences, "s--", color=DOG, markersize=4)
    axes.annotate(
        "accuracy",
        (steps[-1], accuracies[-1]),
        (0, -16),
        ha="right",
        color=CAT,
        textcoords="offset points",
    )
    axes.annotate(
        "confidence",
        (steps[1], confidences[1]),
        (6, -12),
        color=DOG,
        textcoords="offset points",
    )
    axes.set(xscale="log", xlabel="training steps", ylim=(0, 1.02))
    axes.set_title("accuracy and confidence")
    best = int(np.argmin(losses))
    return finish(
        [left, right],
        f"Left: the loss on unseen images falls to {losses[best]:.3f} at {steps[best]} "
        f"steps and rises to {losses[-1]:.3f} at {steps[-1]}. Right: the accuracy goes "
        f"from {accuracies[0]:.1%} to {accuracies[best]:.1%} and ends at "
        f"{accuracies[-1]:.1%}, while the mean confidence climbs from "
        f"{confidences[0]:.0%} to {confidences[-1]:.0%}, past the accuracy.",
    )
