"""The facts behind each claim of claims.toml.

Each test would fail if the claim's verdict were the opposite. Where a library is spoken
of, the library itself is asked.
"""

# ruff: noqa: N802, N812  (the tests carry the claims' ids; F is torch's own name)

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
import sympy as sp
import torch
import torch.nn.functional as F

import crossentropy as ce
from crossentropy import derivation
from tools import pdf

Z, DOG = np.array([1.0, 2.0, 0.5]), 1
Q = np.asarray(ce.softmax(Z))
RNG = np.random.default_rng(0)
ROWS = RNG.normal(0, 4, size=(200, 5))
LABELS = RNG.integers(0, 5, size=200)


def test_C01_the_loss_is_the_composition_of_the_two() -> None:
    two_steps = ce.cross_entropy(ce.one_hot(LABELS, 5), ce.softmax(ROWS))
    one = ce.softmax_cross_entropy(ROWS, LABELS, reduction="none")
    assert np.allclose(two_steps, one, rtol=1e-9)


def test_C02_softmax_is_exp_over_the_sum_of_exps() -> None:
    powers = [sp.exp(sp.Rational(v)) for v in (1, 2, sp.Rational(1, 2))]
    exact = [float((power / sum(powers)).evalf(30)) for power in powers]
    assert np.allclose(Q, exact, rtol=1e-15)


def test_C03_softmax_of_3_and_4() -> None:
    assert np.allclose(ce.softmax([3, 4]), [0.26894142, 0.73105858], atol=5e-9)
    assert sum(np.asarray(ce.softmax([3, 4])).tolist()) == pytest.approx(1, abs=1e-15)


def test_C04_the_predicted_class_has_the_highest_probability() -> None:
    q = np.asarray(ce.softmax([3, 4]))
    assert q.argmax() == 1
    assert f"{q[1]:.2%}" == "73.11%"


def test_C05_binary_cross_entropy_is_a_coins_negative_log_likelihood() -> None:
    for x in (-3.0, 0.0, 2.5):
        s = 1 / (1 + math.exp(-x))
        for t in (0, 1):
            likelihood = s**t * (1 - s) ** (1 - t)
            assert ce.sigmoid_cross_entropy(x, t) == pytest.approx(
                -math.log(likelihood)
            )


def test_C06_the_loss_for_true_class_0_is_not_0_313() -> None:
    right = float(ce.softmax_cross_entropy([3.0, 4.0], 0))
    assert f"{right:.4f}" == "1.3133"
    printed = -(1 - 0) * math.log(1 - 0.26894142)
    assert f"{printed:.3f}" == "0.313"
    assert printed == pytest.approx(float(ce.softmax_cross_entropy([3.0, 4.0], 1)))


def test_C07_one_sigmoid_is_the_pair_and_two_are_not() -> None:
    pairs, labels = ROWS[:, :2], LABELS % 2
    softmax = ce.softmax_cross_entropy(pairs, labels, reduction="none")
    one = ce.sigmoid_cross_entropy(pairs[:, 1] - pairs[:, 0], labels, reduction="none")
    two = ce.sigmoid_cross_entropy(pairs, ce.one_hot(labels, 2), reduction="none")
    assert np.allclose(softmax, one, rtol=1e-12)
    assert np.abs(np.asarray(two).sum(axis=1) - softmax).min() > 1e-3


def test_C08_gradients_can_flow_into_the_labels() -> None:
    # As in TensorFlow's version 2: d loss / d p = -log q. Version 1 stops them.
    targets = torch.tensor([[0.2, 0.5, 0.3]], dtype=torch.float64, requires_grad=True)
    logits = torch.tensor(Z[None])
    F.cross_entropy(logits, targets).backward()
    assert targets.grad is not None
    assert np.allclose(targets.grad[0].numpy(), -np.asarray(ce.log_softmax(Z)))
    stopped = F.cross_entropy(logits, targets.detach())
    assert not stopped.requires_grad
    assert stopped.item() == F.cross_entropy(logits, targets).item()


