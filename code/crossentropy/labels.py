"""Labels: one-hot distributions, label smoothing and label noise."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from crossentropy._validate import (
    FloatArray,
    IndexArray,
    as_array,
    as_distributions,
    as_generator,
    as_labels,
    as_number,
    as_size,
    as_smoothing,
    memory_for,
)


def one_hot(labels: ArrayLike, num_classes: int) -> NDArray[np.float64]:
    r"""Index labels as distributions: 1 at the label, 0 elsewhere.

    Parameters
    ----------
    labels
        Integers from 0 to K - 1, any shape (...).
    num_classes
        K.

    Returns
    -------
    float64 array of shape (..., K)

    Raises
    ------
    ValueError
        If a label is out of range (the first one is named), or K is below 1.

    Examples
    --------
    >>> one_hot([2, 0], 3).tolist()
    [[0.0, 0.0, 1.0], [1.0, 0.0, 0.0]]
    """
    k = as_size(num_classes, "num_classes", 1)
    indices = as_labels(labels, np.shape(as_array(labels, "labels")), k)
    with memory_for(k, "num_classes"):
        hot = np.zeros((*indices.shape, k))
    np.put_along_axis(hot, indices[..., None], 1.0, axis=-1)
    return hot


@np.errstate(all="ignore")
def smooth_labels(
    targets: ArrayLike, eps: float, *, smoothing: str = "uniform"
) -> FloatArray:
    r"""Label smoothing: move part of the probability to other classes.

    ``"uniform"`` mixes in the uniform distribution over all K classes,

    .. math:: p'_j = (1 - \epsilon) p_j + \epsilon / K,

    so the label keeps :math:`1 - \epsilon + \epsilon / K`. ``"others"`` takes
    :math:`\epsilon` from each class and shares it among the K - 1 other classes,

    .. math:: p'_j = (1 - \epsilon) p_j + \epsilon (1 - p_j) / (K - 1),

    so the label keeps :math:`1 - \epsilon`. "others" at :math:`\epsilon` is "uniform"
    at :math:`\epsilon K / (K - 1)`.

    Parameters
    ----------
    targets
        Distributions on the last axis, shape (..., K).
    eps
        The share to move, from 0 to 1.
    smoothing
        ``"uniform"`` or ``"others"``.

    Returns
    -------
    array of the shape of `targets`

    Raises
    ------
    ValueError
        If a row has a negative entry or does not sum to 1 (the first one is named),
        `eps` is outside 0 to 1, or "others" is asked of a single class.

    References
    ----------
    C. Szegedy et al., "Rethinking the Inception Architecture for Computer Vision",
    CVPR (2016), section 7.

    Examples
    --------
    >>> smooth_labels([0.0, 1.0, 0.0, 0.0], 0.4).round(12).tolist()
    [0.1, 0.7, 0.1, 0.1]
    >>> smooth_labels([0.0, 1.0, 0.0, 0.0], 0.3, smoothing="others").round(12).tolist()
    [0.1, 0.7, 0.1, 0.1]
    """
    p, dtype = as_distributions(targets, "targets")
    k = p.shape[-1]
    share = as_smoothing(eps, smoothing, k, "eps")
    return np.array(smoothed(p, share, smoothing), dtype)


def smoothed(p: FloatArray, eps: float, smoothing: str) -> FloatArray:
    """`smooth_labels` on checked input."""
    k = p.shape[-1]
    if eps == 0.0:
        return p
    others = 1.0 / k if smoothing == "uniform" else (1.0 - p) / (k - 1)
    mixed: FloatArray = (1.0 - eps) * p + eps * others
    return mixed


def flip_labels(
    labels: ArrayLike, rate: float, num_classes: int, rng: np.random.Generator | int
) -> IndexArray:
    r"""Symmetric label noise: each label is wrong with probability `rate`.

    Independently for every label: with probability `rate` it is replaced by one of the
    K - 1 *other* classes, each equally likely; otherwise it stays. So a share `rate` of
    the labels changes on average, and at `rate` = (K - 1)/K the labels carry no
    information. (Some papers redraw from all K classes instead; that changes a share
    rate (K - 1)/K.)

    Parameters
    ----------
    labels
        Integers from 0 to K - 1, any shape.
    rate
        From 0 to 1.
    num_classes
        K, at least 2.
    rng
        A NumPy Generator, or a seed for one.

    Returns
    -------
    new array of integers, of the shape of `labels`

    Raises
    ------
    ValueError
        If a label is out of range (the first one is named), the rate is outside 0 to 1,
        or K is below 2.
    TypeError
        If `rng` is neither a Generator nor an integer.

    References
    ----------
    B. van Rooyen, A. K. Menon and R. C. Williamson, "Learning with Symmetric Label
    Noise: The Importance of Being Unhinged", NeurIPS (2015).

    Examples
    --------
    >>> flip_labels([0, 1], 1.0, 2, 0).tolist()
    [1, 0]
    """
    k = as_size(num_classes, "num_classes", 2)
    clean = as_labels(labels, np.shape(as_array(labels, "labels")), k)
    share = as_number(rate, "rate", 0.0, 1.0, "a number from 0 to 1")
    generator = as_generator(rng)
    flips = generator.random(clean.shape) < share
    steps = generator.integers(1, k, clean.shape)  # 1 to K - 1 classes further on
    return np.where(flips, (clean + steps) % k, clean)
