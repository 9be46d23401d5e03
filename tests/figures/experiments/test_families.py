"""Figures of the experiments on outputs and labels: they draw what the records say."""

from __future__ import annotations

from typing import Any

import matplotlib.colors
import numpy as np
import pytest

from crossentropy.figures.experiments import families, targets
from crossentropy.figures.experiments.runs import dots, names
from crossentropy.figures.theme import canvas
from crossentropy.lab.experiments import imbalance as rare
from crossentropy.lab.experiments.multilabel import MULTILABEL
from crossentropy.lab.experiments.none_of_these import NONE_OF_THESE, ONE_VS_REST
from crossentropy.lab.experiments.runner import Experiment
from crossentropy.lab.experiments.smoothing import NOISY_LABELS, SMOOTHING
from crossentropy.lab.experiments.unseen import UNSEEN

Records = list[dict[str, Any]]


def invented(experiment: Experiment, names: str, seeds: int = 3) -> Records:
    """Records of every setting, each value different: 0.001, 0.002 and so on.

    Of three seeds the middle one is the mean, so no mean is half-way between two
    rounded numbers.
    """
    values = iter(range(1, 10_000))
    return [
        {
            **setting,
            "seed": seed,
            **{name: next(values) / 1000 for name in names.split()},
        }
        for setting in experiment.settings
        for seed in range(seeds)
    ]


def mean(records: Records, value: str, **setting: Any) -> float:
    """The mean over the seeds, in percent, by another way than the figures'."""
    found = [r[value] for r in records if setting.items() <= r.items()]
    return 100 * sum(found) / len(found)


@pytest.mark.parametrize("flat", [False, True])
def test_every_run_is_a_dot_and_every_mean_a_mark(flat: bool) -> None:
    _, axes = canvas()
    columns = [np.array([1.0, 3.0]), np.array([5.0, 5.0, 8.0])]
    means = dots(axes, [10, 20], columns, "#123456", full=False, flat=flat)
    assert means.tolist() == [2, 6]
    first, second, marks = (line.get_xydata() for line in axes.lines)
    turn = slice(None, None, -1 if flat else 1)
    assert first[:, turn].tolist() == [[10, 1], [10, 3]]
    assert second[:, turn].tolist() == [[20, 5], [20, 5], [20, 8]]
    assert marks[:, turn].tolist() == [[10, 2], [20, 6]]
    assert all(
        matplotlib.colors.to_hex(line.get_color()) == "#123456" for line in axes.lines
    )


def test_names_stand_in_the_order_of_their_lines() -> None:
    _, axes = canvas()
    axes.set_ylim(0, 100)
    names(axes, [("low", "#111111", 49.0), ("high", "#222222", 51.0)])
    low, high = (text.get_position()[1] for text in axes.texts)
    assert 0.4 < low < 0.5 < high < 0.6
    assert high - low > 0.08


def test_scenes_by_number_of_digits() -> None:
    kinds = " ".join(f"exact_{cut}_{n}" for cut in ("half", "best") for n in (1, 2, 3))
    records = invented(MULTILABEL, kinds)
    for r in records:
        r |= {name: 10 * r[name] for name in kinds.split()}
    figure = families.scenes(records)
    for way, cut, name in (
        ("sigmoid", "half", "sigmoids, at ½"),
        ("softmax", "best", "softmax, at its best"),
        ("softmax", "half", "softmax, at ½"),
    ):
        found = [mean(records, f"exact_{cut}_{n}", way=way) for n in (1, 2, 3)]
        assert f"{name}: {', '.join(f'{m:.0f}' for m in found)} %" in figure.alt
        assert f">{name}<" in figure.svg