def test_C09_it_is_likelihood_proper_unsaturated_convex_and_stable() -> None:
    losses = ce.softmax_cross_entropy(ROWS, LABELS, reduction="sum")
    likelihood = np.prod(np.asarray(ce.softmax(ROWS))[np.arange(200), LABELS][:20])
    first = ce.softmax_cross_entropy(ROWS[:20], LABELS[:20], reduction="sum")
    assert float(first) == pytest.approx(-math.log(likelihood))
    assert np.isfinite(losses)
    p = np.array([0.5, 0.3, 0.2])
    forecasts = RNG.dirichlet(np.ones(3), 5000)
    assert np.asarray(ce.cross_entropy(p, forecasts)).min() >= ce.entropy(p)
    _, g = ce.softmax_cross_entropy_and_grad([0.0, -50.0], 1)
    assert g[1] == pytest.approx(-1)
    a, b = ROWS[0], ROWS[1]
    middle = ce.softmax_cross_entropy((a + b) / 2, 0)
    ends = [ce.softmax_cross_entropy(v, 0) for v in (a, b)]
    assert middle <= sum(map(float, ends)) / 2
    assert ce.softmax_cross_entropy([1e300, -1e300], 1) == 2e300


def test_C10_the_equation() -> None:
    for row, label in zip(ROWS[:20], LABELS, strict=False):
        exact = sp.log(sum(sp.exp(sp.Float(float(v), 40)) for v in row))
        exact -= sp.Float(float(row[label]), 40)
        loss = float(ce.softmax_cross_entropy(row, label))
        assert loss == pytest.approx(float(exact), rel=1e-13)


def test_C11_the_difference_loss_saturates_and_is_improper() -> None:
    _, far = ce.difference_loss_and_grad([-10.0], [1])
    assert abs(far[0]) < 1e-4
    scores = np.linspace(-8, 8, 161)
    for p, best in ((0.7, scores[-1]), (0.4, scores[0])):
        expected = p * np.asarray(
            ce.difference_loss(scores, np.ones(161, int), reduction="none")
        ) + (1 - p) * np.asarray(
            ce.difference_loss(scores, np.zeros(161, int), reduction="none")
        )
        assert scores[expected.argmin()] == best
        honest = np.asarray(
            ce.sigmoid_cross_entropy(scores, np.full(161, 1), reduction="none")
        ) * p + (1 - p) * np.asarray(
            ce.sigmoid_cross_entropy(scores, np.zeros(161, int), reduction="none")
        )
        assert scores[honest.argmin()] == pytest.approx(math.log(p / (1 - p)), abs=0.06)


def test_C12_the_worked_example() -> None:
    scores = np.array([[0.2, 0.8, 0.4], [0.3, 0.1, 0.4]])
    targets = np.array([[0, 1, 0], [0, 0, 1]])
    logits = np.log(scores / (1 - scores))
    shares = scores / scores.sum(axis=1, keepdims=True)
    assert f"{ce.difference_loss(logits, targets):.4f}" == "0.3000"
    assert f"{ce.sigmoid_cross_entropy(logits, targets):.4f}" == "0.3892"
    assert f"{np.mean(ce.cross_entropy(targets, shares)):.4f}" == "0.6264"
    assert scores.sum(axis=1).tolist() == pytest.approx([1.4, 0.8])


def test_C13_a_sigmoid_for_each_label_then_a_threshold() -> None:
    several = np.asarray(ce.sigmoid(np.array([3.0, 2.0, -4.0]))) > 0.5
    assert several.tolist() == [True, True, False]
    assert not (np.asarray(ce.sigmoid(np.array([-3.0, -2.0]))) > 0.5).any()


def test_C14_a_threshold_has_no_gradient() -> None:
    x = torch.tensor([-1.0, 0.3, 2.0], requires_grad=True)
    assert not (x.sigmoid() > 0.5).float().requires_grad
    inside = np.array([-1.0, 0.3, 2.0])
    for h in (1e-3, -1e-3):
        moved = np.asarray(ce.sigmoid(inside + h)) > 0.5
        assert (moved == (np.asarray(ce.sigmoid(inside)) > 0.5)).all()


def test_C15_cross_entropy_is_log_softmax_then_nll() -> None:
    rows, labels = torch.tensor(ROWS), torch.tensor(LABELS)
    both = F.nll_loss(F.log_softmax(rows, dim=1), labels)
    assert F.cross_entropy(rows, labels).item() == both.item()


