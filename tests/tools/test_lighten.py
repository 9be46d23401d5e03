"""Built pages made light: scripts, styles and files that nobody needs go."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import sphinx_book_theme

from tools import lighten as lightening
from tools.files import BuildError
from tools.lighten import SCRIPTS, lighten

if TYPE_CHECKING:
    from collections.abc import Callable

THEME = Path(sphinx_book_theme.__file__).parents[1] / (
    "pydata_sphinx_theme/theme/pydata_sphinx_theme/static"
)
AUTO = 'document.documentElement.dataset.theme = localStorage.getItem("theme") || '
AUTO += '"auto";'
HEAD = f"""<script data-cfasync="false">
    {AUTO}
  </script>
  <!-- Loaded before other Sphinx assets -->
  <link href="../_static/styles/theme.css?digest=1" rel="stylesheet" />
  <link rel="stylesheet" type="text/css" href="../_static/book.css?v=2" />
  <script defer src="../_static/scripts/fontawesome.js?digest=1"></script>
  <link rel="preload" as="script" href="../_static/scripts/bootstrap.js?digest=1" />
  <script src="../_static/documentation_options.js?v=3"></script>
  <script src="../_static/doctools.js?v=4"></script>
  <script src="../_static/togglebutton.js?v=5"></script>
  <script>let toggleHintShow = 'Show';</script>
  <script>window.MathJax = {{"options": {{}}}}</script>
  <script defer="defer" src="../_static/mathjax/tex-mml-chtml.js?v=6"></script>
  <script defer="defer" src="../_static/own.js?v=7"></script>
  <script>DOCUMENTATION_OPTIONS.pagename = 'book/a';</script>
  <script src="../searchindex.js"></script>
