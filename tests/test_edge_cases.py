"""Edge cases by name: what is right, and what the peers return instead.

Each test first shows what PyTorch or SciPy do today, then what this package does. What
optax, scikit-learn, Keras and TensorFlow do is shown in `tests_peers`.
"""

from __future__ import annotations

import numpy as np
import pytest
import scipy.special
import torch
from torch.nn import functional

import crossentropy as ce

INF, NAN = np.inf, np.nan
EVERY_LOSS = [
    ce.softmax_cross_entropy_and_grad,
    ce.focal_loss_and_grad,
    ce.squared_error_and_grad,
    ce.multiclass_hinge_and_grad,
]


@pytest.fixture(autouse=True)
def every_floating_point_signal_is_an_error():
    """What is right is computed without a RuntimeWarning, whatever the settings."""
    with np.errstate(all="raise"):
        yield


@pytest.fixture
def peers_may_warn():
    """For the calls to SciPy, which signals where it should not."""
    return np.errstate(all="ignore")


def torch_loss(z, y):
    return functional.cross_entropy(torch.tensor(z), torch.tensor(y))


class TestInfiniteLogits:
    """+inf is a limit, shared by all +inf logits of the row, in every function."""

    z = np.array([INF, 0.0, 0.0])

    def test_one_infinite_logit(self, peers_may_warn):
        """PyTorch and scipy: softmax nan; scipy's log_softmax is [nan, -inf, -inf]."""
        assert torch.softmax(torch.tensor(self.z), 0).isnan().all()
        with peers_may_warn:
            assert np.isnan(scipy.special.softmax(self.z)).any()
            theirs = scipy.special.log_softmax(self.z)
        np.testing.assert_array_equal(theirs, [NAN, -INF, -INF])
        np.testing.assert_array_equal(ce.softmax(self.z), [1, 0, 0])
        np.testing.assert_array_equal(ce.log_softmax(self.z), [0, -INF, -INF])
        assert ce.logsumexp(self.z) == INF

    def test_the_loss_and_the_gradient_follow_the_same_convention(self):
        """PyTorch: nan for every label."""
        for label, loss, gradient in (
            (0, 0, [0, 0, 0]),
            (1, INF, [1, -1, 0]),
        ):
            assert torch_loss(self.z[None], [label]).isnan()
            found = ce.softmax_cross_entropy_and_grad(self.z, label)
            assert found[0] == loss
            np.testing.assert_array_equal(found[1], gradient)
            soft = ce.soft_label_cross_entropy_and_grad(self.z, np.eye(3)[label])
            assert soft[0] == loss
            np.testing.assert_array_equal(soft[1], gradient)

    def test_several_infinite_logits_share(self):
        """PyTorch and scipy: nan."""
        z = [INF, INF, 0.0]
        np.testing.assert_array_equal(ce.softmax(z), [0.5, 0.5, 0])
        np.testing.assert_allclose(ce.log_softmax(z), [-np.log(2), -np.log(2), -INF])
        np.testing.assert_allclose(ce.softmax_cross_entropy(z, 1), np.log(2))
        jacobian = [[0.25, -0.25, 0], [-0.25, 0.25, 0], [0, 0, 0]]
        np.testing.assert_array_equal(ce.softmax_jacobian(z), jacobian)

    def test_a_label_of_logit_minus_infinity_costs_infinity(self):
        """PyTorch agrees."""
        z = [0.0, -INF, 1.0]
        assert torch_loss([z], [1]) == INF
        loss, gradient = ce.softmax_cross_entropy_and_grad(z, 1)
        assert loss == INF
        np.testing.assert_allclose(gradient, ce.softmax(z) - [0, 1, 0])


def test_a_row_all_minus_infinity(peers_may_warn):
    """SciPy: softmax nan and logsumexp -inf, as is right, but both can warn."""
    z = np.full((2, 3), -INF)
    z[1] = [0.0, 1.0, 2.0]
    with peers_may_warn:
        assert np.isnan(scipy.special.softmax(z, axis=1)[0]).all()
        assert scipy.special.logsumexp(z, axis=1)[0] == -INF
    for f in (ce.softmax, ce.log_softmax):
        np.testing.assert_array_equal(np.isnan(f(z)).all(axis=1), [True, False])
    np.testing.assert_array_equal(ce.logsumexp(z)[0], -INF)
    for loss in EVERY_LOSS:
        losses, gradient = loss(z, [0, 1], reduction="none")
        np.testing.assert_array_equal(np.isnan(losses), [True, False])
        np.testing.assert_array_equal(np.isnan(gradient).all(axis=1), [True, False])


