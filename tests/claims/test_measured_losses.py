"""Claims about losses that were measured: what the kept results say.

Each number is a mean over seeds; a loss is taken at its best setting.
"""

# ruff: noqa: N802  (the tests carry the claims' ids)

from __future__ import annotations

from typing import TYPE_CHECKING

from crossentropy.lab.experiments.results import Best, best, stored
from crossentropy.lab.experiments.runner import spread

if TYPE_CHECKING:
    from crossentropy.lab.experiments.runner import Record

TUNED = ["optimizer", "rate"]
TRAINABLE = ("softmax", "sigmoid", "hinge", "squared")


def _best(records: list[Record], value: str) -> dict[str, Best]:
    over = [*TUNED, *(["epochs"] if "epochs" in records[0] else [])]
    return {loss: b for (loss,), b in best(records, value, ["loss"], over).items()}


def _collapse(classes: int, noise: float = 0.0) -> list[Record]:
    return [
        record
        for record in stored("collapse").records
        if record["classes"] == classes and record["noise"] == noise
    ]


def test_C11_with_two_classes_the_difference_loss_works_as_well() -> None:
    found = _best(_collapse(2), "accuracy")
    assert found["difference"].mean > 0.97
    assert abs(found["difference"].mean - found["softmax"].mean) < 0.02


def test_C11_with_more_classes_it_calls_none_at_any_rate() -> None:
    for classes in (10, 100):
        records = _collapse(classes)
        collapsed = [r for r in records if r["loss"] == "difference"]
        assert min(record["none"] for record in collapsed) > 0.99
        found = _best(records, "accuracy")
        assert found["difference"].tried > found["softmax"].tried
        for rival in ("softmax", "sigmoid"):
            assert found[rival].mean - found["difference"].mean > 0.1


def test_C11_what_is_left_of_the_ranking_fades_with_training() -> None:
    ranks = spread(
        [r for r in _collapse(10) if r["loss"] == "difference"],
        "accuracy",
        [*TUNED, "epochs"],
    )
    for rate in (0.0003, 0.003):
        short, long = (ranks["sgd", rate, epochs][0] for epochs in (3, 12))
        assert long < short - 0.04


def test_C11_it_is_sure_whatever_the_labels_are_worth() -> None:
    sure = spread(_collapse(2, 0.3), "confidence", ["loss"])
    assert sure[("difference",)][0] > 0.95
    for proper in ("softmax", "sigmoid"):
        assert abs(sure[(proper,)][0] - 0.7) < 0.1


def test_C11_its_gradient_is_gone_on_a_confident_mistake() -> None:
    records = [
        {**record, "left": record["gradient"] / record["gradient_at_start"]}
        for record in stored("recovery").records
    ]
    left = spread(records, "left", ["loss"])
    assert left[("difference",)][0] < 0.02
    assert left[("softmax",)][0] > 1
    recovered = _best(records, "recovered")
    assert recovered["difference"].mean < 0.4
    assert recovered["softmax"].mean > 0.9


def test_C20_other_losses_serve_as_well_once_the_rate_is_tuned() -> None:
    found = _best(stored("rates").records, "accuracy")
    means = [found[loss].mean for loss in TRAINABLE]
    assert min(means) > 0.95
    assert max(means) - min(means) < 0.02
    assert found["difference"].mean < min(means) - 0.1


def test_C20_at_one_small_rate_they_part() -> None:
    small = [
        record
        for record in stored("rates").records
        if (record["optimizer"], record["rate"]) == ("sgd", 0.001)
    ]
    found = spread(small, "accuracy", ["loss"])
    assert found[("softmax",)][0] - found[("squared",)][0] > 0.05


def test_C20_the_squared_error_is_slower_out_of_a_mistake() -> None:
    found = _best(stored("recovery").records, "recovered")
    for loss in ("softmax", "sigmoid", "hinge"):
        assert found[loss].mean > found["squared"].mean + 0.1
