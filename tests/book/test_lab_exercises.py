"""The directives that render the exercises and offer their notebooks."""

from __future__ import annotations

import io
import sys
from typing import TYPE_CHECKING

import nbformat
import pytest
from bs4 import BeautifulSoup
from sphinx.application import Sphinx
from sphinx.util.docutils import docutils_namespace

from crossentropy.exercises import _source
from crossentropy.exercises._registry import EXERCISES, GROUPS
from crossentropy.exercises._sections import HEADINGS
from tools.files import ROOT

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")

DOWNLOADS = ":::{lab-exercise-downloads}\n:::\n"


def directive(name: str) -> str:
    return f":::{{lab-exercise}} {name}\n:::\n"


def build(
    folder: Path, text: str, builder: str = "html", page: str = "book/exercises"
) -> tuple[str, str]:
    """Build one page with stubs of all chapters; return its text and the warnings."""
    (folder / "book").mkdir(exist_ok=True)
    sections = "\n".join(f"({k})=\n## {v}\n" for k, v in HEADINGS.items())
    (folder / "index.md").write_text(f"# All\n\n{sections}", encoding="utf-8")
    source = f"---\norphan: true\n---\n# Title\n\n{text}"
    (folder / f"{page}.md").write_text(source, encoding="utf-8")
    sys.path.insert(0, str(ROOT / "book" / "_ext"))
    warnings = io.StringIO()
    settings = {
        "extensions": ["myst_parser", "ce_exercises", "ce_lab_exercises"],
        "myst_enable_extensions": ["colon_fence", "dollarmath"],
        "html_theme": "basic",
        "nitpicky": True,
    }
    try:
        with docutils_namespace():
            app = Sphinx(
                folder,
                None,
                folder / "out",
                folder / "doctrees",
                builder,
                confoverrides=settings,
                status=None,
                warning=warnings,
                freshenv=True,
            )
            app.build()
    finally:
        sys.path.remove(str(ROOT / "book" / "_ext"))
    made = folder / "out" / (f"{page}.{'html' if builder == 'html' else 'txt'}")
    return made.read_text(encoding="utf-8"), warnings.getvalue()


def test_all_exercises_are_rendered_without_a_warning(tmp_path: Path) -> None:
    text = "\n".join(directive(name) for name in EXERCISES)
    html, warnings = build(tmp_path, f"{text}\nSee {{ref}}`ex-check-softmax`.\n")
    assert warnings == ""
    page = BeautifulSoup(html, "html.parser")
    boxes = page.select("div.exercise")
    solutions = page.select("details.solution")
    assert len(boxes) == len(solutions) == len(EXERCISES)
    for number, (box, solution, exercise) in enumerate(
        zip(boxes, solutions, EXERCISES.values(), strict=True), start=1
    ):
        title = box.select_one(".admonition-title")
        assert title is not None
        assert title.get_text() == f"Exercise {number}. {exercise.title}"
        code = box.find_all("pre")[-1].get_text()
        assert code.startswith(_source.stub(exercise))
        assert f'check("{exercise.name}", {exercise.name})' in code
        assert solution.summary is not None
        assert solution.summary.get_text() == f"Solution of exercise {number}"
        shown = [pre.get_text().strip() for pre in solution.find_all("pre")]
        assert shown == [_source.solution(exercise)]
        strong = solution.select("li strong")
        named = [tag.get_text().replace("\u2019", "'") for tag in strong]
        assert named == [idea.name for idea in exercise.ideas]
        links = [str(a["href"]).rpartition("#")[2] for a in solution.select("li a")]
        sections = [idea.section for idea in exercise.ideas]
        assert links == [label for label in sections if label != exercise.section]
    assert page.select_one("#ex-check-softmax") is not None
    reference = page.find("a", href="#ex-check-softmax", class_="reference")
    assert reference is not None
    assert reference.get_text() == "Exercise 5"


def test_numbers_go_on_from_the_pages_own_exercises(tmp_path: Path) -> None:
    own = (
        ":::{exercise} Own\n:label: ex-own\nDo it.\n:::\n\n"
        ":::{solution-start} ex-own\n:::\nDone.\n\n:::{solution-end}\n:::\n"
    )
    html, warnings = build(tmp_path, f"{own}\n{directive('softmax')}")
    assert warnings == ""
    titles = BeautifulSoup(html, "html.parser").select(".exercise .admonition-title")
    assert [title.get_text() for title in titles] == [
        "Exercise 1. Own",
        "Exercise 2. Write softmax",
    ]


def test_tasks_hold_mathematics_and_no_loose_markup(tmp_path: Path) -> None:
    html, _ = build(tmp_path, directive("smooth_labels"))
    page = BeautifulSoup(html, "html.parser")
    box = page.select_one("div.exercise")
    assert box is not None
    assert box.select("div.math") or box.select(".math")
    assert "$" not in "".join(p.get_text() for p in box.find_all("p"))


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (directive("sofmax"), "did you mean 'softmax'"),
        (directive("softmax") * 2, "a second exercise with the label"),
    ],
)
def test_a_faulty_use_is_a_warning(tmp_path: Path, text: str, told: str) -> None:
    assert told in build(tmp_path, text)[1]


@pytest.mark.parametrize("page", ["book/exercises", "exercises"])
def test_the_notebooks_are_offered_where_the_links_lead(
    tmp_path: Path, page: str
) -> None:
    html, warnings = build(tmp_path, DOWNLOADS, page=page)
    assert warnings == ""
    links = BeautifulSoup(html, "html.parser").select("li a.download")
    assert [link.get_text() for link in links] == [group.title for group in GROUPS]
    for link in links:
        target = (tmp_path / "out" / f"{page}.html").parent / str(link["href"])
        nbformat.validate(nbformat.read(target, as_version=4))
        assert link["download"] == target.name


def test_without_the_list_no_notebook_is_written(tmp_path: Path) -> None:
    build(tmp_path, directive("softmax"))
    assert not list((tmp_path / "out").rglob("*.ipynb"))


def test_other_builders_print_the_titles(tmp_path: Path) -> None:
    text, warnings = build(tmp_path, DOWNLOADS + directive("softmax"), "text")
    assert warnings == ""
    assert GROUPS[0].title in text
    assert "Write softmax" in text
