"""The fitted temperature against mpmath and SciPy's minimiser."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.optimize

import crossentropy as ce
from tests import oracles


def exact_mean_loss(z, y, temperature):
    """Mean cross-entropy at a temperature, in multiple precision."""
    total = 0
    for row, label in zip(z, y, strict=True):
        v = [x / temperature for x in oracles.exact(row)]
        total += oracles.MP.log(oracles.MP.fsum(map(oracles.MP.exp, v))) - v[label]
    return total / len(y)


class TestTemperature:
    @staticmethod
    def overconfident(scale, n=60, seed=3):
        rng = np.random.default_rng(seed)
        z = rng.normal(size=(n, 4)) * 1.5
        y = np.array([rng.choice(4, p=q) for q in ce.softmax(z)])
        return z * scale, y

    @pytest.mark.parametrize("scale", [0.3, 1.0, 3.0])
    def test_against_a_bounded_minimiser(self, scale):
        z, y = self.overconfident(scale)
        loss = lambda t: ce.softmax_cross_entropy(z / t, y)  # noqa: E731
        theirs = scipy.optimize.minimize_scalar(
            loss, bounds=(0.05, 20), method="bounded", options={"xatol": 1e-9}
        )
        ours = ce.fit_temperature(z, y)
        np.testing.assert_allclose(ours, theirs.x, rtol=1e-5)
        assert loss(ours) <= loss(theirs.x) + 1e-15

    def test_the_derivative_is_zero_there_to_many_digits(self):
        z, y = self.overconfident(2.0, n=20)
        t = oracles.MP.mpf(ce.fit_temperature(z, y))
        slope = oracles.MP.diff(lambda s: exact_mean_loss(z, y, s), t)
        curvature = oracles.MP.diff(lambda s: exact_mean_loss(z, y, s), t, 2)
        assert abs(slope / curvature) <= 1e-13 * t

    def test_scaling_the_logits_scales_the_temperature(self):
        z, y = self.overconfident(1.0)
        np.testing.assert_allclose(
            ce.fit_temperature(z * 4, y), 4 * ce.fit_temperature(z, y), rtol=1e-13
        )
        np.testing.assert_allclose(
            ce.fit_temperature(z + 1e6, y), ce.fit_temperature(z, y), rtol=1e-8
        )

    @pytest.mark.parametrize("high", [0.9, 3.0, 1e30])
    def test_it_never_leaves_the_range(self, high):
        z = np.array([[3.0, 0.0], [0.0, 2.0]])
        options = {"low": 0.3, "high": high}
        assert ce.fit_temperature(z, [0, 1], **options) == 0.3  # right with room
        assert ce.fit_temperature(z, [1, 0], **options) == high  # always wrong

    def test_the_optimum_outside_the_range_gives_its_nearer_end(self):
        z, y = self.overconfident(1.0)
        best = ce.fit_temperature(z, y)
        assert ce.fit_temperature(z, y, low=best * 2, high=best * 3) == best * 2
        assert ce.fit_temperature(z, y, low=best / 3, high=best / 2) == best / 2
        inside = ce.fit_temperature(z, y, low=best / 1.5, high=best * 1.1)
        np.testing.assert_allclose(inside, best, rtol=1e-13)

    def test_logits_that_say_nothing_leave_the_temperature_at_1(self):
        z = np.zeros((3, 2))
        assert ce.fit_temperature(z, [0, 1, 1]) == 1
        assert ce.fit_temperature(z, [0, 1, 1], low=0.5, high=2) == 1
        assert 2 <= ce.fit_temperature(z, [0, 1, 1], low=2, high=4) <= 4

    def test_huge_logits(self):
        with np.errstate(all="raise"):
            for huge in (1e300, 1e308):  # the difference of the latter is infinite
                z = [[huge, -huge], [huge, -huge]]
                assert ce.fit_temperature(z, [0, 1]) == 20
                assert ce.fit_temperature(z, [0, 0]) == 1

    @pytest.mark.parametrize(
        ("options", "message"),
        [
            ({"low": 0.0}, "low: expected a number from 1e-30"),
            ({"low": np.nan}, "low: expected a number from 1e-30"),
            ({"high": np.inf}, "high: expected a number from 1e-30"),
            ({"low": 2.0, "high": 2.0}, r"low: expected less than high \(2\.0\)"),
        ],
    )
    def test_bad_ranges(self, options, message):
        with pytest.raises(ValueError, match=message):
            ce.fit_temperature([[1.0, 2.0]], [0], **options)

    def test_probabilities_taken_for_logits(self):
        q = np.array([[0.7, 0.3], [0.4, 0.6]])
        z = np.random.default_rng(1).normal(size=(2, 3000)) / 4
        many = ce.softmax(z)
        rounded = many.round(4)
        assert (np.abs(rounded.sum(axis=1) - 1) > 1e-3).any()
        halves = (q.astype(np.float16), many.astype(np.float16))
        for row in (q, q.astype(np.float32), np.eye(2), many, rounded, *halves):
            with pytest.raises(ValueError, match="logits: every row is a distribution"):
                ce.fit_temperature(row, [0, 1])
        assert ce.fit_temperature([[0.7, 0.32], [0.4, 0.6]], [0, 0]) > 0
        assert ce.fit_temperature(np.log(q), [0, 0]) > 0
        assert ce.fit_temperature([[0.7, 0.3], [0.4, 0.7]], [0, 0]) > 0
        assert ce.fit_temperature([[1.5, -0.5], [0.4, 0.6]], [0, 0]) > 0

    def test_logits_for_a_temperature(self):
        with pytest.raises(ValueError, match="logits: row 1 is not finite"):
            ce.fit_temperature([[1.0, 2.0], [0.0, -np.inf], [0.0, 1.0]], [0, 0, 0])
        with pytest.raises(ValueError, match="logits: row 2 is not finite"):
            ce.fit_temperature([[1.0, 2.0], [0.0, 1.0], [np.nan, 1.0]], [0, 0, 0])
        with pytest.raises(ValueError, match="logits: expected at least one axis"):
            ce.fit_temperature(1.0, 0)
        with pytest.raises(ValueError, match=r"labels: expected shape \(3,\)"):
            ce.fit_temperature(np.zeros((3, 2)), [0, 1])
        with pytest.raises(ValueError, match=r"logits: expected shape \(N, K\)"):
            ce.fit_temperature(np.zeros((0, 2)), np.zeros(0, int))
        with pytest.raises(ValueError, match="labels: row 0 has label 5"):
            ce.fit_temperature([[1.0, 2.0]], [5])
