"""What every function accepts, refuses and leaves alone."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

import crossentropy as ce
from crossentropy.linear import fit_linear
from tests import strategies as own

EVERY_LOSS = [
    ce.softmax_cross_entropy_and_grad,
    ce.focal_loss_and_grad,
    ce.squared_error_and_grad,
    ce.multiclass_hinge_and_grad,
]


class TestInputs:
    @pytest.mark.parametrize(
        ("bad", "error", "message"),
        [
            (np.ma.masked_array([[1.0, 2.0]], [[0, 1]]), TypeError, "masked arrays"),
            (np.array([[1.0, None]], object), TypeError, "got dtype object"),
            ([["a", "b"]], TypeError, "got dtype <U1"),
            ([[1 + 2j, 0]], TypeError, "got dtype complex128"),
            (np.zeros((1, 2), np.longdouble), TypeError, "got dtype float128"),
            ([[1.0, 2.0], [3.0]], ValueError, "the rows differ in length"),
        ],
    )
    def test_what_is_not_real_numbers(self, bad, error, message):
        for f in (ce.softmax, ce.log_softmax, ce.logsumexp, ce.softmax_jacobian):
            with pytest.raises(error, match=f"logits: .*{message}"):
                f(bad)
        for f in (ce.sigmoid, ce.log_sigmoid):
            with pytest.raises(error, match=f"x: .*{message}"):
                f(bad)
        for loss in EVERY_LOSS:
            with pytest.raises(error, match=f"logits: .*{message}"):
                loss(bad, [0])
        for f in (ce.sigmoid_cross_entropy, ce.difference_loss):
            with pytest.raises(error, match=f"logits: .*{message}"):
                f(bad, [[0, 1]])
            with pytest.raises(error, match=f"labels: .*{message}"):
                f([[0.0, 1.0]], bad)
        with pytest.raises(error, match=f"p: .*{message}"):
            ce.entropy(bad)
        with pytest.raises(error, match=f"targets: .*{message}"):
            ce.soft_label_cross_entropy([[0.0, 1.0]], bad)

    def test_masked_labels(self):
        labels = np.ma.masked_array([0, 1], [0, 1])
        with pytest.raises(TypeError, match="labels: masked arrays are not supported"):
            ce.softmax_cross_entropy(np.zeros((2, 2)), labels)

    @pytest.mark.parametrize("loss", EVERY_LOSS)
    @pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
    def test_layout_does_not_matter(self, loss, dtype):
        plain = (np.random.default_rng(1).normal(size=(6, 4)) * 20).astype(dtype)
        y = np.array([0, 1, 2, 3, 0, 1])
        expected = loss(plain, y, reduction="none")
        wide = np.zeros((12, 8), dtype)
        wide[::2, ::2] = plain
        reverse = np.ascontiguousarray(plain[::-1, ::-1])[::-1, ::-1]
        swapped = plain.astype(plain.dtype.newbyteorder())
        for z in (np.asfortranarray(plain), wide[::2, ::2], reverse, swapped):
            found = loss(z, y, reduction="none")
            np.testing.assert_array_equal(found[0], expected[0])
            np.testing.assert_array_equal(found[1], expected[1])
            assert found[1].dtype == dtype
        strided = np.repeat(y, 2)[::2]
        np.testing.assert_array_equal(
            loss(plain, strided, reduction="none")[0], expected[0]
        )

    @pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
    def test_inputs_are_not_modified_and_may_be_read_only(self, dtype):
        z = (np.random.default_rng(2).normal(size=(5, 3)) * 50).astype(dtype)
        y, p, w = np.array([0, 1, 2, 1, 0]), ce.one_hot([0, 1, 2, 1, 0], 3), np.ones(3)
        arrays = (z, y, p, w)
        before = [a.copy() for a in arrays]
        for a in arrays:
            a.flags.writeable = False
        for loss in EVERY_LOSS:
            loss(z, y)
        for eps in (0.0, 0.1):
            ce.softmax_cross_entropy_and_grad(z, y, weight=w, label_smoothing=eps)
            ce.soft_label_cross_entropy_and_grad(z, p, weight=w, label_smoothing=eps)
        ce.sigmoid_cross_entropy_and_grad(z, p, pos_weight=w)
        ce.difference_loss_and_grad(z, p)
        for f in (ce.softmax, ce.log_softmax, ce.logsumexp, ce.sigmoid, ce.log_sigmoid):
            f(z)
        ce.softmax_jacobian(z)
        ce.kl_divergence(p, p)
        ce.mutual_information(p / 5)
        ce.smooth_labels(p, 0.1)
        ce.flip_labels(y, 0.5, 3, 0)
        for a, b in zip(arrays, before, strict=True):
            np.testing.assert_array_equal(a, b)

    def test_lists_and_tensors(self):
        expected = ce.softmax_cross_entropy(np.array([[1.0, 2.0]]), np.array([1]))
        assert ce.softmax_cross_entropy([[1.0, 2.0]], [1]) == expected
        assert ce.softmax_cross_entropy([[1, 2]], (1,)) == expected
        tensor = torch.tensor([[1.0, 2.0]], dtype=torch.double)
        assert ce.softmax_cross_entropy(tensor, torch.tensor([1])) == expected


LAYOUTS = {
    "by columns": np.asfortranarray,
    "transposed": lambda x: np.ascontiguousarray(x.T).T,
    "strided": lambda x: np.repeat(np.repeat(x, 2, axis=0), 3, axis=-1)[::2, ::3],
    "reversed": lambda x: np.ascontiguousarray(x[::-1, ::-1])[::-1, ::-1],
    "byte order": lambda x: x.astype(x.dtype.newbyteorder()),
    "a part of deeper rows": lambda x: np.stack([x, x], axis=1)[:, 0],
}

# Every public function that takes an array of numbers: of logits z, labels y, and
# distributions p and q.
OF_ARRAYS = {
    "brier_decomposition": lambda z, y, p, q: ce.brier_decomposition(p[:, 0], y == 0),
    "brier_score": lambda z, y, p, q: ce.brier_score(p, y),
    "cross_entropy": lambda z, y, p, q: ce.cross_entropy(p, q),
    "difference_loss": lambda z, y, p, q: ce.difference_loss(z, z > 0),
    "difference_loss_and_grad": lambda z, y, p, q: ce.difference_loss_and_grad(
        z, z > 0, reduction="none"
    ),
    "entropy": lambda z, y, p, q: ce.entropy(p),
    "expected_calibration_error": lambda z, y, p, q: ce.expected_calibration_error(
        p[:, 0], y == 0, binning="mass"
    ),
    "fit_temperature": lambda z, y, p, q: ce.fit_temperature(z, y),
    "flip_labels": lambda z, y, p, q: ce.flip_labels(y, 0.5, p.shape[1], 0),
    "focal_loss": lambda z, y, p, q: ce.focal_loss(z, y, reduction="none"),
    "focal_loss_and_grad": lambda z, y, p, q: ce.focal_loss_and_grad(z, y),
    "kl_divergence": lambda z, y, p, q: ce.kl_divergence(p, q),
    "log_sigmoid": lambda z, y, p, q: ce.log_sigmoid(z),
    "log_softmax": lambda z, y, p, q: ce.log_softmax(z, temperature=0.7),
    "logsumexp": lambda z, y, p, q: ce.logsumexp(z),
    "multiclass_hinge": lambda z, y, p, q: ce.multiclass_hinge(z, y, reduction="none"),
    "multiclass_hinge_and_grad": lambda z, y, p, q: ce.multiclass_hinge_and_grad(z, y),
    "mutual_information": lambda z, y, p, q: ce.mutual_information(p / len(p)),
    "one_hot": lambda z, y, p, q: ce.one_hot(y, p.shape[1]),
    "perplexity": lambda z, y, p, q: ce.perplexity(p, q),
    "reliability_curve": lambda z, y, p, q: ce.reliability_curve(p[:, 0], y == 0),
    "sigmoid": lambda z, y, p, q: ce.sigmoid(z),
    "sigmoid_cross_entropy": lambda z, y, p, q: ce.sigmoid_cross_entropy(z, p),
    "sigmoid_cross_entropy_and_grad": lambda z, y, p, q: (
        ce.sigmoid_cross_entropy_and_grad(z, p, pos_weight=q, reduction="none")
    ),
    "smooth_labels": lambda z, y, p, q: ce.smooth_labels(p, 0.1, smoothing="others"),
    "soft_label_cross_entropy": lambda z, y, p, q: ce.soft_label_cross_entropy(z, p),
    "soft_label_cross_entropy_and_grad": lambda z, y, p, q: (
        ce.soft_label_cross_entropy_and_grad(z, p, weight=q[0], reduction="none")
    ),
    "softmax": lambda z, y, p, q: ce.softmax(z),
    "softmax_cross_entropy": lambda z, y, p, q: ce.softmax_cross_entropy(
        z, y, weight=q[0], label_smoothing=0.1, reduction="none"
    ),
    "softmax_cross_entropy_and_grad": lambda z, y, p, q: (
        ce.softmax_cross_entropy_and_grad(z, y, weight=q[0])
    ),
    "softmax_jacobian": lambda z, y, p, q: ce.softmax_jacobian(z[:, :50]),
    "squared_error": lambda z, y, p, q: ce.squared_error(z, y, reduction="none"),
    "squared_error_and_grad": lambda z, y, p, q: ce.squared_error_and_grad(z, y),
    "surprisal": lambda z, y, p, q: ce.surprisal(q),
    "top_label": lambda z, y, p, q: ce.top_label(p, y),
}


def parts(result):
    """A result as a list of arrays."""
    if isinstance(result, (ce.ReliabilityCurve, ce.BrierDecomposition)):
        return list(vars(result).values())
    return list(result) if isinstance(result, tuple) else [result]


def test_every_function_is_listed():
    functions = {n for n in ce.__all__ if callable(getattr(ce, n)) and n.islower()}
    assert functions == set(OF_ARRAYS)


@pytest.mark.parametrize("name", OF_ARRAYS)
@settings(max_examples=20)
@given(
    st.sampled_from(sorted(LAYOUTS)),
    st.sampled_from([np.float16, np.float32, np.float64]),
    st.sampled_from([1, 5, 70, 4099]),
    st.booleans(),
    own.seeds,
)
def test_no_function_depends_on_the_layout(name, layout, dtype, classes, even, seed):
    """Added up in one running total, 4099 even shares would lose two digits."""
    rng = np.random.default_rng(seed)
    z = (rng.normal(size=(4, classes)) * (0 if even else 9)).astype(dtype)
    y = rng.integers(0, classes, 4)
    p, q = (ce.softmax(rng.normal(size=z.shape) * (not even)) for _ in range(2))
    if dtype != np.float16:  # whose distributions may be too coarse to be one
        p, q = p.astype(dtype), q.astype(dtype)
    if classes == 1 and name in ("flip_labels", "smooth_labels"):
        return  # there is no other class
    f, change = OF_ARRAYS[name], LAYOUTS[layout]
    labels = np.repeat(y, 2)[::2]
    expected, found = (
        parts(f(z, y, p, q)),
        parts(f(change(z), labels, change(p), change(q))),
    )
    digits = 4 * float(np.finfo(dtype).eps)
    for a, b in zip(found, expected, strict=True):
        np.testing.assert_allclose(a, b, rtol=digits, atol=1e-30)
        assert np.asarray(a).dtype == np.asarray(b).dtype


class TestNumbersFromElsewhere:
    """Text is no number, and whatever cannot be read is named."""

    NUMBERS = (
        ("temperature", lambda v: ce.softmax([0.0, 1.0], temperature=v)),
        ("temperature", lambda v: ce.softmax_jacobian([0.0, 1.0], temperature=v)),
        ("gamma", lambda v: ce.focal_loss([0.0, 1.0], 0, gamma=v)),
        ("margin", lambda v: ce.multiclass_hinge([0.0, 1.0], 0, margin=v)),
        (
            "label_smoothing",
            lambda v: ce.softmax_cross_entropy([0.0, 1.0], 0, label_smoothing=v),
        ),
        ("eps", lambda v: ce.smooth_labels([0.0, 1.0], v)),
        ("low", lambda v: ce.fit_temperature([[0.0, 2.0]], [0], low=v)),
        ("high", lambda v: ce.fit_temperature([[0.0, 2.0]], [0], high=v)),
        ("rate", lambda v: ce.flip_labels([0, 1], v, 2, 0)),
    )
    INTEGERS = (
        ("threads", lambda v: ce.softmax_cross_entropy([0.0, 1.0], 0, threads=v)),
        ("bins", lambda v: ce.reliability_curve([0.5], [1], bins=v)),
        ("num_classes", lambda v: ce.one_hot([0, 1], v)),
        ("num_classes", lambda v: ce.flip_labels([0, 1], 0.5, v, 0)),
    )

    @pytest.mark.parametrize(("name", "f"), NUMBERS + INTEGERS)
    def test_what_is_no_single_number(self, name, f):
        for value in ("2", b"2", bytearray(b"2"), None, [1.0], np.ones(1), 1j, {}):
            if name == "threads" and value is None:
                continue
            with pytest.raises(
                TypeError, match=f"{name}: expected an? (number|integer)"
            ):
                f(value)

    @pytest.mark.parametrize(("name", "f"), NUMBERS + INTEGERS)
    def test_what_is_beyond_every_type(self, name, f):
        for value in (10**400, -(10**400), 10**5000):
            if name == "threads" and value > 0:
                continue
            with pytest.raises(ValueError, match=f"{name}: expected an? ") as raised:
                f(value)
            assert len(str(raised.value)) < 200

    @pytest.mark.parametrize(("name", "f"), NUMBERS)
    def test_numbers_of_other_kinds(self, name, f):
        for value in (
            np.float32(0.5),
            np.array(0.5),
            torch.tensor(0.5),
            Fraction(1, 2),
        ):
            np.testing.assert_array_equal(f(value), f(0.5))

    def test_text_for_arrays(self):
        for text in (["1", "2"], [b"1", b"2"], np.array(["1", "2"], object)):
            for f in (ce.softmax, ce.sigmoid, ce.surprisal, ce.entropy):
                with pytest.raises(TypeError, match=r"expected float16, .* got dtype"):
                    f(text)
            with pytest.raises(TypeError, match=r"weight: .* got dtype"):
                ce.softmax_cross_entropy([0.0, 1.0], 0, weight=text)
            with pytest.raises(TypeError, match=r"pos_weight: .* got dtype"):
                ce.sigmoid_cross_entropy([0.0, 1.0], [0, 1], pos_weight=text)
            with pytest.raises(TypeError, match=r"outcomes: .* got dtype"):
                ce.expected_calibration_error([0.5, 0.5], text)
            with pytest.raises(
                TypeError, match=r"labels: expected integers, got dtype"
            ):
                ce.softmax_cross_entropy(np.zeros((2, 2)), text)
            with pytest.raises(TypeError, match=r"features: .* got dtype"):
                fit_linear(np.array([text]), [0], 2)

    @pytest.mark.parametrize(
        "tensor",
        [
            torch.zeros(1, 2, requires_grad=True),
            torch.zeros(1, 2, dtype=torch.bfloat16),
            torch.zeros(1, 2, device="meta"),
            torch.eye(2)[:1].to_sparse(),
        ],
        ids=["requires grad", "bfloat16", "meta", "sparse"],
    )
    def test_tensors_that_are_no_arrays(self, tensor):
        for name, f in (
            ("logits", ce.softmax),
            ("x", ce.sigmoid),
            ("p", ce.entropy),
            ("logits", lambda t: ce.softmax_cross_entropy(t, [0])),
            ("targets", lambda t: ce.soft_label_cross_entropy([[0.0, 1.0]], t)),
            ("labels", lambda t: ce.softmax_cross_entropy([[0.0, 1.0]], t)),
            ("labels", lambda t: ce.one_hot(t, 2)),
            ("features", lambda t: fit_linear(t, [0], 2)),
        ):
            with pytest.raises(
                TypeError, match=f"{name}: expected what NumPy can read"
            ):
                f(tensor)

    def test_integers_too_long_for_an_array(self):
        for row in ([10**400, 0], [10**400, 0.5]):
            with pytest.raises(TypeError, match=r"logits: .* got dtype object"):
                ce.softmax(row)
