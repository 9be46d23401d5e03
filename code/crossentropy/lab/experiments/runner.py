"""Run an experiment over its settings and seeds, and keep what came out.

An experiment is a function of a setting and a seed that returns a few numbers. Its
runs share nothing, so they are dealt out to processes of one thread each: on two cores
that is faster than one process of two threads, and the numbers don't depend on it.
"""

from __future__ import annotations

import datetime
import json
import os
import platform
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np
import torch

from crossentropy.lab.files import writing
from crossentropy.lab.signals import run_with_children

Setting = Mapping[str, Any]
Record = dict[str, Any]


@dataclass(frozen=True)
class Experiment:
    """What to run.

    Parameters
    ----------
    name : str
        Of the experiment, as in the results file.
    run : callable
        ``run(seed, **setting)`` returns a dictionary of numbers or short lists.
    settings : sequence of dict
        One for each thing that is compared.
    seeds : int
        Every setting is run with the seeds 0 to ``seeds - 1``.
    short : sequence of dict
        The settings of the shortened version that a chapter runs live.
    """

    name: str
    run: Callable[..., Record]
    settings: Sequence[Setting]
    seeds: int
    short: Sequence[Setting]


def _one(task: tuple[Callable[..., Record], Setting, int]) -> Record:
    """Run one setting with one seed, in a process of its own with one thread."""
    run, setting, seed = task
    torch.set_num_threads(1)
    record = run(seed, **setting)
    if taken := record.keys() & {*setting, "seed"}:
        raise ValueError(f"run: {sorted(taken)[0]!r} is returned, and a setting too")
    return {**setting, "seed": seed, **record}


def run_all(
    experiment: Experiment,
    *,
    settings: Sequence[Setting] | None = None,
    seeds: Iterable[int] | None = None,
    processes: int | None = None,
) -> list[Record]:
    """Run every setting with every seed.

    Parameters
    ----------
    experiment : Experiment
        What to run.
    settings : sequence of dict, optional
        Others than the experiment's own.
    seeds : iterable of int, optional
        Others than the experiment's own.
    processes : int, optional
        How many at a time; as many as there are cores by default. With 1, everything
        runs here, in this process.

    Returns
    -------
    list of dict
        A record for each run: the setting, the seed and what the run returned, ordered
        by setting, then seed. What a run raises is raised here.

    Raises
    ------
    ValueError
        If `processes` is less than 1, or a run returns what is a setting's name.
    """
    if processes is not None and processes < 1:
        raise ValueError(f"processes: expected at least 1; got {processes}")
    if seeds is None:
        seeds = range(experiment.seeds)
    seeds = list(seeds)
    tasks = [
        (experiment.run, setting, seed)
        for setting in (experiment.settings if settings is None else settings)
        for seed in seeds
    ]
    processes = min(processes or os.cpu_count() or 1, len(tasks) or 1)
    if processes == 1:  # this one, which Ctrl-C ends by itself
        before = torch.get_num_threads()
        try:
            return [_one(task) for task in tasks]
        finally:
            torch.set_num_threads(before)

    def deal_out() -> list[Record]:
        # Forked processes inherit torch's thread pool half alive; spawned ones don't.
        with ProcessPoolExecutor(processes, mp_context=get_context("spawn")) as pool:
            return list(pool.map(_one, tasks))

    return run_with_children(deal_out)


def provenance(command: str) -> dict[str, str]:
    """Say how, with what and when results were made."""
    return {
        "command": command,
        "date": datetime.datetime.now(datetime.UTC).date().isoformat(),
        "python": platform.python_version(),
        "torch": torch.__version__,
        "numpy": np.__version__,
        "machine": f"{platform.machine()}, {os.cpu_count()} cores",
    }


def save_results(path: Path, experiments: Mapping[str, Any]) -> None:
    """Write results to a file, one record a line, whole or not at all.

    Parameters
    ----------
    path : Path
        Its folder is made if need be.
    experiments : mapping
        Of each name, ``{"made": ..., "records": [...]}``, see :func:`provenance` and
        :func:`run_all`.

    Raises
    ------
    TypeError
        If a record holds what JSON can't; the old file is still there.
    OSError
        If it can't be written; likewise.
    """
    blocks = []
    for name, content in experiments.items():
        lines = ",\n".join(f"  {json.dumps(record)}" for record in content["records"])
        made = json.dumps(content["made"])
        blocks.append(f'{json.dumps(name)}: {{"made": {made}, "records": [\n{lines}]}}')
    path.parent.mkdir(parents=True, exist_ok=True)
    with writing(path) as file:
        file.write(("{" + ",\n".join(blocks) + "}\n").encode())


def load_results(path: Path) -> dict[str, Any]:
    """Return what :func:`save_results` wrote: records and their origin, by name."""
    results: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return results


def spread(
    records: Iterable[Record], value: str, by: Sequence[str]
) -> dict[tuple[Any, ...], tuple[float, float, int]]:
    """Return mean, standard deviation over the seeds and number of runs.

    Parameters
    ----------
    records : iterable of dict
        As :func:`run_all` returns them.
    value : str
        The number to average.
    by : sequence of str
        Keys whose values tell the groups apart.

    Examples
    --------
    >>> runs = [{"loss": "a", "seed": s, "accuracy": 0.5 + s / 10} for s in (0, 1)]
    >>> {k: (round(m, 2), round(s, 3), n)
    ...  for k, (m, s, n) in spread(runs, "accuracy", ["loss"]).items()}
    {('a',): (0.55, 0.071, 2)}
    """
    groups: dict[tuple[Any, ...], list[float]] = {}
    for record in records:
        key = tuple(record[name] for name in by)
        groups.setdefault(key, []).append(float(record[value]))
    return {
        key: (
            float(np.mean(values)),
            float(np.std(values, ddof=1)) if len(values) > 1 else float("nan"),
            len(values),
        )
        for key, values in groups.items()
    }
