"""The experiments on outputs and labels: the shortened versions, and kept results."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest
import torch

from crossentropy.lab.experiments.imbalance import IMBALANCE, RARE_LABEL
from crossentropy.lab.experiments.multilabel import MULTILABEL
from crossentropy.lab.experiments.none_of_these import NONE_OF_THESE, ONE_VS_REST
from crossentropy.lab.experiments.results import stored
from crossentropy.lab.experiments.runner import Experiment, Record, run_all
from crossentropy.lab.experiments.smoothing import NOISY_LABELS, SMOOTHING
from crossentropy.lab.experiments.unseen import UNSEEN

EXPERIMENTS = (
    MULTILABEL,
    NONE_OF_THESE,
    ONE_VS_REST,
    UNSEEN,
    SMOOTHING,
    NOISY_LABELS,
    IMBALANCE,
    RARE_LABEL,
)
UNBOUNDED = {"loss", "loss_scaled", "temperature", "gap_train", "gap_test"}
# On one computer a run is repeated to the last bit. On another the sums round in other
# places, and training carries that on. With torch's and oneDNN's kernels for AVX-512,
# AVX2 and SSE4.1 in seven mixtures, most numbers moved by 0.016 at most. What hangs on
# a threshold moved by 0.06: one that is chosen among many nearly as good (the claim is
# that softmax needs one far below one half), or one that few of the images lie far
# from. Twice as much is owed on a processor that was not tried.
FIRM, LOOSE = 0.03, 0.12
HANG_ON_A_THRESHOLD = (
    *("fair_", "exact_best", "half_spots", "half_stripes"),
    *("recall", "relative", "threshold"),
)
by_name = pytest.mark.parametrize("experiment", EXPERIMENTS, ids=lambda e: e.name)


@cache
def short(name: str) -> list[Record]:
    """What a shortened version returns, with one seed."""
    [experiment] = [e for e in EXPERIMENTS if e.name == name]
    return run_all(experiment, settings=experiment.short, seeds=[0], processes=1)


@by_name
def test_the_kept_results_are_of_every_setting_and_seed(experiment: Experiment) -> None:
    records = stored(experiment.name).records
    kept = [{k: r[k] for k in (*experiment.settings[0], "seed")} for r in records]
    wanted = [
        {**setting, "seed": seed}
        for setting in experiment.settings
        for seed in range(experiment.seeds)
    ]
    assert kept == wanted


@by_name
def test_short_and_full_versions_return_the_same_kind_of_numbers(
    experiment: Experiment,
) -> None:
    kept = stored(experiment.name).records
    described = experiment.run.__doc__ or ""
    chosen = {*experiment.settings[0], "seed"}
    for record in (*short(experiment.name), *kept):
        assert record.keys() == kept[0].keys()
        for name, value in record.items():
            if name in chosen:
                continue
            stem = name.removesuffix("_scaled").rstrip("123").rstrip("_")
            assert stem in described or stem.split("_")[0] in described
            assert np.isfinite(value)
            assert name in UNBOUNDED or 0 <= value <= 1


@by_name
def test_a_run_gives_what_the_file_says(experiment: Experiment) -> None:
    records = stored(experiment.name).records
    # The last of the cheapest: not always seed 0 of the first setting.
    least = min(r.get("epochs", 0) for r in records)
    kept = [r for r in records if r.get("epochs", 0) == least][-1]
    setting = {k: kept[k] for k in experiment.settings[0]}
    [again] = run_all(experiment, settings=[setting], seeds=[kept["seed"]], processes=1)
    for name, value in kept.items():
        if name in experiment.settings[0]:
            assert again[name] == value
        else:
            off = LOOSE if name.startswith(HANG_ON_A_THRESHOLD) else FIRM
            assert again[name] == pytest.approx(value, rel=off, abs=off), name


def test_a_run_is_the_same_twice_and_leaves_torch_as_it_was() -> None:
    before = torch.get_rng_state()
    setting = [UNSEEN.short[0]]
    once, twice = (
        run_all(UNSEEN, settings=setting, seeds=[3], processes=1) for _ in range(2)
    )
    assert once == twice
    assert torch.equal(torch.get_rng_state(), before)


def test_softmax_above_one_half_never_names_two_digits() -> None:
    sigmoids, shared = short("multilabel")
    assert shared["exact_half_2"] == shared["exact_half_3"] == 0
    assert shared["exact_half_1"] > 0.3
    assert shared["exact_best"] > shared["exact_half"]
    assert sigmoids["exact_half_2"] > 0


def test_what_was_taught_as_nothing_is_turned_down() -> None:
    runs = {r["way"]: r for r in short("none_of_these")}
    assert runs["softmax"]["half_scrambled"] > 0.5
    for way in ("uniform", "na", "zeros"):
        assert runs[way]["half_scrambled"] < 0.05
    for run in runs.values():
        assert run["kept"] <= run["right"]
        assert run["eleven_half"] <= (1 + run["kept"]) / 2


def test_sigmoids_that_start_at_the_prior_are_ahead_after_one_epoch() -> None:
    runs = {r["way"]: r for r in short("one_vs_rest")}
    assert runs["prior"]["kept"] > runs["zeros"]["kept"] + 0.1


def test_smoothing_takes_confidence_of_known_and_unseen_alike() -> None:
    runs = {r["way"]: r for r in short("unseen")}
    for value in ("sure_known", "sure_unseen"):
        assert runs["smoothed"][value] < runs["softmax"][value]


def test_the_temperature_undoes_the_modesty_of_smoothing() -> None:
    _, smooth = short("smoothing")
    assert smooth["temperature"] < 0.7
    assert smooth["ece_scaled"] < smooth["ece"] / 2
    assert smooth["loss_scaled"] < smooth["loss"]
    assert smooth["confidence"] < smooth["confidence_scaled"]
    assert smooth["gap_train"] == pytest.approx(np.log(91), abs=0.5)


def test_taking_the_prior_off_helps_the_rare_at_the_cost_of_the_common() -> None:
    runs = {r["way"]: r for r in short("imbalance")}
    plain, after = runs["plain"], runs["afterwards"]
    assert after["rare"] > plain["rare"]
    assert after["common"] <= plain["common"]
    for run in runs.values():
        assert run["balanced"] == pytest.approx((run["rare"] + run["common"]) / 2)


def test_a_weight_of_one_shifts_nothing() -> None:
    one, fifty = short("rare_label")
    assert one["recall"] == one["recall_back"]
    assert fifty["recall"] > fifty["recall_back"]
    assert fifty["false_alarms"] >= fifty["false_alarms_back"]
