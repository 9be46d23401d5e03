"""The data that travels with the book: 5,000 handwritten digits from MNIST."""

from __future__ import annotations

import hashlib
import zipfile
import zlib
from importlib import resources
from importlib.resources.abc import Traversable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

SHA256 = "9f56cb8c2b0d8902cdbcb31b6a8b69fe04eb6fca01d3234e580956e96211f00b"
_FILE = resources.files(__package__) / "data" / "mnist_5k.npz"


class Digits(NamedTuple):
    """Images of handwritten digits, and which digit each one shows."""

    images: NDArray[np.uint8]
    labels: NDArray[np.uint8]


def load_digits(file: Traversable | None = None) -> Digits:
    """Load the 5,000 MNIST digits that are kept in the package.

    Parameters
    ----------
    file : path, optional
        Another ``.npz`` file with the same content; by default the one in the package.

    Returns
    -------
    Digits
        ``images`` of shape (5000, 28, 28), grey levels from 0 to 255, and ``labels``
        of shape (5000,): 500 of each digit, sorted by digit.

    Raises
    ------
    FileNotFoundError
        If the file is not there.
    ValueError
        If the file is damaged: it is checked against a SHA-256 digest of its content
        before anything is returned.

    References
    ----------
    Y. LeCun, C. Cortes and C. J. C. Burges, *The MNIST database of handwritten
    digits*, licensed CC BY-SA 3.0; see ``data/README.md`` beside the file.

    Examples
    --------
    >>> images, labels = load_digits()
    >>> images.shape, labels[[0, 500, 4999]].tolist()
    ((5000, 28, 28), [0, 1, 9])
    """
    file = _FILE if file is None else file
    again = "make it again with tools/make_digits.py"
    if not file.is_file():
        raise FileNotFoundError(f"the digits are missing: no file {file}; {again}")
    try:
        with file.open("rb") as stream, np.load(stream, allow_pickle=False) as arrays:
            digits = Digits(arrays["images"], arrays["labels"])
    except (
        ValueError,
        KeyError,
        OSError,
        EOFError,
        zipfile.BadZipFile,
        zlib.error,
    ) as e:
        raise ValueError(f"the digits in {file} are damaged; {again}") from e
    if digest(digits) != SHA256:
        raise ValueError(f"the digits in {file} are not the expected ones; {again}")
    return digits


def digest(digits: Digits) -> str:
    """Return the SHA-256 of the arrays, whatever compressed their file."""
    content = hashlib.sha256()
    for array in digits:
        content.update(f"{array.shape}{array.dtype}".encode())
        content.update(np.ascontiguousarray(array).tobytes())
    return content.hexdigest()


def split(digits: Digits, every: int = 5) -> tuple[Digits, Digits]:
    """Set aside every `every`-th image of each digit for testing.

    Parameters
    ----------
    digits : Digits
        As :func:`load_digits` returns them, sorted by digit.
    every : int
        One in `every` images is for testing; at least 2.

    Returns
    -------
    train, test : Digits
        No image is in both.

    Examples
    --------
    >>> train, test = split(load_digits())
    >>> len(train.labels), len(test.labels)
    (4000, 1000)
    """
    if every < 2:
        raise ValueError(
            f"every must be at least 2, so that both parts hold something; got {every}"
        )
    held_out = np.arange(len(digits.labels)) % every == every - 1
    return (
        Digits(digits.images[~held_out], digits.labels[~held_out]),
        Digits(digits.images[held_out], digits.labels[held_out]),
    )


def scramble(
    images: NDArray[np.uint8], rng: np.random.Generator, *, block: int = 7
) -> NDArray[np.uint8]:
    """Cut each image into square blocks and put them together in random order.

    The strokes of a digit stay, the digit goes: pictures of nothing that look like the
    data.

    Parameters
    ----------
    images : ndarray, shape (N, H, W)
        H and W are multiples of `block`.
    rng : numpy.random.Generator
        Draws one order for each image.
    block : int
        Side of a block in pixels, at least 1.

    Raises
    ------
    ValueError
        If the blocks don't tile the images.

    Examples
    --------
    >>> images = np.arange(16, dtype=np.uint8).reshape(1, 4, 4)
    >>> mixed = scramble(images, np.random.default_rng(0), block=2)
    >>> mixed.shape, sorted(mixed.ravel().tolist()) == list(range(16))
    ((1, 4, 4), True)
    """
    count, height, width = images.shape
    if block < 1 or height % block or width % block:
        raise ValueError(
            f"block must divide the images' height {height} and width {width}; "
            f"got {block}"
        )
    rows, columns = height // block, width // block
    cut = images.reshape(count, rows, block, columns, block).swapaxes(2, 3)
    pieces = cut.reshape(count, rows * columns, block, block)
    mixed = rng.permuted(np.arange(rows * columns)[None].repeat(count, 0), axis=1)
    pieces = np.take_along_axis(pieces, mixed[:, :, None, None], axis=1)
    back = pieces.reshape(count, rows, columns, block, block).swapaxes(2, 3)
    return back.reshape(images.shape)


def scenes(
    digits: Digits, rng: np.random.Generator, count: int, classes: int = 3
) -> Digits:
    """Compose images that show none, one or several digits.

    A canvas of 28 by 28 pixels has four places. Each of the first `classes` digits is
    in the scene with probability 1/2, at most once, at half size (each 2 by 2 pixels
    averaged), in a place of its own.

    Parameters
    ----------
    digits : Digits
        Where the digits are taken from, images of 28 by 28.
    rng : numpy.random.Generator
        Draws which digits, which images of them, and where.
    count : int
        Number of scenes.
    classes : int
        From 1 to 4.

    Returns
    -------
    Digits
        ``images`` of shape (count, 28, 28), and ``labels`` of shape (count, classes),
        1 for each digit that the scene shows.

    Examples
    --------
    >>> images, labels = scenes(load_digits(), np.random.default_rng(0), 100)
    >>> images.shape, labels.shape, sorted(set(labels.sum(axis=1).tolist()))
    ((100, 28, 28), (100, 3), [0, 1, 2, 3])
    """
    if not 1 <= classes <= 4:
        raise ValueError(f"classes must lie in 1 to 4, the places; got {classes}")
    halves = digits.images.reshape(-1, 14, 2, 14, 2).mean(axis=(2, 4)).astype(np.uint8)
    labels = rng.integers(0, 2, size=(count, classes)).astype(np.uint8)
    places = rng.permuted(np.arange(4)[None].repeat(count, 0), axis=1)
    images = np.zeros((count, 2, 2, 14, 14), np.uint8)
    for k in range(classes):
        shown = np.flatnonzero(labels[:, k])
        chosen = rng.choice(np.flatnonzero(digits.labels == k), size=len(shown))
        row, column = np.divmod(places[shown, k], 2)
        images[shown, row, column] = halves[chosen]
    return Digits(images.swapaxes(2, 3).reshape(count, 28, 28), labels)
