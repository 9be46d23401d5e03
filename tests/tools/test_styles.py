"""Style sheets made small: what goes, what stays, and that icons come along."""

from __future__ import annotations

import base64
import io
import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import sphinx_book_theme
from fontTools.ttLib import TTFont

from tools.files import BuildError
from tools.styles import Names, bundle, icon_font

if TYPE_CHECKING:
    from collections.abc import Callable

PAGE = '<main class="here also" id="top" style="width: var(--w)"><p>Text</p></main>'
SCRIPT = 'element.classList.add("made"); document.createElement("dialog")'


@pytest.fixture
def lean(tmp_path: Path) -> Callable[[str], str]:
    def make(text: str) -> str:
        folder = tmp_path / "_static"
        folder.mkdir(exist_ok=True)
        (folder / "a.css").write_text(text, encoding="utf-8")
        return bundle([folder / "a.css"], Names([PAGE], [SCRIPT]))

    return make


@pytest.mark.parametrize(
    "rule",
    [
        "p{color:red}",
        ".here.also>p:first-child{color:red}",
        '#top .made::before{content:"x"}',
        "dialog[open]{color:red}",
        "p:not(.elsewhere){color:red}",
        ":root{color:red}",
        "*{color:red}",
        "@media print{.here{color:red}}",
        '@font-face{font-family:"A";src:url("a.woff")}',
        ".here{animation:turn 1s}@keyframes turn{from{top:0}to{top:1px}}",
        ".here{--w:1px}",
        ".here{--a:1px;width:var(--a)}",
    ],
)
def test_a_rule_that_can_apply_stays(rule: str, lean: Callable[[str], str]) -> None:
    assert re.sub(r"\s", "", lean(rule)) == re.sub(r"\s", "", rule)


@pytest.mark.parametrize(
    "rule",
    [
        ".elsewhere{color:red}",
        ".here .elsewhere{color:red}",
        "#bottom p{color:red}",
        "table{color:red}",
        "main table p{color:red}",
        "@media print{.elsewhere{color:red}}",
        "@keyframes turn{from{top:0}to{top:1px}}",
        ".here{--unread:1px}",
        ".here{--a:var(--b)}.also{--b:1px}",
        "/* a comment */",
        '@font-face{font-family:"Font Awesome 6 Free";src:url("a.woff2")}',
    ],
)
def test_a_rule_that_cannot_apply_goes(rule: str, lean: Callable[[str], str]) -> None:
    assert re.sub(r"[^{}]*\{\}", "", lean(rule)) == ""


def test_of_several_selectors_those_that_can_apply_stay(
    lean: Callable[[str], str],
) -> None:
    assert lean("p, .elsewhere, .here { color: red; }") == "p,.here{color: red}"


def test_own_sheets_keep_their_rules(tmp_path: Path) -> None:
    sheet = tmp_path / "own.css"
    sheet.write_text(".made-at-run-time { color: red }", encoding="utf-8")
    assert bundle([sheet], Names([PAGE], [])) == ""
    assert bundle([sheet], Names([PAGE], []), {sheet}) == (
        ".made-at-run-time{color: red}"
    )


def test_addresses_and_imports_fit_the_new_place(tmp_path: Path) -> None:
    static = tmp_path / "_static"
    (static / "styles").mkdir(parents=True)
    files = {
        "styles/a.css": '@import "../b.css"; p { background: url(../img/x.png) }',
        "b.css": "@import url('styles/c.css'); main { background: url('y.png') }",
        "styles/c.css": 'p { background: url("data:image/svg+xml;a,b"), url(z.png) }',
    }
    for name, text in files.items():
        (static / name).write_text(text, encoding="utf-8")
    text = bundle([static / "styles/a.css"], Names([PAGE], []))
    assert re.findall(r'url\("(.*?)"\)', text) == [
        "data:image/svg+xml;a,b",
        "styles/z.png",
        "y.png",
        "img/x.png",
    ]


def test_a_sheet_that_cannot_be_read_is_named(lean: Callable[[str], str]) -> None:
    with pytest.raises(BuildError, match=r"a\.css cannot be read"):
        lean("p { color: red } main")


SOLID = (
    Path(sphinx_book_theme.__file__).parents[1]
    / "pydata_sphinx_theme/theme/pydata_sphinx_theme/static"
    / "vendor/fontawesome/webfonts/fa-solid-900.ttf"
)


def test_the_icon_font_holds_the_icons_that_are_named() -> None:
    rule = icon_font('a{content:"\uf303"}b{content:"\uf02e"}', SOLID)
    (data,) = re.findall(r"base64,([^\"]*)", rule)
    font = TTFont(io.BytesIO(base64.b64decode(data)))
    assert set(font.getBestCmap()) == {0xF303, 0xF02E}
    assert len(rule) < 3000


def test_an_icon_that_the_font_lacks_is_an_error() -> None:
    with pytest.raises(BuildError, match="lacks the icons e000"):
        icon_font('a{content:"\ue000"}', SOLID)
