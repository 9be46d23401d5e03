"""What a reader is told: about the kind of answer, an error, a property, a number."""

from __future__ import annotations

import sys
from typing import Any

import numpy as np
import pytest
import scipy.special
import torch

from crossentropy.exercises import check, describe, hint, names, solution
from crossentropy.exercises._values import show, show_both

softmax = scipy.special.softmax


def raises(error: BaseException) -> Any:
    def function(z: Any) -> Any:
        raise error

    return function


def calls_itself(z: Any) -> Any:
    return calls_itself(z)


def misspelt(z: Any) -> Any:
    return np.exp(zz)  # type: ignore[name-defined]  # noqa: F821


def leaves(z: Any) -> Any:
    sys.exit(3)


def prints(z: Any) -> Any:
    print("my answer", z)  # noqa: T201


def takes_none() -> Any:
    return 1.0


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (..., "There is no answer yet"),
        (np.ones(3), "The function itself is asked for"),
        ("softmax", 'without brackets and quotes, so that it can be tried: `check("'),
        (None, "The function itself is asked for"),
        (lambda z: None, "`return` the result"),
        (prints, "It printed 'my answer [1.  2.  0.5]' and returned nothing"),
        (raises(NotImplementedError()), "`return` the result"),
        (raises(ValueError("so\nand so")), "It raised ValueError: so\n"),
        (raises(MemoryError()), "It raised MemoryError\n"),
        (misspelt, "return np.exp(zz)"),
        (calls_itself, "calls itself without an end"),
        (leaves, "with `return`, not with `exit`"),
        (lambda z: z.exp(), "The check calls it with a NumPy array of shape (3,)."),
        (takes_none, "takes 0 positional arguments but 1 was given"),
        (
            lambda z: "0.5",
            "It returned an object of type str; real numbers",
        ),
        (lambda z: [[1], [1, 2]], "It returned a list of length 2; real"),
        (lambda z: {1: 2}, "It returned an object of type dict"),
        (lambda z: z * 1j, "It returned an array of complex numbers"),
        (lambda z: 0.3, "It should return an array of shape (3,), not a single number"),
        (lambda z: softmax(z)[None], "not an array of shape (1, 3)"),
        (lambda z: softmax(z)[:2], "not an array of shape (2,)"),
        (lambda z: 1.01 * softmax(z), "does not hold: the probabilities of a row sum"),
        (lambda z: 1.01 * softmax(z), "Every value is 1.01 times the expected one."),
        (lambda z: 0 * z, "Every value is 0."),
        (
            lambda z: softmax(z) + np.resize([0.1, -0.3, 0.2], len(z)),
            "This does not hold: ",
        ),
        (lambda z: softmax(z)[::-1], "each share is an exponential over the sum"),
        (
            lambda z: np.where(z > 900, np.nan, softmax(z)),
            "adding 1000 to every logit changes nothing",
        ),
    ],
)
def test_the_message_names_what_is_wrong(answer: Any, told: str) -> None:
    result = check("softmax", answer)
    assert not result
    assert not result.idea
    assert told in f"{result!r}\n"


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (..., "There is no answer yet"),
        (None, "There is no answer yet"),
        ("6.9", "A number is asked for, not a text"),
        (lambda: 6.9, "A number is asked for, not a function"),
        ([6.9, 1.0], "It should return a single number, not an array of shape (2,)"),
        (5.0, "This is not it: the loss of a blind guess"),
        (6.9, "This is close: give at least four digits."),
        (float("nan"), "This is not it"),
    ],
)
def test_a_number_is_judged_without_giving_it_away(answer: Any, told: str) -> None:
    result = check("first_loss", answer)
    assert not result
    assert told in repr(result)
    assert "6.9" not in repr(result).replace("check", "")


def test_the_example_shows_call_result_and_expectation() -> None:
    result = check("cross_entropy", lambda p, q: 2.0 + 0 * p.sum())
    assert result.example.splitlines() == [
        "cross_entropy([0.5, 0.25, 0.25], [0.2, 0.3, 0.5])",
        "gives     2.0",
        "expected  1.279",
    ]


