"""Pages on the scales: what is counted, and what is over a limit."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tools import weigh as weighing
from tools.chapters import Book
from tools.serve import serving
from tools.weigh import LATEST_PAINT, MOST_BYTES, MOST_SHIFT, Weight, main, median

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

LIGHT = Weight(3, 1000, 0.5, "p", 0.0, ())
# Its picture comes without a size and moves the text below.
JUMPING = f"""<!doctype html><title>A page</title>
<meta name="viewport" content="width=device-width">
<img src="picture.svg" alt="A square">
{"<p>What stands below the picture.</p>" * 30}<script>
setTimeout(() => {{ document.querySelector("img").style.height = "400px"; }}, 300);
</script>"""


def test_a_light_page_has_no_faults() -> None:
    assert LIGHT.faults == []


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"size": MOST_BYTES}, "too heavy"),
        ({"paint": LATEST_PAINT + 0.01}, "late"),
        ({"shift": MOST_SHIFT}, "jumps"),
        ({"outside": ("https://example.org/",)}, "asks outside"),
    ],
)
def test_a_fault_is_named(change: dict[str, Any], fault: str) -> None:
    assert Weight(**{**vars(LIGHT), **change}).faults == [fault]


def test_of_several_visits_the_middle_counts_and_every_request_outside() -> None:
    slow = Weight(4, 1200, 2.5, "p", 0.4, ("https://example.org/",))
    got = median([LIGHT, slow, Weight(3, 1000, 0.7, "p", 0.01, ())])
    assert got == Weight(4, 1200, 0.7, "p", 0.01, ("https://example.org/",))


@pytest.fixture
def home(tmp_path: Path) -> Iterator[str]:
    square = '<svg xmlns="http://www.w3.org/2000/svg" width="40" height="40"/>'
    (tmp_path / "index.html").touch()
    (tmp_path / "picture.svg").write_text(square, encoding="utf-8")
    (tmp_path / "jumping.html").write_text(JUMPING, encoding="utf-8")
    (tmp_path / "plain.html").write_text("<p>A page</p>" * 99, encoding="utf-8")
    with serving(tmp_path) as address:
        yield address


@pytest.mark.browser
def test_a_visit_counts_bytes_as_sent_and_jumps(home: str, browser: Any) -> None:
    plain = weighing.weigh(browser, home, "plain", throttled=False)
    assert plain.outside == ()
    assert plain.shift == 0
    assert 100 < plain.size < 99 * len("<p>A page</p>") + 500  # packed, with a favicon
    assert plain.paint > 0
    assert plain.what in ("p", "body")
    jumping = weighing.weigh(browser, home, "jumping", throttled=False)
    assert jumping.shift > MOST_SHIFT
    assert jumping.requests == 2


def test_without_a_book_there_is_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(weighing, "Book", lambda root: Book(tmp_path))
    monkeypatch.setattr(weighing, "find_browser", lambda: "chromium")
    assert main([]) == 1
    told = capsys.readouterr().err
    assert told.startswith("error: there is no book in ")
