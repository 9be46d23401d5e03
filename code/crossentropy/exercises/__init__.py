"""Exercises that check themselves.

>>> import numpy as np
>>> from crossentropy.exercises import check
>>> def softmax(z):
...     return np.exp(z) / np.exp(z).sum()
>>> result = check("softmax", softmax)
>>> result.right, result.idea
(False, 'no maximum subtracted')

``python -m crossentropy.exercises`` writes them as notebooks. NumPy is all they need.
"""

from crossentropy.exercises._public import (
    Text,
    check,
    describe,
    hint,
    names,
    solution,
)
from crossentropy.exercises._result import Result

__all__ = ["Result", "Text", "check", "describe", "hint", "names", "solution"]
