"""A picture file becomes what MNIST's makers would have made of it, or one line."""

from __future__ import annotations

import io
import sys
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image

from crossentropy.datasets import load_digits
from crossentropy.lab.data import DataError
from crossentropy.lab.images import read_image

Picture = NDArray[np.uint8]


def page(height: int = 90, width: int = 70) -> Picture:
    """White paper with a black 7: a bar, and a leg below its right end."""
    grey = np.full((height, width), 255, np.uint8)
    grey[10:16, 20:50] = 0
    grey[16:70, 44:50] = 0
    return grey


def through(folder: Path, image: Any, name: str = "a.png", **options: Any) -> Picture:
    """Save a picture and read it as the lab does."""
    if isinstance(image, np.ndarray):
        image = Image.fromarray(image)
    image.save(folder / name, **options)
    return read_image(folder / name)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return one folder for all examples of a property."""
    return tmp_path_factory.mktemp("images")


def test_a_digit_of_mnist_is_kept_as_it_is(tmp_path: Path) -> None:
    for digit in load_digits().images[::250]:
        assert np.array_equal(through(tmp_path, digit), digit)
        colour = Image.fromarray(digit).convert("RGB")
        assert np.array_equal(through(tmp_path, colour, "a.bmp"), digit)


def test_dark_on_light_a_digit_comes_back_as_mnist_has_it(tmp_path: Path) -> None:
    """MNIST itself is the oracle: inverted and made again, the digits are the same.

    Only the faintest levels are lost, and with them now and then a row of the box.
    """
    digits = load_digits().images[::100]
    again = np.array([through(tmp_path, 255 - digit) for digit in digits])
    kept = np.where(digits >= 26, digits, 0)
    same = (abs(again.astype(int) - kept) <= 1).all(axis=(1, 2))
    assert same.mean() > 0.8
    assert abs(again.astype(int) - digits).mean() < 1


def test_a_large_noisy_photograph_comes_close(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    digits = load_digits().images[::250]
    for digit in digits:
        large = Image.fromarray(digit).resize((336, 336), Image.Resampling.BICUBIC)
        paper = np.zeros((500, 640))
        paper[120:456, 250:586] = np.asarray(large)
        photo = 180 - paper * (120 / 255) + rng.normal(0, 4, paper.shape)
        seen = through(tmp_path, photo.clip(0, 255).astype(np.uint8), "a.jpg")
        # The centre of mass may have been rounded to the next pixel.
        shifted = [
            np.roll(seen, (y, x), (0, 1)) for y in (-1, 0, 1) for x in (-1, 0, 1)
        ]
        apart = np.abs(digits.astype(int) - np.array(shifted)[:, None])
        distance = apart.mean(axis=(2, 3)).min(axis=0)
        assert np.array_equal(digits[distance.argmin()], digit)  # of all 20
        assert distance.min() < 15  # grey levels, of 255


@given(
    height=st.integers(1, 60),
    width=st.integers(1, 60),
    top=st.integers(1, 40),
    left=st.integers(1, 40),
    size=st.sampled_from([28, 32, 56]),
    light=st.booleans(),
)
def test_a_box_is_scaled_to_20_pixels_and_centred(
    folder: Path, height: int, width: int, top: int, left: int, size: int, light: bool
) -> None:
    grey = np.zeros((top + height + 90, left + width + 70), np.uint8)
    grey[top : top + height, left : left + width] = 200
    path = folder / "box.png"
    Image.fromarray(255 - grey if light else grey).save(path)
    picture = read_image(path, size)
    assert picture.shape == (size, size)
    assert picture.dtype == np.uint8
    rows, columns = (np.flatnonzero(picture.any(axis=axis)) for axis in (1, 0))
    box = size * 20 // 28
    sides = np.array([height, width]) * box / max(height, width)
    for found, side in ((rows, sides[0]), (columns, sides[1])):
        assert abs(len(found) - max(1, side)) <= 0.5
        assert abs(found.mean() - size / 2) <= 0.5
    assert (picture[np.ix_(rows, columns)] == 255).all()


def test_the_centre_of_mass_is_centred_and_nothing_is_cut_off(tmp_path: Path) -> None:
    picture = through(tmp_path, page()).astype(float)
    for axis in (0, 1):
        mass = picture.sum(axis=1 - axis)
        assert abs(mass @ np.arange(28) / mass.sum() - 14) <= 0.5
    # A heavy foot under a long thin pole: centred by mass, the pole would stick out.
    grey = np.full((300, 300), 255, np.uint8)
    grey[20:220, 148:152] = 0
    grey[200:220, 60:240] = 0
    rows = np.flatnonzero(through(tmp_path, grey).any(axis=1))
    assert rows.tolist() == [*range(20)]


def test_every_form_of_the_same_picture_is_read_alike(tmp_path: Path) -> None:
    black = page()
    picture = through(tmp_path, black)
    assert picture.max() == 255
    assert picture[0].max() == 0

    def same(image: Any, name: str = "b.png", **options: Any) -> None:
        assert np.array_equal(through(tmp_path, image, name, **options), picture)

    same(255 - black)
    same(black // 5 * 2 + 60)  # grey on grey
    same(Image.fromarray(black).convert("1"))
    same(Image.fromarray(black).convert("P"), "b.gif")
    same(Image.fromarray(black).convert("CMYK"), "b.tif")
    same(black.astype(np.uint16) * 257)
    same((255 - black).astype(np.uint16) * 90 + 30_000)  # dark, at its own zero
    same(black.astype(np.int32) * 1000, "b.tif")
    same(black.astype(np.float32) / 255, "b.tif")
    large = through(tmp_path, np.kron(black, np.ones((20, 20), np.uint8)))
    assert abs(large.astype(int) - picture).mean() < 2
    turned = Image.fromarray(black).transpose(Image.Transpose.ROTATE_90)
    exif = Image.Exif()
    exif[0x0112] = 6  # turn clockwise to see it upright
    same(turned, exif=exif)
    frames = [Image.fromarray(page()), Image.fromarray(page().T)]
    same(frames[0], "c.gif", save_all=True, append_images=frames[1:])


def test_what_is_transparent_is_paper(tmp_path: Path) -> None:
    black = page()
    picture = through(tmp_path, black)
    ink = 255 - black  # opaque where the 7 is

    def layers(grey: Picture, alpha: Picture, mode: str = "LA") -> Any:
        bands = [Image.fromarray(grey), Image.fromarray(alpha)]
        return Image.merge("LA", bands).convert(mode)

    blank = np.zeros_like(black)
    for mode in ("LA", "RGBA"):
        assert np.array_equal(through(tmp_path, layers(blank, ink, mode)), picture)
        assert np.array_equal(
            through(tmp_path, layers(blank + 255, ink, mode)), picture
        )
        opaque = layers(black, blank + 255, mode)
        assert np.array_equal(through(tmp_path, opaque), picture)
    corners = blank + 255  # a card with its corners off, light and then dark
    for rows in (slice(0, 8), slice(-8, None)):
        corners[rows, :8] = corners[rows, -8:] = 0
    for card in (black, 255 - black):
        assert np.array_equal(through(tmp_path, layers(card, corners)), picture)
    palette = Image.fromarray(np.where(black == 0, 1, 0).astype(np.uint8), "P")
    palette.putpalette([0, 0, 0, 0, 0, 0])
    assert np.array_equal(through(tmp_path, palette, transparency=0), picture)


@pytest.mark.parametrize("grey", [0, 127, 128, 255])
@pytest.mark.parametrize("shape", [(28, 28), (1, 1), (100, 60), (1, 5000)])
def test_an_even_picture_shows_nothing(
    tmp_path: Path, grey: int, shape: tuple[int, int]
) -> None:
    image = np.full(shape, grey, np.uint8)
    with pytest.raises(DataError, match=r"a\.png: nothing to see: .* by 0 of 255"):
        through(tmp_path, image)
    image.flat[len(image.flat) // 2] ^= 16
    with pytest.raises(DataError, match="nothing to see"):
        through(tmp_path, image)


def test_nothing_but_transparency_shows_nothing(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="nothing to see"):
        through(tmp_path, Image.new("RGBA", (40, 40), (255, 0, 0, 0)))


def test_very_small_and_very_long_pictures_are_read(tmp_path: Path) -> None:
    small = np.array([[0, 0, 0], [0, 255, 0], [0, 0, 0]], np.uint8)
    picture = through(tmp_path, small)
    assert picture[4:24, 4:24].all()
    assert picture.any(axis=0).sum() == 20
    long = np.zeros((60, 20_000), np.uint8)
    long[20:40, 1000:19_000] = 255
    assert through(tmp_path, long).any(axis=0).sum() == 20


def test_what_is_too_large_is_refused_before_it_is_unpacked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for limit in (90 * 70 - 1, 90 * 70 // 2 - 1):  # Pillow warns at one, stops at two
        monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", limit)
        with pytest.raises(DataError, match=r"a\.png: too large: .*6300 pixels"):
            through(tmp_path, page())


def test_a_warning_of_the_decoder_is_no_reason_to_refuse(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened = Image.open

    def warn(file: Any) -> Any:
        warnings.warn("odd, but legible", stacklevel=2)
        return opened(file)

    picture = through(tmp_path, page())
    monkeypatch.setattr(Image, "open", warn)
    assert np.array_equal(through(tmp_path, page()), picture)


def test_what_is_no_picture_is_one_line(tmp_path: Path) -> None:
    text = tmp_path / "text.png"
    for content in (b"", b"a few words", b"\x89PNG\r\n\x1a\n", b"GIF89a" + bytes(9)):
        text.write_bytes(content)
        with pytest.raises(DataError, match=r"text\.png: not a picture, or a damaged"):
            read_image(text)
    with pytest.raises(DataError, match="this is a folder"):
        read_image(tmp_path)
    with pytest.raises(DataError, match="there is no such file"):
        read_image(tmp_path / "none.png")
    broken = np.full((40, 40), np.nan, np.float32)
    with pytest.raises(DataError, match="not all of its pixels are finite"):
        through(tmp_path, broken, "nan.tif")
    with pytest.raises(ValueError, match="size: expected at least 8, got 7"):
        read_image(text, 7)


@given(data=st.data(), kind=st.sampled_from(["PNG", "GIF", "JPEG", "BMP", "TIFF"]))
def test_a_damaged_picture_is_a_picture_or_one_line(
    folder: Path, data: st.DataObject, kind: str
) -> None:
    stream = io.BytesIO()
    Image.fromarray(page()).save(stream, kind)
    content = bytearray(stream.getvalue())
    for _ in range(data.draw(st.integers(1, 3))):
        content[data.draw(st.integers(0, len(content) - 1))] ^= data.draw(
            st.integers(1, 255)
        )
    path = folder / "broken"
    path.write_bytes(content[: data.draw(st.integers(0, len(content)))])
    try:
        picture = read_image(path)
    except DataError as e:
        line = str(e)
    else:
        assert picture.shape == (28, 28)
        line = f"{path}: "
    assert line.startswith(f"{path}: ")
    assert "\n" not in line


def test_pillow_that_is_not_there_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "PIL", None)
    with pytest.raises(DataError, match="pip install pillow"):
        read_image(tmp_path / "a.png")
