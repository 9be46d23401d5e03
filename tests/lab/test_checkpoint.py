"""Checkpoints: whole or not there, of this run or refused, and nothing in them runs."""

from __future__ import annotations

import io
import os
import pickle
import stat
import zipfile
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from crossentropy.lab import checkpoint as checkpoints
from crossentropy.lab.checkpoint import Checkpoint, CheckpointError, load, save
from crossentropy.lab.data import Data, ImageSet
from crossentropy.lab.settings import Settings, make_trainer
from crossentropy.lab.training import Trainer
from tests.lab.quick import same

CPU = torch.device("cpu")
SETTINGS = Settings(model="tiny", epochs=2, batch_size=8)


def make_data(seed: int = 0) -> Data:
    rng = np.random.default_rng(seed)
    images = rng.integers(0, 256, (20, 28, 28), np.uint8)
    part = ImageSet(images, np.arange(20) % 10)
    return Data("random", tuple("abcdefghij"), part, part, part)


def taken_down(trainer: Trainer, settings: Settings = SETTINGS) -> Checkpoint:
    data = make_data()
    return Checkpoint(
        settings, data.class_names, 28, checkpoints.digest_data(data), 1, 2.5,
        trainer.state(),
    )  # fmt: skip


@pytest.fixture
def halfway(tmp_path: Path) -> tuple[Path, Trainer]:
    """A saved checkpoint at step 4 of 6, and its trainer."""
    trainer = make_trainer(SETTINGS, make_data(), CPU)
    for progress in trainer.run(report_every=1):
        if progress.step == 4:
            break
    path = tmp_path / "checkpoint.pt"
    save(path, taken_down(trainer))
    return path, trainer


def test_what_is_saved_is_loaded(halfway: tuple[Path, Trainer]) -> None:
    path, trainer = halfway
    found = load(path)
    assert found.settings == SETTINGS
    assert found.class_names == tuple("abcdefghij")
    assert (found.step, found.side, found.threads, found.seconds) == (4, 28, 1, 2.5)
    assert same(found.state, trainer.state())
    assert [p.name for p in path.parent.iterdir()] == ["checkpoint.pt"]


def test_a_restored_trainer_goes_on_to_the_same_bits(
    halfway: tuple[Path, Trainer],
) -> None:
    path, trainer = halfway
    other = make_trainer(SETTINGS, make_data(), CPU)
    checkpoints.restore(path, load(path), make_data(), other)
    trainer.finish()
    other.finish()
    assert other.step == 6
    assert same(other.state(), trainer.state())


def test_the_disk_has_the_file_before_and_the_folder_after_the_rename(
    halfway: tuple[Path, Trainer], monkeypatch: pytest.MonkeyPatch
) -> None:
    path, trainer = halfway
    before = path.read_bytes()
    trainer.finish()
    seen = []
    fsync = os.fsync

    def note(descriptor: int) -> None:
        folder = stat.S_ISDIR(os.fstat(descriptor).st_mode)
        seen.append((folder, path.read_bytes() == before))
        fsync(descriptor)

    monkeypatch.setattr(os, "fsync", note)
    save(path, taken_down(trainer))
    assert seen == [(False, True), (True, False)]


@pytest.mark.parametrize("seed", range(5))
def test_no_changed_byte_becomes_another_weight(
    halfway: tuple[Path, Trainer], seed: int
) -> None:
    path, trainer = halfway
    raw = path.read_bytes()
    rng = np.random.default_rng(seed)
    for place in rng.integers(0, len(raw), 40):
        damaged = bytearray(raw)
        damaged[place] ^= 1 << rng.integers(8)
        path.write_bytes(damaged)
        with suppress(CheckpointError):
            found = load(path)  # a byte between the parts, which says nothing
            assert same(found.state, trainer.state())
            assert found.settings == SETTINGS


