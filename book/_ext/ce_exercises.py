"""Exercises, numbered on their page, with solutions folded away.

A solution may hold executed code cells. Those must stand at the top level of a
chapter, so a solution is fenced by two directives and the nodes between them are
moved into one ``<details>`` element, which opens without JavaScript::

    :::{exercise} A title
    :label: ex-page-topic
    What to do.
    :::

    :::{solution-start} ex-page-topic
    :::
    Text, mathematics and code cells.
    :::{solution-end}
    :::

``{ref}`ex-page-topic``` then reads "Exercise 3". An exercise without a solution is a
warning, and warnings fail the build.
"""

from __future__ import annotations

from typing import Any, ClassVar, cast

from docutils import nodes
from docutils.parsers.rst import directives
from sphinx.application import Sphinx
from sphinx.domains.std import StandardDomain
from sphinx.transforms import SphinxTransform
from sphinx.util import logging
from sphinx.util.docutils import SphinxDirective

logger = logging.getLogger(__name__)

_NUMBERS = "ce_exercise_numbers"


class solution(nodes.General, nodes.Element):  # noqa: N801  (docutils' naming)
    """A folded solution; its children are whatever stood between the fences."""


class _Fence(nodes.Invisible, nodes.Element):
    """Where a solution starts (with the exercise's label) or ends (without)."""


class Exercise(SphinxDirective):
    """``{exercise}``: a numbered admonition with a label to refer to."""

    required_arguments = 1
    final_argument_whitespace = True
    has_content = True
    option_spec: ClassVar[dict[str, Any]] = {"label": directives.unchanged_required}

    def run(self) -> list[nodes.Node]:
        label = self.options.get("label")
        if not label:
            raise self.error("an exercise needs a :label: for its solution")
        numbers = self.env.temp_data.setdefault(_NUMBERS, {})
        if label in numbers:
            raise self.error(f"a second exercise with the label {label!r}")
        number = numbers[label] = len(numbers) + 1

        node = nodes.admonition(classes=["exercise"], ids=[label])
        self.set_source_info(node)
        title, messages = self.state.inline_text(self.arguments[0], self.lineno)
        node += nodes.title("", f"Exercise {number}. ", *title)
        node += messages
        self.state.nested_parse(self.content, self.content_offset, node)

        standard = cast("StandardDomain", self.env.get_domain("std"))
        standard.note_hyperlink_target(
            label, self.env.docname, label, f"Exercise {number}"
        )
        return [node]


class SolutionStart(SphinxDirective):
    """``{solution-start}``: what follows answers the exercise of this label."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        node = _Fence(label=self.arguments[0])
        self.set_source_info(node)
        return [node]


class SolutionEnd(SphinxDirective):
    """``{solution-end}``: the solution ends here."""

    def run(self) -> list[nodes.Node]:
        node = _Fence(label=None)
        self.set_source_info(node)
        return [node]


class FoldSolutions(SphinxTransform):
    """Move what stands between two fences into one solution node."""

    default_priority = 10

    def apply(self, **kwargs: Any) -> None:
        numbers: dict[str, int] = self.env.temp_data.get(_NUMBERS, {})
        solved = set()
        done: list[nodes.Node | None] = []
        for fence in list(self.document.findall(_Fence)):
            if fence in done:
                continue  # the end of a solution that is folded already
            label = fence["label"]
            if label is None:
                logger.warning("solution-end without a start", location=fence)
            elif label not in numbers:
                logger.warning("no exercise %r on this page", label, location=fence)
            elif label in solved:
                logger.warning("a second solution of %r", label, location=fence)
            else:
                done.append(self._fold(fence, numbers[label]))
                solved.add(label)
                continue
            fence.parent.remove(fence)
        for label in numbers.keys() - solved:
            logger.warning(
                "exercise %r has no solution", label, location=self.env.docname
            )

    def _fold(self, start: _Fence, number: int) -> nodes.Node | None:
        """Fold one solution and return the fence that ended it, if there is one."""
        parent = start.parent
        first = parent.index(start)
        last = next(
            (i for i in range(first + 1, len(parent)) if _ends(parent[i])), None
        )
        if last is None:
            logger.warning(
                "no solution-end in the same section (a solution holds no headings)",
                location=start,
            )
            parent.remove(start)
            return None
        end = parent[last]
        folded = solution(number=number, label=start["label"])
        folded.source, folded.line = start.source, start.line
        inside = parent[first + 1 : last]
        parent[first : last + 1] = [folded]
        folded += inside
        return end


def _ends(node: nodes.Node) -> bool:
    return isinstance(node, _Fence) and node["label"] is None


def _visit_html(self: Any, node: solution) -> None:
    self.body.append(
        f'<details class="solution" id="{node["label"]}-solution">'
        f"<summary>Solution of exercise {node['number']}</summary>\n"
        '<div class="solution-body">\n'
    )


def _depart_html(self: Any, node: solution) -> None:
    self.body.append("</div></details>\n")


def _visit_other(self: Any, node: solution) -> None:
    """Other builders print the solution in place."""


def setup(app: Sphinx) -> dict[str, Any]:
    """Register the directives, the node and the transform."""
    app.add_node(
        solution,
        html=(_visit_html, _depart_html),
        latex=(_visit_other, _visit_other),
        text=(_visit_other, _visit_other),
    )
    app.add_directive("exercise", Exercise)
    app.add_directive("solution-start", SolutionStart)
    app.add_directive("solution-end", SolutionEnd)
    app.add_transform(FoldSolutions)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
