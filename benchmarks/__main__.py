"""Time loss and gradient against PyTorch, plain NumPy, SciPy and a bare copy.

Run with ``make bench`` or ``python -m benchmarks``, on an idle machine. Each contender
runs once in every round, in an order that changes, so that a slow moment of the machine
strikes all of them. What is printed are medians, as ratios to ours: above 1, ours is
faster.
"""

from __future__ import annotations

import argparse
import platform
import subprocess
import sys
from statistics import median

import numpy as np

from benchmarks.contenders import CONTENDERS, Case, prepare
from benchmarks.lab import lab_table
from benchmarks.timing import Times, in_turn, ratio

SHAPES = [
    (8192, 10),
    (8192, 32),
    (8192, 100),
    (8192, 256),
    (4096, 1000),
    (512, 32000),
    (64, 128256),
]


def measure(case: Case, seconds: float) -> Times:
    """Times of each contender, taken in turn until the time is over."""
    return in_turn({name: make(case) for name, make in CONTENDERS.items()}, seconds)


PEAK = """
from pathlib import Path
from benchmarks.contenders import CONTENDERS, prepare

def kib(name):
    lines = Path("/proc/self/status").read_text().splitlines()
    return int(next(line for line in lines if line.startswith(name)).split()[1])

CONTENDERS[{name!r}](prepare(64, 10, 1))()  # imports, and what is set up once
run = CONTENDERS[{name!r}](prepare({rows}, {classes}, 1))
Path("/proc/self/clear_refs").write_text("5")  # forget the peak so far
before = kib("VmRSS")
run()
print((kib("VmHWM") - before) / 1024)
"""


def peak_memory(name: str, rows: int, classes: int) -> float:
    """MiB that the first run in a fresh process adds at its peak (Linux only)."""
    script = PEAK.format(name=name, rows=rows, classes=classes)
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    return float(done.stdout)


def speed_table(threads: int, seconds: float) -> None:
    """Print the ratios for one number of threads."""
    print(f"\n{threads} thread{'s' * (threads > 1)}, float32, loss and gradient")
    print("ours in ms, then median (quartiles) of each contender's time to ours")
    names = [name for name in CONTENDERS if name != "ours"]
    print(f"{'shape':>14} {'ours':>8} " + " ".join(f"{n:>20}" for n in names))
    for rows, classes in SHAPES:
        times = measure(prepare(rows, classes, threads), seconds)
        cells = " ".join(f"{ratio(times, name):>20}" for name in names)
        ours = median(times["ours"]) * 1e3
        print(f"{rows:>7}x{classes:<6} {ours:8.3f} {cells}", flush=True)


def memory_table() -> None:
    """Print the peak memory of each contender at the two largest shapes."""
    if sys.platform != "linux":
        print("\npeak memory: can be measured on Linux only")
        return
    print("\npeak memory of one run beyond its inputs, MiB")
    print(f"{'shape':>14} {'logits':>8} " + " ".join(f"{n:>12}" for n in CONTENDERS))
    for rows, classes in SHAPES[-2:]:
        cells = " ".join(f"{peak_memory(n, rows, classes):12.1f}" for n in CONTENDERS)
        size = rows * classes * 4 / 2**20
        print(f"{rows:>7}x{classes:<6} {size:8.1f} {cells}", flush=True)


def import_time() -> None:
    """Print how much longer importing the package takes than importing NumPy."""
    times: dict[str, list[float]] = {"numpy": [], "crossentropy": []}
    for _ in range(7):
        for module, taken in times.items():
            code = f"import time; t = time.perf_counter(); import {module}; "
            code += "print(time.perf_counter() - t)"
            done = subprocess.run(
                [sys.executable, "-c", code], capture_output=True, text=True, check=True
            )
            taken.append(float(done.stdout))
    extra = median(times["crossentropy"]) - median(times["numpy"])
    print(f"\nimport crossentropy takes {extra * 1e3:.0f} ms more than import numpy")


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument(
        "--seconds", type=float, default=3.0, help="time for each row of a table"
    )
    seconds = parser.parse_args().seconds
    print(f"Python {platform.python_version()}, NumPy {np.__version__}", end=", ")
    print(f"{platform.machine()}, {platform.system()}")
    for threads in (1, 2):
        speed_table(threads, seconds)
    memory_table()
    import_time()
    lab_table(2, 4 * seconds)


if __name__ == "__main__":
    main()
