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


class TestTheEndsOfARange:
    """Finite weights and logits have a finite loss wherever that is a number."""

    @pytest.fixture(autouse=True)
    def no_warning(self):
        with np.errstate(all="raise"):
            yield

    @pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
    @pytest.mark.parametrize("size", [5e-324, 1e-60, 1e-46, 1e60, 1e300, 1.7e308])
    @pytest.mark.parametrize("smoothing", [0.0, 0.1])
    def test_equal_weights_cancel_in_a_mean(self, smoothing, size, dtype):
        z, y = np.array([[0.0, 1.0], [2.0, 0.5], [0.0, 0.0]], dtype), [0, 1, 1]
        options = {"label_smoothing": smoothing}
        plain = ce.softmax_cross_entropy_and_grad(z, y, **options)
        found = ce.softmax_cross_entropy_and_grad(z, y, weight=[size] * 2, **options)
        near = {"rtol": 4 * float(np.finfo(dtype).eps)}
        np.testing.assert_allclose(found[0], plain[0], **near)
        np.testing.assert_allclose(found[1], plain[1], **near)
        p = ce.one_hot(y, 2)
        found = ce.soft_label_cross_entropy_and_grad(z, p, weight=[size] * 2, **options)
        np.testing.assert_allclose(found[0], plain[0], **near)
        np.testing.assert_allclose(found[1], plain[1], **near)

    @pytest.mark.parametrize("smoothing", [0.0, 0.1])
    def test_weights_that_single_precision_cannot_hold(self, smoothing):
        z = np.array([[-90.0, 0.0], [1.0, 0.0]], np.float32)
        options = {"label_smoothing": smoothing, "reduction": "sum"}
        small, slope = ce.softmax_cross_entropy_and_grad(
            z, [1, 1], weight=[1e-42, 1e-42], **options
        )
        wide, truth = ce.softmax_cross_entropy_and_grad(
            z.astype(np.float64), [1, 1], weight=[1e-42, 1e-42], **options
        )
        np.testing.assert_allclose(small, wide, rtol=1e-6, atol=2e-45)
        np.testing.assert_allclose(slope, truth, rtol=1e-6, atol=2e-45)
        large, slope = ce.softmax_cross_entropy_and_grad(
            z[:1], [1], weight=[1e60, 1e60], reduction="sum"
        )
        np.testing.assert_allclose(large, 1e60 * np.exp(-90.0), rtol=1e-5)
        np.testing.assert_allclose(slope[0], [large, -large], rtol=1e-5)

    def test_a_weight_that_matters_to_no_row(self):
        """Its share of a mean is infinite, and what it multiplies is 0."""
        z = np.array([[3.0, 1.0]])
        loss, gradient = ce.soft_label_cross_entropy_and_grad(
            z, [[1.0, 0.0]], weight=[1e-300, 1e300]
        )
        expected = ce.softmax_cross_entropy_and_grad(z, [0])
        np.testing.assert_allclose(loss, expected[0], rtol=1e-14)
        np.testing.assert_allclose(gradient, expected[1], rtol=1e-14)

    def test_spans_beyond_the_largest_number(self):
        z = np.array([[-1e308, 1e308]])
        assert ce.soft_label_cross_entropy(z, [[0.5, 0.5]]) == 1e308
        assert ce.softmax_cross_entropy(z, [0]) == np.inf  # 2e308 is
        rows = np.array([[-1e308, 1e308], [0.0, 0.0]])
        assert ce.softmax_cross_entropy(rows, [0, 0]) == 1e308
        assert ce.squared_error(rows, [0, 0]) == 1.25
        assert ce.multiclass_hinge(rows, [0, 0]) == 1e308
        assert ce.focal_loss(rows, [0, 0]) == 1e308
        weighted = {"weight": [0.25, 1.0], "reduction": "none"}
        assert ce.softmax_cross_entropy(z, [0], **weighted) == 5e307
        single = np.array([[-2e38, 2e38], [0.0, 0.0]], np.float32)
        assert ce.softmax_cross_entropy(single, [0, 0]) == np.float32(2e38)
        far = np.array([[1.7e308, -1.7e308]])
        loss = ce.softmax_cross_entropy(far, [0], label_smoothing=1e-5)
        np.testing.assert_allclose(loss, 1.7e303, rtol=1e-15)

    def test_a_loss_beyond_the_largest_number(self):
        z, p = np.zeros((1, 1000)), np.full((1, 1000), 1e-3)
        options = {"weight": [1.7e308] * 1000, "reduction": "sum"}
        assert ce.soft_label_cross_entropy(z, p, **options) == np.inf
        mean = ce.soft_label_cross_entropy(z, p, weight=[1.7e308] * 1000)
        np.testing.assert_allclose(mean, np.log(1000), rtol=1e-14)
        over = [[0.5, 0.5 + 1e-9]]  # as far above 1 as rounding may leave a sum
        loss = ce.soft_label_cross_entropy(z[:, :2], over, weight=[1.797e308] * 2)
        np.testing.assert_allclose(loss, np.log(2), rtol=1e-3)

    def test_a_lost_row_of_weight_0_beside_a_tiny_one(self):
        z = np.array([[np.nan, 0.0], [0.0, 0.0]], np.float32)
        loss, gradient = ce.softmax_cross_entropy_and_grad(
            z, [0, 1], weight=[0.0, 1e-30], reduction="sum"
        )
        np.testing.assert_allclose(loss, 1e-30 * np.log(2), rtol=1e-6)
        np.testing.assert_allclose(gradient, [[0, 0], [5e-31, -5e-31]], rtol=1e-6)

    def test_a_share_below_single_precision(self):
        z = np.array([[0.0, -np.inf]], np.float32)
        assert ce.softmax_cross_entropy(z, [0], label_smoothing=1e-60) == np.inf
        assert ce.softmax_cross_entropy(z, [0]) == 0


