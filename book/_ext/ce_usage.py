"""Links between the API page and the chapters, in both directions.

In a cell that the reader sees, the first mention of each name of the package leads to
its entry on the API page. There, each entry says which chapters use the function, with
links to the very sections that use it first. Both come from the cells: what a name
means is read off their imports, nothing is listed by hand.
"""

from __future__ import annotations

import ast
import html
import re
from collections.abc import Iterator
from typing import Any, NamedTuple, cast

from docutils import nodes
from myst_nb.core.read import read_myst_markdown_notebook
from myst_parser.config.main import MdParserConfig
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.domains.python import PythonDomain
from sphinx.environment import BuildEnvironment

PACKAGE = "crossentropy"


class Mention(NamedTuple):
    """A name of the package in a cell: where it stands and what it means."""

    start: int
    text: str
    meaning: str


class Use(NamedTuple):
    """Where a chapter first uses a function."""

    anchor: str
    section: str
    visible: bool


class Names:
    """What the names of a chapter mean, as its cells run one after the other."""

    def __init__(self) -> None:
        """Start a chapter that has imported nothing."""
        self.meanings: dict[str, str] = {}

    def read(self, source: str) -> list[Mention]:
        """Return the package's names in a cell, in the order in which they stand."""
        try:
            tree = ast.parse(source)
        except SyntaxError:
            return []  # a command to IPython
        found = [*self._imports(tree, source)]
        # A name that the cell gives another meaning is no longer the package's.
        for node in ast.walk(tree):
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
                self.meanings.pop(node.id, None)
            elif isinstance(node, ast.FunctionDef | ast.ClassDef):
                self.meanings.pop(node.name, None)
            elif isinstance(node, ast.arg):
                self.meanings.pop(node.arg, None)
        for node in ast.walk(tree):
            meaning = self._meaning(node)
            if meaning is not None and isinstance(node, ast.Name | ast.Attribute):
                text = node.id if isinstance(node, ast.Name) else node.attr
                end = _offset(source, node.end_lineno or 0, node.end_col_offset or 0)
                found.append(Mention(end - len(text), text, meaning))
        return sorted(found)

    def _imports(self, tree: ast.Module, source: str) -> Iterator[Mention]:
        for node in ast.walk(tree):
            if isinstance(node, ast.Import):
                for alias in node.names:
                    if alias.name == PACKAGE:
                        self.meanings[alias.asname or PACKAGE] = PACKAGE
            elif isinstance(node, ast.ImportFrom):
                module = node.module or ""
                for alias in node.names:
                    bound = alias.asname or alias.name
                    if module.split(".")[0] != PACKAGE:
                        self.meanings.pop(bound, None)
                        continue
                    meaning = self.meanings[bound] = f"{module}.{alias.name}"
                    start = _offset(source, alias.lineno, alias.col_offset)
                    yield Mention(start, alias.name, meaning)

    def _meaning(self, node: ast.AST) -> str | None:
        if isinstance(node, ast.Name):
            return self.meanings.get(node.id)
        if isinstance(node, ast.Attribute):
            base = self._meaning(node.value)
            return None if base is None else f"{base}.{node.attr}"
        return None


def _offset(source: str, line: int, column: int) -> int:
    """Turn a line and a column in bytes into a position in the text."""
    lines = source.splitlines(keepends=True)
    before = lines[line - 1].encode()[:column].decode()
    return sum(map(len, lines[: line - 1])) + len(before)


def link(highlighted: str, targets: dict[int, tuple[str, str]]) -> str:
    """Return highlighted code with some of its names made links.

    Parameters
    ----------
    highlighted : str
        The HTML that Pygments made of a cell.
    targets : dict
        For the position of a name in the code, the name and its address. A name that
        does not stand there, whole, as a piece of text, is left alone.
    """
    head, pre, body = highlighted.partition("<pre>")
    position = 0
    pieces = []
    for piece in re.split(r"(<[^>]*>)", body):
        if not piece.startswith("<"):
            name, address = targets.get(position, ("", ""))
            text = html.unescape(piece)
            position += len(text)
            if name and text == name:
                where = html.escape(address, quote=True)
                piece = f'<a class="ce-api" href="{where}">{piece}</a>'
        pieces.append(piece)
    return head + pre + "".join(pieces)


# Reading a chapter -----------------------------------------------------------------


def _read(app: Sphinx, document: nodes.document) -> None:
    env = app.env
    docname = env.docname
    if not env.metadata.get(docname, {}).get("kernelspec"):
        return
    with open(env.doc2path(docname), encoding="utf-8") as file:  # noqa: PTH123
        notebook = read_myst_markdown_notebook(file.read(), MdParserConfig())
    if notebook is None:
        return
    sections = list(document.findall(nodes.section))
    blocks = [
        block
        for block in document.findall(nodes.literal_block)
        if "cell_input" in block.parent.get("classes", ())
    ]
    names, uses, number = Names(), dict[str, Use](), -1
    for cell in notebook.cells:
        if cell.cell_type != "code":
            number += _headings(cell.source)
            continue
        mentions = names.read(cell.source)
        visible = bool(blocks) and blocks[0].astext().rstrip() == cell.source.rstrip()
        if visible:
            blocks.pop(0)["ce_mentions"] = mentions
        section = sections[min(max(number, 0), len(sections) - 1)]
        use = Use(section["ids"][0], section[0].astext(), visible)
        imported = _imported(cell.source)
        for mention in mentions:
            if mention.start in imported:
                continue
            known = uses.get(mention.meaning)
            if known is None or (visible and not known.visible):
                uses[mention.meaning] = use
    all_uses(env)[docname] = uses


