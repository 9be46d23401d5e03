"""Say in plain Markdown what a chapter says in MyST, for readers with Jupyter alone.

JupyterLab and VS Code render CommonMark, tables and mathematics. The rest of what the
chapters use is put in those terms: boxes become quotations with a bold title, values
and references the text that the page shows, exercises and solutions headings (whose
solutions JupyterLab folds), captions paragraphs below the figure that a cell shows.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Callable, Iterator
from typing import Any, Protocol

import ce_stills
import nbformat
from nbformat import NotebookNode

FENCE = re.compile(r"^\s*(`{3,}|~{3,}|:{3,})\s*\{([^}]+)\}\s*(.*)$")
PLAIN_FENCE = re.compile(r"^\s*(`{3,}|~{3,})")
OPTION = re.compile(r"^\s*:([\w-]+):\s*(.*)$")
TARGET = re.compile(r"^\([\w:.-]+\)=\s*$")
ROLE = re.compile(r"\{([\w:+-]+)\}(`+)(.+?)(?<!`)\2(?!`)", re.DOTALL)
TITLED = re.compile(r"^(.*?)\s*<([^<>]+)>$", re.DOTALL)
LABELLED = re.compile(r"\$\$(.+?)\$\$[ \t]*\(([\w:.-]+)\)", re.DOTALL)
# What JupyterLab calls the fold of a heading.
FOLDED = "jp-MarkdownHeadingCollapsed"
# Outputs that carry a value into the text; no reader's program can show them.
GLUED = "application/papermill.record/"
HIDDEN = {"remove-cell", "remove-input", "hide-cell", "hide-input"}
QUOTED = {
    *("note", "tip", "hint", "important", "warning", "caution", "danger", "error"),
    *("attention", "seealso", "admonition", "dropdown", "topic", "sidebar", "margin"),
}
LEFT_OUT = {"bibliography", "tableofcontents", "toctree", "index", "raw", "eval-rst"}
LEFT_OUT |= {"lab-exercise-downloads", "book-index"}


Options = dict[str, str]


class Names(Protocol):
    """What the whole book knows and one chapter does not."""

    def value(self, key: str, spec: str) -> str:
        """Return a glued value, formatted."""

    def link(self, role: str, target: str, title: str) -> str:
        """Return a reference of some role as Markdown."""

    def number(self, kind: str, label: str) -> str:
        """Return the number of an ``equation``, a ``figure`` or an ``exercise``."""

    def expand(self, name: str, argument: str) -> str:
        """Return the MyST that a directive of the book's own stands for, if any."""

    def picture(self, kind: str, name: str) -> tuple[str, dict[str, Any]] | None:
        """Return the code that draws a ``live`` figure, and what it shows."""


class _Writer:
    """The cells of the new notebook, written one piece of text after the other."""

    def __init__(self, names: Names) -> None:
        self.names = names
        self.cells: list[NotebookNode] = []
        self.lines: list[str] = []
        self.solution: NotebookNode | None = None  # whose end has just been passed

    def text(self, *lines: str) -> None:
        """Add lines to the cell that is being written."""
        for line in lines:
            if self.solution is not None and line.strip():
                # What follows a solution would be folded away with it.
                if not line.startswith("#"):
                    del self.solution.metadata[FOLDED]
                self.solution = None
            self.lines.append(line)

    def take(self) -> str:
        """Return what has been written since the last cell, and forget it."""
        source = "\n".join(self.lines).strip("\n")
        self.lines = []
        return re.sub(r"\n{3,}", "\n\n", source)

    def flush(self, **metadata: Any) -> NotebookNode | None:
        """Close the cell that is being written, if it says anything."""
        source = self.take()
        if not source.strip():
            return None
        cell = nbformat.v4.new_markdown_cell(source, metadata=metadata)
        self.cells.append(cell)
        return cell


