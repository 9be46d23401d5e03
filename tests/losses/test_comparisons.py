"""Focal loss, squared error, multiclass hinge."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

import crossentropy as ce
from tests import oracles
from tests import strategies as own

NAMES = ["focal_loss", "squared_error", "multiclass_hinge"]


def in_torch(name, z, y, **options):
    """Definition of each loss, row by row, for autograd."""
    n = torch.arange(len(y))
    q = torch.softmax(z, dim=1)
    if name == "focal_loss":
        return -((1 - q[n, y]) ** options["gamma"]) * torch.log(q[n, y])
    if name == "squared_error":
        return ((q - torch.eye(z.shape[1], dtype=z.dtype)[y]) ** 2).sum(dim=1)
    rivals = z.masked_fill(torch.eye(z.shape[1])[y] == 1, -torch.inf)
    return torch.relu(options["margin"] + rivals.max(dim=1).values - z[n, y])


@pytest.mark.parametrize("reduction", ["none", "mean", "sum"])
@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("focal_loss", {"gamma": 2.0}),
        ("focal_loss", {"gamma": 0.5}),
        ("focal_loss", {"gamma": 0.0}),
        ("squared_error", {}),
        ("multiclass_hinge", {"margin": 1.0}),
        ("multiclass_hinge", {"margin": 0.2}),
    ],
)
def test_agrees_with_its_definition_in_torch(name, options, reduction):
    rng = np.random.default_rng(6)
    z, y = rng.normal(size=(60, 4)) * 2, rng.integers(0, 4, 60)
    leaf = torch.tensor(z, requires_grad=True)
    theirs = in_torch(name, leaf, torch.tensor(y), **options)
    theirs = theirs if reduction == "none" else getattr(theirs, reduction)()
    cotangent = rng.normal(size=theirs.shape)
    theirs.backward(torch.tensor(cotangent))
    loss, gradient = getattr(ce, f"{name}_and_grad")(
        z, y, reduction=reduction, **options
    )
    np.testing.assert_allclose(loss, theirs.detach().numpy(), rtol=1e-11, atol=1e-14)
    pulled = gradient * (cotangent[:, None] if reduction == "none" else cotangent)
    np.testing.assert_allclose(pulled, leaf.grad.numpy(), rtol=1e-9, atol=1e-14)
    value = getattr(ce, name)(z, y, reduction=reduction, **options)
    np.testing.assert_array_equal(value, loss)


def test_the_default_options():
    z, y = np.array([[1.0, 2.0, 0.5]]), np.array([0])
    assert ce.focal_loss(z, y) == ce.focal_loss(z, y, gamma=2.0)
    assert ce.multiclass_hinge(z, y) == ce.multiclass_hinge(z, y, margin=1.0) == 2.0


@pytest.mark.parametrize("name", NAMES)
def test_leading_axes_and_dtypes(name):
    z = np.random.default_rng(1).normal(size=(2, 3, 4)).astype(np.float32)
    y = np.array([[0, 1, 2], [3, 0, 1]])
    losses, gradient = getattr(ce, f"{name}_and_grad")(z, y, reduction="none")
    assert losses.shape == (2, 3)
    assert gradient.shape == (2, 3, 4)
    assert losses.dtype == gradient.dtype == np.float32
    flat, slope = getattr(ce, f"{name}_and_grad")(
        z.reshape(6, 4), y.reshape(6), reduction="none"
    )
    np.testing.assert_array_equal(losses.reshape(6), flat)
    np.testing.assert_array_equal(gradient.reshape(6, 4), slope)


@pytest.mark.parametrize("name", NAMES)
def test_one_class_is_always_right(name):
    loss, gradient = getattr(ce, f"{name}_and_grad")([[3.0], [-5.0]], [0, 0])
    assert loss == 0
    np.testing.assert_array_equal(gradient, 0.0)


@pytest.mark.parametrize("name", NAMES)
@given(z=own.wild_logits(), label=st.integers(0, 8))
def test_wild_logits_raise_no_warning_and_spoil_only_their_own_row(name, z, label):
    y = np.full(len(z), min(label, z.shape[1] - 1))
    with np.errstate(all="raise"):
        losses, gradient = getattr(ce, f"{name}_and_grad")(z, y, reduction="none")
    lost = np.isnan(z).any(axis=1) | (z == -np.inf).all(axis=1)
    np.testing.assert_array_equal(np.isnan(losses), lost)
    np.testing.assert_array_equal(np.isnan(gradient).all(axis=1), lost)
    np.testing.assert_array_equal(np.isnan(gradient).any(axis=1), lost)
    assert (losses[~lost] >= 0).all()


@pytest.mark.parametrize("gamma", [0.0, 0.5, 2.0])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_focal_loss_keeps_its_accuracy_on_confident_rows(gamma, dtype):
    for lead in (-30.0, 0.0, 5.0, 20.0, 40.0):
        z = np.array([lead, 0.0, -1.0], dtype)
        loss, gradient = ce.focal_loss_and_grad(z, 0, gamma=gamma)
        c, slope = oracles.index_loss(z, 0)
        u, q = -slope[0], oracles.MP.exp(-c)
        factor = u**gamma * (1 + gamma * q * c / u)
        limit = (2 + gamma) * oracles.bound(z)
        assert oracles.worst_error([loss], [u**gamma * c], 2.0**-126) <= limit
        truth = [s * factor for s in slope]
        assert oracles.worst_error(gradient, truth, 2.0**-126) <= limit


def test_focal_loss_of_an_impossible_label_pulls_as_cross_entropy_does():
    loss, gradient = ce.focal_loss_and_grad([0.0, -np.inf], 1)
    assert loss == np.inf
    np.testing.assert_array_equal(gradient, [1.0, -1.0])


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_squared_error_keeps_its_accuracy_on_confident_rows(dtype):
    for lead in (-30.0, 0.0, 5.0, 20.0, 40.0):
        z = np.array([lead, 0.0, -1.0], dtype)
        truth = sum(d * d for d in oracles.index_loss(z, 0)[1])
        loss = ce.squared_error(z, 0)
        assert oracles.relative_error(loss, truth) <= 2 * oracles.bound(z)


def test_hinge_takes_the_first_of_tied_rivals_and_ties_infinities():
    _, gradient = ce.multiclass_hinge_and_grad([0.0, 2.0, 2.0], 0)
    np.testing.assert_array_equal(gradient, [-1.0, 1.0, 0.0])
    assert ce.multiclass_hinge([np.inf, np.inf, 0.0], 0) == 1.0
    assert ce.multiclass_hinge([np.inf, 0.0], 0) == 0.0
    assert ce.multiclass_hinge([np.inf, 0.0], 1) == np.inf


def test_hinge_is_flat_at_the_margin():
    loss, gradient = ce.multiclass_hinge_and_grad([2.0, 1.0, 0.0], 0)
    assert loss == 0
    np.testing.assert_array_equal(gradient, 0.0)


@pytest.mark.parametrize(
    ("name", "option"), [("focal_loss", "gamma"), ("multiclass_hinge", "margin")]
)
@pytest.mark.parametrize("value", [-0.5, np.inf, np.nan])
def test_bad_options(name, option, value):
    with pytest.raises(ValueError, match=f"{option}: expected a finite number >= 0"):
        getattr(ce, name)([[0.0, 1.0]], [0], **{option: value})


@pytest.mark.parametrize("name", NAMES)
def test_bad_labels_and_reductions(name):
    loss = getattr(ce, name)
    with pytest.raises(ValueError, match="labels: row 1 has label 2; valid labels"):
        loss(np.zeros((2, 2)), [0, 2])
    with pytest.raises(ValueError, match=r"labels: expected shape \(2,\)"):
        loss(np.zeros((2, 2)), 0)
    with pytest.raises(ValueError, match="reduction: expected one of"):
        loss(np.zeros((2, 2)), [0, 1], reduction="average")
    with pytest.raises(ValueError, match="reduction: the mean of no rows"):
        loss(np.zeros((0, 2)), np.zeros(0, int))
    assert loss(np.zeros((0, 2)), np.zeros(0, int), reduction="sum") == 0


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
@pytest.mark.parametrize("gamma", [0.0, 0.5, 2.0, 1e39, 1e300])
def test_a_masked_label_is_learned_as_by_cross_entropy(gamma, dtype):
    """The usual mask is the least number of the type; the others may be ordinary."""
    z = np.random.default_rng(0).normal(size=(200, 5)).astype(dtype)
    z[:, 2] = np.finfo(dtype).min
    y = np.full(200, 2)
    with np.errstate(all="raise"):
        loss, gradient = ce.focal_loss_and_grad(z, y, gamma=gamma, reduction="none")
    c, slope = ce.softmax_cross_entropy_and_grad(z, y, reduction="none")
    np.testing.assert_array_equal(loss, c)
    np.testing.assert_allclose(gradient, slope, rtol=float(np.finfo(dtype).eps))


def test_focal_loss_of_any_gamma():
    """(1 - q)^gamma is exp(-gamma q) where q is small, also if 1 - q rounds to 1."""
    z = np.array([0.0, 50.0])
    for gamma in (1.0, 1e10, 1e21, 1e25, 1.7e308):
        with np.errstate(all="raise"):
            loss, gradient = ce.focal_loss_and_grad(z, 0, gamma=gamma)
        c, slope = oracles.index_loss(z, 0)
        q = oracles.MP.exp(-c)
        faded = oracles.MP.exp(oracles.MP.mpf(gamma) * oracles.MP.log1p(-q))
        factor = faded * (1 + gamma * q * c / (1 - q))
        np.testing.assert_allclose(float(loss), float(faded * c), rtol=1e-12)
        np.testing.assert_allclose(gradient[0], float(slope[0] * factor), rtol=1e-12)
    single = np.array([1.0, 2.0, 0.0], np.float32)
    loss, gradient = ce.focal_loss_and_grad(single, 1, gamma=1e39)
    assert loss == 0
    np.testing.assert_array_equal(gradient, 0.0)
    assert not np.signbit(gradient).any()
