"""The lab's command line: train, evaluate, compare, predict."""

from __future__ import annotations

import argparse
import os
import shlex
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

from crossentropy.lab import compare, folder, group, options
from crossentropy.lab.checkpoint import Checkpoint, CheckpointError
from crossentropy.lab.data import DataError, load_data
from crossentropy.lab.devices import choose_device, choose_precision, threads
from crossentropy.lab.experiments.runner import provenance
from crossentropy.lab.folder import RunError
from crossentropy.lab.run import Run
from crossentropy.lab.settings import Settings
from crossentropy.lab.trained import evaluate, load_model, predict

RUNS = Path("runs")
OK, REFUSED, INTERRUPTED = 0, 2, 130


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command.

    Parameters
    ----------
    argv : sequence of str, optional
        What follows ``python -m crossentropy.lab``; by default what was typed.

    Returns
    -------
    int
        The exit code: 0, or 2 after an error, which is one line on stderr; 130 or 143
        after Ctrl-C or a polite kill.
    """
    typed = sys.argv[1:] if argv is None else list(argv)
    try:
        args = options.parser().parse_args(typed)
    except SystemExit as e:  # after --help, or what argparse could not make sense of
        return int(e.code or 0)
    args.command = shlex.join(["python", "-m", "crossentropy.lab", *typed])
    try:
        code: int = globals()[f"_{args.action}"](args)
    except KeyboardInterrupt:
        _complain("stopped")
        return INTERRUPTED
    except OSError as e:
        where = f": {e.filename}" if e.filename else ""
        _complain(f"{e.strerror or e}{where}")
        return REFUSED
    except (CheckpointError, DataError, RunError) as e:
        _complain(str(e))
        return REFUSED
    except (MemoryError, torch.OutOfMemoryError):
        _complain("out of memory: give a smaller --batch-size or --model")
        return REFUSED
    return code


def _complain(words: str) -> None:
    """Say one line, and under torchrun say it once."""
    if os.environ.get("RANK", "0") == "0":
        sys.stderr.write(f"crossentropy.lab: {' '.join(words.split())}\n")


@contextmanager
def _refusing() -> Iterator[None]:
    """Say of a setting that it can't be so, by the name of its option."""
    try:
        yield
    except (CheckpointError, DataError, RunError):
        raise
    except ValueError as e:
        name, colon, words = str(e).partition(":")
        if colon and name in Settings.__dataclass_fields__:
            name = f"--{name.replace('_', '-')}"
        raise RunError(f"{name}{colon}{words}") from e


def _typed(args: argparse.Namespace) -> dict[str, Any]:
    """Return the settings among the options that were typed."""
    fields = Settings.__dataclass_fields__
    typed = {name: value for name, value in vars(args).items() if name in fields}
    # A run must find its folder again, wherever it is resumed.
    if "data" in typed and Path(typed["data"]).expanduser().is_dir():
        typed["data"] = str(Path(typed["data"]).expanduser().resolve())
    return typed


def _train(args: argparse.Namespace) -> int:
    """Train, from the beginning or from a checkpoint."""
    typed = _typed(args)
    start = _find_start(args.out, typed) if args.resume else None
    with _refusing():
        if start:
            chosen = {k: v for k, v in typed.items() if k == "device"}
            settings = replace(start.settings, **chosen)
        else:
            if typed.get("loss", "softmax") not in ("softmax", "accurate"):
                typed.setdefault("label_smoothing", 0.0)
            settings = Settings(**typed)
        device = choose_device(settings.device)
        choose_precision(settings.precision, device)
    with (
        group.joined(device) as device,
        threads(args.threads or (start.threads if start else None)),
    ):
        data = load_data(settings.data, held_out=settings.held_out)
        out = group.by_first(lambda: _claim(args))
        with _refusing():
            run = Run(
                settings,
                data,
                out,
                device,
                start=start,
                save_every=args.save_every,
                quiet=args.quiet,
                command=args.command,
            )
        try:
            with folder.locked(out) if group.rank() == 0 else nullcontext():
                number = run.train()
        except OSError as e:
            words = f"{out}: {e.strerror or e}"
            if (out / folder.CHECKPOINT).exists():
                words += (
                    "; the last checkpoint is whole: when this is mended, go on with "
                    f"{options.PROGRAM} train --resume --out {shlex.quote(str(out))}"
                )
            raise RunError(words) from e
    return 128 + number if number else OK


def _find_start(out: Path | None, typed: dict[str, Any]) -> Checkpoint:
    """Return the checkpoint to go on from, if it is of the run that was typed."""
    if out is None:
        raise RunError("--resume needs --out, the folder of the run to go on with")
    start = folder.find_checkpoint(out)
    for name, value in typed.items():
        was = getattr(start.settings, name)
        if name != "device" and value != was:
            option = name.replace("_", "-")
            raise RunError(
                f"{out} holds a run with {option} {was}, not {value}: leave the option "
                "out to go on with it, or give another --out"
            )
    return start


def _claim(args: argparse.Namespace) -> Path:
    """Return the folder to write to, unless it holds a run already."""
    out: Path | None = args.out
    if out is None:
        return folder.next_folder(RUNS)
    if not args.resume and not args.overwrite:
        folder.require_free(out)
    return out


def _load(args: argparse.Namespace) -> tuple[nn.Module, Checkpoint]:
    """Return a run's model, on the device that was typed or else on the run's own."""
    checkpoint = folder.find_checkpoint(args.run)
    with _refusing():
        if args.device:
            device = choose_device(args.device)
        else:
            try:
                device = choose_device(checkpoint.settings.device)
            except ValueError:  # trained on another computer
                device = choose_device()
    return load_model(args.run / folder.CHECKPOINT, checkpoint, device), checkpoint


def _evaluate(args: argparse.Namespace) -> int:
    """Test a model."""
    model, checkpoint = _load(args)
    report = evaluate(model, checkpoint, _typed(args).get("data"))
    _print(str(report))
    if args.out:
        made = {"run": str(args.run), "made": provenance(args.command)}
        args.out.parent.mkdir(parents=True, exist_ok=True)
        folder.write_json(args.out, {**report.as_dict(), **made})
    return OK


def _compare(args: argparse.Namespace) -> int:
    """Train many models."""
    with _refusing():
        base = replace(options.COMPARED, **_typed(args))
        choose_device(base.device)
        settings = compare.grid(base, args.losses, args.rates)
    data = load_data(base.data)
    if not len(data.test.labels) or not len(data.validation.labels):
        raise RunError(f"{data.name}: no images for validation and test")
    out = args.out or folder.next_folder(RUNS / "comparisons")
    _print(f"{len(settings)} settings, {args.seeds} seeds each: please wait.")
    records = compare.compare(settings, args.seeds, args.processes)
    _print(compare.table(records))
    compare.write(out, records, args.command)
    _print(f"Written to {out}: {compare.NUMBERS} and {compare.PICTURE}.")
    return OK


def _predict(args: argparse.Namespace) -> int:
    """Ask a model about pictures."""
    model, checkpoint = _load(args)
    out = args.out or args.run / "predictions"
    for found in predict(model, checkpoint, args.images, out, args.format):
        order = np.argsort(-found.probabilities, kind="stable")[:10]
        names = checkpoint.class_names
        _print(f"{found.image}: {names[order[0]]}")
        for j in order:
            _print(f"  {names[j]:12} {found.probabilities[j]:8.3%}")
        _print(f"  drawn in {found.drawing}")
    return OK


def _print(words: str) -> None:
    sys.stdout.write(f"{words}\n")
    sys.stdout.flush()