def convert(notebook: NotebookNode, names: Names) -> NotebookNode:
    """Return a copy of an executed chapter that needs no MyST to be read.

    Parameters
    ----------
    notebook : NotebookNode
        The chapter as the build ran it, its text in MyST.
    names : Names
        Numbers, titles and values that the text refers to.
    """
    writer = _Writer(names)
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            _write(writer, cell.source.split("\n"))
            writer.flush()
        elif cell.source.strip():
            writer.cells.append(_code(cell))
    for number, cell in enumerate(writer.cells):
        cell["id"] = f"cell-{number}"
    kept = ("kernelspec", "language_info")
    metadata = {key: notebook.metadata[key] for key in kept if key in notebook.metadata}
    return nbformat.v4.new_notebook(
        cells=writer.cells, metadata=copy.deepcopy(metadata)
    )


def _code(cell: NotebookNode) -> NotebookNode:
    """Return a code cell without the outputs and with the folds that suit Jupyter."""
    new = copy.deepcopy(cell)
    new.outputs = [output for output in new.outputs if not _is_glued(output)]
    for output in new.outputs:
        output.get("metadata", {}).pop("scrapbook", None)
        if "text/html" in output.get("data", {}):
            output["data"]["text/html"] = ce_stills.still(output["data"]["text/html"])
    if HIDDEN & set(new.metadata.get("tags", [])):
        new.metadata["jupyter"] = {"source_hidden": True}
    return new


def _is_glued(output: NotebookNode) -> bool:
    kinds = output.get("data", {})
    return bool(kinds) and all(kind.startswith(GLUED) for kind in kinds)


# Blocks ----------------------------------------------------------------------------


def _write(writer: _Writer, lines: list[str]) -> None:
    """Write text in MyST, block by block."""
    for kind, name, block in _blocks(lines):
        if kind == "text":
            writer.text(*_inline(writer.names, block))
        elif kind == "code":
            writer.text(*block)
        else:
            argument, options, body = _parts(block)
            _directive(writer, name, argument, options, body)


def _blocks(lines: list[str]) -> Iterator[tuple[str, str, list[str]]]:
    """Yield runs of plain text, code blocks and directives with all their lines."""
    run: list[str] = []
    i = 0
    while i < len(lines):
        opening = FENCE.match(lines[i])
        plain = PLAIN_FENCE.match(lines[i])
        if opening is None and plain is None:
            run.append(lines[i])
            i += 1
            continue
        yield "text", "", run
        run = []
        fence = (opening or plain).group(1)  # type: ignore[union-attr]
        end = _end(lines, i, fence)
        if opening:
            yield "directive", opening.group(2), lines[i:end]
        else:
            yield "code", "", lines[i : end + 1]
        i = end + 1
    yield "text", "", run


def _end(lines: list[str], start: int, fence: str) -> int:
    """Return the line that closes a fence: the first that holds nothing else."""
    depth = 0
    for i in range(start + 1, len(lines)):
        inner = FENCE.match(lines[i])
        if fence[0] == ":" and inner and inner.group(1) == fence:
            depth += 1
        elif lines[i].strip().startswith(fence) and not lines[i].strip(f"{fence[0]} "):
            if depth == 0:
                return i
            depth -= 1
    return len(lines)


def _parts(block: list[str]) -> tuple[str, Options, list[str]]:
    """Take a directive apart into its argument, options and content."""
    match = FENCE.match(block[0])
    argument = match.group(3).strip() if match else ""
    options = {}
    rest = block[1:]
    while rest and (option := OPTION.match(rest[0])):
        options[option.group(1)] = option.group(2).strip()
        rest = rest[1:]
    return argument, options, rest


def _directive(
    writer: _Writer, name: str, argument: str, options: Options, body: list[str]
) -> None:
    write = _DIRECTIVES.get(name)
    if write is not None:
        write(writer, argument, options, body)
    elif name in QUOTED:
        title = argument or name.capitalize()
        _quote(writer, f"**{_inline(writer.names, [title])[0]}**", body)
    elif name not in LEFT_OUT:
        # Failing that, nothing that Jupyter could show but the words themselves.
        source = writer.names.expand(name, argument)
        writer.text("", *([argument] if argument and body else []), "")
        _write(writer, source.split("\n") if source else body)


def _quote(writer: _Writer, title: str, body: list[str]) -> None:
    inner = _Writer(writer.names)
    inner.text(title, "")
    _write(inner, body)
    writer.text("", *(f"> {line}".rstrip() for line in inner.take().split("\n")), "")


