"""What can be typed: options, their help, and examples."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any, NoReturn

from crossentropy.lab.devices import DEVICES, PRECISIONS
from crossentropy.lab.losses import LOSSES
from crossentropy.lab.models import MODELS, NORMS
from crossentropy.lab.settings import Settings

PROGRAM = "python -m crossentropy.lab"

OVERVIEW = """\
Train small convolutional networks with softmax cross-entropy and its rivals.

examples:
  python -m crossentropy.lab train
  python -m crossentropy.lab evaluate runs/1
  python -m crossentropy.lab predict runs/1 digit.png
  python -m crossentropy.lab compare --losses softmax,squared --rates .001,.01

Each command has a help of its own: python -m crossentropy.lab train --help
"""

TRAIN = """\
Train a model. Without options: the small network on the digits in the package, a few
seconds. The run's folder gets checkpoint.pt, metrics.jsonl, curves.svg, settings.json
and results.json. Ctrl-C finishes the step, saves, and says how to go on.

examples:
  python -m crossentropy.lab train
  python -m crossentropy.lab train --loss squared --rate .003 --out runs/squared
  python -m crossentropy.lab train --noise .2 --label-smoothing .2
  python -m crossentropy.lab train --data fashion-mnist --device cuda --batch-size 1024
  python -m crossentropy.lab train --train-on-all --out runs/final
  python -m crossentropy.lab train --resume --out runs/final
  torchrun --standalone --nproc_per_node=2 -m crossentropy.lab train --norm group
