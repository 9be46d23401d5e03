"""Images a second: the loop that tutorials show, each step on the way, and the lab's.

All train the same network, weight for weight, on the same digits with the same kind of
shifts; only how they do it differs.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from statistics import median
from typing import Any

import numpy as np
import torch
from PIL import Image, ImageOps
from torch import Tensor, nn
from torch.nn import functional
from torch.utils.data import DataLoader, Dataset

from benchmarks.timing import in_turn, ratio
from crossentropy.datasets import Digits, load_digits
from crossentropy.lab.losses import make_loss
from crossentropy.lab.models import build_model
from crossentropy.lab.training import Plan, Trainer

SHIFT = 2
MEAN, SPREAD = 0.1307, 0.3081


class TutorialDataset(Dataset[tuple[Tensor, int]]):
    """Each image transformed by itself, when it is asked for.

    Operation for operation what torchvision's MNIST does with RandomCrop(28,
    padding=2), ToTensor and Normalize.
    """

    def __init__(self, digits: Digits) -> None:
        self.images = torch.tensor(digits.images)
        self.labels = torch.tensor(digits.labels.astype(np.int64))

    def __len__(self) -> int:
        return len(self.labels)

    def __getitem__(self, index: int) -> tuple[Tensor, int]:
        image, label = self.images[index], int(self.labels[index])
        return normalize(to_tensor(random_crop(Image.fromarray(image.numpy())))), label


def random_crop(image: Image.Image) -> Image.Image:
    """Pad, and cut out at random as much as there was."""
    wide, high = image.size
    padded = ImageOps.expand(image, border=SHIFT, fill=0)
    down = int(torch.randint(2 * SHIFT + 1, (1,)).item())
    right = int(torch.randint(2 * SHIFT + 1, (1,)).item())
    return padded.crop((right, down, right + wide, down + high))


def to_tensor(image: Image.Image) -> Tensor:
    """Bytes as numbers from 0 to 1, with a channel axis."""
    rows = torch.from_numpy(np.array(image, np.uint8, copy=True))
    rows = rows.view(image.size[1], image.size[0], 1).permute((2, 0, 1))
    return rows.contiguous().to(torch.float32).div(255)


def normalize(image: Tensor) -> Tensor:
    """Numbers around 0."""
    mean = torch.as_tensor([MEAN]).view(-1, 1, 1)
    spread = torch.as_tensor([SPREAD]).view(-1, 1, 1)
    return image.clone().sub_(mean).div_(spread)


@dataclass(frozen=True)
class Loop:
    """A training loop of plain torch; the defaults are the tutorials'."""

    in_memory: bool = False
    no_waiting: bool = False
    channels_last: bool = False
    fused: bool = False
    batch_size: int = 64
    bfloat16: bool = False

    def prepare(self, name: str, digits: Digits) -> Callable[[], Any]:
        """Return a function that trains for an epoch."""
        _, *layers = build_model(name)  # the transforms have scaled the pixels
        model = nn.Sequential(*layers)
        if self.channels_last:
            model.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        else:
            model[-2] = nn.Flatten()
        optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3, fused=self.fused)
        criterion = nn.CrossEntropyLoss()
        batches = self._in_memory(digits) if self.in_memory else self._loader(digits)

        def run() -> tuple[float, float]:
            model.train()
            loss_sum: Any = 0.0
            right: Any = 0
            for images, labels in batches:
                optimizer.zero_grad()
                with torch.autocast("cpu", torch.bfloat16, enabled=self.bfloat16):
                    logits = model(images)
                loss = criterion(logits.float(), labels)
                loss.backward()
                optimizer.step()
                count = (logits.argmax(1) == labels).sum()
                shown = loss.detach() if self.no_waiting else loss.item()
                loss_sum += shown * len(labels)
                right += count if self.no_waiting else count.item()
            total = len(digits.labels)
            return float(loss_sum) / total, float(right) / total

        return run

    def _loader(self, digits: Digits) -> Any:
        return DataLoader(TutorialDataset(digits), self.batch_size, shuffle=True)

    def _in_memory(self, digits: Digits) -> Any:
        return InMemory(digits, self.batch_size)


