"""The book's own directives: what they make of a page and what they refuse."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.book import small_book

if TYPE_CHECKING:
    from pathlib import Path

    from bs4 import BeautifulSoup

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")

EXERCISE = ":::{exercise} A $x$\n:label: ex-one\nDo it.\n:::\n"
SOLUTION = (
    ":::{solution-start} ex-one\n:::\nDone.\n\n    code\n\n:::{solution-end}\n:::\n"
)
LIVE = (
    ":::{live-figure} bars\n:alt: Three bars.\n:name: fig-bars\n\nA *caption*.\n:::\n"
)


def build(folder: Path, text: str) -> tuple[BeautifulSoup, str]:
    """Build one page; return it and the warnings."""
    (folder / "book/_static/live").mkdir(parents=True, exist_ok=True)
    for name in ("core.js", "bars.js", "live.css"):
        (folder / "book/_static/live" / name).touch()
    pages, warnings = small_book.build(
        folder,
        {"index": f"# Title\n\n{text}"},
        ["myst_parser", "ce_exercises", "ce_live"],
        html_static_path=["book/_static"],
    )
    return pages["index"], warnings


def test_an_exercise_with_its_solution(tmp_path: Path) -> None:
    second = EXERCISE.replace("ex-one", "ex-two") + SOLUTION.replace("ex-one", "ex-two")
    text = EXERCISE + SOLUTION + second + "\nSee {ref}`ex-two`.\n"
    page, warnings = build(tmp_path, text)
    assert warnings == ""
    titles = [title.get_text() for title in page.select(".exercise .admonition-title")]
    assert [title[:12] for title in titles] == ["Exercise 1. ", "Exercise 2. "]
    solutions = page.select("details.solution")
    assert [s.summary.get_text() for s in solutions if s.summary] == [
        "Solution of exercise 1",
        "Solution of exercise 2",
    ]
    assert not solutions[0].has_attr("open")
    assert "Done." in solutions[0].get_text()
    assert solutions[0].find("pre")
    reference = page.find("a", href="#ex-two", class_="reference")
    assert reference is not None
    assert reference.get_text() == "Exercise 2"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (EXERCISE, "exercise 'ex-one' has no solution"),
        (SOLUTION, "no exercise 'ex-one' on this page"),
        (EXERCISE + SOLUTION + SOLUTION, "a second solution of 'ex-one'"),
        (EXERCISE + EXERCISE + SOLUTION, "a second exercise with the label 'ex-one'"),
        (":::{solution-end}\n:::\n", "solution-end without a start"),
        (EXERCISE.replace(":label: ex-one\n", ""), "an exercise needs a :label:"),
        (
            EXERCISE + SOLUTION.replace("Done.", "## Heading\n\nDone."),
            "no solution-end in the same section",
        ),
    ],
)
def test_a_faulty_exercise_is_a_warning(tmp_path: Path, text: str, told: str) -> None:
    assert told in build(tmp_path, text)[1]


def test_a_live_figure(tmp_path: Path) -> None:
    page, warnings = build(tmp_path, f"{LIVE}\nSee {{numref}}`fig-bars`.\n")
    assert warnings == ""
    live = page.select_one("figure#fig-bars > div.ce-live")
    assert live is not None
    assert live["data-figure"] == "bars"
    assert live["aria-label"] == "Three bars."
    assert live.get_text(strip=True) == "Three bars."  # no picture of that name
    caption = page.find("figcaption")
    assert caption is not None
    assert caption.em is not None
    scripts = [tag for tag in page.find_all("script", src=True) if "live" in tag["src"]]
    assert [str(tag["src"]).split("?")[0] for tag in scripts] == [
        "_static/live/core.js",
        "_static/live/bars.js",
    ]
    assert all(tag.has_attr("defer") and not tag.get("type") for tag in scripts)


def test_a_page_without_live_figures_loads_no_scripts_for_them(tmp_path: Path) -> None:
    page, _ = build(tmp_path, "Text.")
    assert not [t for t in page.find_all("script", src=True) if "live" in t["src"]]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (LIVE.replace(":alt: Three bars.\n", ""), "a live figure needs an :alt: text"),
        (LIVE.replace("bars\n:alt", "none\n:alt"), "none.js is missing"),
    ],
)
def test_a_faulty_live_figure_is_an_error(tmp_path: Path, text: str, told: str) -> None:
    assert told in build(tmp_path, text)[1]
