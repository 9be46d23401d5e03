"""The embedded digits: whole, or one clear line."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from crossentropy import datasets
from crossentropy.datasets import Digits, load_digits, pairs, scramble, split

FILE = Path(datasets.__file__).parent / "data" / "mnist_5k.npz"
# Of 300 scenes of the digits 0 to 2: the chapters' figures and sentences rest on them.
SCENES_SHA256 = "4f84da1ebfef326e61f621c52b026f97c3b756dd8d8ff40fac3f0089ebf4770b"


def test_the_digits_are_5000_images_with_500_of_each() -> None:
    images, labels = load_digits()
    assert images.shape == (5000, 28, 28)
    assert images.dtype == labels.dtype == np.uint8
    assert (np.bincount(labels) == 500).all()
    assert images.min() == 0
    assert images.max() == 255


def test_a_missing_file_is_one_clear_line(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"missing.*none\.npz.*make_digits\.py"):
        load_digits(tmp_path / "none.npz")


def test_no_damaged_file_is_ever_half_loaded(tmp_path: Path) -> None:
    whole = FILE.read_bytes()
    rng = np.random.default_rng(0)
    broken = tmp_path / "broken.npz"
    cuts = [whole[:n] for n in (0, 10, len(whole) // 2, len(whole) - 1)]
    for position in rng.integers(200, len(whole) - 400, size=20):
        flipped = bytearray(whole)
        flipped[position] ^= 0xFF
        cuts.append(bytes(flipped))
    for content in cuts:
        broken.write_bytes(content)
        with pytest.raises(ValueError, match=r"broken\.npz .*make_digits\.py"):
            load_digits(broken)


def test_other_digits_in_a_sound_file_are_refused(tmp_path: Path) -> None:
    images, labels = load_digits()
    other = tmp_path / "other.npz"
    np.savez(other, images=images, labels=np.roll(labels, 1))
    with pytest.raises(ValueError, match="not the expected ones"):
        load_digits(other)
    np.savez(other, pictures=images)
    with pytest.raises(ValueError, match="damaged"):
        load_digits(other)


def test_split_keeps_every_image_once_and_the_classes_even() -> None:
    digits = load_digits()
    train, test = split(digits)
    assert (np.bincount(train.labels) == 400).all()
    assert (np.bincount(test.labels) == 100).all()
    together = np.concatenate([train.images, test.images]).reshape(5000, -1)
    whole = digits.images.reshape(5000, -1)
    assert np.array_equal(np.unique(together, axis=0), np.unique(whole, axis=0))
    seen = {image.tobytes() for image in train.images}
    assert not seen & {image.tobytes() for image in test.images}
    with pytest.raises(ValueError, match="every must be at least 2"):
        split(digits, every=1)


def test_scramble_moves_whole_blocks_and_nothing_else() -> None:
    images = np.arange(2 * 6 * 4, dtype=np.uint8).reshape(2, 6, 4)
    mixed = scramble(images, np.random.default_rng(1), block=2)
    for before, after in zip(images, mixed, strict=True):
        blocks = [
            [
                image[r : r + 2, c : c + 2].tolist()
                for r in range(0, 6, 2)
                for c in range(0, 4, 2)
            ]
            for image in (before, after)
        ]
        assert sorted(blocks[0]) == sorted(blocks[1])
        assert blocks[0] != blocks[1]
    assert np.array_equal(scramble(images, np.random.default_rng(1), block=2), mixed)


def test_a_path_may_be_text(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="the digits are missing"):
        load_digits(str(tmp_path / "none.npz"))


@pytest.mark.parametrize("block", [0, 4, 5])
def test_scramble_wants_blocks_that_tile(block: int) -> None:
    with pytest.raises(ValueError, match=r"block must divide .* 6 and width 4"):
        scramble(np.zeros((1, 6, 4), np.uint8), np.random.default_rng(0), block=block)


def test_digest_sees_shape_and_type_and_content() -> None:
    images, labels = np.zeros((2, 2, 2), np.uint8), np.zeros(2, np.uint8)
    first = datasets.digest(Digits(images, labels))
    assert first == datasets.digest(Digits(images.copy(), labels.copy()))
    others = [
        Digits(images.reshape(2, 4, 1), labels),
        Digits(images.astype(np.int8), labels),  # type: ignore[arg-type]
        Digits(images, labels + np.uint8(1)),
    ]
    assert first not in {datasets.digest(other) for other in others}


def seen_in(images: NDArray[np.uint8]) -> list[list[int]]:
    """Return the digits in each scene, found by their pixels, and sorted."""
    digits = load_digits()
    halves = digits.images.reshape(-1, 14, 2, 14, 2).mean(axis=(2, 4)).astype(np.uint8)
    kind = {half.tobytes(): k for half, k in zip(halves, digits.labels, strict=True)}
    quadrants = images.reshape(-1, 2, 14, 2, 14).swapaxes(2, 3).reshape(-1, 4, 196)
    return [
        sorted(kind[part.tobytes()] for part in scene if part.any())
        for scene in quadrants
    ]


def test_scenes_show_just_the_digits_that_their_labels_name() -> None:
    digits = load_digits()
    images, labels = datasets.scenes(digits, np.random.default_rng(2), 400, classes=4)
    assert seen_in(images) == [np.flatnonzero(label).tolist() for label in labels]
    assert abs(labels.mean() - 0.5) < 0.05
    with pytest.raises(ValueError, match="classes must lie in 1 to 4"):
        datasets.scenes(digits, np.random.default_rng(0), 1, classes=5)


def test_scenes_are_the_ones_that_the_book_was_written_with() -> None:
    scenes = datasets.scenes(load_digits(), np.random.default_rng(3), 300)
    assert datasets.digest(scenes) == SCENES_SHA256


@pytest.mark.parametrize(
    ("classes", "least", "most"), [(10, 1, 3), (5, 0, 4), (10, 2, 2), (3, 3, 3)]
)
def test_multi_digit_scenes_show_just_what_their_labels_name(
    classes: int, least: int, most: int
) -> None:
    rng = np.random.default_rng(4)
    images, labels = datasets.multi_digit_scenes(
        load_digits(), rng, 600, classes=classes, least=least, most=most
    )
    assert images.dtype == labels.dtype == np.uint8
    assert labels.shape == (600, classes)
    assert labels.max() == 1
    assert seen_in(images) == [np.flatnonzero(label).tolist() for label in labels]
    # Four standard deviations of a binomial count, for every size and every digit.
    numbers = most - least + 1
    chances = [
        (np.bincount(labels.sum(axis=1), minlength=5)[least : most + 1], numbers)
    ]
    chances += [(labels.sum(axis=0), 2 * classes / (least + most))]
    for counts, one_in in chances:
        p = 1 / one_in
        assert (abs(counts - 600 * p) <= 4 * np.sqrt(600 * p * (1 - p))).all()


def test_multi_digit_scenes_use_every_place_evenly_and_every_image() -> None:
    digits = load_digits()
    few = Digits(digits.images[::250], digits.labels[::250])  # two of each
    images, _ = datasets.multi_digit_scenes(few, np.random.default_rng(5), 2000)
    quadrants = images.reshape(-1, 2, 14, 2, 14).swapaxes(2, 3).reshape(-1, 4, 196)
    taken = quadrants.any(axis=2)
    assert (abs(taken.mean(axis=0) - 0.5) < 4 * np.sqrt(0.25 / 2000)).all()
    assert len({part.tobytes() for part in quadrants[taken]}) == 20


@pytest.mark.parametrize(
    ("classes", "least", "most"), [(10, -1, 2), (10, 3, 2), (10, 1, 5), (2, 1, 3)]
)
def test_multi_digit_scenes_want_a_number_that_fits(
    classes: int, least: int, most: int
) -> None:
    with pytest.raises(ValueError, match=rf"least and most .* got {least} and {most}"):
        datasets.multi_digit_scenes(
            load_digits(),
            np.random.default_rng(0),
            1,
            classes=classes,
            least=least,
            most=most,
        )


def test_scenes_want_images_of_each_digit() -> None:
    images, labels = load_digits()
    few = Digits(images[labels != 2], labels[labels != 2])
    with pytest.raises(ValueError, match="digits: none of the images shows a 2"):
        datasets.scenes(few, np.random.default_rng(0), 50)


def test_a_pair_shows_its_two_digits_side_by_side() -> None:
    digits = load_digits()
    images, labels = pairs(digits, np.random.default_rng(0), 50)
    assert images.shape == (50, 28, 28)
    assert images.dtype == labels.dtype == np.uint8
    for image, label in zip(images, labels, strict=True):
        for half, digit in ((image[:, :14], label // 10), (image[:, 14:], label % 10)):
            shown = digits.images[digits.labels == digit].astype(int)
            squeezed = (shown[:, :, ::2] + shown[:, :, 1::2]) // 2
            assert (squeezed == half).all(axis=(1, 2)).any()


def test_every_pair_of_digits_comes_up_about_equally_often() -> None:
    labels = pairs(load_digits(), np.random.default_rng(1), 20_000).labels
    counts = np.bincount(labels, minlength=100)
    assert len(counts) == 100
    # 200 expected, standard deviation 14.
    assert 200 - 75 < counts.min() <= counts.max() < 200 + 75


def test_pairs_follow_the_generator_and_need_digits() -> None:
    digits = load_digits()
    first, again, other = (
        pairs(digits, np.random.default_rng(s), 20).images for s in (0, 0, 1)
    )
    assert (first == again).all()
    assert (first != other).any()
    none = Digits(digits.images[:0], digits.labels[:0])
    with pytest.raises(ValueError, match="digits: expected at least one"):
        pairs(none, np.random.default_rng(0), 1)
