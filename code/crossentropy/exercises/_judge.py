"""Judge an answer: right, a known wrong idea, or which property fails, and where."""

from __future__ import annotations

from typing import Any

import numpy as np

from crossentropy.exercises._model import Case, Exercise, Fault, Idea
from crossentropy.exercises._recognise import factor, recognise
from crossentropy.exercises._result import Result
from crossentropy.exercises._sandbox import Call, call, limited
from crossentropy.exercises._values import NoValueError, as_arrays, show, show_both

_UNWRITTEN = (
    "Nothing came back: it returned None, as a function without a `return` does. "
    "Write your code in place of the `...`, and `return` the result."
)


def judge(exercise: Exercise, answer: Any, seconds: float) -> Result:
    """Return the verdict on an answer that may run for so many seconds."""
    refused = _refuse(exercise, answer)
    if refused:
        return _no(exercise, refused)
    if exercise.is_value:
        value = answer
        answer = lambda: value  # noqa: E731  (from here on it is called like the others)
    calls: list[Call] = []

    def work() -> None:
        for case in exercise.cases:
            calls.append(call(answer, case.arguments))  # noqa: PERF401  (kept if cut off)

    if not limited(work, seconds):
        case = exercise.cases[min(len(calls), len(exercise.cases) - 1)]
        return _too_slow(exercise, _called(exercise, case), seconds)
    return _Judged(exercise, calls).result(answer, seconds)


def _refuse(exercise: Exercise, answer: Any) -> str:
    """Say what is wrong with the kind of answer, before anything is called."""
    name = exercise.name
    if answer is Ellipsis or (exercise.is_value and answer is None):
        return "There is no answer yet: write it in place of the `...`."
    if exercise.is_value:
        if callable(answer):
            return f'A number is asked for, not a function: `check("{name}", 1.5)`.'
        if isinstance(answer, str):
            return f'A number is asked for, not a text: `check("{name}", 1.5)`.'
        return ""
    if not callable(answer):
        return (
            "The function itself is asked for, without brackets and quotes, so that "
            f"it can be tried: `check({name!r}, {name})`.".replace("'", '"')
        )
    return ""


