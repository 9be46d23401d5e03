"""Exercise notebooks, made from the exercises: they can't drift from the checks."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from crossentropy.exercises import _source
from crossentropy.exercises._model import Exercise
from crossentropy.exercises._registry import GROUPS, Group
from crossentropy.exercises._sections import section

_SETUP = "import numpy as np\n\nfrom crossentropy.exercises import check, hint"
_INTRO = """\
Each exercise has a cell to fill in and a cell that checks it. Run both. The check says
that the answer is right; or which property fails, with a small example; or, if the
answer is a known wrong idea, its name and where to read about it. `hint("{name}")`
gives a hint.

This needs the book's package, `crossentropy`, in the notebook's Python."""


class RefusedError(Exception):
    """Nothing was written; the text says why."""


def notebook(
    group: Group, *, solutions: bool = False, folder: Path | None = None
) -> dict[str, Any]:
    """Return the notebook of a group of exercises.

    Parameters
    ----------
    group
        One of the registry's groups.
    solutions
        Whether the cells to fill in are filled in.
    folder
        Where it will lie, so that its links lead to the chapters; None for words alone.

    Returns
    -------
    dict
        In nbformat 4.5, as `json.dump` takes it.

    Examples
    --------
    >>> made = notebook(GROUPS[0])
    >>> made["cells"][3]["source"].splitlines()[0]
    'def surprisal(q):'
    """
    first = group.exercises[0].name
    cells = [
        _cell("intro", f"# Exercises: {group.title}\n\n{_INTRO.format(name=first)}"),
        _cell("setup", _SETUP, code=True),
    ]
    for exercise in group.exercises:
        cells += _cells(exercise, solutions, folder)
    return {
        "cells": cells,
        "metadata": {
            "kernelspec": {
                "display_name": "Python 3",
                "language": "python",
                "name": "python3",
            },
            "language_info": {"name": "python"},
        },
        "nbformat": 4,
        "nbformat_minor": 5,
    }


def _cells(
    exercise: Exercise, solutions: bool, folder: Path | None
) -> list[dict[str, Any]]:
    name = exercise.name
    place = section(exercise.section)
    where = place.words if folder is None else place.markdown(folder)
    text = f"## {exercise.title}\n\n{exercise.task.strip()}\n\nRead {where}."
    code = _source.solution(exercise) if solutions else _source.stub(exercise)
    if solutions and "math." in code:
        code = f"import math\n\n{code}"
    return [
        _cell(f"{name}-task", text),
        _cell(f"{name}-answer", code, code=True),
        _cell(f"{name}-check", f'check("{name}", {name})', code=True),
    ]


def _cell(key: str, source: str, *, code: bool = False) -> dict[str, Any]:
    cell: dict[str, Any] = {
        "cell_type": "code" if code else "markdown",
        "id": key.replace("_", "-"),
        "metadata": {},
        "source": source,
    }
    if code:
        cell |= {"execution_count": None, "outputs": []}
    return cell


def file_name(group: Group) -> str:
    """Return the name of a group's notebook.

    Examples
    --------
    >>> file_name(GROUPS[0])
    '1-information.ipynb'
    """
    return f"{GROUPS.index(group) + 1}-{group.name}.ipynb"


def text_of(made: dict[str, Any]) -> str:
    """Return a notebook as the text of its file."""
    return json.dumps(made, indent=1, ensure_ascii=False) + "\n"


def write(folder: Path, *, solutions: bool = False) -> list[Path]:
    """Write all notebooks into a folder, or none.

    Parameters
    ----------
    folder
        Made if it is not there.
    solutions
        Whether the cells to fill in are filled in.

    Returns
    -------
    list of Path
        The files that were written. One that is there with the same content is left.

    Raises
    ------
    RefusedError
        If a file of that name is there with other content, such as a reader's answers,
        or something can't be written. Nothing is overwritten.
    """
    files = {
        folder / file_name(group): text_of(
            notebook(group, solutions=solutions, folder=folder)
        )
        for group in GROUPS
    }
    try:
        new = {path: text for path, text in files.items() if not _is_there(path, text)}
        folder.mkdir(parents=True, exist_ok=True)
        for path, text in new.items():
            _write(path, text)
    except OSError as error:
        raise RefusedError(f"{error.filename or folder}: {error.strerror}") from error
    return list(new)


def _is_there(path: Path, text: str) -> bool:
    """Tell whether a file is there with this text; with another one, refuse."""
    if not (path.exists() or path.is_symlink()):
        return False
    if path.is_file() and path.read_bytes() == text.encode():
        return True
    raise RefusedError(
        f"{path} is there already and may hold answers: nothing was written; "
        "move it away, or name another folder with --out"
    )


def _write(path: Path, text: str) -> None:
    """Write a file beside and rename it: it is whole or not there."""
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        beside.write_text(text, encoding="utf-8")
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)
