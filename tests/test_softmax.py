"""The softmax family against mpmath, torch and scipy."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.special
import torch
from hypothesis import given
from hypothesis import strategies as st

import crossentropy as ce
from tests import oracles
from tests import strategies as own

dtype_of = {"float32": np.float32, "float64": np.float64}.__getitem__
NORMAL = {"float32": 2.0**-126, "float64": 2.0**-1022}


def some_rows(dtype, offsets=(0.0, 1e3, -1e4)):
    """Rows that are moderate, confident, far from 0, or tied."""
    rng = np.random.default_rng(11)
    rows = [rng.normal(size=k) * 4 for k in (1, 2, 5, 40)]
    rows += [np.array([lead, 0.0, -1.0]) for lead in (10.0, 16.0, 30.0, 60.0)]
    rows += [np.zeros(7), np.array([-30.0, 0.0])]
    return [(row + offset).astype(dtype) for row in rows for offset in offsets]


@pytest.mark.parametrize("dtype", ["float32", "float64"])
class TestAccuracy:
    def test_softmax(self, dtype):
        for row in some_rows(dtype):
            error = oracles.worst_error(ce.softmax(row), oracles.softmax(row))
            assert error <= oracles.bound(row)

    def test_softmax_of_many_equal_others(self, dtype):
        """Running totals of equal terms err to one side: sum breaks the bound."""
        for classes in (100, 1000):
            for lead in np.linspace(0.3, 16, 40):
                z = np.full(classes, 1.7, dtype)
                z[3] += lead
                below = oracles.MP.exp(oracles.exact(z)[0] - oracles.exact(z)[3])
                top = 1 / (1 + (classes - 1) * below)
                q = ce.softmax(z)[[3, 0]]
                assert oracles.worst_error(q, [top, top * below]) <= oracles.bound(z)

    def test_log_softmax(self, dtype):
        for row in some_rows(dtype):
            error = oracles.worst_error(ce.log_softmax(row), oracles.log_softmax(row))
            assert error <= oracles.bound(row)

    def test_logsumexp(self, dtype):
        for row in some_rows(dtype):
            truth = oracles.logsumexp(row)
            error = abs(oracles.MP.mpf(float(ce.logsumexp(row))) - truth)
            unit, top = oracles.UNIT_ROUNDOFF[dtype], oracles.exact([row.max()])[0]
            assert error <= unit * abs(truth) + oracles.bound(row) * (truth - top)

    def test_jacobian(self, dtype):
        for row in some_rows(dtype):
            q = oracles.softmax(row)
            k = len(q)
            others = [oracles.MP.fsum(q[:i] + q[i + 1 :]) for i in range(k)]
            truth = [
                q[i] * others[i] if i == j else -q[i] * q[j]
                for i in range(k)
                for j in range(k)
            ]
            found = ce.softmax_jacobian(row).ravel()
            error = oracles.worst_error(found, truth, NORMAL[dtype])
            assert error <= 2 * oracles.bound(row)

    def test_temperature(self, dtype):
        for row in some_rows(dtype):
            for temperature in (0.5, 3.0):
                t = oracles.MP.mpf(temperature)
                z = [v / t for v in oracles.exact(row)]
                top = max(z)
                e = [oracles.MP.exp(v - top) for v in z]
                total = oracles.MP.fsum(e)
                found = ce.softmax(row, temperature=temperature)
                truth = [v / total for v in e]
                # Dividing by T rounds once more.
                limit = oracles.BOUND[dtype]
                limit += (
                    2
                    * oracles.UNIT_ROUNDOFF[dtype]
                    * float(np.ptp(row))
                    / min(1.0, temperature)
                )
                assert oracles.worst_error(found, truth, NORMAL[dtype]) <= limit
                found = ce.log_softmax(row, temperature=temperature)
                log_truth = [oracles.MP.log(v) for v in truth]
                if temperature == 3.0:  # at 30 digits the log of 1 - 1e-52 is lost
                    assert oracles.worst_error(found, log_truth) <= limit

    @pytest.mark.parametrize("classes", [4, 1000])
    def test_a_temperature_rounds_no_more_than_the_logits_do(self, dtype, classes):
        rng = np.random.default_rng(classes)
        for _ in range(1200 // classes):
            t = 10 ** rng.uniform(-3, 3)
            z = (rng.uniform(-15.9, 0, classes) * t + rng.normal() * t).astype(dtype)
            exact = oracles.exact(z)
            below = [(v - max(exact)) / oracles.MP.mpf(t) for v in exact]
            e = [oracles.MP.exp(v) for v in below]
            total = oracles.MP.fsum(e)
            limit = oracles.BOUND[dtype]
            found = ce.softmax(z, temperature=t)
            assert oracles.worst_error(found, [v / total for v in e]) <= limit
            found = ce.log_softmax(z, temperature=t)
            truth = [v - oracles.MP.log(total) for v in below]
            assert oracles.worst_error(found, truth) <= limit

    def test_a_temperature_brings_any_span_into_range(self, dtype):
        largest = float(np.finfo(dtype).max)
        z = np.array([-largest, largest, 0.0], dtype)
        for t in (4.0, 1e10, 1e30):
            with np.errstate(all="raise"):
                found = ce.log_softmax(z, temperature=t)
                q = ce.softmax(z, temperature=t)
            truth = np.array([-2 * (largest / t), 0.0, -largest / t])
            np.testing.assert_allclose(found, truth.astype(dtype), rtol=1e-6)
            np.testing.assert_array_equal(q, [0, 1, 0])

    def test_jacobian_entries_whose_product_alone_would_vanish(self, dtype):
        z = np.array([0.0, -60.0, -65.0] if dtype == "float32" else [0, -500, -510.0])
        z = z.astype(dtype) * dtype_of(dtype)(1e-30)
        found = ce.softmax_jacobian(z, temperature=1e-30)
        np.testing.assert_array_equal(found, found.T)
        q = oracles.softmax([v / 1e-30 for v in z.astype(np.float64)])
        truth = float(-q[1] * q[2] / oracles.MP.mpf(1e-30))
        np.testing.assert_allclose(found[1, 2], truth, rtol=2e-5)

    def test_sigmoid_and_its_log(self, dtype):
        x = np.concatenate([np.linspace(-80, 80, 161), [-1e-3, 1e-30, -1e-30]])
        x = x.astype(dtype)
        limit = oracles.BOUND[dtype]
        truth = [oracles.sigmoid(v) for v in x]
        assert oracles.worst_error(ce.sigmoid(x), truth) <= limit
        truth = [oracles.log_sigmoid(v) for v in x]
        assert oracles.worst_error(ce.log_sigmoid(x), truth) <= limit


class TestAgreement:
    @given(own.logits(dtypes=st.just(np.float64)))
    def test_with_scipy_and_torch(self, z):
        tensor = torch.tensor(z)
        span = np.ptp(z)
        options = {"rtol": 1e-13 + 1e-15 * span, "atol": 1e-15}
        q = ce.softmax(z)
        np.testing.assert_allclose(q, scipy.special.softmax(z, axis=1), **options)
        np.testing.assert_allclose(q, torch.softmax(tensor, 1).numpy(), **options)
        log_q = ce.log_softmax(z)
        np.testing.assert_allclose(
            log_q, scipy.special.log_softmax(z, axis=1), **options
        )
        np.testing.assert_allclose(
            log_q, torch.log_softmax(tensor, 1).numpy(), **options
        )
        total = ce.logsumexp(z)
        np.testing.assert_allclose(total, scipy.special.logsumexp(z, axis=1), **options)
        np.testing.assert_allclose(total, torch.logsumexp(tensor, 1).numpy(), **options)

    def test_of_the_jacobian_with_autograd_contracted_at_random(self):
        rng = np.random.default_rng(12)
        z, v = rng.normal(size=5), rng.normal(size=5)
        for temperature in (1.0, 0.3):
            leaf = torch.tensor(z, requires_grad=True)
            torch.softmax(leaf / temperature, 0).backward(torch.tensor(v))
            found = v @ ce.softmax_jacobian(z, temperature=temperature)
            np.testing.assert_allclose(found, leaf.grad.numpy(), rtol=1e-13)

    @given(own.wild_logits())
    def test_of_sigmoids_with_scipy(self, x):
        wide = x.astype(np.float64)
        tolerance = {"rtol": 2 * float(np.finfo(x.dtype).eps), "atol": 1e-7}
        np.testing.assert_allclose(
            ce.sigmoid(x), scipy.special.expit(wide), **tolerance
        )
        with np.errstate(over="ignore"):
            truth = scipy.special.log_expit(wide).astype(x.dtype)
        np.testing.assert_allclose(ce.log_sigmoid(x), truth, **tolerance)


class TestProperties:
    @given(own.wild_logits(), st.sampled_from([1e-30, 0.5, 1.0, 1e30]))
    def test_wild_logits_raise_no_warning_and_spoil_only_their_own_row(self, z, t):
        lost = np.isnan(z).any(axis=1) | (z == -np.inf).all(axis=1)
        with np.errstate(all="raise"):
            q = ce.softmax(z, temperature=t)
            log_q = ce.log_softmax(z, temperature=t)
            total = ce.logsumexp(z)
            jacobian = ce.softmax_jacobian(z, temperature=t)
            sigmoids = ce.sigmoid(z), ce.log_sigmoid(z)
        assert q.dtype == log_q.dtype == total.dtype == jacobian.dtype == z.dtype
        for result in sigmoids:
            assert result.dtype == z.dtype
            np.testing.assert_array_equal(np.isnan(result), np.isnan(z))
        for result in (q, log_q):
            np.testing.assert_array_equal(np.isnan(result).any(axis=1), lost)
            np.testing.assert_array_equal(np.isnan(result).all(axis=1), lost)
        np.testing.assert_array_equal(np.isnan(jacobian).any(axis=(1, 2)), lost)
        np.testing.assert_array_equal(np.isnan(total), np.isnan(z).any(axis=1))
        np.testing.assert_array_equal(total == -np.inf, (z == -np.inf).all(axis=1))
        np.testing.assert_allclose(q[~lost].sum(axis=1), 1, rtol=5e-3)
        assert (log_q[~lost] <= 0).all()

    @given(own.logits(dtypes=st.just(np.float64), offsets=False))
    def test_shifting_every_logit_changes_nothing(self, z):
        whole = np.round(z)  # whole numbers shift exactly
        np.testing.assert_array_equal(ce.softmax(whole + 512.0), ce.softmax(whole))
        np.testing.assert_array_equal(
            ce.log_softmax(whole - 512.0), ce.log_softmax(whole)
        )

    @given(own.logits(dtypes=own.WIDE_DTYPES))
    def test_the_order_of_the_logits_is_kept(self, z):
        q = ce.softmax(z)
        order = z.argsort(axis=1)
        assert (np.diff(np.take_along_axis(q, order, 1), axis=1) >= 0).all()
        assert (ce.logsumexp(z) >= z.max(axis=1)).all()

    @given(own.logits(dtypes=st.just(np.float64)))
    def test_the_jacobian_is_symmetric_with_rows_that_sum_to_0(self, z):
        jacobian = ce.softmax_jacobian(z)
        np.testing.assert_array_equal(jacobian, np.swapaxes(jacobian, 1, 2))
        np.testing.assert_allclose(jacobian.sum(axis=2), 0, atol=1e-16 * 9)
        assert (np.diagonal(jacobian, axis1=1, axis2=2) >= 0).all()

    def test_two_classes_are_a_sigmoid(self):
        x = np.linspace(-40, 40, 33)
        pair = np.stack([x, np.zeros(33)], axis=1)
        np.testing.assert_allclose(ce.softmax(pair)[:, 0], ce.sigmoid(x), rtol=1e-15)


class TestAxes:
    z = np.random.default_rng(13).normal(size=(2, 3, 4))

    @pytest.mark.parametrize("axis", [0, 1, 2, -1, -3])
    def test_any_axis_may_hold_the_classes(self, axis):
        moved = np.moveaxis(self.z, axis, -1)
        for f in (ce.softmax, ce.log_softmax):
            expected = np.moveaxis(f(np.ascontiguousarray(moved)), -1, axis)
            np.testing.assert_array_equal(f(self.z, axis=axis), expected)
        total = ce.logsumexp(np.ascontiguousarray(moved))
        np.testing.assert_array_equal(ce.logsumexp(self.z, axis=axis), total)
        kept = ce.logsumexp(self.z, axis=axis, keepdims=True)
        np.testing.assert_array_equal(kept, np.expand_dims(total, axis))

    @pytest.mark.parametrize("axis", [3, -4])
    def test_an_axis_that_is_not_there(self, axis):
        for f in (ce.softmax, ce.log_softmax, ce.logsumexp):
            with pytest.raises(
                ValueError, match=f"axis: expected -3 to 2 .* got {axis}"
            ):
                f(self.z, axis=axis)

    @pytest.mark.parametrize("axis", [None, 1.0, True, (0, 1)])
    def test_an_axis_that_is_no_integer(self, axis):
        for f in (ce.softmax, ce.log_softmax, ce.logsumexp):
            with pytest.raises(TypeError, match="axis: expected an integer, got"):
                f(self.z, axis=axis)

    def test_a_row_gives_numpy_scalars(self):
        assert isinstance(ce.logsumexp([1.0, 2.0]), np.float64)
        assert isinstance(ce.sigmoid(0.0), np.float64)
        assert isinstance(ce.log_sigmoid(np.float32(0)), np.float32)

    def test_no_axis_at_all(self):
        for f in (ce.softmax, ce.log_softmax, ce.logsumexp, ce.softmax_jacobian):
            with pytest.raises(ValueError, match="logits: expected at least one axis"):
                f(1.0)


@pytest.mark.parametrize("keepdims", [None, 1, "yes", np.array([True, False])])
def test_keepdims_that_is_no_truth_value(keepdims):
    with pytest.raises(TypeError, match="keepdims: expected True or False, got"):
        ce.logsumexp([1.0, 2.0], keepdims=keepdims)


@pytest.mark.parametrize(
    "temperature",
    [10**400, -(10**400), 0.0, -1.0, 9e-31, 1.1e30, np.inf, np.nan],
)
def test_bad_temperatures(temperature):
    for f in (ce.softmax, ce.log_softmax, ce.softmax_jacobian):
        with pytest.raises(
            ValueError, match="temperature: expected a number from 1e-30"
        ):
            f([1.0, 2.0], temperature=temperature)


def test_temperature_sharpens_or_flattens():
    np.testing.assert_allclose(
        ce.softmax([1.0, 2.0, 0.5], temperature=0.5), ce.softmax([2.0, 4.0, 1.0])
    )
    np.testing.assert_allclose(
        ce.log_softmax([1.0, 2.0, 0.5], temperature=2.0), ce.log_softmax([0.5, 1, 0.25])
    )
