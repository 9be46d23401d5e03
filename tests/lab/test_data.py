"""The lab's data: parts that share nothing, or one line."""

from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np
import pytest

from crossentropy import datasets
from crossentropy.datasets import load_digits, split
from crossentropy.lab import data as lab_data
from crossentropy.lab.data import Data, DataError, ImageSet, load_data
from crossentropy.lab.idx import write_idx

TRAIN = ("train-images-idx3-ubyte.gz", "train-labels-idx1-ubyte.gz")
TEST = ("t10k-images-idx3-ubyte.gz", "t10k-labels-idx1-ubyte.gz")


def counted(count: int, side: int = 4, first: int = 0) -> np.ndarray:
    """Images that each hold their own number in the first two pixels."""
    images = np.zeros((count, side, side), np.uint8)
    images[:, 0, 0], images[:, 0, 1] = np.divmod(np.arange(first, first + count), 256)
    return images


def numbers_in(part: ImageSet) -> list[int]:
    """Return the number of each image."""
    return (part.images[:, 0, :2].astype(int) @ [256, 1]).tolist()


def fill(
    folder: Path,
    train: int = 0,
    test: int = 0,
    *,
    classes: int = 3,
    names: tuple[tuple[str, str], tuple[str, str]] = (TRAIN, TEST),
) -> Path:
    """Write idx files; the label of image i is i mod `classes`."""
    folder.mkdir(exist_ok=True)
    for count, first, pair in ((train, 0, names[0]), (test, 5000, names[1])):
        if count:
            write_idx(folder / pair[0], counted(count, first=first))
            write_idx(folder / pair[1], np.arange(first, first + count) % classes)
    return folder


def sizes(data: Data) -> list[int]:
    for part in data[2:]:
        assert part.images.dtype == np.uint8
        assert part.labels.dtype == np.int64
        assert part.images.shape[1] == part.images.shape[2]
        assert len(part.images) == len(part.labels)
    return [len(part.labels) for part in data[2:]]


def test_the_digits_are_set_apart_once_and_evenly() -> None:
    data = load_data()
    assert sizes(data) == [4000, 500, 500]
    assert data.name == "digits"
    assert data.class_names == tuple("0123456789")
    for part, each in zip(data[2:], (400, 50, 50), strict=True):
        assert (np.bincount(part.labels) == each).all()
    seen = [{image.tobytes() for image in part.images} for part in data[2:]]
    assert not seen[0] & seen[1]
    assert not seen[0] & seen[2]
    assert not seen[1] & seen[2]
    digits = load_digits()
    assert set.union(*seen) == {image.tobytes() for image in digits.images}
    assert np.array_equal(data.train.images, split(digits)[0].images)
    assert np.array_equal(data.validation.images, digits.images[4::10])
    assert np.array_equal(data.test.images, digits.images[9::10])
    assert np.array_equal(data.test.labels, digits.labels[9::10])


def test_nothing_need_be_held_out_of_the_digits() -> None:
    data = load_data("digits", held_out=False)
    assert sizes(data) == [5000, 0, 0]
    assert data.test.images.shape == data.validation.images.shape == (0, 28, 28)
    assert np.array_equal(data.train.labels, load_digits().labels)


def test_damaged_digits_are_a_data_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(datasets, "_FILE", tmp_path / "none.npz")
    with pytest.raises(DataError, match="the digits are missing"):
        load_data()
    (tmp_path / "none.npz").write_bytes(b"PK")
    with pytest.raises(DataError, match=r"the digits in .* are damaged"):
        load_data()


def test_fashion_is_found_where_debian_puts_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert Path("/usr/share/datasets/fashion-mnist") == lab_data.FASHION
    monkeypatch.setattr(lab_data, "FASHION", tmp_path / "fashion")
    with pytest.raises(DataError, match=r"apt install dataset-fashion-mnist.*folder"):
        load_data("fashion-mnist")
    fill(tmp_path / "fashion", 240, 20, classes=10)
    data = load_data("fashion-mnist")
    assert sizes(data) == [220, 20, 20]
    assert (np.bincount(data.validation.labels) == 2).all()
    assert data.name == "fashion-mnist"
    assert data.class_names[0] == "T-shirt/top"
    assert data.class_names[9] == "Ankle boot"
    assert len(set(data.class_names)) == 10
    assert sizes(load_data("fashion-mnist", held_out=False)) == [240, 0, 20]
    fill(tmp_path / "fashion", 240, 20, classes=11)
    with pytest.raises(DataError, match=r"image 10 has label 10; valid .* 0 to 9"):
        load_data("fashion-mnist")


