"""The networks: their shapes, their start, and where their randomness comes from."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from torch import nn

from crossentropy.lab.losses import make_loss
from crossentropy.lab.models import (
    MODELS,
    NORMS,
    Flatten,
    Pixels,
    build_model,
    set_prior,
)


def images(count: int = 3, side: int = 28) -> torch.Tensor:
    draw = torch.Generator().manual_seed(0)
    return torch.randint(0, 256, (count, side, side), dtype=torch.uint8, generator=draw)


@pytest.mark.parametrize("norm", NORMS)
@pytest.mark.parametrize("name", MODELS)
@pytest.mark.parametrize(("side", "classes"), [(28, 10), (8, 1), (32, 100)])
def test_images_become_logits(name, norm, side, classes):
    model = build_model(name, classes, side=side, norm=norm)
    assert model(images(3, side)).shape == (3, classes)


@pytest.mark.parametrize(
    ("name", "thousands"), [("tiny", 21), ("small", 55), ("wide", 500), ("linear", 8)]
)
def test_the_weights_are_as_many_as_it_says(name, thousands):
    count = sum(p.numel() for p in build_model(name).parameters())
    assert round(count / 1000, -2 if thousands == 500 else 0) == thousands


@pytest.mark.parametrize("classes", [1, 2, 10, 1000])
@pytest.mark.parametrize("name", MODELS)
def test_the_loss_starts_at_the_log_of_the_number_of_classes(name, classes):
    model = build_model(name, classes).double()
    logits = model(images())
    assert torch.equal(logits, torch.zeros(3, classes, dtype=torch.float64))
    loss = make_loss("accurate")(logits, torch.tensor([0, classes // 2, classes - 1]))
    np.testing.assert_allclose(loss.detach(), math.log(classes), rtol=1e-15)


def test_the_first_step_moves_the_last_layer_only_the_second_all():
    model = build_model("tiny")
    for moved in (2, len(list(model.parameters()))):
        model.zero_grad()
        make_loss("softmax")(model(images()), torch.tensor([1, 2, 3])).sum().backward()
        grads = [p.grad for p in model.parameters()]
        assert sum(bool(g is not None and g.any()) for g in grads) == moved
        with torch.no_grad():
            for weight in model.parameters():
                weight -= 0.01 * weight.grad


@pytest.mark.parametrize("norm", NORMS)
@pytest.mark.parametrize("name", ["tiny", "small", "wide"])
def test_a_relu_after_pooling_changes_nothing(name, norm):
    """Neither a logit nor a gradient, to the bit; it only saves work."""
    results = []
    for textbook in (False, True):
        layers = list(build_model(name, norm=norm))
        places = [i for i, x in enumerate(layers) if isinstance(x, nn.MaxPool2d)]
        assert len(places) == (1 if name == "tiny" else 2)
        for i in places:
            assert isinstance(layers[i + 1], nn.ReLU)
            if textbook:
                layers[i : i + 2] = layers[i + 1], layers[i]
        model = nn.Sequential(*layers)
        draw = torch.Generator().manual_seed(1)
        nn.init.normal_(model[-1].weight, generator=draw)
        logits = model(images(5))
        make_loss("softmax")(logits, torch.arange(5)).sum().backward()
        results.append([logits, *(p.grad for p in model.parameters())])
    for a, b in zip(*results, strict=True):
        assert torch.equal(a, b)


def test_flattening_copies_nothing_where_channels_come_last():
    maps = torch.rand(3, 4, 2, 5).contiguous(memory_format=torch.channels_last)
    rows = Flatten()(maps)
    assert rows.data_ptr() == maps.data_ptr()
    assert torch.equal(rows, maps.permute(0, 2, 3, 1).reshape(3, 40))
    assert torch.equal(Flatten()(maps.contiguous()), rows)


def test_gradients_come_back_with_the_channels_last():
    model = build_model("small").to(memory_format=torch.channels_last)
    nn.init.normal_(model[-1].weight)
    maps = model[:-2](images())
    seen: list[torch.Tensor] = []
    maps.register_hook(seen.append)
    model[-2:](maps).sum().backward()
    (grad,) = seen
    assert grad.is_contiguous(memory_format=torch.channels_last)


def test_weights_follow_from_the_seed():
    first, again, other = (
        [p.clone() for p in build_model("tiny", seed=seed).parameters()]
        for seed in (3, 3, 4)
    )
    assert all(torch.equal(a, b) for a, b in zip(first, again, strict=True))
    assert not torch.equal(first[0], other[0])


def test_no_generator_is_touched(monkeypatch):
    def refuse(*_):
        raise AssertionError("seeded a generator that isn't put back")

    before = torch.get_rng_state()
    monkeypatch.setattr(torch.cuda, "manual_seed_all", refuse)
    monkeypatch.setattr(torch.mps, "manual_seed", refuse)
    build_model("small", seed=5)
    assert torch.equal(torch.get_rng_state(), before)


def test_weights_are_drawn_on_the_cpu_whatever_the_default():
    expected = build_model("tiny")[1:]
    with torch.device("meta"):
        model = build_model("tiny", pixels=Pixels(0, 1))[1:]
    for a, b in zip(model.parameters(), expected.parameters(), strict=True):
        assert a.device.type == "cpu"
        assert torch.equal(a, b)


def test_pixels_centres_and_scales_bytes_in_the_models_precision():
    x = images(50)
    for dtype in (torch.float32, torch.float64):
        out = Pixels(mean=100, spread=50).to(dtype)(x)
        assert (out.dtype, out.shape) == (dtype, (50, 1, 28, 28))
        expected = (x.double()[:, None] - 100) / 50
        np.testing.assert_allclose(out, expected, rtol=1e-6, atol=1e-6)


def test_the_scaling_is_that_of_the_digits():
    from crossentropy.datasets import load_digits

    digits = Pixels()(torch.tensor(load_digits().images))
    assert abs(float(digits.mean())) < 0.02
    assert abs(float(digits.std()) - 1) < 0.02


@pytest.mark.parametrize(("norm", "alone"), [("group", True), ("batch", False)])
def test_group_norm_sees_one_image_at_a_time(norm, alone):
    model = build_model("tiny", norm=norm)
    nn.init.normal_(model[-1].weight)
    together, single = model(images(4)), model(images(4)[:1])
    assert torch.allclose(together[:1], single, atol=1e-5) == alone


def test_a_model_without_normalisation_has_biases_instead():
    assert build_model("tiny", norm="none")[2].bias is not None
    assert build_model("tiny")[2].bias is None


@pytest.mark.parametrize("probability", [1e-30, 0.01, 0.5, 1 - 1e-12])
def test_the_prior_is_what_each_sigmoid_says_at_first(probability):
    model = build_model("tiny", 7).double()
    set_prior(model, probability)
    said = torch.sigmoid(model(images())).detach()
    np.testing.assert_allclose(said, probability, rtol=1e-13)
    np.testing.assert_allclose(1 - said, 1 - probability, rtol=1e-3)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"name": "huge"}, r"^model: expected one of tiny, .* got 'huge'"),
        ({"norm": "layer"}, r"^norm: expected one of batch, .* got 'layer'"),
        ({"num_classes": 0}, r"^num_classes: expected at least 1; got 0"),
        ({"side": 4}, r"^side: expected a multiple of 4 from 8 on; got 4"),
        ({"side": 30}, r"^side: .* got 30"),
        ({"side": -8}, r"^side: .* got -8"),
    ],
)
def test_bad_sizes_and_names_are_refused(options, message):
    with pytest.raises(ValueError, match=message):
        build_model(**options)


@pytest.mark.parametrize("probability", [0.0, 1.0, -1.0, float("nan")])
def test_a_prior_is_strictly_between_0_and_1(probability):
    with pytest.raises(ValueError, match=r"^probability: .*got"):
        set_prior(build_model("tiny"), probability)


def test_a_prior_needs_a_linear_layer_at_the_end():
    with pytest.raises(ValueError, match=r"^model: expected a linear layer"):
        set_prior(build_model("tiny")[:-1], 0.5)
