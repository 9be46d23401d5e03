"""A trained model: tested on any images that fit, shown any picture."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from crossentropy.datasets import load_digits
from crossentropy.lab.cli import main
from crossentropy.lab.data import load_data
from crossentropy.lab.devices import threads
from crossentropy.lab.folder import find_checkpoint
from crossentropy.lab.idx import write_idx
from crossentropy.lab.trained import load_model
from crossentropy.lab.training import Trainer, predict_logits
from tests.lab.quick import content, resume, train, write_digits
from tests.lab.test_cli import refused

CPU = torch.device("cpu")


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> str:
    return write_digits(tmp_path_factory.mktemp("data") / "digits")


@pytest.fixture(scope="module")
def run(data: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model that knows a little."""
    out = tmp_path_factory.mktemp("runs") / "run"
    assert train(data, out, epochs=6) == 0
    return out


def logits_of(run: Path, images: np.ndarray) -> np.ndarray:
    model = load_model(run / "checkpoint.pt", find_checkpoint(run), CPU)
    with threads(1):
        return predict_logits(model, images)


def assert_repeats(numbers: Path, run: Path) -> None:
    """What `evaluate` wrote is what the run wrote, to the last bit.

    Nothing less is owed: it is the same computation on the same computer.
    """
    found = json.loads(numbers.read_text(encoding="utf-8"))
    results = json.loads((run / "results.json").read_text(encoding="utf-8"))
    assert found["raw"] == results["test"]
    assert found["scaled"] == results["test_at_temperature"]
    assert found["temperature"] == results["temperature"]
    assert found["computed_with"].items() < results["computed_with"].items()


@pytest.mark.parametrize(
    ("trained_with", "by_default", "more"),
    [
        (1, 2, {}),
        (1, 3, {"precision": "float64", "norm": "group"}),
        (2, 1, {"model": "small", "loss": "squared"}),
        (2, 3, {"precision": "bfloat16", "batch_size": 7}),
        (3, 1, {"loss": "accurate", "norm": "none"}),
    ],
)
def test_evaluating_is_the_computation_of_the_run(
    data: str, tmp_path: Path, trained_with: int, by_default: int, more: dict[str, Any]
) -> None:
    out, numbers = tmp_path / "run", tmp_path / "numbers.json"
    with threads(by_default):
        assert train(data, out, threads=trained_with, epochs=1, **more) == 0
        assert main(["evaluate", str(out), "--out", str(numbers)]) == 0
        assert torch.get_num_threads() == by_default
    assert_repeats(numbers, out)
    kept = json.loads(numbers.read_text(encoding="utf-8"))["computed_with"]
    assert kept == {
        "device": "cpu",
        "threads": trained_with,
        "precision": "float64" if more.get("precision") == "float64" else "float32",
        "memory_format": "channels_last",
        "torch": torch.__version__,
    }


@pytest.mark.parametrize(("trained_with", "by_default"), [(1, 3), (2, 1)])
def test_a_fresh_process_repeats_the_results_of_a_run_that_was_stopped(
    data: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    trained_with: int,
    by_default: int,
) -> None:
    out, numbers = tmp_path / "run", tmp_path / "numbers.json"
    learn = Trainer._learn

    def interrupted(self: Trainer, *args: Any) -> None:
        if self.step == 9:
            signal.raise_signal(signal.SIGTERM)
        learn(self, *args)

    with monkeypatch.context() as patch:
        patch.setattr(Trainer, "_learn", interrupted)
        assert train(data, out, threads=trained_with) == 143
    assert resume(out) == 0
    subprocess.run(
        [sys.executable, "-m", "crossentropy.lab", "evaluate", out, "--out", numbers],
        env=os.environ | {"OMP_NUM_THREADS": str(by_default)},
        stdout=subprocess.DEVNULL,
        timeout=120,
        check=True,
    )
    assert_repeats(numbers, out)


