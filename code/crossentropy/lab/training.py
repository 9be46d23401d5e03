"""Train a model: the loop, whole, in one place.

All images lie on the device as one tensor of bytes. What is random, the order of the
images and the shifts, follows from the seed and the number of the epoch alone: nothing
about it has to be kept to go on where a run stopped. Nothing in a step asks the
device for a number, so a GPU never waits.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from time import perf_counter
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from crossentropy.lab import group
from crossentropy.lab.devices import autocast, wait_for
from crossentropy.lab.losses import RowLoss


@dataclass(frozen=True)
class Plan:
    """How long and how fast to train.

    Parameters
    ----------
    epochs : float
        How often each image is seen.
    batch_size : int
        Images a step, over all processes together.
    rate : float
        The highest learning rate.
    optimizer : str
        "adamw" or "sgd" (plain, with momentum 0.9).
    weight_decay : float
        Of AdamW.
    warm_up : float
        The share of the steps over which the rate rises to its highest; it falls to 0
        over the rest, both in a straight line. Negative: the rate stays as it is.
    shift : int
        Each batch is moved by up to so many pixels along each axis.
    seed : int
        Decides order and shifts.
    """

    epochs: float = 20
    batch_size: int = 128
    rate: float = 0.01
    optimizer: str = "adamw"
    weight_decay: float = 0.01
    warm_up: float = 0.2
    shift: int = 0
    seed: int = 0

    def __post_init__(self) -> None:
        """Refuse what can't be trained with."""
        for name, least in {"batch_size": 1, "shift": 0, "seed": 0}.items():
            if getattr(self, name) < least:
                raise ValueError(
                    f"{name}: expected at least {least}; got {getattr(self, name)}"
                )
        if not 0 < self.epochs < float("inf"):
            raise ValueError(f"epochs: expected more than 0; got {self.epochs}")
        if not 0 < self.rate < float("inf"):
            raise ValueError(f"rate: expected more than 0; got {self.rate}")
        if not 0 <= self.weight_decay < float("inf"):
            raise ValueError(
                f"weight_decay: expected 0 or more; got {self.weight_decay}"
            )
        if not self.warm_up <= 1:
            raise ValueError(f"warm_up: expected at most 1; got {self.warm_up}")
        if self.optimizer not in ("adamw", "sgd"):
            raise ValueError(
                f"optimizer: expected adamw or sgd; got {self.optimizer!r}"
            )

    def rate_at(self, step: int, steps: int) -> float:
        """Return the learning rate of a step, counted from 0."""
        if self.warm_up < 0:
            return self.rate
        done = (step + 0.5) / steps
        rising = done / self.warm_up if self.warm_up else 1.0
        falling = (1 - done) / (1 - self.warm_up) if self.warm_up < 1 else 1.0
        return self.rate * min(rising, falling)


@dataclass(frozen=True)
class Progress:
    """Means over the steps since the last report."""

    step: int
    steps: int
    epoch: float
    loss: float
    accuracy: float
    images_per_second: float


