"""Softmax cross-entropy in its shortest accurate form: what the fast kernel computes.

The tests hold `crossentropy.softmax_cross_entropy_and_grad` equal to it.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def cross_entropy_of_row(
    z: NDArray[np.float64], y: int
) -> tuple[np.float64, NDArray[np.float64]]:
    r"""Loss and gradient of one row of finite logits `z` with the label `y`.

    With m the largest logit and r the sum of :math:`e^{z_j - m}` over the classes other
    than y,

    .. math:: \ell = \log(1 + r + (e^{z_y - m} - 1)) - (z_y - m), \quad
              \frac{\partial \ell}{\partial z_j} = q_j, \quad
              \frac{\partial \ell}{\partial z_y} = q_y - 1 = -\frac{r}{r + e^{z_y - m}}.

    When the label's logit is the largest, the loss is log1p(r): nothing rounds to 0. No
    term is the difference of two others that could cancel.

    Parameters
    ----------
    z
        K finite logits, float64.
    y
        The label, from 0 to K - 1.

    Returns
    -------
    loss
        In nats.
    gradient : array of shape (K,)

    Raises
    ------
    IndexError
        If the label is not an index of `z`.

    References
    ----------
    P. Blanchard, D. J. Higham and N. J. Higham, "Accurately computing the log-sum-exp
    and softmax functions", IMA Journal of Numerical Analysis 41 (2021).

    Examples
    --------
    >>> loss, gradient = cross_entropy_of_row(np.array([1.0, 2.0, 0.5]), 1)
    >>> round(float(loss), 4), gradient.round(4).tolist()
    (0.4644, [0.2312, -0.3715, 0.1402])
    """
    below = z - z.max()
    e = np.exp(below)
    e_y, e[y] = e[y], 0.0
    rest = e.sum()
    loss = np.log1p(rest + (e_y - 1.0)) - below[y]
    gradient = e / (rest + e_y)
    gradient[y] = -rest / (rest + e_y)
    return loss, gradient
