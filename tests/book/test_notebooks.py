"""The chapters as notebooks that need no MyST to be read or run."""

from __future__ import annotations

import base64
import re
import sys
import xml.etree.ElementTree as ET
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

import nbformat
import pytest
from bs4 import BeautifulSoup
from nbclient import NotebookClient

from tools import notebooks
from tools.chapters import Book, code_cells
from tools.files import ROOT
from tools.run_chapter import KERNEL_ENVIRONMENT

if TYPE_CHECKING:
    from pathlib import Path

    from tools.chapters import Chapter

sys.path.insert(0, str(ROOT / "book" / "_ext"))
import ce_jupyter
import ce_stills

sys.path.remove(str(ROOT / "book" / "_ext"))

CHAPTERS = Book(ROOT).chapters()
each_chapter = pytest.mark.parametrize("chapter", CHAPTERS, ids=lambda c: c.name)
FENCED = re.compile(r"^(```+).*?^\1", re.MULTILINE | re.DOTALL)
MYST = re.compile(
    r"\{[a-z][\w:.-]*\}`|^\s*:::|^\s*`{3,}\{|^\([\w.:-]+\)=|\$\$\s*\([\w:.-]+\)|^%",
    re.MULTILINE,
)
SHAPE = '<svg viewBox="0 0 72 36" style="width:100%"><path d="M0 0"/></svg>'


# What becomes of MyST ------------------------------------------------------------


class Told:
    """A book that answers every question in a way that shows in the text."""

    def value(self, key: str, spec: str) -> str:
        return f"<{key} {spec}>"

    def link(self, role: str, target: str, title: str) -> str:
        return f"<{role} {target} {title}>"

    def number(self, kind: str, label: str) -> str:
        return f"{kind[:3]}-{label}"

    def expand(self, name: str, argument: str) -> str:
        return f"{name} of {{term}}`{argument}`" if name == "lab-exercise" else ""

    def picture(self, kind: str, name: str) -> tuple[str, dict[str, Any]] | None:
        if name == "none":
            return None
        if kind == "file":
            return "a.svg", {"image/svg+xml": "AAAA"}
        return f"draw({name!r})", {"text/html": SHAPE, "text/plain": "F"}


def converted(*cells: Any) -> list[Any]:
    notebook = nbformat.v4.new_notebook(cells=list(cells))
    made = ce_jupyter.convert(notebook, Told())
    nbformat.validate(made)
    return list(made.cells)


def text(source: str) -> list[str]:
    return [cell.source for cell in converted(nbformat.v4.new_markdown_cell(source))]


@pytest.mark.parametrize(
    ("myst", "markdown"),
    [
        ("It is {glue:text}`loss:.3f` nats.", "It is <loss .3f> nats."),
        ("{term}`A word <term>`, {doc}`x`", "<term term A word>, <doc x >"),
        ("{math}`x^2` {py:func}`~a.b`", "$x^2$ `a.b`"),
        ("(label)=\n## Title", "## Title"),
        ("one\n% a comment\ntwo", "one\ntwo"),
        ("$$\na = b\n$$ (eq-a)\nText.", "$$\na = b \\tag{equ-eq-a}\n$$\nText."),
        ("$$\na = b\n$$\nText.", "$$\na = b\n$$\nText."),
        (":::{math}\n:label: eq-a\na\n:::", "$$\na\n\\tag{equ-eq-a}$$"),
        (":::{admonition} A *title*\n:class: x\n\nOne.\n\n- two\n:::",
         "> **A *title***\n>\n> One.\n>\n> - two"),
        (":::{note}\nOne.\n:::\nTwo.", "> **Note**\n>\n> One.\n\nTwo."),
        ("::::{note}\n:::{tip}\nOne.\n:::\n::::",
         "> **Note**\n>\n> > **Tip**\n> >\n> > One."),
        (":::{glue:figure} f\n:name: fig-f\n\nSee {glue:text}`x`.\n:::",
         "**fig-fig-f** See <x >."),
        ("```{code-block} python\n{x}`y`\n```", "```python\n{x}`y`\n```"),
        ("```bash\n# (label)=\n:::{note}\n```", "```bash\n# (label)=\n:::{note}\n```"),
        (":::{lab-exercise} a\n:::", "lab-exercise of <term a >"),
        (":::{unheard-of} Title\nThe words {term}`stay`.\n:::",
         "Title\n\nThe words <term stay >."),
        ("```{bibliography}\n```\nText.", "Text."),
    ],
)  # fmt: skip
def test_what_becomes_of_myst(myst: str, markdown: str) -> None:
    assert text(myst) == [markdown]


EXERCISE = ":::{exercise} A $x$\n:label: ex-a\nDo it.\n:::\n\n"
SOLUTION = ":::{solution-start} ex-a\n:::\nDone.\n:::{solution-end}\n:::\n"


