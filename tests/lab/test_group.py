"""Two processes, really started, against one on the same batches."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import torch

from crossentropy.lab import group
from tests.lab import grouped

ROOT = Path(__file__).parents[2]
EXACT = sorted(set(grouped.CASES) - {"batch norm", "bfloat16"})


def start(folder: Path, processes: int, device: str = "cpu") -> list[Any]:
    """Run `grouped` under torchrun; each process's results, in order."""
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone"]
    command += [f"--nproc_per_node={processes}", "--module", "tests.lab.grouped"]
    with subprocess.Popen(
        [*command, str(folder), device],
        cwd=ROOT,
        env=os.environ | {"OMP_NUM_THREADS": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as launcher:
        try:
            said, _ = launcher.communicate(timeout=300)
        except subprocess.TimeoutExpired:
            launcher.terminate()  # it ends the processes that it started
            raise
    assert launcher.returncode == 0, said[-4000:]
    files = sorted(folder.glob("*.pt"))
    return [torch.load(file, weights_only=True) for file in files]


@pytest.fixture(scope="module")
def two(tmp_path_factory: pytest.TempPathFactory) -> list[Any]:
    return start(tmp_path_factory.mktemp("two"), 2)


@pytest.fixture(scope="module")
def one() -> Any:
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        return grouped.results(torch.device("cpu"))
    finally:
        torch.set_num_threads(threads)


def furthest(a: dict[str, Any], b: dict[str, Any]) -> float:
    """The largest difference between two sets of weights."""
    assert a.keys() == b.keys()
    return max(float((a[k].double() - b[k].double()).abs().max()) for k in a)


def test_two_processes_took_part(one, two):
    assert [(r["rank"], r["size"]) for r in two] == [(0, 2), (1, 2)]
    assert one["size"] == 1


@pytest.mark.parametrize("name", EXACT)
def test_two_processes_train_as_one_does(one, two, name):
    for result in two:
        state = result[name]["state"]
        assert all(v.dtype != torch.float32 for v in state.values())
        assert furthest(state, one[name]["state"]) < 1e-12


@pytest.mark.parametrize("name", EXACT)
def test_two_processes_report_what_one_does(one, two, name):
    for result in two:
        reports = result[name]["reports"]
        assert len(reports) == len(one[name]["reports"])
        for ours, alone in zip(reports, one[name]["reports"], strict=True):
            assert ours == pytest.approx(alone, rel=1e-12)


@pytest.mark.parametrize("name", sorted(set(grouped.CASES) - {"batch norm"}))
def test_the_processes_agree_to_the_bit(two, name):
    assert furthest(two[0][name]["state"], two[1][name]["state"]) == 0


def test_training_moved_the_weights(one):
    for name, options in grouped.CASES.items():
        start = grouped.state(grouped.trainer(torch.device("cpu"), **options))
        assert furthest(start, one[name]["state"]) > 1e-3


def test_with_batch_norm_each_process_normalises_its_own_part(one, two):
    """Another function is trained, so nothing equal can come out."""
    name = "batch norm"
    assert furthest(two[0][name]["state"], one[name]["state"]) > 1e-3
    weights = [
        {k: v for k, v in r[name]["state"].items() if "running" not in k} for r in two
    ]
    weights = [{k: v for k, v in w.items() if "tracked" not in k} for w in weights]
    assert furthest(weights[0], weights[1]) == 0
    assert furthest(two[0][name]["state"], two[1][name]["state"]) > 1e-3
    for result in two:  # the process without an image in the last batch too
        assert all(v.isfinite().all() for v in result[name]["state"].values())


def test_bfloat16_is_close_only(one, two):
    name = "bfloat16"
    assert furthest(two[0][name]["state"], one[name]["state"]) < 0.1


def test_one_asks_for_a_stop_and_all_stop_together(one, two):
    assert one["stopped"] == [2]  # after the step, without a report
    assert [result["stopped"] for result in two] == [[3, 3], [3, 3]]


def test_what_the_first_process_does_all_get(one, two):
    assert {result["first"] for result in (one, *two)} == {"said by 0"}
    assert {result["refused"] for result in (one, *two)} == {"no room for 0"}


def test_two_processes_go_on_as_one_that_never_stopped(one, two):
    straight = grouped.trainer(torch.device("cpu"), count=13, batch_size=6)
    (report,) = straight.run(report_every=9)
    for result in (one, *two):
        ((step, loss, accuracy),) = result["gone on"]["reports"]
        assert (step, accuracy) == (report.step, pytest.approx(report.accuracy))
        assert loss == pytest.approx(report.loss, rel=1e-12)
        assert furthest(result["gone on"]["state"], grouped.state(straight)) < 1e-12


def test_alone_nothing_is_joined(monkeypatch):
    monkeypatch.delenv("RANK", raising=False)
    with group.joined(torch.device("meta")) as device:
        assert device == torch.device("meta")
        assert (group.size(), group.rank()) == (1, 0)
    x = torch.ones(2)
    assert group.total(x) is x
    assert group.any_of(True, torch.device("cpu"))
    assert not group.any_of(False, torch.device("cpu"))


def test_processes_need_a_device_each(monkeypatch):
    monkeypatch.setenv("RANK", "3")
    monkeypatch.setenv("LOCAL_RANK", "3")
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    with (
        pytest.raises(ValueError, match=r"^device: each process needs a GPU .*got 2"),
        group.joined(torch.device("cuda")),
    ):
        pass
    with (
        pytest.raises(ValueError, match=r"^device: several processes need cpu or cuda"),
        group.joined(torch.device("mps")),
    ):
        pass
