"""The exercises that check themselves, rendered from their one source.

::

    :::{lab-exercise} softmax
    :::

becomes a numbered exercise with its task and its stub, and a folded solution that ends
with the wrong ideas that ``check`` recognises: what :mod:`ce_exercises` makes of an
``{exercise}`` and its solution. ``{lab-exercise-downloads}`` lists links to the
notebooks, which are written beside the pages.
"""

from __future__ import annotations

import html
from pathlib import Path
from typing import Any

from docutils import nodes
from docutils.statemachine import StringList
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective
from sphinx.util.osutil import relative_uri

from crossentropy.exercises import _registry, _source, notebooks
from crossentropy.exercises._model import Exercise, Idea

_FOLDER = "_downloads/exercises"


class download(nodes.General, nodes.Element):  # noqa: N801  (docutils' naming)
    """A link to one notebook."""


class LabExercise(SphinxDirective):
    """``{lab-exercise}``: one exercise of the package, by its name."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        try:
            exercise = _registry.find(self.arguments[0])
        except ValueError as error:
            raise self.error(str(error)) from error
        lines = _markdown(exercise).splitlines()
        source = f"crossentropy.exercises.{exercise.name}"
        holder = nodes.Element()
        self.state.nested_parse(StringList(lines, source), self.content_offset, holder)
        return list(holder.children)


class Downloads(SphinxDirective):
    """``{lab-exercise-downloads}``: a list of the notebooks."""

    def run(self) -> list[nodes.Node]:
        listed = nodes.bullet_list(bullet="-")
        self.set_source_info(listed)
        for group in _registry.GROUPS:
            link = download(
                file=notebooks.file_name(group), title=group.title, classes=["download"]
            )
            listed += nodes.list_item("", nodes.paragraph("", "", link))
        return [listed]


def _markdown(exercise: Exercise) -> str:
    label = f"ex-check-{exercise.name.replace('_', '-')}"
    code = f'{_source.stub(exercise)}\n\ncheck("{exercise.name}", {exercise.name})'
    ideas = "\n".join(_item(idea, exercise) for idea in exercise.ideas)
    return f"""\
:::{{exercise}} {exercise.title}
:label: {label}

{exercise.task.strip()}

Read {{ref}}`{exercise.section}`.

```python
{code}
```
:::

:::{{solution-start}} {label}
:::

{exercise.hint}

```python
{_source.solution(exercise)}
```

{exercise.right}

The check knows these wrong ideas by name:

{ideas}

:::{{solution-end}}
:::
"""


def markdown_of(name: str) -> str:
    """Return an exercise as the MyST that a page renders.

    Raises
    ------
    ValueError
        If there is no exercise of that name.
    """
    return _markdown(_registry.find(name))


def _item(idea: Idea, exercise: Exercise) -> str:
    item = f"- **{idea.name}**. {idea.why}"
    if idea.section == exercise.section:  # linked above
        return item
    return f"{item} ({{ref}}`{idea.section}`)"


def _visit_html(self: Any, node: download) -> None:
    page = self.builder.get_target_uri(self.builder.current_docname)
    address = relative_uri(page, f"{_FOLDER}/{node['file']}")
    self.body.append(
        f'<a class="reference download" href="{html.escape(address)}" '
        f'download="{node["file"]}">{html.escape(node["title"])}</a>'
    )
    raise nodes.SkipNode


def _visit_other(self: Any, node: download) -> None:
    """Other builders print the title: there is no file beside them."""
    self.visit_Text(nodes.Text(node["title"]))
    raise nodes.SkipNode


def _write_notebooks(
    app: Sphinx,
    pagename: str,
    templatename: str,
    context: dict[str, Any],
    doctree: nodes.document | None,
) -> None:
    """Put the notebooks where a page's links lead."""
    if doctree is None or not any(doctree.findall(download)):
        return
    folder = Path(app.outdir, _FOLDER)
    folder.mkdir(parents=True, exist_ok=True)
    for group in _registry.GROUPS:
        text = notebooks.text_of(notebooks.notebook(group))
        (folder / notebooks.file_name(group)).write_text(text, encoding="utf-8")


def setup(app: Sphinx) -> dict[str, Any]:
    """Register the directives, the node and the writing of the notebooks."""
    app.setup_extension("ce_exercises")
    app.add_node(
        download,
        html=(_visit_html, None),
        latex=(_visit_other, None),
        text=(_visit_other, None),
    )
    app.add_directive("lab-exercise", LabExercise)
    app.add_directive("lab-exercise-downloads", Downloads)
    app.connect("html-page-context", _write_notebooks)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
