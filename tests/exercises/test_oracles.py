"""The reference solutions against torch, SciPy, mpmath and the package."""

from __future__ import annotations

import math
from typing import Any

import mpmath
import numpy as np
import pytest
import scipy.special
import scipy.stats
import torch
from torch.nn import functional as tf

import crossentropy as ce
from crossentropy.exercises import check
from crossentropy.exercises._registry import EXERCISES

RNG = np.random.default_rng(5)
Z = RNG.normal(0, 3, size=(6, 4))
Y = np.array([0, 3, 1, 1, 2, 0])
P, Q = RNG.dirichlet(np.ones(5), size=2)
GUESSED = np.r_[Z.argmax(axis=1)[:4], Z.argmin(axis=1)[4:]]  # four right, two wrong
T = (RNG.random((6, 4)) < 0.5).astype(float)


def solve(name: str, *arguments: Any) -> Any:
    return EXERCISES[name].reference(*arguments)


def t(x: Any) -> Any:
    return torch.tensor(x)


@pytest.mark.parametrize(
    ("name", "arguments", "oracle"),
    [
        ("surprisal", (P,), -np.log(P) / math.log(2)),
        ("entropy", (P,), scipy.stats.entropy(P)),
        ("cross_entropy", (P, Q), scipy.stats.entropy(P) + scipy.stats.entropy(P, Q)),
        ("perplexity", (-np.log(P),), scipy.stats.gmean(1 / P)),
        ("softmax", (Z[0],), scipy.special.softmax(Z[0])),
        ("softmax_rows", (Z,), scipy.special.softmax(Z, axis=1)),
        ("temperature", (Z[0], 2.5), scipy.special.softmax(Z[0] / 2.5)),
        ("first_loss", (), tf.cross_entropy(torch.zeros(1, 1000), t([3])).item()),
        ("two_logits", (), tf.cross_entropy(t([[3.0, 4.0]]), t([0])).item()),
        ("row_loss", (Z[1], 3), tf.cross_entropy(t(Z[1:2]), t([3])).item()),
        ("mean_loss", (Z, Y), tf.cross_entropy(t(Z), t(Y)).item()),
        (
            "kept_loss",
            (Z, np.where(Y == 1, -1, Y)),
            tf.cross_entropy(t(Z), t(np.where(Y == 1, -1, Y)), ignore_index=-1).item(),
        ),
        ("pooled_loss", (np.array([1.0, 3.0]), np.array([2, 8])), 26 / 10),
        (
            "weighted_loss",
            (Z, Y, 4 * Q[:4]),
            tf.cross_entropy(t(Z), t(Y), weight=t(4 * Q[:4])).item(),
        ),
        (
            "binary_loss",
            (Z, T),
            tf.binary_cross_entropy_with_logits(t(Z), t(T), reduction="none").numpy(),
        ),
        (
            "labels_loss",
            (Z, T),
            4 * tf.multilabel_soft_margin_loss(t(Z), t(T)).item(),
        ),
        (
            "smooth_labels",
            (Y, 4, 0.1),
            0.9 * tf.one_hot(t(Y), 4).double().numpy() + np.full((6, 4), 0.025),
        ),
        (
            "calibration_error",
            (P, np.array([1.0, 0, 1, 0, 0]), 4),
            ce.expected_calibration_error(P, np.array([1.0, 0, 1, 0, 0]), bins=4),
        ),
        (
            "fit_temperature",
            (Z, GUESSED),
            ce.fit_temperature(Z, GUESSED),
        ),
        (
            "stuck_loss",
            (Z, Z.T[:, :4], np.array([0, 1, 2, 3, 0, 1])),
            tf.cross_entropy(t(Z @ Z.T[:, :4]), t([0, 1, 2, 3, 0, 1])).item(),
        ),
        ("infinite_loss", (Z[2], 1), tf.cross_entropy(t(Z[2:3]), t([1])).item()),
    ],
    ids=lambda x: x if isinstance(x, str) else "",
)
def test_a_reference_agrees_with_others(name: str, arguments: Any, oracle: Any) -> None:
    np.testing.assert_allclose(solve(name, *arguments), oracle, rtol=2e-6)


def test_the_gradients_agree_with_autograd() -> None:
    leaf = torch.tensor(Z, requires_grad=True)
    value = tf.cross_entropy(leaf, t(Y))
    value.backward()
    np.testing.assert_allclose(solve("gradient", Z, Y), leaf.grad, rtol=1e-12)
    loss, grad = solve("own_loss", Z, Y)
    np.testing.assert_allclose(loss, value.item(), rtol=1e-14)
    np.testing.assert_allclose(grad, leaf.grad, rtol=1e-12)
    x, W = RNG.normal(size=(6, 3)), torch.tensor(RNG.normal(size=(3, 4)))
    W.requires_grad_(True)
    tf.cross_entropy(t(x) @ W, t(Y)).backward()
    stepped = solve("training_step", W.detach().numpy(), x, Y, 0.3)
    np.testing.assert_allclose(stepped, (W - 0.3 * W.grad).detach(), rtol=1e-12)


def test_the_numerical_gradient_is_exact_for_a_quadratic() -> None:
    A = RNG.normal(size=(4, 4))
    found = solve("numerical_gradient", lambda z: float(z @ A @ z), Z[0], 0.7)
    np.testing.assert_allclose(found, (A + A.T) @ Z[0], rtol=1e-12)


