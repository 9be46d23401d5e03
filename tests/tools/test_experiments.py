"""Experiments are run by name, and each keeps its own place in the results."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from crossentropy.lab.experiments.runner import Experiment, load_results, save_results
from tools import experiments

if TYPE_CHECKING:
    from pathlib import Path

    from crossentropy.lab.experiments.runner import Record


def double(seed: int, *, number: float) -> Record:
    return {"twice": 2 * number + seed}


def stop(seed: int, *, number: float) -> Record:
    raise KeyboardInterrupt


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Two small experiments, and one that is interrupted, and where results go."""
    small = [{"number": 1.5}]
    listed = {
        "first": Experiment("first", double, small, 2, small),
        "stops": Experiment("stops", stop, small, 1, small),
        "second": Experiment("second", double, [{"number": 4.0}], 1, small),
    }
    monkeypatch.setattr(experiments, "EXPERIMENTS", listed)
    monkeypatch.setattr(
        experiments, "run_all", lambda e, processes: _run_all(e, processes=1)
    )
    return tmp_path / "results" / "experiments.json"


_run_all = experiments.run_all


def test_only_the_named_ones_run_and_the_others_stay(path: Path) -> None:
    old = {"made": {"command": "long ago"}, "records": [{"twice": 7.0}]}
    save_results(path, {"gone": old, "second": old})
    assert experiments.main(["first"], path) == 0
    results = load_results(path)
    assert list(results) == ["first", "second"]
    assert results["second"] == old
    assert results["first"]["made"]["command"] == "make experiments ONLY=first"
    assert results["first"]["records"] == [
        {"number": 1.5, "seed": 0, "twice": 3.0},
        {"number": 1.5, "seed": 1, "twice": 4.0},
    ]
    assert len(path.read_text("utf-8").splitlines()) == 5


def test_the_results_stand_in_the_registrys_order(path: Path) -> None:
    assert experiments.main(["second", "first"], path) == 0
    assert list(load_results(path)) == ["first", "second"]


def test_stopping_keeps_what_was_finished(
    path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert experiments.main([], path) == 130
    assert list(load_results(path)) == ["first"]
    assert "finished experiments are kept" in capsys.readouterr().err


def test_an_unknown_name_is_one_line_and_runs_nothing(
    path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert experiments.main(["first", "third"], path) == 2
    assert not path.exists()
    said = capsys.readouterr()
    assert said.err == "error: no experiment 'third'; there are first, stops, second\n"
    assert said.out == ""


def test_a_folder_that_cannot_be_written_is_one_line(
    path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path.parent.write_text("a file where the folder should be", "utf-8")
    assert experiments.main(["first"], path) == 1
    assert capsys.readouterr().err.startswith(f"error: {path}: ")
