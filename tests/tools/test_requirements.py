"""Every package is pinned, installed as pinned, and fits the oldest Python promised."""

from __future__ import annotations

import tomllib
from importlib.metadata import distributions

from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name

from tools.bootstrap import OLDEST
from tools.files import ROOT

# Not ours to pin: this package, the environment's own tools, and what a build of
# torch for a GPU brings along.
FREE = ("crossentropy", "pip", "setuptools", "wheel", "nvidia-", "cuda-", "triton")


def pins() -> dict[str, Requirement]:
    found = {}
    for name in ("requirements.txt", "constraints.txt"):
        for line in (ROOT / name).read_text(encoding="utf-8").splitlines():
            text = line.split("#")[0].strip()
            if text and not text.startswith("-"):
                requirement = Requirement(text)
                found[canonicalize_name(requirement.name)] = requirement
    return found


PINS = pins()
INSTALLED = {canonicalize_name(d.metadata["Name"]): d for d in distributions()}


def test_every_pin_is_exact_and_installed() -> None:
    for name, requirement in PINS.items():
        (specifier,) = requirement.specifier
        assert specifier.operator == "==", name
        assert "*" not in specifier.version, name
        # A local version such as 2.13.0+cpu is the same release in another build.
        assert INSTALLED[name].version.split("+")[0] == specifier.version, name


def test_nothing_is_installed_without_a_pin() -> None:
    unpinned = [name for name in INSTALLED if name not in PINS]
    assert [name for name in unpinned if not name.startswith(FREE)] == []


def test_every_package_fits_the_oldest_python() -> None:
    for name, package in INSTALLED.items():
        wanted = SpecifierSet(package.metadata.get("Requires-Python") or "")
        assert wanted.contains("{}.{}.0".format(*OLDEST)), f"{name} needs {wanted}"


def test_one_python_is_promised_everywhere() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    assert project["project"]["requires-python"] == ">={}.{}".format(*OLDEST)
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert "Python {}.{} or newer".format(*OLDEST) in readme
