"""Make the built pages light: ``tools.build`` runs this on what Sphinx has made.

The theme loads 800 kB (compressed) that no page of this book needs: an icon framework
for twenty icons, a search index on every page, widgets that are not used, and MathJax,
which then moves the text under the reader's eyes. Here the formulas are typeset once
for all, the style sheets become one with the rules that can apply, scripts no longer
hold up the text, and those that a page does not use go.

What the theme's files are is known for the pinned version only. Where a page does not
look as expected, the build fails and says so.
"""

from __future__ import annotations

import hashlib
import re
import shutil
from collections.abc import Iterable
from pathlib import Path

from tools.files import BuildError, tree
from tools.styles import Names, bundle, icon_font
from tools.typeset import formulas_of, set_page, typeset

# Scripts of the theme and of Sphinx by the sign of a page that uses them; None: all do.
SCRIPTS: dict[str, str | None] = {
    "doctools.js": None,
    "sphinx_highlight.js": None,
    "clipboard.min.js": 'class="highlight',
    "copybutton.js": 'class="highlight',
    "scripts/sphinx-book-theme.js": None,
    "scripts/bootstrap.js": None,
    "scripts/pydata-sphinx-theme.js": None,
    "togglebutton.js": r'class="(?:[^"]* )?toggle[ "]|class="admonition [^"]*dropdown',
    "design-tabs.js": 'class="sd-tab-set',
    "searchtools.js": 'id="search-results"',
    "language_data.js": 'id="search-results"',
    "searchindex.js": 'id="search-results"',
    # Icons come from a font instead, and formulas are typeset already.
    "scripts/fontawesome.js": "(?!)",
    "mathjax/tex-mml-chtml.js": "(?!)",
}
UNUSED = (
    "documentation_options.js",  # it is within the pages
    "mathjax/adaptors",
    "scripts/fontawesome.js.LICENSE.txt",
    "basic.css",
    "live/base.css",
    "sbt-webpack-macros.html",
    "webpack-macros.html",
    "styles",
    "vendor",
)
SHEET = "pages.css"
MATHEMATICS = "formulas.css"
SOLID = "vendor/fontawesome/webfonts/fa-solid-900.ttf"
# The theme's script comes late; without this a dark page would flash in light colours.
AUTO = re.compile(
    r"document\.documentElement\.dataset\.theme = "
    r'localStorage\.getItem\("theme"\) \|\| "(?:auto)?";'
)
AT_ONCE = """
    if (!["light", "dark"].includes(document.documentElement.dataset.mode))
      document.documentElement.dataset.theme =
        matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";"""

# What axe-core objects to in the theme's own HTML.
REPAIRS = {
    # A logo outside of every landmark.
    r'<div class="sidebar-primary-item">(?=\s*<a class="navbar-brand logo")': (
        '<div class="sidebar-primary-item" role="navigation" aria-label="Home">'
    ),
    # A name that is not the visible text, which has the shortcut too.
    r'(<button class="btn search-button-field[^>]*?) aria-label="Search"': r"\1",
    # The entry's role has been given up; a list wants list items.
    r'role="doc-biblioentry"': 'role="listitem"',
    # A header without words is no header.
    r'<th class="head[^>]*>(?:<p></p>)?</th>': "<td></td>",
}

_SCRIPT = re.compile(r'\s*<script[^>]*? src="(?P<address>[^"]*)"[^>]*></script>')
_SHEET = re.compile(r'\s*<link [^>]*?href="(?P<address>[^"]*\.css\b[^"]*)"[^>]*/>')
_PRELOAD = re.compile(r'\s*<link rel="preload" as="script"[^>]*/>')
_THEME_SHEET = re.compile(r"styles/|mystnb|pygments|togglebutton|copybutton|sphinx-")
_OPTIONS = re.compile(r'\s*<script src="[^"]*documentation_options\.js[^"]*"></script>')
_SETTING = re.compile(
    r"\s*<script>((?:DOCUMENTATION_OPTIONS\.|let toggle|var togglebutton).*?)</script>"
)
_MATHJAX = re.compile(r"\s*<script>window\.MathJax = .*?</script>")


def lighten(html: Path) -> None:
    """Rewrite the pages in a folder, and remove the files that they no longer load.

    Raises
    ------
    BuildError
        If the theme's files or a page are not as expected, or TeX cannot be read.
    """
    static = html / "_static"
    pages = {path: path.read_text(encoding="utf-8") for path in _pages(html)}
    try:
        pages = _with_formulas(pages, static)
        pages = {
            path: _with_early_settings(page, static) for path, page in pages.items()
        }
        sheets = _in_order([_sheets(page) for page in pages.values()])
        pages = {path: _repaired(page) for path, page in pages.items()}
        pages = {path: _with_lean_scripts(page) for path, page in pages.items()}
        scripts = {name for page in pages.values() for name in _scripts(page)}
        version = _write_sheet(html, sheets, pages.values(), scripts)
        for path, page in pages.items():
            path.write_text(_with_one_sheet(page, version), encoding="utf-8")
        _remove(html, [*sheets, *(SCRIPTS.keys() - scripts)])
    except OSError as error:
        raise BuildError(f"the theme's files are not as expected: {error}") from error


