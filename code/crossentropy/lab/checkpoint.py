"""Checkpoints: whole or not there at all, and read without running what is in them."""

from __future__ import annotations

import dataclasses
import io
import os
import warnings
import zipfile
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import torch

from crossentropy.datasets import Digits, digest
from crossentropy.lab.data import Data
from crossentropy.lab.files import writing
from crossentropy.lab.settings import Settings
from crossentropy.lab.training import Trainer

FORMAT = 1
"""Raised when a checkpoint's content changes, so that an old one is told apart."""


class CheckpointError(ValueError):
    """A checkpoint that cannot be used; the message is one line and names the file."""


@dataclass(frozen=True)
class Checkpoint:
    """A training on its way.

    Attributes
    ----------
    settings : Settings
        What the run is made of.
    class_names : tuple of str
        One for each of the K classes.
    side : int
        Height and width of the images.
    data_digest : str
        SHA-256 of the training images and their labels.
    threads : int
        Of torch, on the CPU: sums depend on it in their last digits.
    seconds : float
        Spent on training so far.
    state : dict
        What :meth:`crossentropy.lab.training.Trainer.state` returned.
    """

    settings: Settings
    class_names: tuple[str, ...]
    side: int
    data_digest: str
    threads: int
    seconds: float
    state: dict[str, Any]

    @property
    def step(self) -> int:
        """Steps taken."""
        return int(self.state["step"])


def digest_data(data: Data) -> str:
    """Return the SHA-256 of the training images and their labels."""
    return digest(cast(Digits, data.train))  # images and labels, too


def save(path: Path, checkpoint: Checkpoint) -> None:
    """Write a checkpoint beside the file, wait until the disk has it, and rename it.

    Whatever happens meanwhile, the file is the old checkpoint or the new one.

    Raises
    ------
    OSError
        If it can't be written; the old file is still there.
    """
    content = {
        field.name: getattr(checkpoint, field.name)
        for field in dataclasses.fields(checkpoint)
    }
    content |= {
        "format": FORMAT,
        "settings": dataclasses.asdict(checkpoint.settings),
        "class_names": list(checkpoint.class_names),
    }
    # First to memory: torch does not say in words that a disk is full.
    buffer = io.BytesIO()
    torch.save(content, buffer)
    with writing(path) as file:
        file.write(buffer.getbuffer())
    # The rename is on the disk when the folder is. Windows opens no folders.
    with suppress(PermissionError):
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


def load(path: Path) -> Checkpoint:
    """Read a checkpoint.

    Only tensors, numbers, strings and their containers are read, so a file made to do
    harm does none.

    Parameters
    ----------
    path : Path
        What :func:`save` wrote.

    Raises
    ------
    CheckpointError
        If there is none, it can't be read, it is damaged, it is something else, or
        another version of this package wrote it.
    """
    try:
        raw = path.read_bytes()
    except FileNotFoundError:
        raise CheckpointError(f"{path}: there is no such checkpoint") from None
    except OSError as e:
        reason = e.strerror or e
        raise CheckpointError(f"{path}: this cannot be read: {reason}") from e
    content = _unpack(path, raw)
    if content.get("format") != FORMAT:
        raise CheckpointError(
            f"{path}: expected a checkpoint of format {FORMAT}; this one has "
            f"{content.get('format', 'none')!r}"
        )
    try:
        fields = {field.name for field in dataclasses.fields(Checkpoint)}
        settings = Settings.from_dict(content["settings"])
        names = tuple(map(str, content["class_names"]))
        rest = fields - {"settings", "class_names"}
        checkpoint = Checkpoint(
            settings=settings,
            class_names=names,
            **{name: content[name] for name in rest},
        )
        if not (checkpoint.step >= 0 and checkpoint.side > 0 < checkpoint.threads):
            raise ValueError("a number is out of range")
    except (KeyError, TypeError, ValueError) as e:
        raise CheckpointError(f"{path}: the checkpoint is damaged: {e}") from e
    return checkpoint


def _unpack(path: Path, raw: bytes) -> dict[str, Any]:
    """Return the dictionary in a file of torch.save, after checking every byte of it.

    torch does not compare the checksums that its files carry; a flipped bit would
    become another weight.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(raw)) as archive:
            broken = archive.testzip()
    except Exception as e:  # zipfile meets damage with more kinds than it documents
        raise CheckpointError(f"{path}: not a checkpoint, or damaged: {e}") from e
    if broken:
        raise CheckpointError(f"{path}: the checkpoint is damaged: {broken}")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            content = torch.load(io.BytesIO(raw), map_location="cpu", weights_only=True)
    except Exception as e:  # as does torch
        raise CheckpointError(
            f"{path}: not a checkpoint of this lab, or damaged; nothing in it was run"
        ) from e
    if not isinstance(content, dict):
        raise CheckpointError(f"{path}: this is no checkpoint of this lab")
    return content


def restore(path: Path, checkpoint: Checkpoint, data: Data, trainer: Trainer) -> None:
    """Put a new trainer where a checkpoint stands.

    Raises
    ------
    CheckpointError
        If the training data or the model are others than the checkpoint's.
    """
    if checkpoint.data_digest != digest_data(data):
        raise CheckpointError(
            f"{path}: made from other training data than {data.name} now holds"
        )
    if checkpoint.step > trainer.steps:
        raise CheckpointError(
            f"{path}: at step {checkpoint.step} of {trainer.steps}: damaged"
        )
    try:
        trainer.restore(checkpoint.state)
    except (KeyError, TypeError, ValueError, RuntimeError) as e:
        raise CheckpointError(
            f"{path}: the weights are not those of the model "
            f"{checkpoint.settings.model!r}"
        ) from e
