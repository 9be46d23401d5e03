"""Read the results that ``make experiments`` has kept, and sum them up."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from crossentropy.lab.experiments.runner import Record, load_results, spread

RESULTS = Path(__file__).resolve().parents[4] / "book" / "results" / "experiments.json"


class Results(NamedTuple):
    """What an experiment's runs returned, and how, with what and when."""

    records: list[Record]
    made: dict[str, str]


def stored(name: str, path: Path = RESULTS) -> Results:
    """Return the kept results of one experiment.

    Parameters
    ----------
    name : str
        Of the experiment.
    path : Path
        Another file than the book's.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If the file does not hold this experiment.

    Examples
    --------
    >>> stored("recovery").made["command"]
    'make experiments ONLY=recovery'
    """
    how = f"run make experiments ONLY={name}"
    if not path.is_file():
        raise FileNotFoundError(f"no results in {path}; {how}")
    results = load_results(path)
    if name not in results:
        raise ValueError(
            f"name: expected one of {', '.join(results)}; got {name!r}; {how}"
        )
    return Results(results[name]["records"], results[name]["made"])


class Best(NamedTuple):
    """The setting with the highest mean, and what it gave."""

    setting: dict[str, Any]
    mean: float
    sd: float
    runs: int
    tried: int


def best(
    records: Iterable[Record], value: str, by: Sequence[str], over: Sequence[str]
) -> dict[tuple[Any, ...], Best]:
    """Return, for each group, the setting whose mean over the seeds is highest.

    The choice is made on the very runs it reports, so each figure is a little too good,
    and equally so where equally many settings were tried.

    Parameters
    ----------
    records : iterable of dict
        As :func:`~crossentropy.lab.experiments.runner.run_all` returns them.
    value : str
        The number to compare.
    by : sequence of str
        Keys whose values tell the groups apart.
    over : sequence of str
        Keys of the settings to choose from.

    Examples
    --------
    >>> runs = [{"loss": "a", "rate": r, "seed": s, "accuracy": r + s / 10}
    ...         for r in (0.1, 0.2) for s in (0, 1)]
    >>> found = best(runs, "accuracy", ["loss"], ["rate"])[("a",)]
    >>> found.setting, round(found.mean, 2), found.runs, found.tried
    ({'rate': 0.2}, 0.25, 2, 2)
    """
    found: dict[tuple[Any, ...], Best] = {}
    tried: dict[tuple[Any, ...], int] = {}
    for key, (mean, sd, runs) in spread(records, value, [*by, *over]).items():
        group, setting = key[: len(by)], dict(zip(over, key[len(by) :], strict=True))
        tried[group] = tried.get(group, 0) + 1
        if group not in found or mean > found[group].mean:
            found[group] = Best(setting, mean, sd, runs, 0)
    return {group: each._replace(tried=tried[group]) for group, each in found.items()}
