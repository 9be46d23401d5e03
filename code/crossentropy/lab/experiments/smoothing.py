"""Label smoothing on clean and on noisy labels, with calibration.

Everything is judged on test images with their right labels; the temperature is fitted
on validation images. Runs with one seed share weights, order and wrong labels, whatever
the smoothing, so that they are compared in pairs.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from crossentropy import (
    expected_calibration_error,
    fit_temperature,
    flip_labels,
    softmax,
    softmax_cross_entropy,
    top_label,
)
from crossentropy.lab.experiments.fitting import three_parts, trained
from crossentropy.lab.experiments.runner import Experiment, Record
from crossentropy.lab.losses import make_loss
from crossentropy.lab.training import predict_logits


def best_gap(eps: float, num_classes: int) -> float:
    r"""Return the lead of the true logit that smoothed labels ask for.

    .. math:: z_y - z_j = \log \frac{1 - \epsilon + \epsilon/K}{\epsilon/K}

    Examples
    --------
    >>> round(best_gap(0.1, 10), 4)
    4.5109
    """
    return float(np.log((1 - eps + eps / num_classes) / (eps / num_classes)))


def lead(logits: NDArray[np.float64], labels: NDArray[Any]) -> float:
    """Return the mean lead of the label's logit over the mean of the others.

    Examples
    --------
    >>> lead(np.array([[5.0, 1.0, 2.0]]), np.array([0]))
    3.5
    """
    own = logits[np.arange(len(labels)), labels]
    others = (logits.sum(axis=1) - own) / (logits.shape[1] - 1)
    return float((own - others).mean())


def _judge(
    logits: NDArray[np.float64], labels: NDArray[Any], suffix: str
) -> dict[str, float]:
    """Mean confidence, ECE and loss."""
    top, right = top_label(softmax(logits), labels)
    return {
        f"confidence{suffix}": float(top.mean()),
        f"ece{suffix}": expected_calibration_error(top, right),
        f"loss{suffix}": float(softmax_cross_entropy(logits, labels)),
    }


def run(seed: int, *, noise: float, eps: float, epochs: float) -> Record:
    """Train with a share `noise` of wrong labels and smoothing `eps`.

    Returns
    -------
    dict
        ``accuracy``, ``confidence`` (mean of the largest probability), ``ece`` and
        ``loss`` on test digits, the last three also after temperature scaling
        (``ece_scaled`` ...); ``temperature``; ``gap_train`` and ``gap_test``, the mean
        lead of the given label's logit over the others' mean.
    """
    train, validation, test = three_parts()
    wrong = np.random.default_rng((seed, 3))
    given = flip_labels(train.labels, noise, 10, wrong)
    model = trained(
        train.images, given, make_loss("softmax", eps), seed=seed, epochs=epochs
    )
    z = predict_logits(model, test.images)
    T = fit_temperature(predict_logits(model, validation.images), validation.labels)
    return {
        "accuracy": float((z.argmax(axis=1) == test.labels).mean()),
        **_judge(z, test.labels, ""),
        **_judge(z / T, test.labels, "_scaled"),
        "temperature": T,
        "gap_train": lead(predict_logits(model, train.images), given),
        "gap_test": lead(z, test.labels),
    }


def _settings(
    noises: tuple[float, ...], amounts: tuple[float, ...], *lengths: float
) -> list[dict[str, Any]]:
    return [
        {"noise": noise, "eps": eps, "epochs": epochs}
        for epochs in lengths
        for noise in noises
        for eps in amounts
    ]


SMOOTHING = Experiment(
    "smoothing",
    run,
    _settings((0.0,), (0.0, 0.02, 0.1, 0.2), 10.0),
    seeds=8,
    short=_settings((0.0,), (0.0, 0.1), 1.0),
)
NOISY_LABELS = Experiment(
    "noisy_labels",
    run,
    _settings((0.2, 0.4), (0.0, 0.1, 0.2), 5.0, 15.0),
    seeds=8,
    short=_settings((0.4,), (0.0, 0.2), 2.0),
)
