"""Calibration against exact rationals and loops over the definition."""

from __future__ import annotations

from dataclasses import FrozenInstanceError
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import crossentropy as ce
from tests import strategies as own


def members(p, edges):
    """Bin of each prediction, straight from the definition of (lo, hi]."""
    found = []
    for v in p:
        inside = [b for b in range(len(edges) - 1) if edges[b] < v <= edges[b + 1]]
        found.append(inside[0] if inside else 0)
    return found


def exact_parts(p, outcomes, index):
    """ECE and Brier parts in exact rationals."""
    n = len(p)
    x, o = [Fraction(v) for v in p], [Fraction(int(v)) for v in outcomes]
    overall = sum(o) / n
    ece = reliability = resolution = Fraction(0)
    for b in set(index):
        own = [i for i in range(n) if index[i] == b]
        c = sum(x[i] for i in own) / len(own)
        f = sum(o[i] for i in own) / len(own)
        ece += Fraction(len(own), n) * abs(f - c)
        reliability += Fraction(len(own), n) * (f - c) ** 2
        resolution += Fraction(len(own), n) * (f - overall) ** 2
    score = sum((a - b) ** 2 for a, b in zip(x, o, strict=True)) / n
    return ece, score, reliability, resolution, overall * (1 - overall)


class TestBins:
    def test_a_bin_holds_its_upper_edge_and_not_its_lower(self):
        p = [0.0, 0.1, 0.1 + 1e-12, 0.2, 0.3, 0.1 + 0.2, 0.9, 1.0]
        counts = ce.reliability_curve(p, [1] * 8, bins=10).counts
        np.testing.assert_array_equal(counts, [2, 2, 1, 1, 0, 0, 0, 0, 1, 1])

    @pytest.mark.parametrize("bins", [1, 2, 7, 15])
    @pytest.mark.parametrize("binning", ["width", "mass"])
    def test_certainty_is_in_the_last_bin(self, bins, binning):
        """Torchmetrics once put it in a bin of its own, beyond the last."""
        curve = ce.reliability_curve(
            [0.5, 1.0, 1.0], [1, 1, 0], bins=bins, binning=binning
        )
        assert curve.counts.sum() == 3
        assert curve.edges[-1] == 1
        assert curve.counts[-1] >= 2

    def test_widths_are_equal(self):
        edges = ce.reliability_curve([0.5], [1], bins=5).edges
        np.testing.assert_array_equal(edges, [0, 1 / 5, 2 / 5, 3 / 5, 4 / 5, 1])

    @given(st.integers(1, 12), st.integers(1, 40), st.integers(0, 99))
    def test_masses_are_equal_without_ties(self, bins, n, seed):
        p = np.random.default_rng(seed).permutation(np.linspace(0.01, 0.99, n))
        counts = ce.reliability_curve(p, np.ones(n), bins=bins, binning="mass").counts
        assert len(counts) == min(bins, n)
        assert counts.max() - counts.min() <= 1

    def test_ties_stay_together(self):
        p = [0.5] * 7 + [0.8, 0.9]
        curve = ce.reliability_curve(p, [1] * 9, bins=3, binning="mass")
        np.testing.assert_array_equal(curve.edges, [0, 0.5, 1])
        np.testing.assert_array_equal(curve.counts, [7, 2])
        same = ce.reliability_curve([0.0] * 3, [1, 0, 0], bins=3, binning="mass")
        np.testing.assert_array_equal(same.counts, [3])

    def test_ties_at_0_have_a_bin_of_their_own(self):
        p = [0.0, 0.0, 0.0, 0.5]
        curve = ce.reliability_curve(p, [0, 0, 1, 1], bins=4, binning="mass")
        np.testing.assert_array_equal(curve.edges, [0, 0, 1])
        np.testing.assert_array_equal(curve.counts, [3, 1])

    @pytest.mark.parametrize("binning", ["width", "mass"])
    def test_hard_forecasts_are_as_far_off_at_0_as_at_1(self, binning):
        """10 of the 90 forecasts of 0 came true, and none of the 10 of 1."""
        p = np.repeat([0.0, 1.0], [90, 10])
        outcomes = np.repeat([1, 0], [10, 90])
        for x, o in ((p, outcomes), (1 - p, 1 - outcomes)):
            error = ce.expected_calibration_error(x, o, bins=10, binning=binning)
            np.testing.assert_allclose(error, 0.2, rtol=1e-15)

    def test_more_bins_than_predictions(self):
        curve = ce.reliability_curve([0.2, 0.6], [0, 1], bins=5, binning="mass")
        np.testing.assert_array_equal(curve.edges, [0, 0.2, 1])
        np.testing.assert_array_equal(curve.counts, [1, 1])

    def test_an_empty_bin_has_no_mean(self):
        with np.errstate(all="raise"):
            curve = ce.reliability_curve([0.1, 0.2], [0, 1], bins=2)
        np.testing.assert_array_equal(curve.counts, [2, 0])
        np.testing.assert_allclose(curve.confidence, [0.15, np.nan])
        np.testing.assert_array_equal(curve.frequency, [0.5, np.nan])

    def test_the_default_is_15_bins_of_equal_width(self):
        p, o = np.linspace(0, 1, 50), np.arange(50) % 2
        explicit = ce.reliability_curve(p, o, bins=15, binning="width")
        for f in (
            ce.reliability_curve(p, o),
            ce.reliability_curve(p, o == 1, bins=15.0),
        ):
            np.testing.assert_array_equal(f.edges, explicit.edges)
        assert len(explicit.counts) == 15
        assert ce.expected_calibration_error(p, o) == ce.expected_calibration_error(
            p, o, bins=15, binning="width"
        )
        assert ce.brier_decomposition(p, o) == ce.brier_decomposition(
            p, o, bins=15, binning="width"
        )


