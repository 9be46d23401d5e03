"""The benchmark's contenders do the same work, and its tables can be printed."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks import __main__ as benchmarks
from benchmarks.contenders import CONTENDERS, ours, ours_fresh, plain_numpy, prepare


def test_the_contenders_compute_the_same_loss_and_gradient():
    case = prepare(50, 7, 1)
    loss, gradient = ours(case)()
    assert gradient is case.out
    for contender in (ours_fresh, plain_numpy):
        other = contender(case)()
        np.testing.assert_allclose(other[0], loss, rtol=1e-5)
        np.testing.assert_allclose(other[1], gradient, atol=1e-7)


def test_each_contender_runs_and_is_timed():
    times = benchmarks.measure(prepare(20, 5, 1), 0.0)
    assert set(times) == set(CONTENDERS)
    assert all(len(t) >= 7 and min(t) > 0 for t in times.values())
    assert "(" in benchmarks.ratio(times, "torch")


def test_a_ratio_compares_rounds_not_totals():
    times = {"ours": [1.0, 2.0, 4.0], "torch": [2.0, 4.0, 8.0]}
    assert benchmarks.ratio(times, "torch").split() == ["2.00", "(2.00-2.00)"]


@pytest.mark.skipif("sys.platform != 'linux'", reason="reads /proc")
def test_peak_memory_sees_a_fresh_gradient():
    fresh = benchmarks.peak_memory("ours, fresh", 64, 32000)
    again = benchmarks.peak_memory("ours", 64, 32000)
    size = 64 * 32000 * 4 / 2**20
    assert again < 0.5 * size
    assert 0.9 * size < fresh < 1.5 * size
