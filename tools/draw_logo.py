"""Draw the book's logo and favicon.

    python -m tools.draw_logo

Three bars, the probabilities of cat, dog and bird in the book's running example. The
dog is the true class: a line marks the probability 1 that its bar should reach, and
the gap is what the loss charges for.
"""

from __future__ import annotations

from matplotlib.font_manager import FontProperties
from matplotlib.textpath import TextPath

from crossentropy.softmax import softmax
from tools.files import ROOT, write_atomically

LOGITS = (1.0, 2.0, 0.5)
TRUE_CLASS = 1
# Halfway between the two themes' class colours: a logo is a picture of its own that
# does not see which theme the reader chose, and has to show on both.
COLOURS = ("#2f8bcb", "#d07f1e", "#1a9c74")
GREY = "#7b7b7b"
# On a grid of 16 units, so that a favicon of 16 pixels has sharp edges.
WIDTH, STEP, LEFT, FOOT, HEIGHT, LINE = 4, 5, 1, 15, 14, 1.5


def mark() -> str:
    """Return the three bars, in a square of 16 units."""
    shapes = []
    shares = [float(share) for share in softmax(LOGITS)]
    for j, (share, colour) in enumerate(zip(shares, COLOURS, strict=True)):
        x, height = LEFT + STEP * j, HEIGHT * share
        shapes.append(
            f'<rect x="{x}" y="{FOOT - height:.2f}" width="{WIDTH}" '
            f'height="{height:.2f}" rx=".5" fill="{colour}"/>'
        )
        if j == TRUE_CLASS:
            shapes.append(
                f'<rect x="{x}" y="{FOOT - HEIGHT}" width="{WIDTH}" '
                f'height="{LINE}" rx=".5" fill="{colour}"/>'
            )
    return "\n".join(shapes)


def words(text: str, x: float, y: float, size: float) -> str:
    """Return a line of text as outlines, which need no font where they are shown."""
    commands = []
    outline = TextPath(
        (0, 0), text, size=size, prop=FontProperties(family="DejaVu Sans")
    )
    letters = {1: "M", 2: "L", 3: "Q", 4: "C", 79: "Z"}
    for points, code in outline.iter_segments(curves=True, simplify=False):
        pairs = [] if code == 79 else points.reshape(-1, 2).tolist()
        at = " ".join(f"{x + px:.1f} {y - py:.1f}" for px, py in pairs)
        commands.append(f"{letters[int(code)]}{at}")
    return f'<path d="{"".join(commands)}" fill="{GREY}"/>'


def favicon() -> str:
    """Return the favicon as SVG."""
    return _svg("0 0 16 16", mark())


def logo() -> str:
    """Return the logo as SVG: the bars and the name of the book."""
    name = words("softmax", 72, 28, 23) + "\n" + words("cross-entropy", 72, 56, 23)
    return _svg("0 0 236 64", f'<g transform="scale(4)">\n{mark()}\n</g>\n{name}')


def _svg(box: str, content: str) -> str:
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="{box}" role="img" '
        'aria-label="Softmax cross-entropy: three bars, one below its mark">\n'
        f"{content}\n</svg>\n"
    )


def main() -> None:
    """Write both files into the book's static folder."""
    for name, picture in (("logo.svg", logo()), ("favicon.svg", favicon())):
        path = ROOT / "book" / "_static" / name
        write_atomically(path, picture)
        print(f"wrote {path.relative_to(ROOT)}, {len(picture):,} bytes")


if __name__ == "__main__":
    main()
