"""Each control of the live figures, by keyboard, mouse and touch."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from crossentropy import (
    cross_entropy,
    entropy,
    kl_divergence,
    log_softmax,
    softmax,
    softmax_cross_entropy_and_grad,
)
from tests.book.live_page import FIGURES, SPEAKING, Live

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.browser

CLASSES = ("cat", "dog", "bird")
LOGITS = [f"logit-{name}" for name in CLASSES]
KEYS = ("ArrowRight", "ArrowUp", "ArrowLeft", "PageUp", "Home", "ArrowRight", "End")


def logits(live: Live) -> Any:
    return np.array([float(live.shown(name)) for name in LOGITS])


def check_softmax(live: Live) -> None:
    """Every number shown follows from the logits, temperature and class shown."""
    z, t = logits(live), float(live.shown("temperature"))
    label = CLASSES.index(live.page.locator("input[type=radio]:checked").input_value())
    q = np.asarray(softmax(z, temperature=t))
    loss = -float(np.asarray(log_softmax(z, temperature=t))[label])
    _, gradient = softmax_cross_entropy_and_grad(z[None] / t, [label])
    live.expect("nats", loss)
    live.expect("bits", loss / np.log(2))
    for j, name in enumerate(CLASSES):
        live.expect(f"q-{name}", q[j])
        live.expect(f"gradient-{name}", gradient[0, j] / t)
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
    for which, values in (("p", p), ("q", q)):
        for j, name in enumerate(CLASSES):
            live.expect(f"{which}-{name}", values[j])
    live.expect("entropy", float(entropy(p, unit="bits")))
    live.expect("cross", float(cross_entropy(p, q, unit="bits")))
    live.expect("forward", float(kl_divergence(p, q, unit="bits")))
    live.expect("backward", float(kl_divergence(q, p, unit="bits")))


def check_temperature(live: Live) -> None:
    q = np.asarray(softmax(logits(live), temperature=float(live.shown("temperature"))))
    for j, name in enumerate(CLASSES):
        live.expect(f"q-{name}", q[j])
    live.expect("entropy", float(entropy(q, unit="bits")))


CHECKS = {
    "softmax": check_softmax,
    "surprise": check_surprise,
    "temperature": check_temperature,
}
SLIDERS = {
    "softmax": [*LOGITS, "temperature"],
    "surprise": [f"{which}-{name}" for which in "pq" for name in CLASSES],
    "temperature": [*LOGITS, "temperature"],
}
EVERY = [(figure, slider) for figure in FIGURES for slider in SLIDERS[figure]]


@pytest.mark.parametrize("figure", FIGURES)
def test_it_starts_with_the_running_example(
    figure: str, browser: Any, tmp_path: Path
) -> None:
    with Live(browser, tmp_path, figure) as live:
        CHECKS[figure](live)
        if figure == "surprise":
            for j, name in enumerate(CLASSES):
                live.expect(f"q-{name}", np.asarray(softmax([1.0, 2.0, 0.5]))[j])
        else:
            assert logits(live).tolist() == [1.0, 2.0, 0.5]
            assert live.shown("temperature") == "1"
        if figure == "softmax":
            assert live.page.get_by_label("dog is the true class").is_checked()


@pytest.mark.parametrize(("figure", "slider"), EVERY)
def test_a_slider_by_keyboard(
    figure: str, slider: str, browser: Any, tmp_path: Path
) -> None:
    with Live(browser, tmp_path, figure) as live:
        live.slider(slider).focus()
        seen = [live.shown(slider)]
        for key in KEYS:
            live.page.keyboard.press(key)
            seen.append(live.shown(slider))
            CHECKS[figure](live)
        assert seen[1] != seen[0]
        ends = {"temperature": (0.1, 10.0)}.get(
            slider, (-5.0, 5.0) if slider in LOGITS else (0.0, 1.0)
        )
        assert (float(seen[5]), float(seen[7])) == ends


@pytest.mark.parametrize(("figure", "slider"), EVERY)
def test_a_slider_by_mouse(
    figure: str, slider: str, browser: Any, tmp_path: Path
) -> None:
    with Live(browser, tmp_path, figure) as live:
        before = float(live.shown(slider))
        live.drag(slider, 0.9)
        after = float(live.shown(slider))
        assert after > before
        CHECKS[figure](live)
        live.drag(slider, 0.1)
        assert float(live.shown(slider)) < after
        CHECKS[figure](live)


@pytest.mark.parametrize("figure", FIGURES)
def test_a_slider_by_touch(figure: str, browser: Any, tmp_path: Path) -> None:
    phone = {"has_touch": True, "is_mobile": True}
    with Live(browser, tmp_path, figure, width=390, **phone) as live:
        slider = SLIDERS[figure][0]
        before = float(live.shown(slider))
        live.page.touchscreen.tap(*live.point(slider, 0.8))
        assert float(live.shown(slider)) > before
        CHECKS[figure](live)


def test_the_true_class_by_keyboard_and_mouse(browser: Any, tmp_path: Path) -> None:
    with Live(browser, tmp_path, "softmax") as live:
        live.page.get_by_label("dog is the true class").focus()
        live.page.keyboard.press("ArrowDown")
        assert live.page.get_by_label("bird is the true class").is_checked()
        check_softmax(live)
        live.page.locator(".ce-name", has_text="cat").click()
        assert live.page.get_by_label("cat is the true class").is_checked()
        check_softmax(live)


def test_a_step_goes_downhill_and_reset_comes_back(
    browser: Any, tmp_path: Path
) -> None:
    with Live(browser, tmp_path, "softmax") as live:
        losses = [float(live.shown("nats"))]
        for _ in range(3):
            z = logits(live)
            _, gradient = softmax_cross_entropy_and_grad(z[None], [1])
            live.page.get_by_role("button", name="Step downhill").click()
            np.testing.assert_allclose(logits(live), z - gradient[0], atol=0.00501)
            check_softmax(live)
            losses.append(float(live.shown("nats")))
        assert losses == sorted(losses, reverse=True)
        assert len(set(losses)) == len(losses)
        live.page.get_by_role("button", name="Reset").click()
        assert logits(live).tolist() == [1.0, 2.0, 0.5]
        check_softmax(live)


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

        def press(name: str) -> None:
            live.page.get_by_role("button", name=name, exact=True).click()
            check_surprise(live)

        forward, backward = live.shown("forward"), live.shown("backward")
        press("Swap")
        assert (live.shown("forward"), live.shown("backward")) == (backward, forward)
        press("Reset")
        assert live.shown("forward") == forward
        press("p = dog")
        assert live.shown("entropy") == "0.000"
        assert live.shown("cross") == live.shown("forward")
        # q gives 1/3 to things that p rules out.
        assert live.shown("backward") == "inf"
        press("q = p")
        assert live.shown("cross") == live.shown("backward") == "0.000"


def test_the_line_of_the_temperature_follows_the_mouse(
    browser: Any, tmp_path: Path
) -> None:
    with Live(browser, tmp_path, "temperature") as live:
        box = live.page.locator("svg[data-picture=curves]").bounding_box()
        mouse = live.page.mouse
        mouse.move(box["x"] + 60, box["y"] + 100)
        mouse.down()
        assert float(live.shown("temperature")) < 0.2
        check_temperature(live)
        mouse.move(box["x"] + box["width"] - 80, box["y"] + 100, steps=4)
        warm = live.shown("temperature")
        assert float(warm) > 5
        check_temperature(live)
        mouse.up()
        mouse.move(box["x"] + 60, box["y"] + 100)
        assert live.shown("temperature") == warm


@pytest.mark.parametrize("figure", FIGURES)
def test_it_speaks_once_when_the_hand_rests(
    figure: str, browser: Any, tmp_path: Path
) -> None:
    with Live(browser, tmp_path, figure) as live:
        region = live.page.locator(SPEAKING)
        assert region.count() == 1
        assert region.get_attribute("role") == "status"
        assert region.text_content() == ""
        region.evaluate(
            """e => { window.spoken = [];
            new MutationObserver(() => window.spoken.push(e.textContent))
                .observe(e, { childList: true }); }"""
        )
        live.slider(SLIDERS[figure][0]).focus()
        for _ in range(8):
            live.page.keyboard.press("ArrowRight")
        live.page.wait_for_function("window.spoken.length > 0")
        live.page.wait_for_timeout(900)
        (sentence,) = live.page.evaluate("window.spoken")
        assert sentence.endswith(".")
        told = {
            "softmax": ["nats", "q-cat", "gradient-bird"],
            "surprise": ["entropy", "cross", "forward", "backward"],
            "temperature": ["q-cat", "q-dog", "q-bird", "entropy"],
        }[figure]
        for name in told:
            assert live.shown(name).replace("-", "minus ") in sentence


@pytest.mark.parametrize("figure", FIGURES)
def test_every_control_and_picture_has_a_name(
    figure: str, browser: Any, tmp_path: Path
) -> None:
    with Live(browser, tmp_path, figure) as live:
        for control in live.page.locator("input, button").all():
            name = control.evaluate(
                "e => e.ariaLabel || [...(e.labels || [])].map(l => l.textContent)"
                ".join() || e.textContent"
            )
            assert name.strip()
        for slider in SLIDERS[figure]:
            assert live.slider(slider).get_attribute("aria-valuetext")
        for picture in live.page.locator("svg[role=img]:visible").all():
            assert "0." in picture.get_attribute("aria-label")
