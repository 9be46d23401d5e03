"""Softmax cross-entropy: values, gradients, options."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch.nn import functional

import crossentropy as ce
from crossentropy.reference import cross_entropy_of_row
from tests import strategies as own


def torch_index(z, y, cotangent=None, reduction="mean", **options):
    """PyTorch's loss and gradient, contracted with a cotangent if there is one."""
    leaf = torch.tensor(z, requires_grad=True)
    if "weight" in options:
        options["weight"] = torch.tensor(options["weight"], dtype=leaf.dtype)
    loss = functional.cross_entropy(
        leaf, torch.as_tensor(y), reduction=reduction, **options
    )
    loss.backward(None if cotangent is None else torch.tensor(cotangent))
    return loss.detach().numpy(), leaf.grad.numpy()


@given(own.logits_and_labels(dtypes=st.just(np.float64)))
def test_the_fast_kernel_equals_the_reference_row_by_row(case):
    z, y = case
    losses, gradient = ce.softmax_cross_entropy_and_grad(z, y, reduction="none")
    for n, row in enumerate(z):
        loss, slope = cross_entropy_of_row(row, y[n])
        # Each is within its stated bound; the difference grows with the row's span.
        rtol = 2e-14 + 2.0**-52 * np.ptp(row)
        np.testing.assert_allclose(losses[n], loss, rtol=rtol)
        np.testing.assert_allclose(gradient[n], slope, rtol=rtol, atol=1e-300)


@pytest.mark.parametrize("smoothing", [0.0, 0.1, 1.0])
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("ignore_index", [None, 2, -100])
@pytest.mark.parametrize("reduction", ["none", "mean", "sum"])
def test_options_agree_with_torch(smoothing, weighted, ignore_index, reduction):
    rng = np.random.default_rng(3)
    z = rng.normal(size=(40, 5)) * 4
    y = rng.integers(0, 5, 40)
    options = {"label_smoothing": smoothing}
    if weighted:
        options["weight"] = np.array([0.5, 2.0, 0.0, 1.0, 3.0])
    if ignore_index is not None:
        y[::7] = ignore_index
    torch_options = options | (
        {} if ignore_index is None else {"ignore_index": ignore_index}
    )
    cotangent = rng.normal(size=40) if reduction == "none" else np.float64(rng.normal())
    loss, slope = torch_index(z, y, cotangent, reduction, **torch_options)
    ours, gradient = ce.softmax_cross_entropy_and_grad(
        z, y, ignore_index=ignore_index, reduction=reduction, **options
    )
    np.testing.assert_allclose(ours, loss, rtol=1e-13, atol=1e-15)  # torch's error
    pulled = gradient * (cotangent[:, None] if reduction == "none" else cotangent)
    np.testing.assert_allclose(pulled, slope, rtol=1e-12, atol=1e-15)
    value = ce.softmax_cross_entropy(
        z, y, ignore_index=ignore_index, reduction=reduction, **options
    )
    np.testing.assert_array_equal(value, ours)


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("smoothing", [0.0, 0.3])
def test_distributions_agree_with_torch_up_to_the_divisor(weighted, smoothing):
    rng = np.random.default_rng(4)
    z, p = rng.normal(size=(30, 4)) * 3, rng.dirichlet(np.ones(4), 30)
    weight = np.array([0.5, 2.0, 1.0, 3.0]) if weighted else np.ones(4)
    leaf = torch.tensor(z, requires_grad=True)
    theirs = functional.cross_entropy(
        leaf,
        torch.tensor(p),
        weight=torch.tensor(weight),
        label_smoothing=smoothing,
        reduction="none",
    )
    cotangent = rng.normal(size=30)
    theirs.backward(torch.tensor(cotangent))
    options = {"weight": weight if weighted else None, "label_smoothing": smoothing}
    losses, gradient = ce.soft_label_cross_entropy_and_grad(
        z, p, reduction="none", **options
    )
    np.testing.assert_allclose(losses, theirs.detach().numpy(), rtol=1e-12)
    np.testing.assert_allclose(
        gradient * cotangent[:, None], leaf.grad.numpy(), rtol=1e-12, atol=1e-15
    )
    # Our mean divides by the total weight of the targets, that of torch by the rows.
    mean, slope = ce.soft_label_cross_entropy_and_grad(z, p, **options)
    np.testing.assert_allclose(mean, losses.sum() / (p @ weight).sum(), rtol=1e-14)
    np.testing.assert_allclose(slope, gradient / (p @ weight).sum(), rtol=1e-14)
    total = ce.soft_label_cross_entropy(z, p, reduction="sum", **options)
    np.testing.assert_allclose(total, losses.sum(), rtol=1e-14)


