"""A chapter's fingerprint changes with what its outputs depend on, and only then."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.tools.conftest import HEAD, chapter
from tools.chapters import Book, Chapter
from tools.files import BuildError
from tools.fingerprint import book_inputs, fingerprint, modules_of

if TYPE_CHECKING:
    from collections.abc import Callable


def prints(book: Book) -> dict[str, str]:
    return {c.name: fingerprint(c) for c in Book(book.root).chapters()}


def changed(book: Book, change: Callable[[], object]) -> set[str]:
    before = prints(book)
    change()
    after = prints(book)
    return {name for name in before if before[name] != after[name]}


def write(book: Book, name: str, text: str) -> Callable[[], object]:
    path = book.root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    return lambda: path.write_text(text, encoding="utf-8")


def test_nothing_changed(tiny: Book) -> None:
    assert changed(tiny, lambda: None) == set()


@pytest.mark.parametrize(
    ("name", "text", "chapters"),
    [
        ("code/crossentropy/one.py", "def value(): return 2", {"book/a"}),
        ("code/crossentropy/two.py", "x = 1", {"book/b"}),
        ("code/crossentropy/three.py", "x = 1", set()),
        ("code/crossentropy/__init__.py", "x = 1", {"book/a", "book/b"}),
        ("code/crossentropy/data/d.txt", "x", {"book/a", "book/b"}),
        ("requirements.txt", "numpy==2\n", {"book/a", "book/b"}),
        ("constraints.txt", "six==1\n", {"book/a", "book/b"}),
        ("book/a.md", chapter("1"), {"book/a"}),
        ("_config.yml", "parse: {}", set()),
    ],
)
def test_what_changes_what(
    tiny: Book, name: str, text: str, chapters: set[str]
) -> None:
    assert changed(tiny, write(tiny, name, text)) == chapters


def test_prose_alone_changes_nothing(tiny: Book) -> None:
    path = tiny.source("book/a")
    text = path.read_text(encoding="utf-8")
    change = write(tiny, "book/a.md", text.replace("Text.", "Other text."))
    assert changed(tiny, change) == set()


def test_imports_are_followed(tiny: Book) -> None:
    write(tiny, "code/crossentropy/two.py", "from . import deep\n")()
    write(tiny, "code/crossentropy/deep/__init__.py", "from .er import x\n")()
    write(tiny, "code/crossentropy/deep/er.py", "x = 1\n")()
    change = write(tiny, "code/crossentropy/deep/er.py", "x = 2\n")
    assert changed(tiny, change) == {"book/b"}


@pytest.mark.parametrize(
    "cell",
    [
        "from crossentropy.figures import one as figures",
        "import crossentropy.figures.one",
        "import crossentropy.figures.one as f",
        "from crossentropy.figures.one import draw",
        "def f():\n    from crossentropy.figures import one",
        "%matplotlib inline\nfrom crossentropy.figures import one",
    ],
)
def test_each_way_to_import_a_module(tiny: Book, cell: str) -> None:
    for name in ("__init__", "one", "other"):
        write(tiny, f"code/crossentropy/figures/{name}.py", "")()
    found = modules_of(Chapter(tiny, "book/a", chapter(cell)))
    package = tiny.package
    assert found == {
        package / "__init__.py",
        package / "figures" / "__init__.py",
        package / "figures" / "one.py",
    }


@pytest.mark.parametrize(
    "init",
    ["def __getattr__(name):\n    ...", "import importlib\nimportlib.import_module"],
)
def test_imports_at_run_time_mean_the_whole_package(tiny: Book, init: str) -> None:
    write(tiny, "code/crossentropy/__init__.py", init)()
    found = modules_of(Chapter(tiny, "book/a", chapter("import crossentropy")))
    assert tiny.package / "two.py" in found


def test_a_cell_that_is_no_python_means_the_whole_package(tiny: Book) -> None:
    found = modules_of(Chapter(tiny, "book/a", chapter("%%time\nx = = 1")))
    assert tiny.package / "two.py" in found


def test_a_chapter_without_the_package_depends_on_none_of_it(tiny: Book) -> None:
    assert modules_of(Chapter(tiny, "book/a", chapter("import os"))) == set()


def test_declared_inputs(tiny: Book) -> None:
    head = HEAD.replace("file_format", 'inputs: ["*.md"]\nfile_format')
    write(tiny, "book/a.md", chapter("1", head=head))()
    assert changed(tiny, write(tiny, "book/b.md", chapter("6 * 7"))) == {
        "book/a",
        "book/b",
    }


def test_a_declared_input_that_is_not_there(tiny: Book) -> None:
    head = HEAD.replace("file_format", 'inputs: ["*.csv"]\nfile_format')
    text = chapter("1", head=head)
    with pytest.raises(BuildError, match=r"book/a\.md declares the input '\*\.csv'"):
        fingerprint(Chapter(tiny, "book/a", text))


@pytest.mark.parametrize(
    "name",
    ["book/a.md", "book/_static/book.css", "_config.yml", "code/crossentropy/one.py"],
)
def test_the_pages_depend_on_every_source(tiny: Book, name: str) -> None:
    before = book_inputs(tiny)
    write(tiny, name, "changed")()
    assert book_inputs(tiny) != before
