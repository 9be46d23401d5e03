"""Small convolutional networks that end in K logits, and never in a softmax."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial

import torch
from torch import Tensor, nn

# Mean and standard deviation of MNIST's grey levels, of 0 to 255. Another data set
# is close enough: the first normalisation layer mends the rest.
_MEAN, _SPREAD = 33.3, 78.6


class Pixels(nn.Module):
    """Grey levels of 0 to 255, shape (N, H, W), as numbers around 0, (N, 1, H, W).

    It is part of the model, so nobody can forget it when predicting.
    """

    mean: Tensor
    spread: Tensor

    def __init__(self, mean: float = _MEAN, spread: float = _SPREAD) -> None:
        super().__init__()
        self.register_buffer("mean", torch.tensor(float(mean)))
        self.register_buffer("spread", torch.tensor(float(spread)))

    def forward(self, images: Tensor) -> Tensor:
        """Scale and add the channel axis."""
        return (images[:, None].to(self.mean.dtype) - self.mean) / self.spread


def _norm(kind: str, channels: int) -> nn.Module:
    """Build a normalisation layer; group norm looks at one image at a time."""
    if kind == "batch":
        return nn.BatchNorm2d(channels)
    if kind == "group":
        return nn.GroupNorm(4, channels)
    return nn.Identity()


class Flatten(nn.Module):
    """Feature maps, shape (N, C, H, W), as rows, shape (N, H W C).

    In this order, they already lie so in memory where channels come last: nothing is
    copied, and gradients come back in the order in which they are used.
    """

    def forward(self, maps: Tensor) -> Tensor:
        """Put the channels last and join the axes."""
        return maps.permute(0, 2, 3, 1).flatten(1)


def _block(inputs: int, outputs: int, norm: str, *, pool: bool) -> list[nn.Module]:
    """Build a convolution of 3 by 3, normalised, pooled or not, with a ReLU.

    The ReLU comes last: the largest of four numbers is the same before and after, and
    there are only a quarter as many to look at.
    """
    return [
        nn.Conv2d(inputs, outputs, 3, padding=1, bias=norm == "none"),
        _norm(norm, outputs),
        *([nn.MaxPool2d(2)] if pool else []),
        nn.ReLU(inplace=True),
    ]


def _tiny(norm: str) -> tuple[list[nn.Module], int, int]:
    """Fold 2 by 2 pixels into channels, then two convolutions."""
    layers = [nn.PixelUnshuffle(2), *_block(4, 16, norm, pool=True)]
    return [*layers, *_block(16, 32, norm, pool=False)], 32, 4


def _three(width: int, norm: str) -> tuple[list[nn.Module], int, int]:
    """Three convolutions, each twice as wide as the one before, two poolings."""
    layers = [
        *_block(1, width, norm, pool=True),
        *_block(width, 2 * width, norm, pool=True),
        *_block(2 * width, 4 * width, norm, pool=False),
    ]
    return layers, 4 * width, 4


def _linear(norm: str) -> tuple[list[nn.Module], int, int]:
    """No features at all: softmax regression on the pixels."""
    return [], 1, 1


MODELS: dict[str, Callable[[str], tuple[list[nn.Module], int, int]]] = {
    "tiny": _tiny,
    "small": partial(_three, 16),
    "wide": partial(_three, 64),  # for a GPU
    "linear": _linear,
}
NORMS = ("batch", "group", "none")


def build_model(
    name: str = "small",
    num_classes: int = 10,
    *,
    side: int = 28,
    norm: str = "batch",
    seed: int = 0,
    pixels: Pixels | None = None,
) -> nn.Sequential:
    """Build a network that maps images to K logits.

    The last layer starts at zero, so that at step 0 every logit is 0, every class has
    probability 1/K and the loss is exactly log K. Weights are drawn on the CPU, the
    same ones whatever the device they are moved to.

    Parameters
    ----------
    name : str
        A key of :data:`MODELS`: "tiny" (21,000 weights), "small" (55,000), "wide"
        (0.5 million) or "linear".
    num_classes : int
        K, at least 1.
    side : int
        Height and width of an image, a multiple of 4, at least 8.
    norm : str
        "batch", "group" (each image by itself) or "none".
    seed : int
        Decides the weights; torch's global generator is left as it was.
    pixels : Pixels, optional
        Another scaling of the grey levels.

    Returns
    -------
    torch.nn.Sequential
        Takes uint8 images of shape (N, side, side); returns logits of shape (N, K).

    Raises
    ------
    ValueError
        If the name, the norm or a size is not among those.

    References
    ----------
    Y. LeCun, L. Bottou, Y. Bengio and P. Haffner, "Gradient-based learning applied to
    document recognition", *Proceedings of the IEEE* 86 (1998).

    Examples
    --------
    >>> model = build_model("tiny")
    >>> model(torch.zeros(2, 28, 28, dtype=torch.uint8)).shape
    torch.Size([2, 10])
    >>> sum(p.numel() for p in model.parameters())
    20970
    """
    if name not in MODELS:
        raise ValueError(f"model: expected one of {', '.join(MODELS)}; got {name!r}")
    if norm not in NORMS:
        raise ValueError(f"norm: expected one of {', '.join(NORMS)}; got {norm!r}")
    if num_classes < 1:
        raise ValueError(f"num_classes: expected at least 1; got {num_classes}")
    if side < 8 or side % 4:  # at 4 a single image would leave nothing to normalise
        raise ValueError(f"side: expected a multiple of 4 from 8 on; got {side}")
    with torch.random.fork_rng(devices=[]), torch.device("cpu"):
        torch.default_generator.manual_seed(seed)  # not the GPU's: it isn't put back
        layers, channels, shrink = MODELS[name](norm)
        head = nn.Linear(channels * (side // shrink) ** 2, num_classes)
    nn.init.zeros_(head.weight)
    nn.init.zeros_(head.bias)
    return nn.Sequential(pixels or Pixels(), *layers, Flatten(), head)


def set_prior(model: nn.Sequential, probability: float) -> None:
    r"""Start the output biases where each sigmoid says a class's share of the data.

    .. math:: b = \log \frac{\pi}{1 - \pi}

    Parameters
    ----------
    model : torch.nn.Sequential
        As :func:`build_model` makes it; changed in place.
    probability : float
        :math:`\pi`, between 0 and 1.

    Raises
    ------
    ValueError
        If the probability is not strictly between 0 and 1, or the model does not end in
        a linear layer.

    References
    ----------
    T.-Y. Lin et al., "Focal loss for dense object detection", ICCV (2017), section 4.1.

    Examples
    --------
    >>> model = build_model("tiny", 100)
    >>> set_prior(model, 1 / 100)
    >>> round(model[-1].bias[0].item(), 3)
    -4.595
    """
    if not 0 < probability < 1:
        raise ValueError(
            f"probability: expected a number between 0 and 1; got {probability}"
        )
    head = model[-1]
    if not isinstance(head, nn.Linear):
        raise ValueError(f"model: expected a linear layer at the end; got {head}")
    nn.init.constant_(head.bias, math.log(probability) - math.log1p(-probability))
