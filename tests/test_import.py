"""Importing the package needs NumPy, and nothing heavy besides."""

from __future__ import annotations

import inspect
import subprocess
import sys
from importlib.metadata import version

import crossentropy as ce


def imported(statement: str) -> set[str]:
    """Names of the modules that a fresh interpreter holds after a statement."""
    run = subprocess.run(
        [sys.executable, "-c", f"import sys; {statement}; print(*sys.modules)"],
        capture_output=True,
        text=True,
        check=True,
    )
    return set(run.stdout.split())


def test_import_pulls_in_nothing_but_numpy_and_its_own_few_modules():
    """Whatever is not NumPy's costs time, so it is listed here, module by module."""
    extra = imported("import crossentropy") - imported("import numpy")
    own = {name for name in extra if name.partition(".")[0] == "crossentropy"}
    allowed = {"numpy.typing", "numpy._typing._add_docstring"}
    allowed |= {"__future__", "copy", "dataclasses"}
    assert extra - own <= allowed
    for heavy in ("torch", "sympy", "matplotlib", "scipy", "concurrent.futures"):
        assert heavy not in extra


def test_every_public_name_is_documented_with_an_example():
    for name in ce.__all__:
        if inspect.isfunction(getattr(ce, name)):
            text = getattr(ce, name).__doc__
            assert "Examples\n" in text, name
            assert "Raises\n" in text, name
            assert "Parameters\n" in text, name


def test_the_version_is_the_one_that_is_installed():
    assert ce.__version__ == version("crossentropy")
