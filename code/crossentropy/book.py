"""What chapters use to put computed results into their text.

A chapter computes, then glues; its sentences pick the value up by its key. No result
is typed by hand. In a notebook without MyST-NB, where no sentence can pick anything up,
nothing is glued and figures are just displayed.
"""

from __future__ import annotations

from numbers import Integral, Real
from typing import Any


def numbers(**values: Any) -> None:
    """Glue plain numbers and strings under their keyword names.

    Parameters
    ----------
    **values
        Python or NumPy scalars, or strings. NumPy scalars become Python numbers,
        because ``np.float64(0.5)`` would otherwise stand in the text.

    Raises
    ------
    TypeError
        If a value is neither a number nor a string.
    """
    glue = _glue()
    for key, value in values.items():
        plain = _plain(key, value)
        if glue is not None:
            glue(key, plain, display=False)


def typeset(value: float, spec: str) -> str:
    """Format a number for a sentence, with a true minus and powers of ten.

    Parameters
    ----------
    value : float
        The number.
    spec : str
        A format specification, such as ``".0e"`` or ``"+.2f"``.

    Examples
    --------
    >>> typeset(2.04e-5, ".0e"), typeset(-0.37147, ".2f")
    ('2 × 10⁻⁵', '−0.37')
    """
    text = format(value, spec)
    digits, e, power = text.partition("e")
    if e:
        raised = str(int(power)).translate(str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"))
        digits = f"{digits} × 10{raised}"
    return digits.replace("-", "−")


def show(key: str, figure: Any) -> None:
    """Glue a figure under `key`, and display it where the cell is run."""
    glue = _glue()
    if glue is not None:
        glue(key, figure)
    else:
        from IPython.display import display

        display(figure)  # type: ignore[no-untyped-call]


def _glue() -> Any:
    """Return MyST-NB's function, or None where it is not installed."""
    try:
        from myst_nb import glue
    except ModuleNotFoundError:
        return None
    return glue


def _plain(key: str, value: Any) -> int | float | str:
    if isinstance(value, str):
        return value
    if isinstance(value, Integral):
        return int(value)
    if isinstance(value, Real):
        return float(value)
    raise TypeError(
        f"{key} must be a single number or a string to stand in a sentence; "
        f"got {type(value).__name__}"
    )
