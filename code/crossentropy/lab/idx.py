"""Read and write idx files, the format in which MNIST and its kin are kept.

A file begins with two zero bytes, the code of the numbers' type (8 for bytes without
sign) and the number of axes; then follow the axes' lengths, four bytes each, the most
significant first; then the numbers, the last index running fastest. The format is
described at the end of http://yann.lecun.com/exdb/mnist/.
"""

from __future__ import annotations

import gzip
import math
import os
import struct
import zlib
from io import BufferedReader
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .files import DataError, reading, writing

UNSIGNED_BYTE = 8
MOST_AXES = 4
# Deflate cannot make anything smaller than by this factor (https://zlib.net/zlib_tech.html).
MOST_PACKED = 1032
AGAIN = "get the file again"


def read_idx(path: str | os.PathLike[str]) -> NDArray[np.uint8]:
    """Read an array of bytes from an idx file.

    Parameters
    ----------
    path : path
        The file; gzipped if its name ends in ``.gz``.

    Returns
    -------
    ndarray of uint8
        The whole array, with one to four axes, in memory of its own.

    Raises
    ------
    DataError
        If the file is not there, cannot be read or is not what it should be: not an
        idx file of bytes, shorter or longer than its header says, or damaged within
        gzip. The length is compared with the header before memory is asked for.

    References
    ----------
    Y. LeCun, C. Cortes and C. J. C. Burges, *The MNIST database of handwritten
    digits*, http://yann.lecun.com/exdb/mnist/, "The IDX file format".

    Examples
    --------
    >>> import tempfile
    >>> folder = tempfile.TemporaryDirectory()
    >>> path = Path(folder.name) / "labels-idx1-ubyte.gz"
    >>> write_idx(path, [3, 1, 4])
    >>> read_idx(path)
    array([3, 1, 4], dtype=uint8)
    >>> folder.cleanup()
    """
    path = Path(path)
    with reading(path) as file:
        size = os.fstat(file.fileno()).st_size
        if not _is_gzipped(path):
            return _read_array(path, file, size)
        try:
            with gzip.GzipFile(fileobj=file) as stream:
                return _read_array(path, stream, size * MOST_PACKED)
        except gzip.BadGzipFile as e:
            raise DataError(f"{path}: damaged, or not gzipped ({e}); {AGAIN}") from e
        except (EOFError, zlib.error) as e:
            raise DataError(f"{path}: damaged within gzip ({e}); {AGAIN}") from e


def write_idx(path: str | os.PathLike[str], array: ArrayLike) -> None:
    """Write whole numbers from 0 to 255 into an idx file.

    The file is written beside and renamed: at `path` is the old file or the new one,
    never half of one. The same array makes the same bytes.

    Parameters
    ----------
    path : path
        Where to; gzipped if the name ends in ``.gz``.
    array : array_like of integers
        One to four axes; only the first may be empty.

    Raises
    ------
    ValueError
        If the array is not of integers from 0 to 255, or has other axes.
    OSError
        If the file cannot be written.

    References
    ----------
    As for :func:`read_idx`.

    Examples
    --------
    >>> write_idx("labels-idx1-ubyte", [3, 256])
    Traceback (most recent call last):
        ...
    ValueError: array: row 1 holds 256; the valid range is 0 to 255
    """
    path, values = Path(path), np.asarray(array)
    if values.dtype.kind not in "ui":
        raise ValueError(f"array: expected integers, got dtype {values.dtype}")
    if not 1 <= values.ndim <= MOST_AXES or 0 in values.shape[1:]:
        raise ValueError(
            f"array: expected one to {MOST_AXES} axes, none but the first empty; "
            f"got shape {values.shape}"
        )
    bad = np.argwhere((values < 0) | (values > 255))
    if len(bad):
        first = tuple(bad[0])
        raise ValueError(
            f"array: row {first[0]} holds {values[first]}; the valid range is 0 to 255"
        )
    header = struct.pack(
        f">BBBB{values.ndim}I", 0, 0, UNSIGNED_BYTE, values.ndim, *values.shape
    )
    content = header + values.astype(np.uint8).tobytes()
    if _is_gzipped(path):
        content = gzip.compress(content, mtime=0)
    with writing(path) as file:
        file.write(content)


def _is_gzipped(path: Path) -> bool:
    return path.suffix.lower() == ".gz"


def _read_array(
    path: Path, stream: BufferedReader | gzip.GzipFile, most: int
) -> NDArray[np.uint8]:
    """Read header and array, given how many bytes the file could hold at most."""
    shape = _read_header(path, stream)
    expected = math.prod(shape)
    promise = f"its header promises {' x '.join(map(str, shape))} bytes"
    if expected > most:
        raise DataError(f"{path}: cut short, or damaged: {promise}; {AGAIN}")
    try:
        array = np.empty(expected, np.uint8)
    except MemoryError as e:
        raise DataError(f"{path}: {promise}, more than fit in memory") from e
    rest = array.data
    while rest and (read := stream.readinto(rest)):
        rest = rest[read:]
    if rest:
        raise DataError(
            f"{path}: cut short: {promise}, {len(rest)} are missing; {AGAIN}"
        )
    # This read also makes gzip compare its checksum.
    if stream.read(1):
        raise DataError(f"{path}: {promise}, and the file is longer; {AGAIN}")
    return array.reshape(shape)


def _read_header(path: Path, stream: BufferedReader | gzip.GzipFile) -> tuple[int, ...]:
    """Read the shape of the array that follows."""
    magic = stream.read(4)
    if magic[:2] == b"\x1f\x8b":
        raise DataError(f"{path}: gzipped; give it a name that ends in .gz")
    if len(magic) < 4 or magic[:2] != b"\0\0":
        raise DataError(
            f"{path}: not an idx file, which begins with two zero bytes, but with "
            f"{magic.hex(' ') or 'nothing: it is empty'}; {AGAIN}"
        )
    _, _, kind, axes = magic
    if kind != UNSIGNED_BYTE:
        raise DataError(
            f"{path}: an idx file of type {kind:#04x}; only {UNSIGNED_BYTE:#04x}, "
            "bytes without sign, can be read"
        )
    if not 1 <= axes <= MOST_AXES:
        raise DataError(f"{path}: {axes} axes; one to {MOST_AXES} can be read; {AGAIN}")
    lengths = stream.read(4 * axes)
    if len(lengths) < 4 * axes:
        raise DataError(f"{path}: cut short within its header; {AGAIN}")
    shape = struct.unpack(f">{axes}I", lengths)
    if 0 in shape[1:]:
        raise DataError(f"{path}: an axis of length 0 in {shape}; {AGAIN}")
    return shape
