"""Stopped at any moment and resumed, a run ends as if it had never been stopped."""

from __future__ import annotations

import multiprocessing
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from crossentropy.lab.cli import main
from crossentropy.lab.training import Trainer
from tests.lab.quick import (
    assert_same_run,
    content,
    measured,
    options,
    resume,
    train,
    write_digits,
)

LONG = {"epochs": 12}


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> str:
    return write_digits(tmp_path_factory.mktemp("data") / "digits")


@pytest.fixture(scope="module")
def undisturbed(data: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("runs") / "undisturbed"
    assert train(data, out, **LONG) == 0
    return out


def _start_or_resume(data: str, out: str, kill_at: int) -> None:
    """Run in a process of its own; `kill_at` counts down its calls of fsync."""
    if kill_at:
        calls = iter(range(1, kill_at + 1))
        fsync = os.fsync

        def fall(descriptor: int) -> None:
            if next(calls) == kill_at:
                os.kill(os.getpid(), signal.SIGKILL)
            fsync(descriptor)

        os.fsync = fall
    folder = Path(out)
    often = ["--save-every", "0"]
    if (folder / "checkpoint.pt").exists():
        sys.exit(resume(folder, *often))
    sys.exit(train(data, folder, *often, **LONG))


@pytest.fixture(scope="module")
def forkserver() -> Any:
    """Processes that start with everything imported, dynamo by torch's optimisers."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(
        ["pytest", "torch._dynamo", "tests.lab.test_interruption"]
    )
    return context


def test_killed_at_twenty_random_moments(
    data: str, undisturbed: Path, tmp_path: Path, forkserver: Any
) -> None:
    out = tmp_path / "run"
    chance = random.Random(20)
    killed, steps = 0, set()
    while killed < 20:
        child = forkserver.Process(target=_start_or_resume, args=(data, str(out), 0))
        child.start()
        # Somewhere in the time in which a run gets a twentieth of its way on average.
        before = _written(out)
        while child.is_alive() and _written(out) == before:
            time.sleep(0.001)
        time.sleep(chance.uniform(0, 0.08))
        child.kill()
        child.join()
        assert child.exitcode == -signal.SIGKILL, "it ended before it was killed"
        killed += 1
        steps.add(content(out)["state"]["step"])
    assert len(steps) > 5, "it was killed at the same place again and again"
    assert max(steps) < 168, "it ended before it was killed twenty times"
    assert resume(out) == 0
    assert_same_run(out, undisturbed)
    assert not [path for path in out.iterdir() if path.name.startswith(".")]


def _written(out: Path) -> int:
    path = out / "metrics.jsonl"
    return path.stat().st_size if path.exists() else 0


def test_killed_inside_every_kind_of_write(
    data: str, undisturbed: Path, tmp_path: Path, forkserver: Any
) -> None:
    out = tmp_path / "run"
    for kill_at in range(1, 12):
        child = forkserver.Process(
            target=_start_or_resume, args=(data, str(out), kill_at)
        )
        child.start()
        child.join()
        assert child.exitcode == -signal.SIGKILL
    assert resume(out) == 0
    assert_same_run(out, undisturbed)


@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)]
)
@pytest.mark.parametrize("at", [1, 7, 23])
def test_a_signal_finishes_the_step_and_says_how_to_go_on(
    data: str,
    tmp_path: Path,
    undisturbed: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
    number: int,
    code: int,
    at: int,
) -> None:
    out = tmp_path / "my run"
    learn = Trainer._learn

    def interrupted(self: Trainer, *args: Any) -> None:
        if self.step == at - 1:
            signal.raise_signal(number)
        learn(self, *args)

    before = signal.getsignal(number)
    with monkeypatch.context() as patch:
        patch.setattr(Trainer, "_learn", interrupted)
        assert train(data, out, **LONG) == code
    assert signal.getsignal(number) == before
    said = capfd.readouterr().out
    assert f"after step {at} of 168; saved. Go on with:" in said
    command = f"python -m crossentropy.lab train --resume --out '{out}'"
    assert command in said.splitlines()
    assert content(out)["state"]["step"] == at
    assert not (out / "results.json").exists()
    assert resume(out) == 0
    assert_same_run(out, undisturbed)


def test_a_signal_between_two_reports_loses_no_measurement(
    data: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # 220 images, 4 a step: 55 steps an epoch, a report every 5.
    outs = [tmp_path / "whole", tmp_path / "stopped"]
    assert train(data, outs[0], batch_size=4, epochs=1) == 0
    learn = Trainer._learn

    def interrupted(self: Trainer, *args: Any) -> None:
        if self.step in (12, 33):
            signal.raise_signal(signal.SIGINT)
        learn(self, *args)

    monkeypatch.setattr(Trainer, "_learn", interrupted)
    assert train(data, outs[1], batch_size=4, epochs=1) == 130
    assert content(outs[1])["state"]["step"] == 13
    assert resume(outs[1]) == 130
    assert resume(outs[1]) == 0
    assert_same_run(*outs)
    assert [line["step"] for line in measured(outs[1])] == list(range(5, 60, 5))


def test_a_second_signal_stops_at_once(
    data: str,
    tmp_path: Path,
    undisturbed: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    out = tmp_path / "run"
    learn = Trainer._learn

    def interrupted(self: Trainer, *args: Any) -> None:
        if self.step == 20:
            signal.raise_signal(signal.SIGINT)
            signal.raise_signal(signal.SIGINT)
        learn(self, *args)

    with monkeypatch.context() as patch:
        patch.setattr(Trainer, "_learn", interrupted)
        assert train(data, out, "--save-every", "0", **LONG) == 130
    assert "Traceback" not in capfd.readouterr().err
    assert content(out)["state"]["step"] == 20
    assert resume(out) == 0
    assert_same_run(out, undisturbed)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_real_process_can_be_stopped(data: str, tmp_path: Path, number: int) -> None:
    out = tmp_path / "run"
    words = ["train", "--out", str(out), *options(data, epochs=1000)]
    process = subprocess.Popen(
        [sys.executable, "-m", "crossentropy.lab", *words],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    while process.poll() is None and _written(out) < 500:
        time.sleep(0.01)
    process.send_signal(number)
    said, complaints = process.communicate()
    assert process.returncode == 128 + number
    assert "Traceback" not in complaints
    assert said.splitlines()[-1].endswith(f"train --resume --out {out}")
    step = content(out)["state"]["step"]
    assert 0 < step < 14000
    assert measured(out)[-1]["step"] == step


def test_a_line_cut_short_by_a_crash_is_dropped(
    data: str, tmp_path: Path, undisturbed: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "run"
    learn = Trainer._learn

    def interrupted(self: Trainer, *args: Any) -> None:
        if self.step == 4:
            signal.raise_signal(signal.SIGTERM)
        learn(self, *args)

    with monkeypatch.context() as patch:
        patch.setattr(Trainer, "_learn", interrupted)
        assert train(data, out, **LONG) == 143
    with (out / "metrics.jsonl").open("ab") as file:
        file.write(b'{"step": 6, "loss": 9.0}\n{"step": 7, "lo')
    assert main(["train", "--quiet", "--resume", "--out", str(out)]) == 0
    assert_same_run(out, undisturbed)
