"""Learner's code that does not end, fails, prints, warns or changes its input."""

from __future__ import annotations

import contextlib
import io
import math
import signal
import subprocess
import sys
import threading
import warnings
from typing import Any

import numpy as np
import pytest

from crossentropy.exercises import Result, check
from crossentropy.exercises._sandbox import call, limited

SHORT = 0.2


def right(z: Any) -> Any:
    e = np.exp(z - z.max())
    return e / e.sum()


def endless(z: Any) -> Any:
    while True:
        pass


def endless_and_stubborn(z: Any) -> Any:
    while True:
        try:  # noqa: SIM105
            math.sqrt(2)
        except:  # noqa: E722  (a bare except is the point)
            pass


def endless_within(z: Any) -> Any:
    while True:
        try:
            while True:
                pass
        except:  # noqa: E722
            continue


def endless_and_careful(z: Any) -> Any:
    while True:
        with contextlib.suppress(Exception):
            math.sqrt(2)


def endless_and_loud(z: Any) -> Any:
    while True:
        print("still here")  # noqa: T201


LOOPS = [endless, endless_and_stubborn, endless_and_careful, endless_and_loud]
each_loop = pytest.mark.parametrize("loop", LOOPS, ids=lambda f: f.__name__)


def assert_stopped(result: Result) -> None:
    assert not result.right
    assert "was stopped" in result.says
    assert result.example.startswith("softmax([1.0, 2.0, 0.5])")
    assert "loop" in result.why


@pytest.mark.parametrize("loop", [*LOOPS, endless_within], ids=lambda f: f.__name__)
def test_a_loop_is_stopped_and_everything_is_put_back(loop: Any) -> None:
    def mine(number: int, frame: Any) -> None:
        raise AssertionError("the alarm of somebody else rang")

    before = signal.signal(signal.SIGALRM, mine)
    stdout, tracing = sys.stdout, sys.gettrace()
    try:
        assert_stopped(check("softmax", loop, seconds=SHORT))
        assert signal.getsignal(signal.SIGALRM) is mine
    finally:
        signal.signal(signal.SIGALRM, before)
    assert signal.getitimer(signal.ITIMER_REAL) == (0, 0)
    assert sys.stdout is stdout
    assert sys.gettrace() is tracing
    assert check("softmax", right).right


def test_a_debugger_goes_on_tracing() -> None:
    def tracer(frame: Any, event: str, argument: Any) -> None:
        return None

    before = sys.gettrace()
    sys.settrace(tracer)
    try:
        assert_stopped(check("softmax", endless_within, seconds=SHORT))
        assert sys.gettrace() is tracer
    finally:
        sys.settrace(before)


def test_somebody_elses_alarm_is_set_again() -> None:
    before = signal.signal(signal.SIGALRM, lambda number, frame: None)
    signal.setitimer(signal.ITIMER_REAL, 1000)
    try:
        assert check("softmax", right).right
        assert 0 < signal.getitimer(signal.ITIMER_REAL)[0] <= 1000
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


