"""The parts of the experiments on outputs and labels, one by one."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from crossentropy import sigmoid, smooth_labels, soft_label_cross_entropy_and_grad
from crossentropy.datasets import Digits, load_digits
from crossentropy.lab.experiments import fitting, imbalance, multilabel, none_of_these
from crossentropy.lab.experiments.smoothing import best_gap, lead
from crossentropy.lab.experiments.unseen import without
from crossentropy.lab.losses import make_loss

RNG = np.random.default_rng(0)


def test_no_digit_is_in_two_of_the_three_parts() -> None:
    parts = fitting.three_parts()
    images = np.concatenate([part.images.reshape(-1, 784) for part in parts])
    assert len(images) == 5000
    assert len(np.unique(images, axis=0)) == len(
        np.unique(load_digits().images.reshape(-1, 784), axis=0)
    )
    for part, each in zip(parts, (350, 50, 100), strict=True):
        assert np.bincount(part.labels).tolist() == [each] * 10


def test_training_follows_the_seed_the_rate_and_the_prior() -> None:
    images = load_digits().images[::50]
    labels = load_digits().labels[::50].astype(np.int64)

    def weights(**options: float) -> torch.Tensor:
        model = fitting.trained(
            images,
            labels,
            make_loss("sigmoid"),
            **{"seed": 0, "epochs": 1.0, **options},  # type: ignore[arg-type]
        )
        return torch.cat([p.detach().flatten() for p in model.parameters()])

    once = weights()
    assert torch.equal(once, weights())
    assert not torch.equal(once, weights(seed=1))
    assert not torch.equal(once, weights(rate=0.02))
    assert not torch.equal(once, weights(prior=0.1))


@pytest.mark.parametrize("keep", [0.5, 0.9, 0.95, 1.0])
def test_a_threshold_keeps_the_share_asked_for(keep: float) -> None:
    scores = RNG.random(2000)
    kept = (scores > fitting.top_threshold(scores, keep)).mean()
    assert kept == pytest.approx(keep, abs=1e-3)


def test_the_best_threshold_is_the_middle_of_the_best() -> None:
    p = np.array([[0.1, 0.9], [0.3, 0.7]])
    labels = np.array([[0, 1], [0, 1]], np.uint8)
    assert multilabel.best_threshold(p, labels) == pytest.approx(0.5, abs=0.011)
    assert multilabel.best_threshold(p / 10, labels) == pytest.approx(0.05, abs=0.011)


def test_exact_wants_all_labels_right() -> None:
    p = np.array([[0.9, 0.6], [0.9, 0.6], [0.1, 0.2]])
    labels = np.array([[1, 1], [1, 0], [0, 0]], np.uint8)
    assert multilabel.exact(p, labels, 0.5).tolist() == [True, False, True]


def test_k_hot_targets_ask_softmax_for_one_kth() -> None:
    # So one half is out of reach for two labels, and one third for three.
    for k in (1, 2, 3):
        target = np.r_[np.full(k, 1 / k), np.zeros(10 - k)]
        best = np.where(target > 0, 0.0, -800.0)
        _, grad = soft_label_cross_entropy_and_grad(best, target)
        assert np.abs(grad).max() < 1e-12


def blocks(images: np.ndarray, side: int) -> list[list[bytes]]:
    """The square blocks of each image, in an order of their own."""
    return [
        sorted(
            image[i : i + side, j : j + side].tobytes()
            for i in range(0, 28, side)
            for j in range(0, 28, side)
        )
        for image in images
    ]


def test_pictures_of_nothing_are_of_the_kind_their_name_says() -> None:
    digits = Digits(load_digits().images[::500], load_digits().labels[::500])
    kinds = none_of_these.nothings(digits, np.random.default_rng(1))
    assert tuple(kinds) == none_of_these.KINDS
    for images in kinds.values():
        assert images.dtype == np.uint8
        assert images.shape == digits.images.shape
        assert (images.reshape(10, -1).max(axis=1) > 100).all()
    for kind in ("scrambled", "finer", "noise"):  # the digit's own pixels, moved
        for made, digit in zip(kinds[kind], digits.images, strict=True):
            assert np.array_equal(np.sort(made, None), np.sort(digit, None))
            assert not np.array_equal(made, digit)
    for kind, side in (("scrambled", 7), ("finer", 4)):
        assert blocks(kinds[kind], side) == blocks(digits.images, side)
        assert blocks(kinds[kind], 11 - side) != blocks(digits.images, 11 - side)
    again = none_of_these.nothings(digits, np.random.default_rng(1))
    assert all(np.array_equal(again[kind], kinds[kind]) for kind in kinds)


def test_without_renumbers_the_classes_that_stay() -> None:
    digits = Digits(np.zeros((10, 28, 28), np.uint8), np.arange(10, dtype=np.uint8))
    left = without(digits, [0, 1, 2, 5, 6, 7, 8, 9])
    assert left.labels.tolist() == list(range(8))
    assert len(left.images) == 8


@pytest.mark.parametrize("eps", [0.02, 0.1, 0.2])
def test_the_best_gap_is_where_the_gradient_of_the_smoothed_loss_is_zero(
    eps: float,
) -> None:
    gap, target = best_gap(eps, 10), smooth_labels(np.eye(10)[3], eps)
    _, at = soft_label_cross_entropy_and_grad(gap * np.eye(10)[3], target)
    assert np.abs(at).max() < 1e-15
    for off in (gap - 0.1, gap + 0.1):
        _, grad = soft_label_cross_entropy_and_grad(off * np.eye(10)[3], target)
        assert np.sign(grad[3]) == np.sign(off - gap)


def test_the_lead_is_over_the_mean_of_the_other_logits() -> None:
    z, labels = RNG.normal(size=(6, 4)), np.array([0, 1, 2, 3, 0, 1])
    by_hand = [
        z[n, y] - np.mean([z[n, j] for j in range(4) if j != y])
        for n, y in enumerate(labels)
    ]
    assert lead(z, labels) == pytest.approx(np.mean(by_hand))
    assert lead(z + RNG.normal(size=(6, 1)), labels) == pytest.approx(lead(z, labels))


def best_logits(loss: imbalance.RowLoss, frequencies: np.ndarray) -> np.ndarray:
    """Constant logits with the least expected loss, found by Newton's method."""
    share = torch.tensor(frequencies, dtype=torch.float32)
    labels = torch.arange(len(frequencies))

    def expected(z: torch.Tensor) -> torch.Tensor:
        return (share * loss(z.expand(len(labels), -1), labels)).sum()

    z = torch.zeros(len(labels))
    for _ in range(60):
        grad = torch.autograd.functional.jacobian(expected, z)
        hessian = torch.autograd.functional.hessian(expected, z)
        z = z - 0.5 * torch.linalg.pinv(hessian) @ grad
    return (z - z.mean()).numpy()


