"""The loss in float32, computed in three ways."""

from __future__ import annotations

import numpy as np

from crossentropy.figures.theme import (
    ACCENT,
    CAT,
    DOG,
    MUTED,
    ThemedFigure,
    canvas,
    finish,
    grid,
    themed,
)
from crossentropy.losses import softmax_cross_entropy

GAP = 17.0


def _ways(gap: float) -> dict[str, float]:
    """Return the float32 loss of the logits 0, gap, 0 with true class 1, and the exact.

    exp and log are taken in float64 and rounded, so that every machine draws the same.
    """
    f = np.float32
    z = np.array([0.0, gap, 0.0], dtype=f)
    powers = np.exp(z.astype(np.float64)).astype(f)
    top = z.max()
    t = z - top
    shifted = np.exp(t.astype(np.float64)).astype(f)
    rest = np.delete(shifted, z.argmax()).sum(dtype=f)
    share = np.float64(powers[1] / powers.sum(dtype=f))
    return {
        "naive": 0.0 - float(f(np.log(share))),
        "shifted": float(top + f(np.log(np.float64(shifted.sum(dtype=f)))) - z[1]),
        "log1p": float(f(np.log1p(np.float64(rest))) - t[1]),
        "exact": float(softmax_cross_entropy(z.astype(np.float64), 1)),
    }


@themed
@np.errstate(all="ignore")
def floats() -> ThemedFigure:
    """Relative error of the float32 loss, in three ways, against the gap."""
    gaps = np.arange(-130.0, 131.0)
    rows = [_ways(gap) for gap in gaps.tolist()]
    exact = np.array([row["exact"] for row in rows])
    now = _ways(GAP)
    figure, axes = canvas(5.6, 3.4)
    looks = {"naive": (ACCENT, ":"), "shifted": (DOG, "--"), "log1p": (CAT, "-")}
    for name, (colour, dash) in looks.items():
        values = np.array([row[name] for row in rows])
        errors = np.clip(np.abs(values - exact) / exact, 1e-9, 1)
        errors[~np.isfinite(values)] = np.where(np.isnan(values), 100, 10)[
            ~np.isfinite(values)
        ]
        axes.plot(
            gaps,
            errors,
            dash,
            color=colour,
            label=f"{name} {now[name]:.3g}".replace("-", "−"),
        )
    axes.axvline(GAP, color=MUTED, linewidth=0.8)
    ticks = [1e-9, 1e-6, 1e-3, 1, 10, 100]
    axes.set(yscale="log", ylim=(5e-10, 200), yticks=ticks, xlim=(-130, 130))
    axes.set_yticklabels(["<1e−9", "1e−6", "1e−3", "≥1", "inf", "nan"])
    axes.minorticks_off()
    axes.set_xticks([-100, -50, 0, 50, 100], ["−100", "−50", "0", "50", "100"])
    axes.set(xlabel="gap: true class ahead", title="Relative error in float32")
    legend = axes.legend(loc="center", bbox_to_anchor=(0.28, 0.6))
    legend.set_title(f"at a gap of {GAP:g}")
    grid(axes)
    return finish(
        figure,
        "Relative error of the float32 loss against the gap between the true class and "
        f"the others. At a gap of {GAP:g} the loss is {now['exact']:.2e}: the naive "
        f"form gives {now['naive']:g}, the shifted form {now['shifted']:g}, the log1p "
        f"form {now['log1p']:.2e}. Farther out the naive form becomes nan on the right "
        "where exp overflows, and infinite on the left, where the share of the true "
        "class underflows. The log1p form stays right until the loss itself is too "
        "small for float32.",
    )
