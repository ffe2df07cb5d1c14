"""Children that do not outlive their parent: a killed command must leave nothing running."""

from __future__ import annotations

import os
import threading
import time

_LOOK_EVERY = 1.0
"""Seconds between two looks at whether the parent is still there."""


def end_with_parent() -> None:
    """End this process soon after its parent is gone, however that ended.

    The parent is looked for by its number: a pipe may be held open by others, and the signal that Linux
    sends for a lost parent follows the thread that started us, not its process.
    """
    parent = os.getppid()
    threading.Thread(target=_watch, args=(parent,), daemon=True, name="end-with-parent").start()


def _watch(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(_LOOK_EVERY)
    os._exit(1)
