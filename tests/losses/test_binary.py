"""Losses of independent binary outcomes."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given
from torch.nn import functional

import crossentropy as ce
from tests import oracles
from tests import strategies as own

LOGITS = np.concatenate([[-800.0, -90.0, 0.0, 90.0, 800.0], np.linspace(-40, 40, 41)])
TINY = {"float32": 2.0**-126, "float64": 2.0**-1022}


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("label", [0, 1])
def test_hard_labels_to_the_stated_bound(label, dtype):
    z = LOGITS.astype(dtype)
    y = np.full(len(z), label)
    losses, gradient = ce.sigmoid_cross_entropy_and_grad(z, y, reduction="none")
    away = z if label == 0 else -z
    truth = [-oracles.log_sigmoid(-v) for v in away]
    slope = [oracles.sigmoid(v) * (1 if label == 0 else -1) for v in away]
    limit = oracles.BOUND[dtype]
    assert oracles.worst_error(losses, truth, TINY[dtype]) <= limit
    assert oracles.worst_error(gradient, slope, TINY[dtype]) <= limit


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_soft_labels_and_pos_weight_to_the_stated_bound(dtype):
    z = LOGITS.astype(dtype)
    y = np.random.default_rng(1).uniform(size=len(z)).astype(dtype)
    losses, gradient = ce.sigmoid_cross_entropy_and_grad(
        z, y, pos_weight=2.5, reduction="none"
    )
    limit = oracles.BOUND[dtype]
    for n, (x, label) in enumerate(zip(z, oracles.exact(y), strict=True)):
        positive, negative = 5 * label / 2, 1 - label
        loss = -positive * oracles.log_sigmoid(x) - negative * oracles.log_sigmoid(-x)
        terms = positive * oracles.sigmoid(-x), negative * oracles.sigmoid(x)
        assert oracles.relative_error(losses[n], loss) <= limit
        error = abs(float(gradient[n]) - (terms[1] - terms[0]))
        assert error <= limit * (terms[0] + terms[1])


@pytest.mark.parametrize("reduction", ["none", "mean", "sum"])
@pytest.mark.parametrize("pos_weight", [None, 3.0, [0.5, 0.0, 2.0]])
def test_agrees_with_torch(reduction, pos_weight):
    rng = np.random.default_rng(2)
    z, y = rng.normal(size=(20, 3)) * 5, rng.uniform(size=(20, 3))
    y[:10] = y[:10] > 0.5
    leaf = torch.tensor(z, requires_grad=True)
    weight = None if pos_weight is None else torch.tensor(pos_weight)
    theirs = functional.binary_cross_entropy_with_logits(
        leaf, torch.tensor(y), pos_weight=weight, reduction=reduction
    )
    cotangent = rng.normal(size=theirs.shape)
    theirs.backward(torch.tensor(cotangent))
    loss, gradient = ce.sigmoid_cross_entropy_and_grad(
        z, y, pos_weight=pos_weight, reduction=reduction
    )
    np.testing.assert_allclose(loss, theirs.detach().numpy(), rtol=1e-12, atol=1e-15)
    np.testing.assert_allclose(
        gradient * cotangent, leaf.grad.numpy(), rtol=1e-12, atol=1e-15
    )
    value = ce.sigmoid_cross_entropy(z, y, pos_weight=pos_weight, reduction=reduction)
    np.testing.assert_array_equal(value, loss)


def test_one_logit_is_the_softmax_of_two():
    z = np.linspace(-30, 30, 25)
    pairs = np.stack([np.zeros(25), z], axis=1)
    for label in (0, 1):
        labels = np.full(25, label)
        np.testing.assert_allclose(
            ce.sigmoid_cross_entropy(z, labels, reduction="none"),
            ce.softmax_cross_entropy(pairs, labels, reduction="none"),
            rtol=1e-14,
        )


@given(own.wild_logits())
def test_wild_logits_raise_no_warning_and_spoil_only_their_own_entry(z):
    with np.errstate(all="raise"):
        for loss_and_grad in (
            ce.sigmoid_cross_entropy_and_grad,
            ce.difference_loss_and_grad,
        ):
            for label in (0, 1):
                y = np.full(z.shape, label)
                losses, gradient = loss_and_grad(z, y, reduction="none")
                np.testing.assert_array_equal(np.isnan(losses), np.isnan(z))
                np.testing.assert_array_equal(np.isnan(gradient), np.isnan(z))
                assert losses.dtype == gradient.dtype == z.dtype


@pytest.mark.parametrize(
    "f", [ce.sigmoid_cross_entropy_and_grad, ce.difference_loss_and_grad]
)
def test_gradients_may_underflow_without_a_warning(f):
    """The slope at -708 is a normal number; half of it, for the mean, is not."""
    with np.errstate(all="raise"):
        _, gradient = f([-708.0, 0.0], [0, 1])
    truth = oracles.sigmoid(-708.0) / 2
    assert oracles.relative_error(gradient[0], truth) <= 1e-6


class TestDifferenceLoss:
    @pytest.mark.parametrize("dtype", ["float32", "float64"])
    def test_value_and_gradient_to_the_stated_bound(self, dtype):
        z = LOGITS.astype(dtype)
        for label, sign in ((0, 1), (1, -1)):
            y = np.full(len(z), label)
            losses, gradient = ce.difference_loss_and_grad(z, y, reduction="none")
            truth = [oracles.sigmoid(sign * v) for v in z]
            slope = [sign * oracles.sigmoid(v) * oracles.sigmoid(-v) for v in z]
            limit = oracles.BOUND[dtype]
            assert oracles.worst_error(losses, truth, TINY[dtype]) <= limit
            assert oracles.worst_error(gradient, slope, TINY[dtype]) <= limit

    @pytest.mark.parametrize("reduction", ["none", "mean", "sum"])
    def test_agrees_with_its_definition_in_torch(self, reduction):
        rng = np.random.default_rng(3)
        z, y = rng.normal(size=(4, 3)), rng.integers(0, 2, (4, 3))
        leaf = torch.tensor(z, requires_grad=True)
        s = torch.sigmoid(leaf)
        theirs = torch.where(torch.tensor(y) == 1, 1 - s, s)
        theirs = theirs if reduction == "none" else getattr(theirs, reduction)()
        cotangent = rng.normal(size=theirs.shape)
        theirs.backward(torch.tensor(cotangent))
        loss, gradient = ce.difference_loss_and_grad(z, y, reduction=reduction)
        np.testing.assert_allclose(loss, theirs.detach().numpy(), rtol=1e-13)
        np.testing.assert_allclose(gradient * cotangent, leaf.grad.numpy(), rtol=1e-12)
        assert np.shape(loss) == theirs.shape
        np.testing.assert_array_equal(
            ce.difference_loss(z, y, reduction=reduction), loss
        )

    def test_refuses_soft_labels(self):
        with pytest.raises(ValueError, match=r"labels: row 1 holds 0\.5; valid: 0 and"):
            ce.difference_loss([1.0, 2.0, 3.0], [0, 0.5, 1])


@pytest.mark.parametrize(
    "loss", [ce.sigmoid_cross_entropy, ce.difference_loss], ids=lambda f: f.__name__
)
class TestBadInput:
    @pytest.mark.parametrize(
        ("labels", "message"),
        [
            ([0, 2], r"labels: row 1 holds 2.0; .*valid.* 0 (to|and) 1"),
            ([-0.5, 1], r"labels: row 0 holds -0.5; .*valid.* 0 (to|and) 1"),
            ([0, np.nan], r"labels: row 1 holds nan; .*valid.* 0 (to|and) 1"),
            ([1], r"labels: expected shape \(2,\) .* got \(1,\)"),
            ([[0, 1]], r"labels: expected shape \(2,\) .* got \(1, 2\)"),
        ],
    )
    def test_labels(self, loss, labels, message):
        with pytest.raises(ValueError, match=message):
            loss([0.0, 1.0], labels)

    def test_a_mean_of_nothing(self, loss):
        with pytest.raises(ValueError, match="reduction: the mean of no rows"):
            loss([], [])
        assert loss([], [], reduction="sum") == 0
        assert loss([], [], reduction="none").shape == (0,)

    def test_reduction(self, loss):
        with pytest.raises(ValueError, match="reduction: expected one of"):
            loss([0.0], [1], reduction="batchmean")


@pytest.mark.parametrize(
    ("weight", "message"),
    [
        ([1.0, 2.0, 3.0], r"pos_weight: shape \(3,\) does not broadcast .* \(2, 2\)"),
        (np.ones((5, 2, 2)), r"pos_weight: shape \(5, 2, 2\) does not broadcast"),
        ([1.0, -0.5], r"pos_weight: entry \(1,\) is -0.5; .* finite and at least 0"),
        (np.inf, r"pos_weight: entry \(\) is inf"),
    ],
)
def test_bad_pos_weight(weight, message):
    with pytest.raises(ValueError, match=message):
        ce.sigmoid_cross_entropy(np.zeros((2, 2)), np.zeros((2, 2)), pos_weight=weight)


def test_masked_pos_weight():
    with pytest.raises(TypeError, match="pos_weight: masked arrays"):
        ce.sigmoid_cross_entropy(0.0, 1, pos_weight=np.ma.masked_array([1.0], [1]))


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_weights_and_losses_at_the_ends_of_a_range(dtype):
    z = np.array([np.finfo(dtype).max, -np.finfo(dtype).max, 0.0], dtype)
    with np.errstate(all="raise"):
        losses, gradient = ce.sigmoid_cross_entropy_and_grad(
            z, [0, 1, 1], pos_weight=[1.7e308, 1e-300, 0.5], reduction="none"
        )
        mean = ce.sigmoid_cross_entropy(z[:2], [0, 0])
        huge = ce.sigmoid_cross_entropy([-1e3] * 1000, [1] * 1000, pos_weight=1e305)
    wide = np.array([z[0], 1e-300 * float(-z[1]), np.log(2) / 2])
    np.testing.assert_allclose(losses, wide.astype(dtype), rtol=1e-7)
    np.testing.assert_array_equal(gradient, np.array([1, -1e-300, -0.25], dtype))
    assert mean == z[0] / 2
    np.testing.assert_allclose(huge, 1e308, rtol=1e-14)
    single, slope = ce.sigmoid_cross_entropy_and_grad(
        np.float32(80), 1, pos_weight=1e60
    )
    np.testing.assert_allclose([single, -slope], 1e60 * np.exp(-80.0), rtol=1e-6)


def test_a_label_that_rounding_has_left_above_1_counts_as_1():
    z = [3.0, -2.0]
    assert ce.sigmoid_cross_entropy(z, [1 + 2**-52, 0]) == ce.sigmoid_cross_entropy(
        z, [1, 0]
    )
