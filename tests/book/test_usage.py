"""Code leads to the API, and the API to the sections that use a function."""

from __future__ import annotations

import re
import sys
from typing import TYPE_CHECKING, Any

import pytest
from bs4 import BeautifulSoup

import crossentropy
from tests.book import small_book
from tools.chapters import Book
from tools.files import ROOT

if TYPE_CHECKING:
    from pathlib import Path

    from tools.chapters import Chapter

sys.path.insert(0, str(ROOT / "book" / "_ext"))
import ce_usage

sys.path.remove(str(ROOT / "book" / "_ext"))

BOOK = Book(ROOT)
FUNCTIONS = [name for name in crossentropy.__all__ if name != "__version__"]


# What a name means ---------------------------------------------------------------


@pytest.mark.parametrize(
    ("cells", "found"),
    [
        (["from crossentropy import softmax"], ["softmax crossentropy.softmax"]),
        (["import crossentropy as ce", "ce.softmax(z)"],
         ["ce crossentropy", "softmax crossentropy.softmax"]),
        (["import crossentropy", "crossentropy.softmax(z)"],
         ["crossentropy crossentropy", "softmax crossentropy.softmax"]),
        (["from crossentropy import softmax as s", "é = s(z)"],
         ["s crossentropy.softmax"]),
        (["from crossentropy import coding", "'é', coding.encode(a, b)"],
         ["coding crossentropy.coding", "encode crossentropy.coding.encode"]),
        (["from crossentropy import softmax", "softmax = max", "softmax(z)"], []),
        (["from crossentropy import softmax", "def softmax(z): ...", "softmax(z)"], []),
        (["from crossentropy import softmax", "from scipy import softmax", "softmax"],
         []),
        (["from crossentropy import softmax", "f = lambda softmax: softmax"], []),
        (["softmax(z)"], []),
        (["from crossentropy import softmax", "torch.softmax(z)"], []),
        (["from crossentropy import softmax", "f(softmax=1)"], []),
        (["from crossentropy import softmax", "%timeit softmax(z)"], []),
    ],
)  # fmt: skip
def test_what_a_name_means(cells: list[str], found: list[str]) -> None:
    names = ce_usage.Names()
    mentions = [names.read(cell) for cell in cells][-1]
    assert [f"{m.text} {m.meaning}" for m in mentions] == found
    for mention in mentions:
        assert cells[-1].startswith(mention.text, mention.start)


HTML = (
    '<div class="highlight"><pre><span></span><span class="s">&quot;é&amp;&quot;</span>'
    '<span class="p">,</span> <span class="n">softmax</span></pre></div>'
)


def test_a_name_is_linked_where_it_stands() -> None:
    linked = ce_usage.link(HTML, {6: ("softmax", 'api.html#a"<b>')})
    soup = BeautifulSoup(linked, "html.parser")
    link = soup.select_one("pre span.n > a.ce-api")
    assert link is not None
    assert link.get_text() == "softmax"
    assert link["href"] == 'api.html#a"<b>'
    assert soup.get_text() == BeautifulSoup(HTML, "html.parser").get_text()


@pytest.mark.parametrize("target", [{5: ("softmax", "x")}, {6: ("soft", "x")}, {}])
def test_what_is_no_whole_name_stays_as_it_is(target: dict[int, Any]) -> None:
    assert ce_usage.link(HTML, target) == HTML


# A small book --------------------------------------------------------------------

API = "# API\n\n```{eval-rst}\n%s```\n"
ENTRY = ".. py:function:: crossentropy.%s(z)\n\n   Text.\n\n"
CELL = "```{code-cell} ipython3\n%s\n```\n\n"
HIDDEN = CELL % ":tags: [remove-cell]\n\n%s"


