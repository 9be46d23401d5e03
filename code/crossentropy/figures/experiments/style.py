"""What the figures of the experiments share: one colour a loss, names at line ends."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from matplotlib.axes import Axes

from crossentropy.figures.theme import ACCENT, BIRD, CAT, DOG, MUTED
from crossentropy.lab.experiments.results import Best
from crossentropy.lab.experiments.runner import Record


class Look(NamedTuple):
    """How a loss is drawn and called in every figure."""

    name: str
    colour: str
    marker: str


LOOKS = {
    "softmax": Look("softmax", CAT, "o"),
    "sigmoid": Look("sigmoids", ACCENT, "s"),
    "hinge": Look("hinge", MUTED, "D"),
    "squared": Look("squared", BIRD, "^"),
    "difference": Look("difference", DOG, "v"),
}


def present(records: Iterable[Record]) -> list[str]:
    """Return the losses that the records hold, in the order of :data:`LOOKS`."""
    found = {record["loss"] for record in records}
    return [loss for loss in LOOKS if loss in found]


def percent(found: Best) -> str:
    """Return a mean in percent."""
    return f"{100 * found.mean:.1f} %"


def apart(wanted: Sequence[float], least: float) -> list[float]:
    """Move numbers as little as need be so that neighbours are `least` apart.

    Examples
    --------
    >>> apart([1.0, 1.0, 5.0], 1.0)
    [0.5, 1.5, 5.0]
    """
    order = sorted(range(len(wanted)), key=lambda i: wanted[i])
    groups: list[list[int]] = []

    def ends(group: list[int]) -> tuple[float, float]:
        middle = sum(wanted[i] for i in group) / len(group)
        half = least * (len(group) - 1) / 2
        return middle - half, middle + half

    for i in order:
        groups.append([i])
        while (
            len(groups) > 1 and ends(groups[-1])[0] - ends(groups[-2])[1] < least - 1e-9
        ):
            last = groups.pop()
            groups[-1] += last
    placed = [0.0] * len(wanted)
    for group in groups:
        for rank, i in enumerate(group):
            placed[i] = ends(group)[0] + rank * least
    return placed


def name_ends(axes: Axes, losses: Sequence[str], heights: Sequence[float]) -> None:
    """Write each loss's name to the right of the axes, where its line ends.

    `heights` are in data; names that would cover each other move apart.
    """
    inside = axes.transAxes.inverted()
    wanted = [
        float(inside.transform(axes.transData.transform((axes.get_xlim()[1], y)))[1])
        for y in heights
    ]
    for loss, y in zip(losses, apart(wanted, 0.085), strict=True):
        axes.text(
            1.03,
            y,
            LOOKS[loss].name,
            color=LOOKS[loss].colour,
            transform=axes.transAxes,
            va="center",
        )
