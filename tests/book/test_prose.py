"""No result in the chapters is typed by hand, and the prose keeps the book's style."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest

from tests.book import prose
from tools.chapters import Book
from tools.files import ROOT

BOOK = Book(ROOT)
ALLOWED: list[dict[str, Any]] = tomllib.loads(
    Path(__file__).with_name("definitions.toml").read_text(encoding="utf-8")
)["phrase"]

FILLER = re.compile(
    r"\b(?:simply|obviously|of course|it is important to note"
    r"|it should be noted|it is worth noting|needless to say|let[’']s dive"
    r"|dive into|delv(?:e|es|ing)|in today[’']s world|game.changer)\b",
    re.IGNORECASE,
)
EMOJI = re.compile("[\U0001f300-\U0001faff\u2600-\u27bf\ufe0f]")


def page_of(name: str) -> prose.Page:
    return prose.read(BOOK.source(name).read_text(encoding="utf-8"))


def phrases(name: str) -> list[str]:
    return [entry["text"] for entry in ALLOWED if name in entry["pages"]]


each_page = pytest.mark.parametrize("name", BOOK.pages)


@each_page
def test_no_decimal_is_typed_by_hand(name: str) -> None:
    found = prose.decimals(page_of(name), phrases(name))
    assert not found, (
        f"{name}.md: glue these results, or name a definition in definitions.toml: "
        f"{[f'line {word.line}: {word.text}' for word in found]}"
    )


@pytest.mark.parametrize("entry", ALLOWED, ids=lambda entry: entry["text"])
def test_each_allowed_phrase_is_needed_and_has_a_reason(entry: dict[str, Any]) -> None:
    assert len(entry["reason"]) > 10
    assert re.search(r"\d", entry["text"])
    for name in entry["pages"]:
        assert prose.phrase_pattern(entry["text"]).search(page_of(name).prose), name


@each_page
def test_each_glued_key_is_used_and_each_used_key_is_glued(name: str) -> None:
    found = prose.glue_faults(page_of(name))
    assert not found, f"{name}.md: {[f'line {w.line}: {w.text}' for w in found]}"


@each_page
def test_code_lines_fit_the_page(name: str) -> None:
    wide = [
        cell.line + number
        for cell in page_of(name).cells
        for number, line in enumerate(cell.text.splitlines())
        if len(line) > 88
    ]
    assert not wide, f"{name}.md: lines of code over 88 characters: {wide}"


@each_page
def test_prose_has_no_filler(name: str) -> None:
    found = [*page_of(name).words(FILLER), *page_of(name).words(EMOJI)]
    assert not found, f"{name}.md: {[f'line {w.line}: {w.text}' for w in found]}"


@each_page
def test_each_picture_has_alt_text(name: str) -> None:
    silent = [word.line for word in page_of(name).pictures if not word.text]
    assert not silent, f"{name}.md: pictures without alt text on lines {silent}"


def test_every_chapter_is_in_the_table_of_contents() -> None:
    on_disk = {
        str(path.relative_to(ROOT).with_suffix(""))
        for path in (ROOT / "book").rglob("*.md")
        if not any(part.startswith(("_", ".")) for part in path.parts)
    }
    assert on_disk == set(BOOK.pages)


# The rules themselves: each fails on a bad sample and passes on a good one.

HEAD = "---\nfile_format: mystnb\nversion: 0.13\n---\n# Title\n\n"


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("The loss is 0.46.", "0.46"),
        ("The loss is\n.5 nats.", ".5"),
        ("It falls to −0.464.", "0.464"),
        ("That is 73.1 % of them.", "73.1 %"),
        ("That is 73 % of them.", "73 %"),
        ("About 73 per cent.", "73"),
        ("A step of 1e-7.", "1e-7"),
        ("A perplexity of 1,024.5.", "1,024.5"),
        ("# The answer is 2.303", "2.303"),
        ("| a | b |\n|---|---|\n| 1 | 0.25 |", "0.25"),
        (":::{note} Of 0.25\nText.\n:::", "0.25"),
        (":::{glue:figure} fig\n:name: fig-0.5\n\nIt falls to 0.25.\n:::", "0.25"),
        ("```{live-figure} a\n:alt: A bar of 0.25.\n```", "0.25"),
        (":::{solution-start} ex\n:::\nIt is 0.25.\n:::{solution-end}\n:::", "0.25"),
        ("The cost of $x$ is 0.25 and of $y$ less.", "0.25"),
        ("[a loss of 0.25](softmax.md)", "0.25"),
        ("`code` gives 0.25 and `more`", "0.25"),
        ("> quoted 0.25", "0.25"),
    ],
)
def test_a_typed_number_is_found(text: str, number: str) -> None:
    found = prose.decimals(prose.read(HEAD + text))
    assert [word.text for word in found] == [number]
    line = (HEAD + text).split("\n")[found[0].line - 1]
    assert number in line


@pytest.mark.parametrize(
    "text",
    [
        "The loss is {glue:text}`loss:.3f` nats.",
        "The logits $(1, 2, 0.5)$ are\n$$0.5 + 0.25$$ (eq-0.5)\n",
        "\\begin{align}\n0.5 &= x\n\\end{align}",
        "`0.5` and ``a `0.5` b``",
        "```{code-cell}\n:tags: [hide-input]\nx = 0.5\n```",
        "```python\nx = 0.5\n```",
        "~~~\n0.5\n~~~",
        ":::{math}\n:label: eq-0.5\n0.5\n:::",
        "[text](page.md#section-0.5) and <https://example.org/0.5>",
        "See {cite:p}`shannon1948.5` and {numref}`fig-0.5`.",
        "(target-0.5)=\n## Heading",
        "<!-- 0.5 -->\n% 0.5",
        "Chapter 3 has 12 pages and 100,000 words.",
        "It ends with 5.\n\n6 is next; v2.0 is a name.",
        ":::{glue:figure} fig\n:name: fig-0.5\n:width: 50%\n\nA caption.\n:::",
    ],
)
def test_what_is_no_typed_result_passes(text: str) -> None:
    assert prose.decimals(prose.read(HEAD + text)) == []


def test_an_allowed_phrase_covers_itself_only() -> None:
    page = prose.read("Logits (1, 2,\n0.5) give 0.5 and 10.5.")
    found = prose.decimals(page, ["(1, 2, 0.5)"])
    assert [word.text for word in found] == ["0.5", "10.5"]
    assert [w.text for w in prose.decimals(page, ["0.5"])] == ["10.5"]


CELL = "```{code-cell} ipython3\n:tags: [remove-cell]\n\nx = 1\n%s\n```\n"


@pytest.mark.parametrize(
    ("code", "text", "fault"),
    [
        ("numbers(loss=x)", "", "'loss' is glued but never used"),
        ("", "{glue:text}`loss:.3f`", "'loss' is used but never glued"),
        ("", ":::{glue:figure} fig\nA caption.\n:::", "'fig' is used but never glued"),
        ("show('fig', x)", "", "'fig' is glued but never used"),
        ("glue('loss', x, display=False)", "", "'loss' is glued but never used"),
        ("numbers(a=x)\nnumbers(a=2)", "{glue:text}`a`", "'a' is glued twice"),
        ("numbers(**x)", "", "the keys of numbers(**x) cannot be read"),
        ("glue(f'{x}', x)", "", "the keys of glue(f'{x}', x) cannot be read"),
    ],
)
def test_a_faulty_key_is_found(code: str, text: str, fault: str) -> None:
    page = prose.read(HEAD + CELL % code + text)
    assert [word.text for word in prose.glue_faults(page)] == [fault]


def test_keys_that_fit_pass_with_their_lines() -> None:
    code = CELL % "numbers(\n    a=x,\n    b=x,\n)\nshow('fig', x)"
    text = (
        "{glue:text}`a:.3f` and {glue:text}`b`\n"
        ":::{glue:figure} fig\nWith {glue:text}`a` and $x$.\n:::"
    )
    page = prose.read(HEAD + code + text)
    assert prose.glue_faults(page) == []
    assert [word.text for word in page.used] == ["fig", "a", "b", "a"]
    source = (HEAD + code).split("\n")
    assert "show" in source[prose.glued(page).keys[-1].line - 1]


def test_keys_in_a_solution_and_a_comment() -> None:
    solution = ":::{solution-start} ex\n:::\n" + CELL % "numbers(a=x)"
    page = prose.read(solution + "{glue:text}`a`\n:::{solution-end}\n:::")
    assert prose.glue_faults(page) == []


@pytest.mark.parametrize("text", ["It is simply so.", "Let's dive in.", "We delve."])
def test_filler_is_found(text: str) -> None:
    assert list(prose.read(text).words(FILLER))


def test_filler_in_code_and_in_other_words_passes() -> None:
    page = prose.read("`simply` and simplicity, a simplex, a nuclear event.")
    assert list(page.words(FILLER)) == []


@pytest.mark.parametrize(
    ("text", "alt"),
    [
        ("![](a.svg)", ""),
        ("![Three bars](a.svg)", "Three bars"),
        (":::{figure} a.svg\n:name: x\n\nCaption.\n:::", ""),
        (":::{live-figure} a\n:name: x\n:alt: Three bars\n:::", "Three bars"),
    ],
)
def test_alt_text_is_read(text: str, alt: str) -> None:
    assert [word.text for word in prose.read(text).pictures] == [alt]