@given(own.logits_and_labels(dtypes=own.WIDE_DTYPES), st.sampled_from([0.0, 0.2]))
def test_one_hot_targets_give_what_index_labels_give(case, smoothing):
    z, y = case
    p = ce.one_hot(y, z.shape[1])
    weight = np.linspace(0.5, 2.0, z.shape[1])
    options = {"label_smoothing": smoothing, "weight": weight}
    loss, gradient = ce.softmax_cross_entropy_and_grad(z, y, **options)
    soft_loss, soft_gradient = ce.soft_label_cross_entropy_and_grad(z, p, **options)
    span = np.ptp(z, axis=1).max()
    rtol = (40 + 2 * span) * np.finfo(z.dtype).eps
    np.testing.assert_allclose(soft_loss, loss, rtol=rtol)
    np.testing.assert_allclose(
        soft_gradient, gradient, rtol=rtol, atol=np.finfo(z.dtype).eps
    )


@pytest.mark.parametrize("smoothing", ["uniform", "others"])
def test_smoothing_is_smooth_labels_followed_by_the_loss(smoothing):
    z, y = np.array([[1.0, 2.0, 0.5], [-3.0, 0.0, 4.0]]), [1, 0]
    options = {"label_smoothing": 0.3, "smoothing": smoothing}
    smoothed = ce.smooth_labels(ce.one_hot(y, 3), 0.3, smoothing=smoothing)
    expected = ce.soft_label_cross_entropy_and_grad(z, smoothed)
    for found in (
        ce.softmax_cross_entropy_and_grad(z, y, **options),
        ce.soft_label_cross_entropy_and_grad(z, ce.one_hot(y, 3), **options),
    ):
        np.testing.assert_allclose(found[0], expected[0], rtol=1e-15)
        np.testing.assert_allclose(found[1], expected[1], rtol=1e-14)


def test_smoothing_pulls_the_gradient_to_zero_at_the_smoothed_label():
    target = ce.smooth_labels([0.0, 1.0, 0.0], 0.1)
    _, gradient = ce.softmax_cross_entropy_and_grad(
        np.log(target), 1, label_smoothing=0.1
    )
    np.testing.assert_allclose(gradient, 0.0, atol=1e-16)


def test_the_weighted_mean_is_the_documented_formula():
    z, y, w = np.array([[1.0, 2.0], [0.0, 3.0], [5.0, 1.0]]), [0, 1, 1], [3.0, 0.25]
    losses = ce.softmax_cross_entropy(z, y, reduction="none")
    weights = np.array(w)[y]
    mean = ce.softmax_cross_entropy(z, y, weight=w)
    np.testing.assert_allclose(mean, (weights * losses).sum() / weights.sum())
    weighted = ce.softmax_cross_entropy(z, y, weight=w, reduction="none")
    np.testing.assert_allclose(weighted, weights * losses)


