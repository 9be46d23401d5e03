"""Everything a training run is made of, and the trainer that follows from it."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from crossentropy.lab.data import Data
from crossentropy.lab.devices import PRECISIONS, choose_precision
from crossentropy.lab.losses import make_loss
from crossentropy.lab.models import build_model
from crossentropy.lab.training import Plan, Trainer
from crossentropy.labels import flip_labels


@dataclass(frozen=True)
class Settings:
    """Two runs with the same settings on the same kind of machine are the same run.

    Parameters
    ----------
    data : str
        What :func:`crossentropy.lab.data.load_data` takes.
    held_out : bool
        False: train on all images, and test the model elsewhere.
    model, norm : str
        As :func:`crossentropy.lab.models.build_model` takes them.
    loss : str
        A key of :data:`crossentropy.lab.losses.LOSSES`.
    label_smoothing : float
        From 0 to 1.
    noise : float
        The share of training labels that are made wrong, from 0 to 1. Validation and
        test keep the right ones.
    epochs, batch_size, rate, optimizer, weight_decay, warm_up, shift, warp, seed
        As in :class:`crossentropy.lab.training.Plan`. The seed also draws the weights
        and the noise.
    device : str
        As :func:`crossentropy.lab.devices.choose_device` takes it.
    precision : str
        As :func:`crossentropy.lab.devices.choose_precision` takes it.

    Raises
    ------
    ValueError
        If a setting is outside its range, or two don't go together. Whether there is
        such data, and such a device, turns out when they are used.

    Examples
    --------
    >>> Settings(loss="squared", label_smoothing=0).plan().seed
    0
    """

    data: str = "digits"
    held_out: bool = True
    model: str = "small"
    norm: str = "batch"
    loss: str = "softmax"
    label_smoothing: float = 0.1
    noise: float = 0.0
    epochs: float = 20.0
    batch_size: int = 128
    rate: float = 0.01
    optimizer: str = "adamw"
    weight_decay: float = 0.01
    warm_up: float = 0.2
    shift: int = 2
    warp: float = 0.1
    seed: int = 0
    device: str = "auto"
    precision: str = "auto"

    def __post_init__(self) -> None:
        """Refuse now what would fail later."""
        self.plan()
        make_loss(self.loss, self.label_smoothing)
        build_model(self.model, norm=self.norm)
        if not 0 <= self.noise <= 1:
            raise ValueError(f"noise: expected a number from 0 to 1; got {self.noise}")
        if self.seed >= 2**63:
            raise ValueError(f"seed: expected less than 2^63; got {self.seed}")
        if self.shift > 28:
            raise ValueError(f"shift: expected at most 28; got {self.shift}")
        if self.precision not in PRECISIONS:
            raise ValueError(
                f"precision: expected one of {', '.join(PRECISIONS)}; "
                f"got {self.precision!r}"
            )

    def plan(self) -> Plan:
        """Return the part that the trainer needs."""
        names = [field.name for field in dataclasses.fields(Plan)]
        return Plan(**{name: getattr(self, name) for name in names})

    def differences(self, other: Settings) -> list[str]:
        """Return the names of the settings in which another run differs."""
        return [
            field.name
            for field in dataclasses.fields(self)
            if getattr(self, field.name) != getattr(other, field.name)
        ]

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Settings:
        """Return the settings that a file holds, as ``dataclasses.asdict`` wrote them.

        Raises
        ------
        ValueError
            If a setting is missing, unknown, of another type or outside its range.
        """
        fields = {field.name: type(field.default) for field in dataclasses.fields(cls)}
        if set(values) != set(fields):
            unlike = ", ".join(sorted(set(values) ^ set(fields)))
            raise ValueError(f"settings: missing or unknown: {unlike}")
        for name, kind in fields.items():
            if type(values[name]) not in ((int, float) if kind is float else (kind,)):
                raise ValueError(f"{name}: expected {kind.__name__}")
        return cls(**values)


def make_trainer(settings: Settings, data: Data, device: torch.device) -> Trainer:
    """Return a trainer at step 0.

    Parameters
    ----------
    settings : Settings
        What to train, and how.
    data : Data
        What :func:`crossentropy.lab.data.load_data` returned; only its training images
        are used.
    device : torch.device
        Where.

    Raises
    ------
    ValueError
        If the device doesn't have the precision, or there are no training images.

    Examples
    --------
    >>> from crossentropy.lab.data import load_data
    >>> settings = Settings(model="tiny", epochs=1, batch_size=1000)
    >>> make_trainer(settings, load_data("digits"), torch.device("cpu")).steps
    4
    """
    images, labels = data.train
    if not len(images):
        raise ValueError(f"{data.name} has no images for training")
    K = len(data.class_names)
    model = build_model(
        settings.model,
        K,
        side=images.shape[1],
        norm=settings.norm,
        seed=settings.seed,
    )
    if settings.noise:
        rng = np.random.default_rng(settings.seed)
        labels = flip_labels(labels, settings.noise, K, rng)
    return Trainer(
        model,
        images,
        labels,
        make_loss(settings.loss, settings.label_smoothing),
        settings.plan(),
        device=device,
        dtype=choose_precision(settings.precision, device),
    )
