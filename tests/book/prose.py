"""Read a chapter's source as the reader meets it: what is prose, what is code.

Everything that is not prose (code, mathematics, roles, links, options) is blanked
out, character for character, so that what remains keeps its line numbers.
"""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from tools.chapters import parse_cell

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

CODE = {"code-cell", "code", "code-block", "literalinclude", "math", "raw", "toctree"}
CODE |= {"bibliography"}
# Directives whose argument is a name, not a title that is read.
NAMED = {"glue:figure", "glue", "glue:", "glue:md", "glue:math", "glue:any"}
NAMED |= {"live-figure", "figure", "image", "solution-start", "solution-end"}
GLUING = {"glue", "glue:", "glue:any", "glue:text", "glue:md", "glue:math"}
GLUING |= {"glue:figure"}

FENCE = re.compile(r"^\s*(`{3,}|~{3,}|:{3,})\s*(?:\{([^}]+)\})?(.*)$")
OPTION = re.compile(r"^\s*:([\w-]+):(.*)$")
ROLE = re.compile(r"\{([\w:+-]+)\}(`+)(.+?)(?<!`)\2(?!`)", re.DOTALL)
NUMBER = re.compile(
    r"(?<![\w.])(?:"
    r"\d[\d,]*\.\d+(?:\.\d+)*(?:e[+-−]?\d+)?"  # 0.46, 1,234.5, 3.11.2
    r"|\.\d+(?:e[+-−]?\d+)?"  # .5
    r"|\d+e[+-−]?\d+"  # 1e-7
    r"|\d+(?=\s?(?:%|per ?cent))"  # 73 %
    r")(?:\s?%)?",
    re.IGNORECASE,
)
INLINE = [
    re.compile(r"<!--.*?-->", re.DOTALL),
    re.compile(r"^\s*%.*$", re.MULTILINE),  # MyST's comments
    re.compile(r"\$\$.*?\$\$(?:\s*\([\w:.-]+\))?", re.DOTALL),
    re.compile(r"\\begin\{(\w+\*?)\}.*?\\end\{\1\}", re.DOTALL),
    ROLE,
    re.compile(r"(?<!`)(`+)(?!`)(?:.|\n(?!\s*\n))+?(?<!`)\1(?!`)"),
    re.compile(r"(?<![\\$])\$(?=\S)(?:\\.|[^$\\\n]|\n(?!\s*\n))+?\$(?!\d)"),
    re.compile(r"(?<=\])\([^)\s]*(?:\s+\"[^\"]*\")?\)"),  # where a link leads
    re.compile(r"<(?:https?|mailto):[^>]*>|https?://\S+"),
    re.compile(r"^\([\w:.-]+\)=\s*$", re.MULTILINE),  # targets
]


class Word(NamedTuple):
    """Something found in a chapter, and the line it stands on."""

    line: int
    text: str


@dataclass
class Page:
    """A chapter's source, taken apart."""

    prose: str
    cells: list[Word] = field(default_factory=list)
    used: list[Word] = field(default_factory=list)
    pictures: list[Word] = field(default_factory=list)

    def words(self, pattern: re.Pattern[str]) -> Iterator[Word]:
        """Yield what a pattern finds in the prose, with its line."""
        for match in pattern.finditer(self.prose):
            line = self.prose.count("\n", 0, match.start()) + 1
            yield Word(line, match.group().strip())


def read(text: str) -> Page:
    """Take a chapter's source apart."""
    page = Page("")
    lines = _blank_front_matter(text.splitlines())
    kept = "\n".join(_without_fences(lines, page))
    for match in ROLE.finditer(kept):
        if match.group(1) in GLUING:
            key = match.group(3).split(":")[0].strip()
            page.used.append(Word(kept.count("\n", 0, match.start()) + 1, key))
    for match in re.finditer(r"!\[([^\]]*)\]\(", kept):
        line = kept.count("\n", 0, match.start()) + 1
        page.pictures.append(Word(line, match.group(1).strip()))
    for pattern in INLINE:
        kept = pattern.sub(_blank, kept)
    page.prose = kept
    return page


def decimals(page: Page, allowed: Iterable[str] = ()) -> list[Word]:
    """Return the decimals and percentages that stand in the prose, typed by hand.

    Parameters
    ----------
    page : Page
        The chapter.
    allowed : iterable of str
        Phrases that may stand as they are; a space in them stands for any blank.
    """
    prose = page.prose
    for phrase in allowed:
        prose = phrase_pattern(phrase).sub(_blank, prose)
    return list(Page(prose).words(NUMBER))


def phrase_pattern(phrase: str) -> re.Pattern[str]:
    """Return the pattern that finds a phrase over line breaks, as whole words."""
    body = r"\s+".join(re.escape(word) for word in phrase.split())
    return re.compile(rf"(?<![\w.]){body}(?![\w]|\.\d)")


