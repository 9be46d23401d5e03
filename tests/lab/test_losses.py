"""torch's losses against the package's NumPy core, values and gradients."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given

import crossentropy as core
from crossentropy.lab import losses
from crossentropy.lab.losses import LOSSES, make_loss
from tests import oracles
from tests.strategies import WIDE_DTYPES, logits_and_labels

CLASSES = [1, 2, 10, 1000]
SCALES = {"moderate": 1.0, "wide": 30.0, "extreme": 1e4}


def rows(classes: int, scale: float, seed: int = 0) -> tuple[Any, Any, Any]:
    """Logits, labels and a random cotangent for each row's loss."""
    rng = np.random.default_rng([classes, int(scale), seed])
    z = rng.standard_normal((40, classes)) * scale
    z[::4] += rng.standard_normal((10, 1)) * 1e4  # far from 0
    z[1::8] = np.round(z[1::8])  # ties
    z[2] = 0
    return z, rng.integers(0, classes, 40), rng.standard_normal(40)


def value_and_grad(
    loss: Any, z: Any, targets: Any, cotangent: Any, dtype: torch.dtype = torch.float64
) -> tuple[Any, Any]:
    """Each row's loss, and the gradient of their sum weighted by the cotangent."""
    leaf = torch.tensor(z, dtype=dtype, requires_grad=True)
    values = loss(leaf, torch.as_tensor(targets))
    values.backward(torch.tensor(cotangent, dtype=values.dtype))
    assert leaf.grad is not None
    return values.detach().numpy(), leaf.grad.numpy()


def one_hot(z: Any, y: Any) -> Any:
    return core.one_hot(y, z.shape[1])


def smooth(z: Any, y: Any, eps: float) -> Any:
    return core.smooth_labels(one_hot(z, y), eps)


def core_sum(function: Any, z: Any, targets: Any) -> tuple[Any, Any]:
    """An entry-by-entry loss of the core, added up over the classes."""
    values, grads = function(z, targets, reduction="none")
    return values.sum(axis=1), grads


# What each loss should be: the core's values and gradients of rows.
EXPECTED = {
    "softmax": lambda z, y: core.softmax_cross_entropy_and_grad(z, y, reduction="none"),
    "accurate": lambda z, y: core.softmax_cross_entropy_and_grad(
        z, y, reduction="none"
    ),
    "sigmoid": lambda z, y: core_sum(
        core.sigmoid_cross_entropy_and_grad, z, one_hot(z, y)
    ),
    "squared": lambda z, y: core.squared_error_and_grad(z, y, reduction="none"),
    "hinge": lambda z, y: core.multiclass_hinge_and_grad(z, y, reduction="none"),
    "difference": lambda z, y: tuple(
        part / z.shape[1]
        for part in core_sum(core.difference_loss_and_grad, z, one_hot(z, y))
    ),
}


def test_every_loss_is_compared():
    assert set(EXPECTED) == set(LOSSES)


@pytest.mark.parametrize("scale", SCALES)
@pytest.mark.parametrize("classes", CLASSES)
@pytest.mark.parametrize("name", LOSSES)
def test_values_and_gradients_are_those_of_the_core(name, classes, scale):
    z, y, cotangent = rows(classes, SCALES[scale])
    if name == "hinge":  # at ties any mixture of the tied gradients is one
        z += np.random.default_rng(0).permuted(
            np.tile(np.arange(classes) * 1e-3, (len(z), 1)), axis=1
        )
    values, grads = value_and_grad(make_loss(name), z, y, cotangent)
    expected, slopes = EXPECTED[name](z, y)
    np.testing.assert_allclose(values, expected, rtol=1e-10, atol=1e-12)
    np.testing.assert_allclose(
        grads, slopes * cotangent[:, None], rtol=1e-9, atol=1e-12
    )


@pytest.mark.parametrize("classes", CLASSES)
@pytest.mark.parametrize("name", ["softmax", "accurate", "sigmoid", "squared"])
def test_smoothing_gives_each_class_its_share_of_eps(name, classes):
    z, y, cotangent = rows(classes, 3.0)
    eps = 0.2
    values, grads = value_and_grad(make_loss(name, eps), z, y, cotangent)
    if name == "squared":  # the core has none with targets: the definition itself
        expected, slopes = _squared(z, smooth(z, y, eps))
    else:
        function, reference = (
            (core.sigmoid_cross_entropy_and_grad, core_sum)
            if name == "sigmoid"
            else (core.soft_label_cross_entropy_and_grad, _plain)
        )
        expected, slopes = reference(function, z, smooth(z, y, eps))
    np.testing.assert_allclose(values, expected, rtol=1e-9, atol=1e-11)
    np.testing.assert_allclose(
        grads, slopes * cotangent[:, None], rtol=1e-9, atol=1e-11
    )


