"""One look for every figure: colours that follow the page's theme, inline SVG.

A figure is drawn by Matplotlib with the light theme's colours and saved as SVG.
Each of these colours then becomes a CSS variable with the light colour as its
fallback, so that one picture suits the light page, the dark page, paper and a
notebook. Text stays text: it can be selected, searched and zoomed.
"""

from __future__ import annotations

import functools
import hashlib
import html
import io
import re
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, ParamSpec, TypeVar

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure

P = ParamSpec("P")
R = TypeVar("R")

INK = "#1f2328"
MUTED = "#57606a"
GRID = "#d8dee4"
CAT = "#0067a5"
DOG = "#b35900"
BIRD = "#007a5a"
ACCENT = "#8b3a8f"
CLASS_COLOURS = (CAT, DOG, BIRD)
CLASS_NAMES = ("cat", "dog", "bird")

# In a notebook outside the book there is no --ce-ink: JupyterLab's own text colour
# comes next, so that labels stay readable in its dark theme too.
_VARIABLES = {
    INK: f"var(--ce-ink, var(--jp-content-font-color1, {INK}))",
    MUTED: f"var(--ce-muted, var(--jp-content-font-color2, {MUTED}))",
    GRID: f"var(--ce-grid, var(--jp-border-color2, {GRID}))",
    CAT: f"var(--ce-cat, {CAT})",
    DOG: f"var(--ce-dog, {DOG})",
    BIRD: f"var(--ce-bird, {BIRD})",
    ACCENT: f"var(--ce-accent, {ACCENT})",
}

_STYLE: dict[str, Any] = {
    "svg.fonttype": "none",
    "svg.hashsalt": "crossentropy",
    "font.family": "DejaVu Sans",
    "font.size": 11,
    "text.color": INK,
    "axes.edgecolor": MUTED,
    "axes.labelcolor": INK,
    "axes.titlesize": 11,
    "axes.titlecolor": INK,
    "axes.titlelocation": "left",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.axisbelow": True,
    "axes.linewidth": 0.8,
    "grid.color": GRID,
    "grid.linewidth": 0.8,
    "xtick.color": MUTED,
    "ytick.color": MUTED,
    "xtick.labelcolor": INK,
    "ytick.labelcolor": INK,
    "lines.linewidth": 2.0,
    "legend.frameon": False,
    "patch.edgecolor": "none",
    "hatch.linewidth": 0.8,
}


@dataclass(frozen=True)
class ThemedFigure:
    """A finished picture: SVG that follows the page's theme, and its alt text."""

    svg: str
    alt: str

    def _repr_html_(self) -> str:
        return f'<div class="ce-figure">{self.svg}</div>'

    def __repr__(self) -> str:
        return f"Figure: {self.alt}"


def _style() -> AbstractContextManager[None]:
    return mpl.rc_context(_STYLE)  # type: ignore[arg-type]  # its keys are literals


def themed(draw: Callable[P, R]) -> Callable[P, R]:
    """Run a drawing function in the book's style."""

    @functools.wraps(draw)
    def styled(*args: P.args, **kwargs: P.kwargs) -> R:
        with _style():
            return draw(*args, **kwargs)

    return styled


def canvas(width: float = 5.6, height: float = 3.0, **kw: Any) -> tuple[Figure, Any]:
    """Return a Matplotlib figure and its axes in the book's style.

    Parameters
    ----------
    width, height : float
        Size in inches. The text column is 7 inches wide and a phone 3.7; a picture
        wider than 5.6 has labels too small for a phone, so put two panels of 3.4
        beside each other instead and let them wrap (see :func:`finish`).
    **kw
        Passed on to ``Figure.subplots``.
    """
    with _style():
        figure = Figure(figsize=(width, height), layout="constrained")
        axes = figure.subplots(**kw)
    return figure, axes


def grid(axes: Axes, axis: str = "y") -> None:
    """Draw the quiet grid lines of this book behind the data."""
    axes.grid(True, axis=axis)  # type: ignore[arg-type]