def test_the_device_of_the_run_is_taken_where_it_is_there(
    data: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "run"
    assert train(data, out, epochs=0.1, device="cpu") == 0
    chosen: list[str] = []

    def choose(name: str = "auto") -> torch.device:
        chosen.append(name)
        if name == "cuda":
            raise ValueError("device: torch finds no cuda device on this computer")
        return CPU

    monkeypatch.setattr("crossentropy.lab.cli.choose_device", choose)
    assert main(["evaluate", str(out)]) == 0
    changed = content(out)
    changed["settings"] |= {"device": "cuda"}
    torch.save(changed, out / "checkpoint.pt")
    assert main(["evaluate", str(out)]) == 0
    assert main(["evaluate", str(out), "--device", "mps"]) == 0
    assert chosen == ["cpu", "cuda", "auto", "mps"]


def test_the_report_agrees_with_counting(
    run: Path, data: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    numbers = tmp_path / "numbers.json"
    assert main(["evaluate", str(run), "--out", str(numbers)]) == 0
    said = capsys.readouterr().out
    found = json.loads(numbers.read_text())
    assert found["seen"] == 0
    test = load_data(data).test
    chosen = logits_of(run, test.images).argmax(1)
    assert np.trace(found["confusion"]) == (chosen == test.labels).sum()
    assert np.sum(found["confusion"]) == 100
    accuracy = (chosen == test.labels).mean()
    assert f"accuracy   {accuracy:.2%}" in said
    assert "100 test images" in said
    assert f"T = {found['temperature']:.3f}" in said
    assert "WARNING" not in said


def test_a_folder_with_a_test_alone_will_do(
    run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    images, labels = load_digits()
    chosen = np.flatnonzero(labels < 8)[3::40]
    write_idx(tmp_path / "t10k-images-idx3-ubyte", images[chosen])
    write_idx(tmp_path / "t10k-labels-idx1-ubyte", labels[chosen])
    assert main(["evaluate", str(run), "--data", str(tmp_path)]) == 0
    said = capsys.readouterr().out
    right = (logits_of(run, images[chosen]).argmax(1) == labels[chosen]).mean()
    assert f"{len(chosen)} test images of {tmp_path}" in said
    assert f"accuracy   {right:.2%}" in said
    assert "T = " in said  # from the run's own validation images


def test_images_that_were_trained_on_are_counted(
    run: Path, data: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    own = load_data(data)
    images = np.concatenate([own.test.images[:10], own.train.images[:7]])
    labels = np.concatenate([own.test.labels[:10], own.train.labels[:7]])
    write_idx(tmp_path / "t10k-images-idx3-ubyte", images)
    write_idx(tmp_path / "t10k-labels-idx1-ubyte", labels.astype(np.uint8))
    assert main(["evaluate", str(run), "--data", str(tmp_path)]) == 0
    assert "WARNING: the model was trained on 7 of these." in capsys.readouterr().out


def test_without_the_training_data_there_is_no_temperature(
    run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data = write_digits(tmp_path / "data")
    out = tmp_path / "run"
    assert train(data, out, epochs=0.5) == 0
    shutil.rmtree(data)
    capsys.readouterr()
    assert data in refused(capsys, main(["evaluate", str(out)]))
    assert main(["evaluate", str(out), "--data", "digits"]) == 0
    said = capsys.readouterr().out
    assert "500 test images of digits" in said
    assert "T = " not in said
    assert "training images are not here" in said


def test_a_run_on_all_images_has_nothing_of_its_own_to_be_tested_on(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "all"
    words = ["--train-on-all", "--model", "tiny", "--epochs", ".03", "--quiet"]
    assert main(["train", "--out", str(out), *words]) == 0
    capsys.readouterr()
    for more in ([], ["--data", "digits"]):
        line = refused(capsys, main(["evaluate", str(out), *more]))
        assert "no test images: the run was trained on all there are" in line


@pytest.mark.parametrize(
    ("side", "names", "message"),
    [
        (32, None, r"images of 32 x 32 pixels; the model takes 28 x 28"),
        (28, 12, r"its 12 classes \(0, 1, 2 ...\) are not the model's 10"),
        (28, "abcdefghij", r"its 10 classes \(a, b, c ...\) are not the model's 10"),
    ],
)
def test_images_of_another_kind_are_refused(
    run: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    side: int,
    names: int | str | None,
    message: str,
) -> None:
    K = names if isinstance(names, int) else 10
    write_idx(tmp_path / "t10k-images-idx3-ubyte", np.zeros((K, side, side), np.uint8))
    write_idx(tmp_path / "t10k-labels-idx1-ubyte", np.arange(K, dtype=np.uint8))
    if isinstance(names, str):
        (tmp_path / "classes.txt").write_text("\n".join(names), encoding="utf-8")
    line = refused(capsys, main(["evaluate", str(run), "--data", str(tmp_path)]))
    assert re.search(message, line)


def test_a_checkpoint_with_other_weights_is_refused(
    run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    changed = content(run)
    changed["settings"] |= {"model": "small"}
    torch.save(changed, tmp_path / "checkpoint.pt")
    line = refused(capsys, main(["evaluate", str(tmp_path)]))
    assert "the weights are not those of the model 'small'" in line


def draw_digit(path: Path, number: int = 1700) -> Path:
    """Write a digit as dark ink on a large white page."""
    page = 255 - np.kron(load_digits().images[number], np.ones((4, 4), np.uint8))
    Image.fromarray(page).save(path)
    return path


def test_a_picture_is_told_and_drawn(
    run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    digit = draw_digit(tmp_path / "three.png")
    assert main(["predict", str(run), str(digit)]) == 0
    said = capsys.readouterr().out
    shares = [float(x) for x in re.findall(r"([\d.]+)%", said)]
    assert len(shares) == 10
    assert sum(shares) == pytest.approx(100, abs=0.01)
    assert shares == sorted(shares, reverse=True)
    drawing = run / "predictions" / "three.svg"
    assert f"drawn in {drawing}" in said
    assert drawing.read_text().startswith("<?xml")
    assert "what the model sees" in drawing.read_text()


def test_pictures_of_one_name_are_drawn_apart(
    run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    paths = []
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        paths.append(
            str(draw_digit(tmp_path / name / "x.png", 1700 if name == "a" else 0))
        )
    out = tmp_path / "drawings"
    words = ["predict", str(run), *paths, "--out", str(out), "--format", "png"]
    assert main(words) == 0
    assert sorted(path.name for path in out.iterdir()) == ["x-2.png", "x.png"]
    pictures = [Image.open(path) for path in sorted(out.iterdir())]
    assert all(min(picture.size) > 300 for picture in pictures)
    assert pictures[0].tobytes() != pictures[1].tobytes()


def test_sigmoids_give_each_class_a_probability_of_its_own(
    data: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "run"
    assert train(data, out, loss="sigmoid", epochs=0.1, rate=1e-9) == 0
    capsys.readouterr()
    assert main(["predict", str(out), str(draw_digit(tmp_path / "x.png"))]) == 0
    shares = [float(x) for x in re.findall(r"([\d.]+)%", capsys.readouterr().out)]
    assert shares == pytest.approx([50.0] * 10, abs=0.01)


def test_what_is_no_picture_is_one_line_and_nothing_is_drawn(
    run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    good, bad = draw_digit(tmp_path / "good.png"), tmp_path / "bad.png"
    bad.write_text("no picture", encoding="utf-8")
    out = tmp_path / "drawings"
    for path in (bad, tmp_path / "missing.png"):
        words = ["predict", str(run), str(good), str(path), "--out", str(out)]
        assert str(path) in refused(capsys, main(words))
    assert not out.exists()
