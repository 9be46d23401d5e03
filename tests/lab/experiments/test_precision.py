"""Five ways to compute one loss: equal where they work, and where each fails."""

from __future__ import annotations

import pytest
import torch

from crossentropy.lab.experiments.precision import FORMS, PRECISION
from crossentropy.lab.experiments.runner import run_all

from .again import compare, only, shortened

NAIVE = ("exp, sum, log", "softmax, log", "softmax, clamp, log")
SOUND = ("log_softmax", "accurate")


def loss_and_slope(form: str, lead: float, dtype: torch.dtype) -> tuple[float, float]:
    """Return loss and the label's derivative where a rival leads the label so far."""
    z = torch.tensor([[0.0, lead]], dtype=dtype, requires_grad=True)
    loss = FORMS[form](z, torch.tensor([0]))
    (slope,) = torch.autograd.grad(loss.sum(), z)
    return float(loss.detach()), float(slope[0, 0])


@pytest.mark.parametrize("form", FORMS)
def test_they_are_one_loss_for_moderate_logits(form: str) -> None:
    draw = torch.Generator().manual_seed(0)
    z = torch.randn(50, 10, dtype=torch.float64, generator=draw, requires_grad=True)
    labels = torch.randint(10, (50,), generator=draw)
    weights = torch.randn(50, dtype=torch.float64, generator=draw)
    loss = FORMS[form](z, labels)
    (slope,) = torch.autograd.grad((loss * weights).sum(), z)
    q = (z.detach() - z.detach().logsumexp(1, keepdim=True)).exp()
    hot = torch.nn.functional.one_hot(labels, 10)
    assert torch.allclose(loss, -(q * hot).sum(1).log(), rtol=1e-12)
    assert torch.allclose(slope, (q - hot) * weights[:, None], rtol=1e-9, atol=1e-14)


@pytest.mark.parametrize(("dtype", "lead"), [("float32", 90.0), ("float16", 12.0)])
def test_softmax_then_log_has_the_loss_right_and_the_gradient_nan(
    dtype: str, lead: float
) -> None:
    loss, slope = loss_and_slope("softmax, log", lead, getattr(torch, dtype))
    assert loss == pytest.approx(lead, rel=0.01)
    assert slope != slope
    for form in SOUND:
        loss, slope = loss_and_slope(form, lead, getattr(torch, dtype))
        assert (loss, slope) == (pytest.approx(lead), pytest.approx(-1))


def test_the_clamp_has_no_gradient_where_it_is_needed() -> None:
    loss, slope = loss_and_slope("softmax, clamp, log", 30.0, torch.float32)
    assert loss == pytest.approx(18.42, abs=0.01)  # -log 1e-8, for any lead over that
    assert slope == 0
    assert loss_and_slope("softmax, clamp, log", 10.0, torch.float32)[1] < -0.99


def test_in_float16_the_clamps_bound_is_0() -> None:
    assert torch.tensor(1e-8).half() == 0
    loss, _ = loss_and_slope("softmax, clamp, log", 30.0, torch.float16)
    assert loss == float("inf")


@pytest.mark.parametrize(("dtype", "lead"), [("float32", 90.0), ("float16", 12.0)])
def test_exp_overflows_just_past_its_range(dtype: str, lead: float) -> None:
    loss, slope = loss_and_slope("exp, sum, log", lead, getattr(torch, dtype))
    assert loss == float("inf")
    assert slope != slope


def test_the_shortened_version_fails_as_was_kept() -> None:
    short = shortened(PRECISION)
    for form in NAIVE[:2]:
        assert only(short, form=form)["died"] == 2
    for form in SOUND:
        assert only(short, form=form)["died"] == 0
        assert only(short, form=form)["accuracy"] > 0.8
    for record in short:
        compare(PRECISION, record, died=0)
    compare(PRECISION, only(short, form="log_softmax"), accuracy=0.04)


def test_inputs_of_another_name_are_refused() -> None:
    setting = {"inputs": "cooked", "dtype": "float32", "form": "accurate"}
    with pytest.raises(ValueError, match="inputs: expected raw or normalised"):
        run_all(PRECISION, settings=[setting], seeds=[0], processes=1)
