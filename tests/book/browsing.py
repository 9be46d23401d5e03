"""What the tests in a browser share."""

from __future__ import annotations

# Sections outside the window are not laid out, and colours fade over; not in a test.
SHOW_ALL = """*, ::before, ::after {
    content-visibility: visible !important;
    transition: none !important;
    animation: none !important;
}"""
