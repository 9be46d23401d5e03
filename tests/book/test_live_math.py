"""The live figures' arithmetic against the package, in the browser that shows it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import mpmath
import numpy as np
import pytest

from crossentropy import (
    cross_entropy,
    difference_loss_and_grad,
    entropy,
    kl_divergence,
    log_softmax,
    logsumexp,
    multiclass_hinge_and_grad,
    one_hot,
    sigmoid,
    smooth_labels,
    soft_label_cross_entropy_and_grad,
    softmax,
    softmax_cross_entropy_and_grad,
    squared_error_and_grad,
)
from tests.book.live_page import FIGURES, STATIC, Live

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

pytestmark = pytest.mark.browser

RANDOM = np.random.default_rng(20)
EXTREME = [
    [1000.0, -1000.0, 0.0],
    [-1000.0, -1000.0, -1000.0],
    [1000.0, 1000.0, 1000.0],
    [0.0, 0.0, 0.0],
    [0.0, 40.0, 0.0],
    [-745.0, 0.0, -709.0],
    [1e9 + 1.0, 1e9, 1e9 - 2.0],
    [-1e15, -1e15 + 0.5, -1e15 - 3.0],
    [5.0, 5.0, -5.0],
]
LOGITS = np.vstack(
    [
        np.array(EXTREME),
        RANDOM.normal(scale=3.0, size=(200, 3)),
        RANDOM.normal(scale=300.0, size=(100, 3)),
        RANDOM.normal(size=(100, 3)) + RANDOM.normal(scale=1e8, size=(100, 1)),
    ]
)
TEMPERATURES = (0.1, 0.316, 1.0, 2.51, 10.0)
# Below it numbers lose bits: two ways to round one there agree only absolutely.
SMALLEST = 1e-300

JavaScript = "Callable[[str, Any], Any]"


@pytest.fixture(scope="module")
def run(
    browser: Any, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Callable[[str, Any], Any]]:
    """Evaluate an expression of `math` for each of many arguments."""
    folder: Path = tmp_path_factory.mktemp("live")
    with Live(browser, folder, "softmax") as live:
        for name in FIGURES[1:]:
            live.page.add_script_tag(path=STATIC / "live" / f"{name}.js")

        def evaluate(expression: str, arguments: Any) -> Any:
            code = (
                "rows => { const { math } = window.CrossEntropyLive; "
                f"return rows.map({expression}); }}"
            )
            return np.array(live.page.evaluate(code, arguments), dtype=np.float64)

        yield evaluate


def close(actual: Any, expected: Any) -> None:
    np.testing.assert_allclose(actual, expected, rtol=1e-12, atol=SMALLEST)


def test_logsumexp(run: Any) -> None:
    close(run("z => math.logsumexp(z)", LOGITS.tolist()), logsumexp(LOGITS))


@pytest.mark.parametrize("temperature", TEMPERATURES)
def test_softmax(run: Any, temperature: float) -> None:
    shares = run(f"z => math.softmax(z, {temperature})", LOGITS.tolist())
    close(shares, softmax(LOGITS, temperature=temperature))


@pytest.mark.parametrize("label", [0, 1, 2])
@pytest.mark.parametrize("temperature", TEMPERATURES)
def test_loss_and_gradient(run: Any, temperature: float, label: int) -> None:
    losses = run(f"z => math.loss(z, {label}, {temperature})", LOGITS.tolist())
    close(losses, -np.asarray(log_softmax(LOGITS, temperature=temperature))[:, label])
    scaled = (LOGITS - LOGITS.max(axis=1, keepdims=True)) / temperature
    expected, gradient = softmax_cross_entropy_and_grad(
        scaled, np.full(len(LOGITS), label), reduction="none"
    )
    close(losses, expected)
    slopes = run(f"z => math.gradient(z, {label}, {temperature})", LOGITS.tolist())
    # The loss is that of z / T, the derivative is by z: the chain rule's 1 / T.
    close(slopes, gradient / temperature)


def test_a_confident_loss_is_not_rounded_to_nothing(run: Any) -> None:
    loss, slope = run("z => [math.loss(z, 1), math.gradient(z, 1)[1]]", [[0, 40, 0]])[0]
    assert loss == pytest.approx(2 * np.exp(-40.0), rel=1e-12)
    assert slope == pytest.approx(-2 * np.exp(-40.0), rel=1e-12)


def distributions() -> tuple[Any, Any]:
    """Return pairs of distributions, some with zeros, some nearly equal."""
    p = RANDOM.dirichlet(np.full(3, 0.5), size=300)
    q = RANDOM.dirichlet(np.full(3, 0.5), size=300)
    q[:50] = p[:50] * (1 + 1e-6 * RANDOM.normal(size=(50, 3)))
    q[:50] /= q[:50].sum(axis=1, keepdims=True)
    corner, edge, even = [0.0, 1.0, 0.0], [0.5, 0.5, 0.0], [1 / 3, 1 / 3, 1 / 3]
    special = [corner, edge, even, [1.0, 0.0, 0.0]]
    left = [a for a in special for _ in special]
    right = special * len(special)
    return np.vstack([p, left]), np.vstack([q, right])


@pytest.mark.parametrize(
    ("name", "measure"),
    [("crossEntropy", cross_entropy), ("klDivergence", kl_divergence)],
)
def test_measures_of_two(run: Any, name: str, measure: Any) -> None:
    p, q = distributions()
    pairs = np.stack([p, q], axis=1).tolist()
    expected = measure(p, q, unit="bits")
    assert np.isinf(expected).any()
    # Where p is nearly q, by 1e-6, terms of that size leave a divergence of 1e-12.
    np.testing.assert_allclose(
        run(f"([p, q]) => math.{name}(p, q)", pairs), expected, rtol=1e-12, atol=1e-20
    )


def test_entropy(run: Any) -> None:
    p, _ = distributions()
    close(run("p => math.entropy(p)", p.tolist()), entropy(p, unit="bits"))


def test_sigmoid(run: Any) -> None:
    x = np.concatenate([LOGITS.ravel(), [-0.0, 745.0, -745.0, 1e-300]])
    close(run("x => math.sigmoid(x)", x.tolist()), sigmoid(x))


MARGINS = np.concatenate(
    [
        np.linspace(-12, 8, 201),
        RANDOM.normal(scale=100.0, size=200),
        [-1e9, -750.0, -1e-9, -0.0, 0.0, 1e-300, 1.0, 36.0, 40.0, 750.0, 1e9],
    ]
)


@pytest.mark.parametrize(
    ("name", "loss_and_grad"),
    [
        ("cross", softmax_cross_entropy_and_grad),
        ("hinge", multiclass_hinge_and_grad),
        ("squared", squared_error_and_grad),
        ("difference", difference_loss_and_grad),
    ],
)
def test_losses_of_a_margin(run: Any, name: str, loss_and_grad: Any) -> None:
    found = run(f"m => math.marginLosses(m).{name}", MARGINS.tolist())
    true = np.ones(len(MARGINS), dtype=int)
    pairs = np.stack([np.zeros_like(MARGINS), MARGINS], axis=1)
    logits = MARGINS if name == "difference" else pairs
    losses, gradient = loss_and_grad(logits, true, reduction="none")
    slopes = gradient if name == "difference" else gradient[:, 1]
    close(found[:, 0], losses)
    # The package's gradient of the squared error is a sum that cancels to 1e-17.
    lost = 1e-16 if name == "squared" else SMALLEST
    np.testing.assert_allclose(found[:, 1], slopes, rtol=1e-12, atol=lost)


def test_a_tiny_slope_of_the_squared_error_keeps_its_digits(run: Any) -> None:
    margins = [-300.0, -59.5, -36.0, 20.0, 300.0]
    found = run("m => math.marginLosses(m).squared[1]", margins)
    with mpmath.workdps(400):
        exact = [
            float(-4 * (s := 1 / (1 + mpmath.exp(-m))) * (1 - s) ** 2) for m in margins
        ]
    close(found, exact)


@pytest.mark.parametrize("classes", [2, 3, 10, 100, 1000])
def test_smoothing(run: Any, classes: int) -> None:
    leads = np.concatenate(
        [RANDOM.uniform(-4, 14, size=50), [-700.0, -40.0, 0.0, 40.0, 700.0]]
    )
    rows = np.zeros((len(leads), classes))
    rows[:, 0] = leads
    for eps in (0.0, 1e-9, 0.01, 0.1, 0.37, 0.5):
        found = run(
            f"d => {{ const at = math.smoothing({eps}, {classes}, d); "
            "return [at.best, at.floor, at.loss, at.gradient]; }",
            leads.tolist(),
        )
        target = smooth_labels(one_hot(0, classes), eps)
        with np.errstate(divide="ignore"):
            close(found[:, 0], np.log(target[0]) - np.log(target[1]))
        # smooth_labels rounds 1 - eps + eps/K, which leaves 1e-16 of the sums.
        near = {"rtol": 1e-12, "atol": 1e-15 if eps else SMALLEST}
        np.testing.assert_allclose(found[:, 1], entropy(target), **near)
        losses, gradient = soft_label_cross_entropy_and_grad(
            rows, np.tile(target, (len(leads), 1)), reduction="none"
        )
        np.testing.assert_allclose(found[:, 2], losses, **near)
        np.testing.assert_allclose(found[:, 3], gradient[:, 0], **near)
