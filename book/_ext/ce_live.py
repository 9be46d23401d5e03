"""Figures that readers can move: a static picture with a script behind it.

::

    :::{live-figure} softmax
    :alt: What the picture shows.
    The caption.
    :::

puts the picture that ``crossentropy.figures.live.softmax()`` draws into
``<div class="ce-live" data-figure="softmax">``, where ``live/softmax.js`` replaces it.
The scripts and their style sheet are loaded on that page alone. They are classic
scripts, because a module does not load from ``file://``.
"""

from __future__ import annotations

import html
import importlib
from pathlib import Path
from typing import Any, ClassVar

from docutils import nodes
from docutils.parsers.rst import directives
from sphinx.application import Sphinx
from sphinx.util import logging
from sphinx.util.docutils import SphinxDirective

logger = logging.getLogger(__name__)

_FIGURES = "crossentropy.figures.live"


class live(nodes.General, nodes.Element):  # noqa: N801  (docutils' naming)
    """The container that a script fills."""


class LiveFigure(SphinxDirective):
    """``{live-figure}``: a figure with a caption, number and static picture."""

    required_arguments = 1
    has_content = True
    option_spec: ClassVar[dict[str, Any]] = {
        "alt": directives.unchanged_required,
        "name": directives.unchanged,
    }

    def run(self) -> list[nodes.Node]:
        name = self.arguments[0]
        alt = self.options.get("alt")
        if not alt:
            raise self.error("a live figure needs an :alt: text")
        for file in ("core.js", f"{name}.js", "live.css"):
            path = Path(self.env.srcdir, "book", "_static", "live", file)
            if not path.is_file():
                raise self.error(f"{path} is missing")
        figure = nodes.figure(
            "", live(figure=name, alt=alt, picture=_picture(name, alt))
        )
        self.set_source_info(figure)
        self.add_name(figure)
        caption: nodes.Element = nodes.Element()
        self.state.nested_parse(self.content, self.content_offset, caption)
        if caption.children:
            first, *rest = caption.children
            figure += nodes.caption("", "", *first.children)
            if rest:
                figure += nodes.legend("", *rest)
        return [figure]


def _picture(name: str, alt: str) -> str:
    """Return the static picture as HTML, or its description if there is none."""
    try:
        draw = getattr(importlib.import_module(_FIGURES), name.replace("-", "_"), None)
    except ModuleNotFoundError:
        draw = None
    if draw is None:
        return f"<p>{html.escape(alt)}</p>"
    return str(draw()._repr_html_())


def _visit_html(self: Any, node: live) -> None:
    alt = html.escape(node["alt"], quote=True)
    self.body.append(
        f'<div class="ce-live" data-figure="{node["figure"]}" role="group" '
        f'aria-label="{alt}">\n{node["picture"]}\n'
    )


def _depart_html(self: Any, node: live) -> None:
    self.body.append("</div>\n")


def _add_scripts(
    app: Sphinx,
    pagename: str,
    templatename: str,
    context: dict[str, Any],
    doctree: nodes.document | None,
) -> None:
    names = sorted({n["figure"] for n in doctree.findall(live)}) if doctree else []
    if names:
        app.add_css_file("live/live.css")
    for script in ["core", *names] if names else []:
        app.add_js_file(f"live/{script}.js", loading_method="defer")


def setup(app: Sphinx) -> dict[str, Any]:
    """Register the directive, the node and the scripts of the pages that need them."""
    app.add_node(live, html=(_visit_html, _depart_html))
    app.add_directive("live-figure", LiveFigure)
    app.connect("html-page-context", _add_scripts)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
