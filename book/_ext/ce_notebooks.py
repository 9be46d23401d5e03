"""Offer each chapter's executed notebook, outputs included, for download.

The theme shows a .ipynb entry in its download menu when ``ipynb_source`` names a file
under ``_sources``. The executed notebooks were written by ``tools/build.py``; they are
put in words that Jupyter renders without MyST by ``ce_jupyter``, which asks here for
what only the whole book knows: numbers, titles, citations.
"""

from __future__ import annotations

import ast
import base64
import importlib
import mimetypes
import posixpath
import re
from pathlib import Path
from typing import Any
from urllib.parse import quote

import ce_jupyter
import ce_lab_exercises
import nbformat
from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util import logging

logger = logging.getLogger(__name__)

HOW_TO_RUN = (
    "> A chapter of the book *{title}*, as a notebook. To run it, install the book's "
    "package, in its sources: `pip install '.[derivation,figures,lab]'`."
)


class Book:
    """What a chapter's notebook asks of the book that Sphinx has read."""

    def __init__(self, app: Sphinx, docname: str, notebook: Any) -> None:
        """Answer for one page and the values that its cells glued."""
        self.app, self.env, self.docname = app, app.env, docname
        self.values = _values(notebook)
        self.cited: dict[str, Any] = {}
        domain: Any = app.env.domains.get("cite")
        self.citations = {c.key: c for c in domain.citations} if domain else {}

    def value(self, key: str, spec: str) -> str:
        """Return a glued value, formatted."""
        if key not in self.values:
            logger.warning("no value %r for the notebook", key, location=self.docname)
            return key
        value = self.values[key]
        return format(value, spec) if spec else str(value)

    def link(self, role: str, target: str, title: str) -> str:
        """Return a reference as Markdown: a link where Jupyter has somewhere to go."""
        kind, _, _ = role.partition(":")
        if kind == "cite":
            return self._cite(role, target)
        if kind == "eq":
            return f"({self.number('equation', target)})"
        if kind == "numref":
            return self.number("figure", target) or title or target
        if kind == "doc":
            return self._page(target, title)
        if kind == "ref":
            return self._section(target, title)
        return title or target

    def number(self, kind: str, label: str) -> str:
        """Return the number of an equation, a figure or an exercise."""
        labels = self.env.get_domain("std").data["labels"]
        if kind == "equation":
            return self._equation(label)
        if kind == "exercise":
            return str(labels[label][2]).rpartition(" ")[2] if label in labels else ""
        docname, anchor, _ = labels.get(label, (self.docname, label, ""))
        number = self._numbered(docname, "figure", anchor)
        return str(self.app.config.numfig_format["figure"]) % number if number else ""

    def expand(self, name: str, argument: str) -> str:
        """Return the MyST of an exercise that the package keeps."""
        if name != "lab-exercise":
            return ""
        return ce_lab_exercises.markdown_of(argument)

    def picture(self, kind: str, name: str) -> tuple[str, dict[str, Any]] | None:
        """Return what shows a live figure's static form, or the bytes of a file."""
        if kind == "file":
            path = Path(self.app.srcdir, Path(self.docname).parent, name)
            mime = mimetypes.guess_type(name)[0]
            if not path.is_file() or mime is None:
                return None
            return path.name, {mime: base64.b64encode(path.read_bytes()).decode()}
        function = name.replace("-", "_")
        try:
            module = importlib.import_module("crossentropy.figures.live")
            figure = getattr(module, function)()
        except (ModuleNotFoundError, AttributeError):
            return None
        source = f"from crossentropy.figures import live\n\nlive.{function}()"
        return source, {"text/html": figure._repr_html_(), "text/plain": repr(figure)}

    def references(self) -> str:
        """Return what the chapter cited, as a section of its own."""
        entries = [c for key, c in self.citations.items() if key in self.cited]
        lines = [f"- {_plain(c.formatted_entry.text)}" for c in entries]
        return "\n".join(["## References", "", *lines]) if lines else ""

    def _equation(self, label: str) -> str:
        """Return an equation's number as the pages show it."""
        found = self.env.get_domain("math").data["objects"].get(label)
        if found is None:
            return label
        docname, number = found
        anchor = f"equation-{nodes.make_id(label)}"
        return self._numbered(docname, "displaymath", anchor) or str(number)

    def _numbered(self, docname: str, kind: str, anchor: str) -> str:
        numbers = self.env.toc_fignumbers.get(docname, {}).get(kind, {})
        return ".".join(map(str, numbers.get(anchor, ())))

    def _cite(self, role: str, keys: str) -> str:
        found = []
        for key in (key.strip() for key in keys.split(",")):
            citation = self.citations.get(key)
            if citation is None:
                found.append(key)
                continue
            self.cited[key] = citation
            who, year = _who(citation.entry), citation.entry.fields.get("year", "")
            found.append(f"{who} ({year})" if role == "cite:t" else f"{who}, {year}")
        return ", ".join(found) if role == "cite:t" else f"({'; '.join(found)})"

    def _page(self, target: str, title: str) -> str:
        folder = posixpath.dirname(self.docname)
        name = posixpath.normpath(posixpath.join(folder, target)).lstrip("/")
        words = title or self.env.titles[name].astext()
        return f"[{words}]({self._address(name)})" if self._has(name) else words

    def _section(self, target: str, title: str) -> str:
        labels = self.env.get_domain("std").data["labels"]
        if target not in labels:
            return title or target
        docname, anchor, heading = labels[target]
        words = title or str(heading)
        if not self._has(docname):
            return words
        if str(heading).startswith("Exercise "):
            heading = self._exercise(docname, anchor)
        page = "" if docname == self.docname else self._address(docname)
        return f"[{words}]({page}{_anchor(str(heading))})"

    def _exercise(self, docname: str, anchor: str) -> str:
        """Return an exercise's number and title."""
        for node in self.env.get_doctree(docname).findall(nodes.admonition):
            if anchor in node["ids"]:
                return node[0].astext()
        return ""

    def _has(self, docname: str) -> bool:
        return _is_notebook(self.app, docname)

    def _address(self, docname: str) -> str:
        folder = posixpath.dirname(self.docname)
        return f"{posixpath.relpath(docname, folder or '.')}.ipynb"


