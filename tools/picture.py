"""Take the README's picture of a page: ``python -m tools.picture``."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from tools.browser import HOW_TO_GET, Visit, chromium, find_browser
from tools.chapters import Book
from tools.files import ROOT

PICTURE = ROOT / "docs" / "page.png"


def take(
    address: str, target: Path, *, width: int = 1280, height: int = 800, dark: bool
) -> None:
    """Save what a reader sees of a page first."""
    program = find_browser()
    if program is None:
        raise FileNotFoundError(HOW_TO_GET)
    with chromium(program) as browser:
        visit = Visit(
            browser,
            "file://",
            viewport={"width": width, "height": height},
            color_scheme="dark" if dark else "light",
        )
        visit.open(address)
        visit.page.wait_for_timeout(500)  # colours that fade in when the theme is set
        target.parent.mkdir(parents=True, exist_ok=True)
        visit.page.screenshot(path=target)
        visit.close()


def main(arguments: Sequence[str] | None = None) -> int:
    """Take one picture of the built book."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("page", nargs="?", default="book/welcome")
    parser.add_argument("--to", type=Path, default=PICTURE)
    parser.add_argument("--width", type=int, default=1280)
    parser.add_argument("--height", type=int, default=800)
    parser.add_argument("--dark", action="store_true")
    options = parser.parse_args(arguments)
    name, _, anchor = options.page.partition("#")
    page = Book(ROOT).html / f"{name}.html"
    if not page.is_file():
        print(f"error: there is no {page}; run make book", file=sys.stderr)
        return 1
    address = page.as_uri() + (f"#{anchor}" if anchor else "")
    try:
        take(
            address,
            options.to,
            width=options.width,
            height=options.height,
            dark=options.dark,
        )
    except FileNotFoundError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    print(options.to)
    return 0


if __name__ == "__main__":
    sys.exit(main())
