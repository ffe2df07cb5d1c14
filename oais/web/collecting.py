"""Keeps full collections of garbage short: what outlived one is left alone for a while.

A site holds some hundred thousand objects for good: its modules and the index in memory. Python looks through
all of them at each full collection, which takes a tenth of a second at 20,000 packages, and whoever asks at
that moment waits.
"""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from time import monotonic
from typing import Any, Final

_FULL: Final = 2
"""The generation that a full collection is told by."""

WHOLE_AFTER: Final = 600.0
"""Seconds after which a full collection looks through everything again: some of it may be garbage by then."""


@contextmanager
def short_collections(clock: Callable[[], float] = monotonic) -> Iterator[None]:
    """Leave alone, while this lasts, what outlived a full collection; all of it is looked at now and then."""
    whole_at = clock()

    def settle(phase: str, told: Mapping[str, Any]) -> None:
        nonlocal whole_at
        if told["generation"] != _FULL:
            return
        if phase == "stop":
            gc.freeze()
        elif clock() - whole_at >= WHOLE_AFTER:
            whole_at = clock()
            gc.unfreeze()

    gc.callbacks.append(settle)
    try:
        gc.collect()
        yield
    finally:
        gc.callbacks.remove(settle)
        gc.unfreeze()
