"""The environment's maker says in one line what is wrong and how to mend it."""

from __future__ import annotations

import ast
import os
import stat
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from tools import bootstrap
from tools.files import ROOT

if TYPE_CHECKING:
    from pathlib import Path

SOURCE = ROOT / "tools" / "bootstrap.py"


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Let the bootstrap work in an empty checkout."""
    for name in bootstrap.INPUTS:
        (tmp_path / name).write_text("six==1.17.0\n", encoding="utf-8")
    monkeypatch.setattr(bootstrap, "ROOT", str(tmp_path))
    monkeypatch.setattr(bootstrap, "VENV", str(tmp_path / ".venv"))
    monkeypatch.setattr(bootstrap, "STAMP", str(tmp_path / ".venv" / ".installed"))
    return tmp_path


def program(folder: Path, name: str, script: str) -> Path:
    """Write a program that stands in for a Python."""
    path = folder / name
    path.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return path


def told(capsys: pytest.CaptureFixture[str]) -> str:
    """Return the one line that was said on stderr."""
    words = capsys.readouterr().err
    assert words.startswith("error: ")
    assert words.count("\n") == 1
    return words


def test_an_old_python_can_read_it() -> None:
    source = SOURCE.read_text(encoding="utf-8")
    tree = ast.parse(source, feature_version=(3, 6))
    imported = {
        name.split(".")[0]
        for node in ast.walk(tree)
        for name in (
            [alias.name for alias in node.names]
            if isinstance(node, ast.Import)
            else [node.module or ""]
            if isinstance(node, ast.ImportFrom)
            else []
        )
    }
    assert imported <= sys.stdlib_module_names
    assert not any(isinstance(node, ast.JoinedStr) for node in ast.walk(tree))


@pytest.mark.parametrize(
    ("script", "reason"),
    [
        ('echo "3 8"', "is Python 3.8; install one, or name it: make PYTHON="),
        ("exit 1", "no working Python was found"),
        (
            'case "$2" in *ensurepip*) exit 1;; esac; echo "3 12"',
            "has no venv module; install it (Debian and Ubuntu: apt-get install",
        ),
    ],
)
def test_a_python_that_will_not_do(
    checkout: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    script: str,
    reason: str,
) -> None:
    program(checkout, "python3", script)
    monkeypatch.setenv("PATH", str(checkout) + ":/bin:/usr/bin")
    monkeypatch.setattr(bootstrap, "NAMES", ("python3",))
    monkeypatch.delenv("PYTHON", raising=False)
    assert bootstrap.main() == 1
    assert reason in told(capsys)
    assert not (checkout / ".venv").exists()


def test_a_broken_python_is_passed_over(
    checkout: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program(checkout, "python3.11", "echo 'not installed here' >&2; exit 127")
    good = program(checkout, "python3.12", 'echo "3 12"')
    monkeypatch.setenv("PATH", str(checkout))
    monkeypatch.delenv("PYTHON", raising=False)
    assert bootstrap.find_python() == str(good)


def test_the_python_that_is_asked_for(
    checkout: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    chosen = program(checkout, "mine", 'echo "3 13"')
    monkeypatch.setenv("PYTHON", str(chosen))
    assert bootstrap.find_python() == str(chosen)


def environment(checkout: Path, pip: str) -> None:
    """Make an environment whose pip answers with a script."""
    (checkout / ".venv" / "bin").mkdir(parents=True, exist_ok=True)
    version = 'case "$*" in *version_info*) echo "3 12"; exit;; *--version) exit;; esac'
    program(checkout / ".venv" / "bin", "python", f"{version}\n{pip}")


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (
            "NewConnectionError: [Errno -3] Temporary failure in name resolution",
            "error: no network: pip could not reach the package index; connect",
        ),
        ("OSError: [Errno 28] No space left on device", "error: no disk space"),
        (
            "ERROR: No matching distribution found for six==9",
            "error: pip failed: No matching distribution found for six==9",
        ),
    ],
)
def test_a_failing_pip(
    checkout: Path, capsys: pytest.CaptureFixture[str], words: str, reason: str
) -> None:
    environment(checkout, f"echo '{words}'; exit 1")
    assert bootstrap.main() == 1
    assert told(capsys).startswith(reason)
    assert not (checkout / ".venv" / ".installed").exists()
    assert words in (checkout / ".venv" / "install.log").read_text(encoding="utf-8")


def test_it_installs_once_and_again_when_the_requirements_change(
    checkout: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    calls = checkout / "calls"
    environment(checkout, f'echo "$*" >> {calls}; echo Collecting six')
    for _ in range(3):
        assert bootstrap.main() == 0
    (call,) = calls.read_text(encoding="utf-8").splitlines()
    assert call.endswith("-r requirements.txt -e .")
    assert "Installing 2 packages ..." in capsys.readouterr().out

    (checkout / "constraints.txt").write_text("six==1.16.0\n", encoding="utf-8")
    assert bootstrap.main() == 0
    assert len(calls.read_text(encoding="utf-8").splitlines()) == 2


def test_an_interrupted_change_is_not_taken_for_done(checkout: Path) -> None:
    environment(checkout, "exit 0")
    assert bootstrap.main() == 0
    original = (checkout / "constraints.txt").read_text(encoding="utf-8")
    (checkout / "constraints.txt").write_text("six==1.16.0\n", encoding="utf-8")
    environment(checkout, "exit 1")
    assert bootstrap.main() == 1
    # Back to the first list: the environment may hold half of the second.
    (checkout / "constraints.txt").write_text(original, encoding="utf-8")
    assert bootstrap.main() == 1


def test_no_room_is_said_before_anything_is_written(
    checkout: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(bootstrap, "NEEDED_GB", 1e9)
    assert bootstrap.main() == 1
    words = told(capsys)
    assert "needs about 1000000000 GB" in words
    assert f"{checkout} has " in words
    assert not (checkout / ".venv").exists()


def test_large_downloads_and_steps_are_shown(
    capsys: pytest.CaptureFixture[str],
) -> None:
    for line, seen in [
        ("Collecting six", 10),
        ("Collecting numpy", 11),
        ("Downloading https://a.b/torch-2.13.0-cp311.whl.metadata (29 kB)", 11),
        ("Downloading https://a.b/torch-2.13.0-cp311.whl (187.3 MB)", 11),
        ("Installing collected packages: six, numpy", 11),
    ]:
        bootstrap.show_progress(line, seen, 150)
    assert capsys.readouterr().out.splitlines() == [
        "   10 of 150 found",
        "  downloading torch (187.3 MB)",
        "  unpacking them: a minute or two without a word ...",
    ]


def test_make_passes_over_a_python_that_does_not_run(tmp_path: Path) -> None:
    program(tmp_path, "python3", "exit 127")
    environment = {**os.environ, "PATH": f"{tmp_path}:/bin:/usr/bin"}
    out = subprocess.run(
        ["make", "--no-print-directory", "-n", "venv"],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    assert "tools/bootstrap.py" in out.stdout
