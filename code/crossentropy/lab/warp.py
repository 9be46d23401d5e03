"""Images turned, slanted and stretched a little: more of them than there are."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional


def warp(images: Tensor, matrices: Tensor) -> Tensor:
    r"""Look at each image through a linear map of its own.

    .. math:: \text{warped}(x) = \text{image}\bigl((I + A)\, x\bigr)

    with :math:`x` measured from the image's centre. Between pixels the grey level is
    interpolated; what lies outside the image is black. Small random entries of
    :math:`A` turn a handwritten digit into one that another hand might have written:
    to first order its diagonal stretches, and the rest slants and turns.

    Parameters
    ----------
    images : Tensor, shape (N, H, W)
        Grey levels, of any dtype.
    matrices : Tensor, shape (N, 2, 2)
        The maps :math:`A`, floating point; 0 leaves an image as it is. The first row
        and column are about the horizontal axis.

    Returns
    -------
    Tensor, shape (N, H, W)
        Of the dtype of `matrices`.

    References
    ----------
    P. Y. Simard, D. Steinkraus and J. C. Platt, "Best practices for convolutional
    neural networks applied to visual document analysis", ICDAR (2003).

    Examples
    --------
    >>> image = torch.arange(16.0).reshape(1, 4, 4)
    >>> half_turn = torch.tensor([[[-2.0, 0.0], [0.0, -2.0]]])
    >>> torch.equal(warp(image, half_turn), image.flip(1, 2))
    True
    """
    n, height, width = images.shape
    identity = torch.eye(2, dtype=matrices.dtype, device=matrices.device)
    maps = torch.cat([identity + matrices, matrices.new_zeros(n, 2, 1)], dim=2)
    grid = functional.affine_grid(maps, [n, 1, height, width], align_corners=False)
    seen = functional.grid_sample(
        images[:, None].to(matrices.dtype), grid, align_corners=False
    )
    return seen[:, 0]
