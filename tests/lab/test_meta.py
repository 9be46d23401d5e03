"""A whole step on torch's device without numbers: what fails on a GPU fails here.

A number that is asked for, a mask whose size depends on the numbers: the meta device
has none to give. It does let some operations mix its tensors with the CPU's, so a mode
looks at each operation and refuses those.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from crossentropy.lab import training
from crossentropy.lab.losses import LOSSES, RowLoss, make_loss
from crossentropy.lab.models import build_model
from crossentropy.lab.training import Plan, Trainer, predict_logits

META = torch.device("meta")


class Guard(TorchDispatchMode):
    """Count what is carried to the device; refuse to mix it with the CPU.

    As on a GPU, the CPU's tensors without an axis count as plain numbers.
    """

    def __init__(self) -> None:
        super().__init__()
        self.carried = 0

    def __torch_dispatch__(
        self, func: Any, types: Any, args: Any = (), kwargs: Any = None
    ) -> Any:
        out = func(*args, **(kwargs or {}))
        given, made = (
            {x.device.type for x in tree_leaves(tree) if _has_place(x)}
            for tree in ((args, kwargs), out)
        )
        if given == {"cpu"} and made == {"meta"}:
            self.carried += 1
        elif len(given | made) > 1:
            raise RuntimeError(f"{func} mixes tensors of {sorted(given | made)}")
        return out


def _has_place(x: Any) -> bool:
    return isinstance(x, Tensor) and (x.ndim > 0 or x.device.type == "meta")


def make(loss: str | RowLoss = "softmax", **options: Any) -> Trainer:
    images = np.zeros((20, 28, 28), np.uint8)
    targets: Any = np.arange(20) % 10
    if options.pop("rows", False):
        targets = np.eye(10)[targets]
    model = build_model(options.pop("model", "tiny"), norm=options.pop("norm", "batch"))
    return Trainer(
        model,
        images,
        targets,
        make_loss(loss) if isinstance(loss, str) else loss,
        Plan(epochs=2, batch_size=8, **{"shift": 1, **options.pop("plan", {})}),
        device=META,
        **options,
    )


def take_steps(trainer: Trainer) -> list[int]:
    """Take all steps; how many tensors were carried to the device in each."""
    with Guard() as guard:
        counts = [guard.carried for _ in trainer.advance()]
    return [b - a for a, b in itertools.pairwise([0, *counts])]


ORDERS = [1, 0, 0, 1, 0, 0]  # nothing but each epoch's order


@pytest.mark.parametrize("loss", LOSSES)
def test_every_loss_trains(loss):
    assert take_steps(make(loss)) == ORDERS


@pytest.mark.parametrize("loss", ["softmax", "sigmoid", "squared", "difference"])
def test_rows_of_numbers_train(loss):
    assert take_steps(make(loss, rows=True)) == ORDERS


@pytest.mark.parametrize("optimizer", ["adamw", "sgd"])
@pytest.mark.parametrize("norm", ["batch", "group", "none"])
@pytest.mark.parametrize("model", ["tiny", "small"])
def test_every_model_and_optimiser_trains(model, norm, optimizer):
    trainer = make("accurate", model=model, norm=norm, plan={"optimizer": optimizer})
    assert take_steps(trainer) == ORDERS
    tensors = [*trainer.model.state_dict().values(), trainer._totals]
    tensors += [trainer.windows, trainer.targets]
    assert {x.device.type for x in tensors} == {"meta"}


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64, torch.bfloat16])
def test_every_precision_trains(dtype):
    assert take_steps(make(dtype=dtype)) == ORDERS


@pytest.mark.parametrize("shift", [0, 3])
def test_with_and_without_shifts(shift):
    assert take_steps(make(plan={"shift": shift})) == ORDERS


@pytest.mark.parametrize("count", [0, 1, 5])
def test_predicting_carries_the_images_over_and_nothing_else(count):
    model = build_model("small").to(META)
    images = torch.zeros(count, 28, 28, dtype=torch.uint8)
    with Guard() as guard:
        out = training._logits(model, images, 2)
    assert (out.shape, out.device.type) == ((count, 10), "meta")
    assert guard.carried == max(1, -(-count // 2))


def test_only_reports_and_results_need_numbers():
    trainer = make()
    with pytest.raises(NotImplementedError, match="no data"):
        list(trainer.run(report_every=3))
    assert trainer.step == 3
    with pytest.raises(NotImplementedError, match="no data"):
        predict_logits(trainer.model, np.zeros((1, 28, 28), np.uint8))


# Planted faults: each of them works on the CPU, and fails or waits on a GPU.


def planted(fault: Callable[[Tensor, Tensor], Any]) -> RowLoss:
    """A loss with a fault in it."""

    def loss(logits: Tensor, labels: Tensor) -> Tensor:
        wrong = fault(logits, labels)
        rows = make_loss("softmax")(logits, labels)
        return rows + wrong if isinstance(wrong, Tensor) else rows

    return loss


def branch(logits: Tensor, labels: Tensor) -> Any:
    if logits.max() > 100:
        return None
    return logits.sum(1)


IN_THE_LOSS = {
    "item": lambda z, y: z.sum().item(),
    "a branch": branch,
    "a mask": lambda z, y: z[y > 4].sum(),
    "nonzero": lambda z, y: torch.nonzero(y).sum(),
    "unique": lambda z, y: y.unique().sum(),
    "numpy": lambda z, y: torch.as_tensor(y.numpy()),
    "an index made on the CPU": lambda z, y: z[torch.arange(len(y)), y],
    "a gather by the CPU": lambda z, y: z.gather(1, torch.zeros(len(y), 1).long())[
        :, 0
    ],
    "numbers of the CPU": lambda z, y: torch.zeros(len(y)),
    "a matrix of the CPU": lambda z, y: (z @ torch.eye(10)).sum(1),
    "labels counted on the CPU": lambda z, y: torch.bincount(y.cpu()),
}


@pytest.mark.parametrize("fault", IN_THE_LOSS)
def test_a_fault_in_the_loss_is_seen(fault):
    loss = planted(IN_THE_LOSS[fault])
    loss(torch.zeros(3, 10), torch.arange(3))  # on the CPU all is well
    with pytest.raises((RuntimeError, NotImplementedError, TypeError)):
        take_steps(make(loss))


def test_a_tensor_carried_over_in_each_step_is_seen():
    loss = planted(lambda z, y: torch.ones(len(y)).to(z.device))
    assert take_steps(make(loss)) == [2, 1, 1, 2, 1, 1]


@pytest.mark.parametrize("name", ["windows", "targets", "_totals"])
def test_data_left_on_the_cpu_are_seen(name):
    trainer = make()
    setattr(trainer, name, torch.zeros_like(getattr(trainer, name), device="cpu"))
    with pytest.raises(RuntimeError, match=r"mixes|device"):
        take_steps(trainer)


@pytest.mark.parametrize("layer", [2, 3, 10])
def test_a_weight_left_on_the_cpu_is_seen(layer):
    trainer = make()
    trainer.model[layer].to_empty(device="cpu")  # type: ignore[index]
    with pytest.raises(RuntimeError, match=r"mixes|device"):
        take_steps(trainer)


def test_an_order_that_is_not_carried_over_is_seen(monkeypatch):
    randperm = torch.randperm

    class Stays(Tensor):
        def to(self, *args: Any, **kwargs: Any) -> Tensor:
            return self.as_subclass(Tensor)

    monkeypatch.setattr(
        torch, "randperm", lambda *a, **k: randperm(*a, **k).as_subclass(Stays)
    )
    with pytest.raises(RuntimeError, match="mixes"):
        take_steps(make())


def test_a_report_in_every_step_is_seen(monkeypatch):
    learn = Trainer._learn

    def chatty(self: Trainer, *batch: Any) -> None:
        learn(self, *batch)
        self._totals.tolist()

    monkeypatch.setattr(Trainer, "_learn", chatty)
    with pytest.raises(NotImplementedError, match="no data"):
        take_steps(make())
