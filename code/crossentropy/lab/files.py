"""Files are read whole or refused in one line, and written whole or not at all."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from io import BufferedReader, BufferedWriter
from pathlib import Path


class DataError(ValueError):
    """Data that cannot be used.

    The message is one line, whatever it was put together from: which file or name,
    what is wrong with it, and what to do.
    """

    def __init__(self, message: str) -> None:
        super().__init__(" ".join(message.split()))


@contextmanager
def reading(path: Path) -> Iterator[BufferedReader]:
    """Open a file; whatever the system refuses, now or while it is read, is one line.

    Parameters
    ----------
    path : Path
        An ordinary file.

    Raises
    ------
    DataError
        If there is no such file, if it is a folder or a device, if it may not be read,
        or if reading it fails.

    Examples
    --------
    >>> with reading(Path("none-of-that-name")) as file:
    ...     content = file.read()
    Traceback (most recent call last):
        ...
    crossentropy.lab.files.DataError: none-of-that-name: there is no such file
    """
    try:
        # A pipe would be waited for without end, so the kind is asked first.
        if path.is_dir():
            raise DataError(f"{path}: this is a folder; give a file")
        if not path.exists():
            raise DataError(f"{path}: there is no such file")
        if not path.is_file():
            raise DataError(f"{path}: this is not an ordinary file")
        with path.open("rb") as file:
            yield file
    except OSError as e:
        reason = e.strerror or str(e)
        raise DataError(f"{path}: this cannot be read: {reason}") from e


@contextmanager
def writing(path: Path) -> Iterator[BufferedWriter]:
    """Open a file to write; it takes its place only when it is whole and on the disk.

    It is written beside under another name and then renamed, so that another process,
    or the next run after a crash, finds the old file or the new one, never half of one.
    When anything goes wrong, the old file stays and the unfinished one goes.

    Parameters
    ----------
    path : Path
        Where the file will be; its folder is there already.

    Raises
    ------
    OSError
        What the system says when it cannot write: no space, no permission.

    Examples
    --------
    >>> import tempfile
    >>> folder = tempfile.TemporaryDirectory()
    >>> path = Path(folder.name) / "numbers"
    >>> with writing(path) as file:
    ...     _ = file.write(b"12")
    >>> path.read_bytes(), len(list(path.parent.iterdir()))
    (b'12', 1)
    >>> folder.cleanup()
    """
    beside = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        with beside.open("wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        beside.replace(path)
    except BaseException:  # an interruption too leaves nothing behind
        beside.unlink(missing_ok=True)
        raise