def test_a_warning_that_belongs_to_a_failure_is_told() -> None:
    def careless(z: Any) -> Any:
        e = np.exp(z)
        return e / e.sum() if z[0] != 0 else softmax(z)

    result = check("softmax", careless)
    assert not result
    assert "overflow encountered in exp" in repr(result)
    assert "adding 1000" in result.says


@pytest.mark.parametrize(
    ("answer", "remark"),
    [
        (lambda z: softmax(z).tolist(), "It returned a list; `np.array`"),
        (lambda z: tuple(softmax(z)), "It returned a tuple; `np.array`"),
        (lambda z: torch.tensor(z).softmax(0), "It returned a torch tensor"),
        (lambda z: (print("hm"), softmax(z))[1], "It printed 'hm'."),  # noqa: T201
        (
            lambda z: (np.log(np.zeros(1)), softmax(z))[1],
            "`softmax([1.0, 2.0, 0.5])` warned: divide by zero",
        ),
    ],
)
def test_a_right_answer_gets_a_remark_and_only_one(answer: Any, remark: str) -> None:
    result = check("softmax", answer)
    assert result.right
    assert len(result.remarks) == 1
    assert result.remarks[0].startswith(remark)


def test_an_idea_keeps_its_name_with_a_second_fault_at_the_edges() -> None:
    def in_bits_and_naive(z: Any, y: Any) -> Any:
        return -np.log2(np.exp(z)[y] / np.exp(z).sum())

    assert check("row_loss", in_bits_and_naive).idea == "log base 2"
    assert check("entropy", lambda p: -np.mean(p * np.log(p))).idea == "mean for sum"
    swapped = check("cross_entropy", lambda p, q: np.dot(q, np.log(1 / p)))
    assert swapped.idea == "p and q swapped"


def test_a_breakdown_in_the_same_cases_has_the_name_of_the_idea() -> None:
    def naive_in_another_way(z: Any) -> Any:
        shares = np.exp(z) / np.exp(z).sum()
        return shares if np.isfinite(shares).all() else np.full_like(z, np.nan)

    assert check("softmax", naive_in_another_way).idea == "no maximum subtracted"
    elsewhere = check("softmax", lambda z: np.where(z > 900, np.nan, softmax(z)))
    assert elsewhere.idea == ""


def test_a_breakdown_that_two_ideas_share_has_no_name() -> None:
    def broken(z: Any, y: Any) -> Any:
        return np.where(np.abs(z).max() > 900, np.nan, -np.log(_picked(z, y)).mean())

    result = check("mean_loss", broken)
    assert not result
    assert result.idea == ""


@pytest.mark.parametrize("eps", [1e-20, 3e-9, 1e-6, 1e-4])
def test_an_epsilon_of_any_size_is_recognised(eps: float) -> None:
    name = "an epsilon inside the logarithm, or a clip"
    inside = check("row_loss", lambda z, y: -np.log(softmax(z)[y] + eps))
    clipped = check("row_loss", lambda z, y: -np.log(max(softmax(z)[y], eps)))
    assert inside.idea == clipped.idea == name
    mean = check("mean_loss", lambda z, y: -np.log(_picked(z, y) + eps).mean())
    assert mean.idea == name
    mended = check("infinite_loss", lambda z, y: -np.log(max(softmax(z)[y], eps)))
    assert mended.idea == name


def _picked(z: Any, y: Any) -> Any:
    return softmax(z, axis=1)[np.arange(len(y)), y]


@pytest.mark.parametrize("clip", [1e-12, 1e-3])
def test_a_threshold_is_recognised_however_it_goes_on(clip: float) -> None:
    def thresholded(x: Any, t: Any) -> Any:
        d = np.clip(scipy.special.expit(x) > 0.5, clip, 1 - clip)
        return -(t * np.log(d) + (1 - t) * np.log(1 - d))

    assert check("binary_loss", thresholded).idea == "threshold before the loss"
    summed = check("labels_loss", lambda x, t: thresholded(x, t).sum(axis=1).mean())
    assert summed.idea == "threshold before the loss"


