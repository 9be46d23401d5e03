"""Ctrl-C and a polite kill: finish the step, save, go."""

from __future__ import annotations

import os
import signal
import threading
from contextlib import suppress
from types import FrameType, TracebackType
from typing import Any, Self

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
