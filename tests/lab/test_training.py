"""The training loop: what is seen, in which order, and that it can be gone on with."""

from __future__ import annotations

import copy
import math
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from crossentropy.lab import training
from crossentropy.lab.losses import LOSSES, make_loss
from crossentropy.lab.models import Pixels, build_model
from crossentropy.lab.training import Plan, Trainer, predict_logits

F64 = torch.float64


def pictures(count: int = 30, side: int = 8, classes: int = 3) -> tuple[Any, Any]:
    """Noisy stripes: the label says which row is bright. Pixel 0, 0 numbers them."""
    rng = np.random.default_rng(0)
    labels = rng.integers(0, classes, count)
    images = rng.integers(0, 100, (count, side, side)).astype(np.uint8)
    images[np.arange(count), 2 * labels + 1] = 250
    images[:, 0, 0] = np.arange(count)
    return images, labels


def make(plan: Plan, loss: str = "softmax", **options: Any) -> Trainer:
    images, labels = options.pop("data", None) or pictures()
    model = options.pop("model", None) or build_model("tiny", 3, side=8)
    return Trainer(model, images, labels, make_loss(loss), plan, **options)


def seen(trainer: Trainer) -> list[tuple[list[int], Any, int]]:
    """Each batch that is trained on: which images, their pixels, the batch's size."""
    batches = []

    def watch(images: Any, targets: Any, whole: int) -> None:
        numbers = images[:, 0, 0].tolist()
        batches.append((numbers, images.clone(), whole))
        assert targets.tolist() == pictures()[1][numbers].tolist()
        trainer.step += 1

    trainer._learn = watch  # type: ignore[method-assign]
    for _ in trainer.advance():
        pass
    return batches


def weights(trainer: Trainer) -> list[Any]:
    return [x.clone() for x in trainer.model.state_dict().values()]


def same(a: list[Any], b: list[Any]) -> bool:
    return all(torch.equal(x, y) for x, y in zip(a, b, strict=True))


# What is seen


def test_each_epoch_shows_each_image_once_in_an_order_of_its_own():
    batches = seen(make(Plan(epochs=3, batch_size=8)))
    assert [len(numbers) for numbers, _, _ in batches] == 3 * [8, 8, 8, 6]
    assert [whole for _, _, whole in batches] == 3 * [8, 8, 8, 6]
    epochs = [[n for b in batches[i : i + 4] for n in b[0]] for i in (0, 4, 8)]
    assert all(sorted(order) == list(range(30)) for order in epochs)
    assert len({tuple(order) for order in epochs}) == 3


def test_order_and_shifts_follow_from_the_seed():
    def run(seed: int) -> Any:
        torch.manual_seed(np.random.default_rng().integers(1 << 30))
        return seen(make(Plan(epochs=2, batch_size=7, seed=seed)))

    one, again, other = run(1), run(1), run(2)
    assert [b[0] for b in one] == [b[0] for b in again] != [b[0] for b in other]


def test_an_epoch_does_not_depend_on_those_before_it():
    whole = seen(make(Plan(epochs=3, batch_size=8, shift=0)))
    late = make(Plan(epochs=3, batch_size=8))
    late.step = 6
    assert [b[0] for b in seen(late)] == [b[0] for b in whole[6:]]


def test_a_shift_moves_each_image_and_fills_with_black():
    images, labels = pictures()
    images[:, 0, 0] = 0
    trainer = make(Plan(epochs=20, batch_size=8, shift=2), data=(images, labels))
    padded = np.pad(images, ((0, 0), (2, 2), (2, 2)))
    which = {
        padded[i, down : down + 8, right : right + 8].tobytes(): (i, (down, right))
        for i in range(30)
        for down in range(5)
        for right in range(5)
    }
    moves, together = [], 0
    for batch, targets, _ in trainer._batches():
        trainer.step += 1
        found = [which[image.tobytes()] for image in batch.numpy()]
        assert [labels[i] for i, _ in found] == targets.tolist()
        moves += [move for _, move in found]
        together += len({move for _, move in found}) == 1
    counts = [moves.count((i, j)) for i in range(5) for j in range(5)]
    assert sum(counts) == 600
    assert min(counts) > 8  # 24 are expected, with a standard deviation of 4.8
    assert together == 0


