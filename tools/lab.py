"""Open the chapters in JupyterLab as notebooks: ``python -m tools.lab [chapter]``.

The setting that makes a Markdown file open as a notebook is kept in this project's
environment, not in the reader's home.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from pathlib import Path

from jupytext_config.labconfig import LabConfig

from tools.files import ROOT


def settings_file() -> Path:
    """Return where JupyterLab looks for this environment's own defaults."""
    return Path(sys.prefix, "etc/jupyter/labconfig/default_setting_overrides.json")


def open_markdown_as_notebooks(path: Path) -> None:
    """Make a double click on a chapter open it as a notebook."""
    path.parent.mkdir(parents=True, exist_ok=True)
    LabConfig(settings_file=path).read().set_default_viewers().write()


def command(chapter: str, more: Sequence[str] = ()) -> list[str]:
    """Return the command that opens JupyterLab with one chapter."""
    start = f"--LabApp.default_url=/lab/tree/{chapter}"
    return [sys.executable, "-m", "jupyterlab", start, *more]


def main(arguments: Sequence[str]) -> None:
    """Start JupyterLab in the checkout and hand this process over to it."""
    chapter = "book/welcome.md"
    if arguments and not arguments[0].startswith("-"):
        chapter, *arguments = arguments
    open_markdown_as_notebooks(settings_file())
    os.chdir(ROOT)
    os.execv(sys.executable, command(chapter, arguments))


if __name__ == "__main__":
    main(sys.argv[1:])
