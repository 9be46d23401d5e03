"""Open the chapters in JupyterLab as notebooks: ``python -m tools.lab [chapter]``.

``--settings`` stops after the settings, for a JupyterLab that somebody else starts.

The setting that makes a Markdown file open as a notebook is kept in this project's
environment, not in the reader's home.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from tools.files import ROOT, write_atomically

SETTINGS = {
    "@jupyterlab/docmanager-extension:plugin": {
        "defaultViewers": {"markdown": "Jupytext Notebook", "myst": "Jupytext Notebook"}
    },
    # The book works without a network; so does its workbench.
    "@jupyterlab/apputils-extension:notification": {
        "checkForUpdates": False,
        "fetchNews": "false",
    },
}


def settings_file() -> Path:
    """Return where JupyterLab looks for this environment's own defaults."""
    return Path(sys.prefix, "etc/jupyter/labconfig/default_setting_overrides.json")


def command(chapter: str, more: Sequence[str] = ()) -> list[str]:
    """Return the command that opens JupyterLab with one chapter."""
    start = f"--LabApp.default_url=/lab/tree/{chapter}"
    # In a container the reader is root, and JupyterLab would refuse to start.
    root = ["--allow-root"] if os.geteuid() == 0 else []
    return [sys.executable, "-m", "jupyterlab", start, *root, *more]


def main(arguments: Sequence[str]) -> None:
    """Start JupyterLab in the checkout and hand this process over to it."""
    chapter = "book/welcome.md"
    if arguments and not arguments[0].startswith("-"):
        chapter, *arguments = arguments
    write_atomically(settings_file(), json.dumps(SETTINGS, indent=2))
    if list(arguments) == ["--settings"]:
        return
    os.chdir(ROOT)
    os.execv(sys.executable, command(chapter, arguments))


if __name__ == "__main__":
    main(sys.argv[1:])
