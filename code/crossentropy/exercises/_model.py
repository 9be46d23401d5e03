"""What an exercise is made of."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from crossentropy.exercises._sandbox import Call, call
from crossentropy.exercises._values import ATOL, Array, NoValueError, agree, as_arrays

Answer = Callable[..., Any]
Outcomes = Mapping[str, "Outcome"]


@dataclass(frozen=True)
class Outcome:
    """What came of one call: arrays, or the name of the error, or neither."""

    arrays: tuple[Array, ...] = ()
    error: str = ""

    def same(self, other: Outcome, case: Case) -> bool:
        """Tell whether two outcomes are equal: in values, or in the kind of error."""
        return self.error == other.error and agree(
            self.arrays, other.arrays, case.rtol, case.atol
        )

    @property
    def broken(self) -> bool:
        """Whether it is an error, or holds a nan or an infinity."""
        return bool(self.error) or not all(np.isfinite(a).all() for a in self.arrays)

    @property
    def number(self) -> float:
        """The value, if it is a single number; nan otherwise."""
        if len(self.arrays) == 1 and self.arrays[0].size == 1:
            return float(self.arrays[0].item())
        return float("nan")


@dataclass(frozen=True)
class Case:
    """One input, with the property that an answer shows on it.

    An *ordinary* case has nothing special: every sensible way to compute the answer
    agrees on it, and known wrong ideas are told apart by it. The others test the edges.
    """

    says: str
    arguments: tuple[Any, ...]
    ordinary: bool = False
    why: str = ""
    section: str = ""
    rtol: float = 1e-5
    atol: float = ATOL


@dataclass(frozen=True)
class Law:
    """A property that the right value has for every input."""

    says: str
    holds: Callable[..., bool]  # of the arguments and the value


@dataclass(frozen=True, init=False)
class Idea:
    """A wrong idea that people hold: its name, why it is wrong, and its code.

    It may be written in several ways. `telltale` recognises those that no list of
    codes could exhaust, from the outcomes on all cases.
    """

    name: str
    why: str
    section: str
    codes: tuple[Answer, ...]
    telltale: Callable[[Outcomes], bool] | None

    def __init__(
        self,
        name: str,
        section: str,
        why: str,
        *codes: Answer,
        telltale: Callable[[Outcomes], bool] | None = None,
    ) -> None:
        for key, value in (
            ("name", name),
            ("section", section),
            ("why", why),
            ("codes", codes),
            ("telltale", telltale),
        ):
            object.__setattr__(self, key, value)


@dataclass(frozen=True)
class Exercise:
    """One exercise. Everything that is shown or checked is derived from this.

    Attributes
    ----------
    name, title, group
        `name` is what the reader passes to ``check``, and the function's name.
    section
        Label of the section of the book that it belongs to.
    task
        Markdown.
    reference
        The solution; the stub has its signature and docstring.
    cases
        At least one of them ordinary; small ones first.
    ideas, laws
        Wrong ideas to recognise; properties to name when a value is wrong.
    hint
        One or two sentences that a reader may ask for.
    right
        What to say to a right answer: a sentence that is worth remembering.
    given
        The faulty code that a "find the bug" exercise starts with.
    is_value
        The answer is a number; `reference` computes it.
    judge
        Judges what equality with the reference can't. It gets the answer and returns
        None or what is wrong. Values are then not compared.
    parts
        How many things the function returns.
    seconds
        The time limit.
    """

    name: str
    title: str
    section: str
    task: str
    reference: Answer
    cases: tuple[Case, ...]
    ideas: tuple[Idea, ...]
    hint: str
    right: str = ""
    laws: tuple[Law, ...] = ()
    given: Answer | None = None
    is_value: bool = False
    judge: Callable[[Answer], Fault | str] | None = None
    parts: int = 1
    seconds: float = 5.0

    @cached_property
    def expected(self) -> Mapping[str, Outcome]:
        """The right outcome of each case."""
        return self.outcomes_of(self.reference)

    @cached_property
    def known(self) -> tuple[tuple[Idea, Mapping[str, Outcome]], ...]:
        """The outcomes of each code of each wrong idea."""
        return tuple(
            (idea, self.outcomes_of(code)) for idea in self.ideas for code in idea.codes
        )

    def outcomes_of(self, code: Answer) -> Mapping[str, Outcome]:
        """Return what this project's own code gives for each case."""
        return {
            case.says: self.outcome(call(code, case.arguments)) for case in self.cases
        }

    def outcome(self, made: Call) -> Outcome:
        """Return the outcome of one recorded call."""
        if made.error is not None:
            return Outcome(error=type(made.error).__name__)
        try:
            return Outcome(arrays=as_arrays(made.value, self.parts)[0])
        except NoValueError:
            return Outcome(error="no value")


@dataclass(frozen=True)
class Fault:
    """What a judge found: which property fails, with an example, and why."""

    says: str
    example: str = ""
    why: str = ""
    section: str = ""


def ordinary(says: str, *arguments: Any) -> Case:
    """Return an ordinary case; lists become arrays."""
    return Case(says, _arrays(arguments), ordinary=True)


def number(says: str) -> Case:
    """Return the case of an exercise whose answer is a number, to four digits."""
    return Case(says, (), ordinary=True, rtol=1e-3)


def edge(
    says: str,
    *arguments: Any,
    why: str = "",
    section: str = "",
    rtol: float = 1e-3,
    atol: float = ATOL,
) -> Case:
    """Return a case at the edge: less exact, since floats are less exact there."""
    return Case(says, _arrays(arguments), False, why, section, rtol, atol)


def _arrays(arguments: tuple[Any, ...]) -> tuple[Any, ...]:
    return tuple(np.array(a) if isinstance(a, list) else a for a in arguments)