"""
BODY = '<p class="here">A page</p><script defer src="../_static/scripts/bootstrap.js">'
BODY += "</script>"
PAGE = f"<html><head>{HEAD}</head><body>{BODY}</body></html>"


@pytest.fixture
def site(tmp_path: Path) -> Path:
    """Write a book of one page, and the files that it loads."""
    files = {name: "// a script" for name in SCRIPTS if name != "searchindex.js"}
    files |= {
        "documentation_options.js": "const DOCUMENTATION_OPTIONS = {};",
        "own.js": "work(); //# sourceMappingURL=own.js.map",
        "own.js.map": "{}",
        "styles/theme.css": '@import "../basic.css"; .here { color: red }',
        "basic.css": ".nowhere { color: red }",
        "book.css": '.here::before { content: "\\f303" }',
    }
    for name, text in files.items():
        path = tmp_path / "_static" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    solid = tmp_path / "_static" / lightening.SOLID
    solid.parent.mkdir(parents=True)
    solid.symlink_to(THEME / lightening.SOLID)
    (tmp_path / "searchindex.js").touch()
    (tmp_path / "index.html").write_text("the front door", encoding="utf-8")
    (tmp_path / "book").mkdir()
    (tmp_path / "book/a.html").write_text(PAGE, encoding="utf-8")
    return tmp_path


@pytest.fixture
def change(site: Path) -> Callable[[str, str], None]:
    def replace(old: str, new: str) -> None:
        page = site / "book/a.html"
        text = page.read_text(encoding="utf-8")
        assert old in text
        page.write_text(text.replace(old, new), encoding="utf-8")

    return replace


def loaded(site: Path) -> list[str]:
    text = (site / "book/a.html").read_text(encoding="utf-8")
    return re.findall(r'(?:src|href)="\.\./(?:_static/)?([^"?]*)', text)


def test_a_page_loads_what_it_uses(site: Path) -> None:
    lighten(site)
    assert loaded(site) == [
        "pages.css",
        "doctools.js",
        "own.js",
        "scripts/bootstrap.js",
    ]
    page = (site / "book/a.html").read_text(encoding="utf-8")
    assert all("defer" in tag for tag in re.findall(r"<script[^>]*src[^>]*>", page))
    assert (site / "index.html").read_text(encoding="utf-8") == "the front door"


def test_settings_come_before_the_styles_and_in_order(site: Path) -> None:
    lighten(site)
    page = (site / "book/a.html").read_text(encoding="utf-8")
    order = ["prefers-color-scheme", "const DOCUMENTATION_OPTIONS", "toggleHintShow"]
    order += ["DOCUMENTATION_OPTIONS.pagename", "pages.css", "doctools.js"]
    places = [page.index(word) for word in order]
    assert places == sorted(places)
    assert "window.MathJax" not in page


def test_the_one_sheet_has_the_rules_and_the_icon(site: Path) -> None:
    lighten(site)
    text = (site / "_static/pages.css").read_text(encoding="utf-8")
    assert ".here{color: red}" in text
    assert ".nowhere" not in text
    assert "data:font/woff;base64," in text


def test_formulas_are_typeset_and_the_scripts_for_it_are_gone(site: Path) -> None:
    mathjax = site / "_static/mathjax"
    mathjax.joinpath("tex-mml-chtml.js").unlink()
    mathjax.rmdir()
    source = Path(__file__).parents[2] / "book/_static/mathjax"
    (site / "_static/mathjax").symlink_to(source)
    page = site / "book/a.html"
    formula = '<span class="math notranslate nohighlight">\\(x\\)</span>'
    page.write_text(PAGE.replace("A page", formula), encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(lightening, "_remove", lambda html, names: None)
        lighten(site)
    assert "<mjx-container" in page.read_text(encoding="utf-8")
    sheet = (site / "_static/pages.css").read_text(encoding="utf-8")
    assert "mjx-c1D465" in sheet
    assert 'url("mathjax/output/chtml/fonts/woff-v2/MathJax_Main' in sheet


def test_what_nothing_loads_is_removed(site: Path) -> None:
    lighten(site)
    left = {p.relative_to(site).as_posix() for p in site.rglob("*") if p.is_file()}
    assert left == {
        "index.html",
        "book/a.html",
        *(f"_static/{name}" for name in ("pages.css", "doctools.js", "own.js")),
        "_static/scripts/bootstrap.js",
    }
    own = (site / "_static/own.js").read_text(encoding="utf-8")
    assert own == "work(); "


@pytest.mark.parametrize(
    ("element", "script"),
    [
        ('<div class="toggle">', "togglebutton.js"),
        ('<div class="sd-tab-set docutils">', "design-tabs.js"),
        ('<div id="search-results">', "searchindex.js"),
        ('<div class="highlight-python">', "copybutton.js"),
    ],
)
def test_a_script_stays_where_it_is_used(
    element: str, script: str, site: Path, change: Callable[[str, str], None]
) -> None:
    change("A page", element)
    change("</head>", f'<script src="../_static/{script}"></script></head>')
    if script == "searchindex.js":
        change("../_static/searchindex.js", "../searchindex.js")
    lighten(site)
    assert script in loaded(site)


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        (AUTO, "", "no longer sets up a page as lighten.py expects"),
        ("documentation_options", "options", "no longer sets up a page"),
        ("doctools.js", "new.js", r"new\.js is neither deferred nor known"),
        ("book.css", "none.css", "files are not as expected: .*none.css"),
    ],
)
def test_another_theme_is_refused(
    old: str, new: str, told: str, site: Path, change: Callable[[str, str], None]
) -> None:
    change(old, new)
    with pytest.raises(BuildError, match=told):
        lighten(site)


def test_sheets_in_two_orders_are_refused(site: Path) -> None:
    other = re.sub(r"(<link[^>]*theme.css[^>]*>)\s*(<link[^>]*>)", r"\2\1", PAGE)
    assert other != PAGE
    (site / "book/b.html").write_text(other, encoding="utf-8")
    with pytest.raises(BuildError, match="in different orders"):
        lighten(site)


@pytest.mark.parametrize(
    ("theme", "better"),
    [
        (
            '<div class="sidebar-primary-item">\n<a class="navbar-brand logo">',
            'role="navigation" aria-label="Home">',
        ),
        (
            '<button class="btn search-button-field" aria-label="Search" id="y">',
            '<button class="btn search-button-field" id="y">',
        ),
        ('<div class="citation" role="doc-biblioentry">', 'role="listitem"'),
        ('<th class="head"><p></p></th>', "<td></td>"),
        ('<th class="head text-right"><p>x</p></th>', '"><p>x</p></th>'),
    ],
)
def test_the_themes_html_is_mended(
    theme: str, better: str, site: Path, change: Callable[[str, str], None]
) -> None:
    change("A page", theme)
    lighten(site)
    assert better in (site / "book/a.html").read_text(encoding="utf-8")
