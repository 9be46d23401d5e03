"""What every test may use, and what is said at the end about tests left out."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import settings

from tools.browser import HOW_TO_GET, chromium, find_browser

if TYPE_CHECKING:
    from collections.abc import Iterator


# No test is timed: a busy machine is no reason to fail.
settings.register_profile("package", deadline=None)
settings.load_profile("package")


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    """Start a headless Chromium; without one, fail in CI, else leave the test out."""
    program = find_browser()
    if program is None:
        if os.environ.get("CI"):
            pytest.fail(HOW_TO_GET, pytrace=False)
        pytest.skip(HOW_TO_GET)
    with chromium(program) as running:
        yield running


@pytest.hookimpl(trylast=True)
def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Say which tests were left out for want of a browser, and how to get one."""
    left_out = [
        report
        for report in terminalreporter.stats.get("skipped", [])
        if HOW_TO_GET in str(report.longrepr)
    ]
    if left_out:
        terminalreporter.write_line(
            f"LEFT OUT: {len(left_out)} tests that read the book in a browser: "
            f"{HOW_TO_GET}",
            yellow=True,
            bold=True,
        )
