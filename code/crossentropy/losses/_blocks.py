"""Work on blocks of rows that fit in the cache, by several threads where that pays."""

from __future__ import annotations

import functools
import os
from collections.abc import Callable
from typing import TYPE_CHECKING

from crossentropy._validate import as_integer

if TYPE_CHECKING:
    from concurrent.futures import ThreadPoolExecutor

# Measured: smaller blocks make threads wait on each other, larger leave the cache.
BLOCK_BYTES = 1 << 20
THREAD_WORK = 1 << 18  # entries that repay waking a thread, which takes about 50 us


def in_blocks(
    task: Callable[[slice], None],
    rows: int,
    row_bytes: int,
    threads: int,
) -> None:
    """Call `task` on slices that together cover all rows, each once.

    NumPy works without holding the interpreter's lock, so threads run side by side.
    Which thread takes which block has no influence on the result.
    """
    step = max(1, BLOCK_BYTES // max(1, row_bytes))
    blocks = [slice(start, start + step) for start in range(0, rows, step)]

    def work(first: int) -> None:
        for block in blocks[first::threads]:
            task(block)

    waiting = [_pool(threads).submit(work, first) for first in range(1, threads)]
    work(0)
    for future in waiting:
        future.result()


def thread_count(threads: int | None, entries: int) -> int:
    """As many threads as repay waking, within those asked for or the cores here."""
    most = _available_cores() if threads is None else as_integer(threads, "threads", 1)
    return max(1, min(most, entries // THREAD_WORK))


@functools.cache
def _available_cores() -> int:
    """The cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


@functools.cache
def _pool(threads: int) -> ThreadPoolExecutor:
    """Threads that wait for work from one call to the next."""
    from concurrent.futures import ThreadPoolExecutor  # slow to import, seldom needed

    return ThreadPoolExecutor(threads - 1, thread_name_prefix="crossentropy")


if hasattr(os, "register_at_fork"):  # a forked child inherits the pool, not its threads
    os.register_at_fork(after_in_child=_pool.cache_clear)
