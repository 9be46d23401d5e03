"""Small faults to plant in a module: each a single change of one place of its code."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

BINARY: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Div,
    ast.Div: ast.Mult,
    ast.FloorDiv: ast.Mult,
    ast.Mod: ast.Mult,
    ast.Pow: ast.Mult,
    ast.BitAnd: ast.BitOr,
    ast.BitOr: ast.BitAnd,
    ast.LShift: ast.RShift,
    ast.MatMult: ast.Mult,
}
COMPARISON: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
}
NAMES = {
    "all": "any",
    "any": "all",
    "argmax": "argmin",
    "ceil": "floor",
    "exp": "expm1",
    "floor": "ceil",
    "log1p": "log",
    "max": "min",
    "maximum": "minimum",
    "min": "max",
    "minimum": "maximum",
    "sum": "mean",
    "zeros": "ones",
    "ones": "zeros",
}


@dataclass(frozen=True)
class Mutation:
    """One fault: a field of a node of the tree, and what is put there instead."""

    node: ast.AST
    field: str
    value: object
    line: int
    what: str

    def planted(self, tree: ast.Module) -> ast.Module:
        """A copy of the tree, by way of its text, with the fault in it."""
        sound = getattr(self.node, self.field)
        setattr(self.node, self.field, self.value)
        try:
            return ast.parse(ast.unparse(tree))
        finally:
            setattr(self.node, self.field, sound)


def mutations(tree: ast.Module) -> Iterator[Mutation]:
    """All faults of a module, in the order of its lines."""
    found = [
        mutation
        for parent, field, index, node in _places(tree)
        for mutation in _at(parent, field, index, node)
    ]
    yield from sorted(found, key=lambda mutation: mutation.line)


def _places(
    tree: ast.AST,
) -> Iterator[tuple[ast.AST, str, int | None, ast.AST]]:
    """Every node that runs, and where it hangs; no types, errors or imports."""
    for field, value in ast.iter_fields(tree):
        if field in ("annotation", "returns", "msg") or isinstance(tree, ast.Raise):
            continue
        items = value if isinstance(value, list) else [value]
        for number, node in enumerate(items):
            if not isinstance(node, ast.AST) or _is_idle(node):
                continue
            yield tree, field, number if isinstance(value, list) else None, node
            yield from _places(node)


def _is_idle(node: ast.AST) -> bool:
    """Whether a node is a docstring, an import, a type alias or __all__."""
    if isinstance(node, ast.Expr):
        return isinstance(node.value, ast.Constant)
    if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
        name = node.targets[0].id
        return name == "__all__" or (name[0].isupper() and not name.isupper())
    if isinstance(node, ast.If) and isinstance(node.test, ast.Name):
        return node.test.id == "TYPE_CHECKING"
    return isinstance(node, (ast.Import, ast.ImportFrom, ast.JoinedStr))


def _at(
    parent: ast.AST, field: str, index: int | None, node: ast.AST
) -> Iterator[Mutation]:
    """The faults that fit a node."""
    line = getattr(node, "lineno", getattr(parent, "lineno", 0))

    def put(new: ast.AST | None, what: str) -> Mutation:
        value: object = new
        if index is not None:  # one of a list: None leaves it out
            items = list(getattr(parent, field))
            items[index : index + 1] = [] if new is None else [new]
            value = items
        return Mutation(parent, field, value, line, what)

    if isinstance(node, ast.operator) and type(node) in BINARY:
        new = BINARY[type(node)]
        yield put(new(), f"{type(node).__name__} to {new.__name__}")
    elif isinstance(node, ast.cmpop):
        other = COMPARISON[type(node)]
        yield put(other(), f"{type(node).__name__} to {other.__name__}")
    elif isinstance(node, ast.boolop):
        swapped = ast.Or() if isinstance(node, ast.And) else ast.And()
        yield put(swapped, f"to {type(swapped).__name__}")
    elif isinstance(node, ast.UnaryOp):
        yield put(node.operand, f"without {type(node.op).__name__}")
    elif isinstance(node, ast.Constant):
        yield from (
            put(ast.Constant(v), f"{node.value!r} to {v!r}") for v in _values(node)
        )
    elif isinstance(node, ast.Attribute) and node.attr in NAMES:
        named = ast.Attribute(node.value, NAMES[node.attr], node.ctx)
        yield put(named, f"{node.attr} to {named.attr}")
    elif isinstance(node, ast.keyword) and node.arg is not None:
        yield put(None, f"without {node.arg}=")
    elif isinstance(node, (ast.If, ast.While)):
        yield Mutation(node, "test", ast.UnaryOp(ast.Not(), node.test), line, "if not")
    elif isinstance(node, ast.IfExp):
        yield put(ast.IfExp(node.test, node.orelse, node.body), "branches swapped")
    elif isinstance(node, (ast.Expr, ast.AugAssign)) or (
        isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Subscript)
    ):
        yield put(ast.Pass(), "without the statement")


def _values(node: ast.Constant) -> list[str | int | float]:
    """Other values for a constant."""
    value = node.value
    if isinstance(value, bool):
        return [not value]
    if isinstance(value, (int, float)):
        return [value + 1, value - 1] if isinstance(value, int) else [value * 2 + 1]
    if isinstance(value, str) and value and " " not in value:  # else a message
        return [value + "?"]
    return []
