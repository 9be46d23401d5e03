"""Style sheets made small: rules and icons that no page uses are left out.

A selector stays if each class, id and element that it asks for occurs somewhere: in a
page, or as a word of a script that might put it there.
"""

from __future__ import annotations

import base64
import io
import re
from collections.abc import Collection, Iterable, Iterator
from pathlib import Path
from typing import Any

import tinycss2
from fontTools.subset import Options, Subsetter
from fontTools.ttLib import TTFont

from tools.files import BuildError

ICONS = "Font Awesome 6 Free"
_IMPORT = re.compile(r"""@import\s+(?:url\()?["']([^"']+)["']\)?\s*;""")
_CODES = re.compile("[\ue000-\uf8ff]")

_VALUE = r"""(?:"[^"]*"|'[^']*'|\([^)]*\)|[^;{}"'(])*"""
_DECLARATION = re.compile(rf"(?<=[{{;])\s*(--[\w-]+):{_VALUE}(?:;|(?=}}))")
_FRAMES = re.compile(r"@(?:-webkit-)?keyframes ([\w-]+)\{(?:[^{}]*\{[^{}]*\})*\s*\}")


class Names:
    """The elements, classes and ids of pages, and the words of their scripts."""

    def __init__(self, pages: Iterable[str], scripts: Iterable[str]) -> None:
        """Read them from HTML and JavaScript."""
        self.tags = {"html", "body"}
        self.words: set[str] = set()
        self.variables: set[str] = set()
        for page in pages:
            self.tags.update(t.lower() for t in re.findall(r"<([a-zA-Z][\w-]*)", page))
            for value in re.findall(r'\s(?:class|id)="([^"]*)"', page):
                self.words.update(value.split())
            self.variables.update(re.findall(r"--[\w-]+", page))
        for script in scripts:
            self.words.update(re.findall(r"[A-Za-z_][\w-]*", script))
            self.variables.update(re.findall(r"--[\w-]+", script))
            self.tags.update(re.findall(r"""createElement\(["'](\w+)""", script))

    def allow(self, selector: list[Any]) -> bool:
        """Tell whether something can match a selector, given as its tokens."""
        after = ""
        for token in selector:
            if token.type == "hash":
                if token.value not in self.words:
                    return False
            elif token.type == "ident":
                # After a colon it is a state such as hover.
                if after == "." and token.value not in self.words:
                    return False
                if after not in (".", ":") and token.lower_value not in self.tags:
                    return False
            after = token.value if token.type == "literal" else ""
        return True


def bundle(sheets: Iterable[Path], names: Names, own: Collection[Path] = ()) -> str:
    """Return one style sheet: the rules of all that can apply, in order.

    The sheets in `own` keep all their rules: their scripts make names at run time.

    Addresses are rewritten for a sheet that lies in the ``_static`` folder, the parent
    of any other folder with sheets; imported sheets are put in their place.
    """
    text = "".join(
        _lean(rule, None if path in own else names)
        for path in sheets
        for rule in _rules(path)
    )
    return _without_unused_frames(_without_unused_variables(text, names))


def icon_font(sheet: str, solid: Path) -> str:
    """Return a rule with a font of the icons whose codes a style sheet names.

    Raises
    ------
    BuildError
        If the font lacks one of them.
    """
    codes = sorted({ord(icon) for icon in _CODES.findall(sheet)})
    font = TTFont(solid)
    missing = [f"{code:x}" for code in codes if code not in font.getBestCmap()]
    if missing:
        raise BuildError(f"{solid.name} lacks the icons {', '.join(missing)}")
    cutter = Subsetter(Options(layout_features=[], notdef_outline=True))
    cutter.populate(unicodes=codes)
    cutter.subset(font)
    font.flavor = "woff"
    packed = io.BytesIO()
    font.save(packed)
    data = base64.b64encode(packed.getvalue()).decode()
    return (
        f'@font-face{{font-family:"{ICONS}";font-style:normal;font-weight:900;'
        f'src:url("data:font/woff;base64,{data}") format("woff")}}'
    )


def _rules(path: Path) -> Iterator[Any]:
    text = path.read_text(encoding="utf-8")
    for address in _IMPORT.findall(text):
        yield from _rules((path.parent / address).resolve())
    inside = "" if path.parent.name == "_static" else f"{path.parent.name}/"
    text = re.sub(
        r"""url\(\s*(?!["']?(?:data:|#))(["']?)(.*?)\1\s*\)""",
        lambda match: f'url("{_tidy(inside + match[2])}")',
        _IMPORT.sub("", text),
    )
    for rule in tinycss2.parse_stylesheet(
        text, skip_comments=True, skip_whitespace=True
    ):
        if rule.type == "error":
            raise BuildError(f"{path.name} cannot be read: {rule.message}")
        yield rule


def _tidy(address: str) -> str:
    """Take ``folder/..`` out of an address."""
    return re.sub(r"^[^/.]+/\.\./", "", address)


def _lean(rule: Any, names: Names | None) -> str:
    """Return what is left of a rule."""
    if rule.type == "qualified-rule":
        kept = [
            tinycss2.serialize(selector).strip()
            for selector in _split(rule.prelude)
            if names is None or names.allow(selector)
        ]
        body = _body(rule.content)
        return f"{','.join(kept)}{{{body}}}" if kept and body else ""
    keyword = rule.lower_at_keyword
    prelude = tinycss2.serialize(rule.prelude).strip()
    if keyword == "charset":
        return ""
    if keyword == "font-face" and "Font Awesome" in tinycss2.serialize(rule.content):
        return ""  # icon_font() makes a smaller one
    if keyword in ("media", "supports", "layer", "container") and rule.content:
        inner = tinycss2.parse_rule_list(
            rule.content, skip_comments=True, skip_whitespace=True
        )
        text = "".join(_lean(one, names) for one in inner)
        return f"@{keyword} {prelude}{{{text}}}" if text else ""
    content = f"{{{tinycss2.serialize(rule.content)}}}" if rule.content else ";"
    return f"@{keyword} {prelude}{content}"


def _body(content: list[Any]) -> str:
    text = tinycss2.serialize([t for t in content if t.type != "comment"])
    return re.sub(r"\s+", " ", text).strip().strip(";").strip()


def _split(prelude: list[Any]) -> Iterator[list[Any]]:
    """Split a selector list at its top-level commas, without the comments."""
    selector: list[Any] = []
    for token in prelude:
        if token.type == "literal" and token.value == ",":
            yield selector
            selector = []
        elif token.type != "comment":
            selector.append(token)
    yield selector


def _without_unused_variables(text: str, names: Names) -> str:
    """Leave out custom properties that nothing reads, then those that they read."""
    while True:
        read = set(re.findall(r"var\(\s*(--[\w-]+)", text)) | names.variables
        kept, start = [], 0
        for found in _DECLARATION.finditer(text):
            if found[1] not in read:
                kept.append(text[start : found.start()])
                start = found.end()
        if not kept:
            return text
        text = "".join([*kept, text[start:]])


def _without_unused_frames(text: str) -> str:
    """Leave out animations that nothing starts."""
    for match in reversed(list(_FRAMES.finditer(text))):
        rest = _FRAMES.sub("", text)
        if not re.search(rf"(?<![\w-]){re.escape(match[1])}(?![\w-])", rest):
            text = text[: match.start()] + text[match.end() :]
    return text
