"""Softmax regression against scipy's optimiser and the balance property."""

from __future__ import annotations

import math

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.optimize import minimize

from crossentropy import (
    sigmoid,
    sigmoid_cross_entropy_and_grad,
    softmax,
    softmax_cross_entropy,
    softmax_cross_entropy_and_grad,
)
from crossentropy.linear import fit_linear


@pytest.fixture
def blobs() -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Three overlapping clouds, so that the best loss is finite."""
    rng = np.random.default_rng(5)
    labels = rng.integers(0, 3, size=300)
    centres = np.array([[0.0, 0.0], [2.0, 0.0], [0.0, 2.0]])
    return centres[labels] + rng.normal(size=(300, 2)), labels


def test_the_fit_reaches_the_minimum_that_scipy_finds(
    blobs: tuple[NDArray[np.float64], NDArray[np.int64]],
) -> None:
    x, labels = blobs
    x1 = np.hstack([x, np.ones((300, 1))])

    def objective(w: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        loss, grad = softmax_cross_entropy_and_grad(x1 @ w.reshape(3, 3), labels)
        return float(loss), (x1.T @ grad).ravel()

    oracle = minimize(objective, np.zeros(9), jac=True, method="BFGS", tol=1e-12)
    model, losses = fit_linear(x, labels, 3, steps=1500)
    reached = float(softmax_cross_entropy(model.logits(x), labels))
    assert reached == pytest.approx(oracle.fun, abs=1e-10)
    expected = softmax(x1 @ oracle.x.reshape(3, 3))
    assert np.allclose(softmax(model.logits(x)), expected, atol=1e-5)
    assert losses[0] == pytest.approx(math.log(3), rel=1e-15)


def test_mean_probabilities_equal_class_frequencies(
    blobs: tuple[NDArray[np.float64], NDArray[np.int64]],
) -> None:
    x, labels = blobs
    model, _ = fit_linear(x, labels, 3, steps=1500)
    mean = np.asarray(softmax(model.logits(x))).mean(axis=0)
    assert np.allclose(mean, np.bincount(labels) / 300, atol=1e-7)


def test_no_steps_leave_zero_weights() -> None:
    model, losses = fit_linear([[1.0], [2.0]], [0, 1], 2, steps=0)
    assert losses == []
    assert not model.weights.any()
    assert not model.bias.any()


@pytest.mark.parametrize(
    ("features", "labels", "steps", "message"),
    [
        ([1.0, 2.0], [0, 1], 1, r"features must have shape \(N, D\).*\(2,\)"),
        (np.zeros((0, 2)), [], 1, "N at least 1"),
        ([[0.0], [math.inf]], [0, 1], 1, "features must be finite; row 1 is not"),
        ([[0.0], [-1e200]], [0, 1], 1, "features must lie in .* row 1 does not"),
        ([[0.0], [1.0]], [0, 1], -1, "steps must be 0 or more; got -1"),
        ([[0.0], [1.0]], [0, 2], 1, "labels"),
    ],
)
def test_bad_input_is_named(
    features: object, labels: object, steps: int, message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        fit_linear(features, labels, 2, steps=steps)  # type: ignore[arg-type]


def test_features_as_large_as_they_may_be() -> None:
    x = np.array([[0.0], [1.0], [2.0]])
    small, _ = fit_linear(x, [0, 0, 1], 2)
    large, others = fit_linear(x * 5e149, [0, 0, 1], 2)
    assert np.isfinite(large.weights).all()
    assert others[-1] < others[0]
    assert small.logits(x).shape == large.logits(x * 5e149).shape


def test_text_is_no_feature() -> None:
    with pytest.raises(TypeError, match=r"features: expected .* got dtype <U1"):
        fit_linear([["1"], ["2"]], [0, 1], 2)
    with pytest.raises(TypeError, match=r"features: expected .* got dtype <U1"):
        fit_linear([[1.0], [2.0]], [0, 1], 2)[0].logits([["1"]])


def test_another_loss_is_fitted_as_well() -> None:
    rng = np.random.default_rng(6)
    x = rng.normal(size=(400, 2))
    labels = (x + rng.normal(size=(400, 2)) > 0).astype(int)
    fitted, losses = fit_linear(
        x, labels, 2, steps=800, loss=sigmoid_cross_entropy_and_grad, curvature=1 / 8
    )
    assert losses[0] == pytest.approx(math.log(2))
    alone, _ = fit_linear(x, labels[:, 0], 2, steps=800)
    lead = alone.logits(x)[:, 1] - alone.logits(x)[:, 0]
    # One softmax pair and one sigmoid are the same model.
    assert np.allclose(sigmoid(fitted.logits(x)[:, 0]), sigmoid(lead), atol=1e-4)
    with pytest.raises(ValueError, match="curvature must be positive; got 0"):
        fit_linear(x, labels, 2, curvature=0)
