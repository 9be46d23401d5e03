"""Source code as a reader gets it: the stub of an exercise, and its solution.

Both are taken from the functions that the tests run. Type annotations are left out.
"""

from __future__ import annotations

import ast
import inspect
import re
import textwrap

from crossentropy.exercises._model import Answer, Exercise


def stub(exercise: Exercise) -> str:
    """Return what the reader starts with."""
    if exercise.is_value:
        return f"{exercise.name} = ...  # a number"
    if exercise.given is not None:
        return _renamed(plain(exercise.given), exercise.name)
    source = plain(exercise.reference)
    lines = source.splitlines()
    function = _definition(source)
    docstring = function.body[0]
    assert docstring.end_lineno is not None
    return "\n".join([*lines[: docstring.end_lineno], "    ..."])


def solution(exercise: Exercise) -> str:
    """Return the reference's source."""
    source = plain(exercise.reference)
    if not exercise.is_value:
        return source
    function = _definition(source)
    last = function.body[-1]
    assert isinstance(last, ast.Return)
    assert last.value is not None
    return f"{exercise.name} = {ast.unparse(last.value)}"


def plain(function: Answer) -> str:
    """Return a function's source without annotations, comments kept."""
    source = textwrap.dedent(inspect.getsource(function)).rstrip()
    definition = _definition(source)
    lines = source.splitlines()
    cuts: list[tuple[int, int, int]] = []  # line, from, to
    for argument in definition.args.args:
        if argument.annotation is not None:
            start = argument.col_offset + len(argument.arg)
            end = argument.annotation.end_col_offset
            assert end is not None
            cuts.append((argument.lineno - 1, start, end))
    for line, start, end in reversed(cuts):
        lines[line] = lines[line][:start] + lines[line][end:]
    body = definition.body[0].lineno - 1
    head = re.sub(r"\)\s*->.*:$", "):", "\n".join(lines[:body]))
    head = _on_one_line(head)
    return "\n".join([head, *lines[body:]])


def _on_one_line(head: str) -> str:
    joined = re.sub(r",?\s*\n\s*(?=\))|(?<=\()\s*\n\s*", "", head)
    joined = re.sub(r",\s*\n\s*", ", ", joined)
    return joined if len(joined) <= 88 else head


def _renamed(source: str, name: str) -> str:
    return re.sub(r"^def \w+", f"def {name}", source, count=1)


def _definition(source: str) -> ast.FunctionDef:
    definition = ast.parse(source).body[0]
    assert isinstance(definition, ast.FunctionDef)
    return definition