@pytest.mark.parametrize("mark", ["-", "."])
@pytest.mark.parametrize("end", ["", ".gz"])
def test_a_folder_under_any_of_the_usual_names(
    tmp_path: Path, mark: str, end: str
) -> None:
    names = [
        (f"{part}-images{mark}idx3-ubyte{end}", f"{part}-labels{mark}idx1-ubyte{end}")
        for part in ("train", "t10k")
    ]
    fill(tmp_path, 36, 9, names=(names[0], names[1]))
    data = load_data(str(tmp_path))
    assert sizes(data) == [33, 3, 9]
    assert data.name == str(tmp_path)
    assert data.class_names == ("0", "1", "2")
    assert numbers_in(data.validation) == [33, 34, 35]  # the last of each class
    assert sorted(numbers_in(data.train) + numbers_in(data.validation)) == [*range(36)]
    assert numbers_in(data.test) == [*range(5000, 5009)]
    for part in data[2:]:
        assert part.labels.tolist() == [n % 3 for n in numbers_in(part)]


def test_what_is_unpacked_goes_first(tmp_path: Path) -> None:
    fill(tmp_path, test=6)
    (tmp_path / "t10k-labels-idx1-ubyte").write_bytes(b"")
    with pytest.raises(DataError, match=r"t10k-labels-idx1-ubyte: .* it is empty"):
        load_data(str(tmp_path))


def test_train_files_alone_give_all_three_parts(tmp_path: Path) -> None:
    fill(tmp_path, train=60)
    data = load_data(str(tmp_path))
    assert sizes(data) == [48, 6, 6]
    together = [number for part in data[2:] for number in numbers_in(part)]
    assert sorted(together) == [*range(60)]
    assert (np.bincount(data.validation.labels) == 2).all()
    assert (np.bincount(data.test.labels) == 2).all()
    assert sizes(load_data(str(tmp_path), held_out=False)) == [60, 0, 0]


def test_test_files_alone_are_for_the_test(tmp_path: Path) -> None:
    write_idx(fill(tmp_path, test=5) / TEST[1], [0, 4, 4, 0, 0])  # 1 to 3 don't occur
    for held_out in (True, False):
        data = load_data(str(tmp_path), held_out=held_out)
        assert sizes(data) == [0, 0, 5]
        assert data.train.images.shape == (0, 4, 4)
        assert data.class_names == ("0", "1", "2", "3", "4")
    write_idx(tmp_path / TEST[1], [0] * 5)
    assert load_data(str(tmp_path)).class_names == ("0", "1")


def test_parts_are_arrays_of_their_own(tmp_path: Path) -> None:
    for name in ("digits", str(fill(tmp_path, 24, 3)), str(fill(tmp_path / "t", 0, 3))):
        for part in load_data(name)[2:]:
            assert part.images.flags.writeable
            assert part.images.flags.c_contiguous
            assert part.labels.flags.writeable


def test_classes_are_named_in_a_file(tmp_path: Path) -> None:
    fill(tmp_path, 24, 3)
    named = tmp_path / "classes.txt"
    named.write_bytes("Häuser\r\nSchuhe\r\nMäntel\r\nHüte\r\n".encode())
    assert load_data(str(tmp_path)).class_names == (
        "Häuser",
        "Schuhe",
        "Mäntel",
        "Hüte",
    )
    named.write_text("a\nb\n", encoding="utf-8")
    with pytest.raises(DataError, match=r"image 2 has label 2; valid .* 0 to 1"):
        load_data(str(tmp_path))
    for content in (b"", b"a\n", b"a\n\nb", b"a\nb\na\n", b"a\n" * 300):
        named.write_bytes(content)
        with pytest.raises(DataError, match=r"classes\.txt: expected 2 to 256 lines"):
            load_data(str(tmp_path))
    named.write_bytes(b"a\nb\n\xff\n")
    with pytest.raises(DataError, match=r"classes\.txt: not text in UTF-8"):
        load_data(str(tmp_path))


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        ([0, 1, 2, 255] * 3, "a label is 255, yet none is 3; number the classes"),
        ([0, 2] * 6, "a label is 2, yet none is 1"),
        ([0] * 12, "all labels are 0; expected two classes"),
    ],
)
def test_classes_without_images_are_refused_for_training(
    tmp_path: Path, labels: list[int], message: str
) -> None:
    write_idx(fill(tmp_path, train=12) / TRAIN[1], labels)
    with pytest.raises(DataError, match=f"train-labels.*{message}"):
        load_data(str(tmp_path))
    (tmp_path / "classes.txt").write_text("\n".join(map(str, range(256))))
    assert len(load_data(str(tmp_path)).class_names) == 256