def _plain(function: Any, z: Any, targets: Any) -> Any:
    return function(z, targets, reduction="none")


def _squared(z: Any, targets: Any) -> tuple[Any, Any]:
    q = core.softmax(z)
    d = q - targets
    return (d**2).sum(1), 2 * q * (d - (d * q).sum(1, keepdims=True))


def test_smoothing_the_difference_loss_smooths_its_targets():
    z, y, _ = rows(10, 3.0)
    s, p = core.sigmoid(z), smooth(z, y, 0.3)
    values = make_loss("difference", 0.3)(torch.tensor(z), torch.tensor(y))
    np.testing.assert_allclose(values, (p * (1 - s) + (1 - p) * s).mean(1), rtol=1e-12)


@pytest.mark.parametrize("name", ["softmax", "sigmoid", "squared", "difference"])
def test_rows_of_numbers_are_targets_too(name):
    z, y, cotangent = rows(10, 3.0)
    loss = make_loss(name)
    from_labels = value_and_grad(loss, z, y, cotangent)
    from_rows = value_and_grad(loss, z, one_hot(z, y), cotangent)
    np.testing.assert_allclose(from_rows[0], from_labels[0], rtol=1e-12, atol=1e-14)
    np.testing.assert_allclose(from_rows[1], from_labels[1], rtol=1e-12, atol=1e-14)


# The core's own bound, and as much again for the division by torch.
@given(logits_and_labels(dtypes=WIDE_DTYPES))
def test_accurate_keeps_the_cores_digits(case):
    z, y = case
    dtype = torch.float32 if z.dtype == np.float32 else torch.float64
    values, grads = value_and_grad(losses.accurate, z, y, np.ones(len(z)), dtype)
    tiny = float(np.finfo(z.dtype).tiny) / float(np.finfo(z.dtype).eps)
    for row, label, value, grad in zip(z, y, values, grads, strict=True):
        loss, slopes = oracles.index_loss(row, label)
        assert oracles.worst_error([value], [loss], tiny) <= oracles.bound(row)
        assert oracles.worst_error(grad, slopes, tiny) <= 2 * oracles.bound(row)


@pytest.mark.parametrize("lead", [5, 17, 30, 80])
def test_accurate_sees_what_torch_rounds_to_0(lead):
    z, y = np.float32([[lead, 0, 1, -1]]), [0]
    loss, slopes = oracles.index_loss(z[0], 0)
    value, grad = value_and_grad(losses.accurate, z, y, [1.0], torch.float32)
    assert oracles.worst_error(value, [loss]) < 1e-6
    assert oracles.worst_error(grad[0], slopes) < 1e-6
    if lead >= 17:
        value, grad = value_and_grad(losses.softmax, z, y, [1.0], torch.float32)
        assert value[0] == 0 or oracles.worst_error(value, [loss]) > 1e-2
        assert grad[0, 0] == 0 or oracles.worst_error(grad[0], slopes) > 1e-2


def test_accurate_far_from_0_in_float32():
    z = np.float32(np.random.default_rng(0).standard_normal((50, 10)) + 1000)
    y = z.argmin(1)
    _, grads = value_and_grad(losses.accurate, z, y, np.ones(50), torch.float32)
    for row, label, grad in zip(z, y, grads, strict=True):
        assert oracles.worst_error(grad, oracles.index_loss(row, label)[1]) < 1e-6


@pytest.mark.parametrize(
    ("z", "label"), [([1e308, 0, -1e308], k) for k in range(3)] + [([-np.inf, 0], 1)]
)
def test_accurate_at_the_limits_of_the_type(z, label):
    value, grad = value_and_grad(losses.accurate, [z], [label], [1.0])
    loss, slopes = core.softmax_cross_entropy_and_grad([z], [label], reduction="none")
    np.testing.assert_array_equal(value, loss)
    np.testing.assert_array_equal(grad, slopes)


def test_a_nan_logit_spoils_its_own_row_only():
    z = np.array([[0.0, np.nan], [0.0, 1.0]])
    value, grad = value_and_grad(losses.accurate, z, [0, 1], [1.0, 1.0])
    assert np.isnan(value).tolist() == [True, False]
    assert np.isnan(grad).any(axis=1).tolist() == [True, False]


@pytest.mark.parametrize("classes", [1, 2, 5])
def test_accurate_can_be_differentiated_twice(classes):
    z, y, _ = rows(classes, 2.0)
    leaf, labels = torch.tensor(z[1:4], requires_grad=True), torch.tensor(y[1:4])
    for eps in (0.0, 0.2):

        def loss(logits, labels=labels, eps=eps):
            return losses.accurate(logits, labels, eps)

        assert torch.autograd.gradcheck(loss, leaf)
        assert torch.autograd.gradgradcheck(loss, leaf)