def test_results_cannot_be_changed():
    results = (
        (ce.reliability_curve([0.5], [1]), "counts"),
        (ce.brier_decomposition([0.5], [1]), "score"),
    )
    for result, field in results:
        with pytest.raises(FrozenInstanceError):
            setattr(result, field, 0)


def test_top_label_looks_along_the_classes():
    p, outcomes = ce.top_label([[0.7, 0.3], [0.4, 0.6], [0.5, 0.5]], [0, 0, 1])
    np.testing.assert_array_equal(p, [0.7, 0.6, 0.5])
    np.testing.assert_array_equal(outcomes, [True, False, False])  # the first of ties


class TestScores:
    @given(own.events, st.integers(1, 12), st.sampled_from(["width", "mass"]))
    def test_every_part_against_exact_rationals(self, pairs, bins, binning):
        p, outcomes = map(list, zip(*pairs, strict=True))
        options = {"bins": bins, "binning": binning}
        curve = ce.reliability_curve(p, outcomes, **options)
        index = members(p, curve.edges)
        np.testing.assert_array_equal(
            curve.counts, np.bincount(index, minlength=len(curve.edges) - 1)
        )
        ece, score, reliability, resolution, uncertainty = exact_parts(
            p, outcomes, index
        )
        near = {"rtol": 1e-12, "atol": 1e-14}
        found = ce.expected_calibration_error(p, outcomes, **options)
        np.testing.assert_allclose(found, float(ece), **near)
        parts = ce.brier_decomposition(p, outcomes, **options)
        np.testing.assert_allclose(parts.score, float(score), **near)
        np.testing.assert_allclose(parts.reliability, float(reliability), **near)
        np.testing.assert_allclose(parts.resolution, float(resolution), **near)
        np.testing.assert_allclose(parts.uncertainty, float(uncertainty), **near)
        rest = score - reliability + resolution - uncertainty
        np.testing.assert_allclose(
            parts.within_bins, float(rest), rtol=1e-9, atol=1e-14
        )

    def test_a_constant_prediction_at_the_base_rate_is_calibrated(self):
        p, o = [0.25] * 8, [1, 0, 0, 0, 0, 1, 0, 0]
        assert ce.expected_calibration_error(p, o) == 0
        parts = ce.brier_decomposition(p, o)
        assert parts.reliability == parts.resolution == parts.within_bins == 0
        assert parts.score == parts.uncertainty == 0.1875

    def test_the_brier_score_of_many_classes(self):
        rng = np.random.default_rng(1)
        z, y = rng.normal(size=(40, 5)), rng.integers(0, 5, 40)
        expected = ce.squared_error(z, y)
        np.testing.assert_allclose(ce.brier_score(ce.softmax(z), y), expected)
        assert ce.brier_score([[0.0, 1.0]], [0]) == 2

    def test_the_brier_score_of_two_classes_is_twice_that_of_the_event(self):
        p = np.random.default_rng(2).uniform(size=30)
        y = np.arange(30) % 2
        event = ce.brier_decomposition(p, y).score
        both = ce.brier_score(np.stack([1 - p, p], axis=1), y)
        np.testing.assert_allclose(both, 2 * event)

    def test_single_precision_is_widened_before_it_is_added_up(self):
        q = np.array([[0.7, 0.3], [0.4, 0.6]], np.float32)
        p, outcomes = ce.top_label(q, [0, 0])
        assert p.dtype == np.float64
        np.testing.assert_array_equal(p, q.max(axis=1))
        np.testing.assert_array_equal(outcomes, [True, False])
        assert isinstance(ce.brier_score(q, [0, 0]), float)


