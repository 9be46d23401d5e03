"""Offer each chapter's executed notebook, outputs included, for download.

The theme shows a .ipynb entry in its download menu when ``ipynb_source`` names a file
under ``_sources``. The executed notebooks were written by ``tools/build.py``.
"""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util import logging

logger = logging.getLogger(__name__)


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
    if not source.is_file():
        logger.warning("no executed notebook at %s", source, location=pagename)
        return
    target = Path(app.outdir, "_sources", f"{pagename}.ipynb")
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(source, target)
    context["ipynb_source"] = f"{pagename}.ipynb"


def _is_notebook(app: Sphinx, docname: str) -> bool:
    return docname in app.env.found_docs and bool(
        app.env.metadata.get(docname, {}).get("kernelspec")
    )


def setup(app: Sphinx) -> dict[str, Any]:
    """Run before the theme, which fills its download menu at priority 501."""
    app.add_config_value("ce_executed", "_build/executed", "html", [str])
    app.connect("html-page-context", _offer, priority=400)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
