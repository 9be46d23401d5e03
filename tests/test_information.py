"""Information measures against exact numbers, mpmath and scipy."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.special
from hypothesis import given

import crossentropy as ce
from tests import oracles
from tests import strategies as own

MP = oracles.MP


def exact_divergence(p, q):
    """Sum of p log(p / q) in multiple precision."""
    pairs = zip(oracles.exact(p), oracles.exact(q), strict=True)
    return MP.fsum(a * MP.log(a / b) for a, b in pairs if a > 0)


class TestExactValues:
    def test_powers_of_two_in_bits_are_exact(self):
        p = [0.5, 0.25, 0.125, 0.125]
        assert ce.entropy(p, unit="bits") == 1.75
        assert ce.cross_entropy(p, [0.25] * 4, unit="bits") == 2
        assert ce.kl_divergence(p, [0.25] * 4, unit="bits") == 0.25
        np.testing.assert_array_equal(
            ce.surprisal([1, 2**-29, 0.0], unit="bits"), [0, 29, np.inf]
        )

    def test_certain_events_have_no_surprise_and_no_sign(self):
        for value in (
            ce.surprisal(1.0),
            ce.entropy([1.0, 0.0]),
            ce.cross_entropy([1, 0], [1, 0]),
            ce.kl_divergence([1, 0], [1, 0]),
            ce.mutual_information([[1.0]]),
        ):
            assert value == 0
            assert not np.signbit(value)

    def test_impossible_events(self):
        assert ce.cross_entropy([0.5, 0.5], [1, 0]) == np.inf
        assert ce.kl_divergence([0.5, 0.5], [1, 0]) == np.inf
        assert ce.perplexity([0.5, 0.5], [1, 0]) == np.inf
        assert ce.cross_entropy([1, 0], [0.5, 0.5], unit="bits") == 1
        assert ce.kl_divergence([1, 0], [0.5, 0.5], unit="bits") == 1

    def test_mutual_information_of_extremes(self):
        independent = np.outer([0.25, 0.75], [0.5, 0.5])
        assert ce.mutual_information(independent) == 0
        assert ce.mutual_information(np.eye(4) / 4, unit="bits") == 2

    def test_perplexity_counts_classes(self):
        np.testing.assert_allclose(ce.perplexity(np.full(6, 1 / 6)), 6, rtol=1e-15)
        np.testing.assert_allclose(
            ce.perplexity([0.5, 0.5], [0.25, 0.75]), 4 / np.sqrt(3), rtol=1e-15
        )

    def test_a_divergence_whose_ratio_would_overflow(self):
        p, q = [0.5, 0.5], [1e-320, 1.0]
        truth = exact_divergence(p, q)
        assert oracles.relative_error(ce.kl_divergence(p, q), truth) <= 1e-14


class TestAccuracy:
    @pytest.mark.parametrize("dtype", ["float32", "float64"])
    def test_relative_error_of_the_sums_of_one_sign(self, dtype):
        p = np.random.default_rng(1).dirichlet(np.full(30, 0.3), 20).astype(dtype)
        q = np.random.default_rng(2).dirichlet(np.full(30, 0.3), 20).astype(dtype)
        limit = oracles.BOUND[dtype]
        for a, b in zip(p, q, strict=True):
            pairs = list(zip(oracles.exact(a), oracles.exact(b), strict=True))
            truth = -MP.fsum(x * MP.log(y) for x, y in pairs)
            assert oracles.relative_error(ce.cross_entropy(a, b), truth) <= limit
            truth = -MP.fsum(x * MP.log(x) for x, _ in pairs)
            assert oracles.relative_error(ce.entropy(a), truth) <= limit
            bits = truth / MP.log(2)
            assert oracles.relative_error(ce.entropy(a, unit="bits"), bits) <= limit

    @pytest.mark.parametrize("distance", [1e-2, 1e-5, 1e-7])
    def test_divergence_of_close_distributions(self, distance):
        """Textbook arithmetic loses all digits at 1e-8; here the error shrinks too."""
        p = np.array([0.2, 0.3, 0.5])
        q = p + distance * np.array([1.0, 1.0, -2.0]) / 8
        # The sums of the inputs are 1 only within rounding, and D sees that, to first
        # order: so the truth is taken of the floats, and the error against distance.
        truth = exact_divergence(p, q)
        assert abs(ce.kl_divergence(p, q) - truth) <= 8 * 2.0**-53 * distance
        bits = truth / MP.log(2)
        found = ce.kl_divergence(p, q, unit="bits")
        assert abs(found - bits) <= 8 * 2.0**-53 * distance

    def test_surprisal_of_what_is_nearly_certain(self):
        q = 1 - 2.0 ** -np.arange(1, 53)
        truth = [-MP.log(v) for v in oracles.exact(q)]
        assert oracles.worst_error(ce.surprisal(q), truth) <= 1e-15


class TestProperties:
    @given(own.distributions(), own.distributions())
    def test_gibbs_inequality_and_the_decomposition(self, p, q):
        with np.errstate(all="raise"):
            divergence = ce.kl_divergence(p, q)
            cross = ce.cross_entropy(p, q)
            entropy = ce.entropy(p)
            assert (ce.kl_divergence(p, p) == 0).all()
        assert (divergence >= 0).all()
        assert (entropy >= 0).all()
        assert (entropy <= np.log(4) * (1 + 1e-15)).all()
        np.testing.assert_allclose(cross, entropy + divergence, rtol=1e-13, atol=1e-15)
        np.testing.assert_array_equal(ce.perplexity(p), np.exp(entropy))
        np.testing.assert_array_equal(ce.perplexity(p, q), np.exp(cross))

    @given(own.distributions(), own.distributions())
    def test_agreement_with_scipy(self, p, q):
        np.testing.assert_allclose(
            ce.entropy(p), scipy.special.entr(p).sum(axis=1), rtol=1e-13, atol=1e-15
        )
        np.testing.assert_allclose(
            ce.kl_divergence(p, q),
            scipy.special.rel_entr(p, q).sum(axis=1),
            rtol=1e-12,
            atol=1e-15,
        )

    @given(own.distributions(classes=6, rows=2))
    def test_mutual_information_is_the_entropy_that_is_shared(self, flat):
        joint = flat.reshape(2, 2, 3)
        for unit in ("nats", "bits"):
            expected = (
                ce.entropy(joint.sum(axis=2), unit=unit)
                + ce.entropy(joint.sum(axis=1), unit=unit)
                - ce.entropy(flat, unit=unit)
            )
            found = ce.mutual_information(joint, unit=unit)
            np.testing.assert_allclose(found, expected, rtol=1e-12, atol=1e-14)
            assert (found >= 0).all()


class TestShapesAndTypes:
    def test_leading_axes_broadcast(self):
        p, q = np.full((2, 1, 3), 1 / 3), np.full((4, 3), 1 / 3)
        assert ce.cross_entropy(p, q).shape == (2, 4)
        assert ce.kl_divergence(p, q).shape == (2, 4)
        assert ce.mutual_information(np.full((5, 2, 2), 0.25)).shape == (5,)

    def test_a_row_gives_a_scalar(self):
        for value in (ce.entropy([0.5, 0.5]), ce.perplexity([1, 0]), ce.surprisal(1)):
            assert isinstance(value, np.float64)

    def test_dtypes(self):
        p = np.array([0.5, 0.5])
        half, single = p.astype(np.float16), p.astype(np.float32)
        assert ce.entropy(half).dtype == np.float16
        assert ce.cross_entropy(half, single).dtype == np.float32
        assert ce.kl_divergence(single, p).dtype == np.float64
        assert ce.mutual_information(single.reshape(1, 2)).dtype == np.float32
        assert ce.surprisal(half).dtype == np.float16

    def test_half_precision_adds_up_in_single(self):
        p = np.full(4096, 2.0**-12, np.float16)
        assert ce.entropy(p, unit="bits") == 12

    def test_nan_stays_in_its_row(self):
        p = [[0.5, 0.5], [np.nan, 0.0]]
        np.testing.assert_array_equal(np.isnan(ce.entropy(p)), [False, True])
        np.testing.assert_array_equal(
            np.isnan(ce.kl_divergence([1.0, 0.0], p)), [False, True]
        )
        assert np.isnan(ce.cross_entropy([1.0, 0.0], [0.0, np.nan]))
        assert np.isnan(ce.surprisal(np.nan))
        assert np.isnan(ce.mutual_information([[np.nan, 0.5]]))


class TestBadInput:
    @pytest.mark.parametrize(
        "f", [ce.entropy, ce.perplexity, lambda p: ce.kl_divergence(p, [0.5, 0.5])]
    )
    def test_p_that_is_no_distribution(self, f):
        with pytest.raises(
            ValueError, match=r"p: row 1 is .*sum 0\.9\).* within 1.5e-08"
        ):
            f([[0.5, 0.5], [0.7, 0.2]])
        with pytest.raises(ValueError, match=r"p: row 0 is .*smallest entry -0\.5"):
            f([[1.5, -0.5]])
        with pytest.raises(ValueError, match=r"p: the row is not a distribution"):
            f([0.5, 0.6])

    def test_q_that_is_no_distribution(self):
        for f in (ce.cross_entropy, ce.kl_divergence, ce.perplexity):
            with pytest.raises(ValueError, match=r"q: the row is not a distribution"):
                f([0.5, 0.5], [1.0, 2.0])

    def test_the_tolerance_follows_the_precision(self):
        assert ce.entropy(np.array([0.5, 0.5003], np.float32)) > 0
        with pytest.raises(ValueError, match=r"within 3\.5e-04"):
            ce.entropy(np.array([0.5, 0.5004], np.float32))
        assert ce.entropy([0.5, 0.5 + 1.4e-8]) > 0
        with pytest.raises(ValueError, match=r"within 1\.5e-08"):
            ce.entropy([0.5, 0.5 + 1.6e-8])

    def test_shapes_that_do_not_match(self):
        for f in (ce.cross_entropy, ce.kl_divergence):
            for p, q in (
                (np.ones(1), np.full(2, 0.5)),
                (np.full((2, 2), 0.5), np.full((3, 2), 0.5)),
            ):
                with pytest.raises(ValueError, match=r"q: shape .* does not match p's"):
                    f(p, q)

    def test_too_few_axes(self):
        with pytest.raises(ValueError, match=r"p: expected at least 1 axes, got 0"):
            ce.entropy(1.0)
        with pytest.raises(ValueError, match="joint: expected at least 2 axes, got 1"):
            ce.mutual_information([0.5, 0.5])
        with pytest.raises(ValueError, match="joint: row 0 is not a distribution"):
            ce.mutual_information([[[0.5, 0.6]]])

    def test_units(self):
        for f in (ce.surprisal, ce.entropy):
            with pytest.raises(
                ValueError, match=r"unit: expected one of .* got 'dits'"
            ):
                f([0.5, 0.5], unit="dits")
        for f in (ce.cross_entropy, ce.kl_divergence):
            with pytest.raises(ValueError, match="unit: expected one of"):
                f([0.5, 0.5], [0.5, 0.5], unit="dits")
        with pytest.raises(ValueError, match="unit: expected one of"):
            ce.mutual_information([[1.0]], unit="dits")

    def test_surprisal_outside_0_to_1(self):
        with pytest.raises(ValueError, match=r"q: row 1 holds 1\.5; .* is 0 to 1"):
            ce.surprisal([0.5, 1.5])
        with pytest.raises(ValueError, match=r"q: row \(0, 1\) holds -0\.5"):
            ce.surprisal([[0.5, -0.5]])