def _exercise(
    writer: _Writer, argument: str, options: Options, body: list[str]
) -> None:
    writer.flush()
    number = writer.names.number("exercise", options.get("label", ""))
    writer.text(f"### Exercise {number}. {_inline(writer.names, [argument])[0]}", "")
    _write(writer, body)
    writer.flush()


def _solution(
    writer: _Writer, argument: str, options: Options, body: list[str]
) -> None:
    writer.flush()  # its heading alone in a cell: the rest is what JupyterLab folds
    number = writer.names.number("exercise", argument)
    writer.text(f"#### Solution of exercise {number}")
    writer.flush(**{FOLDED: True})


def _solution_end(
    writer: _Writer, argument: str, options: Options, body: list[str]
) -> None:
    writer.flush()
    folded = [cell for cell in writer.cells if FOLDED in cell.metadata]
    writer.solution = folded[-1] if folded else None


def _caption(writer: _Writer, argument: str, options: Options, body: list[str]) -> None:
    """Write the caption of a figure, which stands above as a cell's output."""
    number = writer.names.number("figure", options.get("name", ""))
    inner = _Writer(writer.names)
    _write(inner, body)
    text = inner.take()
    writer.text("", f"**{number}** {text}" if number else text, "")


def _live(writer: _Writer, argument: str, options: Options, body: list[str]) -> None:
    """Show the static picture of a live figure as a cell that draws it."""
    writer.flush()
    drawn = writer.names.picture("live", argument)
    if drawn is not None:
        output = nbformat.v4.new_output("display_data", drawn[1])
        cell = nbformat.v4.new_code_cell(drawn[0], outputs=[output])
        cell.metadata["tags"] = ["hide-input"]
        writer.cells.append(_code(cell))
    _caption(writer, argument, options, body)


def _image(writer: _Writer, argument: str, options: Options, body: list[str]) -> None:
    """Attach a picture to the cell that shows it."""
    writer.flush()
    found = writer.names.picture("file", argument)
    alt = options.get("alt", "")
    if found is None:
        writer.text(f"*{alt}*")
    else:
        name, data = found
        writer.text(f"![{alt}](attachment:{name})")
        cell = writer.flush()
        if cell is not None:
            cell["attachments"] = {name: data}
    _caption(writer, argument, options, body)


def _math(writer: _Writer, argument: str, options: Options, body: list[str]) -> None:
    label = options.get("label", "")
    tag = rf" \tag{{{writer.names.number('equation', label)}}}" if label else ""
    writer.text("", "$$", *body, f"{tag}$$".strip(), "")


def _listing(writer: _Writer, argument: str, options: Options, body: list[str]) -> None:
    writer.text(f"```{argument}", *body, "```")


_DIRECTIVES: dict[str, Callable[[_Writer, str, Options, list[str]], None]] = {
    "exercise": _exercise,
    "solution-start": _solution,
    "solution-end": _solution_end,
    "glue:figure": _caption,
    "live-figure": _live,
    "figure": _image,
    "image": _image,
    "math": _math,
    "code": _listing,
    "code-block": _listing,
}


# Within a line -----------------------------------------------------------------------


def _inline(names: Names, lines: list[str]) -> list[str]:
    """Put the roles and numbered equations of plain text in Markdown's terms."""
    kept = [
        line
        for line in lines
        if not TARGET.match(line) and not line.startswith("%") and line != "+++"
    ]
    text = LABELLED.sub(lambda m: _numbered(names, m), "\n".join(kept))
    return ROLE.sub(lambda m: _role(names, m), text).split("\n") if kept else []


def _numbered(names: Names, match: re.Match[str]) -> str:
    number = names.number("equation", match.group(2))
    return f"$${match.group(1).rstrip()} \\tag{{{number}}}\n$$"


def _role(names: Names, match: re.Match[str]) -> str:
    role, _, text = match.groups()
    if role.startswith("glue"):
        key, _, spec = text.partition(":")
        return names.value(key.strip(), spec.strip())
    if role == "math":
        return f"${text}$"
    if role in ("code", "kbd", "file") or role.startswith(("py:", "c:")):
        return f"`{text.lstrip('~!')}`"
    titled = TITLED.match(text)
    title, target = titled.groups() if titled else ("", text)
    return names.link(role, target.strip(), title)
