r"""The derivation of the loss's gradient and Hessian, done by SymPy.

With a symbolic number of classes K, the loss of logits :math:`z_0, \dots, z_{K-1}`
and true class y is an expression with one sum. Its derivative comes out as a quotient
of two sums less a Kronecker delta; :func:`collapse` evaluates the sums that a delta has
left with a single term.
"""

from __future__ import annotations

import sympy as sp
from sympy.concrete.delta import deltasummation

K = sp.Symbol("K", integer=True, positive=True)
i, j, k, y = sp.symbols("i j k y", integer=True, nonnegative=True)
z = sp.IndexedBase("z", real=True)
p = sp.IndexedBase("p", real=True)


def loss() -> sp.Expr:
    r"""Return :math:`\log \sum_{j=0}^{K-1} e^{z_j} - z_y` for symbolic K and y.

    Examples
    --------
    >>> loss()
    log(Sum(exp(z[j]), (j, 0, K - 1))) - z[y]
    """
    return sp.log(_partition()) - z[y]


def soft_label_loss() -> sp.Expr:
    r"""Return :math:`\sum_j p_j (\log \sum_m e^{z_m} - z_j)` for targets p.

    The targets need not sum to 1, so that the derivative shows what happens if they
    don't.
    """
    classes = (j, 0, K - 1)
    return sp.log(_partition()) * sp.Sum(p[j], classes) - sp.Sum(p[j] * z[j], classes)


def softmax_entry(index: sp.Symbol = i) -> sp.Expr:
    r"""Return :math:`e^{z_i} / \sum_j e^{z_j}` for symbolic K.

    Examples
    --------
    >>> softmax_entry()
    exp(z[i])/Sum(exp(z[j]), (j, 0, K - 1))
    """
    return sp.exp(z[index]) / _partition()


def gradient(expression: sp.Expr | None = None, index: sp.Symbol = i) -> sp.Expr:
    r"""Return :math:`\partial L / \partial z_i` as SymPy gives it.

    Parameters
    ----------
    expression : Expr, optional
        What is differentiated; the loss by default.
    index : Symbol
        Which logit.

    Returns
    -------
    Expr
        With the sums over Kronecker deltas left standing; see :func:`collapse`.

    Examples
    --------
    >>> print(str(gradient()).replace("(j, 0, K - 1)", "j"))
    -KroneckerDelta(i, y) + Sum(exp(z[j])*KroneckerDelta(i, j), j)/Sum(exp(z[j]), j)
    """
    return sp.diff(loss() if expression is None else expression, z[index])


def collapse(expression: sp.Expr) -> sp.Expr:
    r"""Evaluate the sums in which a Kronecker delta leaves a single term.

    Every free index is taken to lie in 0 to K - 1, so that :math:`\sum_j a_j
    \delta_{ij} = a_i`.

    Parameters
    ----------
    expression : Expr
        A derivative with respect to a logit.

    Examples
    --------
    >>> collapse(gradient())
    exp(z[i])/Sum(exp(z[j]), (j, 0, K - 1)) - KroneckerDelta(i, y)
    """
    for total in sorted(expression.atoms(sp.Sum), key=sp.default_sort_key):
        if total.has(sp.KroneckerDelta):
            single = deltasummation(total.function, total.limits[0])
            # The branches ask whether the index lies in the range; it does.
            branch = single.args[0].expr if isinstance(single, sp.Piecewise) else single
            expression = expression.subs(total, branch)
    return expression


def hessian() -> sp.Expr:
    r"""Return :math:`\partial^2 L / \partial z_i \partial z_k`, collapsed.

    It equals :math:`q_i (\delta_{ik} - q_k)`, which does not depend on y.
    """
    return collapse(gradient(collapse(gradient()), k))


def logits_of(number: int) -> tuple[sp.Symbol, ...]:
    """Return that many real symbols z0, z1, ...

    Examples
    --------
    >>> logits_of(3)
    (z0, z1, z2)
    """
    if number < 1:
        raise ValueError(f"number must be at least 1; got {number}")
    return sp.symbols(f"z:{number}", real=True)  # type: ignore[no-any-return]


def softmax_of(logits: tuple[sp.Symbol, ...]) -> sp.Matrix:
    """Return softmax of explicit symbols, as a column.

    Examples
    --------
    >>> softmax_of(logits_of(2))[0]
    exp(z0)/(exp(z0) + exp(z1))
    """
    total = sp.Add(*[sp.exp(logit) for logit in logits])
    return sp.Matrix([sp.exp(logit) / total for logit in logits])


def loss_of(logits: tuple[sp.Symbol, ...], label: int) -> sp.Expr:
    """Return the loss of explicit symbols and a true class.

    Raises
    ------
    ValueError
        If the label is not one of the classes.

    Examples
    --------
    >>> loss_of(logits_of(2), 1)
    -z1 + log(exp(z0) + exp(z1))
    """
    if not 0 <= label < len(logits):
        raise ValueError(f"label must lie in 0 to {len(logits) - 1}; got {label}")
    return sp.log(sp.Add(*[sp.exp(logit) for logit in logits])) - logits[label]


def binary_loss() -> tuple[sp.Expr, sp.Symbol, sp.Symbol]:
    r"""Return :math:`-y \log \sigma(x) - (1 - y) \log(1 - \sigma(x))`, x and y.

    Examples
    --------
    >>> expression, x, y = binary_loss()
    >>> sp.simplify(sp.diff(expression, x) - (1 / (1 + sp.exp(-x)) - y))
    0
    """
    x, label = sp.symbols("x y", real=True)
    sigma = 1 / (1 + sp.exp(-x))
    return -label * sp.log(sigma) - (1 - label) * sp.log(1 - sigma), x, label


def _partition() -> sp.Expr:
    return sp.Sum(sp.exp(z[j]), (j, 0, K - 1))