def test_logits_whose_difference_overflows():
    """SciPy: right, with a RuntimeWarning for the overflow."""
    z = np.array([1e308, 0.0, -1e308])
    with (
        np.errstate(over="warn", under="ignore"),
        pytest.warns(RuntimeWarning, match="overflow"),
    ):
        scipy.special.log_softmax(z)
    np.testing.assert_array_equal(ce.softmax(z), [1, 0, 0])
    np.testing.assert_array_equal(ce.log_softmax(z), [0, -1e308, -INF])
    assert ce.logsumexp(z) == 1e308
    assert ce.softmax_cross_entropy(z, 0) == 0
    assert ce.softmax_cross_entropy(z, 1) == 1e308
    assert ce.softmax_cross_entropy(z, 2) == INF  # 2e308 is beyond float64


def test_half_precision_over_70000_zeros(peers_may_warn):
    """SciPy: softmax 0, for its sum overflows; torch: loss inf."""
    z = np.zeros(70_000, np.float16)
    with peers_may_warn:
        assert scipy.special.softmax(z).max() == 0
    assert torch.tensor(z).exp().sum() == INF
    q = ce.softmax(z)
    assert q.dtype == np.float16
    np.testing.assert_array_equal(q, np.float16(1 / 70_000))
    loss, gradient = ce.softmax_cross_entropy_and_grad(z, 3)
    assert loss.dtype == gradient.dtype == np.float16
    assert loss == np.float16(np.log(70_000))
    assert gradient[3] == -1
    assert gradient[0] == np.float16(1 / 70_000)
    assert ce.logsumexp(z) == np.float16(np.log(70_000))


def test_a_half_precision_sum_beyond_its_range_is_infinite():
    """In half precision torch returns inf too; neither wraps or warns."""
    z = np.array([[60_000.0, 0.0]] * 2, np.float16)
    assert ce.softmax_cross_entropy(z, [1, 1], reduction="sum") == INF
    assert ce.softmax_cross_entropy(z, [1, 1]) == 60_000


class TestIntegersAreNumbers:
    def test_int8(self, peers_may_warn):
        """SciPy: [.27, .73], for 127 - (-128) wraps around; torch refuses integers."""
        z = np.array([127, -128], np.int8)
        with peers_may_warn:
            wrapped = scipy.special.softmax(z)
        np.testing.assert_allclose(wrapped, [0.27, 0.73], atol=0.005)
        with pytest.raises(NotImplementedError, match="not implemented"):
            torch.softmax(torch.tensor(z), 0)
        np.testing.assert_array_equal(ce.softmax(z), ce.softmax([127.0, -128.0]))
        assert ce.softmax(z).dtype == np.float64
        assert ce.softmax_cross_entropy(z, 1) == 255

    @pytest.mark.parametrize("dtype", [bool, np.uint8, np.int64, np.uint64])
    def test_other_integers_and_booleans(self, dtype):
        z = np.array([[1, 0, 1]], dtype)
        for loss in EVERY_LOSS:
            expected = loss(z.astype(np.float64), [1])
            found = loss(z, [1])
            assert found[0] == expected[0]
            np.testing.assert_array_equal(found[1], expected[1])
        np.testing.assert_array_equal(ce.sigmoid(z), ce.sigmoid(z.astype(float)))
        assert ce.sigmoid_cross_entropy(z, z) == ce.sigmoid_cross_entropy(
            z.astype(float), z.astype(float)
        )

    def test_boolean_labels_of_two_classes(self):
        z = [[1.0, 2.0], [0.0, 1.0]]
        assert ce.softmax_cross_entropy(z, [True, False]) == ce.softmax_cross_entropy(
            z, [1, 0]
        )


