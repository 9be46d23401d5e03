"""The index at the end of the book: where words, functions and statements stand.

``{book-index}`` lists, in one alphabet, the terms of the glossary with the sections
that link to them, the headings of the chapters, the functions of the API with the
sections that use them, the statements that the book corrects, and whatever a page marks
with ``{index}``. All is read off the pages, so that a new chapter is in the index too.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from typing import Any, NamedTuple, cast

import ce_usage
from docutils import nodes
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.util.docutils import SphinxDirective


class book_index(nodes.General, nodes.Element):  # noqa: N801  (docutils' naming)
    """Where the index will stand, once all pages have been read."""


class Place(NamedTuple):
    """A section, or another anchor, that an entry leads to."""

    docname: str
    anchor: str
    words: str


class Entry(NamedTuple):
    """One line of the index: what it is about, and where that is found."""

    text: str
    places: tuple[Place, ...]
    code: bool = False


class BookIndex(SphinxDirective):
    """``{book-index}``: the index stands here."""

    def run(self) -> list[nodes.Node]:
        return [book_index()]


def entries(env: BuildEnvironment) -> list[Entry]:
    """Return the entries in alphabetical order, without regard to case and quotes."""
    pages = {name: env.get_doctree(name) for name in ce_usage.reading_order(env)}
    found = [
        *_terms(env, pages),
        *_headings(env, pages),
        *_functions(env),
        *_statements(pages),
        *_marked(env, pages),
    ]
    merged: dict[tuple[str, bool], Entry] = {}
    for entry in found:
        key = entry.text.casefold(), entry.code
        old = merged.get(key)
        if old is not None:
            places = tuple(dict.fromkeys((*old.places, *entry.places)))
            entry = Entry(old.text, places, old.code)
        merged[key] = entry
    return sorted(merged.values(), key=lambda entry: _sorted_by(entry.text))


def _sorted_by(text: str) -> tuple[str, str]:
    return re.sub(r"^\W+", "", text).casefold(), text


def _terms(env: BuildEnvironment, pages: dict[str, nodes.document]) -> Iterator[Entry]:
    """Yield the glossary's terms: the definition, then each page's first link to it."""
    terms = env.get_domain("std").data["terms"]
    names = {
        name.casefold(): name
        for kind, name in env.get_domain("std").data["objects"]
        if kind == "term"
    }
    uses: dict[str, dict[str, Place]] = {}
    for docname, page in pages.items():
        for link in page.findall(addnodes.pending_xref):
            if link["reftype"] == "term":
                target = str(link["reftarget"]).casefold()
                place = _section(link, docname, env)
                uses.setdefault(target, {}).setdefault(docname, place)
    for key, (docname, anchor) in terms.items():
        glossary = Place(docname, anchor, env.titles[docname].astext())
        elsewhere = [
            place for name, place in uses.get(key, {}).items() if name != docname
        ]
        yield Entry(names.get(key, key), (glossary, *elsewhere))


def _section(node: nodes.Node, docname: str, env: BuildEnvironment) -> Place:
    """Return the section that a node stands in, with the page's title."""
    title = env.titles[docname].astext()
    while node.parent is not None and not isinstance(node, nodes.section):
        node = node.parent
    if not isinstance(node, nodes.section):
        return Place(docname, "", title)
    heading = node[0].astext()
    words = title if heading == title else f"{title} ({heading})"
    return Place(docname, node["ids"][0], words)


def _headings(
    env: BuildEnvironment, pages: dict[str, nodes.document]
) -> Iterator[Entry]:
    """Yield the sections of the chapters; a heading that recurs names no topic."""
    found = [
        (section[0].astext(), Place(docname, section["ids"][0], _title(env, docname)))
        for docname, page in pages.items()
        if any("exercise" in node["classes"] for node in page.findall(nodes.admonition))
        for section in page.findall(nodes.section)
        if isinstance(section.parent, nodes.section)
    ]
    times = Counter(heading for heading, _ in found)
    yield from (Entry(text, (place,)) for text, place in found if times[text] == 1)


