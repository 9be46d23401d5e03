"""Run an experiment's shortened version again and compare it with what was kept."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from crossentropy.lab.experiments.results import stored
from crossentropy.lab.experiments.runner import run_all

if TYPE_CHECKING:
    from crossentropy.lab.experiments.runner import Experiment, Record


def shortened(experiment: Experiment) -> list[Record]:
    """Return a run of each short setting with seed 0, in this process."""
    return run_all(experiment, settings=experiment.short, seeds=[0], processes=1)


def only(records: list[Record], **setting: Any) -> Record:
    """Return the one record of that setting."""
    (found,) = (r for r in records if setting.items() <= r.items())
    return found


def compare(experiment: Experiment, record: Record, **tolerances: float) -> None:
    """Find the kept run of the record's setting and seed and compare the two.

    The early loss agrees between processors to seven digits (AVX-512, AVX2 and plain
    kernels were tried), so five are asked for. By the end of a training rounding has
    grown to about a point of accuracy, which is what the `tolerances` leave room for.
    """
    (keys,) = {tuple(setting) for setting in experiment.short}
    setting = {key: record[key] for key in (*keys, "seed")}
    kept = only(stored(experiment.name).records, **setting)
    assert set(record) == set(kept)
    assert record["early"] == pytest.approx(kept["early"], rel=1e-5)
    for value, tolerance in tolerances.items():
        assert record[value] == pytest.approx(kept[value], abs=tolerance)
