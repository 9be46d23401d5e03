"""Tests that need a GPU are not collected where there is none."""

from __future__ import annotations

import pytest


def pytest_collection_modifyitems(
    config: pytest.Config, items: list[pytest.Item]
) -> None:
    """Deselect them, rather than skip them: nothing is missing on such a computer."""
    if not any(item.get_closest_marker("gpu") for item in items):
        return
    from crossentropy.lab.devices import choose_device  # torch takes a second

    kind = choose_device().type
    left_out = [item for item in items if not _fits(item, kind)]
    items[:] = [item for item in items if _fits(item, kind)]
    if left_out:
        config.hook.pytest_deselected(items=left_out)


def _fits(item: pytest.Item, kind: str) -> bool:
    """Whether the test can run on such a device; `gpu("cuda")` wants that one."""
    marker = item.get_closest_marker("gpu")
    return marker is None or kind in (marker.args or ("cuda", "mps"))
