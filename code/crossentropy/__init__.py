"""Softmax cross-entropy: information, softmax, losses, labels, calibration.

Everything here needs NumPy alone.
"""

from crossentropy.calibration import (
    BrierDecomposition,
    ReliabilityCurve,
    brier_decomposition,
    brier_score,
    expected_calibration_error,
    reliability_curve,
    top_label,
)
from crossentropy.information import (
    cross_entropy,
    entropy,
    kl_divergence,
    mutual_information,
    perplexity,
    surprisal,
)
from crossentropy.labels import flip_labels, one_hot, smooth_labels
from crossentropy.losses import (
    difference_loss,
    difference_loss_and_grad,
    focal_loss,
    focal_loss_and_grad,
    multiclass_hinge,
    multiclass_hinge_and_grad,
    sigmoid_cross_entropy,
    sigmoid_cross_entropy_and_grad,
    soft_label_cross_entropy,
    soft_label_cross_entropy_and_grad,
    softmax_cross_entropy,
    softmax_cross_entropy_and_grad,
    squared_error,
    squared_error_and_grad,
)
from crossentropy.softmax import (
    log_sigmoid,
    log_softmax,
    logsumexp,
    sigmoid,
    softmax,
    softmax_jacobian,
)
from crossentropy.temperature import fit_temperature

__version__ = "0.1.0"

__all__ = [
    "BrierDecomposition",
    "ReliabilityCurve",
    "__version__",
    "brier_decomposition",
    "brier_score",
    "cross_entropy",
    "difference_loss",
    "difference_loss_and_grad",
    "entropy",
    "expected_calibration_error",
    "fit_temperature",
    "flip_labels",
    "focal_loss",
    "focal_loss_and_grad",
    "kl_divergence",
    "log_sigmoid",
    "log_softmax",
    "logsumexp",
    "multiclass_hinge",
    "multiclass_hinge_and_grad",
    "mutual_information",
    "one_hot",
    "perplexity",
    "reliability_curve",
    "sigmoid",
    "sigmoid_cross_entropy",
    "sigmoid_cross_entropy_and_grad",
    "smooth_labels",
    "soft_label_cross_entropy",
    "soft_label_cross_entropy_and_grad",
    "softmax",
    "softmax_cross_entropy",
    "softmax_cross_entropy_and_grad",
    "softmax_jacobian",
    "squared_error",
    "squared_error_and_grad",
    "surprisal",
    "top_label",
]
