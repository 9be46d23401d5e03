"""What each of several processes runs for `test_group.py`, started by torchrun."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import numpy as np
import torch

from crossentropy.lab import group
from crossentropy.lab.losses import make_loss
from crossentropy.lab.models import build_model
from crossentropy.lab.training import Plan, Trainer

# Of 13 images in batches of 6 the last is a single one, of 17 it is 5.
CASES = {
    "even": {"count": 16, "batch_size": 8},
    "odd batches": {"count": 20, "batch_size": 7},
    "a last batch of five": {"count": 17, "batch_size": 6},
    "a last batch of one": {"count": 13, "batch_size": 6},
    "batches of one": {"count": 3, "batch_size": 1},
    "fewer images than a batch": {"count": 5, "batch_size": 100},
    "sgd": {"count": 13, "batch_size": 6, "optimizer": "sgd"},
    "accurate": {"count": 13, "batch_size": 6, "loss": "accurate"},
    "rows": {"count": 13, "batch_size": 6, "loss": "sigmoid", "rows": True},
    "batch norm": {"count": 13, "batch_size": 6, "norm": "batch"},
    "bfloat16": {"count": 13, "batch_size": 6, "dtype": torch.bfloat16},
}


def trainer(
    device: torch.device,
    *,
    count: int,
    loss: str = "softmax",
    norm: str = "group",
    dtype: torch.dtype = torch.float64,
    rows: bool = False,
    **plan: Any,
) -> Trainer:
    """A small model to be trained on so many images."""
    rng = np.random.default_rng(0)
    images = rng.integers(0, 256, (count, 8, 8)).astype(np.uint8)
    labels = rng.integers(0, 5, count)
    return Trainer(
        build_model("tiny", 5, side=8, norm=norm),
        images,
        np.eye(5)[labels] if rows else labels,
        make_loss(loss),
        Plan(epochs=3, shift=1, **plan),
        device=device,
        dtype=dtype,
    )


def state(trained: Trainer) -> dict[str, Any]:
    """The weights, and the statistics if there are any."""
    return {k: v.detach().cpu() for k, v in trained.model.state_dict().items()}


def results(device: torch.device) -> dict[str, Any]:
    """Train each case and return its weights and its reports."""
    out: dict[str, Any] = {"size": group.size(), "rank": group.rank()}
    for name, options in CASES.items():
        trained = trainer(device, **options)
        reports = [(p.step, p.loss, p.accuracy) for p in trained.run(report_every=2)]
        out[name] = {"state": state(trained), "reports": reports}
    out["stopped"] = stopped_by_the_last(device)
    out["gone on"] = gone_on(device)
    out["first"] = group.by_first(lambda: f"said by {group.rank()}")
    try:
        group.by_first(refuse)
    except OSError as error:
        out["refused"] = str(error)
    return out


def refuse() -> None:
    raise OSError(f"no room for {group.rank()}")


def gone_on(device: torch.device) -> dict[str, Any]:
    """Stop after five steps, between reports, and go on with what was kept."""
    options: dict[str, Any] = {"count": 13, "batch_size": 6}
    begun, fresh = trainer(device, **options), trainer(device, **options)
    steps = begun.advance()
    for _ in range(5):
        next(steps)
    kept = begun.state()
    fresh.restore(group.by_first(lambda: kept))
    reports = [(p.step, p.loss, p.accuracy) for p in fresh.run(report_every=9)]
    return {"state": state(fresh), "reports": reports}


def stopped_by_the_last(device: torch.device) -> list[int]:
    """Let the last process ask for a stop after step 2, all report every third."""
    trained = trainer(device, count=16, batch_size=2)
    last = group.rank() == group.size() - 1
    steps = [
        p.step
        for p in trained.run(report_every=3, stop=lambda: last and trained.step >= 2)
    ]
    return [*steps, trained.step]


def main(folder: Path, device: torch.device) -> None:
    """Write what came out, a file for each process."""
    torch.set_num_threads(1)
    with group.joined(device) as mine:
        torch.save(results(mine), folder / f"{group.rank()}.pt")
    assert group.size() == 1  # left again


if __name__ == "__main__":
    main(Path(sys.argv[1]), torch.device(sys.argv[2]))
