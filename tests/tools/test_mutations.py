"""The faults that are planted: each one a change, each one taken back."""

from __future__ import annotations

import ast

import pytest

from tools.mutations import mutations

SOURCE = '''
"""A docstring is left alone."""
import math
Number = float
def f(x: int, *, sign=-1) -> int:
    """So is this one."""
    if x < 0 and sign:
        raise ValueError(f"x: {x + 1}")
    g(x, key=3)
    x[0] += 2
    return math.log1p(x) if x else "word"
'''


def planted(source: str) -> list[tuple[str, str]]:
    """What each fault is called, and the text that it makes."""
    tree = ast.parse(source)
    return [(m.what, ast.unparse(m.planted(tree))) for m in mutations(tree)]


def test_each_fault_changes_the_text_and_is_taken_back():
    tree = ast.parse(SOURCE)
    sound = ast.unparse(tree)
    texts = [ast.unparse(m.planted(tree)) for m in mutations(tree)]
    assert ast.unparse(tree) == sound
    assert sound not in texts
    assert len(set(texts)) == len(texts) > 15


@pytest.mark.parametrize(
    ("source", "what", "result"),
    [
        ("a + b", "Add to Sub", "a - b"),
        ("a <= b", "LtE to Lt", "a < b"),
        ("a is not b", "IsNot to Is", "a is b"),
        ("a and b", "to Or", "a or b"),
        ("-a", "without USub", "a"),
        ("f(a, k=1)", "without k=", "f(a)"),
        ("f(k=1, j=2)", "without k=", "f(j=2)"),
        ("x = 3", "3 to 4", "x = 4"),
        ("x = 3", "3 to 2", "x = 2"),
        ("x = 0.5", "0.5 to 2.0", "x = 2.0"),
        ("x = True", "True to False", "x = False"),
        ("x = 'mean'", "'mean' to 'mean?'", "x = 'mean?'"),
        ("np.log1p(x)", "log1p to log", "np.log(x)"),
        ("x[0] = a", "without the statement", "pass"),
        ("x *= a", "without the statement", "pass"),
        ("x = a if b else c", "branches swapped", "x = c if b else a"),
        ("while a:\n    b()", "if not", "while not a:\n    b()"),
    ],
)
def test_the_kinds_of_fault(source, what, result):
    assert (what, result) in planted(source)


@pytest.mark.parametrize(
    "source",
    [
        "'a docstring'",
        "import a.b",
        "from a import b",
        "__all__ = ['a', 'b']",
        "Alias = A[B]",
        "raise ValueError(1 + 2)",
        "if TYPE_CHECKING:\n    x = 1",
        "x = 'a message of words'",
        "def f(x: A[1]) -> B[2]:\n    pass",
    ],
)
def test_what_does_not_compute_is_left_alone(source):
    assert planted(source) == []
