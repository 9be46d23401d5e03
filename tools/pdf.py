"""Print the whole book: ``python -m tools.pdf``.

The articles of the built pages are joined, in the book's order, into one document,
which a headless Chromium prints with an outline, page numbers and tags. Solutions stand
open, and the static pictures stand in for the live figures.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import urlsplit

from bs4 import BeautifulSoup

from tools.browser import HOW_TO_GET, Visit, chromium, find_browser
from tools.chapters import Book
from tools.files import ROOT

FOOTER = (
    '<div style="width:100%;font-size:8px;text-align:center;color:#57606a">'
    '<span class="pageNumber"></span> / <span class="totalPages"></span></div>'
)
STYLE = """
article > section { break-before: page; }
article:first-of-type > section { break-before: auto; }
a.headerlink, .copybtn, .toggle-button { display: none !important; }
"""


def join(book: Book) -> str:
    """Return one HTML document with the articles of all pages.

    Anchors get the page's name in front, so that those of two pages never meet, and
    links between pages become links within the document.
    """
    first = _soup(book, book.pages[0])
    head = first.head
    if head is None:
        raise ValueError(f"{book.pages[0]}.html has no head")
    for script in head.find_all("script"):
        if "mathjax" not in str(script).lower():
            script.decompose()
    articles = []
    for name in book.pages:
        soup = _soup(book, name)
        article = soup.select_one("article.bd-article")
        if article is None:
            raise ValueError(f"{name}.html has no article")
        for script in article.find_all("script"):
            script.decompose()
        for tag in article.find_all(id=True):
            tag["id"] = f"{name}/{tag['id']}"
        for tag in article.find_all(href=True):
            tag["href"] = _within(book, name, str(tag["href"]))
        for folded in article.select("details.solution"):
            folded["open"] = ""
        article["id"] = name
        articles.append(str(article))
    mathematics = [str(s) for s in first.find_all("script") if "MathJax" in str(s)]
    return (
        f'<!doctype html><html lang="en" data-theme="light">{head}'
        f"<style>{STYLE}</style><body>{''.join(articles)}{''.join(mathematics)}"
        "</body></html>"
    )


def write(book: Book, target: Path) -> int:
    """Print the book into a file, written beside and renamed; return its pages.

    Raises
    ------
    FileNotFoundError
        If there is no browser, or the book is not built.
    """
    program = find_browser()
    if program is None:
        raise FileNotFoundError(HOW_TO_GET)
    if not (book.html / f"{book.pages[0]}.html").is_file():
        raise FileNotFoundError("the book is not built; run make book")
    joined = book.html / Path(book.pages[0]).parent / ".print.html"
    beside = target.with_suffix(".part")
    try:
        joined.write_text(join(book), encoding="utf-8")
        with chromium(program) as browser:
            visit = Visit(browser, "file://", color_scheme="light")
            visit.open(joined.as_uri()).pdf(
                path=beside,
                format="A4",
                print_background=True,
                display_header_footer=True,
                header_template="<span></span>",
                footer_template=FOOTER,
                margin={
                    "top": "16mm",
                    "bottom": "18mm",
                    "left": "16mm",
                    "right": "16mm",
                },
                outline=True,
                tagged=True,
            )
            visit.close()
        beside.replace(target)
    finally:
        joined.unlink(missing_ok=True)
        beside.unlink(missing_ok=True)
    return count_pages(target.read_bytes())


def count_pages(pdf: bytes) -> int:
    """Return the number of pages of a PDF that Chromium wrote."""
    return pdf.count(b"/Type /Page\n")


def _soup(book: Book, name: str) -> Any:
    text = (book.html / f"{name}.html").read_text(encoding="utf-8")
    return BeautifulSoup(text, "html.parser")


def _within(book: Book, name: str, href: str) -> str:
    """Turn a link of a page into a link within the joined document."""
    parts = urlsplit(href)
    if parts.scheme or parts.netloc:
        return href
    if not parts.path:
        return f"#{name}/{parts.fragment}" if parts.fragment else f"#{name}"
    place = os.path.normpath(PurePosixPath(name).parent / parts.path)
    page = place.removesuffix(".html")
    if page not in book.pages:
        return href
    return f"#{page}/{parts.fragment}" if parts.fragment else f"#{page}"


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the built book."""
    parser = argparse.ArgumentParser(description=__doc__)
    book = Book(ROOT)
    default = book.build / "softmax-cross-entropy.pdf"
    parser.add_argument("--to", type=Path, default=default)
    target = parser.parse_args(arguments).to
    try:
        pages = write(book, target)
    except FileNotFoundError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    print(f"{target}: {pages} pages")
    return 0


if __name__ == "__main__":
    sys.exit(main())
