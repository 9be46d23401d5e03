"""One-hot labels, smoothing, label noise."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import crossentropy as ce
from tests import strategies as own


class TestOneHot:
    def test_values(self):
        found = ce.one_hot([[2, 0], [1, 1]], 3)
        expected = np.eye(3)[[[2, 0], [1, 1]]]
        np.testing.assert_array_equal(found, expected)
        assert found.dtype == np.float64
        np.testing.assert_array_equal(ce.one_hot(1, 2), [0.0, 1.0])
        assert ce.one_hot([], 3).shape == (0, 3)

    def test_bad_input(self):
        with pytest.raises(ValueError, match=r"labels: row 1 has label 3; .* 0 to 2"):
            ce.one_hot([0, 3], 3)
        for k in (0, -1, 2.5):
            with pytest.raises(
                ValueError, match="num_classes: expected an integer >= 1"
            ):
                ce.one_hot([0], k)
        with pytest.raises(
            TypeError, match="num_classes: expected an integer, got None"
        ):
            ce.one_hot([0], None)


def test_masked_labels_are_refused_by_name():
    labels = np.ma.masked_array([0, 1], [0, 1])
    with pytest.raises(TypeError, match="labels: masked arrays"):
        ce.one_hot(labels, 2)
    with pytest.raises(TypeError, match="labels: masked arrays"):
        ce.flip_labels(labels, 0.5, 2, 0)


class TestSmoothing:
    @given(st.integers(2, 7), st.fractions(0, 1, max_denominator=50))
    def test_both_conventions_against_exact_rationals(self, k, eps):
        target = ce.one_hot(0, k)
        uniform = [1 - eps + eps / k] + [eps / k] * (k - 1)
        others = [1 - eps] + [eps / (k - 1)] * (k - 1)
        for smoothing, truth in (("uniform", uniform), ("others", others)):
            found = ce.smooth_labels(target, float(eps), smoothing=smoothing)
            np.testing.assert_allclose(
                found, [float(v) for v in truth], rtol=1e-15, atol=1e-16
            )

    @given(own.distributions(), st.floats(0, 1))
    def test_others_equals_uniform_at_another_eps(self, p, eps):
        """Of K classes: others at eps is uniform at eps K / (K - 1)."""
        eps *= 0.75
        others = ce.smooth_labels(p, eps, smoothing="others")
        uniform = ce.smooth_labels(p, min(1.0, eps * 4 / 3))
        np.testing.assert_allclose(others, uniform, atol=1e-15)
        np.testing.assert_allclose(others.sum(axis=1), 1, rtol=1e-14)

    def test_nothing_to_smooth(self):
        p = np.array([0.25, 0.75], np.float32)
        found = ce.smooth_labels(p, 0.0)
        np.testing.assert_array_equal(found, p)
        assert found.dtype == np.float32
        assert not np.shares_memory(found, p)
        assert ce.smooth_labels(p.astype(np.float16), 0.1).dtype == np.float16
        np.testing.assert_array_equal(ce.smooth_labels([1.0], 0.3), [1.0])

    def test_a_single_row_of_two_classes_has_others(self):
        found = ce.smooth_labels([[1.0, 0.0]], 0.25, smoothing="others")
        np.testing.assert_array_equal(found, [[0.75, 0.25]])

    def test_bad_input(self):
        with pytest.raises(
            ValueError, match="eps: expected a number from 0 to 1, got 2"
        ):
            ce.smooth_labels([1.0, 0.0], 2)
        with pytest.raises(ValueError, match="targets: the row is not a distribution"):
            ce.smooth_labels([1.0, 0.5], 0.1)
        with pytest.raises(ValueError, match="targets: the row is not a distribution"):
            ce.smooth_labels([np.nan, 0.5], 0.1)
        with pytest.raises(ValueError, match="smoothing: expected one of"):
            ce.smooth_labels([1.0, 0.0], 0.1, smoothing="torch")
        with pytest.raises(ValueError, match="smoothing: 'others' needs at least 2"):
            ce.smooth_labels([1.0], 0.1, smoothing="others")


class TestNoise:
    def test_the_rate_and_the_spread_over_other_classes(self):
        """200,000 labels: each share lies within 5 standard deviations."""
        n, k, rate = 200_000, 4, 0.3
        clean = np.arange(n) % k
        noisy = ce.flip_labels(clean, rate, k, 0)
        steps = np.bincount((noisy - clean) % k, minlength=k) / n
        expected = np.array([1 - rate] + [rate / (k - 1)] * (k - 1))
        spread = np.sqrt(expected * (1 - expected) / n)
        assert (np.abs(steps - expected) <= 5 * spread).all()

    def test_the_extremes(self):
        clean = np.arange(1000) % 3
        np.testing.assert_array_equal(ce.flip_labels(clean, 0.0, 3, 1), clean)
        assert (ce.flip_labels(clean, 1.0, 3, 1) != clean).all()

    def test_flips_are_independent_of_each_other(self):
        """Neighbouring flips happen together with probability rate squared."""
        flips = ce.flip_labels(np.zeros(200_000, int), 0.5, 2, 5) == 1
        together = np.mean(flips[1:] & flips[:-1])
        assert abs(together - 0.25) <= 5 * np.sqrt(0.25 * 0.75 / 1e5)

    def test_a_seed_and_a_generator(self):
        clean = np.zeros((3, 50), int)
        by_seed = ce.flip_labels(clean, 0.5, 3, 7)
        by_generator = ce.flip_labels(clean, 0.5, 3, np.random.default_rng(7))
        np.testing.assert_array_equal(by_seed, by_generator)
        assert by_seed.shape == (3, 50)
        assert (clean == 0).all()
        rng = np.random.default_rng(7)
        ce.flip_labels(clean, 0.5, 3, rng)
        assert not np.array_equal(ce.flip_labels(clean, 0.5, 3, rng), by_seed)

    def test_bad_input(self):
        with pytest.raises(ValueError, match="rate: expected a number from 0 to 1"):
            ce.flip_labels([0], 1.5, 2, 0)
        with pytest.raises(
            ValueError, match="num_classes: expected an integer >= 2, got 1"
        ):
            ce.flip_labels([0], 0.5, 1, 0)
        with pytest.raises(ValueError, match="labels: row 0 has label 5"):
            ce.flip_labels([5], 0.5, 2, 0)
        for seed in (None, 0.5, "7", [1, 2]):
            with pytest.raises(TypeError, match="rng: expected a NumPy Generator or"):
                ce.flip_labels([0], 0.5, 2, seed)
        with pytest.raises(ValueError, match="rng: expected an integer >= 0, got -1"):
            ce.flip_labels([0], 0.5, 2, -1)
        with pytest.raises(ValueError, match="num_classes: expected an integer >= 2"):
            ce.flip_labels([0], 0.5, 2**63, 0)


@pytest.mark.parametrize("classes", [2**62, 2**31, 2**31 - 1, 10**400])
def test_more_classes_than_memory_holds(classes):
    labels = np.zeros(10_000, np.int8)
    with pytest.raises(ValueError, match="num_classes: "):
        ce.one_hot(labels, classes)
