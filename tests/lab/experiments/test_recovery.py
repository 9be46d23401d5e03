"""Recovery from wrong labels: what is left of the gradient, and who comes back."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from crossentropy.lab.experiments.recovery import (
    CHECKS,
    LOSSES,
    RECOVERY,
    gradient_norms,
)

from .again import compare, only, shortened

if TYPE_CHECKING:
    from crossentropy.lab.experiments.runner import Record

RNG = np.random.default_rng(0)
Z, Y = RNG.normal(0, 3, (200, 10)), RNG.integers(0, 10, 200)
ONE_HOT = np.eye(10)[Y]


def by_hand(loss: str, z: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Write the gradient of each loss as it is derived on paper."""
    t = np.eye(z.shape[1])[y]
    q = np.exp(z) / np.exp(z).sum(axis=1, keepdims=True)
    s = 1 / (1 + np.exp(-z))
    if loss == "softmax":
        slope = q - t
    elif loss == "sigmoid":
        slope = s - t
    elif loss == "squared":
        slope = 2 * q * ((q - t) - (q * (q - t)).sum(axis=1, keepdims=True))
    elif loss == "difference":
        slope = (1 - 2 * t) * s * (1 - s) / z.shape[1]
    else:
        others = np.where(t == 1, -np.inf, z)
        lag = 1 + others.max(axis=1) - z[t == 1]
        rival = np.eye(z.shape[1])[others.argmax(axis=1)]
        slope = (rival - t) * (lag > 0)[:, None]
    return np.abs(slope).sum(axis=1)


@pytest.mark.parametrize("loss", LOSSES)
def test_the_gradient_norms_are_those_derived_by_hand(loss: str) -> None:
    assert gradient_norms(loss, Z, Y) == pytest.approx(by_hand(loss, Z, Y), rel=1e-12)


def test_on_a_confident_mistake_two_losses_have_no_gradient_left() -> None:
    z, y = np.where(np.eye(10)[[3]] == 1, 15.0, -15.0), np.array([4])
    left = {
        loss: float(gradient_norms(loss, z, y)[0] / gradient_norms(loss, 0 * z, y)[0])
        for loss in LOSSES
    }
    assert left["softmax"] == pytest.approx(2 / 1.8, rel=1e-6)
    assert left["sigmoid"] == pytest.approx(2 / 5, rel=1e-5)
    assert left["hinge"] == pytest.approx(1)
    assert left["squared"] < 1e-10
    assert left["difference"] < 1e-5


@pytest.fixture(scope="module")
def short() -> list[Record]:
    return shortened(RECOVERY)


def test_the_shortened_version_shows_who_comes_back(short: list[Record]) -> None:
    softmax, squared, difference = (
        only(short, loss=loss) for loss in ("softmax", "squared", "difference")
    )
    for record in short:
        assert len(record["curve"]) == len(CHECKS)
        assert record["curve"][0] == record["after_wrong"] < 0.1
        assert record["curve"][-1] == record["recovered"]
    assert softmax["recovered"] > 0.85
    assert squared["recovered"] < 0.75
    assert difference["recovered"] < 0.3
    assert softmax["gradient"] > 1.9
    assert squared["gradient"] < 0.5 * squared["gradient_at_start"]
    assert difference["gradient"] < 0.01 * difference["gradient_at_start"]
    assert softmax["silent"] < 0.01
    assert 0.1 < squared["silent"] < 1
    assert difference["silent"] == 1


def test_it_gives_what_was_kept(short: list[Record]) -> None:
    compare(
        RECOVERY,
        only(short, loss="softmax"),
        after_wrong=0.02,
        recovered=0.04,
        gradient=0.02,
    )
    # A collapsed model moves so little that its gradient, 2e-5, is the same everywhere.
    compare(
        RECOVERY,
        only(short, loss="difference"),
        after_wrong=0.03,
        recovered=0.03,
        gradient=2e-8,
    )
    # The squared error's way back is chaotic: rounding alone moves it by ten points.
    compare(
        RECOVERY,
        only(short, loss="squared"),
        after_wrong=0.03,
        gradient=0.02,
        silent=0.1,
    )
