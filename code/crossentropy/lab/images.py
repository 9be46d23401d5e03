"""Read a picture file as the networks know pictures: as MNIST's were made."""

from __future__ import annotations

import os
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from .files import DataError, reading

if TYPE_CHECKING:
    from PIL.Image import Image

FAINTEST = 0.1  # of the strongest ink: fainter marks are left by JPEG, not a pen
GRAIN = 10  # times the ground's median deviation: 6.7 times its standard deviation
LEAST_CONTRAST = 32  # grey levels, of 255, between the ground and the strongest ink
LARGEST = 1024  # pixels a side that are looked at; larger pictures are shrunk


def read_image(path: str | os.PathLike[str], size: int = 28) -> NDArray[np.uint8]:
    """Read a picture of one digit (or of one thing) as MNIST's digits were made.

    A picture of `size` by `size` pixels on a dark ground is taken to be as it should
    be and returned as it is. Any other goes through MNIST's steps:

    1. Grey levels; on a light ground they are inverted, because MNIST's ink is light
       (255) and its paper dark (0). The ground is the median of the outermost pixels.
       What is transparent counts as paper.
    2. The ground is subtracted, and what is faint set to 0: JPEG's traces (a tenth of
       the strongest ink), the paper's grain and a camera's noise (ten times the median
       deviation of the outermost pixels, but at most half of the strongest ink). The
       ground is taken to be even: no shadow lies on it.
    3. The rest is cropped to the ink, and scaled with its proportions kept until the
       longer side has 20 pixels of 28, averaging as it shrinks; the strongest ink is
       made 255 again.
    4. It is moved by whole pixels until its centre of mass is the centre of the field,
       as far as it fits in.

    Parameters
    ----------
    path : path
        A file of any kind that Pillow reads, such as PNG, JPEG, GIF or WebP; of an
        animation the first picture. A photograph is turned as its camera says.
    size : int
        Side of the result, at least 8.

    Returns
    -------
    ndarray of uint8, shape (size, size)
        Light ink on a dark ground.

    Raises
    ------
    DataError
        In one line, if the file cannot be read, is not a picture, is too large to be
        unpacked safely (Pillow's limit, 89 million pixels), or shows nothing.
    ValueError
        If `size` is less than 8.

    References
    ----------
    Y. LeCun, C. Cortes and C. J. C. Burges, *The MNIST database of handwritten
    digits*, http://yann.lecun.com/exdb/mnist/: "size normalized to fit in a 20x20
    pixel box while preserving their aspect ratio [...] centered in a 28x28 image by
    computing the center of mass of the pixels".

    Examples
    --------
    >>> import tempfile
    >>> from PIL import Image
    >>> folder = tempfile.TemporaryDirectory()
    >>> path = Path(folder.name) / "one.png"
    >>> page = np.full((100, 80), 255, np.uint8)  # white paper
    >>> page[10:70, 30:36] = 0  # a black stroke
    >>> Image.fromarray(page).save(path)
    >>> picture = read_image(path)
    >>> picture.shape, picture[:, 14].nonzero()[0].tolist() == [*range(4, 24)]
    ((28, 28), True)
    >>> folder.cleanup()
    """
    path = Path(path)
    if size < 8:
        raise ValueError(f"size: expected at least 8, got {size}")
    grey = _read_grey(path)
    ground, grain = _ground(grey)
    if ground <= 127 and grey.shape == (size, size):
        _require_ink(path, grey - ground)
        return grey.astype(np.uint8)
    ink = ground - grey if ground > 127 else grey - ground
    strongest = _require_ink(path, ink)
    faintest = np.clip(GRAIN * grain, FAINTEST * strongest, strongest / 2)
    ink = np.where(ink >= faintest, ink, 0)
    return _centre(_crop_and_scale(ink, size * 20 // 28), size)


def _read_grey(path: Path) -> NDArray[np.float64]:
    """Read grey levels from 0 to 255, no side longer than LARGEST."""
    try:
        from PIL import Image, ImageOps, UnidentifiedImageError
    except ImportError as e:
        raise DataError(
            f"{path}: Pillow is needed to read it: pip install pillow"
        ) from e
    with reading(path) as file, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about odd, harmless contents
        warnings.simplefilter("error", Image.DecompressionBombWarning)
        try:
            image = ImageOps.exif_transpose(Image.open(file))
            grey = _as_grey(image)
            grey = grey.reduce(-(-max(grey.size) // LARGEST))
        except (Image.DecompressionBombWarning, Image.DecompressionBombError) as e:
            raise DataError(f"{path}: too large: {e}") from e
        # Decoders that are fed damaged bytes raise whatever they come across.
        except Exception as e:
            reason = "" if isinstance(e, UnidentifiedImageError) else f": {e}"
            raise DataError(f"{path}: not a picture, or a damaged one{reason}") from e
    values = np.asarray(grey, np.float64)
    if not np.isfinite(values).all():
        raise DataError(f"{path}: not all of its pixels are finite numbers")
    return values


def _as_grey(image: Image) -> Image:
    """Grey levels as floats, with paper where the picture is transparent."""
    from PIL import Image

    if image.mode[0] in "IF":  # 16 or 32 bits: the levels in use become 0 to 255
        levels = np.asarray(image, np.float32)
        low, high = float(levels.min()), float(levels.max())
        return Image.fromarray((levels - low) * (255 / max(high - low, 1e-30)))
    if not image.has_transparency_data:
        return image.convert("RGB").convert("L").convert("F")
    grey, alpha = image.convert("RGBA").convert("LA").split()
    visible = np.asarray(alpha) > 127
    if not visible.any():
        return Image.new("F", image.size)
    # What shows is a card if it fills most of the picture, else the ink alone. A
    # card's edge has the colour of the card, the ground under ink the opposite one.
    light = np.median(np.asarray(grey)[visible]) > 127
    card = visible.mean() > 0.5
    paper = Image.new("L", image.size, 255 if light == card else 0)
    return Image.composite(grey, paper, alpha).convert("F")


def _ground(grey: NDArray[Any]) -> tuple[float, float]:
    """Level of the outermost pixels, and how far from it half of them are."""
    ring = np.concatenate([grey[0], grey[-1], grey[:, 0], grey[:, -1]])
    level = float(np.median(ring))
    return level, float(np.median(np.abs(ring - level)))


def _require_ink(path: Path, ink: NDArray[Any]) -> float:
    """The strongest ink; refuse a picture that has none."""
    strongest = float(ink.max())
    if strongest < LEAST_CONTRAST:
        raise DataError(
            f"{path}: nothing to see: the picture differs from its ground by "
            f"{strongest:.0f} of 255 grey levels at most"
        )
    return strongest


def _crop_and_scale(ink: NDArray[np.float64], box: int) -> NDArray[np.float64]:
    """Crop to what is not 0, scale to `box` pixels, and make the strongest ink 255."""
    from PIL import Image

    rows, columns = (np.flatnonzero(ink.any(axis=axis)) for axis in (1, 0))
    ink = ink[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    height, width = (max(1, round(side * box / max(ink.shape))) for side in ink.shape)
    image = Image.fromarray(ink.astype(np.float32))
    scaled = image.resize((width, height), Image.Resampling.BILINEAR)
    values: NDArray[np.float64] = np.asarray(scaled, np.float64)
    values *= 255 / values.max()
    return values


def _centre(ink: NDArray[np.float64], size: int) -> NDArray[np.uint8]:
    """Put the centre of mass at pixel size / 2, where MNIST has it."""
    field = np.zeros((size, size), np.uint8)
    place = []
    for axis, side in enumerate(ink.shape):
        mass = ink.sum(axis=1 - axis)
        centre = (mass @ np.arange(side)) / mass.sum()
        start = min(max(round(size / 2 - centre), 0), size - side)
        place.append(slice(start, start + side))
    field[tuple(place)] = np.rint(ink)
    return field
