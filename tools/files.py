"""Files that are whole or absent, one build at a time, room on the disk."""

from __future__ import annotations

import errno
import fcntl
import hashlib
import os
import shutil
import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
NEEDED_MB = 300


class BuildError(Exception):
    """A build that cannot go on; its text says why and how to mend it."""


def write_atomically(path: Path, text: str) -> None:
    """Write a file beside and rename it, so that nobody reads half of it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        beside.write_text(text, encoding="utf-8")
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)


def digest_files(paths: Iterable[Path], root: Path) -> str:
    """Return one SHA-256 over the names (relative to `root`) and bytes of files."""
    digest = hashlib.sha256()
    for path in sorted(set(paths)):
        content = hashlib.sha256(path.read_bytes()).hexdigest()
        digest.update(f"{path.relative_to(root)}\0{content}\n".encode())
    return digest.hexdigest()


def tree(folder: Path) -> list[Path]:
    """Return the files under a folder, without Python's and editors' leavings."""
    return [
        path
        for path in folder.rglob("*")
        if path.is_file()
        and "__pycache__" not in path.parts
        and ".ipynb_checkpoints" not in path.parts
        and not path.name.startswith(".")
    ]


@contextmanager
def only_one_build(folder: Path) -> Iterator[None]:
    """Let one build at a time work in `folder`; a second one waits and says so.

    The system drops the lock with the process that holds it, however it ends.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / ".lock").open("a+", encoding="utf-8") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            handle.seek(0)
            holder = handle.read().strip() or "unknown"
            print(f"Another build (process {holder}) runs here; waiting for it ...")
            fcntl.flock(handle, fcntl.LOCK_EX)
        handle.truncate(0)
        handle.write(str(os.getpid()))
        handle.flush()
        yield


def die_with_parent() -> None:
    """Stop this process when the one that started it is gone, however it ended."""
    parent = os.getppid()

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(0.5)
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


def check_space(folder: Path) -> None:
    """Raise `BuildError` if the disk under `folder` is too full for a build."""
    if shutil.disk_usage(folder).free < NEEDED_MB * 1e6:
        raise BuildError(full_disk(folder))


def full_disk(folder: Path) -> str:
    """Say how much space a build needs and how much there is."""
    free = shutil.disk_usage(folder).free / 1e6
    return (
        f"no disk space: the build needs about {NEEDED_MB} MB and {folder} has "
        f"{free:.0f} MB free; free some and run the command again"
    )


def is_full_disk(error: OSError) -> bool:
    """Tell whether an error means that the disk, or the share of it, is full."""
    return error.errno in (errno.ENOSPC, errno.EDQUOT)
