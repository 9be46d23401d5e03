"""Figures of the chapter on the gradient."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import ArrayLike, NDArray

from crossentropy.figures.theme import (
    CAT,
    CLASS_COLOURS,
    CLASS_NAMES,
    DOG,
    INK,
    MUTED,
    ThemedFigure,
    canvas,
    finish,
    grid,
    themed,
)
from crossentropy.losses import softmax_cross_entropy_and_grad
from crossentropy.softmax import softmax


@themed
def v_curves(
    steps: NDArray[np.float64],
    curves: Mapping[tuple[str, bool], NDArray[np.float64]],
) -> ThemedFigure:
    """Draw the error of difference quotients against their step."""
    figures = []
    for centred, title in ((False, "one-sided"), (True, "centred")):
        figure, axes = canvas(3.4, 3.0)
        for name, colour, dash in (("float32", DOG, "--"), ("float64", CAT, "-")):
            errors = curves[name, centred]
            axes.plot(steps, errors, color=colour, linestyle=dash)
            best = int(errors.argmin())
            axes.plot(steps[best], errors[best], "o", color=colour)
            axes.annotate(
                name,
                (steps[best], errors[best]),
                (0, -15),
                textcoords="offset points",
                ha="center",
                color=colour,
            )
        axes.set(xscale="log", yscale="log", xlabel="step h", ylim=(1e-13, 1e4))
        axes.set_title(title)
        grid(axes)
        figures.append(figure)
    least = {key: f"{errors.min():.0e}" for key, errors in curves.items()}
    return finish(
        figures,
        "Error of the difference quotient against the step, on logarithmic axes: each "
        "curve is a V. The least error of the one-sided quotient is "
        f"{least['float32', False]} in float32 and {least['float64', False]} in "
        f"float64; of the centred one {least['float32', True]} and "
        f"{least['float64', True]}.",
    )


@themed
def one_step(logits: ArrayLike, label: int) -> ThemedFigure:
    """Draw the probabilities before and after one step of size 1 downhill."""
    z = np.asarray(logits, dtype=np.float64)
    loss, gradient = softmax_cross_entropy_and_grad(z, label)
    before, after = np.asarray(softmax(z)), np.asarray(softmax(z - gradient))
    left, axes = canvas(3.4, 2.8)
    x = np.arange(3)
    axes.bar(x - 0.2, before, 0.36, color=CLASS_COLOURS, alpha=0.45)
    bars = axes.bar(x + 0.2, after, 0.36, color=CLASS_COLOURS)
    axes.bar_label(bars, [f"{value:.3f}" for value in after], padding=2)
    axes.set_xticks(x, CLASS_NAMES)
    axes.tick_params(axis="x", length=0)
    axes.set(yticks=[], ylim=(0, float(after.max()) * 1.18))
    axes.spines["left"].set_visible(False)
    axes.set_title("probability before (pale), after")
    right, axes = canvas(3.4, 2.8)
    steps = np.linspace(0, 6, 121)
    losses = [softmax_cross_entropy_and_grad(z - t * gradient, label)[0] for t in steps]
    axes.plot(steps, losses, color=CAT)
    axes.plot(
        steps,
        loss - steps * (1 - steps / 4) * (gradient @ gradient),
        color=MUTED,
        linestyle="--",
    )
    axes.plot(1, losses[20], "o", color=CAT)
    axes.annotate("bound", (5.2, float(loss) * 0.93), color=MUTED)
    axes.annotate(
        "loss", (3.4, losses[68]), (0, -14), textcoords="offset points", color=CAT
    )
    axes.axhline(float(loss), color=INK, linewidth=0.6)
    axes.set(xlabel="step η", ylim=(0, float(loss) * 1.25))
    axes.set_title("loss (nats)")
    return finish(
        [left, right],
        f"Left: after the step {CLASS_NAMES[label]} has {after[label]:.3f} instead of "
        f"{before[label]:.3f}, the two others less than before. Right: the loss falls "
        "along the step and stays below the quadratic bound, which returns to the "
        "starting value at a step of 4.",
    )
