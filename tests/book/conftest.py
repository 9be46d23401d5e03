"""The built book, which `make test` has brought up to date before."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tools.chapters import Book
from tools.files import ROOT
from tools.serve import serving

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="session")
def book() -> Book:
    """Return the book of this checkout, built."""
    built = Book(ROOT)
    if not (built.build / "html.json").is_file():
        pytest.fail("the book is not built: run `make book` first", pytrace=False)
    return built


@pytest.fixture(scope="session")
def site(book: Book) -> Iterator[str]:
    """Serve the built book as ``make serve`` does and return its address."""
    with serving(book.html) as address:
        yield address