@pytest.mark.parametrize(
    ("epochs", "steps"), [(1, 4), (0.5, 2), (2.75, 11), (0.01, 1), (3, 12)]
)
def test_it_takes_as_many_steps_as_it_says_and_no_more(epochs, steps):
    trainer = make(Plan(epochs=epochs, batch_size=8))
    assert trainer.steps == steps
    assert len(list(trainer.advance())) == steps == trainer.step
    assert list(trainer.advance()) == []
    assert trainer.step == steps


def test_a_batch_may_be_larger_than_the_data():
    assert [b[2] for b in seen(make(Plan(epochs=2, batch_size=1000)))] == [30, 30]


def test_the_data_are_copied_once_and_may_be_read_only():
    images, labels = pictures()
    images.flags.writeable = labels.flags.writeable = False
    trainer = make(Plan(epochs=1), data=(images[::-1], labels.astype(np.uint8)[::-1]))
    trainer.images.zero_()
    assert images.any()
    assert trainer.targets.dtype == torch.int64


# How it moves


def test_the_rate_rises_then_falls_to_0():
    plan = Plan(rate=0.1, warm_up=0.25)
    rates = [plan.rate_at(step, 100) for step in range(100)]
    top = int(np.argmax(rates))
    assert top in (24, 25)
    assert np.allclose(np.diff(rates[:25]), 0.1 / 25)
    assert np.allclose(np.diff(rates[25:]), -0.1 / 75)
    assert 0 < rates[0] < 0.003
    assert 0 < rates[-1] < 0.001


@pytest.mark.parametrize(
    ("warm_up", "first", "last"), [(-1, 0.1, 0.1), (0, 0.095, 0.005), (1, 0.005, 0.095)]
)
def test_the_rate_may_stay_or_only_fall_or_only_rise(warm_up, first, last):
    plan = Plan(rate=0.1, warm_up=warm_up)
    rates = [plan.rate_at(step, 10) for step in range(10)]
    assert (rates[0], rates[-1]) == (pytest.approx(first), pytest.approx(last))
    assert sorted(rates) in (rates, rates[::-1])


def test_the_optimiser_uses_the_rate_of_the_step():
    trainer = make(Plan(epochs=2, batch_size=8, rate=0.02))
    for _ in trainer.advance():
        (group,) = trainer.optimizer.param_groups
        assert group["lr"] == trainer.plan.rate_at(trainer.step - 1, trainer.steps)


