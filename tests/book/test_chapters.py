"""Each chapter's executed notebook, as the build stored it: nothing is run again."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import nbformat
import pytest

from tests.book import prose
from tools.chapters import Book, code_cells
from tools.files import ROOT
from tools.fingerprint import fingerprint

if TYPE_CHECKING:
    from tools.chapters import Chapter

pytestmark = pytest.mark.book

CHAPTERS = Book(ROOT).chapters()
# How an array's scalar, an array and a tensor print: none belongs in a sentence.
NOT_PLAIN = re.compile(r"\bnp\.\w+\(|\barray\(|\btensor\(")

each_chapter = pytest.mark.parametrize("chapter", CHAPTERS, ids=lambda c: c.name)


def outputs_of(notebook: Any) -> list[Any]:
    return [output for cell in code_cells(notebook) for output in cell.outputs]


def executed(chapter: Chapter, book: Book) -> Any:
    notebook = nbformat.read(book.executed(chapter.name), as_version=4)
    nbformat.validate(notebook)
    return notebook


@each_chapter
def test_outputs_belong_to_the_present_sources(chapter: Chapter, book: Book) -> None:
    assert executed(chapter, book).metadata["build"]["fingerprint"] == fingerprint(
        chapter
    ), "the sources have changed since: run `make book`"


@each_chapter
def test_every_cell_ran_once_and_in_order(chapter: Chapter, book: Book) -> None:
    cells = [cell for cell in code_cells(executed(chapter, book)) if cell.source]
    assert [cell.execution_count for cell in cells] == list(range(1, len(cells) + 1))
    assert [cell.source for cell in cells] == [
        cell.source for cell in chapter.code_cells if cell.source
    ]


@each_chapter
def test_no_cell_failed_or_warned(chapter: Chapter, book: Book) -> None:
    for output in outputs_of(executed(chapter, book)):
        assert output.output_type != "error"
        assert output.get("name") != "stderr", output.text


@each_chapter
def test_glued_values_are_plain(chapter: Chapter, book: Book) -> None:
    bad = not_plain(executed(chapter, book))
    assert not bad, f"glue int(x), float(x) or a string: {bad}"


@each_chapter
def test_shown_values_are_plain(chapter: Chapter, book: Book) -> None:
    for output in outputs_of(executed(chapter, book)):
        shown = output.get("data", {}).get("text/plain", "") or output.get("text", "")
        assert "np.float64(" not in shown


@each_chapter
def test_the_notebook_holds_text_outputs_and_kernel(
    chapter: Chapter, book: Book
) -> None:
    notebook = executed(chapter, book)
    assert [cell.source for cell in notebook.cells] == [
        cell.source for cell in chapter.notebook.cells
    ]
    assert notebook.metadata.kernelspec.name == "python3"
    assert notebook.metadata.language_info.name == "python"
    assert outputs_of(notebook)


def not_plain(notebook: Any) -> dict[str, str]:
    """Return the glued values that are no plain number, string or picture."""
    bad = {}
    for output in outputs_of(notebook):
        glued = output.get("metadata", {}).get("scrapbook")
        text = output.get("data", {}).get("text/plain", "")
        if glued and NOT_PLAIN.search(text):
            bad[glued["name"]] = text
    return bad


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("np.float64(0.5)", False),
        ("array([1., 2.])", False),
        ("tensor(0.5)", False),
        ("(np.int64(3),)", False),
        ("0.5", True),
        ("'an array of words'", True),
    ],
)
def test_the_rule_for_plain_values(text: str, plain: bool) -> None:
    output = nbformat.v4.new_output(
        "display_data",
        {"text/plain": text},
        metadata={"scrapbook": {"name": "key", "mime_prefix": ""}},
    )
    cell = nbformat.v4.new_code_cell("x", outputs=[output])
    notebook = nbformat.v4.new_notebook(cells=[cell])
    assert not_plain(notebook) == ({} if plain else {"key": text})


@each_chapter
def test_every_use_of_a_key_finds_a_value(chapter: Chapter, book: Book) -> None:
    glued = {
        output.metadata["scrapbook"]["name"].removeprefix(
            "application/papermill.record/"
        )
        for output in outputs_of(executed(chapter, book))
        if "scrapbook" in output.get("metadata", {})
    }
    used = {word.text for word in prose.read(chapter.text).used}
    assert used <= glued
