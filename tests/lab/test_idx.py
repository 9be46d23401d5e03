"""Idx files: the right array or one line, whatever happened to the bytes."""

from __future__ import annotations

import gzip
import struct
import tracemalloc
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from crossentropy.lab.files import DataError
from crossentropy.lab.idx import read_idx, write_idx

ARRAYS = arrays(np.uint8, array_shapes(max_dims=4, max_side=6))
NAMES = st.sampled_from(["a-idx-ubyte", "a-idx-ubyte.gz", "A-IDX-UBYTE.GZ"])


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return one folder for all examples; each writes its files anew."""
    return tmp_path_factory.mktemp("idx")


def outcome(path: Path) -> np.ndarray | None:
    """Return the array; or None, if it is refused in one line that names the file."""
    try:
        return read_idx(path)
    except DataError as e:
        line = str(e)
    assert line.startswith(f"{path}: ")
    assert "\n" not in line
    return None


@given(array=ARRAYS, name=NAMES)
def test_what_is_written_is_read(folder: Path, array: np.ndarray, name: str) -> None:
    write_idx(folder / name, array)
    back = read_idx(folder / name)
    assert back.dtype == np.uint8
    assert np.array_equal(back, array)
    assert back.flags.writeable
    back.fill(7)  # its own memory, to be written to at will


def test_the_bytes_are_those_that_the_format_describes(tmp_path: Path) -> None:
    # Two labels and an image of 1 by 3, as the page on MNIST lays them out.
    labels, image = tmp_path / "labels", tmp_path / "image.gz"
    write_idx(labels, np.array([7, 255]))
    assert labels.read_bytes() == bytes([0, 0, 8, 1, 0, 0, 0, 2, 7, 255])
    write_idx(image, [[[9, 8, 7]]])
    content = [0, 0, 8, 3, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 3, 9, 8, 7]
    assert gzip.decompress(image.read_bytes()) == bytes(content)
    big = tmp_path / "big"
    big.write_bytes(bytes([0, 0, 8, 1, 0, 1, 1, 2]) + bytes(65_794))
    assert read_idx(big).shape == (65_794,)  # the most significant byte comes first


def test_the_same_array_makes_the_same_bytes(tmp_path: Path) -> None:
    write_idx(tmp_path / "a.gz", [1, 2])
    first = (tmp_path / "a.gz").read_bytes()
    assert first[4:8] == bytes(4)  # no date within
    write_idx(tmp_path / "a.gz", [1, 2])
    assert (tmp_path / "a.gz").read_bytes() == first


def test_no_images_are_an_array_too(tmp_path: Path) -> None:
    write_idx(tmp_path / "none", np.zeros((0, 4, 4), np.uint8))
    assert read_idx(tmp_path / "none").shape == (0, 4, 4)


@given(array=ARRAYS, name=NAMES, data=st.data())
def test_a_file_cut_anywhere_is_refused(
    folder: Path, array: np.ndarray, name: str, data: st.DataObject
) -> None:
    path = folder / name
    write_idx(path, array)
    whole = path.read_bytes()
    path.write_bytes(whole[: data.draw(st.integers(0, len(whole) - 1))])
    with pytest.raises(DataError, match=r"^\S+: [^\n]+; get the file again$"):
        read_idx(path)


@given(array=ARRAYS, name=NAMES, data=st.data())
def test_a_wrong_byte_in_the_header_never_makes_another_array(
    folder: Path, array: np.ndarray, name: str, data: st.DataObject
) -> None:
    path = folder / name
    write_idx(path, array)
    content = bytearray(path.read_bytes())
    header = 10 if name.lower().endswith("gz") else 4 + 4 * array.ndim
    content[data.draw(st.integers(0, header - 1))] ^= data.draw(st.integers(1, 255))
    path.write_bytes(content)
    back = outcome(path)
    if back is not None:  # some bytes of gzip's header say nothing of the content
        assert name.lower().endswith("gz")
        assert np.array_equal(back, array)


@given(array=ARRAYS, data=st.data())
def test_gzip_notices_a_wrong_byte_anywhere_after_its_header(
    folder: Path, array: np.ndarray, data: st.DataObject
) -> None:
    path = folder / "wrong.gz"
    write_idx(path, array)
    content = bytearray(path.read_bytes())
    content[data.draw(st.integers(10, len(content) - 1))] ^= data.draw(
        st.integers(1, 255)
    )
    path.write_bytes(content)
    back = outcome(path)
    assert back is None or np.array_equal(back, array)


@given(content=st.binary(max_size=40), name=NAMES)
def test_any_bytes_at_all_are_an_array_or_a_line(
    folder: Path, content: bytes, name: str
) -> None:
    path = folder / name
    path.write_bytes(content)
    array = outcome(path)
    if array is not None:
        assert content == struct.pack(
            f">HBB{array.ndim}I", 0, 8, array.ndim, *array.shape
        ) + bytes(array)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "not an idx file, .* but with nothing: it is empty"),
        (b"\0\0\x08", "not an idx file, .* but with 00 00 08"),
        (b"PNG.....", "not an idx file, which begins with two zero bytes, but with 50"),
        (b"\0\0\x0d\1\0\0\0\1\0\0\0\0", "type 0x0d; only 0x08, bytes without sign"),
        (b"\0\0\x08\0\5", "0 axes; one to 4"),
        (b"\0\0\x08\5" + bytes(20), "5 axes; one to 4"),
        (b"\0\0\x08\2\0\0\0\1\0\0\0", "cut short within its header"),
        (b"\0\0\x08\2\0\0\0\4\0\0\0\0", r"an axis of length 0 in \(4, 0\)"),
        (b"\0\0\x08\1\0\0\0\x07abc", "header promises 7 bytes, 4 are missing"),
        (b"\0\0\x08\1\0\0\0\2abc", "promises 2 bytes, and the file is longer"),
        (
            gzip.compress(b"\0\0\x08\1\0\0\0\1a", mtime=0),
            "gzipped; give it a name that ends in",
        ),
    ],
)
def test_each_fault_is_named(tmp_path: Path, content: bytes, message: str) -> None:
    path = tmp_path / "file"
    path.write_bytes(content)
    with pytest.raises(DataError, match=f"file: .*{message}"):
        read_idx(path)


@pytest.mark.parametrize("name", ["file", "file.gz"])
def test_no_memory_is_taken_for_what_cannot_be_there(tmp_path: Path, name: str) -> None:
    content = struct.pack(">HBB4I", 0, 8, 4, *[2**32 - 1] * 4) + bytes(1000)
    path = tmp_path / name
    path.write_bytes(gzip.compress(content) if name.endswith("gz") else content)
    tracemalloc.start()
    try:
        with pytest.raises(DataError, match=r"cut short, or damaged: .*4294967295 x"):
            read_idx(path)
        assert tracemalloc.get_traced_memory()[1] < 1_000_000
    finally:
        tracemalloc.stop()


def test_gzip_packs_no_better_than_is_allowed_for(tmp_path: Path) -> None:
    path = tmp_path / "zeros.gz"
    write_idx(path, np.zeros(20_000_000, np.uint8))
    assert path.stat().st_size < 20_000
    assert not read_idx(path).any()


def test_a_file_that_is_not_gzipped_within_is_named(tmp_path: Path) -> None:
    (tmp_path / "a.gz").write_bytes(b"\0\0\x08\1\0\0\0\1a")
    with pytest.raises(DataError, match=r"a\.gz: damaged, or not gzipped"):
        read_idx(tmp_path / "a.gz")


@pytest.mark.parametrize(
    ("array", "message"),
    [
        ([0, 1, 256], "array: row 2 holds 256; the valid range is 0 to 255"),
        ([[0, 1], [-1, 0], [0, 300]], "array: row 1 holds -1"),
        ([0.0], "array: expected integers, got dtype float64"),
        (3, r"array: expected one to 4 axes.*shape \(\)"),
        (np.zeros((1,) * 5, int), r"array: expected one to 4 axes"),
        (np.zeros((2, 0), int), r"none but the first empty; got shape \(2, 0\)"),
    ],
)
def test_what_cannot_be_written_is_refused(
    tmp_path: Path, array: object, message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        write_idx(tmp_path / "file", array)  # type: ignore[arg-type]
    assert not list(tmp_path.iterdir())
