"""Static pictures that stand in for the live figures on paper and without JavaScript.

Each function is named after its live figure and shows the state in which that figure
starts.
"""

from crossentropy.figures.live._distributions import (
    HAPPENS,
    softmax,
    surprise,
    temperature,
)
from crossentropy.figures.live._floats import GAP, floats
from crossentropy.figures.live._labels import THRESHOLD, labels
from crossentropy.figures.live._losses import (
    MARGIN,
    SMOOTHING,
    margin,
    smoothing,
)
from crossentropy.figures.live._panels import LOGITS

__all__ = [
    "GAP",
    "HAPPENS",
    "LOGITS",
    "MARGIN",
    "SMOOTHING",
    "THRESHOLD",
    "floats",
    "labels",
    "margin",
    "smoothing",
    "softmax",
    "surprise",
    "temperature",
]
