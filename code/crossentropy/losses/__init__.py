"""Losses: each as a value, and as NAME_and_grad, value and gradient in one pass.

Losses take (logits, labels), classes on the last axis, and options by keyword.
"""

from crossentropy.losses.binary import (
    difference_loss,
    difference_loss_and_grad,
    sigmoid_cross_entropy,
    sigmoid_cross_entropy_and_grad,
)
from crossentropy.losses.categorical import (
    soft_label_cross_entropy,
    soft_label_cross_entropy_and_grad,
    softmax_cross_entropy,
    softmax_cross_entropy_and_grad,
)
from crossentropy.losses.comparisons import (
    focal_loss,
    focal_loss_and_grad,
    multiclass_hinge,
    multiclass_hinge_and_grad,
    squared_error,
    squared_error_and_grad,
)

__all__ = [
    "difference_loss",
    "difference_loss_and_grad",
    "focal_loss",
    "focal_loss_and_grad",
    "multiclass_hinge",
    "multiclass_hinge_and_grad",
    "sigmoid_cross_entropy",
    "sigmoid_cross_entropy_and_grad",
    "soft_label_cross_entropy",
    "soft_label_cross_entropy_and_grad",
    "softmax_cross_entropy",
    "softmax_cross_entropy_and_grad",
    "squared_error",
    "squared_error_and_grad",
]
