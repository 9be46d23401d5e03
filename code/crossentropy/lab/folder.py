"""A run's folder: what is in it, and when a new run may write there."""

from __future__ import annotations

import dataclasses
import fcntl
import itertools
import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from crossentropy.lab.checkpoint import Checkpoint, load
from crossentropy.lab.files import writing
from crossentropy.lab.settings import Settings

CHECKPOINT = "checkpoint.pt"
METRICS = "metrics.jsonl"
SETTINGS = "settings.json"
RESULTS = "results.json"
CURVES = "curves.svg"


class RunError(ValueError):
    """A run that can't be done as asked; the message is one line and says why."""


def next_folder(parent: Path) -> Path:
    """Make the first of the folders parent/1, parent/2 ... that isn't there yet."""
    parent.mkdir(parents=True, exist_ok=True)
    for number in itertools.count(1):
        folder = parent / str(number)
        try:
            folder.mkdir()
        except FileExistsError:
            continue
        return folder
    raise AssertionError("there are more numbers than folders")


def find_checkpoint(out: Path) -> Checkpoint:
    """Return the checkpoint in a run's folder.

    Raises
    ------
    RunError
        If there is none.
    CheckpointError
        If it can't be used.
    """
    if out.is_dir() and not (out / CHECKPOINT).exists():
        raise RunError(f"{out}: no checkpoint in this folder")
    if not out.exists():
        raise RunError(f"{out}: there is no such folder")
    return load(out / CHECKPOINT)


def require_free(out: Path) -> None:
    """Refuse a folder that holds a run.

    Raises
    ------
    RunError
        If it does.
    """
    if (out / CHECKPOINT).exists():
        state = "a finished run" if (out / RESULTS).exists() else "a stopped run"
        raise RunError(
            f"{out} holds {state}: give --resume to go on with it, --overwrite to "
            "lose it, or another --out"
        )


@contextmanager
def locked(out: Path) -> Iterator[None]:
    """Keep other trainings out of a folder; the lock goes with the process.

    Raises
    ------
    RunError
        If another training writes there now.
    """
    out.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(out, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        raise RunError(f"{out}: another training writes to this folder now") from None
    try:
        yield
    finally:
        os.close(descriptor)


def clear(out: Path) -> None:
    """Remove what an earlier run left; other files stay."""
    for name in (RESULTS, CURVES, METRICS, CHECKPOINT, SETTINGS):
        (out / name).unlink(missing_ok=True)


def sweep(out: Path) -> None:
    """Remove unfinished files of a run that was killed while it wrote."""
    for name in (RESULTS, CURVES, METRICS, CHECKPOINT, SETTINGS):
        for path in out.glob(f".{name}.*.part"):
            path.unlink(missing_ok=True)


def write_json(path: Path, content: Mapping[str, Any]) -> None:
    """Write JSON for people, beside and renamed; nan becomes null."""
    text = json.dumps(plain(content), indent=2, allow_nan=False) + "\n"
    with writing(path) as file:
        file.write(text.encode())


def plain(value: Any) -> Any:
    """Replace what JSON has no word for: nan and infinity become None."""
    if isinstance(value, Mapping):
        return {key: plain(entry) for key, entry in value.items()}
    if isinstance(value, list | tuple):
        return [plain(entry) for entry in value]
    if isinstance(value, float) and not abs(value) < float("inf"):
        return None
    return value


class Metrics:
    """The file of measurements, a JSON object a line, written as the run goes.

    Parameters
    ----------
    path : Path
        The file; made if it isn't there.
    step : int
        Where the run stands. Lines about later steps, and a line that a crash cut
        short, are dropped: those steps are about to be taken again.
    """

    def __init__(self, path: Path, step: int) -> None:
        kept = [json.dumps(line) for line in read_metrics(path) if line["step"] <= step]
        with writing(path) as file:
            file.write("".join(f"{line}\n" for line in kept).encode())
        self._file = path.open("ab")

    def write(self, record: Mapping[str, Any]) -> None:
        """Add a line; it's in the file when this returns."""
        self._file.write(json.dumps(plain(record)).encode() + b"\n")
        self._file.flush()

    def sync(self) -> None:
        """Wait until the disk has what was written."""
        os.fsync(self._file.fileno())

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._file.close()


def read_metrics(path: Path) -> list[dict[str, Any]]:
    """Return the measurements of a run, without a last line that was cut short."""
    if not path.exists():
        return []
    records = []
    for line in path.read_bytes().splitlines():
        try:
            record = json.loads(line)
            int(record["step"])
        except (ValueError, KeyError, TypeError):
            break
        records.append(record)
    return records


def write_settings(out: Path, settings: Settings) -> None:
    """Write the settings where people can read them."""
    write_json(out / SETTINGS, dataclasses.asdict(settings))
