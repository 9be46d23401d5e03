"""Plant faults in the numeric modules, one at a time, and see whether a test notices.

Run with ``make mutants``, or ``python -m tools.mutate softmax labels`` for some
modules. Every fault is tried in a process of its own, forked from one that has imported
what the tests need, so that it takes a second or two. A fault that no test notices
survives: write the test, or, if no test could notice, give the reason in
``tools/mutants.toml``.
"""

from __future__ import annotations

import argparse
import ast
import importlib.abc
import importlib.machinery
import importlib.util
import os
import resource
import signal
import sys
import time
import tomllib
from collections.abc import Sequence
from pathlib import Path
from types import CodeType, ModuleType

from tools.mutations import Mutation, mutations

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "code" / "crossentropy"
LOSSES = [
    f"tests/losses/test_{name}.py" for name in ("categorical", "contract", "blocks")
]
EDGES = ["tests/test_edge_cases.py", "tests/test_inputs.py"]
ALL = [
    "tests/test_softmax.py",
    "tests/test_information.py",
    "tests/test_labels.py",
    *EDGES,
    *LOSSES,
    "tests/losses/test_binary.py",
    "tests/losses/test_comparisons.py",
    "tests/test_calibration.py",
    "tests/test_temperature.py",
    "tests/losses/test_accuracy.py",
]
# Each module, and the tests to run, the likeliest to notice first.
TESTS = {
    "_arithmetic": ALL,
    "_validate": ALL,
    "calibration": ["tests/test_calibration.py"],
    "information": ["tests/test_information.py", *EDGES],
    "labels": ["tests/test_labels.py", *LOSSES],
    "losses._blocks": [*LOSSES[::-1]],
    "losses._kernel": [*LOSSES, *EDGES, *ALL[-1:]],
    "losses._results": [*LOSSES, *EDGES, "tests/losses/test_binary.py"],
    "losses._rows": [*LOSSES, *EDGES],
    "losses.binary": ["tests/losses/test_binary.py", *EDGES],
    "losses.categorical": [*LOSSES, *EDGES],
    "losses.comparisons": [
        "tests/losses/test_comparisons.py",
        *EDGES,
    ],
    "reference": ["tests/test_reference.py", "tests/losses/test_categorical.py"],
    "softmax": ["tests/test_softmax.py", *EDGES],
    "temperature": ["tests/test_temperature.py"],
}
LIMIT = 60  # seconds of work, many times what the tests need: beyond, it is endless


class Planted(importlib.machinery.SourceFileLoader):
    """Loads a module of the package from a tree instead of its file."""

    def __init__(self, name: str, path: Path, tree: ast.Module) -> None:
        super().__init__(name, str(path))
        self.tree = tree

    def get_code(self, fullname: str) -> CodeType:
        """Compile the tree; no cache is read or written."""
        code: CodeType = compile(self.tree, self.path, "exec")
        return code


class Finder(importlib.abc.MetaPathFinder):
    """Finds that one module, and leaves the others alone."""

    def __init__(self, loader: Planted) -> None:
        self.loader = loader

    def find_spec(
        self,
        fullname: str,
        path: Sequence[str] | None,
        target: ModuleType | None = None,
    ) -> importlib.machinery.ModuleSpec | None:
        """Answer for the one module."""
        if fullname != self.loader.name:
            return None
        place = self.loader.path
        return importlib.util.spec_from_file_location(
            fullname, place, loader=self.loader
        )


def warm_up() -> None:
    """Import what the tests import, before anything forks; not the package itself."""
    os.environ["OMP_NUM_THREADS"] = "1"
    for name in (
        "hypothesis.extra.numpy",
        "mpmath",
        "pytest",
        "scipy.optimize",
        "scipy.special",
        "tools.browser",
        "torch",
    ):
        importlib.import_module(name)