def test_an_exercise_is_a_heading_and_its_solution_folds() -> None:
    cells = converted(
        nbformat.v4.new_markdown_cell(f"Before.\n\n{EXERCISE}{SOLUTION}\n## After")
    )
    assert [cell.source for cell in cells] == [
        "Before.",
        "### Exercise exe-ex-a. A $x$\n\nDo it.",
        "#### Solution of exercise exe-ex-a",
        "Done.",
        "## After",
    ]
    assert [dict(cell.metadata) for cell in cells] == [
        {}, {}, {ce_jupyter.FOLDED: True}, {}, {},
    ]  # fmt: skip


def test_a_solution_does_not_fold_what_follows_it() -> None:
    cells = converted(nbformat.v4.new_markdown_cell(f"{EXERCISE}{SOLUTION}\nMore."))
    assert cells[-1].source == "More."
    assert not any(cell.metadata for cell in cells)


def test_a_live_figure_is_a_cell_that_draws_it() -> None:
    cell, caption = converted(
        nbformat.v4.new_markdown_cell(
            ":::{live-figure} a\n:alt: A.\n:name: f\n\nText.\n:::"
        )
    )
    assert (cell.cell_type, cell.source) == ("code", "draw('a')")
    assert "<img" in cell.outputs[0].data["text/html"]
    assert caption.source == "**fig-f** Text."
    assert text(":::{live-figure} none\n:alt: A.\n\nText.\n:::") == ["**fig-** Text."]


def test_a_picture_comes_along() -> None:
    cell, caption = converted(
        nbformat.v4.new_markdown_cell(":::{figure} x.svg\n:alt: A.\n\nText.\n:::")
    )
    assert cell.source == "![A.](attachment:a.svg)"
    assert cell.attachments == {"a.svg": {"image/svg+xml": "AAAA"}}
    assert caption.source.endswith("Text.")


def test_plumbing_is_folded_and_glue_is_left_out() -> None:
    new = nbformat.v4
    outputs = [
        new.new_output("display_data", {f"{ce_jupyter.GLUED}text/plain": "1"}),
        new.new_output("stream", text="said"),
    ]
    cell, plain = converted(
        new.new_code_cell("x", outputs=outputs, metadata={"tags": ["remove-cell"]}),
        new.new_code_cell("y"),
    )
    assert [output.output_type for output in cell.outputs] == ["stream"]
    assert cell.metadata["jupyter"] == {"source_hidden": True}
    assert "jupyter" not in plain.metadata


def test_a_drawing_becomes_an_image_that_runs_nothing() -> None:
    markup = f'<div aria-label="A &lt; B">{SHAPE}{SHAPE}</div>'
    images = BeautifulSoup(ce_stills.still(markup), "html.parser").select("img")
    assert [image["alt"] for image in images] == ["A < B", ""]
    kind, _, code = str(images[0]["src"]).partition(",")
    assert kind == "data:image/svg+xml;base64"
    drawing = ET.fromstring(base64.b64decode(code))
    assert (drawing.get("width"), drawing.get("height")) == ("96", "48")
    assert [child.tag.split("}")[-1] for child in drawing] == ["rect", "path"]
    assert ce_stills.still("<p>no drawing</p>") == "<p>no drawing</p>"


# The built book's notebooks --------------------------------------------------------


def offered(book: Book, name: str) -> Any:
    return nbformat.read(book.html / "_sources" / f"{name}.ipynb", as_version=4)


def words_of(notebook: Any) -> str:
    """Return a notebook's text, without its blocks of code."""
    cells = [cell for cell in notebook.cells if cell.cell_type == "markdown"]
    return FENCED.sub("", "\n\n".join(cell.source for cell in cells))


@pytest.mark.book
@each_chapter
def test_a_notebook_is_valid_and_speaks_no_myst(chapter: Chapter, book: Book) -> None:
    notebook = offered(book, chapter.name)
    nbformat.validate(notebook)
    assert MYST.findall(words_of(notebook)) == []
    for cell in code_cells(notebook):
        for output in cell.outputs:
            data = output.get("data", {})
            assert not any(kind.startswith(ce_jupyter.GLUED) for kind in data)
            assert "<svg" not in data.get("text/html", "")


@pytest.mark.book
@each_chapter
def test_the_cells_and_outputs_are_those_of_the_chapter(
    chapter: Chapter, book: Book
) -> None:
    executed = nbformat.read(book.executed(chapter.name), as_version=4)
    ran = [cell for cell in code_cells(executed) if cell.source.strip()]
    made = [
        cell
        for cell in code_cells(offered(book, chapter.name))
        if not cell.source.startswith("from crossentropy.figures import live\n")
    ]
    assert [cell.source for cell in made] == [cell.source for cell in ran]
    for old, new in zip(ran, made, strict=True):
        kept = [o for o in old.outputs if "scrapbook" not in o.get("metadata", {})]
        shown = [o for o in new.outputs if o.output_type != "display_data"]
        assert shown == [o for o in kept if o.output_type != "display_data"]