def test_a_step_is_plain_gradient_descent_on_the_mean_loss():
    images, labels = pictures(5)
    plan = Plan(epochs=1, batch_size=5, optimizer="sgd", rate=0.1, warm_up=-1)
    trainer = make(plan, dtype=F64, data=(images, labels))
    model = build_model("tiny", 3, side=8).double()
    loss = nn.functional.cross_entropy(
        model(torch.tensor(images)), torch.tensor(labels)
    )
    grads = torch.autograd.grad(loss, list(model.parameters()))
    trainer.finish()
    for new, old, grad in zip(
        trainer.model.parameters(), model.parameters(), grads, strict=True
    ):
        torch.testing.assert_close(new, old - 0.1 * grad, rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("optimizer", ["adamw", "sgd"])
def test_fused_or_not_is_torchs_optimiser(optimizer):
    plan = Plan(epochs=2, batch_size=8, optimizer=optimizer, weight_decay=0.1)
    trainer = make(plan, dtype=F64)
    other = make(plan, dtype=F64)
    kind = torch.optim.AdamW if optimizer == "adamw" else torch.optim.SGD
    extra = {"weight_decay": 0.1} if optimizer == "adamw" else {"momentum": 0.9}
    other.optimizer = kind(other.model.parameters(), lr=1, **extra)  # type: ignore[arg-type]
    trainer.finish()
    other.finish()
    for a, b in zip(trainer.model.parameters(), other.model.parameters(), strict=True):
        torch.testing.assert_close(a, b, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("name", LOSSES)
def test_it_learns(name):
    trainer = make(Plan(epochs=15, batch_size=8, rate=0.01), name)
    first, *_, last = trainer.run(report_every=4)
    assert last.loss < first.loss
    assert last.accuracy > 0.9 or name == "difference"  # which needn't: see there


def test_bfloat16_keeps_weights_and_loss_in_float32():
    kinds = []
    loss = make_loss("softmax")

    def watch(logits: Any, targets: Any) -> Any:
        kinds.append(logits.dtype)
        return loss(logits, targets)

    images, labels = pictures()
    plan = Plan(epochs=1, batch_size=8)
    half = Trainer(
        build_model("tiny", 3, side=8),
        images,
        labels,
        watch,
        plan,
        dtype=torch.bfloat16,
    )
    full = make(plan)
    half.finish()
    full.finish()
    assert set(kinds) == {torch.float32}
    assert {p.dtype for p in half.model.parameters()} == {torch.float32}
    assert not same(weights(half), weights(full))  # so it was computed otherwise
    a, b = predict_logits(half.model, images), predict_logits(full.model, images)
    assert np.abs(a - b).max() < 0.2 * np.abs(b).max()


# What is reported


@pytest.mark.parametrize("name", sorted({*LOSSES} - {"difference", "squared"}))
def test_step_0_has_the_loss_of_a_uniform_guess(name):
    trainer = make(Plan(epochs=1, batch_size=8), name, dtype=F64)
    first = next(trainer.run(report_every=1))
    start = {"sigmoid": 3 * math.log(2), "hinge": 1.0}.get(name, math.log(3))
    assert first.step == 1
    assert first.loss == pytest.approx(start, rel=1e-15)


def test_step_0_is_the_log_of_the_number_of_classes_in_float32_too():
    for classes in (3, 10, 1000):
        model = build_model("tiny", classes, side=8)
        trainer = make(Plan(epochs=1, batch_size=30), model=model)
        (only,) = trainer.run()
        assert only.loss == pytest.approx(math.log(classes), rel=3e-7)


def test_reports_are_the_means_of_the_steps_since_the_last():
    trainer = make(Plan(epochs=2, batch_size=8), "accurate", dtype=F64)
    losses: list[float] = []
    right: list[bool] = []
    inner = trainer.loss

    def watch(logits: Any, targets: Any) -> Any:
        values = inner(logits, targets)
        losses.extend(values.tolist())
        right.extend((logits.argmax(1) == targets).tolist())
        return values

    trainer.loss = watch
    steps = []
    for report in trainer.run(report_every=3):
        assert report.loss == pytest.approx(np.mean(losses), rel=1e-12)
        assert report.accuracy == pytest.approx(np.mean(right), rel=1e-12)
        assert report.epoch == report.step / 4
        assert report.steps == 8
        assert report.images_per_second > 0
        steps.append((report.step, len(losses)))
        losses.clear()
        right.clear()
    assert steps == [(3, 24), (6, 22), (8, 14)]


def test_by_default_there_are_ten_reports_an_epoch():
    trainer = make(Plan(epochs=2, batch_size=1))
    assert [p.step for p in trainer.run()] == list(range(3, 61, 3))
    assert [p.step for p in make(Plan(epochs=1.5, batch_size=8)).run()] == [
        *range(1, 7)
    ]


def test_a_report_that_was_not_waited_for_is_not_added_to_the_next():
    trainer = make(Plan(epochs=3, batch_size=30))
    next(trainer.run(report_every=1))
    second = next(trainer.run(report_every=1))
    third = next(trainer.run(report_every=1))
    assert (second.step, third.step) == (2, 3)
    assert max(second.accuracy, third.accuracy) <= 1
    assert third.loss < 2 * math.log(3)


def test_rows_as_targets_count_right_where_the_target_is_largest():
    logits = torch.tensor([[0.0, 2, 1], [3, 0, 0], [0, 0, 1]])
    targets = torch.tensor([[0.5, 0.5, 0], [0, 0.5, 0.5], [0.2, 0.2, 0.6]])
    assert training._count_right(logits, targets) == 2
    assert training._count_right(logits, torch.tensor([1, 2, 2])) == 2


@pytest.mark.parametrize("kind", [np.int64, np.float32, bool])
def test_rows_of_any_kind_of_number_are_trained_on(kind):
    images, labels = pictures()
    rows = np.eye(3)[labels].astype(kind)
    trainer = make(Plan(epochs=2), "sigmoid", data=(images, rows), dtype=F64)
    by_label = make(Plan(epochs=2), "sigmoid", dtype=F64)
    assert trainer.targets.dtype == F64
    trainer.finish()
    by_label.finish()
    assert same(weights(trainer), weights(by_label))


def test_a_loss_that_is_nan_is_reported_as_nan():
    model = build_model("tiny", 3, side=8)
    nn.init.constant_(model[-1].bias, float("nan"))
    reports = list(make(Plan(epochs=2, batch_size=8), model=model).run(report_every=2))
    assert len(reports) == 4
    assert all(math.isnan(report.loss) for report in reports)


# Stopping and going on


def test_it_stops_after_the_step_when_told_so_and_keeps_what_it_measured():
    asked = []

    def stop() -> bool:
        asked.append(True)
        return len(asked) == 5

    plan = Plan(epochs=3, batch_size=8)
    trainer, straight = make(plan), make(plan)
    assert [r.step for r in trainer.run(report_every=4, stop=stop)] == [4]
    assert trainer.step == 5
    rest = list(trainer.run(report_every=4))
    assert [r.step for r in rest] == [8, 12]
    whole = list(straight.run(report_every=4))
    for a, b in zip(rest, whole[1:], strict=True):
        assert (a.loss, a.accuracy) == (b.loss, b.accuracy)
    assert same(weights(trainer), weights(straight))


@pytest.mark.parametrize("optimizer", ["adamw", "sgd"])
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16, F64])
def test_going_on_anywhere_is_bitwise_the_same(optimizer, dtype, tmp_path):
    plan = Plan(epochs=2.5, batch_size=8, optimizer=optimizer, shift=1, seed=3)
    straight = make(plan, dtype=dtype)
    kept = []
    for _ in straight.advance():
        kept.append(tmp_path / f"{straight.step}.pt")
        torch.save(straight.state(), kept[-1])
    assert len(kept) == 10
    (report,) = make(plan, dtype=dtype).run(report_every=10)
    for file in kept[:-1]:
        fresh = make(plan, dtype=dtype, model=build_model("tiny", 3, side=8, seed=99))
        fresh.restore(torch.load(file, weights_only=True))
        (again,) = fresh.run(report_every=10)
        assert same(weights(fresh), weights(straight)), file.name
        assert (again.step, again.loss, again.accuracy) == (
            (10, report.loss, report.accuracy)
        )


