"""Stubs and solutions are cut from the code that runs."""

from __future__ import annotations

import ast
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from crossentropy.exercises import _source
from crossentropy.exercises._registry import EXERCISES
from crossentropy.exercises._values import Array

each = pytest.mark.parametrize("exercise", EXERCISES.values(), ids=EXERCISES)


def sample(f: Callable[[Array], float], z: Array, scale: float) -> tuple[float, Array]:
    """Return something."""
    # a comment stays
    x: float = f(z) * scale  # and this one
    return x, z


def test_annotations_go_and_comments_stay() -> None:
    assert _source.plain(sample).splitlines() == [
        "def sample(f, z, scale):",
        '    """Return something."""',
        "    # a comment stays",
        "    x: float = f(z) * scale  # and this one",
        "    return x, z",
    ]


@each
def test_a_stub_has_the_name_and_the_parameters_of_the_solution(exercise: Any) -> None:
    stub, solution = (
        ast.parse(text).body[0]
        for text in (_source.stub(exercise), _source.solution(exercise))
    )
    assert type(stub) is type(solution)
    if isinstance(stub, ast.FunctionDef) and isinstance(solution, ast.FunctionDef):
        assert stub.name == solution.name == exercise.name
        assert ast.unparse(stub.args) == ast.unparse(solution.args)
        assert ast.get_docstring(stub) == ast.get_docstring(solution)
        arguments = [argument.arg for argument in solution.args.args]
        for case in exercise.cases:
            assert len(case.arguments) == len(arguments)


@each
def test_a_solution_runs_on_its_own_and_gives_the_same(exercise: Any) -> None:
    import math

    namespace: dict[str, Any] = {"np": np, "math": math}
    exec(_source.solution(exercise), namespace)
    made = namespace[exercise.name]
    if exercise.is_value:
        assert made == exercise.reference()
        return
    for says, outcome in exercise.outcomes_of(made).items():
        for ours, theirs in zip(
            outcome.arrays, exercise.expected[says].arrays, strict=True
        ):
            np.testing.assert_array_equal(ours, theirs)


@each
def test_what_a_reader_sees_is_free_of_annotations(exercise: Any) -> None:
    for text in (_source.stub(exercise), _source.solution(exercise)):
        assert "Array" not in text
        assert "->" not in text
        assert all(len(line) <= 80 for line in text.splitlines())
