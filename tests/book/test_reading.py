"""The line under a chapter's title says how long the chapter takes to read."""

from __future__ import annotations

import re
import sys
from typing import TYPE_CHECKING

import pytest
from bs4 import BeautifulSoup

from tests.book import prose, small_book
from tools.chapters import Book
from tools.files import ROOT

if TYPE_CHECKING:
    from pathlib import Path

sys.path.insert(0, str(ROOT / "book" / "_ext"))
import ce_reading

sys.path.remove(str(ROOT / "book" / "_ext"))

WORDS = "word " * 600
EXERCISE = ":::{exercise} A title\n:label: ex-a\nDo it.\n:::\n"
SOLUTION = ":::{solution-start} ex-a\n:::\nDone.\n:::{solution-end}\n:::\n"
CELL = "```{code-cell} ipython3\n%s\n```\n"
LINE = re.compile(
    r"About (\d+) minutes? to read(?:; (\d+) exercises? with solutions)?\."
)


def line_of(folder: Path, text: str, head: str = small_book.HEAD) -> str | None:
    """Return the line of a page of a small book, or None if it has none."""
    pages, warnings = small_book.build(
        folder,
        {"index": "# Welcome\n\n```{toctree}\na\n```\n", "a": f"{head}# A\n\n{text}"},
        ["myst_nb", "ce_exercises", "ce_reading"],
    )
    assert warnings == ""
    found = pages["a"].select("p.ce-reading")
    assert len(found) < 2
    if not found:
        return None
    before = found[0].find_previous_sibling()
    assert before is not None
    assert before.name == "h1"
    return found[0].get_text()


@pytest.mark.parametrize(
    ("counts", "minutes"),
    [
        ((0, 0, 0), 1),
        ((2000, 0, 0), 10),
        ((2000, 8, 0), 12),
        ((2000, 0, 40), 12),
        ((299, 0, 0), 1),
        ((301, 0, 0), 2),
    ],
)
def test_what_words_equations_and_code_cost(
    counts: tuple[int, int, int], minutes: int
) -> None:
    assert ce_reading.minutes(*counts) == minutes


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.parametrize(
    ("text", "line"),
    [
        (WORDS, "About 3 minutes to read."),
        (WORDS + "\n$$\na = b\n$$\n" * 8, "About 5 minutes to read."),
        (WORDS + "\n" + CELL % ("x = 1\n" * 40), "About 5 minutes to read."),
        # Folded away, or a task: not counted.
        (
            WORDS + "\n" + CELL % (":tags: [hide-input]\n\n" + "x = 1\n" * 40),
            "About 3 minutes to read.",
        ),
        (
            WORDS
            + "\n\n"
            + EXERCISE.replace("Do it.", WORDS)
            + SOLUTION.replace("Done.", WORDS),
            "About 3 minutes to read; 1 exercise with solutions.",
        ),
        ("word " * 400, None),
    ],
)
def test_the_line_of_a_page(tmp_path: Path, text: str, line: str | None) -> None:
    assert line_of(tmp_path, text) == line


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_a_page_that_runs_no_code_has_no_line(tmp_path: Path) -> None:
    assert line_of(tmp_path, WORDS, head="") is None


@pytest.mark.book
@pytest.mark.parametrize("chapter", Book(ROOT).chapters(), ids=lambda c: c.name)
def test_each_chapter_says_how_long_it_is(chapter: object, book: Book) -> None:
    name, text = chapter.name, chapter.text  # type: ignore[attr-defined]
    page = BeautifulSoup((book.html / f"{name}.html").read_text("utf-8"), "html.parser")
    found = page.select("p.ce-reading")
    exercises = len(re.findall(r"^:::\{(?:lab-)?exercise\}", text, re.MULTILINE))
    if name == book.pages[0] or (not exercises and not found):
        assert not found
        return
    match = LINE.fullmatch(found[0].get_text())
    assert match, found[0].get_text()
    assert int(match.group(2) or 0) == exercises
    # Another way to count: the source without code, mathematics and exercises.
    reading, _, _ = text.partition("\n## Exercises\n")
    source = prose.read(reading)
    words = len(re.findall(r"\S*\w\S*", source.prose)) + reading.count("{glue:text}")
    equations = reading.count("$$") // 2
    lines = sum(
        cell.source.count("\n") + 1
        for cell in chapter.code_cells  # type: ignore[attr-defined]
        if cell.source.strip() in reading
        and not {"remove-cell", "hide-input"} & set(cell.metadata.get("tags", ()))
    )
    about = words / 200 + equations / 4 + lines / 20
    assert int(match.group(1)) == pytest.approx(about, rel=0.35)
