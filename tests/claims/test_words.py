"""The book says of each claim what the tests of the facts say."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

from . import test_claims

HERE = Path(__file__).parent
BOOK = HERE.parents[1] / "book"
CLAIMS = tomllib.loads((HERE / "claims.toml").read_text("utf-8"))
VERDICTS = {
    "true",
    "false",
    "condition",
    "clarify",
    "answer",
    "worked",
    "outdated",
    "rounding",
}


def section(label: str) -> str:
    """Return the text from a label to the next heading of the same level."""
    for page in BOOK.glob("*.md"):
        _, found, after = page.read_text("utf-8").partition(f"\n({label})=\n")
        if found:
            heading, _, body = after.partition("\n")
            hashes = heading.split(" ")[0]
            return re.split(rf"^{hashes} ", body, maxsplit=1, flags=re.MULTILINE)[0]
    raise AssertionError(f"no section ({label})= in the book")


def plain(text: str) -> str:
    """Return text without its links to the glossary, which are no words."""
    return re.sub(r"\{term\}`([^`<]*?)(?:\s*<[^>`]*>)?`", r"\1", text)


@pytest.mark.parametrize("claim", CLAIMS)
def test_the_book_says_it_where_it_belongs(claim: str) -> None:
    entry = CLAIMS[claim]
    assert entry["verdict"] in VERDICTS
    if "page" in entry:
        text = (BOOK / f"{entry['page']}.md").read_text("utf-8")
    else:
        text = section(entry["section"])
    assert plain(entry["words"]) in plain(text)


@pytest.mark.parametrize("claim", CLAIMS)
def test_each_claim_has_a_test_of_its_facts(claim: str) -> None:
    assert any(name.startswith(f"test_{claim}_") for name in vars(test_claims))


@pytest.mark.parametrize(
    "claim", [c for c, e in CLAIMS.items() if e["verdict"] in {"false", "condition"}]
)
def test_what_is_false_or_conditional_is_listed_among_the_corrections(
    claim: str,
) -> None:
    listed = (BOOK / "corrected.md").read_text("utf-8")
    assert f"{{ref}}`{CLAIMS[claim]['section']}`" in listed
