"""What is timed: each contender is made for a case and then called again and again."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray


@dataclass
class Case:
    """Logits, labels, a place for the gradient, and the threads that may be used."""

    z: NDArray[np.float32]
    y: NDArray[np.int64]
    out: NDArray[np.float32]
    threads: int


def prepare(rows: int, classes: int, threads: int) -> Case:
    """Logits as an untrained or half-trained network makes them, from a fixed seed."""
    rng = np.random.default_rng([rows, classes])
    z = rng.standard_normal((rows, classes), dtype=np.float32) * 3
    out = np.zeros_like(z)
    return Case(z, rng.integers(0, classes, rows), out, threads)


def ours(case: Case) -> Callable[[], Any]:
    """Loss and gradient in one pass, into a gradient that is used again."""
    from crossentropy import softmax_cross_entropy_and_grad

    return lambda: softmax_cross_entropy_and_grad(
        case.z, case.y, threads=case.threads, out=case.out
    )


def ours_fresh(case: Case) -> Callable[[], Any]:
    """The same, into a new array each time: its pages have to be mapped first."""
    from crossentropy import softmax_cross_entropy_and_grad

    return lambda: softmax_cross_entropy_and_grad(case.z, case.y, threads=case.threads)


def ours_shifted(case: Case) -> Callable[[], Any]:
    """The same, with every row so far from 0 that it has to be shifted."""
    from crossentropy import softmax_cross_entropy_and_grad

    far = case.z + np.float32(200)
    return lambda: softmax_cross_entropy_and_grad(
        far, case.y, threads=case.threads, out=case.out
    )


def torch(case: Case) -> Callable[[], Any]:
    """PyTorch's loss, forward and backward."""
    import torch
    from torch.nn import functional

    leaf = torch.tensor(case.z, requires_grad=True)
    labels = torch.tensor(case.y)

    def run() -> None:
        torch.set_num_threads(case.threads)
        leaf.grad = None
        torch.autograd.backward(functional.cross_entropy(leaf, labels))

    return run


def plain_numpy(case: Case) -> Callable[[], Any]:
    """The stable form that a textbook shows, with a temporary for each step."""
    z, y = case.z, case.y
    rows = np.arange(len(y))

    def run() -> tuple[Any, Any]:
        below = z - z.max(axis=1, keepdims=True)
        e = np.exp(below)
        total = e.sum(axis=1, keepdims=True)
        loss = (np.log(total[:, 0]) - below[rows, y]).mean()
        gradient = e / total
        gradient[rows, y] -= 1
        gradient /= len(y)
        return loss, gradient

    return run


def scipy_forward(case: Case) -> Callable[[], Any]:
    """SciPy's log_softmax alone: no loss, no gradient."""
    from scipy.special import log_softmax

    return lambda: log_softmax(case.z, axis=1)


def copy(case: Case) -> Callable[[], Any]:
    """Copying the logits into the gradient: a bound for any method."""
    return lambda: np.copyto(case.out, case.z)


CONTENDERS: dict[str, Callable[[Case], Callable[[], Any]]] = {
    "ours": ours,
    "ours, fresh": ours_fresh,
    "ours, shifted": ours_shifted,
    "torch": torch,
    "plain numpy": plain_numpy,
    "scipy forward": scipy_forward,
    "copy": copy,
}
