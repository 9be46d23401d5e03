"""Tables of images from www.openml.org, fetched by scikit-learn."""

from __future__ import annotations

import math
import warnings
from http.client import HTTPException
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .files import DataError


def fetch(name: str) -> tuple[NDArray[np.uint8], NDArray[np.int64], tuple[str, ...]]:
    """Fetch a table whose rows are square images of grey levels from 0 to 255.

    Parameters
    ----------
    name : str
        The table's name at OpenML, such as ``mnist_784``. Scikit-learn keeps what it
        has fetched in its cache.

    Returns
    -------
    images : ndarray of uint8, shape (N, H, H)
        The rows, in the table's order.
    labels : ndarray of int64, shape (N,)
        From 0 to K - 1.
    class_names : tuple of str
        The K different targets, sorted; as numbers where all of them are.

    Raises
    ------
    DataError
        In one line, if scikit-learn or pandas is not installed, if OpenML cannot be
        reached or has no such table, or if the table is not one of images.

    References
    ----------
    J. Vanschoren, J. N. van Rijn, B. Bischl and L. Torgo, *OpenML: networked science
    in machine learning*, SIGKDD Explorations 15(2), 2013.

    Examples
    --------
    With a network, MNIST's 70,000 images::

        images, labels, class_names = fetch("mnist_784")
    """
    try:
        from sklearn.datasets import fetch_openml
    except ImportError as e:
        raise DataError(
            f"openml:{name}: scikit-learn is needed: pip install scikit-learn pandas"
        ) from e
    try:
        with warnings.catch_warnings():
            # In vain tried again, it is an error, and that is said once.
            warnings.filterwarnings("ignore", "A network error occurred")
            table = fetch_openml(name, as_frame=False, parser="auto", n_retries=1)
    except ImportError as e:
        raise DataError(f"openml:{name}: pandas is needed: pip install pandas") from e
    except (OSError, ValueError, EOFError, HTTPException) as e:
        raise DataError(
            f"openml:{name}: this could not be fetched from www.openml.org: {e}; check "
            "the name and the network"
        ) from e
    images = _as_images(name, table.data)
    labels, class_names = _as_labels(name, table.target, len(images))
    return images, labels, class_names


def _as_images(name: str, table: Any) -> NDArray[np.uint8]:
    """The rows of a table, each as a square of grey levels."""
    try:
        # A sparse table cannot be made into numbers: what that raises is caught.
        values = np.asarray(table).astype(np.float64)
    except (TypeError, ValueError) as e:
        raise DataError(f"openml:{name}: this is not a table of numbers") from e
    side = math.isqrt(values.shape[1]) if values.ndim == 2 else 0
    if values.size == 0 or side * side != values.shape[1]:
        raise DataError(
            f"openml:{name}: a table of shape {values.shape}; expected rows whose "
            "length is a square number, each an image"
        )
    good = (values >= 0) & (values <= 255) & (values == np.floor(values))
    if not good.all():
        row, column = np.argwhere(~good)[0]
        raise DataError(
            f"openml:{name}: row {row} holds {values[row, column]}; expected grey "
            "levels, the whole numbers from 0 to 255"
        )
    return values.astype(np.uint8).reshape(-1, side, side)


def _as_labels(
    name: str, targets: ArrayLike | None, count: int
) -> tuple[NDArray[np.int64], tuple[str, ...]]:
    """Number the targets; the names are sorted, as numbers where they are numbers."""
    column = np.asarray(targets)
    if column.shape != (count,):
        raise DataError(
            f"openml:{name}: targets of shape {column.shape}; expected one for each of "
            f"the {count} rows"
        )
    # A missing target is None, or nan, which differs from itself.
    missing = [row for row, word in enumerate(column) if word is None or word != word]
    if missing:
        raise DataError(f"openml:{name}: row {missing[0]} has no target")
    words = np.array([str(target) for target in column])
    names = sorted(set(words.tolist()))
    if all(word.isdecimal() for word in names):
        names.sort(key=int)
    if not 2 <= len(names) <= 256:
        raise DataError(f"openml:{name}: {len(names)} classes; expected 2 to 256")
    number = {word: k for k, word in enumerate(names)}
    return np.array([number[word] for word in words.tolist()], np.int64), tuple(names)
