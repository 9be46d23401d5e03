"""Softmax cross-entropy: the gradient's place, and input that is refused."""

from __future__ import annotations

import numpy as np
import pytest

import crossentropy as ce
from crossentropy.losses._results import gradient_buffer


class TestOut:
    def test_receives_the_gradient(self):
        z, out = np.array([[1.0, 2.0, 0.5]]), np.empty((1, 3))
        _, gradient = ce.softmax_cross_entropy_and_grad(z, [1], out=out)
        assert gradient is out
        np.testing.assert_array_equal(out, ce.softmax_cross_entropy_and_grad(z, [1])[1])

    @pytest.mark.parametrize("smoothing", [0.0, 0.1])
    def test_may_be_the_logits(self, smoothing):
        z = np.random.default_rng(0).normal(size=(20, 3)) * 50
        expected = ce.softmax_cross_entropy_and_grad(
            z, [1] * 20, label_smoothing=smoothing
        )
        loss, gradient = ce.softmax_cross_entropy_and_grad(
            z, [1] * 20, label_smoothing=smoothing, out=z
        )
        assert gradient is z
        assert loss == expected[0]
        np.testing.assert_array_equal(z, expected[1])

    def test_is_computed_in_place_where_it_can_be(self):
        z, single = np.zeros((2, 3)), np.zeros((2, 3), np.float32)
        for logits, out, dtype, own in (
            (z, np.empty((2, 3)), np.float64, False),
            (z, z, np.float64, False),
            (z, np.empty((2, 6))[:, ::2], np.float64, True),
            (single, np.empty((2, 3), np.float16), np.float16, True),
        ):
            g = gradient_buffer(logits, logits, np.dtype(dtype), out)
            assert np.may_share_memory(g, out) != own
            assert g.flags.c_contiguous
            assert g.dtype == logits.dtype

    def test_may_be_strided_or_in_half_precision(self):
        z = np.array([[1.0, 2.0, 0.5]], np.float16)
        out = np.full((2, 6), 9.0, np.float16)
        ce.softmax_cross_entropy_and_grad(z, [1], out=out[:1, ::2])
        np.testing.assert_array_equal(
            out[:1, ::2], ce.softmax_cross_entropy_and_grad(z, [1])[1]
        )
        assert (out[:, 1::2] == 9).all()
        assert (out[1] == 9).all()

    def test_in_column_order(self):
        z = np.asfortranarray(np.random.default_rng(0).normal(size=(4, 3)))
        out = np.empty((4, 3), order="F")
        ce.softmax_cross_entropy_and_grad(z, [1] * 4, out=out)
        expected = ce.softmax_cross_entropy_and_grad(z.copy("C"), [1] * 4)[1]
        np.testing.assert_array_equal(out, expected)
        ce.softmax_cross_entropy_and_grad(z, [1] * 4, out=z)
        np.testing.assert_array_equal(z, expected)

    @pytest.mark.parametrize(
        ("out", "error", "message"),
        [
            (np.empty((3, 1)), ValueError, r"out: expected shape \(1, 3\)"),
            (np.empty((1, 3), "f"), ValueError, "dtype float64, got .* float32"),
            ([[0.0, 0.0, 0.0]], TypeError, "out: expected a writeable array"),
        ],
    )
    def test_is_refused_if_it_does_not_fit(self, out, error, message):
        with pytest.raises(error, match=message):
            ce.softmax_cross_entropy_and_grad([[1.0, 2.0, 0.5]], [1], out=out)

    def test_is_refused_if_it_cannot_be_written(self):
        out = np.empty((1, 3))
        out.flags.writeable = False
        with pytest.raises(TypeError, match="out: expected a writeable array"):
            ce.softmax_cross_entropy_and_grad([[1.0, 2.0, 0.5]], [1], out=out)

    def test_is_refused_if_it_overlaps_the_logits(self):
        memory = np.arange(9.0).reshape(3, 3)
        with pytest.raises(ValueError, match="out: overlaps logits"):
            ce.softmax_cross_entropy_and_grad(memory[:2], [0, 0], out=memory[1:])

    def test_is_refused_if_it_overlaps_itself(self):
        one = np.lib.stride_tricks.as_strided(np.empty(4), (2, 3), (0, 8))
        slid = np.lib.stride_tricks.as_strided(np.empty(4), (2, 3), (8, 8))
        for out in (one, slid):
            with pytest.raises(ValueError, match="out: some of its entries are one"):
                ce.softmax_cross_entropy_and_grad(np.zeros((2, 3)), [0, 0], out=out)
        for view in (
            np.empty((3, 2)).T,
            np.empty((4, 6))[::-2, ::-2],
            np.empty((1, 3)),
        ):
            rows = len(view)
            z = np.random.default_rng(0).normal(size=(rows, 3))
            expected = ce.softmax_cross_entropy_and_grad(z, [0] * rows)[1]
            ce.softmax_cross_entropy_and_grad(z, [0] * rows, out=view)
            np.testing.assert_array_equal(view, expected)

    @pytest.mark.parametrize("reduction", ["mean", "sum"])
    @pytest.mark.parametrize("smoothing", [0.0, 0.1])
    def test_may_hold_the_weights_or_the_labels(self, smoothing, reduction):
        """They are read to the end before the first gradient is written."""
        rng = np.random.default_rng(0)
        n, k = 20_000, 50
        z, y, w = rng.normal(size=(n, k)), rng.integers(0, k, n), rng.random(k) + 0.5
        options = {"label_smoothing": smoothing, "reduction": reduction}
        expected = ce.softmax_cross_entropy_and_grad(z, y, weight=w, **options)[1]
        out = np.zeros((n, k))
        out[0] = w
        labels = out.view(np.int64).reshape(-1)[k : k + n]
        labels[:] = y
        ce.softmax_cross_entropy_and_grad(z, labels, weight=out[0], out=out, **options)
        np.testing.assert_array_equal(out, expected)

    @pytest.mark.filterwarnings("ignore::PendingDeprecationWarning")
    def test_may_be_a_subclass(self, tmp_path):
        z = np.random.default_rng(0).normal(size=(4, 3))
        expected = ce.softmax_cross_entropy_and_grad(z, [0, 1, 2, 0])[1]
        kept = np.memmap(tmp_path / "gradient", z.dtype, "w+", shape=z.shape)
        for out in (np.asmatrix(np.empty((4, 3))), kept):
            _, gradient = ce.softmax_cross_entropy_and_grad(z, [0, 1, 2, 0], out=out)
            assert gradient is out
            np.testing.assert_array_equal(np.asarray(out), expected)


