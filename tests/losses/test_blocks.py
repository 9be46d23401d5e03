"""Blocks and threads: every row once, the same result however the work is split."""

from __future__ import annotations

import os
import subprocess
import sys
import threading

import numpy as np
import pytest

import crossentropy as ce
from crossentropy.losses import _blocks


@pytest.mark.parametrize("rows", [0, 1, 7, 8, 9, 100])
@pytest.mark.parametrize("threads", [1, 2, 3])
def test_every_row_is_covered_once(rows, threads, monkeypatch):
    monkeypatch.setattr(_blocks, "BLOCK_BYTES", 64)
    seen = np.zeros(rows, int)

    def task(block):
        seen[block] += 1

    _blocks.in_blocks(task, rows, 8, threads)
    np.testing.assert_array_equal(seen, 1)


def test_a_row_larger_than_a_block_is_a_block():
    blocks = []
    _blocks.in_blocks(blocks.append, 3, 10 * _blocks.BLOCK_BYTES, 1)
    assert blocks == [slice(0, 1), slice(1, 2), slice(2, 3)]


def test_blocks_are_filled_up_to_their_size(monkeypatch):
    monkeypatch.setattr(_blocks, "BLOCK_BYTES", 100)
    blocks = []
    _blocks.in_blocks(blocks.append, 5, 50, 1)
    assert blocks == [slice(0, 2), slice(2, 4), slice(4, 6)]


def test_threads_share_the_work(monkeypatch):
    monkeypatch.setattr(_blocks, "BLOCK_BYTES", 8)
    meeting = threading.Barrier(2, timeout=10)  # passes only if two threads are there
    _blocks.in_blocks(lambda block: meeting.wait(), 2, 8, 2)


def test_an_error_in_any_thread_reaches_the_caller(monkeypatch):
    monkeypatch.setattr(_blocks, "BLOCK_BYTES", 8)

    def task(block):
        if block.start == 1:
            raise MemoryError("in the second thread")

    with pytest.raises(MemoryError, match="in the second thread"):
        _blocks.in_blocks(task, 2, 8, 2)


def test_the_number_of_threads(monkeypatch):
    work = _blocks.THREAD_WORK
    monkeypatch.setattr(_blocks, "_available_cores", lambda: 4)
    assert _blocks.thread_count(None, 0) == 1
    assert _blocks.thread_count(None, 2 * work - 1) == 1
    assert _blocks.thread_count(None, 2 * work) == 2
    assert _blocks.thread_count(None, 100 * work) == 4
    assert _blocks.thread_count(3, 100 * work) == 3
    assert _blocks.thread_count(3, work) == 1


def test_the_cores_that_this_process_may_use(monkeypatch):
    _blocks._available_cores.cache_clear()
    assert _blocks._available_cores() == len(os.sched_getaffinity(0))
    monkeypatch.delattr(os, "sched_getaffinity")
    for count, expected in ((6, 6), (None, 1)):
        monkeypatch.setattr(os, "cpu_count", lambda count=count: count)
        _blocks._available_cores.cache_clear()
        assert _blocks._available_cores() == expected
    _blocks._available_cores.cache_clear()


@pytest.mark.parametrize("smoothing", [0.0, 0.1])
@pytest.mark.parametrize("block_bytes", [1, 1000, 1 << 19])
def test_the_split_does_not_change_a_bit(smoothing, block_bytes, monkeypatch):
    rng = np.random.default_rng(9)
    z, y = rng.normal(size=(200, 7)) * 30, rng.integers(0, 7, 200)
    options = {"label_smoothing": smoothing, "reduction": "none"}
    whole = ce.softmax_cross_entropy_and_grad(z, y, threads=1, **options)
    monkeypatch.setattr(_blocks, "BLOCK_BYTES", block_bytes)
    monkeypatch.setattr(_blocks, "THREAD_WORK", 1)
    for threads in (1, 3):
        split = ce.softmax_cross_entropy_and_grad(z, y, threads=threads, **options)
        np.testing.assert_array_equal(split[0], whole[0])
        np.testing.assert_array_equal(split[1], whole[1])
        loss = ce.softmax_cross_entropy(z, y, threads=threads, **options)
        np.testing.assert_array_equal(loss, whole[0])


def test_no_warning_from_another_thread(monkeypatch):
    monkeypatch.setattr(_blocks, "BLOCK_BYTES", 1)
    monkeypatch.setattr(_blocks, "THREAD_WORK", 1)
    z = np.array([[1e308, 0.0, -1e308]] * 4)
    with np.errstate(all="raise"):
        losses = ce.softmax_cross_entropy(z, [1] * 4, threads=4, reduction="none")
    np.testing.assert_array_equal(losses, 1e308)


FORK = """
import os, signal
from crossentropy.losses import _blocks

_blocks.BLOCK_BYTES = 8
_blocks.in_blocks(lambda block: None, 2, 8, 2)  # the parent's pool exists now
child = os.fork()
if child == 0:
    signal.alarm(20)  # without a pool of its own it would wait for ever
    _blocks.in_blocks(lambda block: None, 2, 8, 2)
    os._exit(0)
print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
"""


def test_a_forked_child_computes_with_threads_of_its_own():
    run = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", FORK],
        capture_output=True,
        text=True,
        check=True,
    )
    assert run.stdout == "0\n"
