"""Weigh the built pages as a phone meets them: ``python -m tools.weigh [page ...]``.

Each page is opened with an empty cache in a window of 412 x 915 pixels, on a processor
slowed down 4 times, over a line of 1.6 Mbit/s with 150 ms to the first byte of each
answer: what Chromium's own tools call slow 4G on a middling phone. Files are sent
packed, as servers do. The table gives for each page

- the requests, and the bytes on the line: all of them, pictures included;
- the largest contentful paint, the moment when the largest text or picture of the first
  screen is there, and the layout shift, how much what is seen has jumped, while loading
  and then while scrolling to the end; each the median of a few runs;
- any request that left this computer.
"""

from __future__ import annotations

import argparse
import statistics
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from tools.browser import HOW_TO_GET, chromium, find_browser
from tools.chapters import Book
from tools.files import ROOT, BuildError
from tools.serve import serving

PHONE = {"viewport": {"width": 412, "height": 915}, "device_scale_factor": 2.625}
PHONE |= {"is_mobile": True, "has_touch": True}
LINE = {"latency": 150, "downloadThroughput": 1.6e6 / 8, "uploadThroughput": 0.75e6 / 8}
SLOWDOWN = 4
MOST_BYTES = 1_000_000
LATEST_PAINT = 1.5  # seconds
MOST_SHIFT = 0.05

_OBSERVE = """
window.weighed = { paint: 0, what: "", shift: 0 };
new PerformanceObserver((list) => list.getEntries().forEach((entry) => {
  window.weighed.paint = entry.startTime / 1000;
  const node = entry.element;
  window.weighed.what = node ? node.tagName.toLowerCase() : "";
})).observe({ type: "largest-contentful-paint", buffered: true });
new PerformanceObserver((list) => list.getEntries().forEach((entry) => {
  // All count: the change to a phone's window passes for a reader's input.
  window.weighed.shift += entry.value;
})).observe({ type: "layout-shift", buffered: true });
"""
_SCROLL = """async () => {
  const rest = () => new Promise((done) => setTimeout(done, 50));
  await rest();
  const end = document.scrollingElement.scrollHeight;
  for (let y = 0; y < end; y += 800) { window.scrollTo(0, y); await rest(); }
}"""


@dataclass(frozen=True)
class Weight:
    """What one visit to a page cost."""

    requests: int
    size: int
    """Bytes of all answers on the line, headers included."""
    paint: float
    """Largest contentful paint in seconds."""
    what: str
    """The element that was painted last."""
    shift: float
    """The sum of all layout shifts, at least what browsers report as CLS."""
    outside: tuple[str, ...]
    """Addresses outside the book."""

    @property
    def faults(self) -> list[str]:
        """What is over the limits."""
        return [
            what
            for what, wrong in (
                ("too heavy", self.size >= MOST_BYTES),
                ("late", self.paint > LATEST_PAINT),
                ("jumps", self.shift >= MOST_SHIFT),
                ("asks outside", bool(self.outside)),
            )
            if wrong
        ]


def weigh(browser: Any, home: str, name: str, *, throttled: bool = True) -> Weight:
    """Visit a page of the book served at `home` once, with an empty cache."""
    context = browser.new_context(**PHONE)
    try:
        page = context.new_page()
        line = context.new_cdp_session(page)
        asked: list[str] = []
        sizes: list[float] = []
        line.on(
            "Network.requestWillBeSent", lambda e: asked.append(e["request"]["url"])
        )
        line.on(
            "Network.loadingFinished", lambda e: sizes.append(e["encodedDataLength"])
        )
        line.send("Network.enable")
        line.send("Network.setCacheDisabled", {"cacheDisabled": True})
        if throttled:
            line.send("Network.emulateNetworkConditions", {"offline": False, **LINE})
            line.send("Emulation.setCPUThrottlingRate", {"rate": SLOWDOWN})
        page.add_init_script(_OBSERVE)
        page.goto(f"{home}{name}.html", wait_until="load")
        page.wait_for_load_state("networkidle")
        page.evaluate("document.fonts.ready.then(() => 0)")
        # Before scrolling, which ends the search for the largest paint.
        paint, what = page.evaluate("[window.weighed.paint, window.weighed.what]")
        page.evaluate(_SCROLL)
        shift = page.evaluate("window.weighed.shift")
    finally:
        context.close()
    addresses = [url for url in asked if not url.startswith(("data:", "blob:"))]
    outside = tuple(url for url in addresses if not url.startswith(home))
    return Weight(len(addresses), int(sum(sizes)), paint, what, shift, outside)


def median(weights: Sequence[Weight]) -> Weight:
    """Return the middle of several visits to one page."""
    first = weights[0]
    return Weight(
        max(w.requests for w in weights),
        max(w.size for w in weights),
        statistics.median(w.paint for w in weights),
        first.what,
        statistics.median(w.shift for w in weights),
        tuple(sorted({url for w in weights for url in w.outside})),
    )


def _weigh_all(book: Book, pages: Sequence[str], runs: int) -> int:
    """Print a line for each page; return how many are over a limit."""
    program = find_browser()
    if program is None:
        raise BuildError(HOW_TO_GET)
    bad = 0
    with serving(book.html) as home, chromium(program) as browser:
        print(f"{'page':28}{'requests':>9}{'kB':>6}{'paint s':>9}{'shift':>8}")
        weigh(browser, home, book.pages[0], throttled=False)  # the browser warms up
        for name in pages or [*book.pages, "search", "genindex"]:
            got = median([weigh(browser, home, name) for _ in range(runs)])
            print(
                f"{name:28}{got.requests:9}{got.size / 1000:6.0f}{got.paint:9.2f}"
                f"{got.shift:8.3f}  {', '.join([*got.faults, *got.outside])}",
                flush=True,
            )
            bad += bool(got.faults)
    return bad


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the table; return 1 if a page is over a limit."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("pages", nargs="*", help="such as book/loss; all without it")
    parser.add_argument("--runs", type=int, default=3, help="visits to each page")
    options = parser.parse_args(arguments)
    book = Book(ROOT)
    try:
        bad = _weigh_all(book, options.pages, options.runs)
    except BuildError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    print(
        f"{bad} pages over a limit of {MOST_BYTES / 1000:.0f} kB, {LATEST_PAINT} s, "
        f"{MOST_SHIFT} or no request outside"
    )
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
