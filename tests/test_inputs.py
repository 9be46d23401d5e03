"""What every function accepts, refuses and leaves alone."""

from __future__ import annotations

import numpy as np
import pytest
import torch

import crossentropy as ce

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
