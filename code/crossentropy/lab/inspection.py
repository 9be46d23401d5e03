"""Look inside: what each layer makes of an image."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn


@torch.no_grad()
def feature_maps(
    model: nn.Sequential, image: NDArray[np.uint8]
) -> tuple[list[NDArray[np.float64]], NDArray[np.float64]]:
    """Follow one image through a model of :func:`~crossentropy.lab.models.build_model`.

    Parameters
    ----------
    model : torch.nn.Sequential
        Switched to evaluation.
    image : ndarray of uint8, shape (H, W)
        One image.

    Returns
    -------
    maps : list of ndarray, shape (C, H', W')
        What each convolution makes of it, normalised, with 0 for what is negative.
    logits : ndarray, shape (K,)
        What the last layer makes of it.

    Raises
    ------
    ValueError
        If the image has not two axes.

    Examples
    --------
    >>> from crossentropy.lab.models import build_model
    >>> maps, logits = feature_maps(build_model("small"), np.zeros((28, 28), np.uint8))
    >>> [m.shape for m in maps], logits.shape
    ([(16, 28, 28), (32, 14, 14), (64, 7, 7)], (10,))
    """
    if image.ndim != 2:
        raise ValueError(f"image: expected shape (H, W); got {image.shape}")
    model.eval()
    x = torch.as_tensor(image)[None].to(next(model.parameters()).device)
    maps = []
    for layer in model:
        x = layer(x)
        if isinstance(layer, (nn.BatchNorm2d, nn.GroupNorm, nn.Identity)):
            # The model pools before its ReLU, to save work; the maps are shown whole.
            maps.append(x[0].relu().cpu().double().numpy().copy())
    return maps, x[0].cpu().double().numpy().copy()
