"""Losses over rates: the shortened version runs and is what was kept."""

from __future__ import annotations

from crossentropy.lab.experiments.rates import LOSSES, RATES

from .again import compare, only, shortened


def test_the_shortened_version_parts_the_losses_at_a_small_rate_only() -> None:
    short = shortened(RATES)
    apart = {}
    for rate in (0.001, 0.01):
        softmax, squared = (
            only(short, loss=loss, rate=rate) for loss in ("softmax", "squared")
        )
        apart[rate] = softmax["accuracy"] - squared["accuracy"]
    assert apart[0.001] > 0.04
    assert abs(apart[0.01]) < 0.04
    for record in short:
        compare(RATES, record, accuracy=0.03)


def test_every_loss_is_tried_at_the_same_rates() -> None:
    tried = {
        loss: [
            (setting["optimizer"], setting["rate"])
            for setting in RATES.settings
            if setting["loss"] == loss
        ]
        for loss in LOSSES
    }
    assert all(rates == tried["softmax"] for rates in tried.values())
    assert len(tried["softmax"]) * len(LOSSES) == len(RATES.settings)
