"""Comparing losses: every run is made, and the table sums them up."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from crossentropy.lab import compare
from crossentropy.lab.cli import main
from crossentropy.lab.settings import Settings
from tests.lab.quick import write_digits
from tests.lab.test_cli import refused


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> str:
    return write_digits(tmp_path_factory.mktemp("data") / "digits")


def words(data: str, out: Path, **more: str) -> list[str]:
    chosen = {"losses": "softmax,squared", "rates": ".003,.01", "seeds": "2"}
    chosen |= {"epochs": "2", "batch-size": "16", "processes": "1", "data": data} | more
    typed = [[f"--{name}", value] for name, value in chosen.items()]
    return ["compare", "--out", str(out), *(word for pair in typed for word in pair)]


def test_every_setting_runs_with_every_seed(
    data: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    assert main(words(data, out)) == 0
    said = capsys.readouterr().out
    assert sorted(p.name for p in out.iterdir()) == [
        "comparison.json",
        "comparison.svg",
    ]
    kept = json.loads((out / "comparison.json").read_text())["compare"]
    runs = [(r["loss"], r["rate"], r["seed"]) for r in kept["records"]]
    assert runs == [
        (loss, rate, seed)
        for loss in ("softmax", "squared")
        for rate in (0.003, 0.01)
        for seed in (0, 1)
    ]
    assert kept["made"]["command"].startswith("python -m crossentropy.lab compare")
    rows = [line for line in said.splitlines() if "±" in line and "Test" not in line]
    assert len(rows) == 4
    assert sum("*" in row for row in rows) >= 2
    accuracies = [r["test_accuracy"] for r in kept["records"][:2]]
    assert f"{50 * sum(accuracies):.2f} ±" in rows[0]
    svg = (out / "comparison.svg").read_text()
    assert "learning rate" in svg
    assert "squared" in svg


def test_processes_do_not_change_the_numbers(data: str, tmp_path: Path) -> None:
    outs = [tmp_path / "one", tmp_path / "two"]
    for out, processes in zip(outs, ("1", "2"), strict=True):
        more = {"losses": "softmax", "rates": ".01", "processes": processes}
        assert main(words(data, out, **more)) == 0
    one, two = (json.loads((o / "comparison.json").read_text()) for o in outs)
    assert one["compare"]["records"] == two["compare"]["records"]


def test_a_run_that_diverges_is_a_row_like_the_others(
    data: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    more = {"losses": "softmax", "rates": ".01,1e30", "norm": "none"}
    more |= {"optimizer": "sgd", "epochs": "4"}
    assert main(words(data, tmp_path / "out", **more)) == 0
    assert "nan" in capsys.readouterr().out
    text = (tmp_path / "out" / "comparison.json").read_text()
    kept = json.loads(text, parse_constant=pytest.fail)["compare"]["records"]
    assert [r["test_loss"] is None for r in kept] == [False, False, True, True]


def test_losses_are_compared_without_smoothing_unless_asked(data: str) -> None:
    (plain,) = compare.grid(Settings(label_smoothing=0), ["hinge"], [0.01])
    assert (plain.loss, plain.rate) == ("hinge", 0.01)
    with pytest.raises(ValueError, match="hinge loss takes a single class"):
        compare.grid(Settings(), ["softmax", "hinge"], [0.01])


def test_nothing_runs_if_one_setting_is_wrong(
    data: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    for more in ({"losses": "softmax,focal"}, {"rates": ".01,-1"}, {"noise": "2"}):
        refused(capsys, main(words(data, out, **more)))
    assert not out.exists()


@pytest.mark.parametrize("processes", ["1", "2"])
def test_an_interruption_ends_all_processes_without_a_word(
    data: str, tmp_path: Path, processes: str
) -> None:
    typed = words(data, tmp_path / "out", processes=processes, epochs="3000")
    process = subprocess.Popen(
        [sys.executable, "-m", "crossentropy.lab", *typed],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,  # a group of its own, as in a terminal
        text=True,
    )
    assert process.stdout
    assert "please wait" in process.stdout.readline()
    os.killpg(process.pid, signal.SIGINT)
    _, complaints = process.communicate()  # returns when the last of them is gone
    assert process.returncode == 130
    assert complaints == "crossentropy.lab: stopped\n"
    assert not (tmp_path / "out").exists()


RECORDS = [
    {
        "loss": loss, "rate": rate, "seed": seed, "validation_accuracy": valid,
        "test_accuracy": 0.5 + seed / 10, "test_loss": 1.0, "test_ece": 0.01,
    }
    for loss, rate, valid in (("a", 0.1, 0.6), ("a", 1.0, 0.7), ("b", 0.1, 0.2))
    for seed in (0, 1)
]  # fmt: skip


def test_the_star_is_at_the_best_rate_on_validation() -> None:
    rows = compare.table(RECORDS).splitlines()[1:4]
    assert [" 0.1 " in rows[0], "1*" in rows[1], "0.1*" in rows[2]] == [True] * 3
    assert all("55.00 ± 7.07" in row for row in rows)


def test_one_seed_has_no_spread() -> None:
    table = compare.table([r for r in RECORDS if r["seed"] == 0])
    assert "±" not in table
    assert "1 seed" in table
