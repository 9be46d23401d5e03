"""The stated accuracy of the categorical losses, against mpmath on the same floats."""

from __future__ import annotations

import numpy as np
import pytest

import crossentropy as ce
from tests import oracles

ROWS = 40
TINY = {"float32": 2.0**-126, "float64": 2.0**-1022}  # the smallest normal numbers


def rows(kind: str, classes: int, count: int = ROWS):
    """Rows of logits of a kind, and their labels."""
    rng = np.random.default_rng([classes, len(kind)])
    z = rng.normal(size=(count, classes)) * 3
    y = rng.integers(0, classes, count)
    n = np.arange(count)
    ahead = rng.uniform(0, 16, count)
    if kind == "confident":
        z[n, y] = z.max(axis=1) + ahead
    elif kind == "confident, others equal":
        z[:] = rng.uniform(-3, 3, (count, 1))
        z[n, y] += ahead
    elif kind == "confident, large":
        z += 30
        z[n, y] = z.max(axis=1) + ahead
    elif kind == "confidently wrong":
        z[n, y] = z.min(axis=1) - ahead
    elif kind == "offset":
        z += rng.choice([-1e4, 300.0, 1e3, 1e4], (count, 1))
    elif kind == "gap beyond 16":
        z[n, y] = z.max(axis=1) + 4 * ahead + 16
    elif kind == "gap beyond 16, large":
        z += 40
        z[n, y] = z.max(axis=1) + ahead + 16
    elif kind == "all equal":
        z[:] = rng.uniform(-50, 50, (count, 1))
    else:
        assert kind == "moderate"
    return z, y


