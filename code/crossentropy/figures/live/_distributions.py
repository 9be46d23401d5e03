"""Probabilities of three classes: softmax, two distributions, the temperature."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from crossentropy.figures.live._panels import (
    LOGITS,
    class_bars,
    ends_and_middle,
    listed,
)
from crossentropy.figures.theme import (
    ACCENT,
    CLASS_COLOURS,
    CLASS_NAMES,
    INK,
    MUTED,
    ThemedFigure,
    canvas,
    finish,
    grid,
    themed,
)
from crossentropy.information import cross_entropy, entropy, kl_divergence
from crossentropy.losses import softmax_cross_entropy_and_grad
from crossentropy.softmax import softmax as softmax_of

TRUE_CLASS = CLASS_NAMES.index("dog")
HAPPENS = (0.15, 0.25, 0.6)


@themed
def softmax() -> ThemedFigure:
    """Logits, probabilities, loss and gradient of the running example."""
    z = np.array(LOGITS)
    q = np.asarray(softmax_of(z))
    loss, gradient = softmax_cross_entropy_and_grad(z[None], [TRUE_CLASS])
    nats = float(loss)
    slope = gradient[0]
    q_true = float(q[TRUE_CLASS])

    left, (top, bottom) = canvas(3.4, 3.55, nrows=2)
    left.set_layout_engine("constrained", hspace=0.12)
    class_bars(top, "Logits z", z, "{:.2f}")
    top.set(xlim=(-2.5, 2.5), xticks=[-2, 0, 2])
    class_bars(bottom, "Gradient ∂L/∂z = q − p", slope, "{:.3f}")
    bottom.set(xlim=(-1, 1), xticks=[-1, 0, 1], xticklabels=["−1", "0", "1"])
    for axes in (top, bottom):
        axes.axvline(0, color=MUTED, linewidth=0.8)

    right, (top, bottom) = canvas(3.4, 3.55, nrows=2, sharex=True)
    right.set_layout_engine("constrained", hspace=0.12)
    class_bars(top, "Probabilities q = softmax(z)", q, "{:.3f}")
    top.barh(
        [TRUE_CLASS],
        [1.0],
        height=0.8,
        fill=False,
        edgecolor=INK,
        linestyle="--",
        linewidth=1,
        clip_on=False,
    )
    top.text(0.97, TRUE_CLASS, "label p", color=MUTED, ha="right", va="center_baseline")
    top.tick_params(labelbottom=True)
    share = np.geomspace(np.exp(-5), 1, 200)
    bottom.plot(share, -np.log(share), color=MUTED)
    bottom.vlines(q_true, 0, nats, color=CLASS_COLOURS[TRUE_CLASS], linewidth=3)
    bottom.plot([q_true], [nats], "o", color=CLASS_COLOURS[TRUE_CLASS])
    bottom.text(1, 4.9, "Loss L = −ln q(dog)", ha="right", va="top")
    bottom.text(1, 3.9, f"{nats:.3f} nats", ha="right", va="top", fontsize=15)
    bits = nats / np.log(2)
    bottom.text(1, 2.7, f"{bits:.3f} bits", ha="right", va="top", color=MUTED)
    bottom.set(xlim=(0, 1), ylim=(0, 5), yticks=[0, 1, 2, 3, 4, 5])
    ends_and_middle(bottom)
    return finish(
        [left, right],
        f"Softmax turns the logits {listed(z)} into the probabilities {listed(q)}. "
        f"The true class is dog, so the loss is {nats:.3f} nats, or {bits:.3f} bits. "
        f"The gradient is the probability, less 1 for the true class: "
        f"{listed(slope)}.",
    )


@themed
def surprise() -> ThemedFigure:
    """Entropy, cross-entropy and divergence of two distributions, as stacked bars."""
    p = np.array(HAPPENS)
    q = np.asarray(softmax_of(LOGITS))
    h = float(entropy(p, unit="bits"))
    cross = float(cross_entropy(p, q, unit="bits"))
    forward = float(kl_divergence(p, q, unit="bits"))
    backward = float(kl_divergence(q, p, unit="bits"))

    left, (top, bottom) = canvas(3.4, 3.1, nrows=2, sharex=True)
    left.set_layout_engine("constrained", hspace=0.12)
    class_bars(top, "p: what happens", p, "{:.3f}")
    class_bars(bottom, "q: what the model expects", q, "{:.3f}")
    bottom.set_xlim(0, 1)
    ends_and_middle(bottom)
    top.tick_params(axis="x", length=0)

    right, axes = canvas(3.4, 3.1)
    rows: list[tuple[str, NDArray[np.float64], tuple[str, ...]]] = [
        (f"H(p) = {h:.3f} bits", -p * np.log2(p), CLASS_COLOURS),
        (f"H(p, q) = {cross:.3f} bits", -p * np.log2(q), CLASS_COLOURS),
        (
            f"= H(p) + KL(p‖q) = {h:.3f} + {forward:.3f}",
            np.array([h, forward]),
            (MUTED, ACCENT),
        ),
    ]
    for row, (words, parts, colours) in enumerate(rows):
        starts = np.cumsum(parts) - parts
        axes.barh(row, parts - 0.01, left=starts, color=colours, height=0.38)
        axes.text(0, row - 0.28, words, va="bottom")
    last = len(rows)
    axes.barh(last, backward, height=0.38, fill=False, edgecolor=ACCENT, linewidth=1.5)
    axes.text(0, last - 0.28, f"KL(q‖p) = {backward:.3f} bits", va="bottom")
    axes.set(ylim=(last + 0.3, -0.75), xlim=(0, 3), xticks=[0, 1, 2, 3], yticks=[])
    axes.set_title("Average surprise in bits")
    axes.spines["left"].set_visible(False)
    grid(axes, "x")
    return finish(
        [left, right],
        f"Events come from p ({listed(p)}) while the model expects q ({listed(q)}). "
        f"The entropy H(p) is {h:.3f} bits, the cross-entropy H(p, q) {cross:.3f}. "
        f"What the cross-entropy has more is KL(p||q), {forward:.3f} bits; the other "
        f"way round, KL(q||p) is {backward:.3f} bits.",
    )


@themed
def temperature() -> ThemedFigure:
    """Softmax and its entropy against the temperature, on a log scale."""
    scale = np.geomspace(0.1, 10, 101)
    q = np.stack([np.asarray(softmax_of(LOGITS, temperature=float(t))) for t in scale])
    now = np.asarray(softmax_of(LOGITS))
    bits = float(entropy(now, unit="bits"))
    most = float(np.log2(len(LOGITS)))

    left, axes = canvas(3.4, 2.8)
    places = ((0.7, 0.2, "right"), (1.2, 0.62, "left"), (1.4, 0.1, "left"))
    for j, (x, y, side) in enumerate(places):
        colour = CLASS_COLOURS[j]
        axes.plot(scale, q[:, j], color=colour)
        axes.plot([1], now[j], "o", color=colour)
        axes.text(x, y, CLASS_NAMES[j], color=colour, ha=side)
    axes.set(ylim=(-0.02, 1.05), yticks=[0, 0.5, 1], title="Probabilities softmax(z/T)")

    right, below = canvas(3.4, 2.8)
    below.plot(scale, np.asarray(entropy(q, unit="bits")), color=MUTED)
    below.plot([1], [bits], "o", color=INK)
    below.axhline(most, color=MUTED, linestyle=":", linewidth=1)
    below.text(0.1, most - 0.03, "log₂ 3", va="top", color=MUTED)
    below.set(ylim=(0, 1.7), yticks=[0, 0.5, 1, 1.5], title="Entropy in bits")
    for panel in (axes, below):
        panel.axvline(1, color=MUTED, linewidth=0.8)
        panel.set(xscale="log", xlabel="temperature T", xticks=[0.1, 1, 10])
        panel.set_xticklabels(["0.1", "1", "10"])
        panel.minorticks_off()
    return finish(
        [left, right],
        "Against the temperature T the probabilities go from all on dog, the largest "
        "logit, at low T to nearly equal at high T. At T = 1 they are "
        f"{listed(now)}, and the entropy, which rises with T towards log2 3 = "
        f"{most:.3f} bits, is {bits:.3f} bits.",
    )
