"""The chapters of the book: which there are, and what a build reads of each."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import nbformat
import yaml
from myst_nb.core.read import is_myst_markdown_notebook, read_myst_markdown_notebook
from myst_parser.config.main import MdParserConfig
from nbformat import NotebookNode, ValidationError

from tools.files import BuildError


@dataclass(frozen=True)
class Book:
    """A folder with ``_toc.yml`` and ``_config.yml``, and its ``_build``."""

    root: Path

    @property
    def build(self) -> Path:
        """The folder of everything that is made and can be made again."""
        return self.root / "_build"

    @property
    def html(self) -> Path:
        """The finished pages."""
        return self.build / "html"

    @property
    def package(self) -> Path:
        """The package that the chapters import."""
        return self.root / "code" / "crossentropy"

    @cached_property
    def config(self) -> dict[str, Any]:
        """The content of ``_config.yml``."""
        return self._yaml("_config.yml")

    @cached_property
    def pages(self) -> list[str]:
        """The names of the pages in reading order, as in ``_toc.yml``."""
        names = list(_names(self._yaml("_toc.yml")))
        for name in names:
            if not self.source(name).is_file():
                raise BuildError(f"_toc.yml lists {name}, but there is no {name}.md")
        return names

    def source(self, name: str) -> Path:
        """Return the file that a page is written in."""
        return self.root / f"{name}.md"

    def executed(self, name: str) -> Path:
        """Return where a chapter's executed notebook lies."""
        return self.build / "executed" / f"{name}.ipynb"

    def chapters(self) -> list[Chapter]:
        """Return the pages that run code."""
        found = []
        for name in self.pages:
            text = self.source(name).read_text(encoding="utf-8")
            if is_myst_markdown_notebook(text):
                found.append(Chapter(self, name, text))
        return found

    def _yaml(self, name: str) -> dict[str, Any]:
        try:
            content = yaml.safe_load((self.root / name).read_text(encoding="utf-8"))
        except (OSError, yaml.YAMLError) as error:
            raise BuildError(f"{name} cannot be read: {error}") from error
        if not isinstance(content, dict):
            raise BuildError(f"{name} must hold a mapping")
        return content


@dataclass(frozen=True)
class Chapter:
    """One page that runs code."""

    book: Book
    name: str
    text: str

    @cached_property
    def notebook(self) -> NotebookNode:
        """The chapter as a notebook without outputs, read as the build reads it."""
        extensions = self.book.config.get("parse", {}).get("myst_enable_extensions", [])
        notebook: NotebookNode = read_myst_markdown_notebook(
            self.text,
            config=MdParserConfig(enable_extensions=set(extensions)),
            add_source_map=True,
            path=self.book.source(self.name),
        )
        # A cell's random id would make every build's download differ.
        for index, cell in enumerate(notebook.cells):
            cell["id"] = f"cell-{index}"
        return notebook

    @property
    def code_cells(self) -> list[NotebookNode]:
        """The cells that are run."""
        return code_cells(self.notebook)

    def line_of(self, index: int) -> int:
        """Return the line of the chapter's source on which a cell's code starts."""
        first = int(self.notebook.metadata["source_map"][index]) + 1
        lines = self.text.splitlines()[first - 1 :]
        code = self.notebook.cells[index].source.splitlines()[:1]
        offset = next((i for i, line in enumerate(lines) if [line] == code), 0)
        return first + offset

    @property
    def inputs(self) -> list[Path]:
        """The files that the chapter says it reads (``inputs`` in its front matter)."""
        folder = self.book.source(self.name).parent
        patterns = self.notebook.metadata.get("inputs", [])
        found: list[Path] = []
        for pattern in patterns:
            matches = [path for path in folder.glob(pattern) if path.is_file()]
            if not matches:
                raise BuildError(
                    f"{self.name}.md declares the input {pattern!r}, "
                    f"but no file in {folder} matches it"
                )
            found += matches
        return found

    def stored(self) -> NotebookNode | None:
        """Return the executed notebook of an earlier build, if it can be read."""
        try:
            notebook: NotebookNode = nbformat.read(
                self.book.executed(self.name), as_version=4
            )
        except (OSError, ValueError, KeyError, AttributeError, ValidationError):
            return None  # not there, or not whole
        return notebook


def code_cells(notebook: NotebookNode) -> list[NotebookNode]:
    """Return the code cells of a notebook."""
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def parse_cell(source: str) -> ast.Module:
    """Parse a cell as Python, without the lines that are commands to IPython.

    Raises
    ------
    SyntaxError
        If what is left is not Python.
    """
    lines = [
        "" if line.lstrip().startswith(("%", "!")) else line
        for line in source.splitlines()
    ]
    return ast.parse("\n".join(lines))


def _names(entry: dict[str, Any]) -> Iterator[str]:
    for key in ("root", "file"):
        if key in entry:
            yield str(entry[key]).removesuffix(".md")
    for key in ("parts", "chapters", "sections"):
        for child in entry.get(key) or []:
            yield from _names(child)
