"""Write the exercises as notebooks: ``python -m crossentropy.exercises``."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from crossentropy.exercises.notebooks import RefusedError, write

_EXAMPLES = """\
examples:
  python -m crossentropy.exercises
  python -m crossentropy.exercises --out ~/answers
  python -m crossentropy.exercises --solutions --out solved
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Write the notebooks; return 0, or 2 if nothing could be written."""
    parser = argparse.ArgumentParser(
        prog="python -m crossentropy.exercises",
        description="Write the exercises that check themselves as Jupyter notebooks.",
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "--out",
        type=Path,
        default=Path("exercises"),
        metavar="FOLDER",
        help="where to write them (default: exercises); nothing is overwritten",
    )
    parser.add_argument(
        "--solutions", action="store_true", help="fill in the answers, for teachers"
    )
    chosen = parser.parse_args(arguments)
    folder = chosen.out.expanduser()
    try:
        written = write(folder, solutions=chosen.solutions)
    except RefusedError as error:
        sys.stderr.write(f"error: {error}\n")
        return 2
    if written:
        sys.stdout.write(f"{len(written)} notebooks in {folder}\n")
    else:
        sys.stdout.write(f"the notebooks in {folder} are there already\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
