"""Ctrl-C and a polite kill: finish the step, save, go."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from multiprocessing import active_children
from types import FrameType, TracebackType
from typing import Any, Self, TypeVar

T = TypeVar("T")

_HANDLED = (signal.SIGINT, signal.SIGTERM)


class Stopper:
    """While it is entered, the first SIGINT or SIGTERM is only noted.

    Parameters
    ----------
    patient : bool
        A second Ctrl-C is noted too. Otherwise it stops at once: under torchrun, which
        passes on the signal that a terminal sends to everybody anyway, each press
        arrives twice.
    quiet : bool
        Say nothing.

    Attributes
    ----------
    number : int
        Of the signal that came, or 0.
    """

    def __init__(self, *, patient: bool = False, quiet: bool = False) -> None:
        self.number = 0
        self._patient = patient
        self._quiet = quiet
        self._before: dict[int, Any] = {}

    def asked(self) -> bool:
        """Return whether a signal came."""
        return self.number != 0

    def _note(self, number: int, frame: FrameType | None) -> None:
        if self.number and not self._patient:
            raise KeyboardInterrupt
        self.number = self.number or number
        if not self._quiet:
            # Python's own stderr may be in the middle of a write just now.
            with suppress(OSError):
                os.write(2, b"\nFinishing the step, then saving.\n")

    def __enter__(self) -> Self:
        # Python lets only the main thread listen to signals.
        if threading.current_thread() is threading.main_thread():
            self._before = {n: signal.signal(n, self._note) for n in _HANDLED}
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)


def run_with_children(act: Callable[[], T]) -> T:
    """Return what `act` returns; Ctrl-C ends the processes that it starts.

    A terminal sends SIGINT to all of them. Processes that start while it is blocked
    never see it, so each ends without a word when this one tells it to.

    Parameters
    ----------
    act : callable
        Starts processes and waits for them; it raises when they are gone.

    Raises
    ------
    KeyboardInterrupt
        If it was interrupted, whatever `act` then raised.
    """
    came, over = threading.Event(), threading.Event()

    def listen() -> None:
        signal.sigwait({signal.SIGINT})
        if over.is_set():
            return
        came.set()
        while not over.is_set():  # there may be one more that is just starting
            for child in active_children():
                child.terminate()
            time.sleep(0.05)

    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    listener = threading.Thread(target=listen, daemon=True)
    listener.start()
    try:
        return act()
    except Exception as error:
        if came.is_set():
            raise KeyboardInterrupt from error
        raise
    finally:
        over.set()
        if listener.ident and not came.is_set():
            signal.pthread_kill(listener.ident, signal.SIGINT)
        listener.join()
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