def test_evaluating_between_reports_changes_nothing():
    images, _ = pictures()
    plain, watched = (make(Plan(epochs=3, batch_size=8)) for _ in range(2))
    plain.finish()
    for _ in watched.run(report_every=1):
        predict_logits(watched.model, images)
    assert same(weights(watched), weights(plain))


def test_finishing_leaves_the_model_ready_to_predict():
    trainer = make(Plan(epochs=1))
    assert trainer.finish() is trainer.model
    assert not trainer.model.training
    assert trainer.finish() is trainer.model  # nothing is left to do
    assert trainer.step == trainer.steps


# Predicting


def test_predictions_do_not_depend_on_the_batches():
    images, _ = pictures()
    model = make(Plan(epochs=2)).finish().double()
    whole = predict_logits(model, images)
    np.testing.assert_allclose(predict_logits(model, images, batch_size=7), whole)
    assert whole.shape == (30, 3)
    assert whole.dtype == np.float64
    assert predict_logits(model, images[:0]).shape == (0, 3)
    frozen = images[::-1]
    frozen.flags.writeable = False
    np.testing.assert_allclose(predict_logits(model, frozen)[::-1], whole)


def test_predicting_switches_to_evaluation_and_keeps_the_statistics():
    images, _ = pictures()
    model = build_model("tiny", 3, side=8).train()
    before = copy.deepcopy(model.state_dict())
    predict_logits(model, images)
    assert not model.training
    assert same(list(before.values()), list(model.state_dict().values()))


