"""Settings: refused when made, and what a trainer makes of them."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import numpy as np
import pytest
import torch

from crossentropy.lab.settings import Settings, make_trainer
from tests.lab.test_checkpoint import make_data

CPU = torch.device("cpu")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"model": "huge"}, "^model: expected one of tiny, small"),
        ({"norm": "layer"}, "^norm: expected one of batch, group, none"),
        ({"loss": "focal"}, "^loss: expected one of softmax"),
        ({"label_smoothing": 1.5}, "^label_smoothing: expected a number from 0 to 1"),
        ({"loss": "hinge"}, "^label_smoothing: the hinge loss"),
        ({"noise": -0.1}, "^noise: expected a number from 0 to 1; got -0.1"),
        ({"noise": float("nan")}, "^noise: "),
        ({"epochs": 0.0}, "^epochs: expected more than 0"),
        ({"epochs": float("nan")}, "^epochs: "),
        ({"batch_size": 0}, "^batch_size: expected at least 1"),
        ({"rate": float("inf")}, "^rate: "),
        ({"optimizer": "lion"}, "^optimizer: expected adamw or sgd"),
        ({"weight_decay": -1.0}, "^weight_decay: "),
        ({"warm_up": 2.0}, "^warm_up: "),
        ({"shift": -1}, "^shift: expected at least 0"),
        ({"shift": 29}, "^shift: expected at most 28"),
        ({"warp": -0.1}, "^warp: expected a number from 0 to 1; got -0.1"),
        ({"warp": float("nan")}, "^warp: "),
        ({"seed": -1}, "^seed: expected at least 0"),
        ({"seed": 2**63}, "^seed: expected less than"),
        ({"precision": "int8"}, "^precision: expected one of"),
    ],
)
def test_what_cannot_be_trained_is_refused_by_name(
    change: dict[str, Any], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        Settings(**change)


def test_settings_survive_a_file() -> None:
    settings = Settings(loss="squared", rate=1, held_out=False)
    assert Settings.from_dict(asdict(settings)) == settings


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"colour": "red"}, "missing or unknown: colour"),
        ({"seed": "0"}, "seed: expected int"),
        ({"seed": True}, "seed: expected int"),
        ({"epochs": "2"}, "epochs: expected float"),
        ({"rate": True}, "rate: expected float"),
        ({"rate": -1.0}, "rate: expected more than 0"),
    ],
)
def test_a_file_with_other_settings_is_refused(
    change: dict[str, Any], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        Settings.from_dict(asdict(Settings()) | change)


def test_noise_makes_that_share_of_the_training_labels_wrong() -> None:
    data = make_data()
    clean = make_trainer(Settings(model="tiny"), data, CPU).targets
    noisy = make_trainer(Settings(model="tiny", noise=1.0), data, CPU).targets
    assert (clean != noisy).all()
    assert (noisy.numpy() >= 0).all()
    assert (noisy.numpy() < 10).all()
    again = make_trainer(Settings(model="tiny", noise=1.0), data, CPU).targets
    assert torch.equal(noisy, again)
    other = make_trainer(Settings(model="tiny", noise=1.0, seed=1), data, CPU).targets
    assert not torch.equal(noisy, other)
    assert np.array_equal(data.train.labels, clean.numpy())


def test_every_setting_reaches_the_trainer() -> None:
    settings = Settings(
        model="tiny", norm="group", epochs=3.0, batch_size=7, rate=0.2,
        optimizer="sgd", warm_up=-1.0, shift=1, warp=0.3, seed=5, precision="float64",
    )  # fmt: skip
    trainer = make_trainer(settings, make_data(), CPU)
    assert trainer.plan == settings.plan()
    assert (trainer.per_epoch, trainer.steps) == (3, 9)
    assert isinstance(trainer.optimizer, torch.optim.SGD)
    assert trainer.windows.shape == (20, 3, 3, 28, 28)
    assert {p.dtype for p in trainer.model.parameters()} == {torch.float64}
    assert any(isinstance(m, torch.nn.GroupNorm) for m in trainer.model)
    first, again, other = (
        make_trainer(Settings(model="tiny", seed=seed), make_data(), CPU).model
        for seed in (5, 5, 6)
    )
    for name, weights in first.state_dict().items():
        assert torch.equal(weights, again.state_dict()[name])
    assert not torch.equal(first[2].weight, other[2].weight)


def test_there_must_be_images_to_train_with() -> None:
    data = make_data()
    nothing = data.train._replace(images=data.train.images[:0])
    with pytest.raises(ValueError, match="random has no images for training"):
        make_trainer(Settings(), data._replace(train=nothing), CPU)
