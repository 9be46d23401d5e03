"""The index leads from words, functions and statements to the sections on them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from bs4 import BeautifulSoup

import crossentropy
from tests.book import prose, small_book, test_terms
from tools.chapters import Book
from tools.files import ROOT

if TYPE_CHECKING:
    from pathlib import Path

GLOSSARY = "# Words\n\n```{glossary}\nentropy\n    Text.\n\nodds\n    Text.\n```\n"
API = (
    "# API\n\n```{eval-rst}\n"
    ".. py:function:: crossentropy.softmax(z)\n\n   Text.\n```\n"
)
CHAPTER = """# A

## Why odds?

```{code-cell} ipython3
from crossentropy import softmax
softmax(1)
```

Some {term}`odds` and {term}`more odds <odds>`.

```{index} single: Zeno
```

## Last

{term}`Odds <odds>` again.

**"All is one."** No.

:::{exercise} A title
:label: ex-a
Do it.
:::
:::{solution-start} ex-a
:::
Done.
:::{solution-end}
:::
"""
INDEX = "# Index\n\n```{book-index}\n```\n"


def lines(page: BeautifulSoup) -> list[str]:
    return [item.get_text() for item in page.select("ul.ce-index > li")]


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_an_index_of_a_small_book(tmp_path: Path) -> None:
    names = ["a", "words", "api", "topics"]
    pages, warnings = small_book.build(
        tmp_path,
        {
            "index": "# Welcome\n\n```{toctree}\n" + "\n".join(names) + "\n```\n",
            "a": small_book.HEAD + CHAPTER,
            "words": GLOSSARY,
            "api": API,
            "topics": INDEX,
        },
        ["myst_nb", "ce_exercises", "ce_index"],
    )
    assert warnings == ""
    assert [line.strip() for line in lines(pages["topics"])] == [
        "“All is one.”: Last",
        "entropy: Words",
        "Last: A",
        "odds: Words; A (Why odds?)",
        "softmax: API; A (Why odds?)",
        "Why odds?: A",
        "Zeno: A (Why odds?)",
    ]
    letters = [rubric.get_text() for rubric in pages["topics"].select("p.rubric")]
    assert letters == ["A", "E", "L", "O", "S", "W", "Z"]
    link = pages["topics"].find("a", string="A (Why odds?)")
    assert link is not None
    assert link["href"] == "a.html#why-odds"  # type: ignore[index]


@pytest.fixture(scope="module")
def index(book: Book) -> list[str]:
    page = (book.html / "book/topics.html").read_text(encoding="utf-8")
    return lines(BeautifulSoup(page, "html.parser"))


@pytest.mark.book
def test_every_term_and_every_function_is_in_the_index(index: list[str]) -> None:
    heads = [line.partition(":")[0].strip() for line in index]
    functions = set(crossentropy.__all__) - {"__version__"}
    assert {*test_terms.glossary(), *functions} <= set(heads)


@pytest.mark.book
def test_every_statement_that_is_corrected_is_in_the_index(index: list[str]) -> None:
    source = Book(ROOT).source("book/corrected").read_text(encoding="utf-8")
    text = prose.read(source).prose
    said = len(re.findall(r'^\*\*"', text, re.MULTILINE))
    assert said > 20
    assert sum(line.strip().startswith("“") for line in index) == said


@pytest.mark.book
def test_the_index_is_in_order_and_has_no_line_twice(index: list[str]) -> None:
    assert len(set(index)) == len(index) > 150
    keys = [re.sub(r"^\W+", "", line.strip()).casefold()[0] for line in index]
    assert keys == sorted(keys)
