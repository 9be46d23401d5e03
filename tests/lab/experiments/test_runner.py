"""Running experiments in processes, and keeping what came out."""

from __future__ import annotations

import datetime
import json
import math
import os
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from crossentropy.lab.experiments import runner
from crossentropy.lab.experiments.runner import (
    Experiment,
    load_results,
    provenance,
    run_all,
    save_results,
    spread,
)


def look(seed: int, *, rate: float) -> dict[str, Any]:
    """Say where it runs; the first tasks take longest."""
    time.sleep(0.2 * (rate == 1) * (seed == 0))
    drawn = torch.rand(1, generator=torch.Generator().manual_seed(seed)).item()
    return {
        "score": seed + 10 * rate,
        "drawn": drawn,
        "threads": torch.get_num_threads(),
        "process": os.getpid(),
    }


def fail(seed: int, *, rate: float) -> dict[str, Any]:
    raise RuntimeError(f"no result for {seed} at {rate}")


LOOK = Experiment("look", look, [{"rate": 1}, {"rate": 2}], 3, [{"rate": 5}])
ORDER = [(rate, seed) for rate in (1, 2) for seed in (0, 1, 2)]


@pytest.fixture(scope="module")
def spawned() -> list[Any]:
    return run_all(LOOK, processes=2)


def where(records: list[Any]) -> list[tuple[float, int]]:
    return [(record["rate"], record["seed"]) for record in records]


def test_every_setting_is_run_with_every_seed_in_order(spawned):
    assert where(spawned) == where(run_all(LOOK, processes=1)) == ORDER
    assert [r["score"] for r in spawned] == [s + 10 * rate for rate, s in ORDER]


def test_the_results_do_not_depend_on_the_processes(spawned):
    alone = run_all(LOOK, processes=1)
    assert [r["drawn"] for r in spawned] == [r["drawn"] for r in alone]


def test_each_run_has_one_thread(spawned):
    assert {r["threads"] for r in spawned} == {1}
    assert os.getpid() not in {r["process"] for r in spawned}
    assert 1 <= len({r["process"] for r in spawned}) <= 2


def test_alone_it_runs_here_and_gives_the_threads_back():
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    try:
        records = run_all(LOOK, processes=1)
        assert {(r["process"], r["threads"]) for r in records} == {(os.getpid(), 1)}
        assert torch.get_num_threads() == 2
        failing = Experiment("fail", fail, [{"rate": 3}], 1, [])
        with pytest.raises(RuntimeError, match="no result for 0 at 3"):
            run_all(failing, processes=1)
        assert torch.get_num_threads() == 2
    finally:
        torch.set_num_threads(before)


def test_other_settings_and_seeds_can_be_asked_for():
    records = run_all(LOOK, settings=LOOK.short, seeds=iter([7, 3]), processes=1)
    assert where(records) == [(5, 7), (5, 3)]
    assert run_all(LOOK, settings=[]) == run_all(LOOK, seeds=[]) == []


def test_there_are_no_more_processes_than_runs(monkeypatch):
    class Pool:
        def __init__(self, count: int, mp_context: Any) -> None:
            assert count == 3
            assert mp_context.get_start_method() == "spawn"

        def __enter__(self) -> Any:
            return self

        def __exit__(self, *_: Any) -> None:
            return None

        map = staticmethod(map)

    monkeypatch.setattr(runner, "ProcessPoolExecutor", Pool)
    before = torch.get_num_threads()
    assert len(run_all(LOOK, settings=[{"rate": 2}], processes=8)) == 3
    torch.set_num_threads(before)


@pytest.mark.parametrize("processes", [0, -2])
def test_there_is_at_least_one_process(processes):
    with pytest.raises(ValueError, match=rf"^processes: .*got {processes}"):
        run_all(LOOK, processes=processes)


@pytest.mark.parametrize("name", ["rate", "seed"])
def test_a_result_does_not_overwrite_a_setting(name):
    clash = Experiment("clash", lambda seed, rate: {name: 1}, [{"rate": 1}], 1, [])
    with pytest.raises(ValueError, match=rf"^run: '{name}' is returned"):
        run_all(clash, processes=1)


def results(count: int = 2) -> dict[str, Any]:
    records = [{"seed": i, "loss": "softmax", "curve": [0.1, i]} for i in range(count)]
    made = provenance("make it")
    return {"one": {"made": made, "records": records}, "two": {"made": made} | NONE}


NONE: dict[str, Any] = {"records": []}


@pytest.mark.parametrize("count", [0, 1, 3])
def test_what_is_saved_is_loaded(tmp_path: Path, count):
    path = tmp_path / "new" / "results.json"
    for content in (results(count), {}):
        save_results(path, content)
        assert load_results(path) == content
        json.loads(path.read_text())
        assert [file.name for file in path.parent.iterdir()] == ["results.json"]


def test_each_record_has_a_line_of_its_own(tmp_path: Path):
    save_results(tmp_path / "r.json", results(3))
    lines = (tmp_path / "r.json").read_text().splitlines()
    assert sum('"curve"' in line for line in lines) == 3
    assert max(line.count('"curve"') for line in lines) == 1


def test_floats_come_back_to_the_bit_and_nan_as_nan(tmp_path: Path):
    values = [0.1, 1 / 3, 5e-324, 1e308, math.inf, math.nan]
    save_results(tmp_path / "r.json", {"a": {"made": {}, "records": [{"v": values}]}})
    back = load_results(tmp_path / "r.json")["a"]["records"][0]["v"]
    np.testing.assert_array_equal(back, values)


def test_results_that_cannot_be_saved_leave_the_old_ones(tmp_path: Path, monkeypatch):
    path = tmp_path / "r.json"
    save_results(path, results())
    before = path.read_bytes()
    bad = {"one": {"made": {}, "records": [{"v": np.zeros(2)}]}}
    with pytest.raises(TypeError, match="not JSON serializable"):
        save_results(path, bad)

    def full(*_: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space left"):
        save_results(path, results(5))
    assert path.read_bytes() == before
    assert [file.name for file in tmp_path.iterdir()] == ["r.json"]


def test_it_says_how_when_and_with_what():
    made = provenance("make experiments")
    assert made["command"] == "make experiments"
    today = datetime.datetime.now(datetime.UTC).date()
    assert abs((datetime.date.fromisoformat(made["date"]) - today).days) <= 1
    assert (made["torch"], made["numpy"]) == (torch.__version__, np.__version__)
    assert made["machine"].endswith(f"{os.cpu_count()} cores")
    assert all(isinstance(value, str) for value in made.values())


def test_spread_is_the_mean_and_sample_deviation_of_each_group():
    runs = [
        {"a": a, "b": b, "seed": s, "x": a * 100 + b * 10 + s**2}
        for s in range(3)
        for a in (1, 2)
        for b in (0, 1)
    ]
    out = spread(runs, "x", ["a", "b"])
    assert list(out) == [(1, 0), (1, 1), (2, 0), (2, 1)]
    for (a, b), (mean, deviation, count) in out.items():
        assert mean == pytest.approx(100 * a + 10 * b + 5 / 3)
        assert deviation == pytest.approx(math.sqrt(13 / 3))
        assert count == 3
    assert len(spread(runs, "x", ["a"])) == 2


def test_one_run_has_no_spread():
    ((mean, deviation, count),) = spread([{"x": 2}], "x", []).values()
    assert (mean, count) == (2, 1)
    assert math.isnan(deviation)
    assert spread([], "x", ["a"]) == {}