def _pages(html: Path) -> list[Path]:
    """Return the pages in the theme; the front door only leads to the first one."""
    found = [p for p in tree(html) if p.suffix == ".html" and "_static" not in p.parts]
    return sorted(p for p in found if p != html / "index.html")


def _with_formulas(pages: dict[Path, str], static: Path) -> dict[Path, str]:
    """Typeset the formulas of all pages; leave their style in a sheet of its own."""
    formulas = [f for page in pages.values() for f in formulas_of(page)]
    if not formulas:
        (static / MATHEMATICS).touch()
        return pages
    made, sheet = typeset(formulas, static / "mathjax")
    sheet = sheet.replace("FONTS/", "mathjax/output/chtml/fonts/woff-v2/")
    (static / MATHEMATICS).write_text(sheet, encoding="utf-8")
    return {path: set_page(page, made) for path, page in pages.items()}


def _repaired(page: str) -> str:
    for pattern, better in REPAIRS.items():
        page = re.sub(pattern, better, page)
    return page


def _with_lean_scripts(page: str) -> str:
    """Leave out what the page does not use, and let the rest wait for the text."""

    def leaner(match: re.Match[str]) -> str:
        name = _name(match["address"])
        if name not in SCRIPTS:
            if "defer" not in match[0]:
                raise BuildError(f"{name} is neither deferred nor known to lighten.py")
            return match[0]
        sign = SCRIPTS[name]
        if sign is not None and not re.search(sign, page):
            return ""
        late = "defer" in match[0]
        return match[0] if late else match[0].replace("<script", "<script defer", 1)

    return _SCRIPT.sub(leaner, _PRELOAD.sub("", _MATHJAX.sub("", page)))


def _with_early_settings(page: str, static: Path) -> str:
    """Put the page's settings before its style sheets, which a script waits for."""
    if len(AUTO.findall(page)) != 1 or len(_OPTIONS.findall(page)) != 1:
        raise BuildError("the theme no longer sets up a page as lighten.py expects")
    options = (static / "documentation_options.js").read_text(encoding="utf-8")
    settings = "\n".join([options.strip(), *_SETTING.findall(page)])
    page = _SETTING.sub("", _OPTIONS.sub("", page))
    start = page.index("  <!-- Loaded before other Sphinx assets -->")
    settings = f"  <script>\n{settings}\n  </script>\n"
    before = AUTO.sub(lambda match: match[0] + AT_ONCE, page[:start])
    return before + settings + page[start:]


def _write_sheet(
    html: Path, sheets: list[str], pages: Iterable[str], scripts: set[str]
) -> str:
    """Write one style sheet for all pages and return its version."""
    static = html / "_static"
    texts = [_file(html, name).read_text(encoding="utf-8") for name in sorted(scripts)]
    names = Names(pages, texts)
    own = {static / name for name in sheets if not _THEME_SHEET.match(name)}
    text = bundle((static / name for name in sheets), names, own)
    text += icon_font(text, static / SOLID)
    text += bundle([static / MATHEMATICS], names)
    (static / SHEET).write_text(text, encoding="utf-8")
    return hashlib.sha256(text.encode()).hexdigest()[:8]


def _with_one_sheet(page: str, version: str) -> str:
    """Put the one style sheet in the first one's place, and take the others out."""
    first = True

    def one(match: re.Match[str]) -> str:
        nonlocal first
        if not first:
            return ""
        first = False
        folder = match["address"].split("_static/")[0]
        return (
            f'\n  <link rel="stylesheet" href="{folder}_static/{SHEET}?v={version}" />'
        )

    return _SHEET.sub(one, page)


def _in_order(lists: Iterable[list[str]]) -> list[str]:
    """Return all names once, in an order that agrees with each list's."""
    merged: list[str] = []
    for names in sorted(lists, key=len, reverse=True):
        new = [name for name in names if name not in merged]
        if merged and new:
            raise BuildError(f"no page loads {', '.join(new)} beside the other sheets")
        merged = merged or names
        if [name for name in merged if name in names] != names:
            raise BuildError("two pages load their style sheets in different orders")
    return merged


def _remove(html: Path, names: Iterable[str]) -> None:
    """Remove files that nothing loads any more, and the maps of scripts."""
    static = html / "_static"
    for name in {*names, *UNUSED, MATHEMATICS}:
        path = _file(html, name)
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)
    for path in static.rglob("*.map"):
        path.unlink()
    for path in static.rglob("*.js"):
        text = path.read_text(encoding="utf-8")
        if "sourceMappingURL" in text:
            bare = re.sub(r"//# sourceMappingURL=.*", "", text)
            path.write_text(bare, encoding="utf-8")


def _sheets(page: str) -> list[str]:
    return [_name(match["address"]) for match in _SHEET.finditer(page)]


def _scripts(page: str) -> list[str]:
    return [_name(match["address"]) for match in _SCRIPT.finditer(page)]


def _name(address: str) -> str:
    """Return a file's name within ``_static``, or within the book."""
    path = re.sub(r"^(?:\.\./)*", "", address.partition("?")[0])
    return path.removeprefix("_static/")


def _file(html: Path, name: str) -> Path:
    return html / ("" if name == "searchindex.js" else "_static") / name
