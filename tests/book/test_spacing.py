"""A line never breaks between a number and its per cent sign, nor around a ±."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from bs4 import BeautifulSoup

from tests.book import small_book
from tools.chapters import Book

if TYPE_CHECKING:
    from pathlib import Path

HELD = "\N{NO-BREAK SPACE}"
TEXT = """# A

Gains *3* ± *4* % of 5 %, as `6 % 4` does. $7 \\%$ are left, 8 %d.

```python
9 % 2
```
"""


def test_spaces_are_held_in_prose_and_nowhere_else(tmp_path: Path) -> None:
    pages, warnings = small_book.build(
        tmp_path, {"a": TEXT}, ["myst_parser", "ce_spacing"]
    )
    assert warnings == ""
    prose = pages["a"].select_one("section p")
    code = pages["a"].find("pre")
    assert prose is not None
    assert code is not None
    line = f"Gains 3{HELD}±{HELD}4{HELD}% of 5{HELD}%, as 6 % 4 does."
    assert line in prose.get_text()
    assert prose.get_text().endswith("are left, 8 %d.")
    assert code.get_text().strip() == "9 % 2"


@pytest.mark.book
def test_no_page_has_a_number_apart_from_its_sign(book: Book) -> None:
    seen = 0
    for name in book.pages:
        page = BeautifulSoup(
            (book.html / f"{name}.html").read_text(encoding="utf-8"), "html.parser"
        )
        article = page.find("article")
        assert article is not None
        for made in article.select("pre, code, math, svg, script, .math"):
            made.decompose()
        text = article.get_text()
        seen += text.count(f"{HELD}%")
        assert not re.search(r"\d\s*[ \n]%(?!\w)|± | ±", text), name
    assert seen > 100