class Glued(NamedTuple):
    """The keys that a chapter's cells glue, and the calls whose keys are hidden."""

    keys: list[Word]
    hidden: list[Word]


def glued(page: Page) -> Glued:
    """Find the keys glued by ``numbers(key=...)``, ``show("key", ...)``, ``glue``."""
    keys: list[Word] = []
    hidden: list[Word] = []
    for cell in page.cells:
        for node in ast.walk(parse_cell(cell.text)):
            if not isinstance(node, ast.Call):
                continue
            line = cell.line + node.lineno - 1
            name = _called(node.func)
            if name == "numbers":
                for keyword in node.keywords:
                    place = keys if keyword.arg else hidden
                    place.append(Word(line, keyword.arg or ast.unparse(node)))
            elif name in ("glue", "show"):
                first = node.args[0] if node.args else None
                if isinstance(first, ast.Constant) and isinstance(first.value, str):
                    keys.append(Word(line, first.value))
                else:
                    hidden.append(Word(line, ast.unparse(node)))
    return Glued(keys, hidden)


def glue_faults(page: Page) -> list[Word]:
    """Return what is wrong with a chapter's glue keys, each with its line."""
    keys, hidden = glued(page)
    made = [word.text for word in keys]
    used = {word.text for word in page.used}
    faults = [Word(w.line, f"the keys of {w.text} cannot be read") for w in hidden]
    faults += [
        Word(w.line, f"{w.text!r} is used but never glued")
        for w in page.used
        if w.text not in made
    ]
    faults += [
        Word(w.line, f"{w.text!r} is glued but never used")
        for w in keys
        if w.text not in used
    ]
    faults += [
        Word(w.line, f"{w.text!r} is glued twice")
        for i, w in enumerate(keys)
        if w.text in made[:i]
    ]
    return sorted(faults)


def _called(function: ast.expr) -> str:
    if isinstance(function, ast.Attribute):
        return function.attr
    return function.id if isinstance(function, ast.Name) else ""


def _blank(match: re.Match[str]) -> str:
    """Return the match with everything but its line breaks blanked out."""
    return re.sub(r"[^\n]", " ", match.group())


def _blank_front_matter(lines: list[str]) -> list[str]:
    if not lines or lines[0].rstrip() != "---":
        return lines
    end = next((i for i, x in enumerate(lines[1:], 1) if x.rstrip() == "---"), 0)
    return [""] * (end + 1) + lines[end + 1 :]


def _without_fences(lines: list[str], page: Page) -> Iterator[str]:
    """Yield the lines, blank where they are code, fences or options."""
    open_fences: list[str] = []
    verbatim: str | None = None  # the fence that ends the code we are in
    in_options = False
    cell: list[str] | None = None
    start = 0
    for number, line in enumerate(lines, 1):
        match = FENCE.match(line)
        if verbatim is not None:
            if match and _closes(match, verbatim):
                if cell is not None:
                    page.cells.append(Word(start, "\n".join(cell)))
                verbatim, cell = None, None
            elif cell is not None:
                if not cell and _is_option(line):
                    start = number + 1
                else:
                    cell.append(line)
            yield ""
        elif match and open_fences and _closes(match, open_fences[-1]):
            open_fences.pop()
            in_options = False
            yield ""
        elif match and (match.group(2) or match.group(1)[0] != ":"):
            fence, name, rest = match.groups()
            name = (name or "").strip()
            if not name or name in CODE:
                verbatim = fence
                cell = [] if name == "code-cell" else None
                start = number + 1
                yield ""
                continue
            open_fences.append(fence)
            in_options = True
            if name in GLUING:
                page.used.append(Word(number, rest.strip()))
            if name in ("figure", "image", "live-figure"):
                page.pictures.append(Word(number, _alt_below(lines[number:])))
            yield "" if name in NAMED else rest
        elif in_options and (option := OPTION.match(line)):
            # What a picture says to those who do not see it is read out: prose.
            yield option.group(2) if option.group(1) == "alt" else ""
        else:
            in_options = in_options and not line.strip()
            yield line


def _closes(match: re.Match[str], fence: str) -> bool:
    return (
        match.group(1).startswith(fence)
        and match.group(2) is None
        and not match.group(3).strip()
    )


def _is_option(line: str) -> bool:
    return bool(OPTION.match(line)) or not line.strip()


def _alt_below(lines: list[str]) -> str:
    for line in lines:
        option = OPTION.match(line)
        if option is None:
            return ""
        if option.group(1) == "alt":
            return option.group(2).strip()
    return ""


def faults_in(page: Page, check: Callable[[Page], list[Word]]) -> str:
    """Return a check's findings as lines for a failing test."""
    return "\n".join(f"line {word.line}: {word.text}" for word in check(page))
