"""The one home of input checks: what public functions accept, and how they refuse.

A check returns the input in the form that the computation wants, or raises an
error that names the argument, the first offending row and the valid range.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, DTypeLike, NDArray

FloatArray = NDArray[np.floating[Any]]
IndexArray = NDArray[np.intp]
# What a function returns for one row (a NumPy scalar) or for many (an array). NumPy
# itself types such results as Any: a union would need a cast at every use.
ScalarOrArray = Any

REDUCTIONS = ("none", "mean", "sum")
SMOOTHINGS = ("uniform", "others")
UNITS = ("nats", "bits")

# Half precision is too coarse to add up in: it is computed in single precision.
_WORKING: dict[str, type[np.floating[Any]]] = {
    "e": np.float32,
    "f": np.float32,
    "d": np.float64,
}


def as_array(x: ArrayLike, name: str) -> NDArray[Any]:
    """`x` as a plain array; a masked one would lose its mask, so it is refused."""
    if isinstance(x, np.ma.MaskedArray):
        raise TypeError(f"{name}: masked arrays are not supported; fill the mask first")
    try:
        return np.asarray(x)
    except Exception as error:  # whatever an array of another library may raise
        if isinstance(error, ValueError) and "inhomogeneous" in str(error):
            raise ValueError(f"{name}: the rows differ in length") from None
        raise TypeError(
            f"{name}: expected what NumPy can read as an array, got "
            f"{type(x).__name__} ({error})"
        ) from None


def as_floats(x: ArrayLike, name: str) -> tuple[FloatArray, np.dtype[Any]]:
    """`x` in the precision to compute in, and the dtype that the result should have."""
    array = as_array(x, name)
    if array.dtype.kind in "bui":  # promoted first, so that int8 cannot wrap around
        return array.astype(np.float64), np.dtype(np.float64)
    if array.dtype.char not in _WORKING:
        raise TypeError(
            f"{name}: expected float16, float32, float64, integers or booleans, "
            f"got dtype {array.dtype}"
        )
    working = array.astype(_WORKING[array.dtype.char], copy=False)
    return working, np.dtype(array.dtype.char)


def as_rows(x: ArrayLike, name: str) -> tuple[FloatArray, np.dtype[Any]]:
    """Like `as_floats`, for input whose last axis holds the classes."""
    array, dtype = as_floats(x, name)
    if array.ndim == 0:
        raise ValueError(f"{name}: expected at least one axis (the classes), got 0")
    return array, dtype


def rounded_to(x: ArrayLike, dtype: DTypeLike) -> ScalarOrArray:
    """Round a result to its dtype; a single number comes back as a NumPy scalar."""
    with np.errstate(all="ignore"):  # a float16 beyond 65504 is rightly inf
        return np.asarray(x).astype(dtype, copy=False)[()]


def require_option(value: str, name: str, options: tuple[str, ...]) -> None:
    """Refuse a word that is not among the options."""
    if not isinstance(value, str) or value not in options:
        raise ValueError(f"{name}: expected one of {options}, got {shown(value)}")


def shown(value: object) -> str:
    """`value` as a message shows it: at most about a line long."""
    try:
        text = repr(value)
    except ValueError:  # Python writes out no integer of more than 4300 digits
        return "an integer of thousands of digits"
    return text if len(text) <= 80 else f"{text[:40]}... ({len(text)} characters)"


def _is_single(value: Any) -> bool:
    """Whether this may be one number: text and arrays are none, whatever they hold."""
    return not isinstance(value, (str, bytes, bytearray)) and np.ndim(value) == 0


def as_number(value: float, name: str, low: float, high: float, why: str) -> float:
    """`value` as a float within [low, high]; `why` words the valid range."""
    try:
        if not _is_single(value):
            raise TypeError
        number = float(value)
    except OverflowError:
        number = math.inf if value > 0 else -math.inf
    except Exception:  # whatever a number of another library may raise
        raise TypeError(f"{name}: expected a number, got {shown(value)}") from None
    if not low <= number <= high:
        raise ValueError(f"{name}: expected {why}, got {shown(value)}")
    return number


def as_integer(value: float, name: str, low: int, high: int = 2**63 - 1) -> int:
    """`value` as an integer from `low` to `high`; 15.0 counts as one."""
    try:
        if not _is_single(value):
            raise TypeError
        number = int(value)
    except Exception:  # nan, inf, and whatever another library may raise
        raise TypeError(f"{name}: expected an integer, got {shown(value)}") from None
    if number != value or not low <= number <= high:
        upper = f" and <= {high}" if number > high else ""
        raise ValueError(
            f"{name}: expected an integer >= {low}{upper}, got {shown(value)}"
        )
    return number


def as_size(value: float, name: str, low: int) -> int:
    """A number of classes or bins: an integer for which memory may be found."""
    return as_integer(value, name, low, 2**31 - 1)


@contextmanager
def memory_for(value: int, name: str) -> Iterator[None]:
    """Name the argument that asks for more memory than there is."""
    try:
        yield
    except MemoryError:
        raise ValueError(f"{name}: {value} needs more memory than there is") from None


def as_generator(rng: np.random.Generator | int) -> np.random.Generator:
    """A Generator, or one made from a seed; nothing that could not be made again."""
    if isinstance(rng, np.random.Generator):
        return rng
    if not isinstance(rng, (int, np.integer)):
        raise TypeError(f"rng: expected a NumPy Generator or a seed, got {shown(rng)}")
    return np.random.default_rng(as_integer(rng, "rng", 0))


def as_temperature(value: float) -> float:
    """A temperature that float32 can divide by, too."""
    return as_number(value, "temperature", 1e-30, 1e30, "a number from 1e-30 to 1e30")


def as_smoothing(
    value: float, smoothing: str, num_classes: int, name: str = "label_smoothing"
) -> float:
    """A label smoothing in [0, 1], in a convention that this many classes allow."""
    eps = as_number(value, name, 0.0, 1.0, "a number from 0 to 1")
    require_option(smoothing, "smoothing", SMOOTHINGS)
    if smoothing == "others" and num_classes < 2 and eps > 0:
        raise ValueError("smoothing: 'others' needs at least 2 classes, got 1")
    return eps


def first_row(bad: NDArray[np.bool_]) -> tuple[tuple[int, ...], str]:
    """Index of the first True, and its name in a message."""
    index = tuple(int(i) for i in np.argwhere(bad)[0])
    shown = str(index[0]) if len(index) == 1 else str(index)
    return index, f"row {shown}" if index else "the row"


def as_distributions(
    x: ArrayLike, name: str, *, axes: int = 1, allow_nan: bool = False
) -> tuple[FloatArray, np.dtype[Any]]:
    """Rows (the last `axes` axes) of numbers >= 0 that sum to 1.

    The sum may be off by the square root of the dtype's epsilon: more than rounding
    makes it, less than a forgotten normalisation does.
    """
    array, dtype = as_floats(x, name)
    if array.ndim < axes:
        raise ValueError(f"{name}: expected at least {axes} axes, got {array.ndim}")
    over = tuple(range(-axes, 0))
    tolerance = float(np.sqrt(np.finfo(dtype).eps))
    with np.errstate(all="ignore"):
        total = array.sum(axis=over, dtype=np.float64)
        good = (np.abs(total - 1) <= tolerance) & (array >= 0).all(axis=over)
    if allow_nan:
        good |= np.isnan(array).any(axis=over)
    if not good.all():
        index, row = first_row(~good)
        raise ValueError(
            f"{name}: {row} is not a distribution (smallest entry "
            f"{array[index].min(initial=np.inf):.6g}, sum {total[index]:.9g}); entries "
            f"must be at least 0 and sum to 1 within {tolerance:.1e}"
        )
    return array, dtype


def as_probabilities(
    x: ArrayLike, name: str, *, allow_nan: bool = False
) -> tuple[FloatArray, np.dtype[Any]]:
    """Numbers from 0 to 1, each on its own.

    Above 1 by as little as the sum of a distribution may be, they count as 1.
    """
    array, dtype = as_floats(x, name)
    good = (array >= 0) & (array <= 1 + float(np.sqrt(np.finfo(dtype).eps)))
    if allow_nan:
        good |= np.isnan(array)
    if not good.all():
        index, row = first_row(~good)
        raise ValueError(
            f"{name}: {row} holds {array[index]}; the valid range is 0 to 1"
        )
    return np.minimum(array, 1.0), dtype


def as_outcomes(x: ArrayLike, name: str) -> NDArray[np.bool_]:
    """Zeros and ones as booleans."""
    array = as_floats(x, name)[0]
    unclear = np.asarray((array != 0) & (array != 1))
    if unclear.any():
        index, row = first_row(unclear)
        raise ValueError(f"{name}: {row} holds {array[index]}; valid: 0 and 1")
    return np.asarray(array == 1)


def require_matrix(x: NDArray[Any], name: str) -> None:
    """Refuse anything but at least one row, on two axes."""
    if x.ndim != 2 or len(x) == 0:
        raise ValueError(f"{name}: expected shape (N, K) with N >= 1, got {x.shape}")


def require_same_shape(
    x: NDArray[Any], name: str, expected: tuple[int, ...], why: str
) -> None:
    """Refuse broadcasting where it could only hide a mistake."""
    if x.shape != expected:
        raise ValueError(f"{name}: expected shape {expected} ({why}), got {x.shape}")


def as_labels(
    labels: ArrayLike,
    shape: tuple[int, ...],
    num_classes: int,
    ignore_index: int | None = None,
    name: str = "labels",
) -> IndexArray:
    """Class indices of the given shape, each in [0, num_classes); -1 where ignored."""
    array = as_array(labels, name)
    require_same_shape(array, name, shape, "one label for each row")
    valid = f"valid labels are the integers 0 to {num_classes - 1}"
    if num_classes == 0:
        valid = "there are no classes, so no label is valid"
    if array.dtype.kind not in "bui":
        if array.size == 0:
            return array.astype(np.intp)
        if array.dtype.kind != "f":
            raise TypeError(f"{name}: expected integers, got dtype {array.dtype}")
        broken = array != np.floor(array)
        index, row = first_row(broken if broken.any() else np.ones_like(broken))
        raise ValueError(
            f"{name}: {row} has label {array[index]} of dtype {array.dtype}; {valid}"
        )
    bad = (array < 0) | (array >= num_classes)
    ignored: NDArray[np.bool_] | None = None
    if ignore_index is not None:
        if not isinstance(ignore_index, (int, np.integer)):
            raise TypeError(
                f"ignore_index: expected an integer, got {shown(ignore_index)}"
            )
        # Compared as they come: an integer of another type might wrap around.
        ignored = np.asarray(array == int(ignore_index))
        bad &= ~ignored
    if bad.any():
        index, row = first_row(bad)
        raise ValueError(f"{name}: {row} has label {array[index]}; {valid}")
    indices = array.astype(np.intp)
    if ignored is not None:
        indices[ignored] = -1
    return indices


def as_weights(x: ArrayLike, name: str) -> FloatArray:
    """Finite weights >= 0, as a copy in double precision."""
    array = as_floats(x, name)[0].astype(np.float64)
    bad = ~(np.isfinite(array) & (array >= 0))
    if bad.any():
        index, _ = first_row(bad)
        raise ValueError(
            f"{name}: entry {index} is {array[index]}; weights must be finite and at "
            "least 0"
        )
    return array


def as_class_weights(weight: ArrayLike | None, num_classes: int) -> FloatArray | None:
    """One weight for each class."""
    if weight is None:
        return None
    array = as_weights(weight, "weight")
    require_same_shape(array, "weight", (num_classes,), "one weight for each class")
    return array
