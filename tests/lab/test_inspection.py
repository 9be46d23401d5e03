"""What each layer makes of an image is what the model itself computes."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from crossentropy.datasets import load_digits
from crossentropy.lab.inspection import feature_maps
from crossentropy.lab.models import build_model
from crossentropy.lab.training import predict_logits


@pytest.mark.parametrize("name", ["tiny", "small"])
def test_the_way_ends_where_the_model_ends(name):
    model = build_model(name, seed=3)
    torch.nn.init.normal_(model[-1].weight, generator=torch.Generator().manual_seed(0))
    image = load_digits().images[700]
    maps, logits = feature_maps(model, image)
    assert np.array_equal(logits, predict_logits(model, image[None])[0])
    # The head sees the last maps, flattened: nothing later has changed them.
    weights, bias = (p.detach().double().numpy() for p in model[-1].parameters())
    flat = np.moveaxis(maps[-1], 0, -1).ravel()
    assert np.allclose(weights @ flat + bias, logits, atol=1e-4)
    assert all((stack >= 0).all() and stack.max() > 0 for stack in maps)


def test_maps_are_not_overwritten_by_layers_that_work_in_place():
    model = build_model("small")
    image = load_digits().images[0]
    model.eval()
    # Pixels, convolution, norm; pooling and ReLU follow.
    first = model[:3](torch.as_tensor(image)[None]).relu()
    assert np.allclose(feature_maps(model, image)[0][0], first[0].detach().numpy())


def test_a_batch_is_refused():
    with pytest.raises(ValueError, match=r"image: expected shape \(H, W\); got \(1, 2"):
        feature_maps(build_model("tiny"), np.zeros((1, 28, 28), np.uint8))