class Trainer:
    """A model, its data and its optimiser, somewhere on the way.

    Parameters
    ----------
    model : torch.nn.Module
        Takes uint8 images of shape (N, H, W), returns logits of shape (N, K). Moved to
        the device.
    images : ndarray of uint8, shape (N, H, W)
        At least one.
    targets : ndarray, shape (N,) of integers or (N, K) of floats
        What the loss takes.
    loss : callable
        One loss for each row, see :mod:`crossentropy.lab.losses`.
    plan : Plan
        How long and how fast.
    device : torch.device
        Where.
    dtype : torch.dtype
        Of the layers: float32, float64 or, by autocast, bfloat16.

    Raises
    ------
    ValueError
        If there are no images, or images and targets differ in number.

    Examples
    --------
    >>> from crossentropy.datasets import load_digits
    >>> from crossentropy.lab.losses import make_loss
    >>> from crossentropy.lab.models import build_model
    >>> images, labels = load_digits()
    >>> plan = Plan(epochs=1, batch_size=500)
    >>> loss = make_loss("softmax")
    >>> trainer = Trainer(build_model("tiny"), images, labels, loss, plan)
    >>> first, *_, last = trainer.run(report_every=1)
    >>> f"{first.loss:.4f}", last.loss < first.loss
    ('2.3026', True)
    """

    def __init__(
        self,
        model: nn.Module,
        images: NDArray[np.uint8],
        targets: NDArray[Any],
        loss: RowLoss,
        plan: Plan,
        *,
        device: torch.device | None = None,
        dtype: torch.dtype = torch.float32,
    ) -> None:
        if not len(images) or len(images) != len(targets):
            raise ValueError(
                "images: expected at least one, and as many as targets; got "
                f"{len(images)} images and {len(targets)} targets"
            )
        self.device = device or torch.device("cpu")
        self.dtype = dtype
        self.plan = plan
        self.loss = loss
        wide = torch.float64 if dtype == torch.float64 else torch.float32
        self.model: nn.Module = model.to(
            self.device,
            wide,
            memory_format=torch.channels_last,  # type: ignore[call-overload]
        )
        kind = wide if np.asarray(targets).dtype.kind == "f" else torch.int64
        self.targets = torch.as_tensor(targets).to(self.device, kind)
        # Padded once, so that a shift is a slice.
        edge = plan.shift
        padded = functional.pad(torch.as_tensor(images), (edge,) * 4)
        self.images = padded.to(self.device)
        self.per_epoch = -(-len(images) // plan.batch_size)
        self.steps = max(1, round(plan.epochs * self.per_epoch))
        self.step = 0
        self.optimizer = self._optimizer()
        self._totals = torch.zeros(2, device=self.device)

    def _optimizer(self) -> torch.optim.Optimizer:
        """One kernel for all weights, where torch has it for the device."""
        plan, weights = self.plan, self.model.parameters()
        if plan.optimizer == "sgd":
            return torch.optim.SGD(weights, lr=plan.rate, momentum=0.9)
        fused = self.device.type in ("cpu", "cuda", "mps")
        return torch.optim.AdamW(
            weights, lr=plan.rate, weight_decay=plan.weight_decay, fused=fused
        )

    def _batches(self) -> Iterator[tuple[Tensor, Tensor, int]]:
        """Yield this process's part of each batch, and the size of the whole batch."""
        size = self.plan.batch_size
        edge = self.plan.shift
        high, wide = (n - 2 * edge for n in self.images.shape[1:])
        while self.step < self.steps:
            epoch, first = divmod(self.step, self.per_epoch)
            mixed = np.random.SeedSequence((self.plan.seed, epoch)).generate_state(1)
            draw = torch.Generator().manual_seed(int(mixed[0]))
            order = torch.randperm(len(self.targets), generator=draw).to(self.device)
            moves = torch.randint(
                0, 2 * edge + 1, (self.per_epoch, 2), generator=draw
            ).tolist()
            for index in range(first, self.per_epoch):
                batch = order[index * size : (index + 1) * size]
                mine = batch[group.rank() :: group.size()]
                down, right = moves[index]
                images = self.images[mine, down : down + high, right : right + wide]
                yield images, self.targets[mine], len(batch)

    def _learn(self, images: Tensor, targets: Tensor, whole: int) -> None:
        """Take one step: forward, backward, add up over the processes, move."""
        for part in self.optimizer.param_groups:
            part["lr"] = self.plan.rate_at(self.step, self.steps)
        self.optimizer.zero_grad()
        with autocast(self.device, self.dtype):
            logits = self.model(images)
        if logits.dtype == torch.bfloat16:
            logits = logits.float()  # the loss is computed in float32
        losses = self.loss(logits, targets)
        (losses.sum() / whole).backward()  # type: ignore[no-untyped-call]
        group.add_gradients(self.model)
        self.optimizer.step()
        with torch.no_grad():
            labels = targets if targets.ndim == 1 else targets.argmax(1)
            right = (logits.argmax(1) == labels).sum()
            self._totals += torch.stack([losses.sum(), right])
        self.step += 1

    def run(
        self,
        *,
        report_every: int | None = None,
        stop: Callable[[], bool] = lambda: False,
    ) -> Iterator[Progress]:
        """Train to the end, or until `stop` says so, and report on the way.

        Parameters
        ----------
        report_every : int, optional
            Steps between reports, each of which waits for the device; by default ten
            reports an epoch. The last step always reports.
        stop : callable
            Asked after each step.

        Yields
        ------
        Progress
            Means since the last report. The trainer may be saved between two of them.
        """
        every = report_every or max(1, self.per_epoch // 10)
        self.model.train()
        started, seen = perf_counter(), 0
        for images, targets, whole in self._batches():
            self._learn(images, targets, whole)
            seen += whole
            stopped = stop()
            if self.step % every == 0 or self.step == self.steps or stopped:
                loss, right = (group.total(self._totals) / seen).tolist()
                wait_for(self.device)
                speed = seen / max(perf_counter() - started, 1e-9)
                epoch = self.step / self.per_epoch
                yield Progress(self.step, self.steps, epoch, loss, right, speed)
                self._totals.zero_()
                started, seen = perf_counter(), 0
            if stopped:
                return

    def finish(self) -> nn.Module:
        """Train to the end and return the model, ready to predict."""
        for _ in self.run(report_every=self.steps):
            pass
        self.model.eval()
        return self.model


@torch.no_grad()
def predict_logits(
    model: nn.Module, images: NDArray[np.uint8], *, batch_size: int = 1000
) -> NDArray[np.float64]:
    """Return the logits of images, computed without autocast.

    Parameters
    ----------
    model : torch.nn.Module
        Switched to evaluation.
    images : ndarray of uint8, shape (N, H, W)
        None at all is fine.
    batch_size : int
        Images at a time; decides nothing but the memory.

    Returns
    -------
    ndarray, shape (N, K)

    Examples
    --------
    >>> from crossentropy.lab.models import build_model
    >>> predict_logits(build_model("tiny"), np.zeros((3, 28, 28), np.uint8)).shape
    (3, 10)
    """
    model.eval()
    device = next(model.parameters()).device
    parts = [
        model(part.to(device)).cpu().double()
        for part in torch.split(torch.as_tensor(images), batch_size)
    ]
    return np.asarray(torch.cat(parts))
