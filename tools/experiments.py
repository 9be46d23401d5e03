"""Run the lab's experiments and keep what came out: ``python -m tools.experiments``.

``make experiments ONLY=recovery`` runs the named ones and leaves the others' results
as they are. The file is written after each experiment, so one that is stopped costs
no other's.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from crossentropy.lab.experiments import EXPERIMENTS
from crossentropy.lab.experiments.results import RESULTS
from crossentropy.lab.experiments.runner import (
    load_results,
    provenance,
    run_all,
    save_results,
)

# Every run has one thread, in this process too.
ONE_THREAD = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS")


def run(names: Sequence[str], path: Path, processes: int | None = None) -> None:
    """Run the named experiments, each into its place in the file."""
    path.parent.mkdir(parents=True, exist_ok=True)  # fail before minutes are spent
    for name in names:
        experiment = EXPERIMENTS[name]
        started = time.monotonic()
        runs = len(experiment.settings) * experiment.seeds
        print(f"{name}: {runs} runs ...", flush=True)
        records = run_all(experiment, processes=processes)
        kept = load_results(path) if path.is_file() else {}
        command = f"make experiments ONLY={name}"
        kept[name] = {"made": provenance(command), "records": records}
        # In the registry's order; what is no longer registered goes.
        save_results(path, {key: kept[key] for key in EXPERIMENTS if key in kept})
        print(f"{name}: {time.monotonic() - started:.0f} s", flush=True)


def main(arguments: Sequence[str] | None = None, path: Path = RESULTS) -> int:
    """Run the experiments named on the command line, or all of them."""
    parser = argparse.ArgumentParser(
        prog="make experiments ONLY=", description=__doc__.split("\n")[0]
    )
    parser.add_argument("names", nargs="*", metavar="name", help=", ".join(EXPERIMENTS))
    names = parser.parse_args(arguments).names or list(EXPERIMENTS)
    unknown = [name for name in names if name not in EXPERIMENTS]
    if unknown:
        print(
            f"error: no experiment {unknown[0]!r}; there are {', '.join(EXPERIMENTS)}",
            file=sys.stderr,
        )
        return 2
    try:
        run(names, path)
    except KeyboardInterrupt:
        print("Stopped; the results of finished experiments are kept.", file=sys.stderr)
        return 130
    except OSError as error:
        print(f"error: {path}: {error.strerror}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    os.environ.update(dict.fromkeys(ONE_THREAD, "1"))
    sys.exit(main())
