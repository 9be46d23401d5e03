"""What a trainer keeps of itself, and what it is shown."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from crossentropy.lab.losses import make_loss
from crossentropy.lab.models import build_model
from crossentropy.lab.training import Plan, Progress, Trainer
from tests.lab.quick import same


def make(plan: Plan, seed: int = 0) -> Trainer:
    rng = np.random.default_rng(seed)
    images = rng.integers(1, 256, (30, 8, 8)).astype(np.uint8)
    images[:, 0, 0] = 200 + np.arange(30)
    model = build_model("tiny", 3, side=8, seed=seed)
    return Trainer(model, images, np.arange(30) % 3, make_loss("softmax"), plan)


def test_each_image_is_shifted_by_itself_and_filled_up_with_black() -> None:
    trainer = make(Plan(epochs=40, batch_size=10, shift=2))
    padded = trainer.images.numpy()
    moves, at_once = [], []
    for images, targets, whole in trainer._batches():
        trainer.step += 1
        assert whole == 10
        found = []
        for image, target in zip(images.numpy(), targets.tolist(), strict=True):
            where = [
                (i, down, right)
                for i in range(30)
                for down in range(5)
                for right in range(5)
                if (padded[i, down : down + 8, right : right + 8] == image).all()
            ]
            ((number, down, right),) = where
            assert number % 3 == target
            found.append((down, right))
        moves += found
        at_once.append(len(set(found)))
    assert set(moves) == {(down, right) for down in range(5) for right in range(5)}
    assert min(at_once) > 1
    counts = np.unique(moves, axis=0, return_counts=True)[1]
    assert counts.min() > 0.5 * len(moves) / 25


def reports(trainer: Trainer, stop_at: int = 0, **more: Any) -> list[Progress]:
    return list(trainer.run(stop=lambda: trainer.step == stop_at, **more))


def test_the_last_report_of_an_epoch_is_at_its_end() -> None:
    trainer = make(Plan(epochs=2, batch_size=1))
    assert [r.step for r in reports(trainer)] == list(range(3, 61, 3))
    trainer = make(Plan(epochs=2.2, batch_size=2))  # 15 steps an epoch, one at a time
    assert [r.step for r in reports(trainer)] == list(range(1, 34))
    many = make(Plan(epochs=2, batch_size=1))
    many.per_epoch = 32  # a report every 3, and then 2
    steps = [r.step for r in reports(many)]
    assert steps[:11] == [*range(3, 31, 3), 32]


@pytest.mark.parametrize("stop_at", [1, 5, 6, 11])
def test_a_stopped_run_keeps_what_it_has_measured(stop_at: int) -> None:
    plan = Plan(epochs=4, batch_size=8, shift=1)
    whole, first, second = make(plan), make(plan), make(plan, seed=1)
    second.images.copy_(first.images)
    expected = reports(whole, report_every=6)
    before = reports(first, stop_at, report_every=6)
    assert first.step == stop_at
    second.restore(first.state())
    found = before + reports(second, report_every=6)
    assert [(r.step, r.loss, r.accuracy) for r in found] == [
        (r.step, r.loss, r.accuracy) for r in expected
    ]
    assert same(second.state(), whole.state())


def test_the_state_of_another_model_is_refused() -> None:
    trainer = make(Plan(epochs=1))
    state = trainer.state()
    with pytest.raises(RuntimeError, match="Missing key"):
        trainer.restore(state | {"model": {}})
    with pytest.raises(KeyError):
        trainer.restore(state | {"optimizer": {}})
