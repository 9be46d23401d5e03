"""What one live figure has and the others have not: its buttons, marks and choices."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from crossentropy import softmax, softmax_cross_entropy_and_grad
from tests.book.live_checks import (
    CLASSES,
    by_class,
    check_labels,
    check_margin,
    check_smoothing,
    check_softmax,
    check_surprise,
    logits,
)
from tests.book.live_page import Live

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("figure", ["softmax", "surprise", "temperature"])
def test_it_starts_with_the_running_example(
    figure: str, browser: Any, tmp_path: Path
) -> None:
    with Live(browser, tmp_path, figure) as live:
        if figure == "surprise":
            live.expect(by_class("q", np.asarray(softmax([1.0, 2.0, 0.5]))))
        else:
            assert logits(live).tolist() == [1.0, 2.0, 0.5]
            assert live.shown("temperature") == "1"
        if figure == "softmax":
            assert live.page.get_by_label("dog is the true class").is_checked()


def test_the_true_class_by_keyboard_and_mouse(browser: Any, tmp_path: Path) -> None:
    with Live(browser, tmp_path, "softmax") as live:
        live.page.get_by_label("dog is the true class").focus()
        live.page.keyboard.press("ArrowDown")
        assert live.page.get_by_label("bird is the true class").is_checked()
        check_softmax(live)
        live.page.locator(".ce-name", has_text="cat").click()
        assert live.page.get_by_label("cat is the true class").is_checked()
        check_softmax(live)


def test_a_step_goes_downhill(browser: Any, tmp_path: Path) -> None:
    with Live(browser, tmp_path, "softmax") as live:
        losses = [float(live.shown("nats"))]
        for _ in range(3):
            z = logits(live)
            _, gradient = softmax_cross_entropy_and_grad(z[None], [1])
            live.press("Step downhill")
            np.testing.assert_allclose(logits(live), z - gradient[0], atol=0.00501)
            check_softmax(live)
            losses.append(float(live.shown("nats")))
        assert losses == sorted(losses, reverse=True)
        assert len(set(losses)) == len(losses)


def test_a_loss_off_the_scale_becomes_an_arrow(browser: Any, tmp_path: Path) -> None:
    with Live(browser, tmp_path, "softmax") as live:
        assert live.page.locator(".ce-outputs circle").count() == 1
        live.slider("logit-dog").press("Home")
        assert float(live.shown("nats")) > 5
        assert live.page.locator(".ce-outputs circle").count() == 0
        check_softmax(live)


def test_the_other_classes_keep_their_proportions(browser: Any, tmp_path: Path) -> None:
    with Live(browser, tmp_path, "surprise") as live:
        ratio = live.exact("p-cat") / live.exact("p-bird")
        for key in ("ArrowRight", "PageUp", "ArrowLeft"):
            live.slider("p-dog").press(key)
            assert live.exact("p-cat") / live.exact("p-bird") == pytest.approx(ratio)
        # Nothing has no proportions: what is given back is shared equally.
        live.slider("p-dog").press("End")
        assert live.exact("p-cat") == live.exact("p-bird") == 0
        live.slider("p-dog").press("Home")
        assert live.exact("p-cat") == live.exact("p-bird") == 0.5


def test_the_buttons_of_surprise(browser: Any, tmp_path: Path) -> None:
    with Live(browser, tmp_path, "surprise") as live:

        def press(name: str) -> dict[str, str]:
            live.press(name)
            check_surprise(live)
            return live.numbers()

        start = live.numbers()
        swapped = press("Swap")
        assert swapped["forward"] == start["backward"]
        assert swapped["backward"] == start["forward"]
        press("Reset")
        certain = press("p = dog")
        assert certain["entropy"] == "0.000"
        assert certain["cross"] == certain["forward"]
        # q gives 1/3 to things that p rules out.
        assert certain["backward"] == "inf"
        equal = press("q = p")
        assert equal["cross"] == equal["backward"] == "0.000"


def test_a_confident_mistake_moves_two_of_four_losses(
    browser: Any, tmp_path: Path
) -> None:
    with Live(browser, tmp_path, "margin") as live:
        live.slider("margin").press("Home")
        check_margin(live)
        slopes = {
            name: float(text)
            for name, text in live.numbers().items()
            if name.endswith("-slope")
        }
        assert slopes["cross-slope"] == slopes["hinge-slope"] == -1
        assert -1e-4 < slopes["difference-slope"] < 0
        assert -1e-4 < slopes["squared-slope"] < 0


def test_the_four_losses_differ_without_colour(browser: Any, tmp_path: Path) -> None:
    with Live(browser, tmp_path, "margin") as live:
        samples = live.page.locator("table svg .ce-curve")
        dashes = samples.evaluate_all(
            "all => all.map(e => getComputedStyle(e).strokeDasharray)"
        )
        assert len(set(dashes)) == 4
        markers = live.page.locator("table svg path[transform]").evaluate_all(
            "all => all.map(e => e.getAttribute('d'))"
        )
        assert len(set(markers)) == 4


def test_two_labels_or_none(browser: Any, tmp_path: Path) -> None:
    with Live(browser, tmp_path, "labels") as live:

        def said(reading: str) -> list[str]:
            numbers = live.numbers()
            return [numbers[f"{reading}-{name}-yes"] for name in CLASSES]

        live.press("Two present")
        check_labels(live)
        assert said("sigmoid") == ["yes", "yes", "no"]
        assert said("softmax") == ["no", "no", "no"]  # no two shares above a half
        live.press("None present")
        check_labels(live)
        assert said("sigmoid") == ["no", "no", "no"]
        # A threshold low enough for two says yes to all three when none is there.
        live.drag("threshold", 0.3)
        check_labels(live)
        assert said("softmax") == ["yes", "yes", "yes"]
        # A yes is told by a full bar and a word, not by colour alone.
        fills = live.page.locator(".ce-bar").evaluate_all(
            "all => all.map(e => e.getAttribute('fill') !== 'none')"
        )
        assert fills == [word == "yes" for word in said("softmax") + said("sigmoid")]


def test_smoothing_for_each_number_of_classes(browser: Any, tmp_path: Path) -> None:
    with Live(browser, tmp_path, "smoothing") as live:
        best = []
        for classes in (2, 3, 10, 100, 1000):
            live.choose("classes", classes)
            assert live.chosen("classes") == str(classes)
            check_smoothing(live)
            best.append(float(live.shown("best")))
            # At the best lead the loss is the floor, and nothing pulls any more.
            live.press("To the best lead")
            check_smoothing(live)
            numbers = live.numbers()
            assert numbers["loss"] == numbers["floor"]
            assert numbers["gradient"] == "0.000"
            assert float(numbers["lead"]) == pytest.approx(best[-1], abs=0.00501)
        assert best == sorted(best)


def test_without_smoothing_no_lead_is_best(browser: Any, tmp_path: Path) -> None:
    with Live(browser, tmp_path, "smoothing") as live:
        live.slider("eps").press("Home")
        live.slider("lead").press("End")
        check_smoothing(live)
        numbers = live.numbers()
        assert numbers["best"] == "inf"
        assert numbers["floor"] == "0.000"
        assert float(numbers["gradient"]) < 0  # still pulling, however large the lead
        assert live.page.get_by_role("button", name="To the best lead").is_disabled()