@pytest.mark.book
@each_chapter
def test_values_and_equation_numbers_are_those_of_the_page(
    chapter: Chapter, book: Book
) -> None:
    html = (book.html / f"{chapter.name}.html").read_text(encoding="utf-8")
    article = BeautifulSoup(html, "html.parser").select_one("article")
    assert article is not None
    words = words_of(offered(book, chapter.name))
    position = 0
    for value in article.select(".pasted-text"):
        text = value.get_text().replace("\N{NO-BREAK SPACE}", " ")  # ce_spacing's
        position = words.find(text, position)
        assert position >= 0, f"{text} is not in the notebook"
    numbers = [span.get_text() for span in article.select("div.math .eqno")]
    shown = [re.search(r"\d+", number) for number in numbers]
    tags = re.findall(r"\\tag\{(\d+)\}", words)
    assert tags == [number.group() for number in shown if number]


@pytest.mark.book
@each_chapter
def test_links_between_notebooks_lead_to_headings(chapter: Chapter, book: Book) -> None:
    for address in re.findall(
        r"\]\(([^)\s]*)\)", words_of(offered(book, chapter.name))
    ):
        if address.startswith(("http", "attachment:")):
            continue
        page, _, anchor = address.partition("#")
        assert not page or page.endswith(".ipynb"), address
        name = f"book/{page.removesuffix('.ipynb')}" if page else chapter.name
        headings = re.findall(r"^#+ (.*)$", words_of(offered(book, name)), re.MULTILINE)
        plain = [h.replace(" ", "-").replace("$", "") for h in headings]
        assert not anchor or unquote(anchor) in plain, address


@pytest.mark.book
def test_what_was_cited_is_listed(book: Book) -> None:
    notebook = offered(book, "book/information")
    text, _, references = words_of(notebook).partition("## References")
    assert "Shannon (1948)" in text or "Shannon, 1948" in text
    assert references.count("\n- ") > 3
    assert "Shannon" in references


# The folder ------------------------------------------------------------------------


@pytest.fixture(scope="module")
def folder(book: Book, tmp_path_factory: pytest.TempPathFactory) -> Path:
    target = tmp_path_factory.mktemp("made") / "notebooks"
    made = notebooks.write(book, target)
    assert made == [target / f"{chapter.name}.ipynb" for chapter in CHAPTERS]
    return target


@pytest.mark.book
def test_the_folder_holds_all_that_the_cells_need(folder: Path, book: Book) -> None:
    readme = (folder / "README.md").read_text(encoding="utf-8")
    for chapter in CHAPTERS:
        assert f"({chapter.name}.ipynb)" in readme
        assert (folder / f"{chapter.name}.ipynb").is_file()
        for path in chapter.inputs:
            inside = path.resolve().relative_to(ROOT)
            assert (folder / inside).read_bytes() == path.read_bytes()
    assert (folder / "code/crossentropy/data/mnist_5k.npz").is_file()
    assert (folder / "pyproject.toml").is_file()
    assert notebooks.write(book, folder)  # a second time, over the first


@pytest.mark.book
@pytest.mark.parametrize("name", ["book/welcome", "book/names"])
def test_restart_and_run_all_works_without_myst(name: str, folder: Path) -> None:
    path = folder / f"{name}.ipynb"
    notebook = nbformat.read(path, as_version=4)
    first = nbformat.v4.new_code_cell(
        f"import os, sys\nos.environ.update({KERNEL_ENVIRONMENT})\n"
        f"sys.path.insert(0, {str(folder / 'code')!r})\nsys.modules['myst_nb'] = None"
    )
    notebook.cells.insert(0, first)
    before = [cell.outputs for cell in code_cells(notebook)[1:]]
    client = NotebookClient(
        notebook, timeout=300, resources={"metadata": {"path": str(path.parent)}}
    )
    client.execute()
    after = [cell.outputs for cell in code_cells(notebook)[1:]]
    assert [len(outputs) for outputs in after] == [len(outputs) for outputs in before]
    streams = [[o.get("text") for o in outputs] for outputs in after]
    assert streams == [[o.get("text") for o in outputs] for outputs in before]


def test_without_a_book_there_is_one_clear_line(tmp_path: Path) -> None:
    (tmp_path / "_toc.yml").write_text("format: jb-book\nroot: a\n", encoding="utf-8")
    (tmp_path / "_config.yml").write_text("title: A\n", encoding="utf-8")
    head = (
        "---\nfile_format: mystnb\nkernelspec: {name: python3, display_name: P}\n---\n"
    )
    (tmp_path / "a.md").write_text(f"{head}# A\n", encoding="utf-8")
    with pytest.raises(FileNotFoundError, match="run make book"):
        notebooks.write(Book(tmp_path), tmp_path / "out")
    assert not list(tmp_path.glob("*out*"))
