"""Losses against one number: the margin, the lead."""

from __future__ import annotations

from typing import Any

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
from crossentropy.information import entropy
from crossentropy.labels import one_hot, smooth_labels
from crossentropy.losses import (
    difference_loss_and_grad,
    multiclass_hinge_and_grad,
    soft_label_cross_entropy_and_grad,
    softmax_cross_entropy_and_grad,
    squared_error_and_grad,
)

MARGIN = -2.0
SMOOTHING = (0.1, 10, 8.0)  # eps, the number of classes, the lead


def _at_margins(m: NDArray[np.float64]) -> dict[str, list[NDArray[Any]]]:
    """Return value and slope of the four losses at margins of the true class."""
    pairs, true = np.stack([np.zeros_like(m), m], axis=1), np.ones(len(m), dtype=int)
    found = {
        "cross-entropy": softmax_cross_entropy_and_grad(pairs, true, reduction="none"),
        "hinge": multiclass_hinge_and_grad(pairs, true, reduction="none"),
        "squared error": squared_error_and_grad(pairs, true, reduction="none"),
        "difference": difference_loss_and_grad(m, true, reduction="none"),
    }
    return {
        name: [np.asarray(loss), gradient[:, 1] if gradient.ndim == 2 else gradient]
        for name, (loss, gradient) in found.items()
    }


@themed
def margin() -> ThemedFigure:
    """Four losses of two classes, and their slopes, against the margin."""
    along = np.linspace(-12, 8, 401)
    curves, here = _at_margins(along), _at_margins(np.array([MARGIN]))
    looks = ((CAT, "-", "o"), (DOG, "--", "^"), (BIRD, "-.", "s"), (ACCENT, ":", "D"))
    left, losses = canvas(3.4, 3.4)
    right, slopes = canvas(3.4, 3.4)
    for k, axes in enumerate((losses, slopes)):
        for (name, values), (colour, dash, marker) in zip(
            curves.items(), looks, strict=True
        ):
            (value,) = here[name][k].tolist()
            number = f"{value:.3f}".replace("-", "−")
            axes.plot(along, values[k], dash, color=colour)
            label = f"{name} {number}"
            axes.plot([MARGIN], [value], dash + marker, color=colour, label=label)
        axes.vlines(MARGIN, *((0, 3), (-1, 0))[k], color=MUTED, linewidth=0.8, zorder=0)
        ticks = [-12, -8, -4, 0, 4, 8]
        axes.set(xlim=(-12, 8), xticks=ticks, xlabel="margin m")
        axes.set_xticklabels([str(tick).replace("-", "−") for tick in ticks])
        grid(axes)
    losses.set(ylim=(0, 13), yticks=[0, 4, 8, 12], title="Loss L")
    losses.legend(loc="upper right", fontsize=9)
    slopes.set(ylim=(-1.03, 0.5), yticks=[-1, -0.5, 0], title="Slope dL/dm")
    slopes.set_yticklabels(["−1", "−0.5", "0"])
    slopes.legend(loc="upper left", fontsize=9, ncols=1)
    at, slope = (
        ", ".join(f"{name} {pair[k][0]:.3f}" for name, pair in here.items())
        for k in (0, 1)
    )
    return finish(
        [left, right],
        "Four losses against the margin m of the true class. Far on the left, where a "
        "confident model is wrong, cross-entropy and hinge keep a slope of -1; the "
        "squared error and the difference loss become flat. "
        f"At m = {MARGIN:g} the losses are {at}; the slopes {slope}.",
    )


@themed
def smoothing() -> ThemedFigure:
    """Loss with smoothed labels, and its gradient, against the lead."""
    eps, classes, lead = SMOOTHING
    target = smooth_labels(one_hot(0, classes), eps)
    floor = float(entropy(target))
    best = float(np.log(target[0] / target[1]))
    along = np.append(np.linspace(-4, 14, 181), lead)
    rows = np.zeros((len(along), classes))
    rows[:, 0] = along

    def at(p: NDArray[Any]) -> tuple[NDArray[Any], NDArray[Any]]:
        loss, gradient = soft_label_cross_entropy_and_grad(
            rows, np.tile(p, (len(along), 1)), reduction="none"
        )
        return np.asarray(loss), gradient[:, 0]

    loss, slope = at(target)
    plain, _ = at(one_hot(0, classes))
    left, losses = canvas(3.4, 3.0)
    losses.plot(along[:-1], plain[:-1], ":", color=MUTED, label="ε = 0")
    losses.plot(along[:-1], loss[:-1], color=ACCENT, label=f"ε = {eps:g}")
    losses.axhline(floor, color=INK, linestyle="--", linewidth=1)
    losses.text(-3.8, floor + 0.1, f"floor {floor:.3f}")
    losses.set(ylim=(0, 6), yticks=[0, 2, 4, 6], title="Loss L")
    losses.legend(loc="upper right")
    right, slopes = canvas(3.4, 3.0)
    slopes.plot(along[:-1], slope[:-1], color=ACCENT)
    slopes.axhline(0, color=MUTED, linewidth=0.8)
    slopes.text(best + 0.3, -0.97, f"best lead {best:.3f}")
    slopes.set(ylim=(-1, 0.5), yticks=[-1, -0.5, 0, 0.5], title="Gradient q(y) − p(y)")
    slopes.set_yticklabels(["−1", "−0.5", "0", "0.5"])
    for axes, value in ((losses, loss[-1]), (slopes, slope[-1])):
        axes.axvline(best, color=INK, linestyle="--", linewidth=1)
        axes.plot([lead], [value], "o", color=ACCENT)
        axes.annotate(
            f"{value:.3f}",
            (lead, value),
            (0, 8),
            textcoords="offset points",
            ha="center",
        )
        axes.set(
            xlim=(-4, 14), xticks=range(-4, 15, 4), xlabel="lead of the true class"
        )
        axes.set_xticklabels(["−4", "0", "4", "8", "12"])
        grid(axes)
    return finish(
        [left, right],
        f"The loss with smoothed labels, eps = {eps:g} and {classes} classes, falls to "
        f"its floor, the entropy {floor:.3f} of the target, at a lead of {best:.3f}, "
        "where the gradient by the true logit is zero, and rises again beyond it. At a "
        f"lead of {lead:g} the loss is {loss[-1]:.3f}, the gradient {slope[-1]:.3f}.",
    )
