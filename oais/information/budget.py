"""A budget of bytes per second that several processes keep together: a token bucket."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from multiprocessing import get_context
from typing import Final

from oais.errors import InvalidError

_BURST: Final = 0.5
"""Seconds that may be saved up: what was not read in a pause is not made up for all at once."""

_LEAST: Final = 1000
_UNITS: Final = {"": 1, "k": 10**3, "M": 10**6, "G": 10**9, "T": 10**12}
_WORDS: Final = re.compile(r"([0-9]+(?:\.[0-9]+)?) ?([kKMGT]?)B?(?:/s)?", re.ASCII)


class Budget:
    """At most ``rate`` bytes in a second, by all processes forked after it was made.

    ``clock`` tells seconds that all processes agree on, ``sleep`` waits; both are given by tests.
    """

    def __init__(
        self,
        rate: float,
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.rate = rate
        self._clock = clock
        self._sleep = sleep
        # When everything taken so far will have been paid for; it may lie ahead of now.
        self._paid_at = get_context("fork").Value("d", clock() - _BURST)

    def take(self, count: int) -> None:
        """Wait until ``count`` more bytes may be read."""
        with self._paid_at.get_lock():
            now = self._clock()
            self._paid_at.value = max(self._paid_at.value, now - _BURST) + count / self.rate
            wait = self._paid_at.value - now
        if wait > 0:
            self._sleep(wait)


def bytes_per_second(text: str) -> int:
    """Read ``50MB/s``, ``1.5 GB/s`` or a plain number of bytes; raises InvalidError."""
    match = _WORDS.fullmatch(text.strip())
    rate = int(float(match[1]) * _UNITS[match[2].replace("K", "k")]) if match else 0
    if rate < _LEAST:
        raise InvalidError(
            f"{text!r} is not a budget; expected bytes per second, at least {_LEAST}",
            remedy="write it as 50MB/s, 200kB/s or 52428800",
        )
    return rate