def test_a_changed_weight_is_damage(halfway: tuple[Path, Trainer]) -> None:
    path, trainer = halfway
    weights = list(trainer.model.parameters())[-1].detach().numpy().tobytes()
    raw = bytearray(path.read_bytes())
    raw[raw.index(weights)] ^= 1
    path.write_bytes(raw)
    with pytest.raises(CheckpointError, match="is damaged"):
        load(path)


@pytest.mark.parametrize("share", [0.0, 0.1, 0.5, 0.9, 0.999])
def test_a_cut_file_is_refused(halfway: tuple[Path, Trainer], share: float) -> None:
    path, _ = halfway
    raw = path.read_bytes()
    path.write_bytes(raw[: int(share * len(raw))])
    with pytest.raises(CheckpointError, match=r"checkpoint\.pt: not a checkpoint"):
        load(path)


class Bomb:
    """Would make a file when unpickled."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> Any:
        return (Path.touch, (self.path,))


@pytest.mark.parametrize("way", ["pickle", "torch"])
def test_a_file_made_to_do_harm_does_none(tmp_path: Path, way: str) -> None:
    harm, path = tmp_path / "harm", tmp_path / "checkpoint.pt"
    if way == "pickle":
        path.write_bytes(pickle.dumps(Bomb(harm)))
    else:
        torch.save({"format": checkpoints.FORMAT, "settings": Bomb(harm)}, path)
    with pytest.raises(CheckpointError, match="not a checkpoint"):
        load(path)
    assert not harm.exists()
    if way == "torch":  # it would have worked
        torch.load(path, weights_only=False)
        assert harm.exists()


def _stored(content: Any) -> bytes:
    buffer = io.BytesIO()
    torch.save(content, buffer)
    return buffer.getvalue()


def _zip() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("letter.txt", "dear")
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("raw", "message"),
    [
        (b"", "not a checkpoint"),
        (b"hello", "not a checkpoint"),
        (_zip(), "not a checkpoint"),
        (_stored([1, 2]), "no checkpoint of this lab"),
        (_stored({"weights": torch.zeros(2)}), "expected a checkpoint of format 1"),
        (_stored({"format": 2}), "this one has 2"),
        (_stored({"format": 1}), "damaged: 'settings'"),
    ],
)
def test_something_else_is_refused(tmp_path: Path, raw: bytes, message: str) -> None:
    path = tmp_path / "checkpoint.pt"
    path.write_bytes(raw)
    with pytest.raises(CheckpointError, match=message):
        load(path)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"threads": 0}, "out of range"),
        ({"side": 0}, "out of range"),
        ({"settings": {}}, "missing or unknown"),
        ({"settings": 5}, "damaged"),
        ({"class_names": None}, "damaged"),
        ({"state": {}}, "'step'"),
        ({"state": None}, "damaged"),
    ],
)
def test_content_that_makes_no_sense_is_refused(
    halfway: tuple[Path, Trainer], change: dict[str, Any], message: str
) -> None:
    path, _ = halfway
    path.write_bytes(_stored(torch.load(path, weights_only=True) | change))
    with pytest.raises(CheckpointError, match=message):
        load(path)


def test_what_is_not_there_or_is_a_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match="there is no such checkpoint"):
        load(tmp_path / "nothing.pt")
    with pytest.raises(CheckpointError, match="cannot be read: Is a directory"):
        load(tmp_path)


def test_other_data_another_model_and_too_many_steps_are_refused(
    halfway: tuple[Path, Trainer],
) -> None:
    path, _ = halfway
    found = load(path)
    trainer = make_trainer(SETTINGS, make_data(), CPU)
    with pytest.raises(CheckpointError, match="other training data"):
        checkpoints.restore(path, found, make_data(seed=1), trainer)
    small = make_trainer(replace(SETTINGS, model="small"), make_data(), CPU)
    with pytest.raises(CheckpointError, match="weights are not those of the model"):
        checkpoints.restore(path, found, make_data(), small)
    short = make_trainer(replace(SETTINGS, epochs=1), make_data(), CPU)
    with pytest.raises(CheckpointError, match="step 4 of 3"):
        checkpoints.restore(path, found, make_data(), short)
