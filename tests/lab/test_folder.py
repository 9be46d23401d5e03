"""A run's folder: numbers for people, measurements that a crash can't spoil."""

from __future__ import annotations

import json
import math
from pathlib import Path

import pytest

from crossentropy.lab import folder
from crossentropy.lab.folder import Metrics, RunError, next_folder, read_metrics


def test_folders_are_numbered_from_1(tmp_path: Path) -> None:
    parent = tmp_path / "deep" / "runs"
    assert next_folder(parent) == parent / "1"
    (parent / "2").mkdir()
    (parent / "3").write_text("a file", encoding="utf-8")
    assert next_folder(parent) == parent / "4"


def test_measurements_are_in_the_file_at_once(tmp_path: Path) -> None:
    path = tmp_path / "metrics.jsonl"
    with Metrics(path, 0) as metrics:
        metrics.write({"step": 1, "loss": 0.5})
        assert read_metrics(path) == [{"step": 1, "loss": 0.5}]
        metrics.write({"step": 2, "loss": math.nan})
        metrics.sync()
    assert read_metrics(path)[1] == {"step": 2, "loss": None}
    assert path.read_text().endswith("}\n")


@pytest.mark.parametrize("tail", ["", "{", '{"loss": 1}', "[]", "\x00\xff", '{"step"'])
def test_what_comes_after_the_checkpoint_is_cut_off(tmp_path: Path, tail: str) -> None:
    path = tmp_path / "metrics.jsonl"
    lines = [json.dumps({"step": step}) for step in range(1, 8)]
    path.write_text("\n".join([*lines, tail]), encoding="latin-1")
    with Metrics(path, 5) as metrics:
        metrics.write({"step": 6, "again": True})
    assert [line["step"] for line in read_metrics(path)] == [1, 2, 3, 4, 5, 6]
    assert read_metrics(path)[-1] == {"step": 6, "again": True}
    assert [p.name for p in tmp_path.iterdir()] == ["metrics.jsonl"]


def test_no_measurements_yet(tmp_path: Path) -> None:
    assert read_metrics(tmp_path / "metrics.jsonl") == []


def test_json_has_no_nan(tmp_path: Path) -> None:
    path = tmp_path / "results.json"
    folder.write_json(path, {"a": math.nan, "b": [math.inf, 1.5], "c": {"d": (None,)}})
    found = json.loads(path.read_text(), parse_constant=pytest.fail)
    assert found == {"a": None, "b": [None, 1.5], "c": {"d": [None]}}


def test_clearing_leaves_what_is_not_the_runs(tmp_path: Path) -> None:
    for name in ("checkpoint.pt", "results.json", "notes.txt", "metrics.jsonl.bak"):
        (tmp_path / name).write_text("x", encoding="utf-8")
    folder.clear(tmp_path)
    assert sorted(p.name for p in tmp_path.iterdir()) == [
        "metrics.jsonl.bak",
        "notes.txt",
    ]


def test_sweeping_removes_unfinished_files_alone(tmp_path: Path) -> None:
    for name in (".checkpoint.pt.12.part", ".results.json.3.part", ".other.part"):
        (tmp_path / name).write_text("x", encoding="utf-8")
    folder.sweep(tmp_path)
    assert [p.name for p in tmp_path.iterdir()] == [".other.part"]


def test_one_training_at_a_time(tmp_path: Path) -> None:
    out = tmp_path / "deep" / "run"
    with folder.locked(out):
        with pytest.raises(RunError, match="another training writes to this folder"):
            folder.locked(out).__enter__()
        with folder.locked(tmp_path / "other"):
            pass
    with folder.locked(out):
        assert not list(out.iterdir())


def test_a_run_is_stopped_or_finished(tmp_path: Path) -> None:
    folder.require_free(tmp_path)
    (tmp_path / "checkpoint.pt").write_text("x", encoding="utf-8")
    with pytest.raises(RunError, match="holds a stopped run: give --resume"):
        folder.require_free(tmp_path)
    (tmp_path / "results.json").write_text("x", encoding="utf-8")
    with pytest.raises(RunError, match="holds a finished run"):
        folder.require_free(tmp_path)