def test_C16_one_hot_targets_are_accepted_and_two_hot_ones_too() -> None:
    rows, labels = torch.tensor(ROWS), torch.tensor(LABELS)
    hard = F.cross_entropy(rows, labels).item()
    soft = F.cross_entropy(rows, F.one_hot(labels, 5).double()).item()
    assert hard == pytest.approx(soft, rel=1e-14)
    two_hot = torch.tensor([[1.0, 1.0, 0, 0, 0]], dtype=torch.float64)
    assert F.cross_entropy(rows[:1], two_hot).item() == pytest.approx(
        2 * F.cross_entropy(rows[:1], two_hot / 2).item()
    )
    with pytest.raises(ValueError, match="targets"):
        ce.soft_label_cross_entropy(ROWS[:1], two_hot.numpy())


def test_C17_softmax_suits_neither_several_labels_nor_none() -> None:
    q = np.asarray(ce.softmax(ROWS))
    assert np.allclose(q.sum(axis=1), 1)
    assert ((q > 0.5).sum(axis=1) <= 1).all()
    nothing = np.full(5, -30.0)
    assert np.allclose(ce.softmax(nothing), 0.2)
    assert np.max(ce.sigmoid(nothing)) < 1e-12


def test_C18_when_one_class_rises_all_others_fall() -> None:
    higher = np.asarray(ce.softmax(Z + np.array([0.3, 0, 0])))
    assert higher[0] > Q[0]
    assert (higher[1:] < Q[1:]).all()
    jacobian = np.asarray(ce.softmax_jacobian(Z))
    assert jacobian[0, 1] == pytest.approx(-Q[0] * Q[1])


def test_C19_the_multilabel_loss_is_a_sum_of_coins() -> None:
    targets = RNG.integers(0, 2, size=5)
    s = np.asarray(ce.sigmoid(ROWS[0]))
    likelihood = np.prod(np.where(targets == 1, s, 1 - s))
    total = ce.sigmoid_cross_entropy(ROWS[0], targets, reduction="sum")
    assert float(total) == pytest.approx(-math.log(likelihood))


def test_C20_rivals_exist_and_optimise_other_things() -> None:
    assert (
        ce.multiclass_hinge([0.0, 5.0], 1)
        == 0
        < ce.softmax_cross_entropy([0.0, 5.0], 1)
    )
    p, q = 0.7, np.linspace(0.001, 0.999, 999)
    brier = p * (1 - q) ** 2 + (1 - p) * q**2
    assert q[brier.argmin()] == pytest.approx(p)
    linear = p * (1 - q) + (1 - p) * q
    assert q[linear.argmin()] == q[-1]


def test_C21_samples_estimate_cross_entropy_and_not_the_divergence() -> None:
    p, q = np.array([0.5, 0.25, 0.25]), np.array([0.6, 0.3, 0.1])
    sample = np.random.default_rng(1).choice(3, size=200_000, p=p)
    estimate = np.asarray(ce.surprisal(q))[sample].mean()
    assert estimate == pytest.approx(float(ce.cross_entropy(p, q)), abs=0.006)
    assert abs(estimate - float(ce.kl_divergence(p, q))) > 0.5


def test_C22_both_conventions_of_smoothing() -> None:
    target = [0.98, 0.01, 0.01]
    assert np.allclose(ce.smooth_labels([1.0, 0, 0], 0.03), target)
    assert np.allclose(ce.smooth_labels([1.0, 0, 0], 0.02, smoothing="others"), target)
    theirs = F.cross_entropy(
        torch.tensor(Z[None]), torch.tensor([0]), label_smoothing=0.03
    )
    assert float(ce.soft_label_cross_entropy(Z, target)) == pytest.approx(theirs.item())


