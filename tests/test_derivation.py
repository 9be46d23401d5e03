"""The symbolic derivation against torch, finite classes and exact rationals."""

from __future__ import annotations

import numpy as np
import pytest
import sympy as sp
import torch

from crossentropy import derivation, softmax, softmax_jacobian

Z = [1.0, 2.0, 0.5]


def at(expression: sp.Expr, label: int, index: int, other: int = 0) -> float:
    """Evaluate an expression with symbolic K at three logits and their labels."""
    filled = expression.subs(
        {
            derivation.K: 3,
            derivation.y: label,
            derivation.i: index,
            derivation.k: other,
        }
    ).doit()
    values = {derivation.z[n]: value for n, value in enumerate(Z)}
    return float(filled.subs(values))


def test_the_loss_is_the_one_that_torch_computes() -> None:
    for label in range(3):
        theirs = torch.nn.functional.cross_entropy(
            torch.tensor(Z, dtype=torch.float64), torch.tensor(label)
        ).item()
        assert at(derivation.loss(), label, 0) == pytest.approx(theirs, rel=1e-14)
        explicit = derivation.loss_of(derivation.logits_of(3), label)
        numbers = dict(zip(derivation.logits_of(3), Z, strict=True))
        assert float(explicit.subs(numbers)) == pytest.approx(theirs, rel=1e-14)


@pytest.mark.parametrize("collapsed", [False, True])
def test_the_gradient_is_autograds(collapsed: bool) -> None:
    gradient = derivation.gradient()
    if collapsed:
        gradient = derivation.collapse(gradient)
    for label in range(3):
        leaf = torch.tensor(Z, dtype=torch.float64, requires_grad=True)
        torch.nn.functional.cross_entropy(leaf, torch.tensor(label)).backward()
        assert leaf.grad is not None
        mine = [at(gradient, label, index) for index in range(3)]
        assert mine == pytest.approx(leaf.grad.tolist(), rel=1e-13)


def test_the_raw_gradient_is_a_quotient_of_sums_less_a_delta() -> None:
    raw = derivation.gradient()
    assert len(raw.atoms(sp.Sum)) == 2
    assert -sp.KroneckerDelta(derivation.i, derivation.y) in raw.args
    collapsed = derivation.collapse(raw)
    assert len(collapsed.atoms(sp.Sum)) == 1
    assert not collapsed.has(sp.Piecewise)


def test_collapse_leaves_other_sums_alone() -> None:
    assert derivation.collapse(derivation.loss()) == derivation.loss()


def test_the_hessian_is_the_jacobian_of_softmax_whatever_the_label() -> None:
    hessian = derivation.hessian()
    assert not hessian.has(derivation.y)
    mine = [[at(hessian, 0, a, b) for b in range(3)] for a in range(3)]
    assert np.allclose(mine, softmax_jacobian(np.array(Z)), rtol=1e-13)


def test_soft_targets_keep_their_sum_in_the_gradient() -> None:
    gradient = derivation.collapse(derivation.gradient(derivation.soft_label_loss()))
    targets = [0.5, 0.0, 0.9]
    leaf = torch.tensor(Z, dtype=torch.float64, requires_grad=True)
    loss = -(torch.tensor(targets, dtype=torch.float64) * leaf.log_softmax(0)).sum()
    loss.backward()
    assert leaf.grad is not None
    filled = [
        float(
            gradient.subs({derivation.K: 3, derivation.i: index})
            .doit()
            .subs({derivation.p[n]: t for n, t in enumerate(targets)})
            .subs({derivation.z[n]: v for n, v in enumerate(Z)})
        )
        for index in range(3)
    ]
    assert filled == pytest.approx(leaf.grad.tolist(), rel=1e-13)
    q = np.asarray(softmax(Z))
    assert not np.allclose(filled, q - targets)


def test_softmax_of_symbols_sums_to_one_exactly() -> None:
    for number in (1, 2, 5):
        shares = derivation.softmax_of(derivation.logits_of(number))
        assert sp.simplify(sum(shares)) == 1


def test_binary_loss_and_its_two_derivatives() -> None:
    loss, x, y = derivation.binary_loss()
    sigma = 1 / (1 + sp.exp(-x))
    assert sp.simplify(sp.diff(loss, x) - (sigma - y)) == 0
    assert sp.simplify(sp.diff(loss, x, 2) - sigma * (1 - sigma)) == 0
    assert loss.subs({x: 0, y: 1}) == sp.log(2)


def test_bad_input_is_named() -> None:
    with pytest.raises(ValueError, match="number must be at least 1; got 0"):
        derivation.logits_of(0)
    with pytest.raises(ValueError, match="label must lie in 0 to 2; got 3"):
        derivation.loss_of(derivation.logits_of(3), 3)
