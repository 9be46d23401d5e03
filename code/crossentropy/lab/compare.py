"""Compare losses over learning rates and seeds."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from crossentropy.figures.lab import draw_comparison
from crossentropy.figures.theme import as_file
from crossentropy.lab.data import load_data
from crossentropy.lab.devices import choose_device
from crossentropy.lab.evaluation import score
from crossentropy.lab.experiments.runner import (
    Experiment,
    Record,
    provenance,
    run_all,
    save_results,
    spread,
)
from crossentropy.lab.files import writing
from crossentropy.lab.folder import plain
from crossentropy.lab.settings import Settings, make_trainer
from crossentropy.lab.training import predict_logits

NUMBERS, PICTURE = "comparison.json", "comparison.svg"
# What the table shows of the test images: its head, the factor, the format.
COLUMNS = {
    "test_accuracy": ("accuracy (%)", 100, ".2f"),
    "test_loss": ("loss (nats)", 1, ".4f"),
    "test_ece": ("ECE (%)", 100, ".2f"),
}


def run(seed: int, **setting: Any) -> Record:
    """Train once and return how well the model does on validation and test images."""
    settings = Settings.from_dict({**setting, "seed": seed})
    data = load_data(settings.data)
    trainer = make_trainer(settings, data, choose_device(settings.device))
    model = trainer.finish()
    test = score(predict_logits(model, data.test.images), data.test.labels)
    logits = predict_logits(model, data.validation.images)
    return {
        "validation_accuracy": score(logits, data.validation.labels).accuracy,
        "test_accuracy": test.accuracy,
        "test_loss": test.loss,
        "test_ece": test.ece,
    }


def grid(
    base: Settings, losses: Sequence[str], rates: Sequence[float]
) -> list[Settings]:
    """Return the settings of all combinations.

    Raises
    ------
    ValueError
        If a loss or a rate is none that can be trained with.
    """
    return [replace(base, loss=loss, rate=rate) for loss in losses for rate in rates]


def compare(
    settings: Sequence[Settings], seeds: int, processes: int | None = None
) -> list[Record]:
    """Train with all settings, each with the seeds 0 to ``seeds - 1``.

    Parameters
    ----------
    settings : sequence of Settings
        What to compare; their own seeds don't count.
    seeds : int
        Runs of each.
    processes : int, optional
        How many runs at a time; as many as there are cores by default. They don't
        decide the numbers.

    Returns
    -------
    list of dict
        A record for each run: its settings and what came out.
    """
    plain_settings = [asdict(each) for each in settings]
    for each in plain_settings:
        del each["seed"]
    experiment = Experiment("compare", run, plain_settings, seeds, short=())
    return run_all(experiment, processes=processes)


def table(records: Sequence[Record]) -> str:
    """Return means and standard deviations over the seeds, a row for each setting.

    A star marks each loss's rate that is best on the validation images.
    """
    by = ("loss", "rate")
    groups = {name: spread(records, name, by) for name in COLUMNS}
    kept = spread(records, "validation_accuracy", by)
    heads = "".join(f"{head:>18}" for head, _, _ in COLUMNS.values())
    lines = [f"{'loss':12}{'rate':>8} {heads}"]
    for loss, rate in kept:
        best = max(mean for (other, _), (mean, _, _) in kept.items() if other == loss)
        star = "*" if kept[loss, rate][0] == best else " "
        cells = [
            _cell(*groups[name][loss, rate][:2], factor, form)
            for name, (_, factor, form) in COLUMNS.items()
        ]
        lines.append(f"{loss:12}{rate:>8g}{star}" + "".join(f"{c:>18}" for c in cells))
    runs = max(count for _, _, count in kept.values())
    lines.append(
        "Test images; mean"
        + (f" ± standard deviation of {runs} seeds" if runs > 1 else " of 1 seed")
        + ". * The loss's best rate on the validation images."
    )
    return "\n".join(lines)


def _cell(mean: float, sd: float, factor: float, form: str) -> str:
    cell = format(factor * mean, form)
    return cell if math.isnan(sd) else f"{cell} ± {format(factor * sd, form)}"


def write(out: Path, records: Sequence[Record], command: str) -> None:
    """Write the numbers and the picture of a comparison into a folder.

    Raises
    ------
    OSError
        If they can't be written.
    """
    out.mkdir(parents=True, exist_ok=True)
    content = {"records": [plain(r) for r in records], "made": provenance(command)}
    save_results(out / NUMBERS, {"compare": content})
    groups = spread(records, "test_accuracy", ("loss", "rate"))
    with writing(out / PICTURE) as file:
        file.write(as_file(*draw_comparison(groups)))
