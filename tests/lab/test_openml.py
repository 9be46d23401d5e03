"""OpenML through scikit-learn, which need not be there: played by a stand-in."""

from __future__ import annotations

import sys
import warnings
from http.client import IncompleteRead
from types import ModuleType, SimpleNamespace
from typing import Any
from urllib.error import URLError

import numpy as np
import pytest

from crossentropy.lab.data import load_data
from crossentropy.lab.files import DataError
from crossentropy.lab.openml import fetch


def install(monkeypatch: pytest.MonkeyPatch, answer: Any) -> list[str]:
    """Put a scikit-learn in place that gives the answer, or raises it."""
    asked: list[str] = []

    def fetch_openml(
        name: str, *, as_frame: bool, parser: str, n_retries: int
    ) -> SimpleNamespace:
        assert n_retries >= 1  # the true one refuses 0
        assert parser == "auto"
        assert as_frame is False
        asked.append(name)
        if isinstance(answer, BaseException):
            warnings.warn("A network error occurred while ...", stacklevel=2)
            raise answer
        return SimpleNamespace(data=answer[0], target=answer[1])

    sklearn, module = ModuleType("sklearn"), ModuleType("sklearn.datasets")
    module.fetch_openml = fetch_openml  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "sklearn", sklearn)
    monkeypatch.setitem(sys.modules, "sklearn.datasets", module)
    return asked


def table(count: int, side: int = 4) -> np.ndarray:
    """Float rows, each with its number in the first pixels."""
    rows = np.zeros((count, side * side))
    rows[:, 0], rows[:, 1] = np.divmod(np.arange(count), 256)
    return rows


def test_a_table_becomes_images_in_three_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    targets = np.array(["10", "9", "2"] * 10, dtype=object)
    asked = install(monkeypatch, (table(30), targets))
    data = load_data("openml:shapes")
    assert asked == ["shapes"]
    assert data.name == "openml:shapes"
    assert data.class_names == ("2", "9", "10")  # as numbers, not as words
    for part in data[2:]:
        rows = part.images[:, 0, 1].astype(int)
        assert [data.class_names[k] for k in part.labels] == targets[rows].tolist()
        assert part.images.shape[1:] == (4, 4)
        assert part.images.dtype == np.uint8
        assert part.labels.dtype == np.int64
    assert [len(part.labels) for part in data[2:]] == [24, 3, 3]
    # Ordered 2, 9, 10 over and over, every tenth row would be of one class.
    assert sorted(data.test.labels.tolist()) == [0, 1, 2]


def test_words_are_sorted_as_words(monkeypatch: pytest.MonkeyPatch) -> None:
    install(monkeypatch, (table(3), np.array(["b", "10", "a"])))
    _, labels, names = fetch("x")
    assert names == ("10", "a", "b")
    assert labels.tolist() == [2, 0, 1]


def test_mnist_keeps_its_own_test_set(monkeypatch: pytest.MonkeyPatch) -> None:
    targets = np.array([str(k % 10) for k in range(10_120)], dtype=object)
    install(monkeypatch, (table(10_120), targets))
    data = load_data("openml:mnist_784")
    assert [len(part.labels) for part in data[2:]] == [110, 10, 10_000]
    rows = data.test.images[:, 0, :2].astype(int) @ [256, 1]
    assert rows.tolist() == list(range(120, 10_120))
    whole = load_data("openml:mnist_784", held_out=False)
    assert [len(part.labels) for part in whole[2:]] == [120, 0, 10_000]


@pytest.mark.parametrize(
    "failure",
    [
        URLError("no\nnetwork"),
        TimeoutError("no network"),
        ValueError("no network"),
        IncompleteRead(b"no network"),
        EOFError("no network"),
    ],
)
def test_what_cannot_be_fetched_is_one_line(
    monkeypatch: pytest.MonkeyPatch, failure: BaseException
) -> None:
    install(monkeypatch, failure)
    with pytest.raises(DataError, match=r"^openml:x: .*check the name and the netw"):
        load_data("openml:x")


def test_what_is_not_installed_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    install(monkeypatch, ImportError("needs pandas\nor so"))
    with pytest.raises(DataError, match=r"^openml:x: .*pip install pandas$"):
        load_data("openml:x")
    monkeypatch.setitem(sys.modules, "sklearn.datasets", None)
    with pytest.raises(DataError, match=r"pip install scikit-learn pandas$"):
        load_data("openml:x")


@pytest.mark.parametrize("classes", [2, 256])
def test_two_classes_are_enough_and_256_not_too_many(
    monkeypatch: pytest.MonkeyPatch, classes: int
) -> None:
    install(monkeypatch, (table(classes), np.arange(classes)))
    _, labels, names = fetch("x")
    assert labels.tolist() == [*range(classes)]
    assert names == tuple(map(str, range(classes)))


PAIR = np.array(["a", "b"], dtype=object)


@pytest.mark.parametrize(
    ("rows", "targets", "message"),
    [
        (np.zeros((2, 15)), PAIR, r"shape \(2, 15\); expected rows whose length is a"),
        (np.zeros((2, 36, 1)), PAIR, r"shape \(2, 36, 1\)"),
        (np.zeros((2, 1, 16)), PAIR, r"shape \(2, 1, 16\)"),
        (np.zeros((0, 16)), PAIR[:0], r"shape \(0, 16\)"),
        (np.zeros((2, 9)), PAIR, "images of 3 x 3 pixels; expected square ones"),
        (np.full((2, 16), 0.5), PAIR, r"row 0 holds 0\.5; expected grey levels"),
        (np.eye(2, 16) * 256, PAIR, "row 0 holds 256"),
        (np.array([[0.0] * 16, [np.nan] * 16]), PAIR, "row 1 holds nan"),
        (-np.eye(2, 16), PAIR, "row 0 holds -1"),
        (np.full((2, 16), "x"), PAIR, "not a table of numbers"),
        (SimpleNamespace(toarray=None), PAIR, "not a table of numbers"),
        (np.zeros((2, 16)), None, r"targets of shape \(\); expected one for each"),
        (np.zeros((2, 16)), PAIR[:1], r"targets of shape \(1,\)"),
        (np.zeros((2, 16)), np.array(["a", None]), "row 1 has no target"),
        (np.zeros((2, 16)), np.array([np.nan, 1.0]), "row 0 has no target"),
        (np.zeros((2, 16)), np.array(["a", "a"]), "1 classes; expected 2 to 256"),
        (np.zeros((257, 16)), np.arange(257), "257 classes; expected 2 to 256"),
    ],
)
def test_a_table_that_is_not_of_images_is_one_line(
    monkeypatch: pytest.MonkeyPatch, rows: Any, targets: Any, message: str
) -> None:
    install(monkeypatch, (rows, targets))
    with pytest.raises(DataError, match=f"^openml:x: .*{message}"):
        load_data("openml:x")
