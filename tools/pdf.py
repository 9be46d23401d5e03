"""Print the whole book: ``python -m tools.pdf``.

The articles of the built pages are joined, in the book's order, into one document,
which a headless Chromium prints with an outline, page numbers and tags. A cover comes
first, the static pictures stand in for the live figures, and the solutions are moved to
the end. The Welcome page then offers the file, until the pages are made anew.
"""

from __future__ import annotations

import argparse
import os
import shutil
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import urlsplit

from bs4 import BeautifulSoup, Tag
from bs4.filter import SoupStrainer
from pypdf import PdfReader, PdfWriter
from pypdf.generic import NameObject, TextStringObject

from tools.browser import HOW_TO_GET, Visit, chromium, find_browser
from tools.build import renew_record
from tools.chapters import Book
from tools.files import ROOT, write_atomically

NAME = "softmax-cross-entropy.pdf"
COVER = "book/_static/cover.svg"
FOOTER = (
    '<div style="width:100%;font-size:8px;text-align:center;color:#57606a">'
    '<span class="pageNumber"></span> / <span class="totalPages"></span></div>'
)
STYLE = """
article > section { break-before: page; }
/* Who searches the file for "float" must find it. */
body { font-variant-ligatures: none; }
a.headerlink, .copybtn, .toggle-button, details.hide { display: none !important; }
pre { font-size: 9pt !important; }
ul.ce-index { columns: 2; }
h1, h2, h3, h4, dt { break-after: avoid; }
.ce-cover { text-align: center; }
.ce-cover svg { height: auto; margin: 25mm auto 20mm; width: 120mm; }
.ce-cover p { font-size: 1.25rem; }
.ce-cover .title { font-size: 2.75rem; line-height: 1.2; }
"""


def join(book: Book) -> str:
    """Return one HTML document with a cover, the articles of all pages, and solutions.

    Anchors get the page's name in front, so that those of two pages never meet, and
    links between pages become links within the document.
    """
    first = _soup(book, book.pages[0])
    head = first.head
    if head is None:
        raise ValueError(f"{book.pages[0]}.html has no head")
    if head.title is not None:
        head.title.string = str(book.config["title"])
    for script in head.find_all("script"):
        if "mathjax" not in str(script).lower():
            script.decompose()
    articles, solutions = [], []
    for name in book.pages:
        article = _article(book, name)
        solutions += _take_solutions(article)
        articles.append(str(article))
    if solutions:
        sections = "".join(solutions)
        articles.append(
            '<article class="bd-article" id="solutions"><section id="solutions/all">'
            f"<h1>Solutions</h1>{sections}</section></article>"
        )
    mathematics = [str(s) for s in first.find_all("script") if "MathJax" in str(s)]
    return (
        f'<!doctype html><html lang="en" data-theme="light">{head}'
        f"<style>{STYLE}</style><body>{_cover(book)}{''.join(articles)}"
        f"{''.join(mathematics)}</body></html>"
    )


def _article(book: Book, name: str) -> Tag:
    """Return a page's article, its anchors and links fit for the joined document."""
    article = _soup(book, name).select_one("article.bd-article")
    if article is None:
        raise ValueError(f"{name}.html has no article")
    for script in article.find_all("script"):
        script.decompose()
    for offer in article.select(".ce-pdf"):
        offer.decompose()  # whoever reads this has the file
    for tag in article.find_all(id=True):
        tag["id"] = f"{name}/{tag['id']}"
    for tag in article.find_all(href=True):
        tag["href"] = _within(book, name, str(tag["href"]))
    _follow(article, name)
    article["id"] = name
    return article


def _follow(article: Tag, name: str) -> None:
    """Let what points at an anchor in other ways than a link find it by its new name.

    Without that a picture loses its markers, its clipped areas and its description.
    """
    for tag in article.find_all(True):
        for key, value in tag.attrs.items():
            if not isinstance(value, str):
                continue
            if key == "xlink:href" and value.startswith("#"):
                tag[key] = f"#{name}/{value[1:]}"
            elif key in ("aria-labelledby", "aria-describedby", "for"):
                tag[key] = " ".join(f"{name}/{anchor}" for anchor in value.split())
            elif "url(#" in value:
                tag[key] = value.replace("url(#", f"url(#{name}/")


