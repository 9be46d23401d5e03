"""The sections that messages point to exist in the chapters, and links lead there."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from crossentropy.exercises import check
from crossentropy.exercises._registry import EXERCISES
from crossentropy.exercises._sections import _BOOK, HEADINGS, section, slug
from tools.files import ROOT

if TYPE_CHECKING:
    from pathlib import Path

LINK = re.compile(r"\[(?P<text>[^]]+)\]\((?P<file>[^)#]*)#(?P<anchor>[^)]*)\)")


def used() -> set[str]:
    labels = set()
    for exercise in EXERCISES.values():
        labels.add(exercise.section)
        labels |= {idea.section for idea in exercise.ideas}
        labels |= {case.section for case in exercise.cases if case.section}
    return labels


@pytest.mark.parametrize("label", sorted(HEADINGS))
def test_a_section_stands_in_its_chapter_with_this_heading(label: str) -> None:
    found = section(label)
    text = (ROOT / "book" / found.file).read_text(encoding="utf-8")
    assert f"\n({label})=\n## {found.heading}\n" in text
    assert f"\n# {found.chapter}\n" in text


def test_every_section_that_is_pointed_to_is_listed() -> None:
    assert used() <= HEADINGS.keys()


@pytest.mark.parametrize("label", sorted(HEADINGS))
def test_the_anchor_is_the_one_that_the_book_makes(label: str) -> None:
    from markdown_it import MarkdownIt
    from mdit_py_plugins.anchors import anchors_plugin

    heading = section(label).heading
    tokens = MarkdownIt().use(anchors_plugin, max_level=3).parse(f"## {heading}")
    assert tokens[0].attrs["id"] == slug(heading)


def test_a_link_leads_from_the_working_folder_to_the_chapter(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for folder in (ROOT, ROOT / "book", tmp_path):
        monkeypatch.chdir(folder)
        link = LINK.search(check("surprisal", lambda q: 1 - q)._repr_markdown_())
        assert link is not None
        assert (folder / link["file"]).resolve() == ROOT / "book" / "information.md"
        assert link["anchor"] == "how-surprising-is-an-outcome"
    monkeypatch.chdir(ROOT / "book")
    link = LINK.search(section("loss-rivals").markdown())
    assert link is not None
    assert link["file"] == "loss.md"


def test_a_folder_that_is_named_counts_instead(tmp_path: Path) -> None:
    link = LINK.search(section("loss-rivals").markdown(tmp_path / "a"))
    assert link is not None
    assert (tmp_path / "a" / link["file"]).resolve() == ROOT / "book" / "loss.md"


def test_without_the_book_there_are_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert _BOOK == ROOT / "book"
    monkeypatch.setattr("crossentropy.exercises._sections._BOOK", tmp_path / "no")
    words = section("loss-rivals").markdown()
    assert words == '"The rivals" in the chapter "The loss"'


def test_the_words_of_a_result_name_section_and_chapter() -> None:
    result = check("surprisal", lambda q: 1 - q)
    assert result.section == "information-surprisal"
    words = 'Read "How surprising is an outcome?" in the chapter "Information".'
    assert words in repr(result)
    assert "](" not in repr(result)
