"""Figure of the experiment that computes the loss in five ways."""

from __future__ import annotations

from collections.abc import Sequence

from crossentropy.figures.theme import (
    ACCENT,
    BIRD,
    CAT,
    INK,
    ThemedFigure,
    canvas,
    finish,
    grid,
    themed,
)
from crossentropy.lab.experiments.runner import Record, spread

_DTYPES = {"float32": (CAT, "o"), "bfloat16": (BIRD, "s"), "float16": (ACCENT, "D")}


@themed
def precision(records: Sequence[Record]) -> ThemedFigure:
    """Draw every run's accuracy, or a cross where its weights became nan.

    Parameters
    ----------
    records : sequence of dict
        Of the experiment "precision".
    """
    forms = list(dict.fromkeys(record["form"] for record in records))
    dtypes = [d for d in _DTYPES if any(record["dtype"] == d for record in records)]
    panels, said = [], []
    for inputs, title in (("raw", "raw inputs"), ("normalised", "normalised inputs")):
        of_one = [record for record in records if record["inputs"] == inputs]
        if not of_one:
            continue
        figure, axes = canvas(3.5, 3.3)
        for record in of_one:
            colour, marker = _DTYPES[record["dtype"]]
            row = len(forms) - 1 - forms.index(record["form"])
            shift = 0.25 * (len(dtypes) // 2 - dtypes.index(record["dtype"]))
            died = record["died"] > 0
            axes.plot(
                100 * record["accuracy"],
                row + shift,
                "x" if died else marker,
                color=colour,
                markersize=6 if died else 4.5,
                alpha=0.8,
                clip_on=False,
            )
        names = [form.replace("softmax, clamp", "softmax,\nclamp") for form in forms]
        axes.set_yticks(range(len(forms)), names[::-1], fontsize=10)
        axes.set(xlim=(0, 100), ylim=(-0.5, len(forms) - 0.5))
        axes.set(xlabel="test accuracy (%)")
        axes.set_title(title)
        grid(axes, "x")
        handles = [
            axes.plot([], [], marker, color=colour, label=dtype, markersize=4.5)[0]
            for dtype, (colour, marker) in _DTYPES.items()
            if dtype in dtypes
        ]
        handles += axes.plot([], [], "x", color=INK, label="nan", markersize=6)
        figure.legend(
            handles=handles,
            loc="outside lower center",
            ncols=len(handles),
            columnspacing=0.9,
            handletextpad=0.1,
            fontsize=9,
        )
        panels.append(figure)
        dead = spread(
            [{**record, "dead": record["died"] > 0} for record in of_one],
            "dead",
            ["dtype", "form"],
        )
        listed = [
            f"{form} in {dtype} ({mean:.0%} of the runs)"
            for (dtype, form), (mean, _, _) in dead.items()
            if mean
        ]
        said.append(f"{title}: " + (", ".join(listed) or "none"))
    return finish(panels, "Runs that ended in nan. " + ". ".join(said) + ".")
