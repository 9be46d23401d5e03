"""A headless Chromium that cannot reach the network."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

from playwright._impl._driver import compute_driver_executable
from playwright.sync_api import Browser, Page, sync_playwright

NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome")
HOW_TO_GET = (
    "no browser was found (Debian and Ubuntu: apt-get install chromium libatomic1; "
    "elsewhere: set CHROMIUM to the program of a Chromium or Chrome)"
)
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


def find_browser() -> str | None:
    """Return the program of a Chromium: ``$CHROMIUM``, or the first on the path.

    None also if Playwright's driver does not start, for want of a system library.
    """
    names = [os.environ["CHROMIUM"]] if os.environ.get("CHROMIUM") else NAMES
    found = next((path for name in names if (path := shutil.which(name))), None)
    return found if found and _driver_starts() else None


@cache
def _driver_starts() -> bool:
    program, script = compute_driver_executable()
    return (
        subprocess.run([program, script, "--version"], capture_output=True).returncode
        == 0
    )


@contextmanager
def chromium(program: str) -> Iterator[Browser]:
    """Start a browser and stop it at the end."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=ARGUMENTS)
        try:
            yield browser
        finally:
            browser.close()


class Visit:
    """A page that records every complaint and blocks every outside request."""

    def __init__(self, browser: Browser, home: str, **settings: Any) -> None:
        """Open an empty page that may load only addresses that start with `home`."""
        self.complaints: list[str] = []
        self.context = browser.new_context(**settings)
        self.context.route("**/*", lambda route: self._route(route, home))
        self.page: Page = self.context.new_page()
        self.page.on("console", self._console)
        self.page.on("pageerror", lambda e: self.complaints.append(f"error: {e}"))
        self.page.on("requestfailed", self._failed)
        self.page.on("response", self._response)

    def open(self, address: str) -> Page:
        """Go to an address and wait until mathematics and fonts are in place."""
        self.page.goto(address, wait_until="load")
        self.page.evaluate(
            """async () => {
                if (window.MathJax && MathJax.startup) await MathJax.startup.promise;
                await document.fonts.ready;
            }"""
        )
        return self.page

    def close(self) -> None:
        """Close the page and what it kept."""
        self.context.close()

    def _route(self, route: Any, home: str) -> None:
        address = route.request.url
        if address.startswith((home, "data:", "blob:")):
            route.continue_()
        else:
            self.complaints.append(f"outside request: {address}")
            route.abort()

    def _console(self, message: Any) -> None:
        if message.type in ("error", "warning"):
            self.complaints.append(f"console {message.type}: {message.text}")

    def _failed(self, request: Any) -> None:
        # Going to another page ends what the last one still loads: nothing is wrong.
        if request.failure != "net::ERR_ABORTED":
            self.complaints.append(f"failed request: {request.url} ({request.failure})")

    def _response(self, response: Any) -> None:
        if response.status >= 400:
            self.complaints.append(f"answer {response.status}: {response.url}")
