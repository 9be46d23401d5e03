"""What a learner's function returned: made comparable, compared, shown."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]
ATOL = 1e-7  # absolute error that is let pass, for numbers that should be 0


class NoValueError(Exception):
    """Something was returned that is no number and no array of numbers."""


def as_arrays(value: Any, parts: int) -> tuple[tuple[Array, ...], str]:
    """Return the arrays in a result, and a remark on their kind if there is one.

    Raises
    ------
    NoValueError
        If it holds anything but numbers; the text says what it is.
    """
    if parts == 1:
        array, remark = _as_array(value)
        return (array,), remark
    if value is None:
        raise NoValueError("None")
    if not isinstance(value, tuple | list) or len(value) != parts:
        raise NoValueError(f"{_kind(value)}, where a tuple of {parts} was asked for")
    made = [_as_array(part) for part in value]
    return tuple(array for array, _ in made), next((r for _, r in made if r), "")


def _as_array(value: Any) -> tuple[Array, str]:
    if value is None:
        raise NoValueError("None")
    remark = ""
    if type(value).__module__.partition(".")[0] == "torch" and hasattr(value, "detach"):
        value = value.detach().cpu().numpy()
        remark = "It returned a torch tensor; `.numpy()` makes it a NumPy array."
    elif isinstance(value, list | tuple):
        remark = f"It returned a {type(value).__name__}; `np.array` makes it an array."
    try:
        array = np.asarray(value)
    except (ValueError, TypeError):
        raise NoValueError(_kind(value)) from None
    if array.dtype.kind == "c":
        raise NoValueError("an array of complex numbers")
    if array.dtype.kind not in "biuf":
        raise NoValueError(_kind(value))
    return array.astype(np.float64), remark


def _kind(value: Any) -> str:
    if isinstance(value, tuple | list):
        return f"a {type(value).__name__} of length {len(value)}"
    return f"an object of type {type(value).__name__}"


def agree(
    ours: tuple[Array, ...], theirs: tuple[Array, ...], rtol: float, atol: float
) -> bool:
    """Tell whether two results are equal, shapes included; nan equals nan."""
    return len(ours) == len(theirs) and all(
        a.shape == b.shape
        and bool(np.allclose(b, a, rtol=rtol, atol=atol, equal_nan=True))
        for a, b in zip(ours, theirs, strict=True)
    )


def show(value: Any, digits: int = 4) -> str:
    """Return a short text for an argument or a result."""
    if isinstance(value, np.ndarray):
        if value.size > 24:
            return f"an array of shape {value.shape}"
        if value.ndim == 0:
            return _number(value.item(), digits)
        if value.ndim == 1:
            return "[" + ", ".join(_number(x, digits) for x in value.tolist()) + "]"
        return "[" + ", ".join(show(row, digits) for row in value) + "]"
    if isinstance(value, tuple):
        return ", ".join(show(part, digits) for part in value)
    if isinstance(value, float):
        return _number(value, digits)
    if callable(value):
        return getattr(value, "__name__", "f")
    return str(value)


def _number(value: float | int, digits: int) -> str:
    if isinstance(value, bool | int):
        return str(value)
    text = f"{value:.{digits}g}"
    return text + ".0" if text.lstrip("-").isdigit() else text


def show_both(
    theirs: tuple[Array, ...], expected: tuple[Array, ...]
) -> tuple[str, str]:
    """Return texts for two results, with digits enough to tell them apart."""
    for digits in (4, 7, 12):
        texts = show(theirs, digits), show(expected, digits)
        if texts[0] != texts[1]:
            break
    return texts
