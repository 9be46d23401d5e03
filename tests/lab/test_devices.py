"""Which device and precision are chosen, on computers that have this or that."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import pytest
import torch

from crossentropy.lab import devices
from crossentropy.lab.devices import (
    autocast,
    choose_device,
    choose_precision,
    computed_with,
    place,
    threads,
)


@pytest.fixture
def computer(monkeypatch: pytest.MonkeyPatch) -> Any:
    """A computer with so many CUDA devices, or with MPS, or with neither."""

    def make(cuda: int = 0, *, mps: bool = False, bf16: bool = True) -> None:
        def has_bf16(including_emulation: bool = True) -> bool:
            return bf16 or including_emulation

        monkeypatch.setattr(torch.cuda, "is_available", lambda: cuda > 0)
        monkeypatch.setattr(torch.cuda, "device_count", lambda: cuda)
        monkeypatch.setattr(torch.cuda, "is_bf16_supported", has_bf16)
        monkeypatch.setattr(torch.backends.mps, "is_available", lambda: mps)

    return make


@pytest.mark.parametrize(
    ("cuda", "mps", "chosen"),
    [(0, False, "cpu"), (0, True, "mps"), (1, False, "cuda"), (2, True, "cuda")],
)
def test_auto_takes_cuda_then_mps_then_the_cpu(computer, cuda, mps, chosen):
    computer(cuda, mps=mps)
    assert choose_device() == choose_device("auto") == torch.device(chosen)


@pytest.mark.parametrize("name", ["cpu", "meta", "cuda", "cuda:1", "mps", "mps:0"])
def test_a_device_that_is_there_can_be_named(computer, name):
    computer(2, mps=True)
    assert choose_device(name) == torch.device(name)


@pytest.mark.parametrize("name", ["cuda", "cuda:0", "mps"])
def test_a_device_that_is_not_there_is_refused(computer, name):
    computer()
    kind = name.partition(":")[0]
    with pytest.raises(ValueError, match=rf"^device: torch finds no {kind} device"):
        choose_device(name)


@pytest.mark.parametrize(
    ("name", "most"), [("cuda:2", 1), ("cuda:17", 1), ("mps:1", 0), ("cpu:1", 0)]
)
def test_a_number_too_high_is_refused(computer, name, most):
    computer(2, mps=True)
    with pytest.raises(ValueError, match=rf"numbered from 0 to {most} .*got '{name}'"):
        choose_device(name)


@pytest.mark.parametrize(
    "name", ["", "gpu", "cuda:", "cuda:x", "cuda:-1", "cuda:²", "auto:1", "CPU", "xpu"]
)
def test_a_name_that_means_nothing_here_is_refused(computer, name):
    computer(2, mps=True)
    with pytest.raises(ValueError, match=r"^device: expected one of auto, .*; got '"):
        choose_device(name)


@pytest.mark.parametrize(
    ("kind", "bf16", "dtype"),
    [
        ("cpu", True, torch.float32),
        ("mps", True, torch.float32),
        ("cuda", True, torch.bfloat16),
        ("cuda", False, torch.float32),
    ],
)
def test_auto_precision_is_bfloat16_where_cuda_has_it(computer, kind, bf16, dtype):
    computer(1, mps=True, bf16=bf16)
    assert choose_precision("auto", torch.device(kind)) == dtype


@pytest.mark.parametrize("name", ["float32", "bfloat16", "float64"])
def test_a_precision_can_be_named(name):
    assert choose_precision(name, torch.device("cpu")) == getattr(torch, name)
    assert choose_precision(name, torch.device("cuda")) == getattr(torch, name)


def test_bad_precisions_are_refused():
    with pytest.raises(ValueError, match=r"^precision: expected one of auto.*'int8'"):
        choose_precision("int8", torch.device("cpu"))
    with pytest.raises(ValueError, match=r"^precision: Apple's MPS has no float64"):
        choose_precision("float64", torch.device("mps"))


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64, torch.bfloat16])
def test_autocast_is_for_bfloat16_only(dtype):
    a = torch.ones(2, 2, dtype=torch.float32)
    with autocast(torch.device("cpu"), dtype):
        out = a @ a
    assert out.dtype == (torch.bfloat16 if dtype == torch.bfloat16 else torch.float32)


@pytest.mark.parametrize(
    ("dtype", "weights"),
    [("float32", "float32"), ("float64", "float64"), ("bfloat16", "float32")],
)
def test_a_placed_model_says_how_it_lies(dtype, weights):
    model = torch.nn.Sequential(torch.nn.Conv2d(2, 3, 3), torch.nn.Linear(3, 2))
    before = computed_with(model)
    assert (before["precision"], before["memory_format"]) == ("float32", "contiguous")
    assert place(model, torch.device("cpu"), getattr(torch, dtype)) is model
    after = computed_with(model)
    assert (after["precision"], after["memory_format"]) == (weights, "channels_last")


@pytest.mark.parametrize("number", [1, 2, 3, None])
def test_the_threads_are_as_before_even_after_an_error(number):
    before = torch.get_num_threads()
    inside = 0
    with suppress(ZeroDivisionError), threads(number):
        inside = torch.get_num_threads()
        raise ZeroDivisionError
    assert inside == (number or before)
    assert torch.get_num_threads() == before


@pytest.mark.parametrize("kind", ["cpu", "meta", "cuda", "mps"])
def test_waiting_asks_the_device_and_no_other(monkeypatch, kind):
    asked = []
    monkeypatch.setattr(torch.cuda, "synchronize", lambda d: asked.append(d.type))
    monkeypatch.setattr(torch.mps, "synchronize", lambda: asked.append("mps"))
    devices.wait_for(torch.device(kind))
    assert asked == ([kind] if kind in ("cuda", "mps") else [])
