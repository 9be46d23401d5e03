"""What a chapter's outputs depend on, as one hash.

Found without running anything: the code cells, the modules of the package that they
import (and those that these import in turn), the package's data, the pinned
requirements, the Python, and the files that the chapter says it reads.
"""

from __future__ import annotations

import ast
import hashlib
import json
import platform
from collections.abc import Iterator
from pathlib import Path

from tools.chapters import Book, Chapter, parse_cell
from tools.files import digest_files, tree

PACKAGE = "crossentropy"
_SELF = Path(__file__).resolve().parent


def fingerprint(chapter: Chapter) -> str:
    """Return the hash of everything that can change a chapter's outputs."""
    book = chapter.book
    files = [
        *modules_of(chapter),
        *chapter.inputs,
        *(book.root / name for name in ("requirements.txt", "constraints.txt")),
    ]
    parts = [
        platform.python_version(),
        json.dumps(
            [(cell.source, cell.metadata) for cell in chapter.code_cells],
            sort_keys=True,
        ),
        json.dumps(chapter.notebook.metadata.get("kernelspec", {}), sort_keys=True),
        digest_files((path for path in files if path.is_file()), book.root),
        digest_files([_SELF / "run_chapter.py"], _SELF),
    ]
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()


def modules_of(chapter: Chapter) -> set[Path]:
    """Return the package's files that a chapter's cells can reach."""
    package = chapter.book.package
    try:
        trees = [parse_cell(cell.source) for cell in chapter.code_cells]
    except SyntaxError:
        return set(tree(package))  # a cell that is not plain Python: assume the worst
    names = {name for module in trees for name in _imported(module, "")}
    reached = _reach(package, names)
    # A module may read the package's data in ways that its imports do not show.
    return reached | set(tree(package / "data")) if reached else reached


def _reach(package: Path, names: set[str]) -> set[Path]:
    waiting = {path for name in names for path in _files(package, name)}
    reached: set[Path] = set()
    while waiting:
        path = waiting.pop()
        reached.add(path)
        module = ast.parse(path.read_text(encoding="utf-8"), str(path))
        if _imports_dynamically(module):
            return set(tree(package))
        inside = path.parent.relative_to(package.parent).parts
        for name in _imported(module, ".".join(inside)):
            waiting |= set(_files(package, name)) - reached
    return reached


def _imported(module: ast.Module, package: str) -> Iterator[str]:
    """Yield the dotted names that a module imports, wherever in it they stand.

    ``from a import b`` yields ``a.b``, because ``b`` may be a module.
    """
    for node in ast.walk(module):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                parents = package.split(".")
                up = parents[: len(parents) - node.level + 1]
                base = ".".join([*up, base] if base else up)
            yield from (f"{base}.{alias.name}" for alias in node.names)


def _files(package: Path, name: str) -> Iterator[Path]:
    """Yield the files that importing a name runs, the packages on the way too."""
    first, *rest = name.split(".")
    if first != PACKAGE:
        return
    folder = package
    yield from _existing(folder / "__init__.py")
    for part in rest:
        yield from _existing(folder / f"{part}.py")
        folder = folder / part
        yield from _existing(folder / "__init__.py")


def _existing(path: Path) -> Iterator[Path]:
    if path.is_file():
        yield path


def _imports_dynamically(module: ast.Module) -> bool:
    """Tell whether a module chooses what it imports at run time."""
    for node in ast.walk(module):
        if isinstance(node, ast.FunctionDef) and node.name == "__getattr__":
            return True
        if isinstance(node, ast.Name) and node.id in ("importlib", "__import__"):
            return True
    return False


def book_inputs(book: Book) -> str:
    """Return the hash of everything that the HTML depends on."""
    files = [
        *tree(book.root / "book"),
        *tree(book.package),
        *tree(_SELF),
        *tree(book.build / "executed"),
    ]
    names = ("_config.yml", "_toc.yml", "requirements.txt", "constraints.txt")
    files += [book.root / name for name in names]
    inside = [path for path in files if path.is_file() and _under(path, book.root)]
    beside = [path for path in files if path.is_file() and not _under(path, book.root)]
    parts = [
        platform.python_version(),
        digest_files(inside, book.root),
        digest_files(beside, _SELF),
    ]
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()


def _under(path: Path, root: Path) -> bool:
    return path.is_relative_to(root)