@pytest.mark.parametrize("smoothing", [0.0, 0.1])
def test_ignored_rows_count_nothing_even_where_they_are_nan(smoothing):
    z = np.array([[1.0, 2.0], [np.nan, 0.0], [-np.inf, 0.0]])
    options = {"ignore_index": -1, "label_smoothing": smoothing}
    losses, gradient = ce.softmax_cross_entropy_and_grad(
        z, [0, -1, -1], reduction="none", **options
    )
    np.testing.assert_array_equal(losses[1:], 0.0)
    np.testing.assert_array_equal(gradient[1:], 0.0)
    mean = ce.softmax_cross_entropy(z, [0, -1, -1], **options)
    assert mean == losses[0] > 0


def test_a_class_of_weight_0_counts_nothing_even_where_its_loss_is_infinite():
    z = np.array([[0.0, -np.inf], [1.0, 2.0]])
    loss, gradient = ce.softmax_cross_entropy_and_grad(z, [1, 0], weight=[1.0, 0.0])
    np.testing.assert_allclose(loss, np.log1p(np.e))
    np.testing.assert_array_equal(gradient[0], 0.0)


def test_leading_axes_of_any_number():
    rng = np.random.default_rng(5)
    z, y = rng.normal(size=(2, 3, 4)), rng.integers(0, 4, (2, 3))
    losses, gradient = ce.softmax_cross_entropy_and_grad(z, y, reduction="none")
    flat, slope = ce.softmax_cross_entropy_and_grad(
        z.reshape(6, 4), y.reshape(6), reduction="none"
    )
    np.testing.assert_array_equal(losses, flat.reshape(2, 3))
    np.testing.assert_array_equal(gradient, slope.reshape(2, 3, 4))
    soft = ce.soft_label_cross_entropy(z, ce.one_hot(y, 4), reduction="none")
    np.testing.assert_allclose(soft, losses, rtol=1e-14)
    single = ce.softmax_cross_entropy(z[0, 0], y[0, 0], reduction="none")
    assert isinstance(single, np.float64)
    assert single == losses[0, 0]


@given(own.logits_and_labels(), own.seeds)
def test_every_row_is_computed_as_if_it_stood_alone(case, seed):
    z, y = case
    order = np.random.default_rng(seed).permutation(len(z))
    losses, gradient = ce.softmax_cross_entropy_and_grad(z, y, reduction="none")
    mixed, slope = ce.softmax_cross_entropy_and_grad(
        z[order], y[order], reduction="none"
    )
    np.testing.assert_array_equal(mixed, losses[order])
    np.testing.assert_array_equal(slope, gradient[order])


@given(own.wild_logits(), st.sampled_from([0.0, 0.1]))
def test_wild_logits_raise_no_warning_and_spoil_only_their_own_row(z, smoothing):
    y = np.zeros(len(z), int)
    with np.errstate(all="raise"):
        losses, gradient = ce.softmax_cross_entropy_and_grad(
            z, y, label_smoothing=smoothing, reduction="none"
        )
    lost = np.isnan(z).any(axis=1) | (z == -np.inf).all(axis=1)
    np.testing.assert_array_equal(np.isnan(losses), lost)
    np.testing.assert_array_equal(np.isnan(gradient).any(axis=1), lost)
    assert (losses[~lost] >= 0).all()
    assert losses.dtype == gradient.dtype == z.dtype


@given(own.logits_and_labels(dtypes=own.WIDE_DTYPES, max_classes=6))
def test_the_gradient_sums_to_0_and_is_negative_only_at_the_label(case):
    z, y = case
    _, gradient = ce.softmax_cross_entropy_and_grad(z, y, reduction="sum")
    np.testing.assert_allclose(
        gradient.sum(axis=1), 0.0, atol=8 * np.finfo(z.dtype).eps
    )
    at_label = np.arange(z.shape[1]) == y[:, None]
    assert (gradient[at_label] <= 0).all()
    assert (gradient[~at_label] >= 0).all()


def test_losses_add_up_in_double_precision():
    z = np.zeros((300_000, 2), np.float32)
    loss = ce.softmax_cross_entropy(z, np.zeros(300_000, int), reduction="sum")
    np.testing.assert_allclose(loss, 300_000 * np.log(np.float32(2)), rtol=2e-7)