def small(folder: Path, chapter: str) -> tuple[dict[str, BeautifulSoup], list[str]]:
    """Build a chapter beside an API; return the pages and the "Used in" lines."""
    entries = "".join(ENTRY % name for name in ("softmax", "entropy"))
    pages = {
        "index": "# Welcome\n\n```{toctree}\na\napi\n```\n",
        "a": f"{small_book.HEAD}# A\n\n{chapter}",
        "api": API % entries,
    }
    made, warnings = small_book.build(folder, pages, ["myst_nb", "ce_usage"])
    assert warnings == ""
    return made, [line.get_text() for line in made["api"].select(".ce-used-in")]


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_a_chapter_and_the_api_name_each_other(tmp_path: Path) -> None:
    chapter = (
        HIDDEN % "from crossentropy import softmax, entropy\nentropy(1)"
        + "## One\n\n```bash\n## no heading\n```\n\n"
        + HIDDEN % "softmax(1)"
        + "## Two\n\n"
        + CELL % "softmax(2)\nsoftmax(3)"
        + "## Three\n\n"
        + CELL % "softmax(4)"
    )
    pages, lines = small(tmp_path, chapter)
    assert lines == ["Used in: A (Two).", "Behind the numbers of: A."]
    links = pages["a"].select("a.ce-api")
    # The first mention in each cell that is seen.
    assert [link["href"] for link in links] == ["api.html#crossentropy.softmax"] * 2
    assert pages["api"].select(".ce-used-in a")[0]["href"] == "a.html#two"


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_an_import_alone_is_no_use(tmp_path: Path) -> None:
    pages, lines = small(tmp_path, CELL % "from crossentropy import softmax")
    assert lines == ["Not used by name in a chapter."] * 2
    assert [link.get_text() for link in pages["a"].select("a.ce-api")] == ["softmax"]


# The built book ------------------------------------------------------------------


def page(book: Book, name: str) -> BeautifulSoup:
    return BeautifulSoup((book.html / f"{name}.html").read_text("utf-8"), "html.parser")


@pytest.fixture(scope="module")
def api(book: Book) -> BeautifulSoup:
    return page(book, "book/api")


def line_of(api: BeautifulSoup, name: str) -> Any:
    """Return an entry's line."""
    entry = api.find("dt", id=f"crossentropy.{name}")
    assert entry is not None, f"{name} is not on the API page"
    lines = entry.parent.select(".ce-used-in")  # type: ignore[union-attr]
    assert len(lines) == 1
    return lines[0]


def uses(chapter: Chapter, name: str, *, visible: bool) -> bool:
    """Tell, by its text alone, whether a chapter's cells use a function."""
    imported = False
    for cell in chapter.code_cells:
        hidden = "remove-cell" in cell.metadata.get("tags", [])
        code = re.sub(r'(?<!f)"[^"\n]*"|#.*', "", cell.source)
        imports = re.findall(r"from crossentropy import (.*)", code)
        imported |= any(name in line.split(", ") for line in imports)
        code = re.sub(r"from \S+ import .*", "", code)
        pattern = rf"\bce\.{name}\b"
        if imported:
            pattern += rf"|(?<![\w.]){name}\b(?!\s*=[^=])"
        if re.search(pattern, code) and not (visible and hidden):
            return True
    return False


@pytest.mark.book
@pytest.mark.parametrize("name", FUNCTIONS)
def test_each_function_names_the_chapters_that_use_it(
    name: str, api: BeautifulSoup
) -> None:
    line = line_of(api, name)
    named = [str(a["href"]).partition(".html")[0] for a in line.select("a")]
    expected = [
        chapter.name.removeprefix("book/")
        for visible in (True, False)
        for chapter in BOOK.chapters()
        if uses(chapter, name, visible=visible)
        and (visible or not uses(chapter, name, visible=True))
    ]
    assert named == expected
    assert named or line.get_text() == "Not used by name in a chapter."


@pytest.mark.book
@pytest.mark.parametrize("name", FUNCTIONS)
def test_the_section_that_is_linked_uses_the_function(
    name: str, book: Book, api: BeautifulSoup
) -> None:
    line = line_of(api, name)
    shown = line.get_text().partition("Behind the numbers")[0]
    for link in line.select("a"):
        if link.get_text() not in shown:
            continue
        where, _, anchor = str(link["href"]).partition("#")
        section = page(book, f"book/{where.removesuffix('.html')}").find(id=anchor)
        assert section is not None
        code = "\n".join(
            block.get_text()
            for block in section.select(".cell_input pre")  # type: ignore[union-attr]
        )
        assert re.search(rf"\b{name}\b", code), link["href"]


@pytest.mark.book
@pytest.mark.parametrize("chapter", BOOK.chapters(), ids=lambda c: c.name)
def test_the_names_in_a_chapters_code_lead_to_the_api(
    chapter: Chapter, book: Book, api: BeautifulSoup
) -> None:
    entries = {str(dt["id"]) for dt in api.select("dt.sig[id]")}
    linked = {
        (link.get_text(), str(link["href"]).rpartition("#")[2])
        for link in page(book, chapter.name).select(".cell_input pre a.ce-api")
    }
    assert all(name == target.split(".")[-1] for name, target in linked)
    wanted = {
        f"crossentropy.{name}"
        for name in FUNCTIONS
        if uses(chapter, name, visible=True)
    }
    found = {target for _, target in linked}
    assert wanted <= found <= entries