class TestNothing:
    def test_no_classes(self):
        """SciPy raises: zero-size array to reduction operation."""
        for f in (scipy.special.softmax, scipy.special.log_softmax):
            with pytest.raises(ValueError, match="zero-size array"):
                f(np.zeros((2, 0)), axis=1)
        for dtype in (np.float16, np.float32, np.float64):
            z = np.zeros((2, 0), dtype)
            assert ce.softmax(z).shape == ce.log_softmax(z).shape == (2, 0)
            np.testing.assert_array_equal(ce.logsumexp(z), [-INF, -INF])
            assert ce.logsumexp(z).dtype == dtype
            assert ce.softmax_jacobian(z).shape == (2, 0, 0)
            deep = np.zeros((2, 3, 0), dtype)
            assert ce.softmax(deep).shape == ce.log_softmax(deep).shape == (2, 3, 0)
            np.testing.assert_array_equal(ce.logsumexp(deep), np.full((2, 3), -INF))
        with pytest.raises(ValueError, match="labels: row 0 has label 0"):
            ce.softmax_cross_entropy(np.zeros((2, 0)), [0, 0])
        with pytest.raises(ValueError, match="targets: row 0 is not a distribution"):
            ce.soft_label_cross_entropy(np.zeros((2, 0)), np.zeros((2, 0)))
        ignored = ce.softmax_cross_entropy_and_grad(
            np.zeros((2, 0)), [-1, -1], ignore_index=-1, reduction="sum"
        )
        assert ignored[0] == 0
        assert ignored[1].shape == (2, 0)

    @pytest.mark.parametrize("loss", EVERY_LOSS)
    @pytest.mark.parametrize("classes", [0, 3])
    def test_no_rows(self, loss, classes):
        """PyTorch: the mean of no rows is nan."""
        z, y = np.zeros((0, classes)), np.zeros(0, int)
        assert functional.cross_entropy(
            torch.zeros(0, 3), torch.zeros(0, dtype=torch.long)
        ).isnan()
        with pytest.raises(ValueError, match="the mean of no rows is undefined"):
            loss(z, y)
        assert loss(z, y, reduction="sum")[0] == 0
        losses, gradient = loss(z, y, reduction="none")
        assert losses.shape == (0,)
        assert gradient.shape == (0, classes)

    def test_no_rows_of_distributions(self):
        for shape in ((0, 3), (0, 0)):
            z = np.zeros(shape)
            assert ce.soft_label_cross_entropy(z, z, reduction="sum") == 0
            losses, gradient = ce.soft_label_cross_entropy_and_grad(
                z, z, reduction="none"
            )
            assert losses.shape == (0,)
            assert gradient.shape == shape

    def test_every_row_ignored(self):
        """PyTorch: nan."""
        z = np.zeros((2, 3))
        assert torch_loss(z, [-100, -100]).isnan()
        with pytest.raises(ValueError, match="the mean of no rows is undefined"):
            ce.softmax_cross_entropy(z, [-100, -100], ignore_index=-100)


def test_one_class_costs_nothing_without_a_minus_sign():
    """PyTorch: -0."""
    z = np.array([[3.0], [-200.0]])
    theirs = functional.cross_entropy(
        torch.tensor(z), torch.tensor([0, 0]), reduction="none"
    )
    assert np.signbit(theirs.numpy()).all()
    for loss in EVERY_LOSS:
        for reduction in ("none", "mean", "sum"):
            value, gradient = loss(z, [0, 0], reduction=reduction)
            np.testing.assert_array_equal(value, 0.0)
            assert not np.signbit(value).any()
            np.testing.assert_array_equal(gradient, 0.0)
            assert not np.signbit(gradient).any()
    assert not np.signbit(ce.soft_label_cross_entropy(z, [[1], [1]]))
    assert not np.signbit(ce.softmax_cross_entropy(z, [0, 0], label_smoothing=0.1))


@pytest.mark.parametrize("loss", EVERY_LOSS)
@pytest.mark.parametrize(
    ("labels", "message"),
    [
        ([0, 3], "labels: row 1 has label 3; valid labels are the integers 0 to 2"),
        ([-1, 0], "labels: row 0 has label -1; valid labels are the integers 0 to 2"),
        ([0, 1.5], r"labels: row 1 has label 1\.5 of dtype float64; valid labels are"),
        ([[0], [1]], r"labels: expected shape \(2,\) \(one label for each row\), got"),
    ],
)
def test_labels_out_of_range_or_shape(loss, labels, message):
    """PyTorch raises an IndexError; for the others see tests_peers."""
    with pytest.raises(ValueError, match=message):
        loss(np.zeros((2, 3)), labels)


