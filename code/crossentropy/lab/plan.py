"""How long and how fast to train."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Plan:
    """How long and how fast to train.

    Parameters
    ----------
    epochs : float
        How often each image is seen.
    batch_size : int
        Images a step, over all processes together.
    rate : float
        The highest learning rate.
    optimizer : str
        "adamw" or "sgd" (plain, with momentum 0.9).
    weight_decay : float
        Of AdamW.
    warm_up : float
        The share of the steps over which the rate rises to its highest; it falls to 0
        over the rest, both in a straight line. Negative: the rate stays as it is.
    shift : int
        Each image is moved by up to so many pixels along each axis.
    warp : float
        Standard deviation of the four entries of the matrix by which each image is
        turned, slanted and stretched, see :func:`crossentropy.lab.warp.warp`.
    seed : int
        Decides order, shifts and warps.

    Raises
    ------
    ValueError
        If a number is out of its range, or the optimiser is another.

    Examples
    --------
    >>> plan = Plan(rate=0.01, warm_up=0.2)
    >>> [round(plan.rate_at(step, 10), 4) for step in range(10)]
    [0.0025, 0.0075, 0.0094, 0.0081, 0.0069, 0.0056, 0.0044, 0.0031, 0.0019, 0.0006]
    """

    epochs: float = 20
    batch_size: int = 128
    rate: float = 0.01
    optimizer: str = "adamw"
    weight_decay: float = 0.01
    warm_up: float = 0.2
    shift: int = 0
    warp: float = 0.0
    seed: int = 0

    def __post_init__(self) -> None:
        """Refuse what can't be trained with."""
        for name, least in {"batch_size": 1, "shift": 0, "seed": 0}.items():
            if getattr(self, name) < least:
                raise ValueError(
                    f"{name}: expected at least {least}; got {getattr(self, name)}"
                )
        if not 0 < self.epochs < float("inf"):
            raise ValueError(f"epochs: expected more than 0; got {self.epochs}")
        if not 0 < self.rate < float("inf"):
            raise ValueError(f"rate: expected more than 0; got {self.rate}")
        if not 0 <= self.weight_decay < float("inf"):
            raise ValueError(
                f"weight_decay: expected 0 or more; got {self.weight_decay}"
            )
        if not 0 <= self.warp <= 1:
            raise ValueError(f"warp: expected a number from 0 to 1; got {self.warp}")
        if not self.warm_up <= 1:
            raise ValueError(f"warm_up: expected at most 1; got {self.warm_up}")
        if self.optimizer not in ("adamw", "sgd"):
            raise ValueError(
                f"optimizer: expected adamw or sgd; got {self.optimizer!r}"
            )

    def rate_at(self, step: int, steps: int) -> float:
        """Return the learning rate of a step, counted from 0."""
        if self.warm_up < 0:
            return self.rate
        done = (step + 0.5) / steps
        rising = done / self.warm_up if self.warm_up else 1.0
        falling = (1 - done) / (1 - self.warm_up) if self.warm_up < 1 else 1.0
        return self.rate * min(rising, falling)