@pytest.mark.parametrize("lead", [0.0, 5.0, 40.0, 300.0, -300.0])
def test_the_confident_loss_keeps_its_digits(lead: float) -> None:
    z = np.array([0.3, lead, -0.7])
    with mpmath.workdps(50):
        exact = mpmath.log1p(
            mpmath.exp(mpmath.mpf(0.3) - lead) + mpmath.exp(mpmath.mpf(-0.7) - lead)
        )
    assert math.isclose(solve("confident_loss", z, 1), float(exact), rel_tol=1e-12)


def stable_rows(z: Any) -> Any:
    return torch.softmax(torch.tensor(z), dim=1)


def in_a_loop(z: Any, y: Any) -> Any:
    total = 0.0
    for row, label in zip(z, y, strict=True):
        total += scipy.special.logsumexp(row) - row[label]
    return total / len(z)


def by_autograd(z: Any, y: Any) -> Any:
    leaf = torch.tensor(z, requires_grad=True)
    tf.cross_entropy(leaf, torch.tensor(y)).backward()
    return leaf.grad


def by_torch(z: Any, y: Any) -> Any:
    leaf = torch.tensor(z, requires_grad=True)
    loss = tf.cross_entropy(leaf, torch.tensor(y))
    (slope,) = torch.autograd.grad(loss, leaf, create_graph=True)  # it needs a detach
    return loss, slope


def by_blocks(f: Any, z: Any, h: float) -> Any:
    made = []
    for i in range(len(z)):
        up, down = z.copy(), z.copy()
        up[i] += h
        down[i] -= h
        made.append((f(up) - f(down)) / 2 / h)
    return made


def on_a_grid(z: Any, y: Any) -> Any:
    grid = np.geomspace(0.05, 20, 2000)
    return grid[np.argmin([ce.softmax_cross_entropy(z / s, y) for s in grid])]


@pytest.mark.parametrize(
    ("name", "other"),
    [
        ("entropy", lambda p: scipy.stats.entropy(p)),
        ("entropy", lambda p: scipy.special.entr(p).sum()),
        ("cross_entropy", lambda p, q: -scipy.special.xlogy(p, q).sum()),
        ("cross_entropy", ce.cross_entropy),
        ("surprisal", lambda q: ce.surprisal(q, unit="bits")),
        ("perplexity", lambda losses: math.exp(sum(losses) / len(losses))),
        ("softmax", scipy.special.softmax),
        (
            "softmax",
            lambda z: (
                [1 / np.exp(z - x).sum() for x in z]
                if z[0] < 9
                else scipy.special.softmax(z)
            ),
        ),
        ("softmax", lambda z: torch.tensor(z).softmax(0)),
        ("softmax", lambda z: torch.tensor(z, requires_grad=True).softmax(0)),
        ("softmax_rows", stable_rows),
        ("softmax_rows", lambda z: [scipy.special.softmax(row) for row in z]),
        ("temperature", lambda z, T: ce.softmax(z, temperature=T)),
        ("row_loss", lambda z, y: scipy.special.logsumexp(z) - z[y]),
        ("row_loss", lambda z, y: -scipy.special.log_softmax(z)[y]),
        ("row_loss", lambda z, y: tf.cross_entropy(torch.tensor(z), torch.tensor(y))),
        ("mean_loss", in_a_loop),
        ("mean_loss", lambda z, y: tf.cross_entropy(torch.tensor(z), torch.tensor(y))),
        ("gradient", by_autograd),
        ("gradient", lambda z, y: ce.softmax_cross_entropy_and_grad(z, y)[1]),
        ("numerical_gradient", by_blocks),
        ("binary_loss", lambda x, t: np.logaddexp(0, x) - t * x),
        ("binary_loss", lambda x, t: np.logaddexp(0, np.where(t == 1, -x, x))),
        ("labels_loss", lambda x, t: (np.logaddexp(0, x) - t * x).sum() / len(x)),
        ("smooth_labels", lambda y, K, e: ce.smooth_labels(ce.one_hot(y, K), e)),
        ("confident_loss", ce.softmax_cross_entropy),
        ("fit_temperature", on_a_grid),
        ("fit_temperature", ce.fit_temperature),
        (
            "calibration_error",
            lambda p, r, b: ce.expected_calibration_error(p, r, bins=b),
        ),
        ("infinite_loss", lambda z, y: scipy.special.logsumexp(z - z[y])),
        ("stuck_loss", lambda x, W, y: ce.softmax_cross_entropy(x @ W, y)),
        ("own_loss", by_torch),
        ("own_loss", ce.multiclass_hinge_and_grad),
        ("own_loss", ce.squared_error_and_grad),
        ("own_loss", lambda z, y: ce.focal_loss_and_grad(z, y, gamma=2.0)),
    ],
)
def test_another_right_way_is_right(name: str, other: Any) -> None:
    result = check(name, other)
    assert result.right, result


COARSE = sorted(
    EXERCISES.keys()
    - {"first_loss", "two_logits", "confident_loss", "own_loss"}
    - {"numerical_gradient"}
)


@pytest.mark.parametrize("name", COARSE)
def test_single_precision_is_good_enough(name: str) -> None:
    def coarse(*arguments: Any) -> Any:
        single = [
            a.astype(np.float32) if getattr(a, "dtype", None) == np.float64 else a
            for a in arguments
        ]
        with np.errstate(all="ignore"):
            return np.asarray(EXERCISES[name].reference(*single), dtype=np.float32)

    assert check(name, coarse).right


@pytest.mark.parametrize(("offset", "right"), [(5e-4, True), (2e-2, False)])
def test_a_number_counts_to_four_digits(offset: float, right: bool) -> None:
    assert check("first_loss", math.log(1000) + offset).right is right
    assert check("two_logits", np.float32(math.log(1 + math.e) + offset)).right is right