def test_none_of_these_by_kind_of_picture() -> None:
    records = invented(NONE_OF_THESE, " ".join(families.KINDS))
    for r in records:
        r |= {name: 10 * r[name] for name in families.KINDS}
    figure = families.none_of_these(records)
    for value, title in families.KINDS.items():
        told = figure.alt.split(f"{title}: ")[1]
        assert told.startswith(f"softmax {mean(records, value, way='softmax'):.0f}, ")
        assert f">{title}<" in figure.svg
    assert figure.svg.count(">NA class<") == 2  # beside each row of panels, once


def test_one_vs_rest_tells_the_best_rate_of_each_way() -> None:
    records = invented(ONE_VS_REST, "eleven_half")
    best = max(
        mean(records, "eleven_half", way="na", epochs=5.0, rate=rate)
        for rate in (0.003, 0.01, 0.03)
    )
    figure = families.one_vs_rest(records)
    assert f"NA class, epochs 5: at most {best:.1f} %" in figure.alt
    assert figure.svg.count("<svg") == 2


def test_unseen_by_the_digits_held_out() -> None:
    records = invented(UNSEEN, "auroc fair_unseen")
    for r in records:
        r |= {name: 10 * r[name] for name in ("auroc", "fair_unseen")}
    pairs = ("0,1", "2,3", "4,5", "6,7", "8,9")
    figure = families.unseen(records)
    for value, title in (("auroc", "AUROC"), ("fair_unseen", "unseen digits accepted")):
        found = [mean(records, value, way="sigmoid", held_out=p) for p in pairs]
        told = ", ".join(f"{m:.0f}" for m in found)
        assert f"{title}, sigmoids: {told} %" in figure.alt


def test_calibration_and_the_gap_in_theory() -> None:
    records = invented(SMOOTHING, "ece ece_scaled gap_train")
    figure = targets.calibration(records, [6.2, 4.5, 3.7])
    amounts = (0.0, 0.02, 0.1, 0.2)
    for value, name in (("ece", "as trained"), ("ece_scaled", "after a temperature")):
        told = ", ".join(f"{mean(records, value, eps=e):.1f}" for e in amounts)
        assert f"{name}: {told} %" in figure.alt
    assert "then 6.2, 4.5, 3.7" in figure.alt


def test_noisy_labels_are_compared_in_pairs() -> None:
    records = invented(NOISY_LABELS, "accuracy")
    case = {"noise": 0.4, "epochs": 15.0}
    gains = [
        100 * (b["accuracy"] - a["accuracy"])
        for a in records
        for b in records
        if a["seed"] == b["seed"]
        and {**case, "eps": 0.0}.items() <= a.items()
        and {**case, "eps": 0.2}.items() <= b.items()
    ]
    figure = targets.noisy_labels(records)
    assert len(gains) == 3
    assert (
        f"15 epochs, 40% wrong, ε 0.2: {np.mean(gains):+.1f} ± "
        f"{np.std(gains, ddof=1):.1f}" in figure.alt
    )
    alone = targets.noisy_labels([r for r in records if r["seed"] == 0])
    assert "±" not in alone.alt


def test_imbalance_and_rare_label() -> None:
    records = invented(rare.IMBALANCE, "balanced common rare")
    for r in records:
        r["rare"] *= 10
    found = [mean(records, "rare", way=way) for way in rare.WAYS]
    figure = targets.imbalance(records)
    assert f"rare: {', '.join(f'{m:.0f}' for m in found)} %" in figure.alt
    values = "recall recall_back average_precision"
    records = invented(rare.RARE_LABEL, values)
    for r in records:
        r["recall_back"] *= 10
    figure = targets.rare_label(records)
    for epochs in (5.0, 15.0):
        found = [
            mean(records, "recall_back", pos_weight=w, epochs=epochs)
            for w in (1.0, 7.0, 50.0)
        ]
        told = ", ".join(f"{m:.0f}" for m in found)
        assert f"less log w, {epochs:.0f} epochs: {told} %" in figure.alt
    assert "for weights 1, 7, 50." in figure.alt
    assert figure.svg.count("<svg") == 2
