"""Figures of the chapter on softmax."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.patches import Rectangle
from numpy.typing import ArrayLike, NDArray

from crossentropy.figures.theme import (
    ACCENT,
    BIRD,
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
from crossentropy.softmax import logsumexp, sigmoid, softmax, softmax_jacobian


@themed
def two_steps(logits: ArrayLike) -> ThemedFigure:
    """Draw logits, their exponentials, and the shares: softmax one step at a time."""
    z = np.asarray(logits, dtype=np.float64)
    figures = []
    for title, values, form in (
        ("logits z", z, "{:g}"),
        ("exp(z)", np.exp(z), "{:.2f}"),
        ("q = exp(z) / sum", np.asarray(softmax(z)), "{:.3f}"),
    ):
        figure, axes = canvas(2.3, 2.6)
        bars = axes.bar(CLASS_NAMES, values, color=CLASS_COLOURS, width=0.65)
        axes.bar_label(bars, [form.format(v) for v in values], padding=2)
        axes.set_title(title)
        axes.set(yticks=[], ylim=(0, float(values.max()) * 1.2))
        axes.spines["left"].set_visible(False)
        figures.append(figure)
    q = np.asarray(softmax(z))
    return finish(
        figures,
        "Three bar charts for cat, dog and bird: the logits, their exponentials, and "
        f"the shares of the sum, {q[0]:.3f}, {q[1]:.3f} and {q[2]:.3f}. The order of "
        "the bars never changes; the gaps grow with exp.",
    )


@themed
def simplex(
    trajectory: ArrayLike, marks: Sequence[tuple[str, ArrayLike]]
) -> ThemedFigure:
    """Draw the triangle of all distributions over three classes, and a path."""
    figure, axes = canvas(4.4, 3.9)
    corners = np.array([[0, 0], [0.5, np.sqrt(3) / 2], [1, 0]])
    axes.fill(*corners.T, color=MUTED, alpha=0.12, linewidth=0)
    axes.plot(*np.vstack([corners, corners[:1]]).T, color=MUTED, linewidth=1)
    places = [("right", (-6, -4)), ("center", (0, 8)), ("left", (6, -4))]
    for name, colour, corner, (ha, offset) in zip(
        CLASS_NAMES, CLASS_COLOURS, corners, places, strict=True
    ):
        axes.annotate(
            name,
            corner,
            offset,
            textcoords="offset points",
            ha=ha,
            color=colour,
            fontweight="bold",
        )
    path = np.asarray(trajectory) @ corners
    axes.plot(*path.T, color=ACCENT)
    for name, point in marks:
        x, y = np.asarray(point) @ corners
        axes.plot(x, y, "o", color=ACCENT)
        axes.annotate(name, (x, y), (9, -4), textcoords="offset points")
    axes.set_aspect("equal")
    axes.set_axis_off()
    return finish(
        figure,
        "A triangle whose corners are cat, dog and bird. As the temperature falls, "
        "the softmax of the example's logits moves along a curve from the centre, "
        "where all classes are equal, through its place at T = 1 to the corner of the "
        "dog.",
    )


@themed
def smooth_maximum() -> ThemedFigure:
    """Logsumexp of (x, 0) beside max(x, 0), and its slope, the sigmoid."""
    x = np.linspace(-6, 6, 241)
    pair = np.stack([x, np.zeros_like(x)], axis=-1)
    left, axes = canvas(3.4, 2.9)
    axes.plot(x, np.maximum(x, 0), color=MUTED, linewidth=1.5, linestyle="--")
    axes.plot(x, logsumexp(pair), color=CAT)
    axes.annotate("logsumexp(x, 0)", (-5.8, 1.3), color=CAT)
    axes.annotate("max(x, 0)", (2.4, 1.2), color=MUTED)
    axes.set(xlabel="x")
    axes.set_title("value")
    grid(axes)
    right, axes = canvas(3.4, 2.9)
    axes.step(x, (x > 0).astype(float), color=MUTED, linewidth=1.5, linestyle="--")
    axes.plot(x, sigmoid(x), color=CAT)
    axes.set(xlabel="x")
    axes.set_title("slope")
    grid(axes)
    return finish(
        [left, right],
        "Left: logsumexp of x and 0 is a rounded version of the corner max(x, 0), at "
        "most log 2 above it. Right: its slope is the sigmoid, a rounded step.",
    )


@themed
def jacobians(logits: ArrayLike) -> ThemedFigure:
    """Draw the dense Jacobian of softmax beside the diagonal one of the sigmoid."""
    s = np.asarray(sigmoid(logits))
    figures = []
    for title, matrix in (
        ("softmax", np.asarray(softmax_jacobian(logits))),
        ("sigmoid", np.diag(s * (1 - s))),
    ):
        figure, axes = canvas(3.2, 2.9)
        top = 0.25
        for (i, j), value in np.ndenumerate(matrix):
            colour = BIRD if value > 0 else DOG
            axes.add_patch(
                Rectangle(
                    (j - 0.5, i - 0.5),
                    1,
                    1,
                    color=colour,
                    linewidth=0,
                    alpha=min(abs(value) / top, 1) * 0.55,
                )
            )
            axes.annotate(
                f"{value:+.3f}" if value else "0",
                (j, i),
                ha="center",
                va="center",
                color=INK,
            )
        axes.set(xlim=(-0.5, 2.5), ylim=(2.5, -0.5), aspect="equal")
        axes.set_xticks(range(3), CLASS_NAMES)
        axes.set_yticks(range(3), CLASS_NAMES)
        axes.set_title(title)
        axes.tick_params(length=0)
        axes.spines[:].set_visible(False)
        figures.append(figure)
    return finish(
        figures,
        "Two 3 by 3 tables of derivatives at the example's logits. Softmax: every "
        "entry differs from 0, positive on the diagonal, negative off it, each row "
        "summing to 0. Sigmoid: only the diagonal differs from 0.",
    )


@themed
def digit_rows(
    images: NDArray[np.uint8], logits: NDArray[np.float64], names: Sequence[str]
) -> ThemedFigure:
    """Draw each image with its ten logits and its ten probabilities."""
    figure, axes = canvas(
        5.6, 1.5 * len(images), nrows=len(images), ncols=3, width_ratios=[1, 2.2, 2.2]
    )
    for (picture, scores, chances), image, z, name in zip(
        axes, images, logits, names, strict=True
    ):
        # Ink of the page's own colour on its own ground, whatever the theme: dots.
        y, x = np.nonzero(image > 60)
        picture.scatter(x, y, s=image[y, x] / 60, color=INK, marker="s", linewidth=0)
        picture.set(xlim=(-1, 28), ylim=(28, -1), aspect="equal", xticks=[], yticks=[])
        picture.set_xlabel(name)
        picture.spines[:].set_visible(False)
        top = int(z.argmax())
        colours = [CAT if k == top else MUTED for k in range(10)]
        for panel, values in ((scores, z), (chances, np.asarray(softmax(z)))):
            panel.bar(range(10), values, color=colours)
            panel.set_xticks(range(0, 10, 3))
            panel.tick_params(axis="x", length=0)
        chances.set(ylim=(0, 1.05), yticks=[0, 1])
        scores.axhline(0, color=MUTED, linewidth=0.8)
    axes[0, 1].set_title("logits")
    axes[0, 2].set_title("probabilities")
    said = "; ".join(
        f"{name}: class {int(z.argmax())} with {float(np.max(softmax(z))):.3f}"
        for name, z in zip(names, logits, strict=True)
    )
    return finish(
        figure,
        f"Images with their ten logits and ten probabilities. Largest: {said}. The "
        "last image shows no digit, and softmax is sure all the same.",
    )
