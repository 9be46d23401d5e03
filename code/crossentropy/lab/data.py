"""The lab's data: train, validation and test apart, from a name or a folder."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..datasets import load_digits
from .files import DataError, reading
from .idx import read_idx
from .openml import fetch

__all__ = ["Data", "DataError", "ImageSet", "load_data"]

FASHION = Path("/usr/share/datasets/fashion-mnist")
FASHION_CLASSES = (
    "T-shirt/top",
    "Trouser",
    "Pullover",
    "Dress",
    "Coat",
    "Sandal",
    "Shirt",
    "Sneaker",
    "Bag",
    "Ankle boot",
)
# OpenML's table has no column for it: the last 10,000 rows are MNIST's own test set.
OPENML_TEST = {"openml:mnist_784": 10_000}
SIDE = 4  # the models halve an image twice


class ImageSet(NamedTuple):
    """Images and what they show.

    `images` has shape (N, H, W), grey levels from 0 to 255; `labels` has shape (N,),
    each from 0 to K - 1. N may be 0.
    """

    images: NDArray[np.uint8]
    labels: NDArray[np.int64]


class Data(NamedTuple):
    """Three sets that share no image, and the names of their K classes."""

    name: str
    class_names: tuple[str, ...]
    train: ImageSet
    validation: ImageSet
    test: ImageSet


def load_data(name: str = "digits", *, held_out: bool = True) -> Data:
    """Load images to train with, to choose with and to test with.

    Every set aside is drawn evenly from the classes, and is the same at every call:
    the images of a class are counted in their order, and every tenth (or twelfth) goes.

    Parameters
    ----------
    name : str
        - ``"digits"``: the 5,000 digits in the package. Every tenth of a class is for
          validation and another for the test, which leaves 4,000. The 4,000 are those
          of :func:`crossentropy.datasets.split`.
        - ``"fashion-mnist"``: 60,000 pictures of clothes, of which every twelfth of a
          class is for validation, and 10,000 for the test; from Debian's package
          ``dataset-fashion-mnist``.
        - A folder with idx files, called as MNIST's are: ``train-images-idx3-ubyte``,
          ``train-labels-idx1-ubyte``, ``t10k-images-idx3-ubyte`` and
          ``t10k-labels-idx1-ubyte``; or ``train-images.idx3-ubyte`` and so on; with
          ``.gz`` or without, which goes first. Every twelfth of a class is for
          validation; without the t10k files, every tenth, and another for the test.
          Without the train files, there is only the test. A file ``classes.txt``
          beside them, a name on each line, names the classes; without one they
          are the numbers up to the largest label for training.
        - ``"openml:NAME"``: fetched by scikit-learn, which must be installed, from
          www.openml.org, and kept in its cache. Every tenth of a class is for
          validation and another for the test; but ``openml:mnist_784`` is split as
          MNIST is, into 60,000 and 10,000, and the 60,000 as in a folder.
    held_out : bool
        False sets nothing aside: all there is for training is trained with. Validation
        is empty, and so is the test, unless the data come with one of their own.

    Returns
    -------
    Data
        A set that has no images has shape (0, H, W).

    Raises
    ------
    DataError
        In one line, if there is no such data, if a file is missing or damaged, if the
        labels don't fit the images or the classes, or if the images are not square
        with a side that is a multiple of 4.

    References
    ----------
    Y. LeCun, C. Cortes and C. J. C. Burges, *The MNIST database of handwritten
    digits*. H. Xiao, K. Rasul and R. Vollgraf, *Fashion-MNIST: a novel image dataset
    for benchmarking machine learning algorithms*, arXiv:1708.07747, 2017.

    Examples
    --------
    >>> data = load_data("digits")
    >>> [len(part.labels) for part in (data.train, data.validation, data.test)]
    [4000, 500, 500]
    >>> load_data("digits", held_out=False).test.images.shape
    (0, 28, 28)
    """
    if name == "digits":
        return _digits(held_out)
    if name == "fashion-mnist":
        if not FASHION.is_dir():
            raise DataError(
                f"fashion-mnist: not installed in {FASHION}: sudo apt install "
                "dataset-fashion-mnist; or download its four idx files from "
                "https://github.com/zalandoresearch/fashion-mnist and give their folder"
            )
        return _folder(name, FASHION, held_out, FASHION_CLASSES)
    if name.startswith("openml:"):
        return _openml(name, held_out)
    path = Path(name)
    try:
        if name and path.is_dir():
            return _folder(name, path, held_out, _read_class_names(path))
        found = f"{name} is a file" if path.is_file() else "no such folder is here"
    except OSError as e:
        raise DataError(f"{name}: this cannot be read: {e.strerror}") from e
    raise DataError(
        f"{name!r} names no data ({found}); give digits, fashion-mnist, openml:NAME or "
        "a folder with idx files"
    )


def _digits(held_out: bool) -> Data:
    try:
        images, labels = load_digits()
    except (FileNotFoundError, ValueError) as e:
        raise DataError(str(e)) from e
    digits = ImageSet(images, labels.astype(np.int64))
    return _apart("digits", _numbers(10), digits, None, held_out)


def _openml(name: str, held_out: bool) -> Data:
    images, labels, class_names = fetch(name.removeprefix("openml:"))
    _check_side(name, images)
    whole = ImageSet(images, labels)
    own = OPENML_TEST.get(name, 0)
    if not 0 < own < len(labels):
        return _apart(name, class_names, whole, None, held_out)
    last = np.arange(len(labels)) >= len(labels) - own
    return _apart(name, class_names, _take(whole, ~last), _take(whole, last), held_out)


class _Pair(NamedTuple):
    """A file of images, a file of labels, and what is in them."""

    images_path: Path
    labels_path: Path
    content: ImageSet


def _folder(
    name: str, folder: Path, held_out: bool, class_names: tuple[str, ...] | None
) -> Data:
    training, test = (_read_pair(folder, part) for part in ("train", "t10k"))
    pairs = [pair for pair in (training, test) if pair]
    if not pairs:
        raise DataError(
            f"{folder}: no idx files here, such as train-images-idx3-ubyte and "
            "train-labels-idx1-ubyte, gzipped or not"
        )
    if class_names is None:
        class_names = _name_classes(pairs[0], gaps=training is None)
    for pair in pairs:
        _check_labels(pair, len(class_names))
        if pair.content.images.shape[1:] != pairs[0].content.images.shape[1:]:
            raise DataError(
                f"{pair.images_path}: images of another size than those in "
                f"{pairs[0].images_path.name}"
            )
    return _apart(
        name,
        class_names,
        training and training.content,
        test and test.content,
        held_out,
    )


def _read_pair(folder: Path, part: str) -> _Pair | None:
    """Read a part's images and labels; None where the folder has neither."""
    images_path = _find(folder, f"{part}-images", "idx3-ubyte")
    labels_path = _find(folder, f"{part}-labels", "idx1-ubyte")
    if images_path is None and labels_path is None:
        return None
    if images_path is None or labels_path is None:
        lacking = "images" if images_path is None else "labels"
        raise DataError(
            f"{images_path or labels_path}: the file with its {lacking} is missing"
        )
    images, labels = read_idx(images_path), read_idx(labels_path)
    for path, array, axes in ((images_path, images, 3), (labels_path, labels, 1)):
        if array.ndim != axes or not len(array):
            raise DataError(
                f"{path}: an array of shape {array.shape}; expected {axes} axes, of "
                "which the first counts the images, one at least"
            )
    if len(images) != len(labels):
        raise DataError(
            f"{labels_path}: {len(labels)} labels for the {len(images)} images of "
            f"{images_path.name}; get both files again"
        )
    _check_side(str(images_path), images)
    return _Pair(images_path, labels_path, ImageSet(images, labels.astype(np.int64)))


