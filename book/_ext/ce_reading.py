"""A line under each chapter's title: how long it takes to read, how many exercises.

The time is counted from the page's own words, equations and visible code, without its
exercises and their solutions: those take as long as they take. Adults read English
non-fiction silently at 238 words a minute on average (Brysbaert 2019,
doi:10.1016/j.jml.2019.104047); this text is meant to be followed, and gets fewer. What
an equation and a line of code cost is a choice. The result is rounded to minutes.
"""

from __future__ import annotations

from typing import Any

from docutils import nodes
from sphinx.application import Sphinx

WORDS_A_MINUTE = 200
SECONDS_AN_EQUATION = 15
SECONDS_A_LINE_OF_CODE = 3
# A page with less text than this is looked something up in, not read.
CHAPTER = 500
# What stands on a page but is no part of its text.
_APART = (nodes.math_block, nodes.literal_block, nodes.raw, nodes.comment)


def minutes(words: int, equations: int, code_lines: int) -> int:
    """Return the reading time in whole minutes, at least 1."""
    seconds = (
        60 * words / WORDS_A_MINUTE
        + SECONDS_AN_EQUATION * equations
        + SECONDS_A_LINE_OF_CODE * code_lines
    )
    return max(1, round(seconds / 60))


def count(document: nodes.document) -> tuple[int, int, int]:
    """Return a page's words, displayed equations and lines of visible code."""
    words = equations = lines = 0
    for node in _text_of(document):
        if isinstance(node, nodes.math_block):
            equations += 1
        elif isinstance(node, nodes.literal_block):
            lines += sum(bool(line.strip()) for line in node.astext().splitlines())
        elif isinstance(node, nodes.Text):
            words += len(node.astext().split())
    return words, equations, lines


def _text_of(node: nodes.Node) -> Any:
    """Yield what is read, but not what is folded away, put out or set as a task."""
    classes = node.get("classes", ()) if isinstance(node, nodes.Element) else ()
    # A solution is a node of ce_exercises.
    folded = {"exercise", "tag_hide-input", "cell_output"} & set(classes)
    if folded or node.__class__.__name__ == "solution":
        return
    yield node
    if not isinstance(node, _APART):
        for child in node.children:
            yield from _text_of(child)


def _add_line(app: Sphinx, document: nodes.document) -> None:
    docname = app.env.docname
    is_notebook = bool(app.env.metadata.get(docname, {}).get("kernelspec"))
    counts = count(document)
    title = next(iter(document.findall(nodes.title)), None)
    if (
        title is None
        or not is_notebook
        or docname == app.config.root_doc
        or counts[0] < CHAPTER
    ):
        return
    time = minutes(*counts)
    unit = "minute" if time == 1 else "minutes"
    line = nodes.paragraph("", f"About {time} {unit} to read", classes=["ce-reading"])
    exercises = [node for node in document.findall(nodes.Element) if _is_exercise(node)]
    if exercises:
        number = len(exercises)
        words = f"{number} exercise{'s' * (number > 1)}"
        link = nodes.reference("", words, internal=True, refid=exercises[0]["ids"][0])
        line += [nodes.Text("; "), link, nodes.Text(" with solutions")]
    line += nodes.Text(".")
    title.parent.insert(title.parent.index(title) + 1, line)


def _is_exercise(node: nodes.Element) -> bool:
    return "exercise" in node.get("classes", ()) and bool(node["ids"])


def setup(app: Sphinx) -> dict[str, Any]:
    """Add the line to each page as it is read."""
    app.connect("doctree-read", _add_line)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
