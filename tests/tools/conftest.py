"""A tiny book of two chapters, built with the real tools."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tools.chapters import Book

if TYPE_CHECKING:
    from pathlib import Path

HEAD = """---
file_format: mystnb
kernelspec: {name: python3, display_name: Python 3}
---
"""
CONFIG = """
title: Tiny
exclude_patterns: [".*", _build, code]
execute: {execute_notebooks: cache, cache: _build/jupyter_cache, timeout: 60}
parse: {myst_enable_extensions: [colon_fence, dollarmath]}
sphinx: {config: {extensions: [myst_nb, jupyter_book, sphinx_external_toc,
  sphinx_book_theme, sphinx_togglebutton, sphinx_copybutton, sphinx_comments,
  sphinx_design]}}
"""


def chapter(*cells: str, text: str = "Text.", head: str = HEAD) -> str:
    """Return the source of a chapter with these cells."""
    code = "\n\n".join(f"```{{code-cell}} ipython3\n{cell}\n```" for cell in cells)
    return f"{head}\n# Title\n\n{text}\n\n{code}\n"


@pytest.fixture
def tiny(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Book:
    """Write a book whose first chapter calls `crossentropy.one`, its second none."""
    files = {
        "_config.yml": CONFIG,
        "_toc.yml": "format: jb-book\nroot: book/a\nchapters:\n- file: book/b\n",
        "requirements.txt": "numpy\n",
        "constraints.txt": "",
        "book/a.md": chapter("from crossentropy.one import value\nprint(value())"),
        "book/b.md": chapter("from crossentropy import two", "6 * 7"),
        "code/crossentropy/__init__.py": "",
        "code/crossentropy/one.py": "def value():\n    return 'first answer'\n",
        "code/crossentropy/two.py": "",
    }
    for name, text in files.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    # The chapters' kernels must find the tiny package, not the real one.
    monkeypatch.setenv("PYTHONPATH", str(tmp_path / "code"))
    return Book(tmp_path)
