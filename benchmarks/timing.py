"""Contenders timed in turn: a slow moment of the machine strikes all of them."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Mapping
from statistics import median, quantiles
from typing import Any

Times = dict[str, list[float]]


def timed(run: Callable[[], Any]) -> float:
    """Seconds that one call takes."""
    start = time.perf_counter()
    run()
    return time.perf_counter() - start


def in_turn(
    runs: Mapping[str, Callable[[], Any]], seconds: float, least: int = 7
) -> Times:
    """Times of each contender, each once a round, until the time is over.

    They run twice before the clock starts, and there are at least so many rounds.
    """
    for run in runs.values():
        run()
        run()
    times: Times = {name: [] for name in runs}
    end = time.perf_counter() + seconds
    order, shuffle = list(runs), random.Random(0).shuffle
    while time.perf_counter() < end or len(times[order[0]]) < least:
        shuffle(order)  # nobody always profits from who came before
        for name in order:
            times[name].append(timed(runs[name]))
    return times


def ratio(times: Times, name: str, base: str = "ours") -> str:
    """Median of the ratio to the base in the same round, and its quartiles."""
    ratios = [a / b for a, b in zip(times[name], times[base], strict=True)]
    low, _, high = quantiles(ratios, n=4)
    return f"{median(ratios):6.2f} ({low:.2f}-{high:.2f})"