def _take_solutions(article: Tag) -> list[str]:
    """Take the solutions out of an article, a link in place of each."""
    taken = []
    for folded in article.select("details.solution"):
        anchor = str(folded["id"])
        label = anchor.removesuffix("-solution")
        exercise = article.find(id=label)
        title = exercise.find(class_="admonition-title") if exercise else None
        body = folded.select_one(".solution-body")
        words = title.decode_contents() if isinstance(title, Tag) else label
        taken.append(
            f'<section class="solution" id="{anchor}"><h3><a href="#{label}">{words}'
            f"</a></h3>{body.decode_contents() if body else ''}</section>"
        )
        link = f'<p class="ce-solution"><a href="#{anchor}">The solution</a></p>'
        folded.replace_with(BeautifulSoup(link, "html.parser"))
    if taken:
        heading = article.find("h1")
        for mark in heading.select(".headerlink") if isinstance(heading, Tag) else []:
            mark.decompose()
        page = heading.decode_contents() if isinstance(heading, Tag) else ""
        taken.insert(0, f"<h2>{page}</h2>")
    return taken


def _cover(book: Book) -> str:
    """Return the first page: the book's picture, title and author."""
    path = book.root / COVER
    picture = path.read_text(encoding="utf-8") if path.is_file() else ""
    # No heading: the outline starts with the Welcome page, which has the same title.
    return (
        f'<div class="ce-cover">{picture}<p class="title">{book.config["title"]}</p>'
        f"<p>{book.config['author']}</p></div>"
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
    document = join(book)
    try:
        joined.write_text(document, encoding="utf-8")
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
        name_outline(beside, headings(document))
        beside.replace(target)
    finally:
        joined.unlink(missing_ok=True)
        beside.unlink(missing_ok=True)
    return count_pages(target)


def offer(book: Book, printed: Path) -> None:
    """Put the file beside the pages, and a link to it on the first of them.

    The link stands where the page says how to print the book. Until there is a file
    there is no link, so that none is ever dead.
    """
    shutil.copyfile(printed, book.html / NAME)
    path = book.html / f"{book.pages[0]}.html"
    page = BeautifulSoup(path.read_text(encoding="utf-8"), "html.parser")
    place = page.select_one(".ce-pdf p")
    if place is None:
        return
    size = printed.stat().st_size / 1e6
    address = os.path.relpath(NAME, PurePosixPath(book.pages[0]).parent)
    place.clear()
    place.append(
        BeautifulSoup(
            f'<a href="{address}">The whole book as a PDF</a>: {count_pages(printed)} '
            f"pages, {size:.1f} MB, with the solutions at the end.",
            "html.parser",
        )
    )
    write_atomically(path, str(page))
    renew_record(book)


def headings(document: str) -> list[str]:
    """Return the text of each heading of an HTML document, in order."""
    names = SoupStrainer(["h1", "h2", "h3", "h4", "h5", "h6"])
    found = BeautifulSoup(document, "html.parser", parse_only=names).find_all(names)
    for mark in [mark for heading in found for mark in heading.select(".headerlink")]:
        mark.decompose()
    # Formulas are there as text, with an invisible sign between function and argument.
    texts = [
        heading.get_text().replace("\N{FUNCTION APPLICATION}", "") for heading in found
    ]
    return [" ".join(text.split()) for text in texts]


def name_outline(path: Path, titles: Sequence[str]) -> None:
    """Give the entries of a file's outline these titles, in order.

    Chromium puts a title together from what it painted: twice where the heading stands
    at the top of a page, without the space where a line was broken, and without its
    formulas.

    Raises
    ------
    ValueError
        If there are more or fewer entries than titles.
    """
    writer = PdfWriter(clone_from=path)
    entries = list(_entries(writer.root_object["/Outlines"]))
    if len(entries) != len(titles):
        raise ValueError(f"{len(entries)} entries, {len(titles)} headings")
    for entry, title in zip(entries, titles, strict=True):
        entry[NameObject("/Title")] = TextStringObject(title)
    writer.write(path)


def _entries(parent: Any) -> Iterator[Any]:
    """Yield the entries below one of an outline, depth first."""
    entry = parent.get("/First")
    while entry is not None:
        entry = entry.get_object()
        yield entry
        yield from _entries(entry)
        entry = entry.get("/Next")


def count_pages(path: Path) -> int:
    """Return how many pages a PDF has."""
    return len(PdfReader(path).pages)


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
    """Print the built book, and offer it on its first page."""
    parser = argparse.ArgumentParser(description=__doc__)
    book = Book(ROOT)
    parser.add_argument("--to", type=Path, help="print into this file, offer nothing")
    chosen = parser.parse_args(arguments).to
    target = chosen or book.build / NAME
    try:
        pages = write(book, target)
        if chosen is None:
            offer(book, target)
    except FileNotFoundError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    print(f"{target}: {pages} pages")
    return 0


if __name__ == "__main__":
    sys.exit(main())
