"""Figures of images: what a network makes of one, and many beside each other."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from crossentropy.figures.theme import (
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
from crossentropy.softmax import softmax


@themed
def journey(
    image: NDArray[np.uint8],
    maps: Sequence[NDArray[np.float64]],
    logits: NDArray[np.float64],
    label: int,
    shown: int = 4,
) -> ThemedFigure:
    """Draw an image, some of the feature maps of each layer, logits, probabilities."""
    figure, axes = canvas(3.6, 4.2, nrows=len(maps) + 1, ncols=shown)
    for axis in axes.flat:
        axis.set_axis_off()
    axes[0, 0].imshow(image, cmap="gray", vmin=0, vmax=255)
    axes[0, 0].set_title("28 × 28 pixels", fontsize=9, color=INK)
    for row, stack in zip(axes[1:], maps, strict=True):
        count, high, wide = stack.shape
        # The maps that say most about this image, darkest to brightest by one scale.
        busiest = np.argsort(-stack.std(axis=(1, 2)), kind="stable")[:shown]
        for axis, k in zip(row, busiest, strict=True):
            axis.imshow(stack[k], cmap="gray", vmin=0, vmax=stack.max())
        row[0].set_title(
            f"{shown} of {count} maps, {high} × {wide}",
            fontsize=9,
            color=INK,
            loc="left",
        )
    bars, (left, right) = canvas(3.4, 4.2, ncols=2, sharey=True)
    q = softmax(logits)
    for axis, values, title in ((left, logits, "logits"), (right, q, "softmax")):
        colours = [DOG if k == label else CAT for k in range(len(values))]
        axis.barh(range(len(values)), values, color=colours)
        axis.set_title(title)
        axis.set_yticks(range(len(values)))
        grid(axis, "x")
    left.invert_yaxis()  # the right one shares it
    left.axvline(0, color=MUTED, linewidth=0.8)
    right.set_xlim(0, 1)
    return finish(
        [figure, bars],
        f"An image of a {label}; some of the feature maps of each of the "
        f"{len(maps)} convolutional layers, each smaller than the last; the "
        f"{len(logits)} logits, the largest that of the {np.argmax(logits)}; and the "
        f"probabilities, {q.max():.1%} for it.",
    )


@themed
def gallery(
    images: NDArray[np.uint8], captions: Sequence[str], alt: str, columns: int = 6
) -> ThemedFigure:
    """Draw images in rows, a line or two below each."""
    rows = -(-len(images) // columns)
    figure, axes = canvas(5.6, 1.4 * rows, nrows=rows, ncols=columns, squeeze=False)
    for axis in axes.flat:
        axis.set_axis_off()
    for axis, image, caption in zip(axes.flat, images, captions, strict=False):
        axis.imshow(image, cmap="gray", vmin=0, vmax=255)
        axis.text(
            0.5,
            -0.06,
            caption,
            transform=axis.transAxes,
            fontsize=10,
            ha="center",
            va="top",
        )
    return finish(figure, alt)


@themed
def traces(
    losses: dict[str, Sequence[float]],
    lines: dict[str, float],
    alt: str,
    ylim: tuple[float, float] = (0, 3.2),
) -> ThemedFigure:
    """Draw training losses, a small panel each, on the same axes."""
    figures = []
    for name, values in losses.items():
        figure, axes = canvas(2.3, 1.9)
        axes.plot(range(len(values)), np.minimum(values, ylim[1] * 1.2), color=CAT)
        for words, height in lines.items():
            axes.axhline(height, color=MUTED, linewidth=0.8, linestyle="--")
            axes.annotate(
                words,
                (len(values) - 1, height),
                (0, 2),
                textcoords="offset points",
                ha="right",
                fontsize=8,
                color=MUTED,
            )
        axes.set(ylim=ylim, xlabel="step")
        axes.set_title(name)
        grid(axes)
        figures.append(figure)
    return finish(figures, alt)