def test_weights_move_the_best_logits_by_their_logarithms() -> None:
    pi = np.array([0.6, 0.3, 0.1])
    plain = best_logits(make_loss("softmax"), pi)
    assert np.allclose(plain, np.log(pi) - np.log(pi).mean(), atol=1e-4)
    w = np.array([1.0, 2.0, 5.0])
    moved = best_logits(imbalance.weighted(w), pi) - plain
    assert np.allclose(moved, np.log(w) - np.log(w).mean(), atol=1e-4)
    # 1/n takes the prior off altogether.
    assert np.allclose(best_logits(imbalance.weighted(1 / pi), pi), 0, atol=1e-4)


def test_the_adjusted_loss_learns_logits_without_the_prior() -> None:
    pi = np.array([0.6, 0.3, 0.1])
    assert np.allclose(best_logits(imbalance.adjusted(pi), pi), 0, atol=1e-4)


@pytest.mark.parametrize("w", [1.0, 7.0, 50.0])
def test_pos_weight_adds_its_logarithm_to_the_best_logit(w: float) -> None:
    pi = 0.02
    best = math.log(pi / (1 - pi)) + math.log(w)
    z = torch.full((2, 1), best, requires_grad=True)
    losses = imbalance.with_pos_weight(w)(z, torch.tensor([[1.0], [0.0]]))
    (losses * torch.tensor([pi, 1 - pi])).sum().backward()
    assert z.grad is not None
    assert z.grad.sum().item() == pytest.approx(0, abs=1e-7)
    assert sigmoid(best - math.log(w)) == pytest.approx(pi)


def test_choose_draws_different_images_of_each_digit() -> None:
    counts = np.arange(10)
    chosen = imbalance.choose(load_digits(), counts, np.random.default_rng(0))
    assert np.bincount(chosen.labels, minlength=10).tolist() == counts.tolist()
    assert len(np.unique(chosen.images.reshape(45, -1), axis=0)) == 45
