"""Formulas typeset while the book is built: which are found, what becomes of them."""

from __future__ import annotations

import re

import pytest
from bs4 import BeautifulSoup

from tools.files import ROOT, BuildError
from tools.typeset import LONG, Formula, formulas_of, set_page, typeset

MATHJAX = ROOT / "book" / "_static" / "mathjax"
INLINE = '<p>Of <span class="math notranslate nohighlight">\\(a &lt; b\\)</span>.</p>'
APART = (
    '<div class="math notranslate nohighlight" id="equation-one">\n'
    '<span class="eqno">(1)<a class="headerlink" href="#equation-one">#</a></span>'
    "\\[\n\\frac{a}{b}\n\\]</div>"
)
ALIGNED = (
    '<div class="output text_latex math notranslate nohighlight">\n'
    "\\begin{align}a &amp;= b\\end{align}</div>"
)


def test_the_three_forms_are_found() -> None:
    assert formulas_of(INLINE + APART + ALIGNED) == [
        Formula("a < b", False),
        Formula("\n\\frac{a}{b}\n", True),
        Formula("\\begin{align}a &= b\\end{align}", True),
    ]


def test_a_formula_of_another_form_is_an_error() -> None:
    for other in (
        '<span class="math notranslate nohighlight">$x$</span>',
        '<p id="x" class="output math">\\(x\\)</p>',
    ):
        with pytest.raises(BuildError, match="2 formulas are marked, but 1 of them"):
            formulas_of(INLINE + other)


def test_a_page_keeps_all_but_the_tex() -> None:
    page = INLINE.replace("</span>.", "</span> .") + APART
    made = dict.fromkeys(formulas_of(page), "SET")
    assert set_page(page, made) == re.sub(
        r"\\\(.*?\\\)|\\\[.*?\\\]", "SET", page, flags=re.DOTALL
    )


def test_what_follows_a_formula_stays_on_its_line() -> None:
    source = INLINE.replace("</span>.", "</span>-th, <em>or</em>") + APART + "."
    page = set_page(source, dict.fromkeys(formulas_of(source), "SET"))
    assert '<p>Of <span class="ce-whole"><span class="math ' in page
    assert "SET</span>-th,</span> <em>" in page
    assert page.endswith("SET</div>.")


def test_a_long_formula_within_a_line_is_marked() -> None:
    glyphs = {n: '<mjx-c class="x"></mjx-c>' * n for n in (LONG, LONG + 1)}
    short, long = (
        set_page(INLINE, dict.fromkeys(formulas_of(INLINE), made))
        for made in glyphs.values()
    )
    assert "ce-long" not in short
    assert '<span class="ce-long"><span class="math' in long
    assert long.endswith("</span></span>.</p>")
    apart = set_page(APART, dict.fromkeys(formulas_of(APART), glyphs[LONG + 1]))
    assert "ce-long" not in apart


def test_mathematics_is_set_for_eye_and_ear() -> None:
    formula = Formula(r"\frac{a}{b}", True)
    made, sheet = typeset([formula, formula], MATHJAX)
    page = BeautifulSoup(made[formula], "html.parser")
    outer = page.select_one("mjx-container")
    assert outer is not None
    assert outer["display"] == "true"
    assert page.select_one("mjx-math[aria-hidden=true] mjx-mfrac")
    spoken = page.select_one("mjx-assistive-mml math mfrac")
    assert spoken is not None
    assert [tag.get_text() for tag in spoken.find_all("mi")] == ["a", "b"]
    # Glyphs that occur are in the style sheet, and only they.
    assert "mjx-c1D44E" in sheet
    assert "mjx-c1D44F" in sheet
    assert "mjx-c1D450" not in sheet
    assert "FONTS/MathJax_Math-Italic.woff" in sheet


@pytest.mark.parametrize("tex", [r"\frac{a}", r"\nosuchcommand"])
def test_tex_that_cannot_be_read_is_named(tex: str) -> None:
    with pytest.raises(BuildError, match="TeX that cannot be read") as raised:
        typeset([Formula("a", False), Formula(tex, False)], MATHJAX)
    assert str(raised.value).endswith(tex)