@each_loop
def test_a_loop_is_stopped_where_there_are_no_alarms(
    loop: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delattr(signal, "setitimer")
    stdout, threads = sys.stdout, threading.active_count()
    assert_stopped(check("softmax", loop, seconds=SHORT))
    assert sys.stdout is stdout
    if loop is not endless_and_stubborn:  # which can't be stopped there
        assert threading.active_count() == threads
    assert check("softmax", right).right


def test_a_check_on_another_thread_has_a_limit_too() -> None:
    found: list[Result] = []
    thread = threading.Thread(
        target=lambda: found.append(check("softmax", endless, seconds=SHORT))
    )
    thread.start()
    thread.join()
    assert_stopped(found[0])


@pytest.mark.parametrize("alarms", [True, False])
def test_an_interruption_by_the_reader_passes_through(
    alarms: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not alarms:
        monkeypatch.delattr(signal, "setitimer")

    def interrupted(z: Any) -> Any:
        raise KeyboardInterrupt

    before = signal.getsignal(signal.SIGALRM)
    stdout = sys.stdout
    with pytest.raises(KeyboardInterrupt):
        check("softmax", interrupted)
    assert signal.getsignal(signal.SIGALRM) is before
    assert sys.stdout is stdout


def test_an_interruption_while_waiting_ends_the_thread(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    threads = threading.active_count()
    join = threading.Thread.join
    calls = []

    def interrupted(self: threading.Thread, timeout: float | None = None) -> None:
        calls.append(timeout)
        if len(calls) == 1:
            raise KeyboardInterrupt
        join(self, timeout)

    monkeypatch.delattr(signal, "setitimer")
    monkeypatch.setattr(threading.Thread, "join", interrupted)
    with pytest.raises(KeyboardInterrupt):
        check("softmax", endless)
    assert threading.active_count() == threads


@pytest.mark.parametrize("seconds", [0, -1, math.inf, math.nan])
def test_a_time_limit_is_finite_and_positive(seconds: float) -> None:
    with pytest.raises(ValueError, match="seconds: expected a finite number above 0"):
        check("softmax", right, seconds=seconds)


def test_output_that_was_redirected_when_time_was_up_comes_back() -> None:
    stdout = sys.stdout

    def work() -> None:
        sys.stdout = io.StringIO()
        endless(None)

    try:
        assert not limited(work, SHORT)
        assert sys.stdout is stdout
    finally:
        sys.stdout = stdout


def test_work_that_ends_in_time_is_done() -> None:
    done: list[int] = []
    assert limited(lambda: done.append(1), 5)
    assert done == [1]


@pytest.mark.parametrize("alarms", [True, False])
def test_an_error_in_the_work_itself_is_not_hidden(
    alarms: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not alarms:
        monkeypatch.delattr(signal, "setitimer")
    with pytest.raises(ZeroDivisionError):
        limited(lambda: [1 // 0], 5)  # type: ignore[arg-type,return-value]


def test_prints_are_kept_up_to_a_length_and_not_shown(
    capsys: pytest.CaptureFixture[str],
) -> None:
    def loud(z: Any) -> Any:
        for _ in range(1000):
            print("loud")  # noqa: T201

    made = call(loud, (np.ones(2),))
    assert made.value is None
    assert made.printed.startswith("loud\nloud\n")
    assert len(made.printed) <= 500
    assert capsys.readouterr().out == ""


def test_warnings_are_recorded_once_and_not_shown() -> None:
    def warns(z: Any) -> Any:
        for _ in range(3):
            np.log(z - z)
            warnings.warn("own words", UserWarning, stacklevel=1)
        return z

    made = call(warns, (np.ones(2),))
    assert made.warned == ["divide by zero encountered in log", "own words"]


def test_a_readers_own_error_settings_do_not_matter() -> None:
    with np.errstate(all="raise"):
        made = call(lambda z: np.log(z - z), (np.ones(2),))
        assert check("surprisal", lambda q: -np.log2(q)).right
    assert made.error is None
    assert np.isneginf(made.value).all()


@pytest.mark.parametrize(
    "change",
    [
        lambda z: z.__setitem__(0, 9.0),
        lambda z: z.__isub__(1.0),
        lambda z: z.sort(),
        lambda z: z.resize((1, 3), refcheck=False),
    ],
)
def test_a_change_of_an_argument_is_seen_and_stays_inside(change: Any) -> None:
    given = np.array([3.0, 1.0, 2.0])
    made = call(change, (given,))
    assert made.changed is not None
    assert made.changed[0] == 0
    np.testing.assert_array_equal(given, [3.0, 1.0, 2.0])


def test_the_right_result_with_a_changed_argument_is_not_right() -> None:
    def in_place(z: Any) -> Any:
        z -= z.max()
        return right(z)

    result = check("softmax", in_place)
    assert not result.right
    assert result.says == "It changes its input."
    assert "before  [1.0, 2.0, 0.5]" in result.example
    assert "after   [-1.0, 0.0, -1.5]" in result.example
    assert "copy" in result.why


def test_importing_the_exercises_needs_numpy_alone() -> None:
    statement = "import sys; import crossentropy.exercises; print(*sys.modules)"
    run = subprocess.run(
        [sys.executable, "-c", statement], capture_output=True, text=True, check=True
    )
    loaded = {name.partition(".")[0] for name in run.stdout.split()}
    assert not loaded & {"torch", "scipy", "sympy", "matplotlib", "IPython"}
