"""Settings of experiments: every combination of some choices."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import product
from typing import Any


def grid(
    rates: Mapping[str, Sequence[float]], **choices: Sequence[Any]
) -> list[dict[str, Any]]:
    """Return every combination of the choices with every optimiser and rate.

    Parameters
    ----------
    rates : mapping of str to sequence of float
        For each optimiser the learning rates to try.
    **choices : sequence
        The values that other parts of the setting take.

    Examples
    --------
    >>> grid({"adamw": (0.01,), "sgd": (0.1,)}, loss=("softmax",))
    ... # doctest: +NORMALIZE_WHITESPACE
    [{'loss': 'softmax', 'optimizer': 'adamw', 'rate': 0.01},
     {'loss': 'softmax', 'optimizer': 'sgd', 'rate': 0.1}]
    """
    return [
        {
            **dict(zip(choices, chosen, strict=True)),
            "optimizer": optimizer,
            "rate": rate,
        }
        for chosen in product(*choices.values())
        for optimizer, tried in rates.items()
        for rate in tried
    ]
