"""Files: one line for what cannot be read, old or new for what is written."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from crossentropy.lab.files import DataError, reading, writing


def read(path: Path) -> bytes:
    with reading(path) as file:
        return file.read()


def test_a_file_is_read(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"12")
    assert read(tmp_path / "file") == b"12"


def test_what_is_not_an_ordinary_file_is_one_line_at_once(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")  # reading it would wait for a writer
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    for name, reason in (
        ("", "this is a folder"),
        ("none", "there is no such file"),
        ("loop", "there is no such file"),
        ("pipe", "this is not an ordinary file"),
        ("x" * 300, "this cannot be read: File name too long"),
    ):
        with pytest.raises(DataError) as caught:
            read(tmp_path / name)
        assert str(caught.value).startswith(f"{tmp_path / name}: {reason}")


def test_refused_or_failing_files_are_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "file"
    path.touch()
    message = "this cannot be read: Input/output error"
    with pytest.raises(DataError, match=message), reading(path):
        raise OSError(5, "Input/output error")

    def refuse(self: Path, *_: Any) -> None:
        raise PermissionError(13, "Permission denied", str(self))

    monkeypatch.setattr(Path, "open", refuse)  # root may read everything
    with pytest.raises(DataError, match=r"file: this cannot be read: Permission den"):
        read(path)


def test_a_message_is_one_line_whatever_it_is_made_of() -> None:
    error = DataError("file: one\ntwo\r\n   three")
    assert str(error) == "file: one two three"
    assert isinstance(error, ValueError)


def test_an_unfinished_file_leaves_the_old_one_and_no_other(tmp_path: Path) -> None:
    path = tmp_path / "file"

    def fail(failure: BaseException) -> None:
        with writing(path) as file:
            file.write(b"new")
            file.flush()
            assert path.read_bytes() == b"old"
            raise failure

    for failure in (OSError(28, "No space left on device"), KeyboardInterrupt()):
        path.write_bytes(b"old")
        with pytest.raises(type(failure)):
            fail(failure)
        assert path.read_bytes() == b"old"
        assert list(tmp_path.iterdir()) == [path]
    with writing(path) as file:
        file.write(b"new")
    assert path.read_bytes() == b"new"
    assert list(tmp_path.iterdir()) == [path]


def test_what_cannot_be_written_at_all_is_said_as_the_system_says_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(self: Path, *_: Any) -> None:
        raise PermissionError(13, "Permission denied", str(self))

    monkeypatch.setattr(Path, "open", refuse)
    with pytest.raises(PermissionError), writing(tmp_path / "file"):
        pass


def test_a_file_is_on_the_disk_before_it_takes_its_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, seen = tmp_path / "file", []

    def sync(descriptor: int) -> None:
        seen.append((os.fstat(descriptor).st_size, path.exists()))

    monkeypatch.setattr(os, "fsync", sync)
    with writing(path) as file:
        file.write(b"123")
    assert seen == [(3, False)]
    assert path.exists()
