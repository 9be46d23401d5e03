"""Draw the book's cover.

    python -m tools.draw_cover

The triangle holds every distribution over cat, dog and bird. Each curve starts in its
middle, where all three are equally likely, and is what softmax makes of one direction
of logits as the temperature falls: it ends in the corner of the class that wins. The
thick one belongs to the logits of the book's running example, the dot to T = 1.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from crossentropy.softmax import softmax
from tools.draw_logo import COLOURS, GREY, LOGITS, words
from tools.files import ROOT, write_atomically

BOX = (20, 60, 610, 550)  # what of the plane is shown: left, top, width, height
SIDE, LEFT, FOOT = 560.0, 40.0, 560.0
CURVES = 96
# How far the logits of a curve are stretched: from nothing (T infinite) to a corner.
STRETCH = np.concatenate([np.linspace(0, 4, 41), np.geomspace(4.4, 400, 40)])
ALT = (
    "A triangle with the corners cat, dog and bird; curves run from its middle to the "
    "corners, one thick curve to the dog's."
)


def place(q: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return where distributions over three classes lie in the picture, dog on top."""
    corners = np.array(
        [
            [LEFT, FOOT],
            [LEFT + SIDE / 2, FOOT - SIDE * math.sqrt(3) / 2],
            [LEFT + SIDE, FOOT],
        ]
    )
    return q @ corners


def directions() -> NDArray[np.float64]:
    """Return unit vectors of logits that sum to 0, evenly spread around a circle."""
    # Half a step off, so that no direction leads to a tie of two classes.
    angles = (np.arange(CURVES) + 0.5) * 2 * math.pi / CURVES
    first = np.array([1.0, 0.0, -1.0]) / math.sqrt(2)
    second = np.array([-1.0, 2.0, -1.0]) / math.sqrt(6)
    return np.outer(np.cos(angles), first) + np.outer(np.sin(angles), second)


def curve(logits: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the points that falling temperature leads through, from the middle."""
    return place(np.asarray(softmax(np.outer(STRETCH, logits))))


def cover() -> str:
    """Return the cover as SVG."""
    shapes = [
        _path(curve(z), COLOURS[int(z.argmax())], 1.1, 0.75) for z in directions()
    ]
    example = np.array(LOGITS)
    winner = COLOURS[int(example.argmax())]
    shapes.append(_path(curve(example - example.mean()), winner, 5, 1))
    x, y = place(np.asarray(softmax(example)))
    shapes.append(
        f'<circle cx="{x:.1f}" cy="{y:.1f}" r="11" fill="{winner}" '
        'stroke="#ffffff" stroke-width="3"/>'
    )
    triangle = place(np.vstack([np.eye(3), np.eye(3)[:1]]))
    shapes.append(_path(triangle, GREY, 2, 1))
    for name, class_at in (
        ("cat", (28, 598)),
        ("dog", (342, 92)),
        ("bird", (572, 598)),
    ):
        shapes.append(words(name, *class_at, 26))
    content = "\n".join(shapes)
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" '
        f'viewBox="{" ".join(map(str, BOX))}" width="{BOX[2]}" height="{BOX[3]}" '
        f'role="img" aria-label="{ALT}">\n'
        f"{content}\n</svg>\n"
    )


def _path(
    points: NDArray[np.float64], colour: str, width: float, opacity: float
) -> str:
    # Points this near to the last one would not be seen.
    kept = [points[0]]
    for point in points[1:]:
        if np.abs(point - kept[-1]).max() >= 3:
            kept.append(point)
    kept.append(points[-1])
    line = " ".join(f"{x:.1f},{y:.1f}" for x, y in kept)
    return (
        f'<polyline points="{line}" fill="none" stroke="{colour}" '
        f'stroke-width="{width}" stroke-opacity="{opacity}" stroke-linejoin="round"/>'
    )


def main() -> None:
    """Write the cover into the book's static folder."""
    path = ROOT / "book" / "_static" / "cover.svg"
    picture = cover()
    write_atomically(path, picture)
    print(f"wrote {path.relative_to(ROOT)}, {len(picture):,} bytes")


if __name__ == "__main__":
    main()
