"""The kept results are those of the present code, and are read whole or refused."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import torch

from crossentropy.lab.experiments import (
    EXPERIMENTS,
    collapse,
    precision,
    prior_bias,
    rates,
    recovery,
)
from crossentropy.lab.experiments.results import RESULTS, best, stored
from crossentropy.lab.experiments.runner import load_results, run_all, save_results
from crossentropy.lab.training import Trainer, predict_logits

if TYPE_CHECKING:
    from pathlib import Path
    from types import ModuleType


def test_the_file_holds_the_registered_experiments_and_no_other() -> None:
    assert list(load_results(RESULTS)) == list(EXPERIMENTS)


@pytest.mark.parametrize("name", EXPERIMENTS)
def test_the_kept_runs_are_those_that_the_code_asks_for(name: str) -> None:
    experiment = EXPERIMENTS[name]
    wanted = [
        {**setting, "seed": seed}
        for setting in experiment.settings
        for seed in range(experiment.seeds)
    ]
    kept = [
        {key: record[key] for key in run}
        for run, record in zip(wanted, stored(name).records, strict=True)
    ]
    assert kept == wanted


@pytest.mark.parametrize("name", EXPERIMENTS)
def test_the_kept_runs_say_where_they_come_from(name: str) -> None:
    made = stored(name).made
    assert made["command"] == f"make experiments ONLY={name}"
    assert made["torch"].split("+")[0] == torch.__version__.split("+")[0]
    assert {"date", "python", "numpy", "machine"} <= set(made)


@pytest.mark.parametrize("name", EXPERIMENTS)
def test_no_setting_is_run_twice(name: str) -> None:
    settings = EXPERIMENTS[name].settings
    assert len({str(sorted(setting.items())) for setting in settings}) == len(settings)


@pytest.mark.parametrize(
    "module",
    [recovery, rates, collapse, prior_bias, precision],
    ids=lambda m: m.__name__,
)
def test_accuracy_is_that_on_images_that_were_not_trained_on(
    module: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Stop each training early, and look at what it is given and asked."""
    trained: list[bytes] = []
    asked: list[bytes] = []

    class Brief(Trainer):
        def __init__(self, model: Any, images: Any, *rest: Any) -> None:
            super().__init__(model, images, *rest)
            self.steps = 8
            trained.extend(image.tobytes() for image in images)

    def predict(model: Any, images: Any) -> Any:
        asked[:] = [image.tobytes() for image in images]
        return predict_logits(model, images)

    monkeypatch.setattr(module, "Trainer", Brief)
    monkeypatch.setattr(module, "predict_logits", predict)
    experiment = EXPERIMENTS[module.__name__.rpartition(".")[2]]
    run_all(experiment, settings=experiment.short[-1:], seeds=[0], processes=1)
    assert len(trained) == 4 * len(asked) > 0
    assert not set(trained) & set(asked)


def test_a_missing_file_or_experiment_says_how_to_make_it(tmp_path: Path) -> None:
    path = tmp_path / "experiments.json"
    with pytest.raises(FileNotFoundError, match="make experiments ONLY=rates"):
        stored("rates", path)
    save_results(path, {"other": {"made": {}, "records": []}})
    with pytest.raises(ValueError, match="expected one of other; got 'rates'"):
        stored("rates", path)
    assert stored("other", path).records == []


def test_the_best_setting_has_the_highest_mean_not_the_highest_run() -> None:
    def run(loss: str, rate: float, values: list[float]) -> list[dict[str, Any]]:
        return [{"loss": loss, "rate": rate, "accuracy": value} for value in values]

    records = [
        *run("a", 0.1, [0.5, 0.7]),
        *run("a", 0.2, [0.1, 0.9]),
        *run("b", 0.1, [0.3]),
    ]
    found = best(records, "accuracy", ["loss"], ["rate"])
    assert found[("a",)].setting == {"rate": 0.1}
    assert found[("a",)].mean == pytest.approx(0.6)
    assert found[("a",)].sd == pytest.approx(0.1 * 2**0.5)
    assert (found[("a",)].runs, found[("a",)].tried) == (2, 2)
    assert (found[("b",)].runs, found[("b",)].tried) == (1, 1)
