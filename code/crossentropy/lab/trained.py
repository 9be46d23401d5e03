"""A model from a run's folder: tested on images, or asked about a picture.

It computes as its run did, see :mod:`crossentropy.lab.devices`: on the same computer,
testing a finished run gives the numbers in its ``results.json`` to the last bit.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from crossentropy.figures.lab import draw_probabilities
from crossentropy.figures.theme import as_file
from crossentropy.lab.checkpoint import Checkpoint, CheckpointError
from crossentropy.lab.data import Data, DataError, ImageSet, load_data
from crossentropy.lab.devices import computed_with, place, threads
from crossentropy.lab.evaluation import (
    Scores,
    confusion,
    find_temperature,
    score,
    worst_confusions,
)
from crossentropy.lab.files import writing
from crossentropy.lab.folder import RunError
from crossentropy.lab.images import read_image
from crossentropy.lab.models import build_model
from crossentropy.lab.training import predict_logits
from crossentropy.softmax import sigmoid, softmax


def load_model(path: Path, checkpoint: Checkpoint, device: torch.device) -> nn.Module:
    """Return the model of a checkpoint, ready to predict.

    Raises
    ------
    CheckpointError
        If the weights are not those of the model that the settings name.
    """
    settings = checkpoint.settings
    model = build_model(
        settings.model,
        len(checkpoint.class_names),
        side=checkpoint.side,
        norm=settings.norm,
    )
    # MPS has no float64: a model trained in it elsewhere is asked in float32 there.
    wide = settings.precision == "float64" and device.type != "mps"
    # Before the weights are loaded: float32 would cut them short.
    place(model, device, torch.float64 if wide else torch.float32)
    try:
        model.load_state_dict(checkpoint.state["model"])
    except (KeyError, TypeError, RuntimeError) as e:
        raise CheckpointError(
            f"{path}: the weights are not those of the model {settings.model!r}"
        ) from e
    return model.eval()


def _logits(
    model: nn.Module, checkpoint: Checkpoint, images: NDArray[np.uint8]
) -> NDArray[np.float64]:
    """Return the logits of images, computed with as many threads as the run had."""
    with threads(checkpoint.threads):
        return predict_logits(model, images)


@dataclass(frozen=True)
class Report:
    """How a model does on test images.

    Attributes
    ----------
    data : str
        Whose test images.
    raw : Scores
        Of the logits as they are.
    temperature : float or None
        Fitted to the run's own validation images; None if there are none.
    scaled : Scores or None
        Of the logits divided by the temperature.
    confusion : ndarray, shape (K, K)
        Images by label (row) and largest logit (column).
    class_names : tuple of str
        The K classes.
    seen : int
        Test images, the same to the pixel, that the model was trained on.
    computed_with : dict
        What the last bits depend on.
    """

    data: str
    raw: Scores
    temperature: float | None
    scaled: Scores | None
    confusion: NDArray[np.int64]
    class_names: tuple[str, ...]
    seen: int | None
    computed_with: dict[str, Any]

    def as_dict(self) -> dict[str, Any]:
        """Return the content for a JSON file."""
        content = dataclasses.asdict(self)
        content["confusion"] = self.confusion.tolist()
        return content

    def __str__(self) -> str:
        raw, scaled = self.raw, self.scaled
        error = (raw.accuracy * (1 - raw.accuracy) / raw.images) ** 0.5
        lines = [
            f"{raw.images:,} test images of {self.data}",
            f"accuracy   {raw.accuracy:.2%}, standard error {error:.2%}",
            "",
            f"{'':10} {'as it is':>10}"
            + (f" {f'at T = {self.temperature:.3f}':>14}" if scaled else ""),
        ]
        for name, form in (("loss", ".4f"), ("brier", ".4f"), ("ece", ".2%")):
            line = f"{name:10} {format(getattr(raw, name), form):>10}"
            if scaled:
                line += f" {format(getattr(scaled, name), form):>14}"
            lines.append(line)
        if scaled is None:
            lines.append("(no temperature: the run has no validation images)")
        width = max(6, *(len(name) + 1 for name in self.class_names))
        head = "".join(f"{name:>{width}}" for name in self.class_names)
        lines += ["", "label (row), answer (column)", f"{'':{width}}{head}"]
        for name, row in zip(self.class_names, self.confusion, strict=True):
            cells = "".join(f"{count or '.':>{width}}" for count in row)
            lines.append(f"{name:>{width}}{cells}")
        worst = worst_confusions(self.confusion, self.class_names)
        if worst:
            lines += ["", f"most often: {'; '.join(worst)}"]
        if self.seen is None:
            lines.append("The training images are not here to be compared with these.")
        elif self.seen:
            lines.append(f"WARNING: the model was trained on {self.seen:,} of these.")
        return "\n".join(lines)


def evaluate(model: nn.Module, checkpoint: Checkpoint, name: str | None) -> Report:
    """Test a model.

    Parameters
    ----------
    model : torch.nn.Module
        From :func:`load_model`.
    checkpoint : Checkpoint
        Of the same run.
    name : str or None
        Data to test on; by default the run's own.

    Raises
    ------
    DataError
        If the data can't be loaded.
    RunError
        If there are no test images, or none that the model could be asked about.
    """
    settings = checkpoint.settings
    own: Data | None = None
    try:
        own = load_data(settings.data, held_out=settings.held_out)
    except DataError:
        if name in (None, settings.data):
            raise
    data = own if own and name in (None, settings.data) else load_data(name or "")
    if not len(data.test.labels):
        raise RunError(
            f"{data.name}: no test images: the run was trained on all there are; give "
            "--data with others"
        )
    _require_same_kind(checkpoint, data)
    logits = _logits(model, checkpoint, data.test.images)
    temperature = None
    if own and len(own.validation.labels):
        temperature = find_temperature(
            _logits(model, checkpoint, own.validation.images), own.validation.labels
        )
    with threads(checkpoint.threads):
        computation = computed_with(model)
    return Report(
        data=data.name,
        raw=score(logits, data.test.labels),
        temperature=temperature,
        scaled=score(logits / temperature, data.test.labels) if temperature else None,
        confusion=confusion(logits, data.test.labels),
        class_names=checkpoint.class_names,
        seen=_count_shared(own.train, data.test) if own else None,
        computed_with=computation,
    )


def _require_same_kind(checkpoint: Checkpoint, data: Data) -> None:
    """Refuse images of another size, or of other classes."""
    side = data.test.images.shape[1]
    if side != checkpoint.side:
        raise RunError(
            f"{data.name}: images of {side} x {side} pixels; the model takes "
            f"{checkpoint.side} x {checkpoint.side}"
        )
    K = len(data.class_names)
    numbered = data.class_names == tuple(map(str, range(K)))
    if len(checkpoint.class_names) < K or not (
        numbered or data.class_names == checkpoint.class_names
    ):
        raise RunError(
            f"{data.name}: its {K} classes ({', '.join(data.class_names[:3])} ...) are "
            f"not the model's {len(checkpoint.class_names)} "
            f"({', '.join(checkpoint.class_names[:3])} ...)"
        )


def _count_shared(train: ImageSet, test: ImageSet) -> int:
    """Count test images that are among the training images."""
    known = {image.tobytes() for image in train.images}
    return sum(image.tobytes() in known for image in test.images)


@dataclass(frozen=True)
class Prediction:
    """What a model makes of a picture: probabilities, and where they are drawn."""

    image: Path
    probabilities: NDArray[np.float64]
    drawing: Path


def predict(
    model: nn.Module, checkpoint: Checkpoint, paths: list[Path], out: Path, kind: str
) -> Iterator[Prediction]:
    """Ask a model about picture files, and draw what it says of each.

    Parameters
    ----------
    model : torch.nn.Module
        From :func:`load_model`.
    checkpoint : Checkpoint
        Of the same run.
    paths : list of Path
        The pictures; all are read before the first is drawn.
    out : Path
        Folder for the drawings; made if it isn't there.
    kind : str
        "svg" or "png".

    Yields
    ------
    Prediction
        For each picture. A model trained with sigmoids gives each class a probability
        of its own; they don't sum to 1.

    Raises
    ------
    DataError
        If a picture can't be read.
    OSError
        If a drawing can't be written.
    """
    images = np.stack([read_image(path, checkpoint.side) for path in paths])
    logits = _logits(model, checkpoint, images)
    separate = checkpoint.settings.loss in ("sigmoid", "difference")
    rows = sigmoid(logits) if separate else softmax(logits)
    out.mkdir(parents=True, exist_ok=True)
    taken: set[str] = set()
    for path, image, row in zip(paths, images, rows, strict=True):
        name, number = path.stem, 2
        while name in taken:
            name, number = f"{path.stem}-{number}", number + 1
        taken.add(name)
        drawing = out / f"{name}.{kind}"
        figure, words = draw_probabilities(image, row.tolist(), checkpoint.class_names)
        with writing(drawing) as file:
            file.write(as_file(figure, words, kind))
        yield Prediction(path, row, drawing)
