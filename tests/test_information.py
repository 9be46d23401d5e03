"""Information measures against exact numbers, mpmath and scipy."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.special
from hypothesis import given

import crossentropy as ce
from tests import oracles
from tests import strategies as own

MP = oracles.MP.clone()
MP.dps = 70  # divergences of 1e-32 are sums of terms of 1e-1


def exact(values):
    """Floats as exact numbers, for arithmetic at 70 digits."""
    return [MP.mpf(float(v)) for v in values]


def exact_divergence(p, q):
    """Sum of p log(p / q) - p + q in multiple precision."""
    pairs = list(zip(exact(p), exact(q), strict=True))
    return MP.fsum(a * MP.log(a / b) for a, b in pairs if a > 0) + MP.fsum(
        b - a for a, b in pairs
    )


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

    @pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
    def test_what_rounding_has_left_above_1_counts_as_certain(self, dtype):
        above = 1 + np.finfo(dtype).eps
        p = np.array([above, 0], dtype)
        assert ce.entropy(p) == ce.cross_entropy(p, p) == ce.surprisal(p[0]) == 0
        assert not np.signbit(ce.entropy(p))
        assert ce.perplexity(p) == 1
        assert ce.kl_divergence(p, p) == 0
        assert ce.mutual_information(p.reshape(1, 2)) == 0
        with pytest.raises(ValueError, match=r"q: the row holds 1\.5"):
            ce.surprisal(dtype(1.5))

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
            pairs = list(zip(exact(a), exact(b), strict=True))
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
        truth = exact_divergence(p, q)
        assert oracles.relative_error(ce.kl_divergence(p, q), truth) <= 1e-14
        bits = truth / MP.log(2)
        found = ce.kl_divergence(p, q, unit="bits")
        assert oracles.relative_error(found, bits) <= 1e-14

    @pytest.mark.parametrize("dtype", ["float32", "float64"])
    @pytest.mark.parametrize(
        "distance", [1e-15, 1e-12, 1e-6, 1e-3, 0.19, 0.21, 0.9, None]
    )
    def test_relative_error_of_divergences(self, distance, dtype):
        """From distributions that differ in the last digit to unrelated ones."""
        rng = np.random.default_rng(6)
        for _ in range(20):
            p = rng.dirichlet(np.full(7, 0.5))
            q = rng.dirichlet(np.full(7, 0.5))
            if distance is not None:
                q = p * (1 + distance * rng.uniform(-1, 1, 7))
            p, q = p.astype(dtype), (q / q.sum()).astype(dtype)
            truth = exact_divergence(p, q)
            for unit, scale in (("nats", 1), ("bits", MP.log(2))):
                found = ce.kl_divergence(p, q, unit=unit)
                error = oracles.relative_error(found, truth / scale)
                assert error <= oracles.BOUND[dtype]

    @pytest.mark.parametrize("dtype", ["float32", "float64"])
    def test_divergence_of_tiny_shares_at_any_ratio(self, dtype):
        small = 1e-9 if dtype == "float64" else 1e-5
        floor = 290 if dtype == "float64" else 30
        for ratio in (1e-3, 0.5, 0.79, 0.81, 1.19, 1.21, 1.5, 2.9, 1e3):
            for size in np.geomspace(small, 10.0**-floor, 12):
                p = np.array([1, min(size * ratio, small)], dtype)
                q = np.array([1, size], dtype)
                found, truth = ce.kl_divergence(p, q), exact_divergence(p, q)
                assert oracles.relative_error(found, truth) <= oracles.BOUND[dtype]

    def test_a_divergence_is_that_of_the_distributions_that_floats_stand_for(self):
        """Rounding leaves sums in float32 1e-7 off 1, ten times the divergence."""
        rng = np.random.default_rng(8)
        z = rng.normal(size=(50, 1000))
        moved = z + 1e-4 * rng.normal(size=z.shape)
        truth = ce.kl_divergence(ce.softmax(z), ce.softmax(moved))
        p = ce.softmax(z.astype(np.float32).astype(np.float64)).astype(np.float32)
        q = ce.softmax(moved.astype(np.float32).astype(np.float64)).astype(np.float32)
        assert (truth < 1e-8).all()
        np.testing.assert_allclose(ce.kl_divergence(p, q), truth, rtol=5e-3)

    @pytest.mark.parametrize("dtype", ["float32", "float64"])
    @pytest.mark.parametrize("strength", [0.0, 1e-15, 1e-10, 1e-6, 1e-3, 0.5])
    def test_mutual_information_near_independence(self, strength, dtype):
        rng = np.random.default_rng(9)
        for shape in ((3, 4), (1, 5), (40, 2)):
            table = np.outer(
                rng.dirichlet(np.ones(shape[0])), rng.dirichlet(np.ones(shape[1]))
            )
            table *= 1 + strength * rng.uniform(-1, 1, shape)
            table = (table / table.sum()).astype(dtype)
            rows = [exact(row) for row in table]
            x = [MP.fsum(row) for row in rows]
            y = [MP.fsum(column) for column in zip(*rows, strict=True)]
            total = MP.fsum(x)
            pairs = [
                (rows[i][j], x[i] * y[j] / total)
                for i in range(shape[0])
                for j in range(shape[1])
            ]
            truth = MP.fsum(p * MP.log(p / q) for p, q in pairs if p > 0)
            for unit, scale in (("nats", MP.one), ("bits", MP.log(2))):
                found = MP.mpf(float(ce.mutual_information(table, unit=unit)))
                apart = MP.fsum(abs(p - q) for p, q in pairs)
                allowed = oracles.BOUND[dtype] * (truth + apart) / scale
                assert abs(found - truth / scale) <= allowed

    @pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
    def test_perplexity(self, dtype):
        """The exponent is not rounded before exp; a result may be beyond the type."""
        rng = np.random.default_rng(10)
        p = rng.dirichlet(np.full(5, 0.2), 30).astype(dtype)
        q = rng.dirichlet(np.full(5, 0.2), 30).astype(dtype)
        q[0], p[0] = [1, 0, 0, 0, np.finfo(dtype).smallest_subnormal], [0, 0, 0, 0, 1]
        with np.errstate(all="raise"):
            found = ce.perplexity(p, q)
        unit = 2.0**-11 if dtype == "float16" else 0
        for a, b, value in zip(p, q, found, strict=True):
            pairs = zip(exact(a), exact(b), strict=True)
            cross = -MP.fsum(x * MP.log(y) for x, y in pairs if x > 0 and y > 0)
            truth = MP.exp(cross)
            impossible = bool(((a > 0) & (b == 0)).any())
            if impossible or truth > np.finfo(dtype).max:
                assert value == np.inf
            else:
                bound = oracles.BOUND.get(dtype, 1e-6) * (1 + float(cross)) + unit
                assert oracles.relative_error(value, truth) <= bound

    def test_surprisal_of_what_is_nearly_certain(self):
        q = 1 - 2.0 ** -np.arange(1, 53)
        truth = [-MP.log(v) for v in exact(q)]
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
