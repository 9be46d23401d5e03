"""For each live figure: its sliders, and a check of every number that it shows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from crossentropy import (
    cross_entropy,
    difference_loss_and_grad,
    entropy,
    kl_divergence,
    log_softmax,
    multiclass_hinge_and_grad,
    one_hot,
    sigmoid,
    smooth_labels,
    soft_label_cross_entropy_and_grad,
    softmax,
    softmax_cross_entropy_and_grad,
    squared_error_and_grad,
)
from tests.book import rounded

if TYPE_CHECKING:
    from tests.book.live_page import Live

CLASSES = ("cat", "dog", "bird")
OFFSETS = {"0": 0.0, "100": 1e2, "10⁴": 1e4, "10⁶": 1e6, "10⁸": 1e8}
LOGITS = [f"logit-{name}" for name in CLASSES]


def logits(live: Live) -> Any:
    numbers = live.numbers()
    return np.array([float(numbers[name]) for name in LOGITS])


def by_class(name: str, values: Any) -> dict[str, float]:
    """Name a value of each class as the figures do."""
    return {f"{name}-{c}": value for c, value in zip(CLASSES, values, strict=True)}


def check_softmax(live: Live) -> None:
    """Every number shown follows from the logits, temperature and class shown."""
    z, t = logits(live), float(live.shown("temperature"))
    label = CLASSES.index(live.page.locator("input[type=radio]:checked").input_value())
    q = np.asarray(softmax(z, temperature=t))
    loss = -float(np.asarray(log_softmax(z, temperature=t))[label])
    _, gradient = softmax_cross_entropy_and_grad(z[None] / t, [label])
    live.expect(
        {"nats": loss, "bits": loss / np.log(2)}
        | by_class("q", q)
        | by_class("gradient", gradient[0] / t)
    )
    assert live.page.locator(".ce-loss sub").text_content() == CLASSES[label]
    # With a temperature the derivative has one factor more, and the page says so.
    formula = "q − p" if t == 1 else "(q − p) / T"
    assert formula in live.page.locator(".ce-gradients .ce-head").inner_text()


def check_surprise(live: Live) -> None:
    """The measures follow from the two distributions, which sum to 1."""
    p, q = (
        np.array([live.exact(f"{which}-{name}") for name in CLASSES]) for which in "pq"
    )
    assert p.sum() == pytest.approx(1, abs=1e-12)
    assert q.sum() == pytest.approx(1, abs=1e-12)
    live.expect(
        by_class("p", p)
        | by_class("q", q)
        | {
            "entropy": float(entropy(p, unit="bits")),
            "cross": float(cross_entropy(p, q, unit="bits")),
            "forward": float(kl_divergence(p, q, unit="bits")),
            "backward": float(kl_divergence(q, p, unit="bits")),
        }
    )


def check_temperature(live: Live) -> None:
    q = np.asarray(softmax(logits(live), temperature=float(live.shown("temperature"))))
    live.expect(by_class("q", q) | {"entropy": float(entropy(q, unit="bits"))})


def check_margin(live: Live) -> None:
    m = float(live.shown("margin"))
    pair = np.array([0.0, m])
    losses = {
        "cross": softmax_cross_entropy_and_grad(pair, 1),
        "hinge": multiclass_hinge_and_grad(pair, 1),
        "squared": squared_error_and_grad(pair, 1),
        "difference": difference_loss_and_grad(np.array([m]), np.array([1])),
    }
    live.expect({f"{name}-loss": float(loss) for name, (loss, _) in losses.items()})
    live.expect({f"{name}-slope": float(g[-1]) for name, (_, g) in losses.items()})
    live.expect({"share": float(sigmoid(m))})


def check_labels(live: Live) -> None:
    z, threshold = logits(live), float(live.shown("threshold"))
    for reading, shares in (
        ("softmax", np.asarray(softmax(z))),
        ("sigmoid", np.asarray(sigmoid(z))),
    ):
        live.expect(by_class(reading, shares) | {f"{reading}-sum": float(shares.sum())})
        said = [live.numbers()[f"{reading}-{name}-yes"] for name in CLASSES]
        assert said == ["yes" if share > threshold else "no" for share in shares]


def check_smoothing(live: Live) -> None:
    eps, lead = live.exact("eps"), live.exact("lead")
    classes = int(live.chosen("classes"))
    target = smooth_labels(one_hot(0, classes), eps)
    z = np.zeros(classes)
    z[0] = lead
    loss, gradient = soft_label_cross_entropy_and_grad(z, target)
    with np.errstate(divide="ignore"):
        best = float(np.log(target[0]) - np.log(target[1]))
    live.expect({"loss": float(loss), "floor": float(entropy(target)), "best": best})
    slope = float(gradient[0])
    live.expect({"gradient": 0.0 if abs(slope) < 1e-15 else slope})


def check_floats(live: Live) -> None:
    """The three results are those of arithmetic rounded at every step."""
    kind, gap = live.chosen("type"), float(live.shown("gap"))
    offset = OFFSETS[live.chosen("offset")]
    z = rounded.store(kind, [offset, offset + gap, offset])
    numbers = live.numbers()
    exact = rounded.exact_loss(z) if np.isfinite(z).all() else np.nan
    np.testing.assert_allclose(live.exact("exact"), exact, rtol=1e-14)
    for name, loss in rounded.three_ways(kind, z).items():
        if kind == "float64":
            # The browser's exp and log may differ from NumPy's by a last digit.
            near = 1e-15 * (1 + abs(offset + gap))
            np.testing.assert_allclose(live.exact(f"{name}-loss"), loss, 1e-13, near)
        else:
            np.testing.assert_array_equal(live.exact(f"{name}-loss"), loss)
        shown = live.exact(f"{name}-loss")
        verdict = rounded.verdict(kind, shown, exact)
        assert numbers[f"{name}-verdict"] == verdict


CHECKS = {
    "softmax": check_softmax,
    "surprise": check_surprise,
    "temperature": check_temperature,
    "margin": check_margin,
    "labels": check_labels,
    "smoothing": check_smoothing,
    "floats": check_floats,
}
# The sliders of each figure, with the numbers shown at their two ends.
OF_LOGITS = dict.fromkeys(LOGITS, (-5.0, 5.0))
SLIDERS = {
    "softmax": OF_LOGITS | {"temperature": (0.1, 10.0)},
    "surprise": {f"{which}-{name}": (0.0, 1.0) for which in "pq" for name in CLASSES},
    "temperature": OF_LOGITS | {"temperature": (0.1, 10.0)},
    "margin": {"margin": (-12.0, 8.0)},
    "labels": OF_LOGITS | {"threshold": (0.0, 1.0)},
    "smoothing": {"lead": (-4.0, 14.0), "eps": (0.0, 0.5)},
    "floats": {"gap": (-130.0, 130.0)},
}
# The numbers that its announcement holds.
TOLD = {
    "softmax": ["nats", "q-cat", "gradient-bird"],
    "surprise": ["entropy", "cross", "forward", "backward"],
    "temperature": ["q-cat", "q-dog", "q-bird", "entropy"],
    "margin": ["cross-loss", "hinge-slope", "squared-slope", "difference-loss"],
    "labels": ["softmax-cat", "softmax-sum", "sigmoid-bird", "sigmoid-sum"],
    "smoothing": ["loss", "gradient", "floor", "best"],
    "floats": ["naive-verdict", "lse-verdict", "log1p-verdict"],
}
