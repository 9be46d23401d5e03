"""Binder's environment is the book's own, and its buttons are off until turned on."""

from __future__ import annotations

import json
import os
import subprocess
from typing import TYPE_CHECKING

import yaml

from tools import lab
from tools.bootstrap import OLDEST
from tools.files import ROOT

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

BINDER = ROOT / "binder"


def test_binder_installs_the_books_requirements() -> None:
    lines = (BINDER / "requirements.txt").read_text(encoding="utf-8").splitlines()
    (line,) = [line for line in lines if not line.startswith("#")]
    option, name = line.split()
    assert option == "-r"
    assert (BINDER / name).resolve() == ROOT / "requirements.txt"


def test_binder_runs_a_python_that_is_promised() -> None:
    runtime = (BINDER / "runtime.txt").read_text(encoding="utf-8").strip()
    assert runtime == "python-{}.{}".format(*OLDEST)


def test_what_binder_runs_last_can_run() -> None:
    script = BINDER / "postBuild"
    assert os.access(script, os.X_OK)
    subprocess.run(["bash", "-n", script], check=True)
    assert "python -m tools.lab --settings" in script.read_text(encoding="utf-8")


def test_the_settings_alone_start_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lab.sys, "prefix", str(tmp_path))
    monkeypatch.setattr(lab.os, "execv", lambda *_: 1 / 0)
    lab.main(["--settings"])
    written = json.loads(lab.settings_file().read_text(encoding="utf-8"))
    assert written == lab.SETTINGS


def test_the_launch_buttons_are_off_and_can_be_turned_on() -> None:
    text = (ROOT / "_config.yml").read_text(encoding="utf-8")
    options = yaml.safe_load(text)["sphinx"]["config"]["html_theme_options"]
    assert "launch_buttons" not in options
    assert options["use_repository_button"] is False
    # The same file with the marks taken off.
    before, mark, after = text.partition("      # repository_url:")
    lines = f"{mark}{after}".splitlines()
    on = [line.replace("      # ", "      ", 1) for line in lines]
    options = yaml.safe_load(before + "\n".join(on))["sphinx"]["config"][
        "html_theme_options"
    ]
    assert options["launch_buttons"]["binderhub_url"] == "https://mybinder.org"
    assert options["use_repository_button"] is True
