"""Checked rows of a categorical loss, computed block by block."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from crossentropy._validate import FloatArray, ScalarOrArray
from crossentropy.losses._blocks import in_blocks, thread_count
from crossentropy.losses._results import delivered, gradient_buffer, reduced

# (logits, targets, scale or None, place for the gradients) -> losses
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
        losses = self._compute(None, threads)
        return reduced(losses, self.scale, reduction, self.z.shape[:-1], self.dtype)

    def loss_and_grad(
        self,
        reduction: str,
        threads: int | None,
        logits: object,
        out: FloatArray | None = None,
    ) -> tuple[ScalarOrArray, FloatArray]:
        """Loss and gradient in one pass; `logits` is the caller's array, `out` too."""
        g = gradient_buffer(self.z, logits, self.dtype, out)
        losses = self._compute(g, threads)
        loss = reduced(losses, self.scale, reduction, self.z.shape[:-1], self.dtype)
        return loss, delivered(g, self.dtype, out)

    def _compute(self, out: FloatArray | None, threads: int | None) -> FloatArray:
        """Loss of each row, unscaled; the scaled gradients go into `out`."""
        n, k = len(self.scale), self.z.shape[-1]
        losses = np.zeros(n, self.z.dtype)
        count = thread_count(threads, self.z.size)
        if self.z.size == 0:
            return losses
        z = self.z.reshape(n, k)
        scale = self.scale.astype(z.dtype)
        g = None if out is None else out.reshape(n, k)

        def task(rows: slice) -> None:
            block = np.ascontiguousarray(z[rows])
            if g is None:
                place, s = np.empty(block.shape, block.dtype), None
            else:
                place, s = g[rows], scale[rows]
            losses[rows] = self.kernel(block, self.targets(rows), s, place)

        in_blocks(task, n, k * z.itemsize, count)
        return losses