def start_tests(module: str, tree: ast.Module | None) -> int:
    """Run the module's tests in a forked child, with the tree in place: its process."""
    if pid := os.fork():
        return pid
    status = 99
    try:
        # Counted in the child's own time, so that a busy machine kills no mutant.
        resource.setrlimit(resource.RLIMIT_CPU, (LIMIT, LIMIT))
        signal.alarm(20 * LIMIT)  # a child that waits for ever uses no time of its own
        quiet = os.open(os.devnull, os.O_WRONLY)
        os.dup2(quiet, 1)
        os.dup2(quiet, 2)
        if tree is not None:
            path = PACKAGE / (module.replace(".", "/") + ".py")
            loader = Planted(f"crossentropy.{module}", path, tree)
            sys.meta_path.insert(0, Finder(loader))
        import pytest

        options = ["-x", "-q", "-p", "no:cacheprovider", "--assert=plain"]
        options += ["--hypothesis-profile=mutants"]
        status = int(pytest.main([*options, *TESTS[module]]))
    finally:
        os._exit(status)


def unnoticed(
    module: str, faults: Sequence[tuple[Mutation, ast.Module]], jobs: int
) -> list[Mutation]:
    """The faults that the module's tests pass with, several at work at a time."""
    running: dict[int, Mutation] = {}
    passed = []
    queue = list(faults)[::-1]
    while queue or running:
        while queue and len(running) < jobs:
            mutation, tree = queue.pop()
            running[start_tests(module, tree)] = mutation
        pid, status = os.wait()
        mutation = running.pop(pid)
        if status == 0:
            passed.append(mutation)
    return sorted(passed, key=lambda mutation: mutation.line)


def settle_hypothesis() -> None:
    """Few examples, the same each time, and none made smaller: a failure is enough."""
    from hypothesis import Phase, settings

    phases = (Phase.explicit, Phase.generate)
    settings.register_profile(
        "mutants",
        max_examples=25,
        deadline=None,
        derandomize=True,
        database=None,
        phases=phases,
    )


def name_of(mutation: Mutation, lines: list[str]) -> str:
    """A name that lasts as long as the line's text does."""
    return f"{lines[mutation.line - 1].strip()} | {mutation.what}"


def try_module(
    module: str, explained: dict[str, str], jobs: int, share: int
) -> tuple[int, int, int]:
    """Plant the faults of a module: how many, how many explained, how many survived."""
    text = (PACKAGE / (module.replace(".", "/") + ".py")).read_text()
    tree, lines = ast.parse(text), text.splitlines()
    if os.waitstatus_to_exitcode(os.waitpid(start_tests(module, None), 0)[1]) != 0:
        raise SystemExit(f"error: {module}: its tests fail without any fault")
    start = time.monotonic()
    faults = [(m, m.planted(tree)) for m in list(mutations(tree))[::share]]
    names = [name_of(m, lines) for m in unnoticed(module, faults, jobs)]
    survivors = [name for name in names if name not in explained]
    for name in survivors:
        print(f"  SURVIVED {module}: {name}")
    print(
        f"{module}: {len(faults) - len(names)} of {len(faults)} killed, "
        f"{len(names) - len(survivors)} explained, {len(survivors)} survived, "
        f"{time.monotonic() - start:.0f} s",
        flush=True,
    )
    return len(faults), len(names) - len(survivors), len(survivors)


def main() -> int:
    """Try the modules, and print the score."""
    parser = argparse.ArgumentParser(prog="python -m tools.mutate", description=__doc__)
    parser.add_argument("modules", nargs="*", help=f"of {', '.join(TESTS)}")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    parser.add_argument(
        "--share",
        type=int,
        default=1,
        help="try only every n-th fault, for a quick look",
    )
    options = parser.parse_args()
    modules = options.modules or list(TESTS)
    if unknown := set(modules) - set(TESTS):
        parser.error(f"no such module: {', '.join(sorted(unknown))}")
    os.chdir(ROOT)
    sys.path.insert(0, str(ROOT))
    explained = tomllib.loads((ROOT / "tools" / "mutants.toml").read_text())
    warm_up()
    settle_hypothesis()
    counts = [
        try_module(m, explained.get(m, {}), options.jobs, options.share)
        for m in modules
    ]
    total, reasons, survived = (sum(column) for column in zip(*counts, strict=True))
    killed = total - reasons - survived
    print(
        f"score: {killed} of {total} faults killed, {killed / total:.1%}; "
        f"{reasons} explained in tools/mutants.toml, {survived} unexplained"
    )
    return 1 if survived else 0


if __name__ == "__main__":
    sys.exit(main())