def test_C23_smoothing_bounds_what_a_wrong_label_can_demand() -> None:
    # Two examples with the same input and opposite labels, one of them wrong in ten:
    # the hard loss of the wrong one grows without bound in the lead, and so does the
    # smoothed one; but only the smoothed target has a finite best lead.
    leads = np.linspace(0, 30, 3001)
    rows = np.stack([leads, np.zeros_like(leads)], axis=1)
    right = np.zeros(len(leads), int)
    hard = ce.softmax_cross_entropy(rows, right, reduction="none")
    soft = ce.softmax_cross_entropy(rows, right, label_smoothing=0.2, reduction="none")
    assert np.argmin(hard) == len(leads) - 1
    assert leads[np.argmin(soft)] == pytest.approx(math.log(0.9 / 0.1), abs=0.01)


def test_C24_smoothing_keeps_the_best_class_so_accuracy_is_not_promised() -> None:
    for eps in (0.02, 0.1, 0.5):
        target = np.asarray(ce.smooth_labels(np.eye(4)[2], eps))
        assert target.argmax() == 2
        # The best prediction for clean labels is the same class with and without.
        assert np.asarray(ce.softmax(np.log(target))).argmax() == 2


def test_C25_the_best_lead_is_log_98_and_the_floor_the_entropy() -> None:
    target = np.array([0.98, 0.01, 0.01])
    loss, grad = ce.soft_label_cross_entropy_and_grad([math.log(98), 0, 0], target)
    assert np.abs(grad).max() < 1e-15
    assert float(loss) == pytest.approx(float(ce.entropy(target)))
    assert math.log(98) == pytest.approx(4.585, abs=5e-4)
    for lead in (3.0, 6.0):
        assert ce.soft_label_cross_entropy([lead, 0, 0], target) > loss


def test_C26_sigmoids_can_all_say_no_and_softmax_cannot() -> None:
    unknown = np.array([-2.0, -1.0, -3.0])
    assert np.max(ce.sigmoid(unknown)) < 0.5 < np.max(ce.softmax(unknown))
    # They need not: an unknown input that looks like a known class fools both.
    lookalike = np.array([6.0, -5.0, -5.0])
    assert min(np.max(ce.sigmoid(lookalike)), np.max(ce.softmax(lookalike))) > 0.9


def test_C27_the_start_of_sigmoids_at_the_prior_and_an_na_class() -> None:
    target = ce.one_hot(0, 100)
    zero = ce.sigmoid_cross_entropy(np.zeros(100), target, reduction="sum")
    prior = ce.sigmoid_cross_entropy(
        np.full(100, -math.log(99)), target, reduction="sum"
    )
    softmax = ce.softmax_cross_entropy(np.zeros(100), 0)
    assert float(zero) == pytest.approx(100 * math.log(2))
    assert softmax < prior < zero / 10
    assert ce.softmax([0.0, 2.0])[1] == pytest.approx(ce.sigmoid(2.0))


def test_C28_softmax_has_a_dense_jacobian_and_sigmoid_a_diagonal_one() -> None:
    leaf = torch.tensor(Z)
    dense = torch.autograd.functional.jacobian(lambda v: v.softmax(0), leaf)
    diagonal = torch.autograd.functional.jacobian(torch.sigmoid, leaf)
    assert (dense != 0).all()
    assert np.allclose(dense.numpy(), ce.softmax_jacobian(Z))
    assert (diagonal != 0).sum() == 3


def test_C29_open_interval_on_paper_closed_in_floats() -> None:
    values = derivation.logits_of(3)
    for share in derivation.softmax_of(values):
        assert share.is_positive
        assert sp.simplify(1 - share).is_positive
    assert np.asarray(ce.softmax([0.0, 800.0])).tolist() == [0.0, 1.0]


def test_C30_the_order_needs_no_softmax_and_comparisons_do() -> None:
    order = np.argsort(ROWS, axis=1)
    assert (np.argsort(np.asarray(ce.softmax(ROWS)), axis=1) == order).all()
    sure, torn = np.array([3.0, 0.0, 0.0]), np.array([5.0, 4.9, 4.8])
    assert sure.max() < torn.max()
    assert np.max(ce.softmax(sure)) > np.max(ce.softmax(torn))


def test_C31_the_loss_needs_no_softmax() -> None:
    row = np.array([0.0, 800.0])
    with np.errstate(divide="ignore"):
        assert np.isinf(-np.log(np.asarray(ce.softmax(row))[0]))
    assert ce.softmax_cross_entropy(row, 0) == 800


