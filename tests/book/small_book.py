"""A book of a few pages in a folder of its own, built with chosen extensions."""

from __future__ import annotations

import io
import sys
from typing import TYPE_CHECKING, Any

from bs4 import BeautifulSoup
from sphinx.application import Sphinx
from sphinx.util.docutils import docutils_namespace

from tools.files import ROOT

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

HEAD = """---
file_format: mystnb
kernelspec: {name: python3, display_name: Python 3, language: python}
language_info: {name: python, pygments_lexer: ipython3}
---
"""
MYST = ["colon_fence", "dollarmath", "amsmath"]


def build(
    folder: Path,
    pages: Mapping[str, str],
    extensions: Sequence[str],
    **settings: Any,
) -> tuple[dict[str, BeautifulSoup], str]:
    """Write and build pages, the first one the root; return them and the warnings."""
    for name, text in pages.items():
        (folder / f"{name}.md").write_text(text, encoding="utf-8")
    sys.path.insert(0, str(ROOT / "book" / "_ext"))
    warnings = io.StringIO()
    settings = {
        "extensions": list(extensions),
        "root_doc": next(iter(pages)),
        # Extensions add to this, and would to the default of all later books too.
        "source_suffix": {".rst": "restructuredtext"},
        "myst_enable_extensions": MYST,
        "numfig": True,
        "html_theme": "basic",
        "nitpicky": True,
        **({"nb_execution_mode": "off"} if "myst_nb" in extensions else {}),
        **settings,
    }
    try:
        with docutils_namespace():
            app = Sphinx(
                folder,
                None,
                folder / "out",
                folder / "doctrees",
                "html",
                confoverrides=settings,
                status=None,
                warning=warnings,
                freshenv=True,
            )
            app.build()
    finally:
        sys.path.remove(str(ROOT / "book" / "_ext"))
    made = {
        name: BeautifulSoup(
            (folder / f"out/{name}.html").read_text(encoding="utf-8"), "html.parser"
        )
        for name in pages
    }
    return made, warnings.getvalue()