class TestProbabilityTargets:
    def test_a_zero_target_silences_an_infinite_logarithm(self):
        """PyTorch: nan, from 0 * -inf."""
        z, p = np.array([[0.0, -INF, 1.0]]), np.array([[0.5, 0.0, 0.5]])
        assert functional.cross_entropy(torch.tensor(z), torch.tensor(p)).isnan()
        loss, gradient = ce.soft_label_cross_entropy_and_grad(z, p)
        pair = ce.soft_label_cross_entropy_and_grad([0.0, 1.0], [0.5, 0.5])
        assert loss == pair[0]
        np.testing.assert_array_equal(gradient, [[pair[1][0], 0.0, pair[1][1]]])

    def test_negative_or_unnormalised_targets(self):
        """PyTorch computes something, silently."""
        z = np.zeros((2, 2))
        for p in ([[1.5, -0.5], [0.5, 0.5]], [[0.5, 0.6], [0.5, 0.5]]):
            assert functional.cross_entropy(
                torch.tensor(z), torch.tensor(p, dtype=torch.double)
            ).isfinite()
            with pytest.raises(
                ValueError, match="targets: row 0 is not a distribution"
            ):
                ce.soft_label_cross_entropy(z, p)


class TestZeroProbabilities:
    def test_p_and_q_both_zero(self):
        """PyTorch: kl_div takes log q = -inf to nan; scipy: 0, as is right."""
        p, q = np.array([0.5, 0.5, 0.0]), np.array([0.25, 0.75, 0.0])
        with np.errstate(divide="ignore"):
            log_q = torch.tensor(np.log(q))
        theirs = functional.kl_div(log_q, torch.tensor(p), reduction="sum")
        assert theirs.isnan()
        assert scipy.special.rel_entr(0.0, 0.0) == 0
        assert ce.kl_divergence(p, q) == ce.kl_divergence(p[:2], q[:2])
        assert ce.cross_entropy(p, q) == ce.cross_entropy(p[:2], q[:2])

    def test_q_zero_where_p_is_not(self):
        """SciPy agrees: inf."""
        assert scipy.special.rel_entr(0.5, 0.0) == INF
        assert ce.kl_divergence([0.5, 0.5], [0.0, 1.0]) == INF
        assert ce.cross_entropy([0.5, 0.5], [0.0, 1.0]) == INF


def test_infinite_logits_of_binary_cross_entropy():
    """PyTorch: nan among them. No peer gets all four."""
    z, y = np.array([INF, INF, -INF, -INF]), np.array([1.0, 0.0, 0.0, 1.0])
    theirs = functional.binary_cross_entropy_with_logits(
        torch.tensor(z), torch.tensor(y), reduction="none"
    )
    assert theirs.isnan().any()
    losses, gradient = ce.sigmoid_cross_entropy_and_grad(z, y, reduction="none")
    np.testing.assert_array_equal(losses, [0, INF, 0, INF])
    np.testing.assert_array_equal(gradient, [0, 1, 0, -1])


def test_nan_stays_in_its_row():
    """PyTorch and scipy agree for the rows; a mean is nan everywhere."""
    z = np.array([[NAN, 0.0, 1.0], [0.0, 1.0, 2.0]])
    for f in (ce.softmax, ce.log_softmax, ce.softmax_jacobian):
        result = f(z).reshape(2, -1)
        np.testing.assert_array_equal(np.isnan(result).all(axis=1), [True, False])
        np.testing.assert_array_equal(np.isnan(result).any(axis=1), [True, False])
    np.testing.assert_array_equal(np.isnan(ce.logsumexp(z)), [True, False])
    for loss in EVERY_LOSS:
        for labels in ([0, 0], [1, 0]):
            losses, gradient = loss(z, labels, reduction="none")
            np.testing.assert_array_equal(np.isnan(losses), [True, False])
            np.testing.assert_array_equal(np.isnan(gradient).all(axis=1), [True, False])
            assert not np.isnan(gradient[1]).any()
            assert np.isnan(loss(z, labels)[0])


def test_the_gradient_where_portable_code_gives_nan():
    """SciPy's logsumexp, differentiated by PyTorch, is nan at float32 [90, 0, 0].

    Ours is not differentiated: it is the formula. Contracted at random, since a sum
    over softmax is constant and would pass a gradient of zero.
    """
    z = np.array([90.0, 0.0, 0.0], np.float32)
    cotangent = np.random.default_rng(0).normal(size=3).astype(np.float32)
    leaf = torch.tensor(z.astype(np.float64), requires_grad=True)
    torch.softmax(leaf, 0).backward(torch.tensor(cotangent, dtype=torch.double))
    with np.errstate(under="ignore"):
        found = cotangent @ ce.softmax_jacobian(z)
    truth = leaf.grad.numpy()
    truth[0] = -truth[1:].sum()  # torch's own is 0 there, even in double precision
    np.testing.assert_allclose(found, truth, rtol=1e-3)  # denormal: few digits
    _, gradient = ce.softmax_cross_entropy_and_grad(z, 0)
    assert np.isfinite(gradient).all()
    assert gradient[0] < 0