class TestMixUps:
    def test_logits_taken_for_probabilities(self):
        z = [[2.0, -1.0], [0.5, 0.1]]
        for f in (ce.top_label, ce.brier_score):
            with pytest.raises(ValueError, match="q: row 0 is not a distribution"):
                f(z, [0, 1])
        for f in (
            ce.reliability_curve,
            ce.expected_calibration_error,
            ce.brier_decomposition,
        ):
            with pytest.raises(ValueError, match=r"p: row 1 holds 2\.5; .* 0 to 1"):
                f([0.5, 2.5], [0, 1])


class TestBadInput:
    @pytest.mark.parametrize(
        "f",
        [ce.reliability_curve, ce.expected_calibration_error, ce.brier_decomposition],
    )
    @pytest.mark.parametrize(
        ("p", "outcomes", "options", "message"),
        [
            ([], [], {}, r"p: expected shape \(N,\), N >= 1, got \(0,\)"),
            ([[0.5]], [[1]], {}, r"p: expected shape \(N,\), N >= 1, got \(1, 1\)"),
            ([0.5, np.nan], [1, 0], {}, "p: row 1 holds nan"),
            ([0.5, 0.5], [1], {}, r"outcomes: expected shape \(2,\)"),
            ([0.5, 0.5], [1, 0.5], {}, r"outcomes: row 1 holds 0\.5; valid: 0 and 1"),
            ([0.5], [2], {}, r"outcomes: row 0 holds 2\.0"),
            ([0.5], [1], {"bins": 0}, "bins: expected an integer >= 1, got 0"),
            ([0.5], [1], {"bins": 2.5}, "bins: expected an integer >= 1, got 2.5"),
            ([0.5], [1], {"binning": "size"}, "binning: expected one of"),
        ],
    )
    def test_events(self, f, p, outcomes, options, message):
        with pytest.raises(ValueError, match=message):
            f(p, outcomes, **options)

    @pytest.mark.parametrize("f", [ce.top_label, ce.brier_score])
    def test_predictions(self, f):
        with pytest.raises(ValueError, match=r"q: expected shape \(N, K\) with N >= 1"):
            f(np.zeros((0, 2)), [])
        with pytest.raises(ValueError, match=r"q: expected shape \(N, K\)"):
            f([0.5, 0.5], 0)
        with pytest.raises(ValueError, match="labels: row 0 has label 2"):
            f([[0.5, 0.5]], [2])

    @pytest.mark.parametrize("bins", [10**11, 2**62, 2**63, 10**400])
    def test_more_bins_than_memory_holds(self, bins):
        for f in (ce.reliability_curve, ce.expected_calibration_error):
            with pytest.raises(ValueError, match="bins: "):
                f([0.5], [1], bins=bins)

    def test_bins_of_equal_counts_are_no_more_than_the_predictions(self):
        curve = ce.reliability_curve([0.2, 0.5], [1, 0], bins=2**31 - 1, binning="mass")
        np.testing.assert_array_equal(curve.counts, [1, 1])


class TestEquality:
    def test_of_curves(self):
        p, outcomes = [0.1, 0.2, 0.9], [0, 1, 1]
        curve = ce.reliability_curve(p, outcomes, bins=4)
        assert np.isnan(curve.confidence).any()
        assert curve == ce.reliability_curve(p, outcomes, bins=4)
        assert curve != ce.reliability_curve(p, [1, 1, 1], bins=4)
        assert curve != ce.reliability_curve(p, outcomes, bins=5)
        assert curve != "curve"
        with pytest.raises(TypeError, match="unhashable"):
            hash(curve)


class TestPartners:
    """What one function gives, another takes."""

    @pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
    def test_a_probability_that_rounding_has_left_above_1(self, dtype):
        above = 1 + np.finfo(dtype).eps
        q = np.array([[above, 0.0], [0.25, 0.75]], dtype)
        p, outcomes = ce.top_label(q, [0, 1])
        np.testing.assert_array_equal(p, [1, 0.75])
        assert ce.expected_calibration_error(p, outcomes) == 0.125
        curve = ce.reliability_curve(q[:, 0], [True, False], bins=4)
        assert curve.confidence[-1] == 1
        assert ce.brier_decomposition(q[:, 0], [1, 0]).score == 0.03125

    @pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
    def test_softmax(self, dtype):
        rng = np.random.default_rng(4)
        z, y = (rng.normal(size=(300, 9)) * 20).astype(dtype), rng.integers(0, 9, 300)
        q = ce.softmax(z)
        p, outcomes = ce.top_label(q, y)
        assert 0 <= ce.expected_calibration_error(p, outcomes) <= 1
        for j in range(9):
            ce.brier_decomposition(q[:, j], y == j)
        assert ce.brier_score(q, y) > 0
        assert (ce.entropy(q) >= 0).all()
        assert (ce.perplexity(q) >= 1).all()
        assert (ce.kl_divergence(q, q[::-1]) >= 0).all()
        assert ce.soft_label_cross_entropy(z, q) >= 0
        assert ce.smooth_labels(q, 0.1).dtype == dtype
        assert (ce.surprisal(q) >= 0).all()