def _functions(env: BuildEnvironment) -> Iterator[Entry]:
    uses = ce_usage.all_uses(env)
    for name, (docname, anchor) in ce_usage.documented(env).items():
        if anchor != name or name.split(".")[-2][:1].isupper():
            continue  # a second name, or a method
        places = [Place(docname, anchor, _title(env, docname))]
        for page in ce_usage.reading_order(env):
            use = uses.get(page, {}).get(name)
            if use is not None and use.visible:
                title = _title(env, page)
                words = title if use.section == title else f"{title} ({use.section})"
                places.append(Place(page, use.anchor, words))
        yield Entry(name.removeprefix(f"{ce_usage.PACKAGE}."), tuple(places), code=True)


def _statements(pages: dict[str, nodes.document]) -> Iterator[Entry]:
    """Yield what others say: a paragraph that starts with a quotation in bold."""
    for docname, page in pages.items():
        for paragraph in page.findall(nodes.paragraph):
            first = next((n for n in paragraph.children if n.astext()), None)
            if isinstance(first, nodes.strong) and first.astext()[:1] in '“"':
                section: Any = paragraph.parent
                text = first.astext().rstrip()
                yield Entry(
                    text, (Place(docname, section["ids"][0], section[0].astext()),)
                )


def _marked(env: BuildEnvironment, pages: dict[str, nodes.document]) -> Iterator[Entry]:
    """Yield what the chapters mark with ``{index}``."""
    for docname, page in pages.items():
        for node in page.findall(addnodes.index):
            if _is_automatic(node):
                continue
            for kind, value, anchor, _, _ in node["entries"]:
                for text in value.split(";") if kind == "single" else [value]:
                    place = _section(node, docname, env)
                    yield Entry(text.strip(), (Place(docname, anchor, place.words),))


def _is_automatic(node: addnodes.index) -> bool:
    """Tell whether an entry comes with a term or an object, which are listed anyway."""
    if any(value.startswith("module; ") for _, value, *_ in node["entries"]):
        return True
    beside = node.next_node(descend=False, siblings=True)
    return isinstance(beside, addnodes.desc) or isinstance(node.parent, nodes.term)


def _title(env: BuildEnvironment, docname: str) -> str:
    return env.titles[docname].astext()


def _fill(app: Sphinx, document: nodes.document, docname: str) -> None:
    for placeholder in list(document.findall(book_index)):
        placeholder.replace_self(_list(app, docname))


def _list(app: Sphinx, docname: str) -> list[nodes.Node]:
    """Return the index as nodes: a letter, then its entries."""
    made: list[nodes.Node] = []
    letter = ""
    for entry in entries(app.env):
        initial = _sorted_by(entry.text)[0][:1].upper()
        if initial != letter:
            letter = initial
            made += [
                nodes.rubric("", letter),
                nodes.bullet_list(bullet="-", classes=["ce-index"]),
            ]
        cast("nodes.bullet_list", made[-1]).append(_item(app, docname, entry))
    return made


def _item(app: Sphinx, docname: str, entry: Entry) -> nodes.list_item:
    kind = nodes.literal if entry.code else nodes.inline
    line = nodes.paragraph("", "", kind("", entry.text, classes=["ce-entry"]))
    for number, (page, anchor, words) in enumerate(entry.places):
        line += nodes.Text("; " if number else ": ")
        address = app.builder.get_relative_uri(docname, page)
        target = f"{address}#{anchor}" if anchor else address
        line += nodes.reference("", words, internal=True, refuri=target)
    return nodes.list_item("", line)


def setup(app: Sphinx) -> dict[str, Any]:
    """Register the directive; the index is made when all pages have been read."""
    app.setup_extension("ce_usage")
    app.add_node(book_index)
    app.add_directive("book-index", BookIndex)
    app.connect("doctree-resolved", _fill)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
