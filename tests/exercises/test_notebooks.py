"""The exercise notebooks: valid, made from the exercises, and never overwriting."""

from __future__ import annotations

import errno
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import nbformat
import pytest

from crossentropy.exercises import __main__ as command
from crossentropy.exercises import names, notebooks
from crossentropy.exercises._registry import EXERCISES, GROUPS
from tools.files import ROOT

each_group = pytest.mark.parametrize("group", GROUPS, ids=lambda g: g.name)


def run(made: Any) -> dict[str, Any]:
    """Run the cells one after the other; return the value of each check's cell."""
    namespace: dict[str, Any] = {}
    values = {}
    for cell in made["cells"]:
        if cell["cell_type"] != "code":
            continue
        if cell["source"].startswith("check("):
            values[cell["id"]] = eval(cell["source"], namespace)
        else:
            exec(cell["source"], namespace)
    return values


@each_group
def test_with_the_solutions_every_check_says_right(group: Any) -> None:
    values = run(notebooks.notebook(group, solutions=True))
    assert [result.exercise for result in values.values()] == [
        exercise.name for exercise in group.exercises
    ]
    assert all(values.values()), values


@each_group
def test_without_answers_no_check_says_right(group: Any) -> None:
    values = run(notebooks.notebook(group))
    assert len(values) == len(group.exercises)
    assert not any(values.values())


@each_group
@pytest.mark.parametrize("solutions", [False, True])
def test_a_notebook_is_valid_and_holds_each_task(group: Any, solutions: bool) -> None:
    made = nbformat.reads(
        notebooks.text_of(notebooks.notebook(group, solutions=solutions)), as_version=4
    )
    nbformat.validate(made)
    text = "\n".join(cell.source for cell in made.cells if cell.cell_type == "markdown")
    for exercise in group.exercises:
        assert f"## {exercise.title}\n\n{exercise.task.strip()}" in text
    assert "{ref}" not in text
    assert (group.exercises[0].reference.__name__ in text) or solutions is not None
    assert not any(cell.get("outputs") for cell in made.cells)


def test_all_notebooks_together_hold_every_exercise_once(tmp_path: Path) -> None:
    written = notebooks.write(tmp_path / "new" / "folder")
    assert [path.name for path in written] == [notebooks.file_name(g) for g in GROUPS]
    assert sorted(path.name for path in written) == [path.name for path in written]
    found = [
        cell.source.split('"')[1]
        for path in written
        for cell in nbformat.read(path, as_version=4).cells
        if cell.source.startswith("check(")
    ]
    assert tuple(found) == names() == tuple(EXERCISES)


def test_links_lead_from_the_notebooks_folder_to_the_chapters(tmp_path: Path) -> None:
    path = notebooks.write(tmp_path)[0]
    text = json.loads(path.read_text(encoding="utf-8"))["cells"][2]["source"]
    link = text.rpartition("](")[2].partition("#")[0]
    assert (tmp_path / link).resolve() == ROOT / "book" / "information.md"


def content(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def main(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    code = command.main(arguments)
    said = capsys.readouterr()
    return code, said.out, said.err


def test_a_second_run_leaves_everything_as_it_is(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(capsys, "--out", str(tmp_path))[0] == 0
    before = content(tmp_path)
    code, out, err = main(capsys, "--out", str(tmp_path))
    assert (code, err) == (0, "")
    assert out == f"the notebooks in {tmp_path} are there already\n"
    assert content(tmp_path) == before


def test_what_a_reader_has_changed_is_not_overwritten_and_nothing_is_written(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    mine = tmp_path / notebooks.file_name(GROUPS[2])
    mine.write_text("my answers", encoding="utf-8")
    code, out, err = main(capsys, "--out", str(tmp_path), "--solutions")
    assert (code, out) == (2, "")
    assert err.count("\n") == 1
    assert err.startswith(f"error: {mine} is there already")
    assert content(tmp_path) == {mine.name: b"my answers"}


@pytest.mark.parametrize("kind", ["folder", "link"])
def test_nor_is_anything_else_of_that_name(
    kind: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    there = tmp_path / notebooks.file_name(GROUPS[0])
    there.mkdir() if kind == "folder" else there.symlink_to(tmp_path / "nowhere")
    code, _, err = main(capsys, "--out", str(tmp_path))
    assert code == 2
    assert str(there) in err
    assert [path.name for path in tmp_path.iterdir()] == [there.name]


def test_solutions_are_not_taken_for_the_stubs(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(capsys, "--out", str(tmp_path), "--solutions")[0] == 0
    assert main(capsys, "--out", str(tmp_path))[0] == 2


def test_a_full_disk_leaves_no_half_of_a_file(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    write_text = Path.write_text
    left = [2]

    def full(self: Path, text: str, **how: Any) -> int:
        left[0] -= 1
        if left[0] < 0:
            write_text(self, text[:100], **how)
            raise OSError(errno.ENOSPC, "No space left on device", str(self))
        return write_text(self, text, **how)

    monkeypatch.setattr(Path, "write_text", full)
    code, _, err = main(capsys, "--out", str(tmp_path))
    assert code == 2
    assert err.count("\n") == 1
    assert "No space left on device" in err
    monkeypatch.undo()
    assert len(content(tmp_path)) == 2
    assert all(json.loads(text) for text in content(tmp_path).values())
    assert main(capsys, "--out", str(tmp_path))[:2] == (
        0,
        f"{len(GROUPS) - 2} notebooks in {tmp_path}\n",
    )


def test_a_folder_that_cannot_be_made_is_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "file"
    file.touch()
    for out in (file, file / "inside"):
        code, _, err = main(capsys, "--out", str(out))
        assert code == 2
        assert err.startswith("error: ")
        assert err.count("\n") == 1


def test_as_a_newcomer_types_it(tmp_path: Path) -> None:
    line = [sys.executable, "-m", "crossentropy.exercises"]
    done = subprocess.run(line, cwd=tmp_path, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == f"{len(GROUPS)} notebooks in exercises\n"
    assert len(list((tmp_path / "exercises").iterdir())) == len(GROUPS)
    helped = subprocess.run([*line, "--help"], capture_output=True, text=True)
    assert "--out FOLDER" in helped.stdout
    assert "examples:" in helped.stdout
    wrong = subprocess.run([*line, "--ot"], capture_output=True, text=True)
    assert wrong.returncode == 2
