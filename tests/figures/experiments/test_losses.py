"""Figures of the experiments on losses: what they say is what was measured."""

from __future__ import annotations

import re
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest

from crossentropy.figures.experiments import classes, losses, precision
from crossentropy.figures.experiments.style import apart
from crossentropy.lab.experiments.results import best, stored
from crossentropy.lab.experiments.runner import spread

if TYPE_CHECKING:
    from crossentropy.lab.experiments.runner import Record


@pytest.mark.parametrize("name", ["recovery", "rates"])
def test_the_best_of_each_loss_is_said_and_named(name: str) -> None:
    records = stored(name).records
    value = {"recovery": "recovered", "rates": "accuracy"}[name]
    picture = getattr(losses, name)(records)
    names = ("softmax", "sigmoids", "hinge", "squared", "difference")
    for loss, shown in zip(
        ("softmax", "sigmoid", "hinge", "squared", "difference"), names, strict=True
    ):
        found = best(records, value, ["loss"], ["optimizer", "rate"])[(loss,)]
        assert f"{shown} {100 * found.mean:.1f} %" in picture.alt
        assert f">{shown}<" in picture.svg


def test_what_the_smallest_rates_give_is_said_too() -> None:
    records = stored("rates").records
    found = spread(records, "accuracy", ["optimizer", "rate", "loss"])
    said = losses.rates(records).alt
    for optimizer, title in (("adamw", "AdamW"), ("sgd", "SGD, momentum 0.9")):
        softmax = 100 * found[optimizer, 0.001, "softmax"][0]
        assert f"at 0.001 with {title}: softmax {softmax:.1f} %;" in said


def test_one_run_of_a_few_losses_can_be_drawn_too() -> None:
    for module, name in (
        (losses, "recovery"),
        (losses, "rates"),
        (classes, "collapse"),
    ):
        few = [
            record
            for record in stored(name).records
            if record["seed"] == 0
            and record["loss"] in ("softmax", "squared", "difference")
            and not record.get("noise")
        ]
        picture = getattr(module, name)(few)
        assert ">softmax<" in picture.svg
        assert ">sigmoids<" not in picture.svg


def test_the_collapse_is_drawn_for_each_number_of_classes() -> None:
    records = stored("collapse").records
    picture = classes.collapse(records)
    for number in (2, 10, 100):
        assert f"{number} classes: softmax " in picture.alt
    noisy = [record for record in records if record["noise"]]
    sure = spread(noisy, "confidence", ["loss"])[("difference",)][0]
    assert f"difference is {100 * sure:.0f} % sure" in picture.alt


def test_the_start_is_drawn_at_the_best_rate_of_each() -> None:
    records = stored("prior_bias").records
    early, late = (
        100 * best(records, moment, ["loss", "prior"], ["rate"])[("sigmoid", True)].mean
        for moment in ("quarter", "end")
    )
    picture = classes.prior_bias(records)
    assert f"from 1/100 {early:.1f} %, then {late:.1f} %." in picture.alt
    assert ">sigmoids from 1/100<" in picture.svg


def test_runs_that_died_are_counted_by_form_and_type() -> None:
    def record(seed: int, died: int, dtype: str = "float32") -> Record:
        return {
            "inputs": "raw",
            "dtype": dtype,
            "form": "softmax, clamp, log",
            "seed": seed,
            "died": died,
            "accuracy": 0.1,
        }

    picture = precision.precision([record(0, 2), record(1, 0), record(0, 0, "float16")])
    said = re.search(r"raw inputs: (.*)", picture.alt)
    assert said is not None
    assert said[1] == "softmax, clamp, log in float32 (50% of the runs)."
    assert ">nan<" in picture.svg
    assert ">bfloat16<" not in picture.svg
    assert "normalised" in precision.precision(stored("precision").records).alt


def test_names_move_apart_as_little_as_need_be() -> None:
    assert apart([], 1.0) == []
    assert apart([3.0, 1.0], 1.0) == [3.0, 1.0]
    assert apart([1.0, 1.2, 1.1], 1.0) == pytest.approx([0.1, 2.1, 1.1])
    assert apart([0.0, 0.1, 1.0], 1.0) == pytest.approx(
        [-0.633, 0.367, 1.367], abs=1e-3
    )
    placed = sorted(apart([5.0, 5.0, 5.1, 0.0, 5.9], 0.5))
    assert all(b - a >= 0.5 - 1e-9 for a, b in pairwise(placed))