def _headings(text: str) -> int:
    """Return the number of headings in a piece of Markdown."""
    found, fence = 0, ""
    for line in text.splitlines():
        mark = re.match(r"\s*(`{3,}|~{3,})", line)
        if mark and not fence:
            fence = mark.group(1)
        elif mark and line.strip().startswith(fence):
            fence = ""
        elif not fence and re.match(r"#{1,6} ", line):
            found += 1
    return found


def _imported(source: str) -> set[int]:
    """Return where the names stand that a cell imports: to import is not to use."""
    try:
        tree = ast.parse(source)
    except SyntaxError:
        return set()
    return {
        _offset(source, alias.lineno, alias.col_offset)
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }


def all_uses(env: BuildEnvironment) -> dict[str, dict[str, Use]]:
    """Return, for each chapter, the names that it uses and where."""
    if not hasattr(env, "ce_uses"):
        env.ce_uses = {}  # type: ignore[attr-defined]
    return cast("dict[str, dict[str, Use]]", env.ce_uses)  # type: ignore[attr-defined]


def _purge(app: Sphinx, env: BuildEnvironment, docname: str) -> None:
    all_uses(env).pop(docname, None)


def _merge(
    app: Sphinx, env: BuildEnvironment, docnames: list[str], other: BuildEnvironment
) -> None:
    all_uses(env).update(
        {name: uses for name, uses in all_uses(other).items() if name in docnames}
    )


# The chapters' code ------------------------------------------------------------------


def _visit_code(self: Any, node: nodes.literal_block) -> None:
    """Write a block of code as ever, then link its names."""
    try:
        type(self).visit_literal_block(self, node)
    except nodes.SkipNode:
        if node.get("ce_mentions"):
            self.body[-1] = link(self.body[-1], _targets(self.builder, node))
        raise


def _depart_code(self: Any, node: nodes.literal_block) -> None:
    type(self).depart_literal_block(self, node)


def _targets(builder: Any, node: nodes.literal_block) -> dict[int, tuple[str, str]]:
    """Return the first mention of each documented name in a block of code."""
    entries = documented(builder.env)
    targets = {}
    seen = set()
    for start, text, meaning in node["ce_mentions"]:
        if meaning in entries and meaning not in seen:
            seen.add(meaning)
            docname, anchor = entries[meaning]
            page = builder.get_relative_uri(builder.current_docname, docname)
            targets[start] = text, f"{page}#{anchor}"
    return targets


def documented(env: BuildEnvironment) -> dict[str, tuple[str, str]]:
    """Return the page and the anchor of everything that the API documents."""
    domain = cast("PythonDomain", env.get_domain("py"))
    return {
        name: (entry.docname, entry.node_id)
        for name, entry in domain.objects.items()
        if entry.objtype in ("function", "class", "exception", "method")
    }


# The API page ------------------------------------------------------------------------


def _say_where_used(app: Sphinx, document: nodes.document, docname: str) -> None:
    for description in document.findall(addnodes.desc):
        if description["domain"] != "py" or _inside_another(description):
            continue
        signature, content = description[0], description[-1]
        parts = (signature["module"], signature["fullname"])
        name = ".".join(part for part in parts if part)
        content += _line(app, docname, name)


def _inside_another(description: addnodes.desc) -> bool:
    return isinstance(description.parent, addnodes.desc_content)


def _line(app: Sphinx, docname: str, name: str) -> nodes.paragraph:
    """Return one entry's "Used in" line, in the order of the book."""
    uses = all_uses(app.env)
    order = [page for page in reading_order(app.env) if name in uses.get(page, {})]
    line = nodes.paragraph(classes=["ce-used-in"])
    shown = [page for page in order if uses[page][name].visible]
    behind = [page for page in order if not uses[page][name].visible]
    for words, pages in (("Used in: ", shown), ("Behind the numbers of: ", behind)):
        if not pages:
            continue
        line += nodes.Text(f" {words}" if line.children else words)
        for page in pages:
            line += _reference(app, docname, page, uses[page][name])
            line += nodes.Text("." if page == pages[-1] else "; ")
    if not line.children:
        line += nodes.Text("Not used by name in a chapter.")
    return line


def _reference(app: Sphinx, docname: str, page: str, use: Use) -> nodes.reference:
    title = app.env.titles[page].astext()
    words = title if use.section == title else f"{title} ({use.section})"
    address = app.builder.get_relative_uri(docname, page)
    return nodes.reference("", words, internal=True, refuri=f"{address}#{use.anchor}")


def reading_order(env: BuildEnvironment) -> list[str]:
    """Return the pages in the order of the book."""
    root = env.config.root_doc
    return [root, *env.toctree_includes.get(root, [])]


def setup(app: Sphinx) -> dict[str, Any]:
    """Read the chapters' cells, then write the links on both sides."""
    app.connect("doctree-read", _read)
    app.connect("env-purge-doc", _purge)
    app.connect("env-merge-info", _merge)
    app.connect("doctree-resolved", _say_where_used)
    app.add_node(nodes.literal_block, override=True, html=(_visit_code, _depart_code))
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
