"""Checked rows of a categorical loss, computed block by block."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from crossentropy._validate import FloatArray, ScalarOrArray
from crossentropy.losses._blocks import in_blocks, thread_count
from crossentropy.losses._results import delivered, gradient_buffer, reduced, scaled

# (logits, targets, scale or None, place for the gradients) -> halves of the losses
Kernel = Callable[[FloatArray, Any, FloatArray | None, FloatArray], FloatArray]


@dataclass
class Rows:
    """Checked input of a categorical loss.

    Attributes
    ----------
    z
        Logits in the precision to compute in, shape (..., K).
    dtype
        The dtype of the results.
    scale
        What the loss and the gradient of each of the N rows are multiplied by. A scale
        of 0 gives 0, whatever the loss.
    kernel
        What computes a block.
    targets
        The targets of a block, as the kernel wants them.
    """

    z: FloatArray
    dtype: np.dtype[Any]
    scale: FloatArray
    kernel: Kernel
    targets: Callable[[slice], Any]

    def loss(self, reduction: str, threads: int | None) -> ScalarOrArray:
        """The loss alone: needs no memory of the size of the logits."""
        return reduced(self._compute(None, threads), reduction, self.dtype)

    def loss_and_grad(
        self,
        reduction: str,
        threads: int | None,
        logits: object,
        out: FloatArray | None = None,
    ) -> tuple[ScalarOrArray, FloatArray]:
        """Loss and gradient in one pass; `logits` is the caller's array, `out` too."""
        gradient = gradient_buffer(self.z, logits, self.dtype, out)
        loss = reduced(self._compute(gradient, threads), reduction, self.dtype)
        return loss, delivered(gradient, self.dtype, out)

    def _compute(self, gradient: FloatArray | None, threads: int | None) -> FloatArray:
        """Scaled loss of each row; the scaled gradients go into `gradient`."""
        n, k = len(self.scale), self.z.shape[-1]
        halves = np.zeros(n)
        count = thread_count(threads, self.z.size)
        shape = self.z.shape[:-1]
        if self.z.size == 0:
            return halves.reshape(shape)
        z = self.z.reshape(n, k)
        fits = _fits(self.scale, z.dtype)
        scales = (self.scale if fits else np.ones(n)).astype(z.dtype, copy=False)
        slopes = None if gradient is None else gradient.reshape(n, k)

        def task(rows: slice) -> None:
            block = np.ascontiguousarray(z[rows])
            if slopes is None:
                place, scale = np.empty(block.shape, block.dtype), None
            else:
                place, scale = slopes[rows], scales[rows]
            with np.errstate(all="ignore"):  # each thread has settings of its own
                halves[rows] = self.kernel(block, self.targets(rows), scale, place)
                if slopes is not None and not fits:
                    _multiply(place, self.scale[rows])

        in_blocks(task, n, k * z.itemsize, count)
        return scaled(halves, self.scale).reshape(shape)


def _fits(scale: FloatArray, dtype: np.dtype[Any]) -> bool:
    """Whether a kernel can compute with this scale in the dtype of the logits.

    It is divided by sums of exponentials from 1/2 to the root of the largest number,
    and the quotients should keep all their digits.
    """
    limits = np.finfo(dtype)
    low, high = float(limits.tiny) * float(limits.max) ** 0.5, float(limits.max) / 2
    if low <= scale.min() and scale.max() <= high:
        return True
    return bool((((scale >= low) & (scale <= high)) | (scale == 0)).all())


def _multiply(gradient: FloatArray, scale: FloatArray) -> None:
    """Multiply rows in double precision; those of scale 0 become 0."""
    gradient[...] = gradient * scale[:, None]
    gradient[scale == 0] = 0.0