class _Judged:
    """The calls of one answer beside what was expected of them."""

    def __init__(self, exercise: Exercise, calls: list[Call]) -> None:
        self.exercise = exercise
        self.calls = {
            case.says: made for case, made in zip(exercise.cases, calls, strict=True)
        }
        self.outcomes = {says: exercise.outcome(c) for says, c in self.calls.items()}
        self.failing = [
            case
            for case in exercise.cases
            if not self.outcomes[case.says].same(exercise.expected[case.says], case)
        ]

    def result(self, answer: Any, seconds: float) -> Result:
        """Return the verdict."""
        exercise = self.exercise
        if exercise.judge is not None:
            return self._by_judge(answer, seconds)
        if not self.failing:
            changed = self._changes_input(exercise.cases)
            return self._right(exercise.right) if changed is None else changed
        broken = self._no_number(exercise.cases)
        if broken is not None and not self._raises_somewhere_only():
            return broken
        idea = recognise(exercise, self.outcomes)
        if idea is not None:
            return self._idea(idea)
        first = self.failing[0]
        broken = self._no_number((first,))
        return self._wrong(first) if broken is None else broken

    def _by_judge(self, answer: Any, seconds: float) -> Result:
        """Let the exercise's own judge decide; name an idea if it finds a fault."""
        exercise = self.exercise
        for look in (self._no_number, self._wrong_shape, self._changes_input):
            broken = look(exercise.cases)
            if broken is not None:
                return broken
        found: list[Call] = []
        in_time = limited(
            lambda: found.append(call(exercise.judge or _nothing, (answer,))),
            seconds,
        )
        if not in_time:
            return _too_slow(exercise, f"{exercise.name}(...)", seconds)
        made = found[0]
        if made.error is not None:
            return self._raised(made, f"{exercise.name}(...)")
        if isinstance(made.value, str):
            return self._right(made.value)
        idea = recognise(exercise, self.outcomes)
        fault: Fault = made.value
        if idea is not None:
            return _no(
                exercise,
                "",
                idea=idea.name,
                example=fault.example,
                why=idea.why,
                section=idea.section,
            )
        return _no(
            exercise,
            _fails(fault.says),
            example=fault.example,
            why=fault.why,
            section=fault.section or exercise.section,
        )

    def _raises_somewhere_only(self) -> bool:
        """Tell whether some cases raise and others give values, as some ideas do."""
        errors = [outcome.error for outcome in self.outcomes.values()]
        return not all(errors) and "no value" not in errors

    def _no_number(self, cases: tuple[Case, ...]) -> Result | None:
        """Return a verdict on the first call that raised or returned no numbers."""
        for case in cases:
            made = self.calls[case.says]
            called = _called(self.exercise, case)
            if made.error is not None:
                return self._raised(made, called)
            try:
                as_arrays(made.value, self.exercise.parts)
            except NoValueError as error:
                return _no(self.exercise, _no_value(made, str(error)), example=called)
        return None

    def _raised(self, made: Call, called: str) -> Result:
        error = made.error
        name = type(error).__name__
        if isinstance(error, NotImplementedError):
            return _no(self.exercise, _UNWRITTEN)
        why = ""
        if isinstance(error, RecursionError):
            why = "The function calls itself without an end."
        elif isinstance(error, SystemExit):
            why = "A function gives its result back with `return`, not with `exit`."
        elif isinstance(error, AttributeError | TypeError):
            why = f"The check calls it with {_kinds(self.exercise)}."
        where = f"\n{made.where}" if made.where else ""
        text = str(error).splitlines()[0] if str(error) else ""
        return _no(
            self.exercise,
            f"It raised {name}{': ' if text else ''}{text}",
            example=f"{called}{where}",
            why=why,
        )

    def _wrong_shape(self, cases: tuple[Case, ...]) -> Result | None:
        for case in cases:
            ours = self.exercise.expected[case.says].arrays
            theirs = self.outcomes[case.says].arrays
            if [a.shape for a in ours] != [a.shape for a in theirs]:
                return self._wrong(case)
        return None

    def _changes_input(self, cases: tuple[Case, ...]) -> Result | None:
        for case in cases:
            changed = self.calls[case.says].changed
            if changed is not None:
                index, after = changed
                before = case.arguments[index]
                return _no(
                    self.exercise,
                    "It changes its input.",
                    example=(
                        f"{_called(self.exercise, case)}\n"
                        f"its argument before  {show(before)}\n"
                        f"its argument after   {show(after)}"
                    ),
                    why=(
                        "Operations in place (`z -= ...`, `z[i] = ...`) change the "
                        "caller's array. Make a new one: `z = z - ...`, `z.copy()`."
                    ),
                )
        return None

    def _right(self, says: str) -> Result:
        return Result(
            self.exercise.name, True, says, remarks=self._remarks(), section=""
        )

    def _remarks(self) -> tuple[str, ...]:
        found = []
        for case in self.exercise.cases:
            made = self.calls[case.says]
            called = f"`{_called(self.exercise, case)}`"
            if made.warned:
                found.append(f"{called} warned: {made.warned[0]}")
            if made.printed and not self.exercise.is_value:
                found.append(f"It printed {made.printed.splitlines()[0]!r}.")
            _, remark = as_arrays(made.value, self.exercise.parts)
            if remark:
                found.append(remark)
        kinds: dict[str, str] = {}
        for remark in found:
            kinds.setdefault(remark.partition(" warned")[2] or remark[:12], remark)
        return tuple(kinds.values())

    def _idea(self, idea: Idea) -> Result:
        case = self.failing[0]
        return _no(
            self.exercise,
            "",
            idea=idea.name,
            example=self._example(case),
            why=idea.why,
            section=idea.section,
        )

    def _wrong(self, case: Case) -> Result:
        """Name the property that fails and show the example."""
        exercise = self.exercise
        theirs = self.outcomes[case.says].arrays
        expected = exercise.expected[case.says].arrays
        says, why = _fails(case.says), case.why
        if [a.shape for a in theirs] != [a.shape for a in expected]:
            shapes = [", ".join(_shape(a) for a in part) for part in (expected, theirs)]
            says = f"It should return {shapes[0]}, not {shapes[1]}."
        elif exercise.is_value:
            says = f"This is not it: {case.says}."
            if np.allclose(theirs, expected, rtol=0.02, atol=0):
                says = "This is close: give at least four digits."
        elif any(np.isnan(a).any() for a in theirs) and not case.ordinary:
            pass  # the case says what it is about
        else:
            broken = [
                law.says
                for law in exercise.laws
                if not law.holds(*case.arguments, *theirs)
            ]
            says = _fails(broken[0]) if broken else says
            why = why or factor(self.outcomes, exercise)
        warned = self.calls[case.says].warned
        return _no(
            exercise,
            says,
            example=self._example(case),
            why=why,
            section=case.section or exercise.section,
            remarks=(f"NumPy warned: {warned[0]}",) if warned else (),
        )

    def _example(self, case: Case) -> str:
        made = self.calls[case.says]
        expected = self.exercise.expected[case.says]
        called = _called(self.exercise, case)
        if made.error is not None:
            name = f"{type(made.error).__name__}: {made.error}"
            return f"{called}\nraises    {name}\nexpected  {show(expected.arrays)}"
        outcome = self.outcomes[case.says]
        theirs, ours = show_both(outcome.arrays, expected.arrays)
        if self.exercise.is_value:
            return ""  # the expected number would be the answer
        if self.exercise.judge is not None:
            return f"{called}\ngives  {theirs}"  # other values are right as well
        return f"{called}\ngives     {theirs}\nexpected  {ours}"


def _no_value(made: Call, kind: str) -> str:
    if kind != "None":
        return f"It returned {kind}; real numbers are expected."
    if made.printed:
        first = made.printed.splitlines()[0]
        return f"It printed {first!r} and returned nothing: `return` it instead."
    return _UNWRITTEN


def _too_slow(exercise: Exercise, called: str, seconds: float) -> Result:
    return _no(
        exercise,
        f"It was still running after {seconds:g} seconds and was stopped.",
        example=called,
        why="Does a loop go on for ever? Look at what makes it end.",
    )


def _no(exercise: Exercise, says: str, **more: Any) -> Result:
    return Result(exercise.name, False, says, **more)


def _nothing(answer: Any) -> str:
    return ""


def _called(exercise: Exercise, case: Case) -> str:
    if exercise.is_value:
        return exercise.name
    return f"{exercise.name}({show(case.arguments, 6)})"


def _kinds(exercise: Exercise) -> str:
    kinds = [
        f"a NumPy array of shape {a.shape}"
        if isinstance(a, np.ndarray)
        else f"a {type(a).__name__}"
        for a in exercise.cases[0].arguments
    ]
    return " and ".join([", ".join(kinds[:-1]), kinds[-1]] if kinds[1:] else kinds)


def _shape(array: Any) -> str:
    return f"an array of shape {array.shape}" if array.ndim else "a single number"


def _fails(says: str) -> str:
    return f"This does not hold: {says}."
