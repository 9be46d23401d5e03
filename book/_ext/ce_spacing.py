"""Numbers stay with their per cent sign and their spread when a line breaks."""

from __future__ import annotations

import re
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx

# Where a space must not break: before % and ±, and after ±. A number that was glued
# in stands in a node of its own, so nothing is asked of what comes before.
_HELD = re.compile(r" (?=%(?!\w)|±)|(?<=±) ")
_AS_TYPED = (nodes.literal, nodes.literal_block, nodes.math, nodes.raw, nodes.comment)


def hold(text: str) -> str:
    """Return the text with spaces that don't break.

    Examples
    --------
    >>> hold("63 ± 7 % of 100 %, 5 %d").replace(chr(160), "_")
    '63_±_7_% of 100_%, 5 %d'
    """
    return _HELD.sub("\N{NO-BREAK SPACE}", text)


def _hold_all(app: Sphinx, document: nodes.document, name: str) -> None:
    """Replace each text that has such a space."""
    for node in list(document.findall(nodes.Text)):
        held = hold(node)
        if held != node and not _as_typed(node):
            node.parent.replace(node, nodes.Text(held))


def _as_typed(node: nodes.Node) -> bool:
    """Tell whether the text stands in code, mathematics or HTML."""
    while node.parent is not None:
        node = node.parent
        if isinstance(node, _AS_TYPED):
            return True
    return False


def setup(app: Sphinx) -> dict[str, Any]:
    """Register the extension."""
    app.connect("doctree-resolved", _hold_all)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
