"""Warping: against SciPy's own interpolation, and what a trainer makes of it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from scipy.ndimage import affine_transform

from crossentropy.lab import training
from crossentropy.lab.losses import make_loss
from crossentropy.lab.models import build_model
from crossentropy.lab.training import Plan, Trainer
from crossentropy.lab.warp import warp


@pytest.mark.parametrize("size", [0.05, 0.5, 2.0])
def test_it_is_linear_interpolation_about_the_centre(size: float) -> None:
    rng = np.random.default_rng(5)
    images = rng.integers(0, 256, (20, 12, 12)).astype(np.uint8)
    images[:, [0, -1], :] = 0  # SciPy fades out half a pixel later than torch
    images[:, :, [0, -1]] = 0
    matrices = size * rng.normal(size=(20, 2, 2))
    found = warp(torch.tensor(images), torch.tensor(matrices)).numpy()
    centre = np.array([5.5, 5.5])
    for image, matrix, result in zip(images, matrices, found, strict=True):
        rows_first = (np.eye(2) + matrix)[::-1, ::-1]  # SciPy's first axis is down
        expected = affine_transform(
            image.astype(float), rows_first, centre - rows_first @ centre, order=1
        )
        np.testing.assert_allclose(result, expected, rtol=0, atol=1e-9)


def test_nothing_moves_without_a_matrix_to_move_it() -> None:
    images = torch.randint(0, 256, (7, 8, 8), dtype=torch.uint8)
    torch.testing.assert_close(
        warp(images, torch.zeros(7, 2, 2, dtype=torch.float64)),
        images.double(),
        rtol=0,
        atol=1e-10,
    )


def make(**options: Any) -> Trainer:
    rng = np.random.default_rng(0)
    images = rng.integers(0, 256, (30, 8, 8)).astype(np.uint8)
    plan = Plan(batch_size=10, **options)
    labels = np.arange(30) % 3
    model = build_model("tiny", 3, side=8)
    return Trainer(model, images, labels, make_loss("softmax"), plan)


def batches(trainer: Trainer) -> list[tuple[Any, Any]]:
    found = []
    for images, targets, _ in trainer._batches():
        trainer.step += 1
        found.append((images.clone(), targets.clone()))
    return found


def test_each_image_is_warped_by_itself_anew_in_each_epoch() -> None:
    plain = batches(make(epochs=2, shift=1, seed=4))
    warped = batches(make(epochs=2, shift=1, seed=4, warp=0.2))
    again = batches(make(epochs=2, shift=1, seed=4, warp=0.2))
    for (a, y), (b, z), (c, _) in zip(plain, warped, again, strict=True):
        assert torch.equal(y, z)  # neither order nor shifts know of the warp
        assert torch.equal(b, c)
        assert b.dtype == torch.float32
        assert all(not torch.equal(x.float(), w) for x, w in zip(a, b, strict=True))
    trainer = make(epochs=2, warp=0.2)
    matrices: list[Any] = []

    def watch(images: Any, each: Any) -> Any:
        matrices.extend(each)
        return warp(images, each)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(training, "warp", watch)
        batches(trainer)
    entries = torch.stack(matrices)
    assert entries.shape == (60, 2, 2)
    assert len({tuple(m.flatten().tolist()) for m in matrices}) == 60
    assert abs(float(entries.std()) - 0.2) < 0.05


def test_an_epoch_is_warped_alike_wherever_the_run_starts() -> None:
    whole = batches(make(epochs=3, warp=0.1))
    late = make(epochs=3, warp=0.1)
    late.step = 4
    for (a, _), (b, _) in zip(whole[4:], batches(late), strict=True):
        assert torch.equal(a, b)


def test_warps_are_in_the_precision_of_the_weights() -> None:
    trainer = make(epochs=1, warp=0.1)
    assert trainer.real == torch.float32
    double = Trainer(
        build_model("tiny", 3, side=8),
        np.zeros((30, 8, 8), np.uint8),
        np.arange(30) % 3,
        make_loss("softmax"),
        Plan(epochs=1, warp=0.1),
        dtype=torch.float64,
    )
    ((images, _),) = batches(double)
    assert images.dtype == torch.float64
    double.step = 0
    double.finish()
