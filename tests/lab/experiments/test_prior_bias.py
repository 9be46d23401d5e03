"""Sigmoids for a hundred exclusive classes: where they start, and what it costs."""

from __future__ import annotations

import math

import pytest
import torch

from crossentropy.lab.experiments.prior_bias import (
    CLASSES,
    PRIOR_BIAS,
    starting_loss,
)
from crossentropy.lab.losses import make_loss
from crossentropy.lab.models import build_model, set_prior

from .again import compare, only, shortened

IMAGES = torch.randint(
    256, (6, 28, 28), dtype=torch.uint8, generator=torch.Generator().manual_seed(0)
)
LABELS = torch.tensor([0, 5, 17, 50, 98, 99])


@pytest.mark.parametrize("probability", [1 / 2, 1 / CLASSES])
def test_the_models_first_loss_is_the_one_that_was_computed(probability: float) -> None:
    model = build_model("tiny", CLASSES)
    set_prior(model, probability)
    losses = make_loss("sigmoid")(model(IMAGES), LABELS)
    wanted = starting_loss(probability, CLASSES)
    assert losses.tolist() == pytest.approx([wanted] * 6, rel=1e-5)


def test_the_prior_is_the_best_start() -> None:
    best = starting_loss(1 / CLASSES, CLASSES)
    for other in (0.0099, 0.0101, 0.001, 0.1, 0.5):
        assert starting_loss(other, CLASSES) > best
    assert starting_loss(0.5, CLASSES) == pytest.approx(CLASSES * math.log(2))


def test_equal_biases_cancel_in_a_softmax() -> None:
    loss, slopes = make_loss("softmax"), []
    for prior in (False, True):
        model = build_model("tiny", CLASSES)
        if prior:
            set_prior(model, 1 / CLASSES)
        value = loss(model(IMAGES), LABELS).mean()
        assert value.item() == pytest.approx(math.log(CLASSES), rel=1e-6)
        value.backward()  # type: ignore[no-untyped-call]
        slopes.append(model[-1].weight.grad)
    assert torch.allclose(*slopes, rtol=1e-4, atol=1e-8)


def test_the_shortened_version_shows_the_start_and_is_what_was_kept() -> None:
    short = shortened(PRIOR_BIAS)
    softmax = only(short, loss="softmax")
    plain, prior = (only(short, loss="sigmoid", prior=p) for p in (False, True))
    assert plain["quarter"] < softmax["quarter"] - 0.15
    assert prior["quarter"] > softmax["quarter"] - 0.05
    assert abs(prior["end"] - softmax["end"]) < 0.05
    for record in short:
        compare(PRIOR_BIAS, record, quarter=0.1, end=0.04)
