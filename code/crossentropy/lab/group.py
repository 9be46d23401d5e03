"""One training in several processes, each with a part of every batch.

``torchrun`` starts the processes and tells each its rank. A batch of B images is dealt
out, rank r taking every W-th; each process divides the sum of its losses by B, the
size of the whole batch, and the gradients are added up. So the sum is the gradient of
the mean over the whole batch, whether the parts are equal or not.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

import torch
from torch import Tensor, distributed, nn

T = TypeVar("T")


@contextmanager
def joined(device: torch.device) -> Iterator[torch.device]:
    """Join the processes that torchrun started, if it did, until the block ends.

    Parameters
    ----------
    device : torch.device
        Where to compute; on CUDA each process takes the GPU of its local rank.

    Yields
    ------
    torch.device
        This process's own.

    Raises
    ------
    ValueError
        If the device can't be shared by processes (Apple's MPS), or there are fewer
        GPUs than processes.
    """
    if "RANK" not in os.environ:
        yield device
        return
    if device.type == "mps":
        raise ValueError("device: several processes need cpu or cuda; mps can't add up")
    if device.type == "cuda":
        local, count = int(os.environ["LOCAL_RANK"]), torch.cuda.device_count()
        if local >= count:
            raise ValueError(
                f"device: each process needs a GPU of its own; got {count}"
            )
        device = torch.device("cuda", local)
        torch.cuda.set_device(device)
    distributed.init_process_group("nccl" if device.type == "cuda" else "gloo")
    try:
        yield device
    finally:
        distributed.destroy_process_group()


def size() -> int:
    """Return the number of processes."""
    return distributed.get_world_size() if distributed.is_initialized() else 1


def rank() -> int:
    """Return this process's number, from 0."""
    return distributed.get_rank() if distributed.is_initialized() else 0


def total(x: Tensor) -> Tensor:
    """Return the sum of a tensor over the processes."""
    if size() > 1:
        x = x.clone()
        distributed.all_reduce(x)
    return x


def any_of(flag: bool, device: torch.device) -> bool:
    """Say whether the flag is set in any of the processes; all get the same answer."""
    if size() == 1:
        return flag
    return bool(total(torch.tensor([float(flag)], device=device)).item())


def by_first(act: Callable[[], T]) -> T:
    """Let the first process act, and return to all what came out.

    Where it raises an exception, all raise it: nobody waits for the others for ever.
    """
    if size() == 1:
        return act()
    box: list[Any] = [None, None]
    if rank() == 0:
        try:
            box[0] = act()
        except Exception as error:
            box[1] = error
    distributed.broadcast_object_list(box)
    if box[1] is not None:
        raise box[1]
    result: T = box[0]
    return result


def add_gradients(model: nn.Module) -> None:
    """Replace each gradient by its sum over the processes, all in one message.

    A weight without a gradient counts 0: a process whose part of the batch is empty has
    none, and still has to take part.
    """
    if size() == 1:
        return
    weights = [p for p in model.parameters() if p.requires_grad]
    grads = [torch.zeros_like(p) if p.grad is None else p.grad for p in weights]
    whole = torch.cat([grad.flatten() for grad in grads])
    distributed.all_reduce(whole)
    parts = torch.split(whole, [grad.numel() for grad in grads])
    for weight, grad, part in zip(weights, grads, parts, strict=True):
        # Copied, for a gradient has to lie in memory as its weight does.
        weight.grad = grad.copy_(part.view_as(grad))
