"""Figures of the lab: curves of a training, a comparison, a prediction.

Each function returns a drawing and what it shows in words. A chapter gives both to
:func:`crossentropy.figures.theme.finish`, the command line to
:func:`~crossentropy.figures.theme.as_file`.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from crossentropy.figures.theme import (
    ACCENT,
    BIRD,
    CAT,
    DOG,
    GRID,
    MUTED,
    canvas,
    grid,
    themed,
)

Drawing = tuple[Figure, str]

_COLOURS = (CAT, DOG, BIRD, ACCENT, MUTED)
_MARKERS = "osD^v"


@themed
def draw_curves(metrics: Sequence[Mapping[str, Any]], start: float) -> Drawing:
    """Draw loss and accuracy on the way, for training and for validation.

    Parameters
    ----------
    metrics : sequence of mapping
        The lines of a run's ``metrics.jsonl``.
    start : float
        The loss before the first step, where a model that knows nothing stands.
    """
    figure, panels = canvas(6.8, 2.9, ncols=2)
    loss, accuracy = panels
    _pair(loss, metrics, "loss", 1.0)
    _pair(accuracy, metrics, "accuracy", 100.0)
    loss.axhline(start, color=MUTED, linewidth=0.8, linestyle=":")
    loss.set(xlabel="epoch", title="loss (nats)", ylim=(0, None), xlim=(0, None))
    accuracy.set(xlabel="epoch", title="accuracy (%)", ylim=(None, 100.5))
    accuracy.set(xlim=(0, None))
    handles, labels = accuracy.get_legend_handles_labels()
    if handles:
        accuracy.legend(handles, labels, loc="lower right")
    words = "Loss and accuracy over the epochs; the dotted line is the loss at step 0."
    if metrics:
        last = metrics[-1]
        words += (
            f" From {start:.2f} to {_number(last['loss'], '.2f')} nats; at the end "
            f"{_number(last['accuracy'], '.1%')} of the training images are right."
        )
    return figure, words


def _number(value: float | None, form: str) -> str:
    return "nan" if value is None else format(value, form)


def _pair(
    axes: Axes, metrics: Sequence[Mapping[str, Any]], name: str, by: float
) -> None:
    """Draw a measurement of the training batches and of the validation images."""
    styles: tuple[tuple[str, str, dict[str, Any]], ...] = (
        (name, "training", {"color": CAT, "linewidth": 1.2}),
        (f"validation_{name}", "validation", {"color": DOG, "marker": "o", "ms": 3.5}),
    )
    for key, label, style in styles:
        seen = [line for line in metrics if line.get(key) is not None]
        if seen:
            x = [line["epoch"] for line in seen]
            axes.plot(x, [by * line[key] for line in seen], label=label, **style)
    grid(axes)


@themed
def draw_comparison(
    groups: Mapping[tuple[Any, ...], tuple[float, float, int]],
) -> Drawing:
    """Draw accuracy over the learning rate, a line for each loss.

    Parameters
    ----------
    groups : mapping
        From (loss, rate) to mean accuracy, standard deviation over the seeds and
        number of runs.
    """
    figure, axes = canvas(5.6, 3.4)
    losses = list(dict.fromkeys(loss for loss, _ in groups))
    words = []
    for index, loss in enumerate(losses):
        rates = sorted(rate for name, rate in groups if name == loss)
        means = [100 * groups[loss, rate][0] for rate in rates]
        spreads = [100 * groups[loss, rate][1] for rate in rates]
        axes.errorbar(
            rates,
            means,
            yerr=[0.0 if math.isnan(spread) else spread for spread in spreads],
            color=_COLOURS[index % len(_COLOURS)],
            marker=_MARKERS[index % len(_MARKERS)],
            capsize=3,
            label=loss,
        )
        best = int(np.argmax(means))
        words.append(f"{loss} {means[best]:.1f} % at {rates[best]:g}")
    axes.set(xlabel="learning rate", ylabel="test accuracy (%)", xscale="log")
    rates = sorted({rate for _, rate in groups})
    axes.set_xticks(rates, [f"{rate:g}" for rate in rates])
    axes.minorticks_off()
    axes.legend(loc="upper left", bbox_to_anchor=(1, 1))  # it never hides a point
    grid(axes)
    return figure, (
        "Test accuracy over the learning rate, mean and standard deviation over the "
        f"seeds. The best of each loss: {'; '.join(words)}."
    )


@themed
def draw_probabilities(
    image: NDArray[np.uint8], probabilities: Sequence[float], class_names: Sequence[str]
) -> Drawing:
    """Draw an image as the model sees it, and the probability of each class.

    Parameters
    ----------
    image : ndarray of uint8, shape (H, W)
        Grey levels, white on black as in MNIST.
    probabilities, class_names : sequence
        One for each of the K classes. Of many classes, the likeliest twelve are drawn.
    """
    shown = np.argsort(-np.asarray(probabilities), kind="stable")[:12]
    if len(probabilities) <= 12:
        shown = np.arange(len(probabilities))
    best = int(np.argmax(probabilities))
    figure, (left, right) = canvas(
        5.6, 0.9 + 0.24 * max(8, len(shown)), ncols=2, width_ratios=(1, 1.4)
    )
    left.imshow(image, cmap="gray", vmin=0, vmax=255)
    left.set(xticks=[], yticks=[], title="what the model sees")
    left.spines[:].set_visible(False)
    values = [100 * probabilities[j] for j in shown]
    colours = [CAT if j == best else GRID for j in shown]
    right.barh(range(len(shown)), values, color=colours, edgecolor=MUTED, linewidth=0.6)
    for place, value in enumerate(values):
        right.text(value + 1, place, f"{value:.1f}", va="center", fontsize=9)
    right.set_yticks(range(len(shown)), [class_names[j] for j in shown])
    right.invert_yaxis()
    right.set(xlim=(0, 115), xticks=(0, 50, 100), title="probability (%)")
    return figure, (
        f"An image, and what the model makes of it: {class_names[best]} with "
        f"{probabilities[best]:.1%}."
    )
