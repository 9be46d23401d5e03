"""Each chapter links a term of the glossary where it first uses it."""

from __future__ import annotations

import re
from typing import NamedTuple

import pytest
import yaml

from tests.book import prose
from tools.chapters import Book
from tools.files import ROOT

BOOK = Book(ROOT)
# Words of a term that mean something else on a page.
OTHER_SENSE = {("book/floating-point", "bit")}  # a float's bits, not information's
ROLE = re.compile(r"\{term\}`(?:[^`<]*<)?([^`<>]+)>?`")


class Missing(NamedTuple):
    """A first use without a link."""

    line: int
    column: int
    used: str
    term: str

    def __str__(self) -> str:
        link = self.used if self.used == self.term else f"{self.used} <{self.term}>"
        return f"line {self.line}: write {{term}}`{link}`"


def glossary() -> list[str]:
    """Return the glossary's terms, the longest first."""
    text = BOOK.source("book/glossary").read_text(encoding="utf-8")
    block = text.partition(":::{glossary}")[2]
    found = re.findall(r"^([^\s:][^\n]*)\n {4}", block, re.MULTILINE)
    return sorted(found, key=len, reverse=True)


def pattern(term: str) -> re.Pattern[str]:
    """Return what finds a term, in the singular or the plural, as a whole word."""
    stem = re.escape(term.removesuffix("s") if term == "logits" else term)
    return re.compile(rf"(?<![\w-]){stem}s?(?![\w-])", re.IGNORECASE)


def missing(name: str, text: str, terms: list[str]) -> list[Missing]:
    """Return the terms that a page uses in a paragraph before it links them.

    A link in the same paragraph will do. Headings, the question at the top, lists,
    tables, captions' options and quotations are no place for one.
    """
    raw = text.split("\n")
    lines = prose.read(text).prose.split("\n")
    linked: dict[str, int] = {}
    for number, line in enumerate(raw):
        for term in ROLE.findall(line):
            linked.setdefault(term.strip().lower(), number)
    found = []
    for term in terms:
        if (name, term) in OTHER_SENSE:
            continue
        for number, line in enumerate(lines):
            if raw[number].lstrip().startswith(("#", ">", "|", ":", "- ")):
                continue
            match = pattern(term).search(line)
            if match:
                if linked.get(term.lower(), len(raw)) > number:
                    used = raw[number][match.start() : match.end()]
                    found.append(Missing(number + 1, match.start(), used, term))
                break
    return found


def chapters() -> list[str]:
    """Return the chapters that are read in order: not those of the reference part."""
    contents = yaml.safe_load((ROOT / "_toc.yml").read_text(encoding="utf-8"))
    reference = {
        entry["file"]
        for part in contents["parts"]
        if part["caption"] == "Reference"
        for entry in part["chapters"]
    }
    assert reference
    return [c.name for c in BOOK.chapters() if c.name not in reference]


@pytest.mark.parametrize("name", chapters())
def test_a_term_is_linked_where_it_is_first_used(name: str) -> None:
    text = BOOK.source(name).read_text(encoding="utf-8")
    found = missing(name, text, glossary())
    assert not found, f"{name}.md:\n" + "\n".join(map(str, found))


@pytest.mark.parametrize("entry", sorted(OTHER_SENSE))
def test_each_exception_is_needed(entry: tuple[str, str]) -> None:
    name, term = entry
    text = BOOK.source(name).read_text(encoding="utf-8")
    assert missing("", text, [term])


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Some entropy.", "line 1: write {term}`entropy`"),
        ("A.\n\nTwo Nats, {term}`nat`.", ""),
        ("Two nats.\n\nThen a {term}`nat`.", "line 1: write {term}`nats <nat>`"),
        ("{term}`Entropies <entropy>`.\n\nEntropy.", ""),
        ("# Entropy\n\n> Entropy?\n\n- entropy\n\n| entropy |", ""),
        ("`entropy` and $entropy$ and {ref}`entropy`", ""),
        ("The cross-entropy, the logit.", "line 1: write {term}`logit <logits>`"),
        ("```python\nentropy\n```\nEntropic.", ""),
    ],
)
def test_the_rule(text: str, expected: str) -> None:
    found = missing("", text, ["entropy", "nat", "logits"])
    assert "\n".join(map(str, found)) == expected


def test_the_glossary_is_read() -> None:
    assert {"logits", "cross-entropy", "KL divergence", "nat"} <= set(glossary())
