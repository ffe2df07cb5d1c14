"""Work in a process of its own, which may be killed and leaves nothing behind in ours."""

from __future__ import annotations

import gc
import importlib
import os
import pickle
import signal
import sys
import traceback
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any, Final

_SLOWEST: Final = 60
"""Seconds after which a process is stuck."""


def in_child(work: Callable[[], Any]) -> tuple[int, Any]:
    """Do something in a forked process; return its exit code and what came of it, None when it was killed.

    What one child imports its parent imports for all that come after.
    """
    reading, writing = os.pipe()
    child = os.fork()
    if child:
        os.close(writing)
        with os.fdopen(reading, "rb") as stream:
            data = stream.read()
        code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        told, imported = pickle.loads(data) if data else (None, ())
        _import(imported)
        return code, told
    code = 1
    try:
        signal.alarm(_SLOWEST)
        known = set(sys.modules)
        told = work()
        with os.fdopen(writing, "wb") as stream:
            stream.write(pickle.dumps((told, [name for name in sys.modules if name not in known])))
        code = 0
    except Exception:  # noqa: BLE001 - the parent sees that nothing came, and its reader why
        traceback.print_exc()
    finally:
        os._exit(code)


def _import(names: Sequence[str]) -> None:
    for name in names:
        with suppress(ImportError):
            importlib.import_module(name)
    if names:
        gc.collect()
        gc.freeze()