def _find(folder: Path, stem: str, kind: str) -> Path | None:
    """The file of this stem, joined by a hyphen or a dot, gzipped or not."""
    names = [f"{stem}{mark}{kind}{end}" for end in ("", ".gz") for mark in "-."]
    return next((folder / name for name in names if (folder / name).exists()), None)


def _read_class_names(folder: Path) -> tuple[str, ...] | None:
    """The lines of `classes.txt`, where there is one."""
    path = folder / "classes.txt"
    if not path.exists():
        return None
    with reading(path) as file:
        content = file.read()
    try:
        names = tuple(line.strip() for line in content.decode().splitlines())
    except UnicodeDecodeError as e:
        raise DataError(f"{path}: not text in UTF-8") from e
    if not 2 <= len(names) <= 256 or not all(names) or len(set(names)) < len(names):
        raise DataError(
            f"{path}: expected 2 to 256 lines, on each a name unlike the others"
        )
    return names


def _name_classes(pair: _Pair, *, gaps: bool) -> tuple[str, ...]:
    """The numbers up to the largest label.

    For training, each of them must occur (0 need not: some number from 1), so that one
    damaged byte does not make a network of 256 classes.
    """
    counts = np.bincount(pair.content.labels)
    missing = np.flatnonzero(counts[1:] == 0) + 1
    if len(missing) and not gaps:
        raise DataError(
            f"{pair.labels_path}: a label is {len(counts) - 1}, yet none is "
            f"{missing[0]}; number the classes 0, 1, 2 ..., or name all of them in "
            "classes.txt"
        )
    if len(counts) < 2 and not gaps:
        raise DataError(f"{pair.labels_path}: all labels are 0; expected two classes")
    return _numbers(max(2, len(counts)))


def _numbers(num_classes: int) -> tuple[str, ...]:
    return tuple(map(str, range(num_classes)))


def _check_labels(pair: _Pair, num_classes: int) -> None:
    bad = np.flatnonzero(pair.content.labels >= num_classes)
    if len(bad):
        raise DataError(
            f"{pair.labels_path}: image {bad[0]} has label "
            f"{pair.content.labels[bad[0]]}; valid labels are 0 to {num_classes - 1}"
        )


def _check_side(source: str, images: NDArray[np.uint8]) -> None:
    height, width = images.shape[1:]
    if height != width or height % SIDE:
        raise DataError(
            f"{source}: images of {height} x {width} pixels; expected square ones "
            f"with a side that is a multiple of {SIDE}"
        )


def _take(part: ImageSet, chosen: NDArray[np.bool_]) -> ImageSet:
    return ImageSet(part.images[chosen], part.labels[chosen])


def _apart(
    name: str,
    class_names: tuple[str, ...],
    training: ImageSet | None,
    test: ImageSet | None,
    held_out: bool,
) -> Data:
    """Set validation, and the test where there is none of its own, aside."""
    whole = training or test
    assert whole is not None
    nothing = _take(whole, np.zeros(len(whole.labels), bool))
    if training is None:
        return Data(name, class_names, nothing, nothing, whole)
    if not held_out:
        return Data(name, class_names, training, nothing, test or nothing)
    period = 12 if test else 10
    # Counting class by class is fair to each of them, however the images are ordered.
    order = np.argsort(training.labels, kind="stable")
    turn = np.empty_like(order)
    turn[order] = np.arange(len(order)) % period
    if test:
        validating, testing = turn == period - 1, np.zeros(len(turn), bool)
    else:
        validating, testing = turn == period // 2 - 1, turn == period - 1
    return Data(
        name,
        class_names,
        _take(training, ~(validating | testing)),
        _take(training, validating),
        test or _take(training, testing),
    )