class InMemory:
    """The same batches, made of one tensor that holds all images, normalised once."""

    def __init__(self, digits: Digits, batch_size: int) -> None:
        images = torch.tensor(digits.images).float() / 255
        side = images.shape[1]
        padded = (functional.pad(images, (SHIFT,) * 4) - MEAN) / SPREAD
        self.windows = padded.unfold(1, side, 1).unfold(2, side, 1)
        self.labels = torch.tensor(digits.labels.astype(np.int64))
        self.batch_size = batch_size

    def __iter__(self) -> Iterator[tuple[Tensor, Tensor]]:
        order = torch.randperm(len(self.labels))
        for mine in torch.split(order, self.batch_size):
            down, right = torch.randint(2 * SHIFT + 1, (2, len(mine)))
            yield self.windows[mine, down, right][:, None], self.labels[mine]


def ours(
    name: str, digits: Digits, batch_size: int, dtype: torch.dtype
) -> Callable[[], Any]:
    """The lab's trainer: an epoch and its report."""
    plan = Plan(epochs=1, batch_size=batch_size, rate=1e-3, warm_up=-1, shift=SHIFT)
    trainer = Trainer(
        build_model(name),
        digits.images,
        digits.labels,
        make_loss("softmax"),
        plan,
        dtype=dtype,
    )

    def run() -> Any:
        trainer.step = 0
        (report,) = trainer.run(report_every=trainer.steps)
        return report

    return run


def has_bfloat16() -> bool:
    """Whether this CPU computes in bfloat16, rather than only being able to."""
    able = torch.cpu.get_capabilities()
    return any(able.get(name) for name in ("avx512_bf16", "amx_bf16", "bf16"))


def contenders(name: str, digits: Digits) -> dict[str, Callable[[], Any]]:
    """All loops for a model, each a step further than the one before."""
    loop = Loop()
    loops = {"tutorial": loop}
    steps: dict[str, dict[str, Any]] = {
        "+ in memory": {"in_memory": True},
        "+ no .item() in a step": {"no_waiting": True},
        "+ channels_last": {"channels_last": True},
        "+ fused AdamW": {"fused": True},
        "+ batch 128": {"batch_size": 128},
    }
    if has_bfloat16():
        steps["+ bfloat16"] = {"bfloat16": True}
    for label, change in steps.items():
        loop = replace(loop, **change)
        loops[label] = loop
    runs = {label: loop.prepare(name, digits) for label, loop in loops.items()}
    kinds = [torch.float32, *([torch.bfloat16] if has_bfloat16() else [])]
    for dtype in kinds:
        for batch_size in (128, 256):
            label = f"ours, {str(dtype)[6:]}, {batch_size}"
            runs[label] = ours(name, digits, batch_size, dtype)
    return runs


def lab_table(threads: int, seconds: float, count: int = 2560) -> None:
    """Print images a second, and as ratios to the tutorials' loop."""
    torch.set_num_threads(threads)
    order = np.random.default_rng(0).permutation(5000)[:count]
    digits = Digits(*(part[order] for part in load_digits()))
    print(f"\ntraining the lab's networks, {threads} thread{'s' * (threads > 1)}")
    print("images a second, and how many times the tutorials' (median, quartiles)")
    for name in ("tiny", "small"):
        runs = contenders(name, digits)
        times = in_turn(runs, seconds)
        for label in runs:
            speed = count / median(times[label])
            print(f"{name:>6} {label:<24} {speed:8,.0f} {faster(times, label)}")


def faster(times: dict[str, list[float]], label: str) -> str:
    """How many times as fast as the tutorials' loop."""
    return ratio(times, "tutorial", label)