def finish(figures: Figure | Sequence[Figure], alt: str) -> ThemedFigure:
    """Save one drawing, or several side by side, as one themed picture.

    Parameters
    ----------
    figures : Figure or sequence of Figure
        Several drawings stand beside each other where there is room, and below each
        other on a phone.
    alt : str
        What the picture shows, for those who do not see it: the finding, not the
        inventory.
    """
    if not alt.strip():
        raise ValueError("alt must say in words what the figure shows; it is empty")
    panels = [figures] if isinstance(figures, Figure) else list(figures)
    svgs = [_inline(_svg(panel)) for panel in panels]
    label = html.escape(alt, quote=True)
    # One picture, one description: the panels themselves stay silent.
    return ThemedFigure(
        f'<div class="ce-panels" role="img" aria-label="{label}">{"".join(svgs)}</div>',
        alt,
    )


def as_file(figure: Figure, alt: str, kind: str = "svg") -> bytes:
    """Save one drawing as a picture that stands alone, in the light theme's colours.

    Parameters
    ----------
    figure : Figure
        What to save.
    alt : str
        What the picture shows; the title of the SVG, the description of the PNG.
    kind : str
        "svg" or "png".

    Raises
    ------
    ValueError
        If `alt` is empty, or there is no such kind.
    """
    if not alt.strip():
        raise ValueError("alt must say in words what the figure shows; it is empty")
    if kind not in ("svg", "png"):
        raise ValueError(f"kind: expected svg or png; got {kind!r}")
    buffer = io.BytesIO()
    said = {"Title": alt, "Date": None} if kind == "svg" else {"Description": alt}
    with _style():
        figure.savefig(buffer, format=kind, facecolor="white", dpi=200, metadata=said)
    content = buffer.getvalue()
    if kind == "svg":
        content = content.replace(b"'DejaVu Sans'", b"'DejaVu Sans', sans-serif")
    return content


def _svg(figure: Figure) -> str:
    buffer = io.StringIO()
    no_metadata = {"Date": None, "Creator": None, "Format": None, "Type": None}
    with _style():
        figure.savefig(buffer, format="svg", transparent=True, metadata=no_metadata)
    return buffer.getvalue()


def _inline(svg: str) -> str:
    """Turn Matplotlib's SVG file into a fragment that a page can hold inline."""
    svg = svg[svg.index("<svg") :]
    svg = re.sub(r"<metadata>.*?</metadata>", "", svg, flags=re.DOTALL)
    for colour, variable in _VARIABLES.items():
        svg = svg.replace(colour, variable)
    svg = re.sub(r"'DejaVu Sans'", "var(--pst-font-family-base, sans-serif)", svg)
    # Two figures on one page must not share ids: a clip path or a marker would then
    # be taken from the wrong one.
    prefix = "f" + hashlib.sha256(svg.encode()).hexdigest()[:8]
    svg = re.sub(r'\bid="', f'id="{prefix}-', svg)
    svg = re.sub(r"url\(#", f"url(#{prefix}-", svg)
    svg = re.sub(r'href="#', f'href="#{prefix}-', svg)
    # Matplotlib's own style sheet would otherwise reach every element of the page.
    svg = svg.replace("*{stroke-linejoin", ".ce-figure *{stroke-linejoin")
    width = float(re.search(r'width="([\d.]+)pt"', svg).group(1)) * 4 / 3  # type: ignore[union-attr]
    svg = re.sub(r'(<svg[^>]*?) width="[^"]*"', r"\1", svg, count=1)
    svg = re.sub(r'(<svg[^>]*?) height="[^"]*"', r"\1", svg, count=1)
    head = (
        '<svg aria-hidden="true" focusable="false" '
        f'style="width:100%;max-width:{width:.0f}px;height:auto"'
    )
    return re.sub(r"\s*\n\s*", "\n", svg.replace("<svg", head, 1)).strip()