def test_two_classes_are_enough(tmp_path: Path) -> None:
    data = load_data(str(fill(tmp_path, 24, 4, classes=2)))
    assert data.class_names == ("0", "1")


def test_numbers_from_one_are_classes_as_well(tmp_path: Path) -> None:
    write_idx(fill(tmp_path, train=12) / TRAIN[1], [1, 2, 3] * 4)
    assert load_data(str(tmp_path)).class_names == ("0", "1", "2", "3")


def test_test_labels_keep_to_the_classes_of_training(tmp_path: Path) -> None:
    write_idx(fill(tmp_path, 12, 3) / TEST[1], [0, 3, 4])
    with pytest.raises(
        DataError, match=r"t10k-labels.* image 1 has label 3; .* 0 to 2"
    ):
        load_data(str(tmp_path))


@pytest.mark.parametrize("gone", [0, 1])
def test_images_and_labels_come_together(tmp_path: Path, gone: int) -> None:
    fill(tmp_path, 12, 3)
    (tmp_path / TEST[gone]).unlink()
    lacking = ("images", "labels")[gone]
    with pytest.raises(DataError, match=f"with its {lacking} is missing") as caught:
        load_data(str(tmp_path))
    assert str(tmp_path / TEST[1 - gone]) in str(caught.value)


@pytest.mark.parametrize(
    ("images", "labels", "message"),
    [
        (counted(3), [0, 1], r"2 labels for the 3 images of t10k-images"),
        (counted(3), [[0], [1], [2]], r"t10k-labels.* shape \(3, 1\); expected 1 axes"),
        ([0, 1, 2], [0, 1, 2], r"t10k-images.* shape \(3,\); expected 3 axes"),
        (np.zeros((0, 4, 4), int), [], r"t10k-images.* shape \(0, 4, 4\)"),
        (np.zeros((3, 4, 8), int), [0, 1, 2], r"4 x 8 pixels; expected square ones"),
        (np.zeros((3, 6, 6), int), [0, 1, 2], r"6 x 6 pixels; .* a multiple of 4"),
        (counted(3, side=8), [0, 1, 2], r"images of another size than those in train-"),
    ],
)
def test_files_that_do_not_fit_each_other(
    tmp_path: Path, images: np.ndarray, labels: list[int], message: str
) -> None:
    fill(tmp_path, 12, 3)
    write_idx(tmp_path / TEST[0], images)
    write_idx(tmp_path / TEST[1], np.array(labels, int))
    with pytest.raises(DataError, match=message):
        load_data(str(tmp_path))


def test_a_damaged_file_is_never_half_loaded(tmp_path: Path) -> None:
    fill(tmp_path, 12, 3)
    rng = np.random.default_rng(0)
    for name in TRAIN + TEST:
        whole = (tmp_path / name).read_bytes()
        for cut in rng.integers(0, len(whole), 10):
            (tmp_path / name).write_bytes(whole[:cut])
            with pytest.raises(DataError, match=f"^{tmp_path / name}: [^\\n]+$"):
                load_data(str(tmp_path))
        (tmp_path / name).write_bytes(gzip.compress(b"<html>404</html>"))
        with pytest.raises(DataError, match=r"not an idx file.* with 3c 68 74 6d"):
            load_data(str(tmp_path))
        (tmp_path / name).unlink()
        (tmp_path / name).mkdir()
        with pytest.raises(DataError, match=f"{name}: this is a folder"):
            load_data(str(tmp_path))
        (tmp_path / name).rmdir()
        (tmp_path / name).write_bytes(whole)
    assert sizes(load_data(str(tmp_path))) == [11, 1, 3]


def test_what_names_no_data_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for name, message in (
        ("mnist", "no such folder is here.*give digits, fashion-mnist, openml:NAME"),
        ("", "'' names no data"),
        ("\0", "names no data"),
        (str(tmp_path / "file"), "is a file"),
        (str(tmp_path / "none"), "no such folder"),
        (str(tmp_path), "no idx files here, such as train-images-idx3-ubyte"),
        ("x" * 300, "this cannot be read: File name too long"),
    ):
        with pytest.raises(DataError, match=message) as caught:
            load_data(name)
        assert "\n" not in str(caught.value)


def test_a_folder_called_as_the_data_is_reached_by_its_path(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(tmp_path / "digits", test=3)
    monkeypatch.chdir(tmp_path)
    assert sizes(load_data("digits")) == [4000, 500, 500]
    assert sizes(load_data("./digits")) == [0, 0, 3]
