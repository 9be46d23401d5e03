"""A training run in a folder: measure, save, stop, go on."""

from __future__ import annotations

import dataclasses
import math
import os
import shlex
import signal
from contextlib import ExitStack
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from tqdm import tqdm

from crossentropy.figures.lab import draw_curves
from crossentropy.figures.theme import as_file
from crossentropy.lab import checkpoint as checkpoints
from crossentropy.lab import folder, group
from crossentropy.lab.checkpoint import Checkpoint
from crossentropy.lab.data import Data, ImageSet
from crossentropy.lab.devices import computed_with
from crossentropy.lab.evaluation import (
    Scores,
    find_temperature,
    loss_at_zero,
    score,
)
from crossentropy.lab.experiments.runner import provenance
from crossentropy.lab.files import writing
from crossentropy.lab.folder import Metrics, RunError
from crossentropy.lab.settings import Settings, make_trainer
from crossentropy.lab.signals import Stopper
from crossentropy.lab.training import Progress, predict_logits

SAMPLE = 1000  # images are enough to see the loss before the first step


class Run:
    """A training and its folder.

    Parameters
    ----------
    settings : Settings
        What to train.
    data : Data
        What ``settings.data`` names.
    out : Path
        The folder. Without `start` it is cleared of an earlier run.
    device : torch.device
        Where to compute.
    start : Checkpoint, optional
        Where to go on; by default at step 0.
    save_every : float
        Seconds between checkpoints, which are written after a report only.
    quiet : bool
        Print only how it ended, and draw no progress bar.
    command : str
        What was typed, for the results.

    Raises
    ------
    ValueError
        If settings, data and device don't go together.
    CheckpointError
        If `start` is of other data or another model.
    """

    def __init__(
        self,
        settings: Settings,
        data: Data,
        out: Path,
        device: torch.device,
        *,
        start: Checkpoint | None = None,
        save_every: float = 10.0,
        quiet: bool = False,
        command: str = "",
    ) -> None:
        self.settings, self.data, self.out = settings, data, out
        self.save_every = save_every
        self.command = command
        self.first = group.rank() == 0
        self.quiet = quiet or not self.first
        self.trainer = make_trainer(settings, data, device)
        self._path = out / folder.CHECKPOINT
        if start:
            checkpoints.restore(self._path, start, data, self.trainer)
        self._start = start
        self._before = start.seconds if start else 0.0
        self._began = perf_counter()
        self._digest = start.data_digest if start else checkpoints.digest_data(data)

    def train(self) -> int:
        """Train to the end, or until a signal comes.

        Returns
        -------
        int
            0 at the end, or the number of the signal.

        Raises
        ------
        RunError
            If the loss is no longer a number.
        OSError
            If something can't be written.
        """
        trainer = self.trainer
        self._say(self._description())
        if self._start:
            if self.first:
                folder.sweep(self.out)
            self._say(f"Going on at step {trainer.step} of {trainer.steps}.")
        else:
            self._say(self._first_look())
            if self.first:
                folder.clear(self.out)
                folder.write_settings(self.out, self.settings)
            self._save()  # from here on a killed run can be resumed
        number = self._loop()
        if number:
            self._say(self._how_to_go_on(number), always=True)
        elif self.first:
            self._finish()
        return number

    def _loop(self) -> int:
        """Train, measure and save on the way; return the signal that came, or 0."""
        trainer = self.trainer
        alone = group.size() == 1
        self._began = saved = perf_counter()
        with ExitStack() as stack:
            metrics = None
            if self.first:
                path = self.out / folder.METRICS
                metrics = stack.enter_context(Metrics(path, trainer.step))
            bar = stack.enter_context(
                tqdm(
                    total=trainer.steps,
                    initial=trainer.step,
                    disable=self.quiet,
                    unit=" steps",
                    bar_format="{l_bar}{bar:20}| {n_fmt}/{total_fmt}{unit}{postfix}",
                )
            )
            stopper = stack.enter_context(Stopper(patient=not alone, quiet=self.quiet))
            for progress in trainer.run(stop=stopper.asked):
                if not math.isfinite(progress.loss):
                    raise RunError(
                        f"the loss at step {progress.step} is {progress.loss}: the "
                        "training has diverged; try a smaller --rate"
                    )
                record = self._measure(progress)
                if metrics:
                    metrics.write(record)
                bar.set_postfix_str(_postfix(record), refresh=False)
                bar.update(progress.step - bar.n)
                due = perf_counter() - saved >= self.save_every
                if group.any_of(due, trainer.device):
                    self._save(metrics)
                    saved = perf_counter()
            self._save(metrics)
        if trainer.step == trainer.steps:
            return 0
        return stopper.number or signal.SIGTERM  # another process had the signal

    def _save(self, metrics: Metrics | None = None) -> None:
        """Save where the training stands, and before it the measurements so far."""
        state = self.trainer.state()
        if not self.first:
            return
        if metrics:
            metrics.sync()
        checkpoints.save(
            self._path,
            Checkpoint(
                settings=self.settings,
                class_names=self.data.class_names,
                side=self.data.train.images.shape[1],
                data_digest=self._digest,
                threads=torch.get_num_threads(),
                seconds=self._seconds(),
                state=state,
            ),
        )

    def _seconds(self) -> float:
        return self._before + perf_counter() - self._began

    def _measure(self, progress: Progress) -> dict[str, Any]:
        """Return a line of metrics; at the end of an epoch with the validation."""
        record = {
            "step": progress.step,
            "epoch": round(progress.epoch, 4),
            "loss": progress.loss,
            "accuracy": progress.accuracy,
            "images_per_second": round(progress.images_per_second, 1),
        }
        ended = progress.step % self.trainer.per_epoch == 0
        images, labels = self.data.validation
        if self.first and len(labels) and (ended or progress.step == progress.steps):
            logits = predict_logits(self.trainer.model, images)
            record["validation_loss"] = self._loss(logits, labels)
            record["validation_accuracy"] = score(logits, labels).accuracy
        return record

    @torch.no_grad()
    def _loss(self, logits: NDArray[np.float64], labels: NDArray[Any]) -> float:
        """Return what is minimised, smoothing and all, so that curves compare."""
        z, targets = torch.tensor(logits), torch.tensor(labels, dtype=torch.int64)
        return self.trainer.loss(z, targets).mean().item()

    def _score(self, part: ImageSet, temperature: float = 1.0) -> Scores | None:
        """Return how well the model does on images, if there are any."""
        if not len(part.labels):
            return None
        logits = predict_logits(self.trainer.model, part.images)
        return score(logits / temperature, part.labels)

    def _finish(self) -> None:
        """Measure the trained model, draw the curves and say what came out."""
        history = folder.read_metrics(self.out / folder.METRICS)
        start = loss_at_zero(
            self.settings.loss,
            len(self.data.class_names),
            self.settings.label_smoothing,
        )[1]
        with writing(self.out / folder.CURVES) as file:
            file.write(as_file(*draw_curves(history, start)))
        validation = self._score(self.data.validation)
        test = self._score(self.data.test)
        temperature = None
        if validation:
            logits = predict_logits(self.trainer.model, self.data.validation.images)
            temperature = find_temperature(logits, self.data.validation.labels)
        calibrated = self._score(self.data.test, temperature) if temperature else None
        speeds = [line["images_per_second"] for line in history]
        results = {
            "settings": dataclasses.asdict(self.settings),
            "steps": self.trainer.steps,
            "seconds": round(self._seconds(), 2),
            "images_per_second": round(float(np.median(speeds)), 1) if speeds else None,
            "temperature": temperature,
            "validation": validation and dataclasses.asdict(validation),
            "test": test and dataclasses.asdict(test),
            "test_at_temperature": calibrated and dataclasses.asdict(calibrated),
            "computed_with": {
                **computed_with(self.trainer.model),
                "training": str(self.trainer.dtype).removeprefix("torch."),
            },
            "made": provenance(self.command),
        }
        folder.write_json(self.out / folder.RESULTS, results)
        found = [
            f"{name} accuracy {scores.accuracy:.2%}"
            for name, scores in (("validation", validation), ("test", test))
            if scores
        ]
        if not found and history:
            found = [f"training accuracy {history[-1]['accuracy']:.2%}"]
        self._say(
            f"{'; '.join([*found, f'{self._seconds():.1f} s'])}\n"
            f"Written to {self.out}: checkpoint, metrics, curves and results.",
            always=True,
        )

    def _description(self) -> str:
        data, trainer = self.data, self.trainer
        sizes = ", ".join(
            f"{len(part.labels):,} for {name}"
            for name, part in (
                ("training", data.train),
                ("validation", data.validation),
                ("the test", data.test),
            )
        )
        weights = sum(p.numel() for p in trainer.model.parameters())
        place = str(trainer.device)
        if place == "cpu":
            place += f" (threads: {torch.get_num_threads()})"
        if group.size() > 1:
            place += f", {group.size()} processes"
        return (
            f"{data.name}: {len(data.class_names)} classes; images: {sizes}\n"
            f"{self.settings.model}: {weights:,} weights, "
            f"{str(trainer.dtype).removeprefix('torch.')} on {place}; "
            f"{self.settings.loss} loss, smoothing {self.settings.label_smoothing:g}"
        )

    def _first_look(self) -> str:
        """Compare the loss before the first step with what no knowledge gives."""
        images, labels = self.data.train
        logits = predict_logits(self.trainer.model, images[:SAMPLE])
        loss = self._loss(logits, labels[:SAMPLE])
        words, expected = loss_at_zero(
            self.settings.loss, logits.shape[1], self.settings.label_smoothing
        )
        agree = math.isclose(loss, expected, rel_tol=1e-5)
        return (
            f"Before step 1 the loss is {loss:.4f} nats; {words} = {expected:.4f}. "
            + ("They agree." if agree else "THEY DIFFER.")
        )

    def _how_to_go_on(self, number: int) -> str:
        start = "python"
        if group.size() > 1:
            start = f"torchrun --standalone --nproc_per_node={group.size()}"
        return (
            f"Stopped by {signal.Signals(number).name} after step {self.trainer.step} "
            f"of {self.trainer.steps}; saved. Go on with:\n"
            f"{start} -m crossentropy.lab train --resume --out "
            f"{shlex.quote(os.fspath(self.out))}"
        )

    def _say(self, words: str, *, always: bool = False) -> None:
        if self.first and (always or not self.quiet):
            print(words, flush=True)  # noqa: T201


def _postfix(record: dict[str, Any]) -> str:
    """Say on the progress bar how it goes."""
    words = (
        f"loss {record['loss']:.4f}, accuracy {record['accuracy']:.1%}, "
        f"{record['images_per_second']:,.0f} images/s"
    )
    if "validation_accuracy" in record:
        words += f", validation {record['validation_accuracy']:.1%}"
    return words
