"""What readers call."""

from __future__ import annotations

from typing import Any

from crossentropy.exercises import _source
from crossentropy.exercises._judge import judge
from crossentropy.exercises._registry import EXERCISES, find
from crossentropy.exercises._result import Result
from crossentropy.exercises._sections import section


class Text(str):
    """Markdown that a notebook shows as text and a terminal as it is."""

    def __repr__(self) -> str:
        return str(self)

    def _repr_markdown_(self) -> str:
        return str(self)


def check(name: str, answer: Any, *, seconds: float | None = None) -> Result:
    """Check an answer to an exercise.

    The answer is called with copies of small inputs, for a limited time. What it prints
    is not shown; what it raises, or does to its arguments, is told in the result. The
    time limit can't end one call of compiled code that never returns.

    Parameters
    ----------
    name
        The exercise, one of `names`.
    answer
        The function that the exercise asks for, or for some exercises a number.
    seconds
        The time limit, above 0; by default the exercise's own, 5 seconds for most.

    Returns
    -------
    Result
        True if the answer is right. It reads as text and, in a notebook, as Markdown:
        right; or the name of the wrong idea that gives the same answers; or which
        property fails, with an example.

    Raises
    ------
    ValueError
        If there is no such exercise, or the time limit is not above 0.
    KeyboardInterrupt
        If the reader interrupts it.

    Examples
    --------
    >>> import numpy as np
    >>> check("surprisal", lambda q: -np.log(q))
    surprisal: a known wrong idea: nats for bits.
    <BLANKLINE>
        surprisal([0.25, 0.9])
        gives     [1.386, 0.1054]
        expected  [2.0, 0.152]
    <BLANKLINE>
    The natural logarithm counts in nats. One bit is log 2 nats, so a value in nats is
    too small by that factor; `np.log2` counts in bits.
    <BLANKLINE>
    Read "How surprising is an outcome?" in the chapter "Information".
    """
    exercise = find(name)
    limit = exercise.seconds if seconds is None else seconds
    if not 0 < limit < float("inf"):
        raise ValueError(f"seconds: expected a finite number above 0, got {seconds!r}")
    return judge(exercise, answer, limit)


def names() -> tuple[str, ...]:
    """Return the names of all exercises.

    Examples
    --------
    >>> names()[:3]
    ('surprisal', 'entropy', 'cross_entropy')
    """
    return tuple(EXERCISES)


def describe(name: str) -> Text:
    """Return an exercise's task.

    Parameters
    ----------
    name
        One of `names`.

    Raises
    ------
    ValueError
        If there is no such exercise.

    Examples
    --------
    >>> "mean surprisal" in describe("entropy")
    True
    """
    exercise = find(name)
    stub = f"```python\n{_source.stub(exercise)}\n```"
    return Text(f"**{exercise.title}**\n\n{exercise.task.strip()}\n\n{stub}")


def hint(name: str) -> Text:
    """Return a hint for an exercise, and where to read.

    Parameters
    ----------
    name
        One of `names`.

    Raises
    ------
    ValueError
        If there is no such exercise.

    Examples
    --------
    >>> print(hint("own_loss").splitlines()[0])
    Start from `gradient` and `mean_loss`: both need the same exponentials.
    """
    exercise = find(name)
    return Text(f"{exercise.hint}\n\nRead {section(exercise.section).markdown()}.")


def solution(name: str) -> Text:
    """Return the solution of an exercise, as Markdown with its code.

    Parameters
    ----------
    name
        One of `names`.

    Raises
    ------
    ValueError
        If there is no such exercise.

    Examples
    --------
    >>> print(solution("perplexity"))
    ```python
    def perplexity(losses):
        \"\"\"Return the perplexity of predictions with these losses (in nats).\"\"\"
        return np.exp(np.mean(losses))
    ```
    """
    return Text(f"```python\n{_source.solution(find(name))}\n```")
