"""The training loops that are timed do the same work."""

from __future__ import annotations

import math
from collections import Counter
from typing import Any

import numpy as np
import pytest
import torch

from benchmarks import lab
from benchmarks.lab import InMemory, Loop, TutorialDataset, contenders, ours
from crossentropy.datasets import Digits, load_digits


@pytest.fixture(scope="module")
def digits() -> Digits:
    order = np.random.default_rng(0).permutation(5000)[:130]
    return Digits(*(part[order] for part in load_digits()))


@pytest.fixture(autouse=True)
def threads() -> Any:
    before = torch.get_num_threads()
    yield
    torch.set_num_threads(before)


def test_every_loop_trains_the_same_network(digits):
    runs = contenders("tiny", digits)
    assert {"tutorial", "+ batch 128", "ours, float32, 128"} <= set(runs)
    assert ("+ bfloat16" in runs) == ("ours, bfloat16, 256" in runs)
    first: dict[str, float] = {}
    for label, run in runs.items():
        torch.manual_seed(0)
        results = [run() for _ in range(6)]
        losses = [r.loss if label.startswith("ours") else r[0] for r in results]
        first[label] = losses[0]
        assert losses[0] == pytest.approx(math.log(10), abs=0.1), label
        assert losses[-1] < 2, label
    assert first["ours, float32, 256"] == pytest.approx(math.log(10))  # a single step


def test_in_memory_and_in_the_dataset_images_are_made_alike(digits, monkeypatch):
    monkeypatch.setattr(lab, "SHIFT", 0)
    dataset = TutorialDataset(digits)
    shown = torch.stack([image for image, _ in dataset])
    seen: Counter[int] = Counter()
    batches = InMemory(digits, 64)
    for images, labels in batches:
        for image, label in zip(images, labels.tolist(), strict=True):
            gaps = (shown - image).abs().amax((1, 2, 3))
            number = int(gaps.argmin())
            assert gaps[number] < 1e-6
            seen[number] += 1
            assert label == digits.labels[number]
    assert sorted(seen.elements()) == list(range(130))


def test_both_shift_each_image_on_its_own(digits):
    shown = Digits(np.zeros((300, 28, 28), np.uint8), np.zeros(300, np.uint8))
    shown.images[:, 14, 14] = 255
    for batches in (Loop()._loader(shown), InMemory(shown, 64)):
        places = Counter(
            tuple(map(int, divmod(int(image.argmax()), 28)))
            for images, _ in batches
            for image in images
        )
        assert set(places) == {(i, j) for i in range(12, 17) for j in range(12, 17)}


def test_ours_starts_each_epoch_anew(digits):
    run = ours("tiny", digits, 50, torch.float32)
    reports = [run() for _ in range(2)]
    assert [(r.step, r.steps) for r in reports] == [(3, 3), (3, 3)]
    assert reports[1].loss < reports[0].loss


def test_a_cpu_has_bfloat16_or_not(monkeypatch):
    for able, has in (
        ({}, False),
        ({"avx512_bf16": False, "avx2": True}, False),
        ({"avx512_bf16": True}, True),
        ({"bf16": True}, True),
    ):
        monkeypatch.setattr(torch.cpu, "get_capabilities", lambda able=able: able)
        assert lab.has_bfloat16() == has


def test_the_table_has_a_line_for_each_loop(monkeypatch, capsys):
    monkeypatch.setattr(lab, "contenders", lambda *_: {"tutorial": int, "other": int})
    lab.lab_table(1, 0.0, count=10)
    lines = capsys.readouterr().out.splitlines()
    assert lines[1] == "training the lab's networks, 1 thread"
    assert [line.split()[:2] for line in lines[3:]] == [
        [name, label] for name in ("tiny", "small") for label in ("tutorial", "other")
    ]
    assert "1.00 (1.00-1.00)" in lines[3]


def test_faster_is_above_1():
    times = {"tutorial": [4.0, 6.0, 8.0], "other": [1.0, 2.0, 4.0]}
    assert lab.faster(times, "other").split()[0] == "3.00"
