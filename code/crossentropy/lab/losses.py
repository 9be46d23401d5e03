"""Losses for training with torch: one number for each row, from logits.

Each takes logits of shape (N, K) and targets, either labels of shape (N,), int64, or
rows of numbers of shape (N, K), and returns N losses in nats. The mean over a batch is
taken by whoever knows the batch, which may be spread over several processes.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

RowLoss = Callable[[Tensor, Tensor], Tensor]


def as_targets(logits: Tensor, targets: Tensor, label_smoothing: float = 0.0) -> Tensor:
    r"""Targets as rows of shape (N, K), smoothed by :math:`\epsilon/K` if asked."""
    if targets.ndim == 1:
        targets = functional.one_hot(targets, logits.shape[1]).to(logits.dtype)
    if label_smoothing:
        targets = torch.lerp(
            targets, torch.full_like(targets, 1 / logits.shape[1]), label_smoothing
        )
    return targets


def softmax(logits: Tensor, targets: Tensor, label_smoothing: float = 0.0) -> Tensor:
    """Softmax cross-entropy as torch computes it: `torch.nn.functional`'s own."""
    return functional.cross_entropy(
        logits, targets, reduction="none", label_smoothing=label_smoothing
    )


def _apart(logits: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Each row's largest logit and its place, and the others' exp(z_j - largest)."""
    top, place = logits.max(1, keepdim=True)
    return top, place, (logits - top).exp().scatter(1, place, 0.0)


class _Accurate(torch.autograd.Function):
    """Softmax cross-entropy with labels, right to the last digits near 0 too."""

    @staticmethod
    def forward(ctx: Any, logits: Tensor, labels: Tensor) -> Tensor:
        ctx.save_for_backward(logits, labels)
        top, _, others = _apart(logits)
        # -log q_y = log(1 + rest) + (largest - z_y): nothing negative, nothing cancels.
        gap = top - logits.gather(1, labels[:, None])
        return torch.log1p(others.sum(1)) + gap[:, 0]

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor, None]:
        # Computed again from the logits, so that it can be differentiated once more.
        logits, labels = ctx.saved_tensors
        _, place, others = _apart(logits)
        rest = others.sum(1, keepdim=True)
        q = (others / (1 + rest)).scatter(1, place, 1 / (1 + rest))
        label = labels[:, None]
        # q_y - 1, which would round to 0 where the label leads by far.
        at_label = torch.where(
            place == label, -rest / (1 + rest), q.gather(1, label) - 1
        )
        return q.scatter(1, label, at_label) * grads[0][:, None], None


def accurate(logits: Tensor, targets: Tensor, label_smoothing: float = 0.0) -> Tensor:
    r"""Softmax cross-entropy in the package's form, as a torch function.

    .. math:: \ell = \log\Bigl(1 + \sum_{j \ne y} e^{z_j - z_y}\Bigr)
        + \frac{\epsilon}{K} \sum_j (z_y - z_j)

    torch's own loss rounds to 0, and its gradient with it, once the label's probability
    rounds to 1: in float32 from a lead of about 17 on. This one keeps every digit: with
    the largest logit set apart, the others' exponentials are added up by themselves,
    and their share is the gradient of a label that leads.

    Parameters
    ----------
    logits : Tensor, shape (N, K)
        Finite, floating point. Half precision is turned into float32, and so is the
        loss.
    targets : Tensor, shape (N,)
        Labels from 0 to K - 1, int64.
    label_smoothing : float
        From 0 to 1; each class gets eps/K.

    Returns
    -------
    Tensor, shape (N,)
        In nats.

    Raises
    ------
    ValueError
        If the targets are not labels.

    References
    ----------
    P. Blanchard, D. J. Higham and N. J. Higham, "Accurately computing the log-sum-exp
    and softmax functions", *IMA Journal of Numerical Analysis* 41 (2021), whose log1p
    form it takes one step further, as :func:`crossentropy.softmax_cross_entropy` does.

    Examples
    --------
    >>> z = torch.tensor([[30.0, 0.0, 0.0]], requires_grad=True)
    >>> y = torch.tensor([0])
    >>> softmax(z, y).item() == 0, f"{accurate(z, y).item():.2e}"
    (True, '1.87e-13')
    >>> accurate(z, y).sum().backward()
    >>> f"{z.grad[0, 0].item():.2e}"
    '-1.87e-13'
    """
    if targets.ndim != 1:
        raise ValueError(
            "targets: 'accurate' takes labels of shape (N,); "
            f"got shape {tuple(targets.shape)}"
        )
    if logits.dtype in (torch.float16, torch.bfloat16):
        logits = logits.float()
    loss: Tensor = _Accurate.apply(logits, targets)  # type: ignore[no-untyped-call]
    if label_smoothing:
        label = logits.gather(1, targets[:, None])
        loss = loss + label_smoothing * (label - logits).mean(1)
    return loss


def sigmoid(logits: Tensor, targets: Tensor, label_smoothing: float = 0.0) -> Tensor:
    """K binary cross-entropies, one for each class, added up."""
    targets = as_targets(logits, targets, label_smoothing)
    return functional.binary_cross_entropy_with_logits(
        logits, targets, reduction="none"
    ).sum(1)


def squared(logits: Tensor, targets: Tensor, label_smoothing: float = 0.0) -> Tensor:
    """Squared error of the softmax probabilities, added up over the classes."""
    difference = logits.softmax(1) - as_targets(logits, targets, label_smoothing)
    return difference.square().sum(1)


def hinge(logits: Tensor, targets: Tensor, label_smoothing: float = 0.0) -> Tensor:
    """Multiclass hinge loss of Crammer and Singer, with a margin of 1."""
    if label_smoothing or targets.ndim != 1:
        raise ValueError("targets: 'hinge' takes labels of shape (N,), unsmoothed")
    column = targets[:, None]
    others = logits.scatter(1, column, -torch.inf).amax(1)
    return (1 + (others - logits.gather(1, column)[:, 0])).clamp(min=0)


def difference(logits: Tensor, targets: Tensor, label_smoothing: float = 0.0) -> Tensor:
    """1 - s where the target is 1, s where it is 0, s = sigmoid(z); mean over classes.

    Linear in s, so not a proper score: popular, and here to be seen failing.
    """
    targets = as_targets(logits, targets, label_smoothing)
    wrong = targets * (-logits).sigmoid() + (1 - targets) * logits.sigmoid()
    return wrong.mean(1)


LOSSES: dict[str, Callable[[Tensor, Tensor, float], Tensor]] = {
    "softmax": softmax,
    "accurate": accurate,
    "sigmoid": sigmoid,
    "squared": squared,
    "hinge": hinge,
    "difference": difference,
}


def make_loss(name: str, label_smoothing: float = 0.0) -> RowLoss:
    """Return the loss of that name, with its smoothing fixed.

    Parameters
    ----------
    name : str
        A key of :data:`LOSSES`.
    label_smoothing : float
        From 0 to 1; only 0 for the hinge loss.

    Raises
    ------
    ValueError
        If there is no such loss, or it can't be smoothed so.

    Examples
    --------
    >>> loss = make_loss("softmax", label_smoothing=0.1)
    >>> loss(torch.zeros(1, 10), torch.tensor([3]))
    tensor([2.3026])
    """
    if name not in LOSSES:
        raise ValueError(f"loss: expected one of {', '.join(LOSSES)}; got {name!r}")
    if not 0 <= label_smoothing <= 1:
        raise ValueError(
            f"label_smoothing: expected a number from 0 to 1; got {label_smoothing}"
        )
    if name == "hinge" and label_smoothing:
        raise ValueError(
            "label_smoothing: the hinge loss takes a single class; use 0 with it"
        )
    row_loss = LOSSES[name]
    return lambda logits, targets: row_loss(logits, targets, label_smoothing)