@pytest.mark.parametrize("smoothing", [0.0, 0.1])
@pytest.mark.parametrize("dtype", "bBhHiIlLqQ")
def test_ignored_labels_of_any_integer_type(dtype, smoothing):
    """Also those that stand for -1 in a type without a sign."""
    limits = np.iinfo(dtype)
    z = np.array([[0.0, 0.0, 5.0], [1.0, 2.0, 3.0], [np.nan, 0.0, 0.0]])
    options = {"label_smoothing": smoothing, "reduction": "none"}
    kept = ce.softmax_cross_entropy_and_grad(z[1], 0, **options)
    for ignored in {limits.max, limits.min, limits.max // 2 + 1} - {0}:
        y = np.array([ignored, 0, ignored], dtype)
        for index in (int(ignored), y[0]):
            loss, gradient = ce.softmax_cross_entropy_and_grad(
                z, y, ignore_index=index, **options
            )
            np.testing.assert_array_equal(loss, [0, kept[0], 0])
            np.testing.assert_array_equal(gradient, [[0] * 3, kept[1], [0] * 3])
        with pytest.raises(ValueError, match=f"labels: row 0 has label {ignored};"):
            ce.softmax_cross_entropy(z, y, ignore_index=-7 if ignored != -7 else -8)


@pytest.mark.parametrize("size", [1e-300, 1e-150, 1e150, 1e300])
@pytest.mark.parametrize("height", [-300.0, 0.0, 300.0])
def test_a_weight_and_a_sum_of_exponentials_that_no_quotient_holds(height, size):
    z = np.array([[height, height - 1.0, height + 0.5], [0.0, 0.0, 0.0]])
    options = {"reduction": "sum"}
    loss, gradient = ce.softmax_cross_entropy_and_grad(z, [1, 2], **options)
    weighted, slope = ce.softmax_cross_entropy_and_grad(
        z, [1, 2], weight=[0.0, size, size], **options
    )
    np.testing.assert_allclose(weighted, size * loss, rtol=1e-14)
    np.testing.assert_allclose(slope, size * gradient, rtol=1e-14)