def _anchor(heading: str) -> str:
    """Return the fragment that JupyterLab gives a heading."""
    straight = heading.replace("’", "'").replace(" ", "-")
    return "#" + quote(straight, safe="-:,;?'!.")


def _values(notebook: Any) -> dict[str, Any]:
    """Return what a notebook's cells glued, numbers as numbers."""
    found = {}
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            glued = output.get("metadata", {}).get("scrapbook")
            text = output.get("data", {}).get(f"{ce_jupyter.GLUED}text/plain")
            if glued and text is not None:
                try:
                    value = ast.literal_eval(text)
                except (SyntaxError, ValueError):
                    value = text
                found[glued["name"]] = value
    return found


def _who(entry: Any) -> str:
    names = [
        " ".join([*person.prelast_names, *person.last_names])
        for person in entry.persons.get("author", []) or entry.persons.get("editor", [])
    ]
    names = [name.replace("{", "").replace("}", "") for name in names]
    if len(names) > 2:
        return f"{names[0]} et al."
    return " and ".join(names) or str(entry.fields.get("title", ""))


def _plain(text: Any) -> str:
    from pybtex.backends import markdown

    words = str(text.render(markdown.Backend(encoding="utf-8"))).replace("\n", " ")
    return re.sub(r"\\([-.()#+!])", r"\1", words)  # escapes that a list does not need


def notebook_of(app: Sphinx, docname: str, source: Path) -> Any:
    """Return a chapter as a notebook that needs no MyST."""
    executed = nbformat.read(source, as_version=4)
    book = Book(app, docname, executed)
    notebook = ce_jupyter.convert(executed, book)
    first = notebook.cells[0]
    title, _, rest = first.source.partition("\n")
    note = HOW_TO_RUN.format(title=app.config.html_title)
    first.source = f"{title}\n\n{note}\n{rest}".rstrip()
    references = book.references()
    if references:
        last = nbformat.v4.new_markdown_cell(references)
        last["id"] = "references"
        notebook.cells.append(last)
    return notebook


def _executed(app: Sphinx, docname: str) -> Path:
    return Path(app.confdir, app.config.ce_executed, f"{docname}.ipynb")


def _offer(
    app: Sphinx,
    pagename: str,
    templatename: str,
    context: dict[str, Any],
    doctree: nodes.document | None,
) -> None:
    if not _is_notebook(app, pagename):
        return
    source = _executed(app, pagename)
    if source.is_file():
        context["ipynb_source"] = f"{pagename}.ipynb"
    else:
        logger.warning("no executed notebook at %s", source, location=pagename)


def _write(app: Sphinx, failure: Exception | None) -> None:
    """Write the notebooks last: with launch buttons on, the theme writes its own."""
    if failure is not None or app.builder.format != "html":
        return
    for docname in app.env.found_docs:
        source = _executed(app, docname)
        if not _is_notebook(app, docname) or not source.is_file():
            continue
        target = Path(app.outdir, "_sources", f"{docname}.ipynb")
        target.parent.mkdir(parents=True, exist_ok=True)
        text = nbformat.writes(notebook_of(app, docname, source))
        target.write_text(f"{text}\n", encoding="utf-8")


def _is_notebook(app: Sphinx, docname: str) -> bool:
    return docname in app.env.found_docs and bool(
        app.env.metadata.get(docname, {}).get("kernelspec")
    )


def setup(app: Sphinx) -> dict[str, Any]:
    """Run before the theme, which fills its download menu at priority 501."""
    app.add_config_value("ce_executed", "_build/executed", "html", [str])
    app.connect("html-page-context", _offer, priority=400)
    app.connect("build-finished", _write)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
