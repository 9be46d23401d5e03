"""Results on their way from a cell into a sentence."""

from __future__ import annotations

import sys
from typing import Any

import myst_nb
import numpy as np
import pytest

from crossentropy import book


@pytest.fixture
def glued(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    values: dict[str, Any] = {}

    def record(key: str, value: Any, display: bool = True) -> None:
        values[key] = (value, display)

    monkeypatch.setattr(myst_nb, "glue", record)
    return values


def test_numpy_scalars_become_plain_numbers(glued: dict[str, Any]) -> None:
    book.numbers(a=np.float32(0.5), b=np.int64(3), c="text", d=2, e=np.float64(0.25))
    assert glued == {
        "a": (0.5, False),
        "b": (3, False),
        "c": ("text", False),
        "d": (2, False),
        "e": (0.25, False),
    }
    assert all(type(v) in (int, float, str) for v, _ in glued.values())


@pytest.mark.parametrize("value", [np.zeros(2), [1.0], None, 1j])
def test_what_cannot_stand_in_a_sentence_is_refused(
    glued: dict[str, Any], value: object
) -> None:
    with pytest.raises(TypeError, match="loss must be a single number or a string"):
        book.numbers(loss=value)
    assert not glued


@pytest.mark.parametrize(
    ("value", "spec", "text"),
    [
        (0.5, ".2f", "0.50"),
        (-0.5, "+.1f", "−0.5"),
        (1.5e-16, ".1e", "1.5 × 10⁻¹⁶"),
        (-3e12, ".0e", "−3 × 10¹²"),
        (0.0, ".0e", "0 × 10⁰"),
    ],
)
def test_numbers_are_typeset(value: float, spec: str, text: str) -> None:
    assert book.typeset(value, spec) == text


def test_a_figure_is_glued_and_displayed(glued: dict[str, Any]) -> None:
    figure = object()
    book.show("fig", figure)
    assert glued == {"fig": (figure, True)}


def test_without_myst_nb_figures_are_shown_and_numbers_checked(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    shown: list[Any] = []
    monkeypatch.setitem(sys.modules, "myst_nb", None)
    monkeypatch.setattr("IPython.display.display", shown.append)
    book.show("fig_a", "a figure")
    assert shown == ["a figure"]
    book.numbers(a=1.0)
    assert shown == ["a figure"]
    with pytest.raises(TypeError, match="b must be a single number"):
        book.numbers(b=[1.0])
