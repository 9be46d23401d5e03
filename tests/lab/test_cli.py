"""The command line: a run's folder, and one line for everything that can't be."""

from __future__ import annotations

import errno
import json
import os
import re
import shlex
from pathlib import Path
from typing import Any

import pytest
import torch

from crossentropy.lab import checkpoint as checkpoints
from crossentropy.lab import options as lab_options
from crossentropy.lab.cli import main
from crossentropy.lab.data import load_data
from crossentropy.lab.devices import threads
from crossentropy.lab.folder import Metrics, find_checkpoint, locked
from crossentropy.lab.trained import load_model
from crossentropy.lab.training import Trainer, predict_logits
from tests.lab.quick import (
    assert_same_run,
    content,
    measured,
    options,
    resume,
    train,
    write_digits,
)

FILES = ["checkpoint.pt", "curves.svg", "metrics.jsonl", "results.json"]
FILES += ["settings.json"]


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> str:
    return write_digits(tmp_path_factory.mktemp("data") / "digits")


@pytest.fixture(scope="module")
def finished(data: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run of two epochs."""
    out = tmp_path_factory.mktemp("runs") / "finished"
    assert train(data, out) == 0
    return out


def refused(capsys: pytest.CaptureFixture[str], code: int) -> str:
    """Return the line on stderr after an error."""
    said = capsys.readouterr()
    assert code == 2
    assert re.fullmatch(r"crossentropy\.lab: [^\n]+\n", said.err)
    return said.err.removeprefix("crossentropy.lab: ")


def state_of(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_a_run_leaves_its_files_and_says_how_it_ended(
    data: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "a run"
    assert main(["train", "--out", str(out), *options(data)]) == 0
    said = capsys.readouterr()
    assert "10 classes; images: 220 for training, 20 for validation, 100" in said.out
    assert "tiny: 20,970 weights, float32 on cpu (threads: 1)" in said.out
    assert "the loss is 2.3026 nats; log 10 = 2.3026. They agree." in said.out
    assert "validation accuracy" in said.out
    assert f"Written to {out}" in said.out
    assert re.search(r"100%\|.*28/28 steps, loss \d.*, [\d,]+ images/s", said.err)
    assert sorted(path.name for path in out.iterdir()) == FILES
    assert json.loads((out / "settings.json").read_text())["model"] == "tiny"


def test_metrics_follow_the_steps(finished: Path) -> None:
    lines = measured(finished)
    assert [line["step"] for line in lines] == list(range(1, 29))
    assert lines[13]["epoch"] == 1
    assert [line["step"] for line in lines if "validation_loss" in line] == [14, 28]
    assert lines[0]["loss"] == pytest.approx(2.302585, rel=1e-6)
    assert lines[-1]["loss"] < 1.8
    # The validation is measured by the loss that is trained with, smoothing and all;
    # the results have the cross-entropy itself.
    results = json.loads((finished / "results.json").read_text())
    assert lines[-1]["validation_accuracy"] == results["validation"]["accuracy"]
    found = load_data(json.loads((finished / "settings.json").read_text())["data"])
    model = load_model(finished, find_checkpoint(finished), torch.device("cpu"))
    with threads(1):  # as in training, so that the logits are the same to the bit
        logits = torch.tensor(predict_logits(model, found.validation.images))
    for smoothing, loss in (
        (0.1, lines[-1]["validation_loss"]),
        (0.0, results["validation"]["loss"]),
    ):
        expected = torch.nn.functional.cross_entropy(
            logits, torch.tensor(found.validation.labels), label_smoothing=smoothing
        )
        # Equal logits, whatever the processor; what is left is a mean in float64.
        assert loss == pytest.approx(float(expected), rel=1e-12)


def test_results_are_those_of_the_saved_model(finished: Path, data: str) -> None:
    results = json.loads((finished / "results.json").read_text())
    assert results["steps"] == content(finished)["state"]["step"] == 28
    assert results["test"]["images"] == len(load_data(data).test.labels) == 100
    assert results["test"]["accuracy"] > 0.4
    assert results["validation"]["images"] == 20
    assert results["temperature"] > 0
    scaled = results["test_at_temperature"]
    assert scaled["accuracy"] == results["test"]["accuracy"]
    assert scaled["loss"] != results["test"]["loss"]
    assert results["made"]["torch"] == torch.__version__
    assert "train --out" in results["made"]["command"]
    assert results["images_per_second"] > 0


def test_runs_are_numbered_where_no_folder_is_given(
    data: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for _ in range(2):
        assert main(["train", "--quiet", *options(data, epochs=0.1)]) == 0
    assert sorted(path.name for path in (tmp_path / "runs").iterdir()) == ["1", "2"]


@pytest.mark.parametrize("loss", ["accurate", "sigmoid", "squared", "hinge"])
def test_the_loss_at_step_0_is_compared_with_what_it_must_be(
    data: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], loss: str
) -> None:
    words = options(data, loss=loss, epochs=0.1)
    assert main(["train", "--out", str(tmp_path / "run"), *words]) == 0
    assert "They agree." in capsys.readouterr().out
    # Smoothing by default is for softmax alone.
    smoothing = content(tmp_path / "run")["settings"]["label_smoothing"]
    assert smoothing == (0.1 if loss == "accurate" else 0.0)


@pytest.mark.parametrize("eps", ["0", "0.3"])
@pytest.mark.parametrize("loss", ["sigmoid", "squared", "difference", "softmax"])
def test_smoothing_is_reckoned_with_at_step_0(
    data: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], loss: str, eps: str
) -> None:
    words = options(data, loss=loss, epochs=0.1, label_smoothing=eps)
    assert main(["train", "--out", str(tmp_path / "run"), *words]) == 0
    assert "They agree." in capsys.readouterr().out


def test_a_model_that_knows_something_does_not_agree(
    data: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    made = Trainer.__init__

    def spoil(self: Trainer, *args: Any, **more: Any) -> None:
        made(self, *args, **more)
        with torch.no_grad():
            list(self.model.parameters())[-1][3] = 1.0

    monkeypatch.setattr(Trainer, "__init__", spoil)
    assert main(["train", "--out", str(tmp_path / "r"), *options(data, epochs=1)]) == 0
    assert "THEY DIFFER" in capsys.readouterr().out


def test_training_on_all_leaves_nothing_to_measure_with(
    data: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "all"
    assert train(data, out, "--train-on-all", epochs=0.2) == 0
    assert "test accuracy" in capsys.readouterr().out  # the folder has a test
    results = json.loads((out / "results.json").read_text())
    assert results["validation"] is None
    assert results["temperature"] is None
    words = ["--train-on-all", "--model", "tiny", "--epochs", ".03", "--quiet"]
    assert main(["train", "--out", str(tmp_path / "d"), *words]) == 0
    assert "training accuracy" in capsys.readouterr().out
    assert json.loads((tmp_path / "d" / "results.json").read_text())["test"] is None


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ([], "COMMAND"),
        (["fly"], "invalid choice: 'fly'"),
        (["train", "--modle", "tiny"], "unrecognized arguments: --modle tiny"),
        (["train", "--model", "huge"], "argument --model: invalid choice: 'huge'"),
        (["train", "--epochs", "many"], "argument --epochs: invalid float"),
        (["train", "--epochs", "0"], "--epochs: expected more than 0"),
        (["train", "--label-smoothing", "2"], "--label-smoothing: expected a number"),
        (["train", "--loss", "hinge", "--label-smoothing", ".1"], "hinge loss"),
        (["train", "--noise", "1.5"], "--noise: expected a number from 0 to 1"),
        (["train", "--device", "tpu"], "--device: expected one of auto, cpu, cuda"),
        (["train", "--device", "cuda:x"], "--device: expected one of"),
        (["train", "--threads", "0"], "--threads: expected a number from 1"),
        (["train", "--save-every", "-1"], "--save-every: expected 0 or more"),
        (["train", "--data", "no/such"], "no/such"),
        (["train", "--resume"], "--resume needs --out"),
        (["evaluate"], "the following arguments are required: RUN"),
        (["evaluate", "no/such/run"], "no/such/run: there is no such folder"),
        (["predict", "run"], "the following arguments are required: IMAGE"),
        (["compare", "--rates", "x"], "--rates: expected numbers"),
        (["compare", "--losses", "focal"], "--loss: expected one of softmax"),
        (["compare", "--seeds", "0"], "--seeds: expected a number from 1"),
    ],
)
def test_what_cannot_be_is_one_line(
    words: list[str],
    message: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    assert message in refused(capsys, main(words))
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("name", ["cuda", "mps"])
def test_a_device_that_is_not_there_is_one_line(
    name: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: False)
    line = refused(capsys, main(["train", "--device", name]))
    assert f"torch finds no {name} device on this computer; use cpu" in line


def test_help_is_no_error(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--help"]) == 0
    overview = " ".join(capsys.readouterr().out.split())
    for text in ("TRAIN", "EVALUATE", "COMPARE", "PREDICT"):
        first = getattr(lab_options, text).split(".")[0]
        assert first.count("(") == first.count(")")  # not cut inside a bracket
        assert f"{' '.join(first.split())}" in overview
    assert main(["train", "--help"]) == 0
    assert "--label-smoothing" in capsys.readouterr().out


@pytest.mark.parametrize(
    "text", ["OVERVIEW", "TRAIN", "EVALUATE", "COMPARE", "PREDICT"]
)
def test_the_examples_of_the_help_can_be_typed(text: str) -> None:
    lines = getattr(lab_options, text).splitlines()
    examples = [line.split("-m crossentropy.lab ")[1] for line in lines if "  " in line]
    assert len(examples) >= 2
    for example in examples:
        lab_options.parser().parse_args(shlex.split(example))


def test_a_folder_that_holds_a_run_is_kept(
    data: str, finished: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = state_of(finished)
    line = refused(capsys, train(data, finished))
    assert "holds a finished run: give --resume to go on with it, --overwrite" in line
    assert state_of(finished) == before


def test_overwriting_leaves_other_files_alone(data: str, tmp_path: Path) -> None:
    out = tmp_path / "run"
    assert train(data, out, seed=1) == 0
    (out / "notes.txt").write_text("mine", encoding="utf-8")
    assert train(data, out, "--overwrite", epochs=1) == 0
    assert sorted(path.name for path in out.iterdir()) == sorted([*FILES, "notes.txt"])
    assert len(measured(out)) == content(out)["state"]["step"] == 14


def test_what_stops_a_run_before_it_starts_overwrites_nothing(
    data: str, finished: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = state_of(finished)
    for words in (["--data", "no/such"], ["--rate", "-1"], ["--device", "tpu"]):
        refused(capsys, train(data, finished, "--overwrite", *words))
    assert state_of(finished) == before


def test_resuming_a_finished_run_changes_nothing(
    finished: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = state_of(finished)
    assert resume(finished) == 0
    assert "test accuracy" in capsys.readouterr().out
    after = state_of(finished)
    assert after["metrics.jsonl"] == before["metrics.jsonl"]
    assert content(finished)["state"]["step"] == 28


def test_resuming_takes_the_run_that_was_typed_or_none(
    data: str, finished: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = state_of(finished)
    for words, message in (
        (["--model", "small"], "a run with model tiny, not small"),
        (["--rate", ".5"], "a run with rate 0.01, not 0.5"),
        (["--label-smoothing", "0"], "a run with label-smoothing 0.1, not 0.0"),
        (["--data", "digits"], f"a run with data {data}, not digits"),
        (["--train-on-all"], "a run with held-out True, not False"),
    ):
        assert message in refused(capsys, resume(finished, *words))
    line = refused(capsys, resume(tmp_path))
    assert "no checkpoint in this folder" in line
    assert state_of(finished) == before
    assert resume(finished, "--model", "tiny", "--device", "cpu") == 0


def test_a_damaged_checkpoint_is_one_line(
    finished: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    raw = (finished / "checkpoint.pt").read_bytes()
    half = len(raw) // 2
    hole = raw[:half] + bytes(1000) + raw[half + 1000 :]
    for damaged in (raw[:-100], b"", b"PK", hole):
        (tmp_path / "checkpoint.pt").write_bytes(damaged)
        for words in (["train", "--resume", "--out"], ["evaluate"]):
            line = refused(capsys, main([*words, str(tmp_path)]))
            assert "checkpoint" in line
    assert (tmp_path / "checkpoint.pt").read_bytes() == damaged


def test_other_data_under_the_same_name_are_noticed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data = write_digits(tmp_path / "data")
    out = tmp_path / "run"
    assert train(data, out, epochs=0.2) == 0
    path = tmp_path / "data" / "train-images-idx3-ubyte"
    raw = bytearray(path.read_bytes())
    raw[5000] ^= 1
    path.write_bytes(raw)
    assert "made from other training data" in refused(capsys, resume(out))


def test_a_folder_in_use_is_left_alone(
    data: str, finished: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = state_of(finished)
    with locked(finished):
        line = refused(capsys, resume(finished))
        assert "another training writes to this folder now" in line
        refused(capsys, train(data, finished, "--overwrite"))
    assert state_of(finished) == before


@pytest.mark.parametrize("name", ["file/run", "file"])
def test_a_folder_that_cannot_be_made_is_one_line(
    name: str, data: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").write_text("mine", encoding="utf-8")
    line = refused(capsys, train(data, tmp_path / name))
    assert re.search("Not a directory|File exists", line)
    assert (tmp_path / "file").read_text(encoding="utf-8") == "mine"


@pytest.mark.parametrize("where", ["checkpoint", "metrics"])
def test_a_full_disk_loses_nothing(
    where: str,
    data: str,
    finished: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    out = tmp_path / "run"
    full = OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    with monkeypatch.context() as patch:
        if where == "metrics":
            written: list[Any] = []
            write = Metrics.write

            def stop_writing(self: Metrics, record: Any) -> None:
                written.append(record)
                if len(written) == 9:
                    self._file.write(b'{"step": 9, "lo')  # as much as fits
                    raise full
                write(self, record)

            patch.setattr(Metrics, "write", stop_writing)
        else:
            syncs: list[int] = []

            def fail(descriptor: int) -> None:
                syncs.append(descriptor)
                if len(syncs) > 20:
                    raise full

            patch.setattr(os, "fsync", fail)
        line = refused(capsys, train(data, out, "--save-every", "0"))
    assert line.startswith(f"{out}: No space left on device; the last checkpoint is")
    assert line.endswith(f"python -m crossentropy.lab train --resume --out {out}\n")
    assert 0 < checkpoints.load(out / "checkpoint.pt").step < 28
    assert not [path for path in out.iterdir() if path.name.endswith(".part")]
    assert resume(out) == 0
    assert_same_run(out, finished)


def test_a_loss_that_is_no_number_ends_the_run(
    data: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "run"
    words = options(data, rate=1e30, norm="none", optimizer="sgd", epochs=5)
    code = main(["train", "--quiet", "--out", str(out), *words])
    assert "the training has diverged; try a smaller --rate" in refused(capsys, code)
    for weights in content(out)["state"]["model"].values():
        assert weights.isfinite().all()
