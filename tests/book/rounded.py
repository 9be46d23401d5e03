"""The loss in arithmetic that rounds each operation to a type: NumPy's and PyTorch's.

The oracle of the live figure `floats`. NumPy and PyTorch add and divide in the type
itself; exp and log are taken in float64 and rounded once, so that no library's own
approximation stands between the type and the result.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import mpmath
import numpy as np
import torch

if TYPE_CHECKING:
    from collections.abc import Callable

KINDS = ("float16", "bfloat16", "float32", "float64")
UNIT = {"float16": 2**-11, "bfloat16": 2**-8, "float32": 2**-24, "float64": 2**-53}


def to_bfloat16(values: Any) -> Any:
    """Round float64 to bfloat16 by PyTorch, as float64.

    PyTorch goes through float32. Where that lands on a tie which the number itself is
    not, one float32 step back towards the number avoids rounding twice.
    """
    x = np.asarray(values, dtype=np.float64)
    with np.errstate(over="ignore"):
        single = x.astype(np.float32)
    tie = (single.view(np.uint32) & 0xFFFF) == 0x8000
    aside = np.nextafter(single, np.where(x > single, np.inf, -np.inf), dtype="f4")
    single = np.where(tie & (x != single), aside, single)
    return torch.tensor(single).to(torch.bfloat16).double().numpy()


@np.errstate(over="ignore")
def store(kind: str, values: Any) -> Any:
    """Round float64 numbers to a type and return them as float64."""
    x = np.asarray(values, dtype=np.float64)
    return to_bfloat16(x) if kind == "bfloat16" else x.astype(kind).astype(np.float64)


def operations(kind: str) -> tuple[Callable[..., float], ...]:
    """Return add, subtract and divide in the type's own arithmetic."""
    if kind == "bfloat16":

        def wrap(function: Any) -> Callable[..., float]:
            return lambda a, b: float(
                function(
                    torch.tensor(a, dtype=torch.bfloat16),
                    torch.tensor(b, dtype=torch.bfloat16),
                )
            )

        return wrap(torch.add), wrap(torch.sub), wrap(torch.div)
    dtype = np.dtype(kind).type

    def native(function: Any) -> Callable[..., float]:
        return lambda a, b: float(function(dtype(a), dtype(b)))

    return native(np.add), native(np.subtract), native(np.divide)


@np.errstate(all="ignore")
def three_ways(kind: str, z: Any) -> dict[str, float]:
    """Return the loss of three stored logits, true class 1, in the three ways."""
    add, subtract, divide = operations(kind)

    def of(function: Any, x: float) -> float:
        return float(store(kind, function(np.float64(x))))

    def total(values: list[float]) -> float:
        result = 0.0
        for value in values:
            result = add(result, value)
        return result

    powers = [of(np.exp, x) for x in z]
    largest = float(np.max(z))
    top = int(np.argmax(z))
    t = [subtract(x, largest) for x in z]
    shifted = [of(np.exp, x) for x in t]
    lse = add(largest, of(np.log, total(shifted)))
    rest = total([e for j, e in enumerate(shifted) if j != top])
    return {
        "naive": -of(np.log, divide(powers[1], total(powers))),
        "lse": subtract(lse, z[1]),
        "log1p": subtract(of(np.log1p, rest), t[1]),
    }


def exact_loss(z: Any) -> float:
    """Return the loss of three float64 logits, true class 1, rounded once."""
    with mpmath.workdps(60):
        terms = [mpmath.exp(mpmath.mpf(x) - mpmath.mpf(z[1])) for x in (z[0], z[2])]
        return float(mpmath.log1p(mpmath.fsum(terms)))


def verdict(kind: str, loss: float, exact: float) -> str:
    """Return the word that the figure should have for a result."""
    if np.isnan(loss):
        return "nan"
    if np.isinf(loss):
        return "inf"
    if loss == 0:
        return "0, too small" if store(kind, exact) == 0 else "0, lost"
    error = abs(loss - exact) / exact
    if error <= max(4 * UNIT[kind], 1e-15):
        return "right"
    digits = int(np.floor(-np.log10(error)))
    if digits < 1:
        return "wrong"
    return "1 digit" if digits == 1 else f"{digits} digits"
