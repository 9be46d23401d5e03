"""What to compute with: device, precision, threads and the layout in memory.

The same seed gives the same weights, order and shifts on every computer. The sums are
another matter: their last bits depend on the number of threads, on how a model lies in
memory, and on the kernels that torch has for the processor. So a run keeps its number
of threads, and whoever loads its model computes as the run did: then evaluating it
gives the stored results to the last bit on the same computer with the same torch.
Another computer agrees to a few digits, and the longer a training lasts, the fewer.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from contextlib import AbstractContextManager
from typing import Any

import torch
from torch import nn

DEVICES = ("auto", "cpu", "cuda", "mps")
PRECISIONS = ("auto", "float32", "bfloat16", "float64")


def choose_device(name: str = "auto") -> torch.device:
    """Return the device of that name; "auto" takes a GPU where there is one.

    Parameters
    ----------
    name : str
        "auto" (CUDA, else Apple's MPS, else the CPU), "cpu", "cuda", "cuda:1", "mps";
        also "meta", torch's device without numbers, on which tests run a step.

    Raises
    ------
    ValueError
        If torch knows no such device, or this computer has none.

    Examples
    --------
    >>> choose_device("cpu")
    device(type='cpu')
    """
    cuda, mps = torch.cuda.is_available(), torch.backends.mps.is_available()
    if name == "auto":
        name = "cuda" if cuda else "mps" if mps else "cpu"
    count = {
        "cpu": 1,
        "meta": 1,
        "cuda": torch.cuda.device_count() if cuda else 0,
        "mps": int(mps),
    }
    try:
        device = torch.device(name)
        there = count[device.type]
    except (RuntimeError, KeyError):
        raise ValueError(
            f"device: expected one of {', '.join(DEVICES)}; got {name!r}"
        ) from None
    if not there:
        raise ValueError(
            f"device: torch finds no {device.type} device on this computer; use cpu"
        )
    if (device.index or 0) >= there:
        raise ValueError(
            f"device: {device.type} devices are numbered from 0 to {there - 1} on this "
            f"computer; got {name!r}"
        )
    return device


def choose_precision(name: str, device: torch.device) -> torch.dtype:
    """Return the dtype to compute a model's layers in.

    "auto" is bfloat16 on a CUDA device that computes in it, else float32.

    Weights stay in float32 under bfloat16, and the loss is computed in float32.

    Parameters
    ----------
    name : str
        "auto", "float32", "bfloat16" or "float64".
    device : torch.device
        Where.

    Raises
    ------
    ValueError
        If there is no such precision, or the device has none.

    Examples
    --------
    >>> choose_precision("auto", torch.device("cpu"))
    torch.float32
    """
    if name not in PRECISIONS:
        raise ValueError(
            f"precision: expected one of {', '.join(PRECISIONS)}; got {name!r}"
        )
    if name == "float64" and device.type == "mps":
        raise ValueError("precision: Apple's MPS has no float64; use float32")
    if name == "auto":
        fast = device.type == "cuda" and torch.cuda.is_bf16_supported(
            including_emulation=False
        )
        name = "bfloat16" if fast else "float32"
    dtype: torch.dtype = getattr(torch, name)
    return dtype


def autocast(device: torch.device, dtype: torch.dtype) -> AbstractContextManager[None]:
    """Compute the layers in bfloat16 where that is asked for, else change nothing."""
    if dtype != torch.bfloat16 or device.type == "meta":  # meta has no autocast
        return contextlib.nullcontext()
    return torch.autocast(device.type, dtype=dtype)


def weight_dtype(dtype: torch.dtype) -> torch.dtype:
    """Return what the weights are kept in; under bfloat16 that is float32."""
    return torch.float64 if dtype == torch.float64 else torch.float32


def place(model: nn.Module, device: torch.device, dtype: torch.dtype) -> nn.Module:
    """Move a model to where it computes, and lay it out as all models of the lab are.

    Parameters
    ----------
    model : torch.nn.Module
        Moved itself.
    device : torch.device
        Where.
    dtype : torch.dtype
        Of the layers.
    """
    model.to(
        device,
        weight_dtype(dtype),
        memory_format=torch.channels_last,  # type: ignore[call-overload]
    )
    return model


@contextlib.contextmanager
def threads(number: int | None) -> Iterator[None]:
    """Compute with so many threads of torch; None leaves them as they are."""
    before = torch.get_num_threads()
    torch.set_num_threads(number or before)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def computed_with(model: nn.Module) -> dict[str, Any]:
    """Return what the last bits of a model's outputs depend on, but for the computer.

    Examples
    --------
    >>> model = place(torch.nn.Conv2d(2, 3, 3), torch.device("cpu"), torch.float64)
    >>> with threads(1):
    ...     computed_with(model)
    ... # doctest: +ELLIPSIS
    {'device': 'cpu', 'threads': 1, 'precision': 'float64',
     'memory_format': 'channels_last', 'torch': '...'}
    """
    weights = list(model.parameters())
    turned = all(
        weight.is_contiguous(memory_format=torch.channels_last)
        for weight in weights
        if weight.ndim == 4
    )
    return {
        "device": weights[0].device.type,
        "threads": torch.get_num_threads(),
        "precision": str(weights[0].dtype).removeprefix("torch."),
        "memory_format": "channels_last" if turned else "contiguous",
        "torch": torch.__version__,
    }


def wait_for(device: torch.device) -> None:
    """Wait until the device has done what it was told, so that a clock tells truth."""
    if device.type == "cuda":
        torch.cuda.synchronize(device)
    elif device.type == "mps":
        torch.mps.synchronize()