"""

EVALUATE = """\
Test a trained model: accuracy, loss, Brier score, calibration before and after
temperature scaling (fitted on the run's own validation images), and which classes are
taken for which.

examples:
  python -m crossentropy.lab evaluate runs/1
  python -m crossentropy.lab evaluate runs/final --data ~/mnist --out final.json
"""

COMPARE = """\
Train with every loss, every learning rate and several seeds; print a table of means and
standard deviations, draw it, and keep the numbers. Each run has one thread, and there
are as many at a time as there are cores. Unless you ask for something else, that is the
tiny network over 5 epochs, without smoothing, shifts or warps.

examples:
  python -m crossentropy.lab compare
  python -m crossentropy.lab compare --losses softmax,squared --rates .001,.01 --seeds 5
  python -m crossentropy.lab compare --losses softmax,hinge --model small --epochs 20
"""

PREDICT = """\
Show pictures, PNG or JPEG files, to a trained model. Each is prepared as MNIST's digits
were; the drawing shows what the model gets to see, and the probability of each class.

examples:
  python -m crossentropy.lab predict runs/1 digit.png
  python -m crossentropy.lab predict runs/1 *.jpg --out drawings --format png
"""


class Parser(argparse.ArgumentParser):
    """Says in one line what is wrong."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("allow_abbrev", False)
        kwargs["formatter_class"] = argparse.RawDescriptionHelpFormatter
        super().__init__(*args, **kwargs)

    def error(self, message: str) -> NoReturn:
        """Print the message and where help is, and leave with exit code 2."""
        sys.stderr.write(f"crossentropy.lab: {message} (see {self.prog} --help)\n")
        raise SystemExit(2)


def parser() -> Parser:
    """Return the parser of all four commands."""
    top = Parser(prog=PROGRAM, description=OVERVIEW)
    actions = top.add_subparsers(dest="action", metavar="COMMAND", required=True)
    for name, text, add in (
        ("train", TRAIN, _train),
        ("evaluate", EVALUATE, _evaluate),
        ("compare", COMPARE, _compare),
        ("predict", PREDICT, _predict),
    ):
        first = text.partition(".")[0].replace("\n", " ")
        add(actions.add_parser(name, help=first, description=text))
    return top


def _train(to: argparse.ArgumentParser) -> None:
    _settings(to, Settings())
    run = to.add_argument_group("the run")
    run.add_argument(
        "--out", type=Path, help="folder of the run; by default runs/1, runs/2 ..."
    )
    run.add_argument(
        "--resume",
        action="store_true",
        help="go on from the checkpoint in --out, with its settings",
    )
    run.add_argument(
        "--overwrite", action="store_true", help="lose the run that --out holds"
    )
    run.add_argument(
        "--train-on-all",
        dest="held_out",
        action="store_false",
        default=argparse.SUPPRESS,
        help="set no images aside: a final model, to be tested elsewhere",
    )
    run.add_argument(
        "--save-every",
        type=_seconds,
        default=10.0,
        metavar="SECONDS",
        help="between checkpoints (10); 0 saves ten times an epoch",
    )
    run.add_argument("--threads", type=_count, help="of torch, on the CPU")
    run.add_argument(
        "--quiet", action="store_true", help="print only how the training ended"
    )


def _settings(to: argparse.ArgumentParser, default: Settings) -> None:
    """Add the options that are settings; what isn't typed isn't in the namespace."""
    what = to.add_argument_group("what to train")
    how = to.add_argument_group("how to train it")
    on = to.add_argument_group("the machine")

    def add(group: Any, name: str, text: str, **kwargs: Any) -> None:
        group.add_argument(
            f"--{name.replace('_', '-')}",
            default=argparse.SUPPRESS,
            help=f"{text} ({getattr(default, name)})",
            **kwargs,
        )

    add(
        what,
        "data",
        "digits, fashion-mnist, openml:NAME, or a folder with idx files",
        metavar="NAME",
    )
    add(what, "model", ", ".join(MODELS), choices=MODELS, metavar="NAME")
    add(what, "norm", ", ".join(NORMS), choices=NORMS, metavar="NAME")
    add(what, "loss", ", ".join(LOSSES), choices=LOSSES, metavar="NAME")
    what.add_argument(
        "--label-smoothing",
        type=float,
        default=argparse.SUPPRESS,
        metavar="EPS",
        help="0 to 1, each class gets EPS/K "
        f"({default.label_smoothing} with softmax and accurate, 0 with other losses)",
    )
    add(
        what,
        "noise",
        "share of the training labels made wrong, 0 to 1",
        type=float,
        metavar="P",
    )
    add(how, "epochs", "times each image is seen", type=float, metavar="N")
    add(how, "batch_size", "images a step", type=int, metavar="N")
    add(how, "rate", "highest learning rate", type=float)
    optimizers = ("adamw", "sgd")
    add(how, "optimizer", "adamw, sgd", choices=optimizers, metavar="NAME")
    add(how, "weight_decay", "of adamw", type=float, metavar="DECAY")
    add(
        how,
        "warm_up",
        "share of the steps in which the rate rises; below 0 it stays as it is",
        type=float,
        metavar="SHARE",
    )
    add(how, "shift", "move images by up to so many pixels", type=int, metavar="N")
    add(how, "warp", "turn, slant and stretch images by so much", type=float)
    add(how, "seed", "decides weights, order, shifts, noise", type=int, metavar="N")
    add(on, "device", ", ".join(DEVICES), metavar="NAME")
    add(on, "precision", ", ".join(PRECISIONS), choices=PRECISIONS, metavar="NAME")


def _evaluate(to: argparse.ArgumentParser) -> None:
    to.add_argument("run", type=Path, metavar="RUN", help="folder of a run")
    to.add_argument(
        "--data",
        default=argparse.SUPPRESS,
        metavar="NAME",
        help="test on these images instead of the run's own; as for train",
    )
    to.add_argument("--device", help=f"{', '.join(DEVICES)} (as in training)")
    to.add_argument("--out", type=Path, metavar="FILE", help="write the numbers, JSON")


def _compare(to: argparse.ArgumentParser) -> None:
    to.add_argument(
        "--losses",
        type=lambda text: _listed(text, str),
        default=["softmax", "sigmoid", "squared", "hinge"],
        metavar="A,B",
        help=f"of {', '.join(LOSSES)} (softmax,sigmoid,squared,hinge)",
    )
    to.add_argument(
        "--rates",
        type=lambda text: _listed(text, float),
        default=[0.001, 0.003, 0.01],
        metavar="X,Y",
        help="highest learning rates (.001,.003,.01)",
    )
    to.add_argument(
        "--seeds", type=_count, default=3, metavar="N", help="runs of each (3)"
    )
    to.add_argument(
        "--processes", type=_count, metavar="N", help="runs at a time (one a core)"
    )
    to.add_argument(
        "--out", type=Path, help="folder; by default runs/comparisons/1, 2 ..."
    )
    _settings(to, COMPARED)


COMPARED = Settings(model="tiny", epochs=5.0, label_smoothing=0.0, shift=0, warp=0.0)


def _predict(to: argparse.ArgumentParser) -> None:
    to.add_argument("run", type=Path, metavar="RUN", help="folder of a run")
    to.add_argument("images", type=Path, nargs="+", metavar="IMAGE", help="pictures")
    to.add_argument("--device", help=f"{', '.join(DEVICES)} (as in training)")
    to.add_argument(
        "--out", type=Path, help="folder for the drawings (RUN/predictions)"
    )
    to.add_argument("--format", choices=("svg", "png"), default="svg", help="(svg)")


def _count(text: str) -> int:
    number = int(text) if text.isdecimal() else 0
    if number < 1:
        raise argparse.ArgumentTypeError(f"expected a number from 1; got {text!r}")
    return number


def _seconds(text: str) -> float:
    number = float(text)
    if not number >= 0:
        raise argparse.ArgumentTypeError(f"expected 0 or more; got {text!r}")
    return number


def _listed(text: str, kind: Any) -> list[Any]:
    parts = [part.strip() for part in text.split(",")]
    try:
        return list(dict.fromkeys(kind(part) for part in parts))
    except ValueError:
        raise argparse.ArgumentTypeError(
            f"expected numbers with commas between; got {text!r}"
        ) from None
