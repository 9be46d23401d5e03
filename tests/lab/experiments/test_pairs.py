"""Runs are compared in pairs that share a seed."""

from __future__ import annotations

import statistics

import pytest

from crossentropy.lab.experiments.pairs import effect, percents

RUNS = [
    {"way": way, "length": length, "seed": seed, "share": share}
    for way, length, shares in (
        ("a", 1, (0.1, 0.5, 0.9)),
        ("b", 1, (0.2, 0.55, 0.92)),
        ("a", 2, (0.3, 0.3, 0.3)),
    )
    for seed, share in reversed(list(enumerate(shares)))
]


def test_percents_are_ordered_by_seed_and_of_one_setting() -> None:
    assert percents(RUNS, "share", way="b") == pytest.approx([20, 55, 92])
    assert percents(RUNS, "share", way="a", length=2) == pytest.approx([30] * 3)
    with pytest.raises(ValueError, match=r"records: no run with \{'way': 'c'\}"):
        percents(RUNS, "share", way="c")


def test_the_effect_is_of_pairs() -> None:
    change = effect(RUNS, "share", {"way": "b"}, {"way": "a", "length": 1})
    each = [10.0, 5.0, 2.0]
    assert change.each == pytest.approx(each)
    assert change.mean == pytest.approx(statistics.mean(each))
    assert change.sd == pytest.approx(statistics.stdev(each))
    assert change.error == pytest.approx(statistics.stdev(each) / 3**0.5)
    back = effect(RUNS, "share", {"way": "a", "length": 1}, {"way": "b"})
    assert back.mean == -change.mean
    assert str(change) == "+5.7 ± 4.0"
    assert str(back) == "\N{MINUS SIGN}5.7 ± 4.0"


def test_what_makes_no_pairs_is_refused() -> None:
    with pytest.raises(ValueError, match="records: expected the same seeds"):
        effect(RUNS[1:], "share", {"way": "b"}, {"way": "a", "length": 1})
    with pytest.raises(ValueError, match="records: expected the same seeds"):
        effect(RUNS, "share", {"way": "b"}, {"way": "a"})  # two lengths mixed
    alone = [run for run in RUNS if run["seed"] == 0]
    with pytest.raises(ValueError, match="at least two"):
        effect(alone, "share", {"way": "b"}, {"way": "a", "length": 1})
    with pytest.raises(ValueError, match="no run with"):
        effect(RUNS, "share", {"way": "b"}, {"way": "c"})