KINDS = [
    "moderate",
    "confident",
    "confident, others equal",
    "confident, large",
    "confidently wrong",
    "offset",
    "gap beyond 16",
    "gap beyond 16, large",
    "all equal",
]


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("classes", [2, 3, 10])
def test_loss_and_gradient_of_index_labels(kind, classes, dtype):
    z, y = rows(kind, classes)
    z = z.astype(dtype)
    losses, gradient = ce.softmax_cross_entropy_and_grad(z, y, reduction="none")
    for n in range(ROWS):
        loss, slope = oracles.index_loss(z[n], y[n])
        limit = oracles.bound(z[n])
        assert oracles.relative_error(losses[n], loss) <= limit
        assert oracles.worst_error(gradient[n], slope, TINY[dtype]) <= limit


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize(
    "kind", ["moderate", "confident", "confident, others equal", "all equal"]
)
@pytest.mark.parametrize(("classes", "count"), [(1000, 1), (100_000, 1)])
def test_loss_and_gradient_over_many_classes(kind, classes, count, dtype):
    z, y = rows(kind, classes, count)
    z = z.round(2).astype(dtype)  # few distinct values: the oracle takes each exp once
    losses, gradient = ce.softmax_cross_entropy_and_grad(z, y, reduction="none")
    loss, slope = oracles.index_loss(z[0], y[0])
    limit = oracles.bound(z[0])
    assert oracles.relative_error(losses[0], loss) <= limit
    some = [y[0], *range(0, classes, max(1, classes // 1000))]
    assert oracles.worst_error(gradient[0, some], [slope[j] for j in some]) <= limit


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("hard", [True, False])
def test_loss_and_gradient_of_distributions(kind, dtype, hard):
    z, y = rows(kind, 4)
    z = z.astype(dtype)
    p = np.random.default_rng(7).dirichlet(np.ones(4), ROWS).astype(dtype)
    p = ce.one_hot(y, 4).astype(dtype) if hard else p
    losses, gradient = ce.soft_label_cross_entropy_and_grad(z, p, reduction="none")
    for n in range(ROWS):
        if hard:
            loss, slope = oracles.index_loss(z[n], y[n])
        else:
            loss, slope = oracles.distribution_loss(z[n], p[n])
        # The kernel for distributions shifts every row.
        limit = oracles.bound(z[n])
        assert oracles.relative_error(losses[n], loss) <= limit
        if hard:
            assert oracles.worst_error(gradient[n], slope, TINY[dtype]) <= limit
            continue
        terms = np.array([float(s) for s in oracles.softmax(z[n])]) + p[n]
        errors = np.abs(gradient[n] - np.array([float(s) for s in slope]))
        assert (errors <= limit * terms).all()


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("classes", [36, 64, 255, 1000])
def test_equal_terms_whose_roundings_do_not_cancel(classes, dtype):
    """One class ahead, the others equal: each running total errs to one side."""
    rng = np.random.default_rng(classes)
    for offset in (-30.0, -4.0, 20.0, 34.0):
        for lead in rng.uniform(0, 16, 25):
            z = np.full(classes, offset + rng.uniform(-1, 1), dtype)
            z[0] += lead
            top, other = oracles.exact(z[:2])
            ratio = oracles.MP.exp(other - top)
            q = ratio / (1 + (classes - 1) * ratio)
            truth = [1 / (1 + (classes - 1) * ratio), q, q - 1]
            loss, gradient = ce.softmax_cross_entropy_and_grad(z, 2)
            limit = oracles.bound(z)
            assert oracles.relative_error(loss, -oracles.MP.log(q)) <= limit
            assert oracles.worst_error(gradient[:3], truth) <= limit
            assert oracles.worst_error(ce.softmax(z)[:2], truth[:2]) <= limit


def test_a_confident_row_keeps_its_loss_where_the_peers_return_0():
    """torch, scipy and plain log-sum-exp give 0 here: a relative error of 1."""
    import scipy.special
    import torch

    z = np.array([[20.0, 0.0, -1.0]], np.float32)
    loss, gradient = ce.softmax_cross_entropy_and_grad(z, [0])
    truth, slope = oracles.index_loss(z[0], 0)
    assert oracles.relative_error(loss, truth) <= 1e-6
    assert oracles.worst_error(gradient[0], slope) <= 1e-6
    leaf = torch.tensor(z, requires_grad=True)
    theirs = torch.nn.functional.cross_entropy(leaf, torch.tensor([0]))
    theirs.backward()
    assert theirs.item() == 0.0
    assert leaf.grad[0, 0].item() == 0.0
    assert scipy.special.log_softmax(z, axis=1)[0, 0] == 0.0
    assert scipy.special.logsumexp(z, axis=1)[0] - z[0, 0] == 0.0


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_half_of_the_range_of_exp_on_either_side_of_the_shift(dtype):
    """The bounds hold where a row passes from unshifted to shifted exponentials."""
    root = np.log(np.sqrt(np.finfo(dtype).max))
    for edge in (np.log(0.5), root):
        for step in np.linspace(-3, 3, 25):
            z = np.array([[0.0, -1.0, -40.0]]) + edge + step
            z = z.astype(dtype)
            for label in range(3):
                loss, gradient = ce.softmax_cross_entropy_and_grad(z, [label])
                truth, slope = oracles.index_loss(z[0], label)
                limit = oracles.bound(z[0])
                assert oracles.relative_error(loss, truth) <= limit
                assert oracles.worst_error(gradient[0], slope) <= limit


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_labels_too_far_behind_for_their_exponential(dtype):
    for gap in (20.0, 44.0, 45.0, 80.0, 104.0, 350.0, 800.0, 1e4):
        z = np.array([[0.0, -gap, 0.5]], dtype)
        truth, _ = oracles.index_loss(z[0], 1)
        loss = ce.softmax_cross_entropy(z, [1])
        assert oracles.relative_error(loss, truth) <= 1e-6


def test_half_precision_rounds_only_the_result():
    rng = np.random.default_rng(8)
    z, y = (rng.normal(size=(50, 20)) * 5).astype(np.float16), rng.integers(0, 20, 50)
    losses, gradient = ce.softmax_cross_entropy_and_grad(z, y, reduction="none")
    assert losses.dtype == gradient.dtype == np.float16
    for n in range(50):
        loss, slope = oracles.index_loss(z[n], y[n])
        assert oracles.relative_error(losses[n], loss) <= 2.0**-11 + 1e-6
        assert oracles.worst_error(gradient[n], slope, 2.0**-14) <= 2.0**-11 + 1e-6


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
@pytest.mark.parametrize("spread", [0.02, 1.0, 4.0])
@pytest.mark.parametrize("classes", [10, 100, 1000, 50_257, 250_000])
def test_smoothed_and_soft_gradients_over_many_classes(classes, spread, dtype):
    """q_k A - a_k at the largest logit, where both parts may be small or near 1."""
    rng = np.random.default_rng(classes)
    # Few distinct logits: the oracle takes each exp once.
    z = (rng.normal(size=classes) * spread).round(2).astype(dtype)
    y, top = int(rng.integers(classes)), int(z.argmax())
    values, counts = np.unique(z, return_counts=True)
    e = {v: oracles.MP.exp(oracles.MP.mpf(v)) for v in map(float, values)}
    pairs = zip(map(float, values), map(int, counts), strict=True)
    total = oracles.MP.fsum(count * e[v] for v, count in pairs)
    w = rng.uniform(0.5, 2, classes)
    eps = oracles.MP.mpf(0.1)
    p = np.full(classes, 1 / classes).astype(dtype)
    soft = np.abs(p.sum(dtype=np.float64) - 1) < 1e-3  # float16 may be too coarse
    sums = {
        "plain": oracles.MP.one,
        "weighted": (1 - eps) * oracles.MP.mpf(w[y])
        + eps / classes * oracles.MP.fsum(map(float, w)),
        "soft": oracles.MP.mpf(float(p[0])) * classes,
    }
    found = {
        "plain": ce.softmax_cross_entropy_and_grad(z, y, label_smoothing=0.1)[1],
        "weighted": ce.softmax_cross_entropy_and_grad(
            z, y, label_smoothing=0.1, weight=w, reduction="sum"
        )[1],
    }
    if soft:
        found["soft"] = ce.soft_label_cross_entropy_and_grad(z, p)[1]
    unit = 2.0**-11 if dtype == "float16" else 0.0
    limit = oracles.bound(z.astype("float32") if unit else z)
    for name, gradient in found.items():
        for j in {top, y, 0, classes - 1}:
            share = (1 - eps) * int(j == y) + eps / classes
            a = share * (oracles.MP.mpf(w[j]) if name == "weighted" else 1)
            a = oracles.MP.mpf(float(p[j])) if name == "soft" else a
            q = sums[name] * e[float(z[j])] / total
            error = abs(oracles.MP.mpf(float(gradient[j])) - (q - a))
            # float16 rounds the result, and has fewer digits below 2^-14.
            allowed = limit * (q + a) + unit * abs(q - a) + (2.0**-25 if unit else 0)
            assert error <= allowed, (name, j)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_equal_logits_of_a_million_classes(dtype):
    classes = 1_500_000
    for lead in (0.0, 0.1, 2.9):
        z = np.zeros(classes, dtype)
        z[7] = lead
        top = oracles.MP.exp(oracles.exact(z[7:8])[0])
        q = 1 / (top + classes - 1)
        loss, gradient = ce.softmax_cross_entropy_and_grad(z, 3)
        limit = oracles.BOUND[dtype]
        assert oracles.relative_error(loss, -oracles.MP.log(q)) <= limit
        truth = [q, q * top, q - 1]
        assert oracles.worst_error(gradient[[0, 7, 3]], truth) <= limit
        assert oracles.worst_error(ce.softmax(z)[[0, 7]], truth[:2]) <= limit