# What is refused


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"batch_size": 0}, "batch_size: expected at least 1; got 0"),
        ({"shift": -1}, "shift: expected at least 0; got -1"),
        ({"seed": -1}, "seed: expected at least 0; got -1"),
        ({"epochs": 0}, "epochs: expected more than 0; got 0"),
        ({"epochs": float("inf")}, "epochs: expected more than 0; got inf"),
        ({"epochs": float("nan")}, "epochs: expected more than 0; got nan"),
        ({"rate": 0}, "rate: expected more than 0; got 0"),
        ({"rate": float("nan")}, "rate: expected more than 0; got nan"),
        ({"weight_decay": -0.1}, "weight_decay: expected 0 or more; got -0.1"),
        ({"warm_up": 1.5}, "warm_up: expected at most 1; got 1.5"),
        ({"warm_up": float("nan")}, "warm_up: expected at most 1; got nan"),
        ({"optimizer": "adam"}, "optimizer: expected adamw or sgd; got 'adam'"),
    ],
)
def test_a_plan_that_makes_no_sense_is_refused(change, message):
    with pytest.raises(ValueError, match="^" + message):
        Plan(**change)


@pytest.mark.parametrize(
    ("images", "targets", "message"),
    [
        (np.zeros((0, 8, 8), np.uint8), np.zeros(0, int), "got 0 images and 0 targ"),
        (np.zeros((2, 8, 8), np.uint8), np.zeros(3, int), "got 2 images and 3 targ"),
        (np.zeros((2, 8, 8)), np.zeros(2, int), "got float64 of shape"),
        (np.zeros((2, 1, 8, 8), np.uint8), np.zeros(2, int), r"\(2, 1, 8, 8\)"),
        (np.zeros((2, 8, 8), np.uint8), np.zeros(2), r"targets: .*got float64"),
        (np.zeros((2, 8, 8), np.uint8), np.zeros((2, 3, 1), int), r"\(2, 3, 1\)"),
        (np.zeros((2, 8, 8), np.uint8), np.array(["a", "b"]), "targets: .*got <U1"),
    ],
)
def test_images_and_targets_that_do_not_fit_are_refused(images, targets, message):
    with pytest.raises(ValueError, match=message):
        make(Plan(), data=(images, targets))


def test_a_dtype_without_autocast_is_refused():
    with pytest.raises(ValueError, match=r"^dtype: expected .*got torch.float16"):
        make(Plan(), dtype=torch.float16)


@pytest.mark.parametrize("every", [0, -1])
def test_reports_are_at_least_a_step_apart(every):
    with pytest.raises(ValueError, match=rf"^report_every: .*got {every}"):
        next(make(Plan()).run(report_every=every))


def test_another_scaling_of_the_pixels_is_part_of_the_model():
    model = build_model("tiny", 3, side=8, pixels=Pixels(0, 255))
    trainer = make(Plan(epochs=1), model=model)
    trainer.finish()
    assert float(trainer.model.state_dict()["0.spread"]) == 255