def test_the_second_derivative_is_the_covariance_of_the_classes():
    z = torch.tensor([1.0, 2.0, 0.5], dtype=torch.float64)
    hessian = torch.autograd.functional.hessian(
        lambda z: losses.accurate(z[None], torch.tensor([1]))[0], z
    )
    q = core.softmax(z.numpy())
    np.testing.assert_allclose(hessian, np.diag(q) - np.outer(q, q), atol=1e-15)


@pytest.mark.parametrize("name", LOSSES)
def test_logits_may_lie_in_memory_as_they_like(name):
    z, y, cotangent = rows(10, 3.0)
    whole = torch.tensor(np.repeat(z, 2, axis=1).T.copy())
    apart = whole.T[:, ::2].requires_grad_()
    assert not apart.is_contiguous()
    values = make_loss(name)(apart, torch.tensor(y))
    (grad,) = torch.autograd.grad(values, apart, torch.tensor(cotangent))
    expected, slopes = value_and_grad(make_loss(name), z, y, cotangent)
    np.testing.assert_allclose(values.detach(), expected, rtol=1e-13)
    np.testing.assert_allclose(grad, slopes, rtol=1e-12, atol=1e-15)


@pytest.mark.parametrize("name", LOSSES)
def test_logits_and_labels_are_left_alone(name):
    z, y, cotangent = rows(10, 3.0)
    leaf, labels = torch.tensor(z, requires_grad=True), torch.tensor(y)
    make_loss(name)(leaf, labels).backward(torch.tensor(cotangent))
    np.testing.assert_array_equal(leaf.detach(), z)
    np.testing.assert_array_equal(labels, y)


@pytest.mark.parametrize("name", LOSSES)
def test_no_rows_have_no_losses(name):
    leaf = torch.zeros(0, 10, requires_grad=True)
    values = make_loss(name)(leaf, torch.zeros(0, dtype=torch.int64))
    values.sum().backward()
    assert leaf.grad is not None
    assert (values.shape, leaf.grad.shape) == ((0,), (0, 10))


@pytest.mark.parametrize("name", LOSSES)
@pytest.mark.parametrize("label", [-1, 10])
def test_a_label_out_of_range_is_an_error(name, label):
    with pytest.raises((IndexError, RuntimeError)):
        make_loss(name)(torch.zeros(1, 10), torch.tensor([label]))


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
def test_accurate_computes_half_precision_in_float32(dtype):
    z = torch.tensor([[20.0, 1.0, 0.0]], dtype=dtype, requires_grad=True)
    value = losses.accurate(z, torch.tensor([0]))
    value.sum().backward()
    loss, slopes = oracles.index_loss(z[0].tolist(), 0)
    assert value.dtype == torch.float32
    assert oracles.worst_error(value.tolist(), [loss]) < 1e-6
    assert z.grad is not None
    eps = torch.finfo(dtype).eps
    normal = torch.finfo(dtype).tiny
    assert oracles.worst_error(z.grad[0].tolist(), slopes, normal) < eps


@pytest.mark.parametrize("name", LOSSES)
def test_autocast_changes_no_loss_of_float32_logits(name):
    z, y, _ = rows(10, 3.0)
    logits, labels = torch.tensor(z, dtype=torch.float32), torch.tensor(y)
    expected = make_loss(name)(logits, labels)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        values = make_loss(name)(logits, labels)
    assert values.dtype == torch.float32
    assert torch.equal(values, expected)


def test_the_margin_survives_large_logits():
    z, y = torch.tensor([[1e8, 1e8]]), torch.tensor([0])
    assert losses.hinge(z, y).item() == 1


def test_the_difference_loss_keeps_its_digits_near_0():
    z = torch.tensor([[30.0, -30.0]])
    value = losses.difference(z, torch.tensor([0])).item()
    assert value == pytest.approx(float(oracles.sigmoid(-30)), rel=1e-6)


def test_bad_options_are_refused():
    with pytest.raises(ValueError, match=r"^loss: expected one of softmax.*got 'l2'"):
        make_loss("l2")
    for eps in (-0.1, 1.1, float("nan")):
        with pytest.raises(ValueError, match=r"^label_smoothing: .* 0 to 1; got"):
            make_loss("softmax", eps)
    with pytest.raises(ValueError, match=r"^label_smoothing: the hinge loss"):
        make_loss("hinge", 0.1)


@pytest.mark.parametrize("name", ["hinge", "accurate"])
def test_losses_of_labels_refuse_rows(name):
    with pytest.raises(ValueError, match=rf"^targets: '{name}' takes labels"):
        make_loss(name)(torch.zeros(2, 3), torch.zeros(2, 3))