def test_C32_cross_entropy_of_p_with_itself_is_its_entropy() -> None:
    p = [0.5, 0.25, 0.25]
    assert ce.cross_entropy(p, p, unit="bits") == 1.5
    assert ce.kl_divergence(p, p) == 0
    assert ce.cross_entropy([0, 1, 0], [0, 1, 0]) == 0


def test_C33_cross_entropy_is_unbounded() -> None:
    q = 10.0 ** -np.arange(1, 300, 10)
    losses = np.asarray(ce.surprisal(q))
    assert (np.diff(losses) > 20).all()
    assert np.isinf(float(ce.surprisal(0.0)))


def test_C34_the_minimum_over_q_is_at_p() -> None:
    p = np.array([0.5, 0.25, 0.25])
    logits = np.zeros(3)
    for _ in range(2000):
        logits -= ce.soft_label_cross_entropy_and_grad(logits, p)[1]
    assert np.allclose(ce.softmax(logits), p, atol=1e-9)


def test_C35_the_sparse_form_equals_the_dense_one() -> None:
    dense = ce.soft_label_cross_entropy(ROWS, ce.one_hot(LABELS, 5))
    assert float(ce.softmax_cross_entropy(ROWS, LABELS)) == pytest.approx(float(dense))


def test_C36_no_axiom_of_a_distance_holds() -> None:
    a, b, c = [0.5, 0.5], [0.75, 0.25], [0.9, 0.1]
    assert ce.cross_entropy(a, c) != ce.cross_entropy(c, a)
    assert ce.cross_entropy(a, a) > 0
    assert ce.kl_divergence(a, b) + ce.kl_divergence(b, c) < ce.kl_divergence(a, c)


def test_C37_features_linear_layer_logits_softmax() -> None:
    weights, bias = RNG.normal(size=(7, 3)), RNG.normal(size=3)
    layer = torch.nn.Linear(7, 3, dtype=torch.float64)
    with torch.no_grad():
        layer.weight.copy_(torch.tensor(weights.T))
        layer.bias.copy_(torch.tensor(bias))
    features = RNG.normal(size=(4, 7))
    theirs = layer(torch.tensor(features)).softmax(dim=1).detach().numpy()
    assert np.allclose(ce.softmax(features @ weights + bias), theirs)


def test_C38_logits_are_log_probabilities_up_to_a_constant() -> None:
    gaps = Z - np.asarray(ce.log_softmax(Z))
    assert np.allclose(gaps, gaps[0])
    assert abs(gaps[0]) > 1
    assert np.allclose(ce.softmax(ce.log_softmax(Z)), Q)


def test_C39_a_one_hot_target_selects_one_surprisal() -> None:
    for k in range(3):
        assert ce.cross_entropy(np.eye(3)[k], Q) == pytest.approx(-math.log(Q[k]))


def test_C40_the_example_and_its_rounding() -> None:
    assert Q.round(5).tolist() == [0.23122, 0.62853, 0.14024]
    assert f"{ce.softmax_cross_entropy(Z, DOG):.5f}" == "0.46437"
    assert f"{-math.log(0.63):.3f}" == "0.462"


def test_C41_neither_end_is_reached_by_finite_logits() -> None:
    for gap in (1.0, 40.0, 700.0):
        assert 0 < ce.softmax_cross_entropy([gap, 0.0], 0) < 1
        assert np.isfinite(float(ce.softmax_cross_entropy([gap, 0.0], 1)))
    naive = torch.tensor([40.0, 0.0]).softmax(0)
    assert -naive[0].log().item() == 0
    assert math.isinf(-torch.tensor([800.0, 0.0]).softmax(0)[1].log().item())


def test_C42_an_epsilon_on_the_logits_changes_nothing() -> None:
    for epsilon in (1e-7, 1e-3):
        assert np.allclose(ce.softmax(Z + epsilon), Q, rtol=1e-13)
    bad = torch.tensor([0.0, 1000.0])
    assert (bad + 1e-7).softmax(0)[0] == bad.softmax(0)[0] == 0
    leaf = torch.tensor([0.0, 40.0], requires_grad=True)
    (-(leaf.softmax(0)[0] + 1e-8).log()).backward()
    assert leaf.grad is not None
    assert abs(leaf.grad[0].item()) < 1e-8