def test_a_constant_is_no_threshold() -> None:
    assert check("binary_loss", lambda x, t: 0 * x).idea == ""


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (lambda z, y: (1.0, np.ones_like(z)), "the gradient is the slope of the loss"),
        (lambda z, y: 1.0, "where a tuple of 2 was asked for"),
        (lambda z, y: (1.0, np.zeros(3)), "It should return a single number, an array"),
        (lambda z, y: (1.0, 0 * z), "the loss has a gradient"),
        (
            lambda z, y: ((z**2).sum(), 2 * z),
            "a mean, so the same rows twice give the same loss",
        ),
        (
            lambda z, y: ((z**2).mean(), 2 * z / z.size),
            "the classifier beats the nearest class mean",
        ),
        (
            lambda z, y: (
                ((z**4).mean(), 4 * z**3 / z.size)
                if len(z) < 4000
                else (1.0, z + 1e300)
            ),
            "the logits stay finite in training",
        ),
        (
            lambda z, y: endless() if len(z) > 9 else (z.mean(), z * 0 + 1 / z.size),
            "was stopped",
        ),
    ],
)
def test_an_own_loss_is_told_what_it_lacks(answer: Any, told: str) -> None:
    with np.errstate(all="ignore"):
        result = check("own_loss", answer, seconds=5)
    assert not result
    assert not result.idea
    assert told in result.says


def endless() -> Any:
    while True:
        pass


def test_an_own_loss_that_fails_in_training_is_caught() -> None:
    def fails(z: Any, y: Any) -> Any:
        if len(z) > 10:
            raise RuntimeError("only small batches")
        t = np.eye(z.shape[1])[y]
        return ((z - t) ** 2).mean(), 2 * (z - t) / z.size

    result = check("own_loss", fails)
    assert not result
    assert "It raised RuntimeError: only small batches" in result.says
    assert "raise RuntimeError" in result.example


def test_a_right_own_loss_is_told_its_accuracy() -> None:
    result = check("own_loss", _cross_entropy)
    assert result.right
    for word in ("1,000 test digits", "nearest class mean", "softmax cross-entropy"):
        assert word in result.says


def _cross_entropy(z: Any, y: Any) -> Any:
    q = softmax(z, axis=1)
    rows = np.arange(len(y))
    return -np.log(q[rows, y]).mean(), (q - np.eye(z.shape[1])[y]) / len(y)


def test_an_unknown_name_is_refused_with_the_nearest() -> None:
    with pytest.raises(
        ValueError, match="no exercise 'sofmax'; did you mean 'softmax'"
    ):
        check("sofmax", softmax)
    with pytest.raises(ValueError, match="no exercise 'x'; there are surprisal, ent"):
        hint("x")


def test_each_exercise_describes_itself() -> None:
    for name in names():
        assert "```python\n" in describe(name)
        assert "Read " in hint(name)
        assert solution(name).startswith("```python\n")
        assert repr(describe(name)) == str(describe(name))
        assert hint(name)._repr_markdown_() == hint(name)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (np.array(0.5), "0.5"),
        (np.array([1.0, 1 / 3]), "[1.0, 0.3333]"),
        (np.array([[1, 2], [3, 4]]), "[[1, 2], [3, 4]]"),
        (np.array([np.nan, np.inf, -np.inf]), "[nan, inf, -inf]"),
        (np.zeros((5, 5)), "an array of shape (5, 5)"),
        ((np.array([True]), 3, 0.25), "[True], 3, 0.25"),
        (np.array([1e-20, -2.0, 1e20]), "[1e-20, -2.0, 1e+20]"),
        (softmax, "softmax"),
    ],
)
def test_values_are_shown_shortly(value: Any, text: str) -> None:
    assert show(value) == text


def test_two_values_are_shown_with_digits_enough_to_differ() -> None:
    one, two = (np.array(1.0),), (np.array(1.0000003),)
    assert show_both(one, two) == ("1.0", "1.0000003")
    assert show_both(one, one) == ("1.0", "1.0")
