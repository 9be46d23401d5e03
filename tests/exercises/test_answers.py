"""Every exercise against right answers, its stub, its wrong ideas and small faults."""

from __future__ import annotations

import inspect
import re
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from crossentropy.exercises import _source, check
from crossentropy.exercises._recognise import recognise
from crossentropy.exercises._registry import EXERCISES, GROUPS

if TYPE_CHECKING:
    from collections.abc import Callable

    from crossentropy.exercises._model import Exercise

ALL = list(EXERCISES.values())
IDEAS = [
    pytest.param(exercise, idea, code, id=f"{exercise.name}-{idea.name}-{number}")
    for exercise in ALL
    for idea in exercise.ideas
    for number, code in enumerate(idea.codes)
]

each = pytest.mark.parametrize("exercise", ALL, ids=lambda e: e.name)


def answer(exercise: Exercise, code: Callable[..., Any]) -> Any:
    """A code as a reader hands it in: for a number, its value."""
    return code() if exercise.is_value else code


def test_there_are_enough_exercises_and_their_names_are_their_functions() -> None:
    assert len(ALL) >= 14
    assert sum(len(group.exercises) for group in GROUPS) == len(ALL)
    for name, exercise in EXERCISES.items():
        assert exercise.name == name == exercise.reference.__name__


@each
def test_the_reference_is_right_without_a_remark(exercise: Exercise) -> None:
    result = check(exercise.name, answer(exercise, exercise.reference))
    assert result.right, result
    assert result.remarks == ()


@each
def test_the_stub_fails_with_a_helpful_message(exercise: Exercise) -> None:
    namespace: dict[str, Any] = {"np": np}
    exec(_source.stub(exercise), namespace)
    result = check(exercise.name, namespace[exercise.name])
    assert not result.right
    if exercise.given is None:
        assert re.search(
            "return the result|`return`|There is no answer yet", repr(result)
        )
        assert not result.idea
    else:  # the faulty code that a reader is to mend has a name
        assert result.idea


@pytest.mark.parametrize(("exercise", "idea", "code"), IDEAS)
def test_a_wrong_idea_is_recognised_as_itself(
    exercise: Exercise, idea: Any, code: Any
) -> None:
    with np.errstate(all="ignore"):
        result = check(exercise.name, answer(exercise, code))
    assert not result.right
    assert result.idea == idea.name
    assert result.section == idea.section
    assert idea.why in repr(result)


@each
def test_no_two_wrong_ideas_and_no_right_answer_give_the_same(
    exercise: Exercise,
) -> None:
    """Pair by pair: whatever the order of the list, no idea is taken for another."""
    cases = {case.says: case for case in exercise.cases}

    def same(one: Any, two: Any) -> bool:
        return all(one[says].same(two[says], case) for says, case in cases.items())

    for number, (idea, outcomes) in enumerate(exercise.known):
        assert not same(exercise.expected, outcomes), idea.name
        for other, theirs in exercise.known[number + 1 :]:
            assert idea is other or not same(outcomes, theirs), (idea.name, other.name)
    assert recognise(exercise, exercise.expected) is None
    names = [idea.name for idea in exercise.ideas]
    assert len(names) == len(set(names))


def usual_key(exercise: Exercise, outcomes: Any) -> tuple[bytes, ...] | None:
    """What an idea gives on the ordinary cases; None if that is right."""
    usual = [case for case in exercise.cases if case.ordinary]
    if all(outcomes[c.says].same(exercise.expected[c.says], c) for c in usual):
        return None
    return tuple(
        outcomes[c.says].error.encode()
        + b"".join(np.round(a, 9).tobytes() for a in outcomes[c.says].arrays)
        for c in usual
    )


