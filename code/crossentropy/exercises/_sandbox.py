"""Run a learner's code: for a limited time, quietly, and on copies of its arguments.

What it prints, warns of, raises and changes is recorded, not passed on; a
``KeyboardInterrupt`` is passed on.
"""

from __future__ import annotations

import contextlib
import ctypes
import io
import linecache
import signal
import sys
import threading
import warnings
from collections.abc import Callable, Iterator
from copy import deepcopy
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType, TracebackType
from typing import Any, NoReturn

import numpy as np

_OWN = Path(__file__).parents[1]
_KEPT = 500  # characters of what was printed


class TimeUp(BaseException):
    """The time is up. No ``Exception``, so that ``except Exception`` lets it pass."""


@dataclass
class Call:
    """One call of a learner's function, and everything that came of it."""

    value: Any = None
    error: BaseException | None = None
    where: str = ""
    printed: str = ""
    warned: list[str] = field(default_factory=list)
    changed: tuple[int, Any] | None = None


def call(function: Callable[..., Any], arguments: tuple[Any, ...]) -> Call:
    """Call a function on copies of its arguments and record what it does."""
    made = Call()
    copies = deepcopy(arguments)
    printed = _Start()
    try:
        with (
            contextlib.redirect_stdout(printed),
            warnings.catch_warnings(record=True) as caught,
            np.errstate(over="warn", divide="warn", invalid="warn", under="ignore"),
        ):
            warnings.simplefilter("always")
            made.value = function(*copies)
    except (Exception, SystemExit) as error:
        made.error, made.where = error, _place(error.__traceback__)
    made.printed = printed.getvalue()
    made.warned = list(dict.fromkeys(str(warning.message) for warning in caught))
    for index, (before, after) in enumerate(zip(arguments, copies, strict=True)):
        if isinstance(before, np.ndarray) and not _same(before, after):
            made.changed = index, after
            break
    return made


def limited(work: Callable[[], None], seconds: float) -> bool:
    """Do some work and tell whether it ended in time; if not, it is broken off.

    On the main thread of a Unix system an alarm interrupts it, and the alarm and the
    handler that were there before are put back. Elsewhere the work is done on a thread
    of its own. Neither can break off a single call of compiled code that never returns.
    """
    stdout = sys.stdout
    on_main_thread = threading.current_thread() is threading.main_thread()
    try:
        if on_main_thread and hasattr(signal, "setitimer"):
            _with_alarm(work, seconds)
        else:
            _on_thread(work, seconds)
    except TimeUp:
        return False
    finally:
        sys.stdout = stdout  # should the interruption have fallen into a redirection
    return True


def _with_alarm(work: Callable[[], None], seconds: float) -> None:
    rung = 0
    tracing = sys.gettrace()

    def ring(number: int, frame: FrameType | None) -> NoReturn:
        nonlocal rung
        rung += 1
        if rung > 1 and frame is not None:  # a bare `except:` swallowed the first
            frame.f_trace = _refuse
            sys.settrace(_refuse)
        raise TimeUp

    before = signal.signal(signal.SIGALRM, ring)
    earlier = signal.setitimer(signal.ITIMER_REAL, seconds, min(0.5, seconds))
    try:
        try:
            work()
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
        sys.settrace(tracing)
        if earlier[0]:
            signal.setitimer(signal.ITIMER_REAL, *earlier)


def _refuse(frame: FrameType, event: str, argument: Any) -> Any:
    """Raise at the next line: inside the ``except``, where nothing swallows it."""
    if event == "line":
        raise TimeUp
    return _refuse


def _on_thread(work: Callable[[], None], seconds: float) -> None:
    failed: list[BaseException] = []

    def target() -> None:
        try:
            work()
        except BaseException as error:  # handed over to the thread that waits
            failed.append(error)

    thread = threading.Thread(target=target, daemon=True)
    thread.start()
    try:
        thread.join(seconds)
        timed_out = thread.is_alive()
    except BaseException:
        _break_off(thread)
        raise
    if timed_out:
        _break_off(thread)
        raise TimeUp
    if failed:
        raise failed[0]


def _break_off(thread: threading.Thread) -> None:
    for _ in range(20):
        if not thread.is_alive():
            return
        ident = ctypes.c_ulong(thread.ident or 0)
        ctypes.pythonapi.PyThreadState_SetAsyncExc(ident, ctypes.py_object(TimeUp))
        thread.join(0.1)


class _Start(io.StringIO):
    """Keeps the beginning of what is printed: a loop may print for ever."""

    def write(self, text: str) -> int:
        room = _KEPT - self.tell()
        if room > 0:
            super().write(text[:room])
        return len(text)


def _same(before: Any, after: Any) -> bool:
    return (
        isinstance(after, np.ndarray)
        and before.shape == after.shape
        and before.dtype == after.dtype
        and before.tobytes() == after.tobytes()
    )


def _place(traceback: TracebackType | None) -> str:
    """Say which line of the learner's code an error came from: the first that is."""
    for frame, line in _frames(traceback):
        name = frame.f_code.co_filename
        if not Path(name).is_relative_to(_OWN):
            text = linecache.getline(name, line).strip()
            return f"line {line}: {text}" if text else f"line {line}"
    return ""


def _frames(traceback: TracebackType | None) -> Iterator[tuple[FrameType, int]]:
    while traceback is not None:
        yield traceback.tb_frame, traceback.tb_lineno
        traceback = traceback.tb_next
