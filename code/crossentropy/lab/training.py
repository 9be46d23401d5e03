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
from crossentropy.lab.devices import autocast, place, wait_for, weight_dtype
from crossentropy.lab.losses import RowLoss
from crossentropy.lab.plan import Plan
from crossentropy.lab.warp import warp

__all__ = ["Plan", "Progress", "Trainer", "predict_logits"]


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
    targets : ndarray, shape (N,) of integers, or (N, K)
        Labels, or a row of numbers for each image: what the loss takes.
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
        If there are no images, images and targets differ in number, or one of them has
        another shape or dtype.

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
        # torch takes no negative strides.
        images, targets = np.ascontiguousarray(images), np.ascontiguousarray(targets)
        _check(images, targets)
        if dtype not in (torch.float32, torch.float64, torch.bfloat16):
            raise ValueError(
                f"dtype: expected float32, float64 or bfloat16; got {dtype}"
            )
        self.device = device or torch.device("cpu")
        self.dtype = dtype
        self.plan = plan
        self.loss = loss
        self.real = weight_dtype(dtype)
        self.model = place(model, self.device, dtype)
        kind = torch.int64 if targets.ndim == 1 else self.real
        self.targets = torch.tensor(targets, dtype=kind).to(self.device)
        # Padded once, so that a shift is a window: entry [i, down, right] is image i
        # moved so far, a view that takes no memory of its own.
        edge = plan.shift
        padded = functional.pad(torch.tensor(images), (edge,) * 4)
        self.images = padded.to(self.device)
        high, wide = images.shape[1:]
        self.windows = self.images.unfold(1, high, 1).unfold(2, wide, 1)
        self.per_epoch = -(-len(images) // plan.batch_size)
        self.steps = max(1, round(plan.epochs * self.per_epoch))
        self.step = 0
        self.optimizer = self._optimizer()
        sums = torch.float32 if self.device.type == "mps" else torch.float64
        self._totals = torch.zeros(2, dtype=sums, device=self.device)
        self._seen = 0  # images that are in the totals of loss and right answers

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
        size, count = self.plan.batch_size, len(self.targets)
        while self.step < self.steps:
            epoch, first = divmod(self.step, self.per_epoch)
            mixed = np.random.SeedSequence((self.plan.seed, epoch)).generate_state(1)
            draw = torch.Generator().manual_seed(int(mixed[0]))
            order = torch.randperm(count, generator=draw)
            moves = torch.randint(2 * self.plan.shift + 1, (2, count), generator=draw)
            drawn = torch.cat([order[None], moves]).to(self.device)
            if self.plan.warp:
                bends = self.plan.warp * torch.randn(count, 2, 2, generator=draw)
                bends = bends.to(self.device, self.real)
            last = min(self.per_epoch, first + self.steps - self.step)
            for index in range(first, last):
                batch = drawn[:, index * size : (index + 1) * size]
                mine, down, right = batch[:, group.rank() :: group.size()]
                images = self.windows[mine, down, right]
                if self.plan.warp:
                    images = warp(images, bends[mine])
                yield images, self.targets[mine], batch.shape[1]

    def _learn(self, images: Tensor, targets: Tensor, whole: int) -> None:
        """Take one step: forward, backward, add up over the processes, move."""
        for part in self.optimizer.param_groups:
            part["lr"] = self.plan.rate_at(self.step, self.steps)
        self.optimizer.zero_grad()
        if len(images):  # with several processes, one's part may be empty
            with autocast(self.device, self.dtype):
                logits = self.model(images)
            if logits.dtype == torch.bfloat16:
                logits = logits.float()  # the loss is computed in float32
            losses = self.loss(logits, targets)
            total = losses.sum()
            (total / whole).backward()  # type: ignore[no-untyped-call]
            right = _count_right(logits.detach(), targets)
            self._totals += torch.stack([total.detach(), right])
        group.add_gradients(self.model)
        self.optimizer.step()
        self.step += 1

    def advance(self) -> Iterator[int]:
        """Take the steps that are left, each as the iterator is asked for the next.

        Nothing here waits for the device: see :meth:`run` for reports.

        Yields
        ------
        int
            The images of the step, over all processes.
        """
        for images, targets, whole in self._batches():
            if not self.model.training:  # evaluated since the last step
                self.model.train()
            self._learn(images, targets, whole)
            self._seen += whole
            yield whole

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
            reports an epoch, the last of them at its end. The last step always reports.
        stop : callable
            Asked after each step. The run then ends, without a report of its own:
            what was measured since the last one is kept for the next. Of several
            processes any one can stop all of them, which they do together, after the
            next report.

        Yields
        ------
        Progress
            Means since the last report. Between two reports the model may be evaluated
            and everything be saved.

        Raises
        ------
        ValueError
            If `report_every` is less than 1.
        """
        every = max(1, self.per_epoch // 10) if report_every is None else report_every
        if every < 1:
            raise ValueError(f"report_every: expected at least 1; got {every}")
        started, before, stopped = perf_counter(), self._seen, False
        for _ in self.advance():
            stopped = stopped or stop()
            step = self.step % self.per_epoch if report_every is None else self.step
            if step % every == 0 or self.step == self.steps:
                stopped = group.any_of(stopped, self.device)
                loss, right = (group.total(self._totals) / self._seen).tolist()
                wait_for(self.device)
                seconds = max(perf_counter() - started, 1e-9)
                speed = (self._seen - before) / seconds
                epoch = self.step / self.per_epoch
                self._totals.zero_()
                self._seen = 0
                yield Progress(self.step, self.steps, epoch, loss, right, speed)
                started, before = perf_counter(), 0
            if stopped and (group.size() == 1 or not self._seen):
                return

    def state(self) -> dict[str, Any]:
        """Return all that changes in training, to be saved: tensors and numbers.

        Of several processes each has to call it. Saved, read and given to
        :meth:`restore`, it lets the training go on as if it had never stopped.
        """
        return {
            "step": self.step,
            "model": self.model.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "totals": group.total(self._totals),
            "seen": self._seen,
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Go on from what :meth:`state` returned in a run of the same plan.

        Raises
        ------
        KeyError, RuntimeError, ValueError
            If the state is that of another model or optimiser; the trainer may then be
            half changed.
        """
        self.model.load_state_dict(state["model"])
        self.optimizer.load_state_dict(state["optimizer"])
        self.step, self._seen = state["step"], state["seen"]
        self._totals.copy_(state["totals"])
        if group.rank():  # the first process has the sums of all
            self._totals.zero_()

    def finish(self) -> nn.Module:
        """Train to the end and return the model, ready to predict."""
        for _ in self.run(report_every=self.steps):
            pass
        self.model.eval()
        return self.model


def _check(images: NDArray[Any], targets: NDArray[Any]) -> None:
    """Refuse images and targets that can't be trained on."""
    if images.dtype != np.uint8 or images.ndim != 3:
        raise ValueError(
            "images: expected uint8 of shape (N, H, W); got "
            f"{images.dtype} of shape {images.shape}"
        )
    if not len(images) or len(images) != len(targets):
        raise ValueError(
            "images: expected at least one, and as many as targets; got "
            f"{len(images)} images and {len(targets)} targets"
        )
    if targets.dtype.kind not in {1: "iu", 2: "biuf"}.get(targets.ndim, ""):
        raise ValueError(
            "targets: expected integers of shape (N,) or numbers of shape (N, K); got "
            f"{targets.dtype} of shape {targets.shape}"
        )


def _count_right(logits: Tensor, targets: Tensor) -> Tensor:
    """Count the rows whose largest logit stands where the target is largest."""
    chosen = logits.argmax(1)
    if targets.ndim == 1:
        return (chosen == targets).sum()
    return (targets.gather(1, chosen[:, None])[:, 0] == targets.amax(1)).sum()


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
        Images at a time; decides the memory that is needed and, as another size may
        take another kernel, the last bits.

    Returns
    -------
    ndarray, shape (N, K)

    Examples
    --------
    >>> from crossentropy.lab.models import build_model
    >>> predict_logits(build_model("tiny"), np.zeros((3, 28, 28), np.uint8)).shape
    (3, 10)
    """
    whole = torch.tensor(np.ascontiguousarray(images))
    return np.asarray(_logits(model, whole, batch_size).cpu().double())


def _logits(model: nn.Module, images: Tensor, batch_size: int) -> Tensor:
    """Return the logits of images, still on the model's device."""
    model.eval()
    device = next(model.parameters()).device
    if not len(images):  # torch folds no pixels of none: count on a blank one
        return _logits(model, images.new_zeros(1, *images.shape[1:]), 1)[:0]
    parts = torch.split(images, batch_size)
    return torch.cat([model(part.to(device)) for part in parts])
