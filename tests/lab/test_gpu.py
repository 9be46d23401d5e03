"""The GPU against the CPU: run with `pytest -m gpu` on a computer that has one."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
import torch

from crossentropy.lab.devices import choose_device, choose_precision
from crossentropy.lab.losses import LOSSES, make_loss
from crossentropy.lab.models import build_model
from crossentropy.lab.training import Plan, Trainer, predict_logits
from tests.lab import grouped
from tests.lab.test_group import furthest, start

pytestmark = pytest.mark.gpu
CPU = torch.device("cpu")


@pytest.fixture
def gpu() -> Iterator[torch.device]:
    """The GPU, told to compute in float32 what is float32 (by default it may round)."""
    switches = [torch.backends.cuda.matmul, torch.backends.cudnn.conv]
    before = [switch.fp32_precision for switch in switches]
    for switch in switches:
        switch.fp32_precision = "ieee"
    yield choose_device()
    for switch, precision in zip(switches, before, strict=True):
        switch.fp32_precision = precision


@pytest.fixture
def no_waiting() -> Iterator[Any]:
    """A switch that makes CUDA refuse to wait for a number, and off again."""

    def refuse(on: bool) -> None:
        torch.cuda.set_sync_debug_mode("error" if on else "default")

    yield refuse
    refuse(False)


def pictures(count: int, side: int = 28) -> tuple[Any, Any]:
    """Noise with a bright row: the label says which."""
    rng = np.random.default_rng(0)
    labels = rng.integers(0, 10, count)
    images = rng.integers(0, 150, (count, side, side)).astype(np.uint8)
    images[np.arange(count), 2 * labels] = 250
    return images, labels


def make(
    device: torch.device,
    plan: Plan,
    *,
    model: str = "small",
    loss: str = "softmax",
    norm: str = "batch",
    count: int = 300,
    dtype: torch.dtype = torch.float32,
) -> Trainer:
    return Trainer(
        build_model(model, norm=norm),
        *pictures(count),
        make_loss(loss),
        plan,
        device=device,
        dtype=dtype,
    )


def precisions(device: torch.device) -> list[tuple[torch.dtype, float]]:
    """What the device computes in, and how far rounding may carry a few steps."""
    wide = [] if device.type == "mps" else [(torch.float64, 1e-9)]
    return [(torch.float32, 1e-3), *wide]


def test_the_batches_are_the_same_to_the_bit(gpu):
    plan = Plan(epochs=2, batch_size=64, shift=2, seed=5)
    here, there = make(CPU, plan), make(gpu, plan)
    for ours, theirs in zip(here._batches(), there._batches(), strict=True):
        assert torch.equal(ours[0], theirs[0].cpu())
        assert torch.equal(ours[1], theirs[1].cpu())
        assert ours[2] == theirs[2]
        here.step += 1
        there.step += 1
    assert here.step == here.steps


@pytest.mark.parametrize("name", LOSSES)
def test_losses_and_gradients_are_the_same(gpu, name):
    rng = np.random.default_rng(0)
    z, cotangent = rng.standard_normal((50, 10)) * 5, rng.standard_normal(50)
    for dtype, _ in precisions(gpu):
        values, grads = [], []
        for device in (CPU, gpu):
            leaf = torch.tensor(z, dtype=dtype).to(device).requires_grad_()
            out = make_loss(name)(leaf, torch.arange(50, device=device) % 10)
            out.backward(torch.tensor(cotangent, dtype=dtype).to(device))
            assert leaf.grad is not None
            values.append(out.detach().cpu())
            grads.append(leaf.grad.cpu())
        close = 1e-5 if dtype == torch.float32 else 1e-13
        torch.testing.assert_close(*values, rtol=close, atol=close)
        torch.testing.assert_close(*grads, rtol=close, atol=close)


@pytest.mark.parametrize("norm", ["batch", "group"])
@pytest.mark.parametrize("model", ["tiny", "small"])
def test_a_few_steps_are_the_same_but_for_rounding(gpu, model, norm):
    # Plain descent: AdamW turns the sign of a rounding error into a step.
    plan = Plan(epochs=2, batch_size=64, optimizer="sgd", rate=0.02, shift=1)
    for dtype, close in precisions(gpu):
        runs = [
            make(device, plan, model=model, norm=norm, dtype=dtype)
            for device in (CPU, gpu)
        ]
        reports = [list(run.run(report_every=2)) for run in runs]
        for ours, theirs in zip(*reports, strict=True):
            assert theirs.loss == pytest.approx(ours.loss, rel=close)
        states = [grouped.state(run) for run in runs]
        assert furthest(*states) < close
        logits = [predict_logits(run.model, pictures(20)[0]) for run in runs]
        np.testing.assert_allclose(*logits, rtol=close, atol=10 * close)


def test_the_fused_optimiser_is_that_of_the_cpu(gpu):
    if gpu.type == "mps":
        plan, dtype, close = Plan(epochs=1, batch_size=64), torch.float32, 0.05
    else:
        plan, dtype, close = Plan(epochs=3, batch_size=64), torch.float64, 1e-6
    runs = [make(device, plan, dtype=dtype) for device in (CPU, gpu)]
    for run in runs:
        run.finish()
    assert furthest(*map(grouped.state, runs)) < close


@pytest.mark.gpu("cuda")
@pytest.mark.parametrize("loss", LOSSES)
def test_no_step_waits_for_the_gpu(gpu, no_waiting, loss):
    trainer = make(gpu, Plan(epochs=2, batch_size=64, shift=2), loss=loss)
    first = trainer.per_epoch
    for _ in trainer.advance():  # a new epoch's order is carried over, which may wait
        no_waiting(trainer.step % first != 0)


@pytest.mark.parametrize("model", ["tiny", "small", "wide"])
def test_auto_precision_learns(gpu, model):
    plan = Plan(epochs=10, batch_size=50)
    dtype = choose_precision("auto", gpu)
    trainer = make(gpu, plan, model=model, dtype=dtype)
    first, *_, last = trainer.run(report_every=6)
    assert last.accuracy > 0.95
    assert last.loss < 0.3 * first.loss
    assert all(p.dtype == torch.float32 for p in trainer.model.parameters())


def test_going_on_takes_the_state_to_the_gpu(gpu, tmp_path):
    plan = Plan(epochs=2, batch_size=64)
    straight = make(gpu, plan)
    steps = straight.advance()
    for _ in range(6):
        next(steps)
    state = {
        "model": straight.model.state_dict(),
        "optimizer": straight.optimizer.state_dict(),
    }
    torch.save(state, tmp_path / "kept.pt")
    straight.finish()
    kept = torch.load(tmp_path / "kept.pt", weights_only=True, map_location="cpu")
    fresh = make(gpu, plan)
    fresh.model.load_state_dict(kept["model"])
    fresh.optimizer.load_state_dict(kept["optimizer"])
    fresh.step = 6
    fresh.finish()
    # A GPU may add up in another order each time.
    assert furthest(grouped.state(fresh), grouped.state(straight)) < 0.05


@pytest.mark.gpu("cuda")
def test_processes_with_a_gpu_each_train_as_one_does(tmp_path):
    alone = grouped.results(choose_device())
    for result in start(tmp_path, min(2, torch.cuda.device_count()), "cuda"):
        for name in sorted(set(grouped.CASES) - {"batch norm", "bfloat16"}):
            assert furthest(result[name]["state"], alone[name]["state"]) < 1e-8


def test_say_how_many_images_a_second(gpu, capsys):
    kinds = {torch.float32, choose_precision("auto", gpu)}
    for model in ("tiny", "small", "wide"):
        for dtype in sorted(kinds, key=str):
            for batch_size in (128, 1024, 8192):
                plan = Plan(epochs=4, batch_size=batch_size, shift=2)
                trainer = make(gpu, plan, model=model, dtype=dtype, count=32768)
                *_, last = trainer.run(report_every=trainer.per_epoch)
                assert last.images_per_second > 0
                speed = f"{last.images_per_second:,.0f} images/s"
                with capsys.disabled():
                    sys.stdout.write(
                        f"\n{gpu} {model} {dtype} batch {batch_size}: {speed}"
                    )
