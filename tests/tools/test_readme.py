"""What the README and `make help` promise is there."""

from __future__ import annotations

import re
import subprocess

import pytest

from tools.files import ROOT

README = (ROOT / "README.md").read_text(encoding="utf-8")
TARGETS = {"book", "test", "serve", "jupyter", "lint", "bench", "clean"}


def make(*arguments: str) -> str:
    return subprocess.run(
        ["make", "--no-print-directory", *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout


def test_help_has_one_line_for_each_target() -> None:
    lines = [line.split(maxsplit=1) for line in make("help").splitlines()]
    assert all(len(line) == 2 for line in lines)
    assert {name for name, _ in lines} >= TARGETS


@pytest.mark.parametrize("target", sorted(set(re.findall(r"`?make (\w+)", README))))
def test_each_command_of_the_readme_exists(target: str) -> None:
    make("-n", target)


@pytest.mark.parametrize("link", re.findall(r"\]\(([^)#]+)\)", README))
def test_each_link_of_the_readme_leads_somewhere(link: str) -> None:
    assert (ROOT / link).exists()


def test_the_example_runs(capsys: pytest.CaptureFixture[str]) -> None:
    (example,) = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
    exec(compile(example, "README.md", "exec"), {})
    assert capsys.readouterr().out.splitlines() == [
        "[[0.2312239  0.62853172 0.14024438]]",
        "0.4643687841079449 [[ 0.2312239  -0.37146828  0.14024438]]",
    ]


@pytest.mark.parametrize("folder", re.findall(r"^\| `([\w/]+)`", README, re.MULTILINE))
def test_each_folder_of_the_layout_exists(folder: str) -> None:
    assert (ROOT / folder).is_dir()
