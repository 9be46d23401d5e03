"""The data that travels with the book: 5,000 handwritten digits from MNIST."""

from __future__ import annotations

import hashlib
import zipfile
import zlib
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

SHA256 = "9f56cb8c2b0d8902cdbcb31b6a8b69fe04eb6fca01d3234e580956e96211f00b"
_FILE = resources.files(__package__) / "data" / "mnist_5k.npz"


class Digits(NamedTuple):
    """Images of handwritten digits, and which digit each one shows."""

    images: NDArray[np.uint8]
    labels: NDArray[np.uint8]


def load_digits(file: Traversable | str | None = None) -> Digits:
    """Load the 5,000 MNIST digits that are kept in the package.

    Parameters
    ----------
    file : path or str, optional
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
    if file is None:
        file = _FILE
    elif isinstance(file, str):
        file = Path(file)
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
    labels = rng.integers(0, 2, size=(count, classes)).astype(np.uint8)
    places = rng.permuted(np.arange(4)[None].repeat(count, 0), axis=1)
    return _compose(digits, rng, labels, places[:, :classes])


def multi_digit_scenes(
    digits: Digits,
    rng: np.random.Generator,
    count: int,
    *,
    classes: int = 10,
    least: int = 1,
    most: int = 3,
) -> Digits:
    """Compose images that show `least` to `most` different digits.

    Scenes as in :func:`scenes`, but of up to ten digits. Each number of digits, from
    `least` to `most`, is as likely as another, and so is each choice of that many
    digits, at half size, in places of their own.

    Parameters
    ----------
    digits : Digits
        Where the digits are taken from, images of 28 by 28.
    rng : numpy.random.Generator
        Draws how many digits, which, which images of them, and where.
    count : int
        Number of scenes.
    classes : int
        The digits are drawn from 0 to `classes` - 1.
    least, most : int
        0 <= least <= most, and most is at most 4, the places, and at most `classes`.

    Returns
    -------
    Digits
        ``images`` of shape (count, 28, 28), and ``labels`` of shape (count, classes),
        1 for each digit that the scene shows: k-hot rows.

    Raises
    ------
    ValueError
        If `least` or `most` is out of range, or if a digit that is drawn has no image.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> images, labels = multi_digit_scenes(load_digits(), rng, 100)
    >>> images.shape, labels.shape, sorted(set(labels.sum(axis=1).tolist()))
    ((100, 28, 28), (100, 10), [1, 2, 3])
    """
    if not 0 <= least <= most <= min(4, classes):
        raise ValueError(
            f"least and most must lie in 0 <= least <= most <= {min(4, classes)}, the "
            f"smaller one of 4 places and {classes} classes; got {least} and {most}"
        )
    sizes = rng.integers(least, most + 1, size=count)
    # A digit's rank in a random order says whether it is shown, and where.
    ranks = rng.permuted(np.arange(classes)[None].repeat(count, 0), axis=1)
    labels = (ranks < sizes[:, None]).astype(np.uint8)
    places = rng.permuted(np.arange(4)[None].repeat(count, 0), axis=1)
    places = np.take_along_axis(places, np.minimum(ranks, 3), axis=1)
    return _compose(digits, rng, labels, places)


def pairs(digits: Digits, rng: np.random.Generator, count: int) -> Digits:
    """Compose images of two digits side by side: a hundred exclusive classes.

    Each digit is squeezed to half its width (two neighbouring pixels averaged), so that
    an image is as large as before.

    Parameters
    ----------
    digits : Digits
        Where the digits are taken from, images of 28 by 28.
    rng : numpy.random.Generator
        Draws which images.
    count : int
        Number of pairs.

    Returns
    -------
    Digits
        ``images`` of shape (count, 28, 28), and ``labels`` of shape (count,): ten times
        the left digit plus the right one.

    Raises
    ------
    ValueError
        If there are no digits to draw from.

    Examples
    --------
    >>> images, labels = pairs(load_digits(), np.random.default_rng(0), 1000)
    >>> images.shape, labels.min(), labels.max()
    ((1000, 28, 28), np.uint8(0), np.uint8(99))
    """
    if not len(digits.labels):
        raise ValueError("digits: expected at least one image; got none")
    narrow = digits.images.reshape(-1, 28, 14, 2).mean(axis=3).astype(np.uint8)
    chosen = rng.integers(len(digits.labels), size=(count, 2))
    left, right = digits.labels[chosen].T
    images = np.concatenate([narrow[chosen[:, 0]], narrow[chosen[:, 1]]], axis=2)
    return Digits(images, 10 * left + right)


def _compose(
    digits: Digits,
    rng: np.random.Generator,
    labels: NDArray[np.uint8],
    places: NDArray[np.intp],
) -> Digits:
    """Put an image of each digit k with ``labels[i, k] == 1`` in ``places[i, k]``."""
    halves = digits.images.reshape(-1, 14, 2, 14, 2).mean(axis=(2, 4)).astype(np.uint8)
    images = np.zeros((len(labels), 2, 2, 14, 14), np.uint8)
    for k in range(labels.shape[1]):
        shown = np.flatnonzero(labels[:, k])
        of_kind = np.flatnonzero(digits.labels == k)
        if len(shown) and not len(of_kind):
            raise ValueError(f"digits: none of the images shows a {k}")
        row, column = np.divmod(places[shown, k], 2)
        images[shown, row, column] = halves[rng.choice(of_kind, size=len(shown))]
    return Digits(images.swapaxes(2, 3).reshape(len(labels), 28, 28), labels)