def test_C43_four_witnesses() -> None:
    formula = Q - np.eye(3)[DOG]
    assert np.allclose(ce.softmax_cross_entropy_and_grad(Z, DOG)[1], formula)
    symbols = derivation.logits_of(3)
    symbolic = [sp.diff(derivation.loss_of(symbols, DOG), s) for s in symbols]
    values = dict(zip(symbols, Z.tolist(), strict=True))
    assert np.allclose([float(g.subs(values)) for g in symbolic], formula)
    h = 6e-6
    differences = [
        (
            ce.softmax_cross_entropy(Z + h * e, DOG)
            - ce.softmax_cross_entropy(Z - h * e, DOG)
        )
        / (2 * h)
        for e in np.eye(3)
    ]
    assert np.allclose(differences, formula, atol=1e-9)
    leaf = torch.tensor(Z[None], requires_grad=True)
    F.cross_entropy(leaf, torch.tensor([DOG])).backward()
    assert leaf.grad is not None
    assert np.allclose(leaf.grad.numpy()[0], formula)


def test_C44_signs_and_sum_of_the_gradient() -> None:
    _, gradients = ce.softmax_cross_entropy_and_grad(ROWS, LABELS, reduction="none")
    own = gradients[np.arange(200), LABELS]
    assert (own <= 0).all()
    assert (gradients >= 0).sum() == 200 * 4
    assert np.allclose(gradients.sum(axis=1), 0, atol=1e-15)
    leads = [
        ce.softmax_cross_entropy_and_grad([lead, 0.0], 0)[1][0] for lead in (0, 1, 2)
    ]
    assert leads == sorted(leads)


def test_C45_the_gradient_vanishes_only_in_the_limit() -> None:
    for lead in (1.0, 20.0, 300.0):
        assert ce.softmax_cross_entropy_and_grad([lead, 0.0], 0)[1][0] < 0
    p = np.array([0.9, 0.06, 0.04])
    assert np.abs(ce.soft_label_cross_entropy_and_grad(np.log(p), p)[1]).max() < 1e-15


def test_C46_the_backward_pass_of_the_example() -> None:
    q = torch.tensor(Z, requires_grad=True).softmax(0).detach().requires_grad_()
    loss = -q[DOG].log()
    loss.backward()
    assert q.grad is not None
    through = np.asarray(ce.softmax_jacobian(Z)).T @ q.grad.numpy()
    assert through.round(5).tolist() == [0.23122, -0.37147, 0.14024]
    assert through.round(2).tolist() == [0.23, -0.37, 0.14]


def test_C47_a_step_downhill() -> None:
    loss, gradient = ce.softmax_cross_entropy_and_grad(Z, DOG)
    for step in (0.1, 1.0, 3.9):
        moved = Z - step * gradient
        assert ce.softmax_cross_entropy(moved, DOG) < loss
        assert np.asarray(ce.softmax(moved))[DOG] > Q[DOG]


def test_C48_one_function_under_many_names() -> None:
    rows, labels = torch.tensor(ROWS), torch.tensor(LABELS)
    mine = float(ce.softmax_cross_entropy(ROWS, LABELS))
    nll = -torch.distributions.Categorical(logits=rows).log_prob(labels).mean().item()
    log_loss = -np.log(np.asarray(ce.softmax(ROWS))[np.arange(200), LABELS]).mean()
    kl = F.kl_div(
        F.log_softmax(rows, 1), F.one_hot(labels, 5).double(), reduction="batchmean"
    )
    for other in (nll, log_loss, kl.item(), F.cross_entropy(rows, labels).item()):
        assert other == pytest.approx(mine, rel=1e-12)


def test_C49_the_book_is_offered_as_a_pdf() -> None:
    root = Path(__file__).parents[2]
    makefile = (root / "Makefile").read_text("utf-8")
    assert "pdf: book ## Print the whole book" in makefile
    assert callable(pdf.write)  # what it prints is tested in tests/book/test_pdf.py
