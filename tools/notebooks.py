"""Write the chapters for Jupyter without MyST: ``python -m tools.notebooks``.

The built pages offer each chapter for download as a notebook with its outputs. Here all
of them are put into one folder with what their cells need: the files that they read and
the book's package. The folder can be copied to another computer.
"""

from __future__ import annotations

import argparse
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path

import nbformat

from tools.chapters import Book
from tools.files import ROOT, tree, write_atomically

# What `pip install .` needs in the folder, beside the package and a README.
PROJECT = ("pyproject.toml", "LICENSE")
EXTRAS = ".[derivation,figures,lab]"
README = f"""# The chapters as notebooks

Each chapter of the book *{{title}}*, with the outputs of the book's own run. To read
them, open `book/` in JupyterLab or VS Code. To run them, install in this folder

    python -m pip install '{EXTRAS}' scipy jupyterlab

and choose "Restart and run all". The cells read files beside them: keep the folder
whole. In JupyterLab a solution unfolds when you click the mark beside its heading.

{{chapters}}
"""


def write(book: Book, target: Path) -> list[Path]:
    """Write the folder anew, beside the old one and then in its place.

    Parameters
    ----------
    book : Book
        The book; its pages have been built.
    target : Path
        The folder.

    Returns
    -------
    list of Path
        The notebooks, in the order of the book.

    Raises
    ------
    FileNotFoundError
        If the book is not built.
    """
    beside = target.with_name(f".{target.name}.part")
    shutil.rmtree(beside, ignore_errors=True)
    try:
        titles = {}
        for chapter in book.chapters():
            made = book.html / "_sources" / f"{chapter.name}.ipynb"
            if not made.is_file():
                raise FileNotFoundError("the book is not built; run make book")
            titles[chapter.name] = _title(made)
            _copy(made, beside / f"{chapter.name}.ipynb")
            for path in chapter.inputs:
                inside = path.resolve().relative_to(book.root.resolve())
                _copy(path, beside / inside)
        for path in tree(book.package):
            _copy(path, beside / path.relative_to(book.root))
        for name in PROJECT:
            if (book.root / name).is_file():
                _copy(book.root / name, beside / name)
        lines = [f"- [{title}]({name}.ipynb)" for name, title in titles.items()]
        text = README.format(title=book.config["title"], chapters="\n".join(lines))
        write_atomically(beside / "README.md", text)
        shutil.rmtree(target, ignore_errors=True)
        beside.rename(target)
    finally:
        shutil.rmtree(beside, ignore_errors=True)
    return [target / f"{name}.ipynb" for name in titles]


def _title(path: Path) -> str:
    """Return the first heading of a notebook."""
    first = nbformat.read(path, as_version=4).cells[0].source
    return str(first).partition("\n")[0].removeprefix("# ")


def _copy(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(source, target)


def main(arguments: Sequence[str] | None = None) -> int:
    """Write the notebooks of the built book."""
    parser = argparse.ArgumentParser(description=__doc__)
    book = Book(ROOT)
    parser.add_argument("--to", type=Path, default=book.build / "notebooks")
    target = parser.parse_args(arguments).to
    try:
        made = write(book, target)
    except FileNotFoundError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    print(f"{target}: {len(made)} notebooks; README.md there says how to run them")
    return 0


if __name__ == "__main__":
    sys.exit(main())