@each
def test_ideas_that_are_wrong_on_ordinary_cases_differ_there(
    exercise: Exercise,
) -> None:
    """So that an answer with a second fault at the edges keeps its name."""
    seen: dict[tuple[bytes, ...], str] = {}
    for idea, outcomes in exercise.known:
        key = usual_key(exercise, outcomes)
        if key is not None:
            assert seen.setdefault(key, idea.name) == idea.name


def perturbed(
    reference: Callable[..., Any], change: Callable[[Any], Any]
) -> Callable[..., Any]:
    def function(*arguments: Any) -> Any:
        value = reference(*arguments)
        if isinstance(value, tuple):
            return value[0], change(np.asarray(value[1]))
        return change(np.asarray(value, dtype=float))

    return function


def by_noise(seed: int) -> Callable[[Any], Any]:
    def change(value: Any) -> Any:
        rng = np.random.default_rng(seed)
        return value * (1 + 0.03 * rng.uniform(0.7, 1, np.shape(value))) + 1e-3

    return change


@each
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_a_small_error_is_not_right_and_no_idea(exercise: Exercise, seed: int) -> None:
    function = perturbed(exercise.reference, by_noise(seed))
    result = check(exercise.name, answer(exercise, function))
    assert not result.right
    assert result.idea == ""
    assert result.says.startswith("This ")
    assert result.section
    if not exercise.is_value:
        assert result.example


@each
def test_every_edge_counts(exercise: Exercise) -> None:
    """An answer that is right but for one case is told which one."""
    for wrong in exercise.cases if exercise.judge is None else ():
        if exercise.is_value or wrong.ordinary:
            continue
        arguments = repr(wrong.arguments)

        def function(*given: Any, arguments: str = arguments) -> Any:
            value = exercise.reference(*given)
            if repr(given) != arguments:
                return value
            return np.where(np.isinf(value), 0.0, value + 7.5)

        result = check(exercise.name, function)
        assert not result.right, wrong.says
        assert not result.idea


@each
def test_the_texts_are_whole(exercise: Exercise) -> None:
    assert inspect.getdoc(exercise.reference)
    for text in (exercise.title, exercise.task, exercise.hint):
        assert text.strip()
    assert exercise.hint.endswith((".", "?", "`"))
    assert exercise.right.endswith(".") or exercise.judge is not None
    for idea in exercise.ideas:
        assert idea.why.endswith("."), idea.name
        assert not idea.name.endswith(".")
        assert idea.codes, idea.name
    for case in exercise.cases:
        assert case.says[0].islower() or case.says[0] in "-0123456789", case.says
        assert not case.says.endswith(".")
    assert sum(case.ordinary for case in exercise.cases) >= (
        1 if exercise.is_value else 2
    )


@each
def test_the_laws_hold_for_the_reference(exercise: Exercise) -> None:
    for law in exercise.laws:
        for case in exercise.cases:
            value = exercise.expected[case.says].arrays
            assert law.holds(*case.arguments, *value), (law.says, case.says)


@pytest.mark.parametrize(
    ("named", "names"),
    [
        ("softmax twice", ["softmax", "row_loss", "mean_loss", "gradient"]),
        ("mean for sum", ["entropy", "cross_entropy"]),
        ("sum for mean", ["mean_loss", "perplexity"]),
        ("log base 2", ["cross_entropy", "row_loss", "binary_loss"]),
        ("p and q swapped", ["cross_entropy"]),
        ("sign", ["surprisal", "gradient", "row_loss", "training_step"]),
        ("eps/(K-1) for eps/K", ["smooth_labels"]),
        ("threshold before the loss", ["binary_loss", "labels_loss", "own_loss"]),
        ("probabilities given as logits", ["stuck_loss"]),
        ("epsilon added to the logits", ["infinite_loss"]),
        ("gradient without the 1/N", ["gradient", "training_step", "own_loss"]),
    ],
)
def test_the_best_known_wrong_ideas_are_there(named: str, names: list[str]) -> None:
    for name in names:
        assert named in [idea.name for idea in EXERCISES[name].ideas]
