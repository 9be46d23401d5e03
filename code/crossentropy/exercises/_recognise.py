"""Recognise a wrong idea by what it gives."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np

from crossentropy.exercises._model import Exercise, Idea, Outcome


def recognise(exercise: Exercise, outcomes: Mapping[str, Outcome]) -> Idea | None:
    """Return the wrong idea that an answer with these outcomes holds, if there is one.

    An idea is recognised if it gives the same on all cases; by its telltale; if it is
    wrong on ordinary cases and gives the same on those; or, where it is wrong at the
    edges alone, if it and no other breaks down in the very same cases.
    """
    cases = {case.says: case for case in exercise.cases}
    usual = {case.says for case in exercise.cases if case.ordinary}

    def same(known: Mapping[str, Outcome], names: Iterable[str]) -> bool:
        return all(known[name].same(outcomes[name], cases[name]) for name in names)

    def wrong(known: Mapping[str, Outcome]) -> set[str]:
        expected = exercise.expected
        return {n for n in known if not known[n].same(expected[n], cases[n])}

    for idea, known in exercise.known:
        if same(known, known):
            return idea
    for idea in exercise.ideas:
        if idea.telltale is not None and idea.telltale(outcomes):
            return idea
    for idea, known in exercise.known:
        if usual & wrong(known) and same(known, usual):
            return idea
    failing = wrong(outcomes)
    if not failing & usual and all(outcomes[name].broken for name in failing):
        found = {
            idea.name: idea
            for idea, known in exercise.known
            if wrong(known) == failing and all(known[name].broken for name in failing)
        }
        if len(found) == 1:
            return next(iter(found.values()))
    return None


def factor(outcomes: Mapping[str, Outcome], exercise: Exercise) -> str:
    """Say so if every value is the same multiple of the expected one."""
    ratios: list[float] = []
    for case in exercise.cases:
        if not case.ordinary:
            continue
        for ours, theirs in zip(
            exercise.expected[case.says].arrays, outcomes[case.says].arrays, strict=True
        ):
            if ours.shape != theirs.shape or not np.isfinite(theirs).all():
                return ""
            some = np.abs(ours) > 1e-9
            ratios += (theirs[some] / ours[some]).tolist()
    if len(ratios) < 3 or not np.allclose(ratios, ratios[0], rtol=1e-6):
        return ""
    if not ratios[0]:
        return "Every value is 0."
    return f"Every value is {ratios[0]:.4g} times the expected one."
