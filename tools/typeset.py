"""Typeset formulas while the book is built, so that no reader waits for it.

MathJax runs in QuickJS, a small JavaScript engine, on its own light DOM. What it makes
is HTML with a style sheet for the glyphs that occur, and MathML for screen readers.
"""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import NamedTuple

import quickjs

from tools.files import BuildError

# How Sphinx marks a formula: \(...\) within a line, \[...\] or an environment apart.
MARKED = re.compile(
    r'(<(?P<tag>span|div) class="(?:[^"]* )?math notranslate nohighlight"[^>]*>\s*'
    r'(?:<span class="eqno">.*?</a></span>)?)'
    r"(?P<tex>\\\(.*?\\\)|\\\[.*?\\\]|\\begin\{.*?\})\s*</(?P=tag)>"
    r"(?P<mark>(?<=</span>)[^\s<]{1,20})?",
    re.DOTALL,
)
ANY = re.compile(r'<\w+ [^>]*?class="(?:[^"]* )?math[ "]')
# A phone's line holds about as many glyphs.
LONG = 24
# What MathJax expects of its surroundings.
SHELL = r"""
globalThis.process = { env: { SRE_JSON_PATH: "-" } };
globalThis.require = () => ({
  DOMImplementation: class { createDocument() { return {}; } },
  install() {},
});
globalThis.setTimeout = () => 0;
globalThis.console = { log() {}, info() {}, warn() {}, error() {} };
globalThis.MathJax = { startup: { ready() {}, typeset: false } };
"""
DRIVER = r"""
const parts = MathJax._;
const adaptor = parts.adaptors.liteAdaptor.liteAdaptor();
const handler = parts.handlers.html_ts.RegisterHTMLHandler(adaptor);
parts.a11y["assistive-mml"].AssistiveMmlHandler(handler);
const output = new parts.output.chtml_ts.CHTML({ fontURL: "FONTS", adaptiveCSS: true });
const page = parts.mathjax.mathjax.document("", {
  InputJax: new parts.input.tex_ts.TeX({ packages: ["base", "ams", "newcommand"] }),
  OutputJax: output,
});
const one = ([tex, display]) => adaptor.outerHTML(page.convert(tex, { display }));
// As JSON, because the engine hands over flat strings only.
globalThis.all = (formulas) => JSON.stringify(JSON.parse(formulas).map(one));
globalThis.sheet = () => JSON.stringify(adaptor.textContent(output.styleSheet(page)));
"""


class Formula(NamedTuple):
    """TeX, and whether it stands apart from the text."""

    tex: str
    display: bool


def formulas_of(page: str) -> list[Formula]:
    """Return the formulas of a page that are not typeset yet.

    Raises
    ------
    BuildError
        If a formula is marked in a way that this module does not know.
    """
    found = [_formula(match) for match in MARKED.finditer(page)]
    marked = len(ANY.findall(page))
    if len(found) != marked:
        raise BuildError(
            f"{marked} formulas are marked, but {len(found)} of them as \\(...\\), "
            "\\[...\\] or an environment"
        )
    return found


def set_page(page: str, typeset: Mapping[Formula, str]) -> str:
    """Return the page with each formula replaced by its typeset form.

    A browser breaks the line after a formula, even before a full stop; not here. A
    formula within a line that a phone's line cannot hold is marked, to scroll there.
    """

    def one(match: re.Match[str]) -> str:
        formula, mark = _formula(match), match["mark"] or ""
        made = f"{match[1]}{typeset[formula]}</{match['tag']}>"
        if not formula.display and made.count("<mjx-c ") > LONG:
            return f'<span class="ce-long">{made}</span>{mark}'
        return f'<span class="ce-whole">{made}{mark}</span>' if mark else made

    return MARKED.sub(one, page)


def typeset(
    formulas: Iterable[Formula], mathjax: Path
) -> tuple[dict[Formula, str], str]:
    """Return the HTML of each formula, and one style sheet for all of them.

    Parameters
    ----------
    formulas : iterable of Formula
        In any order, with repetitions.
    mathjax : Path
        The folder with MathJax's scripts.

    Returns
    -------
    tuple of dict and str
        In the style sheet, ``FONTS/`` stands for the folder of the fonts.

    Raises
    ------
    BuildError
        If TeX cannot be read, with all the formulas that could not.
    """
    wanted = sorted(set(formulas))
    engine = quickjs.Context()
    scripts = ("tex-mml-chtml.js", "adaptors/liteDOM.js")
    sources = [(mathjax / name).read_text(encoding="utf-8") for name in scripts]
    for source in (SHELL, *sources, DRIVER):
        engine.eval(f"{source}\n;0")
    made: list[str] = json.loads(engine.get("all")(json.dumps(wanted)))
    wrong = [f.tex for f, text in zip(wanted, made, strict=True) if "merror" in text]
    if wrong:
        raise BuildError("TeX that cannot be read: " + "; ".join(wrong))
    return dict(zip(wanted, made, strict=True)), json.loads(engine.get("sheet")())


def _formula(match: re.Match[str]) -> Formula:
    tex = html.unescape(match["tex"])
    if tex.startswith("\\begin"):
        return Formula(tex, True)
    return Formula(tex[2:-2], tex.startswith("\\["))