class TestBadInput:
    @pytest.mark.parametrize(
        ("labels", "message"),
        [
            ([0, 3, 7], r"labels: row 1 has label 3; valid labels are .* 0 to 2"),
            ([0, 0, -1], r"labels: row 2 has label -1; valid labels are .* 0 to 2"),
            ([0, 1.5, 1], r"labels: row 1 has label 1.5 of dtype float64; valid"),
            ([1.0, 0.0, 1.0], r"labels: row 0 has label 1.0 of dtype float64"),
            ([0, np.nan, 1], r"labels: row 1 has label nan"),
            ([0, 1], r"labels: expected shape \(3,\) .* got \(2,\)"),
            ([[0], [1], [2]], r"labels: expected shape \(3,\) .* got \(3, 1\)"),
            (
                np.array([2**63, 0, 0], np.uint64),
                r"labels: row 0 has label 9223372036854775808",
            ),
        ],
    )
    def test_labels(self, labels, message):
        with pytest.raises(ValueError, match=message):
            ce.softmax_cross_entropy(np.zeros((3, 3)), labels)

    def test_labels_of_another_kind(self):
        with pytest.raises(TypeError, match="labels: expected integers, got dtype <U"):
            ce.softmax_cross_entropy(np.zeros((2, 3)), ["cat", "dog"])

    def test_labels_where_there_are_no_classes(self):
        with pytest.raises(
            ValueError, match="label 0; there are no classes, so no label"
        ):
            ce.softmax_cross_entropy(np.zeros((2, 0)), [0, 0])

    def test_the_place_of_a_bad_label_among_several_axes(self):
        labels = np.zeros((2, 3), int)
        labels[1, 2] = 9
        with pytest.raises(ValueError, match=r"labels: row \(1, 2\) has label 9"):
            ce.softmax_cross_entropy(np.zeros((2, 3, 4)), labels)

    @pytest.mark.parametrize(
        ("options", "message"),
        [
            (
                {"label_smoothing": 1.1},
                "label_smoothing: expected a number from 0 to 1",
            ),
            ({"label_smoothing": -0.1}, "label_smoothing: expected a number from 0"),
            ({"reduction": np.zeros(2)}, "reduction: expected one of .* got array"),
            ({"smoothing": "other"}, "smoothing: expected one of .* got 'other'"),
            ({"reduction": "avg"}, "reduction: expected one of .* got 'avg'"),
            ({"weight": [1.0, 1.0]}, r"weight: expected shape \(3,\)"),
            ({"weight": [1.0, -1.0, 1.0]}, r"weight: entry \(1,\) is -1.0"),
            ({"weight": [1.0, 1.0, np.inf]}, r"weight: entry \(2,\) is inf"),
            ({"weight": [np.nan, 1.0, 1.0]}, r"weight: entry \(0,\) is nan"),
            ({"threads": 0}, "threads: expected an integer >= 1, got 0"),
            ({"threads": 1.5}, r"threads: expected an integer >= 1, got 1\.5"),
            ({"ignore_index": 0}, "reduction: the mean of no rows is undefined"),
            ({"weight": [0.0, 1.0, 1.0]}, "reduction: the mean of no rows"),
        ],
    )
    def test_options(self, options, message):
        with pytest.raises(ValueError, match=message):
            ce.softmax_cross_entropy(np.zeros((2, 3)), [0, 0], **options)

    @pytest.mark.parametrize(
        ("options", "message"),
        [
            ({"ignore_index": 1.0}, r"ignore_index: expected an integer, got 1\.0"),
            ({"threads": "all"}, "threads: expected an integer, got 'all'"),
            ({"threads": np.inf}, "threads: expected an integer, got inf"),
        ],
    )
    def test_options_that_are_no_integers(self, options, message):
        with pytest.raises(TypeError, match=message):
            ce.softmax_cross_entropy(np.zeros((2, 3)), [0, 0], **options)

    def test_smoothing_that_is_no_number(self):
        with pytest.raises(TypeError, match="label_smoothing: expected a number"):
            ce.softmax_cross_entropy(np.zeros((2, 3)), [0, 0], label_smoothing="a lot")

    def test_smoothing_to_others_where_there_are_none(self):
        with pytest.raises(
            ValueError, match="'others' needs at least 2 classes, got 1"
        ):
            ce.softmax_cross_entropy(
                [[0.0]], [0], label_smoothing=0.1, smoothing="others"
            )
        assert ce.softmax_cross_entropy([[0.0]], [0], smoothing="others") == 0

    @pytest.mark.parametrize(
        ("targets", "message"),
        [
            ([[0.5, 0.5], [0.7, 0.2]], r"targets: row 1 .* sum 0.9"),
            ([[1.5, -0.5], [1, 0]], r"targets: row 0 .*smallest entry -0.5"),
            ([[1, 0], [np.nan, 1]], "targets: row 1 is not a distribution"),
            ([[1, 0]], r"targets: expected shape \(2, 2\)"),
            ([1, 0], r"targets: expected shape \(2, 2\)"),
        ],
    )
    def test_targets(self, targets, message):
        with pytest.raises(ValueError, match=message):
            ce.soft_label_cross_entropy(np.zeros((2, 2)), targets)

    def test_a_mean_of_no_distributions(self):
        with pytest.raises(ValueError, match="reduction: the mean of no rows"):
            ce.soft_label_cross_entropy(np.zeros((0, 2)), np.zeros((0, 2)))
        with pytest.raises(ValueError, match="reduction: the mean of no rows"):
            ce.soft_label_cross_entropy([[0.0, 0.0]], [[1, 0]], weight=[0.0, 1.0])


def test_ignored_rows_of_a_single_class_have_no_label_to_look_up() -> None:
    loss, gradient = ce.softmax_cross_entropy_and_grad(
        [[1.0], [2.0]], [0, -100], ignore_index=-100, weight=[3.0]
    )
    assert loss == 0
    assert gradient.tolist() == [[0.0], [0.0]]
