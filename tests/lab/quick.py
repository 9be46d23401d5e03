"""A training of a second, for tests of what surrounds it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import torch

from crossentropy.datasets import load_digits
from crossentropy.lab.cli import main
from crossentropy.lab.idx import write_idx


def write_digits(folder: Path) -> str:
    """Write 240 digits for training and 100 for the test; return the folder's name."""
    folder.mkdir()
    images, labels = load_digits()
    for part, first, every in (("train", 0, 500 // 24), ("t10k", 7, 50)):
        chosen = np.arange(first, 5000, every)
        chosen = chosen[chosen % 500 < every * 24]
        write_idx(folder / f"{part}-images-idx3-ubyte", images[chosen])
        write_idx(folder / f"{part}-labels-idx1-ubyte", labels[chosen])
    return str(folder)


def options(data: str, **more: Any) -> list[str]:
    """Return what follows `train` for a short run."""
    chosen = {
        "data": data,
        "model": "tiny",
        "epochs": 2,
        "batch-size": 16,
        "threads": 1,
    }
    chosen |= {name.replace("_", "-"): value for name, value in more.items()}
    typed = [[f"--{name}", str(value)] for name, value in chosen.items()]
    return [word for pair in typed for word in pair]


def train(data: str, out: Path, *words: str, **more: Any) -> int:
    """Train in this process; return the exit code."""
    return main(["train", "--out", str(out), "--quiet", *options(data, **more), *words])


def resume(out: Path, *words: str) -> int:
    """Go on in this process; return the exit code."""
    return main(["train", "--out", str(out), "--quiet", "--resume", *words])


def content(out: Path) -> dict[str, Any]:
    """Return what the checkpoint of a run holds."""
    loaded: dict[str, Any] = torch.load(out / "checkpoint.pt", weights_only=True)
    return loaded


def measured(out: Path) -> list[dict[str, Any]]:
    """Return the metrics, without what no two runs have in common: the speed."""
    lines = (out / "metrics.jsonl").read_text(encoding="utf-8").splitlines()
    records = [json.loads(line) for line in lines]
    for record in records:
        assert record.pop("images_per_second") > 0
    return records


def same(a: Any, b: Any) -> bool:
    """Whether two states hold the same numbers, to the last bit."""
    if isinstance(a, torch.Tensor):
        return a.dtype == b.dtype and a.numpy().tobytes() == b.numpy().tobytes()
    if isinstance(a, dict):
        return a.keys() == b.keys() and all(same(a[key], b[key]) for key in a)
    if isinstance(a, list):
        return len(a) == len(b) and all(map(same, a, b))
    return bool(a == b)


def assert_same_run(a: Path, b: Path) -> None:
    """Two runs ended with the same weights, optimiser and measurements."""
    assert same(content(a)["state"], content(b)["state"])
    assert measured(a) == measured(b)
    results = [json.loads((out / "results.json").read_text()) for out in (a, b)]
    for name in ("temperature", "validation", "test", "test_at_temperature"):
        assert results[0][name] == results[1][name]
