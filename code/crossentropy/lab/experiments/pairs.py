"""Compare two settings in pairs of runs that share a seed.

What the seed decides, weights, order, wrong labels, is the same for both runs of a
pair, so it drops out of their difference.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from crossentropy.lab.experiments.runner import Record


def percents(
    records: Iterable[Record], value: str, **setting: Any
) -> NDArray[np.float64]:
    """Return a value of all runs of a setting, in percent, ordered by seed.

    Parameters
    ----------
    records : iterable of dict
        As :func:`~crossentropy.lab.experiments.runner.run_all` returns them.
    value : str
        A share, from 0 to 1.
    **setting
        What the runs have in common.

    Raises
    ------
    ValueError
        If there is no such run.

    Examples
    --------
    >>> runs = [{"way": w, "seed": s, "share": s / 4} for w in "ab" for s in (1, 0)]
    >>> percents(runs, "share", way="b").tolist()
    [0.0, 25.0]
    """
    found = [record for record in records if setting.items() <= record.items()]
    if not found:
        raise ValueError(f"records: no run with {setting}")
    ordered = sorted(found, key=lambda record: int(record["seed"]))
    return 100 * np.array([float(record[value]) for record in ordered])


class Effect(NamedTuple):
    """Differences of pairs, in points.

    Attributes
    ----------
    mean
        Their mean.
    sd
        Their standard deviation, with N - 1.
    error
        The standard error of the mean: sd over the square root of N. It tells what
        other seeds would change, not what other test images would.
    each
        The N differences, ordered by seed.
    """

    mean: float
    sd: float
    error: float
    each: NDArray[np.float64]

    def __str__(self) -> str:
        """Return mean and standard deviation with one decimal: "+1.2 ± 0.5"."""
        return f"{self.mean:+.1f} ± {self.sd:.1f}".replace("-", "\N{MINUS SIGN}")


def effect(
    records: Iterable[Record],
    value: str,
    one: Mapping[str, Any],
    other: Mapping[str, Any],
) -> Effect:
    """Return what changes from the setting `other` to the setting `one`.

    Parameters
    ----------
    records, value
        As for :func:`percents`.
    one, other : mapping
        Two settings that were run with the same seeds, at least two.

    Raises
    ------
    ValueError
        If a setting was not run, or the seeds differ.

    Examples
    --------
    >>> runs = [{"eps": e, "seed": s, "accuracy": 0.5 + s / 4 + e * (s + 1) / 100}
    ...         for e in (0, 1) for s in (0, 1)]
    >>> gain = effect(runs, "accuracy", {"eps": 1}, {"eps": 0})
    >>> gain.each.round(9).tolist(), str(gain)
    ([1.0, 2.0], '+1.5 ± 0.7')
    """
    records = list(records)
    seeds = [
        sorted(r["seed"] for r in records if setting.items() <= r.items())
        for setting in (one, other)
    ]
    each = percents(records, value, **one), percents(records, value, **other)
    if seeds[0] != seeds[1] or len(seeds[0]) < 2:
        raise ValueError(
            f"records: expected the same seeds, at least two, for {one} and {other}; "
            f"got {seeds[0]} and {seeds[1]}"
        )
    change = each[0] - each[1]
    sd = float(change.std(ddof=1))
    return Effect(float(change.mean()), sd, sd / len(change) ** 0.5, change)
