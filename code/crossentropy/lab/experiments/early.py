"""A number by which a kept result can be told to be that of the present code."""

from __future__ import annotations

from crossentropy.lab.training import Trainer

FIRST = 8


def early_loss(trainer: Trainer) -> float:
    """Take the first steps and return their mean training loss.

    Processors round differently, and training makes the difference grow: at the end
    two of them agree to a point of accuracy or so. In the first steps they agree to
    many digits, and any change of data, model, loss, rate or seed shows. So a run
    keeps this number, and a test compares it.

    Parameters
    ----------
    trainer : Trainer
        At its start; afterwards ``FIRST`` steps on its way.
    """
    return next(trainer.run(report_every=FIRST)).loss
