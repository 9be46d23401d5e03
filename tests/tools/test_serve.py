"""The server of the built book: this computer only, another port if one is taken."""

from __future__ import annotations

import gzip
import urllib.error
import urllib.request
from typing import TYPE_CHECKING

import pytest

from tools.files import BuildError
from tools.serve import server_for, serving

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "index.html").write_text("<p>The book</p>", encoding="utf-8")
    return tmp_path


def test_a_page_is_served_fresh(folder: Path) -> None:
    with serving(folder) as address, urllib.request.urlopen(address) as answer:
        assert answer.read() == b"<p>The book</p>"
        assert answer.headers["Cache-Control"] == "no-store"
    with pytest.raises(urllib.error.URLError):  # it is over
        urllib.request.urlopen(address)


def test_a_taken_port_leads_to_another(folder: Path) -> None:
    with (
        server_for(folder, 0) as first,
        server_for(folder, first.server_port) as second,
    ):
        assert second.server_port != first.server_port
        assert second.server_address[0] == "127.0.0.1"


def test_no_book_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(BuildError, match=r"there is no book in .*; run make book"):
        server_for(tmp_path, 0)


def test_text_is_packed_for_whoever_unpacks(folder: Path) -> None:
    (folder / "a.woff").write_bytes(b"a font")
    with serving(folder) as home:
        asking = {"Accept-Encoding": "gzip, br"}
        page = urllib.request.Request(f"{home}index.html", headers=asking)
        with urllib.request.urlopen(page) as answer:
            assert answer.headers["Content-Encoding"] == "gzip"
            assert answer.headers["Content-Type"] == "text/html"
            assert gzip.decompress(answer.read()) == b"<p>The book</p>"
        font = urllib.request.Request(f"{home}a.woff", headers=asking)
        with urllib.request.urlopen(font) as answer:
            assert answer.headers["Content-Encoding"] is None
            assert answer.read() == b"a font"
