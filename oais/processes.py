"""How processes end: children not after their parent, and a watch whenever it is asked to."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

_LOOK_EVERY = 1.0
"""Seconds between two looks at whether the parent is still there."""


def end_with_parent(leave: Callable[[], object] = lambda: None) -> None:
    """End this process soon after its parent is gone, however that ended; ``leave`` is done before.

    The parent is looked for by its number: a pipe may be held open by others, and the signal that Linux
    sends for a lost parent follows the thread that started us, not its process.
    """
    parent = os.getppid()
    threading.Thread(target=_watch, args=(parent, leave), daemon=True, name="end-with-parent").start()


def _watch(parent: int, leave: Callable[[], object]) -> None:
    while os.getppid() == parent:
        time.sleep(_LOOK_EVERY)
    try:
        leave()
    finally:
        os._exit(1)


@contextmanager
def ending_noticed() -> Iterator[threading.Event]:
    """Give an event that Ctrl-C and the polite signal set, besides raising KeyboardInterrupt.

    Python drops an interruption that falls into a destructor, and what waits would wait for ever.
    """
    ended = threading.Event()

    def notice(_number: int, _frame: object) -> None:
        ended.set()
        raise KeyboardInterrupt

    before = {number: signal.signal(number, notice) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield ended
        if ended.is_set():
            raise KeyboardInterrupt
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def usable_cores() -> int:
    """Return how many cores this process may use."""
    return len(os.sched_getaffinity(0))
