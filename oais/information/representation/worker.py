"""The limited child: reads strangers' files for its parent, in a process that may die of them.

Started by ``limited``; speaks frames on its standard input and output. Its memory, time, open files
and written bytes are limited, it holds no secret, and what it answers is plain data.
"""

from __future__ import annotations

import ctypes
import os
import resource
import shutil
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, BinaryIO

from oais.information.representation.file_inspection import inspect_file
from oais.information.representation.frames import (
    EFFORT,
    FOLDER,
    LENGTH,
    NEEDS_PRONOM,
    SPENT,
    WITH_PRONOM,
    inspection_as_plain,
    pack,
    unpack,
)
from oais.information.representation.identification import identify_file
from oais.information.representation.opening import UnreadableError, bytes_on_disk
from oais.information.representation.pronom import PronomNeededError, withhold_pronom
from oais.processes import end_with_parent

MEMORY = 1 << 30
"""Bytes of address space beyond what the libraries take themselves."""

CPU_SECONDS = 30
"""Processor time for one file, and one second more for every ``BYTES_A_SECOND`` of it."""

BYTES_A_SECOND = 20 << 20
_WRITTEN = 1 << 30
_OPEN_FILES = 64
_PROCESSES = 4096
_NEW_NETWORK, _NEW_USER = 0x40000000, 0x10000000  # CLONE_NEWNET and CLONE_NEWUSER of unshare(2)


def main() -> None:
    """Answer requests until the parent closes the pipe."""
    requests = os.fdopen(os.dup(0), "rb")
    answers = os.fdopen(os.dup(1), "wb")
    null = os.open(os.devnull, os.O_RDWR)
    os.dup2(null, 0)
    os.dup2(2, 1)  # what a library prints goes where errors go, not into an answer
    leave_network()
    end_with_parent(_leave_nothing)
    if WITH_PRONOM in sys.argv:
        load_pronom()
    else:
        withhold_pronom()
    limit_self()
    _send(answers, {"ready": True})
    while (batch := _next_batch(requests)) is not None:
        for request in batch:
            renew_processor_time(request.get("path"), request.get(EFFORT, 1))
            answer = perform(request)
            _send(answers, answer)
            if SPENT in answer or NEEDS_PRONOM in answer:
                return
    _leave_nothing()


def _leave_nothing() -> None:
    """Remove the folder of this process, whose parent is gone and cannot."""
    folder = Path.cwd()
    if folder.name.startswith(FOLDER):  # else a person started this where he was
        shutil.rmtree(folder, ignore_errors=True)


def leave_network() -> None:
    """Go into a network namespace with nothing in it, where the system allows that."""
    libc = ctypes.CDLL(None, use_errno=True)
    libc.unshare(_NEW_NETWORK if os.geteuid() == 0 else _NEW_NETWORK | _NEW_USER)


def load_pronom() -> None:
    """Load PRONOM before memory is limited: it could not be loaded within the limits."""
    identify_file(Path(__file__), "worker.py")


def limit_self() -> None:
    """Take limits that this process cannot lift again, but for processor time (renewed a file)."""
    own = int(Path("/proc/self/statm").read_text("ascii").split()[0]) * resource.getpagesize()
    _limit(resource.RLIMIT_AS, own + MEMORY)
    _limit(resource.RLIMIT_CORE, 0)
    _limit(resource.RLIMIT_FSIZE, _WRITTEN)
    _limit(resource.RLIMIT_NOFILE, _OPEN_FILES)
    _limit(resource.RLIMIT_NPROC, _PROCESSES)


def _limit(which: int, most: int) -> None:
    _, hard = resource.getrlimit(which)
    value = most if hard == resource.RLIM_INFINITY else min(most, hard)
    resource.setrlimit(which, (value, value))


def renew_processor_time(path: str | None, effort: int) -> None:
    """Allow this process the processor time of one more file, ``effort`` times as much for its bytes."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    size = 0 if path is None else bytes_on_disk(path)
    allowed = CPU_SECONDS + effort * size // BYTES_A_SECOND
    _, hard = resource.getrlimit(resource.RLIMIT_CPU)
    soft = int(used.ru_utime + used.ru_stime) + 1 + allowed
    resource.setrlimit(resource.RLIMIT_CPU, (soft, hard))


def perform(request: Mapping[str, Any]) -> dict[str, Any]:
    """Do one request; whatever a file makes a library raise becomes an answer that says so."""
    try:
        return {"result": _TASKS[request["task"]](**request)}
    except PronomNeededError:
        return {NEEDS_PRONOM: True}
    except (ValueError, UnreadableError) as error:
        return {"fault": str(error)[:400]}
    except MemoryError:
        # What the library still holds would starve the next file, so this process ends here.
        return {"fault": "it needs more memory than is allowed", SPENT: True}
    except Exception as error:  # noqa: BLE001 - the last door before the parent; nothing may pass it
        return {"fault": f"{type(error).__name__}: {error}"[:400]}


def _inspect(*, path: str, name: str, **_: object) -> object:
    return inspection_as_plain(inspect_file(Path(path), name))


def _read(*, path: str, reader: str, options: Mapping[str, Any], **_: object) -> object:
    from oais.information.representation.extracts import EXTRACTS

    return EXTRACTS[reader](Path(path), **options)


def _text(*, path: str, **_: object) -> object:
    from oais.information.representation.pdf_text import pdf_text

    return pdf_text(Path(path))


def _derive(
    *, path: str, target: str, form: str, ends: Sequence[str], label: Sequence[Sequence[str]], **_: object
) -> object:
    from oais.information.representation.derivation import derive

    return derive(Path(path), Path(target), form, ends, [(name, value) for name, value in label])


def _migrate(*, path: str, target: str, **told: object) -> object:
    from oais.information.representation.migration import migrate

    return migrate(Path(path), Path(target), str(told["from"]))


def _compare(*, path: str, target: str, **told: object) -> object:
    from oais.information.representation.migration import compare

    return compare(Path(path), Path(target), str(told["from"]))


def _picture(*, drawing: str, **_: object) -> object:
    from oais.information.representation.rasterising import rasterise

    return rasterise(drawing)


_TASKS: dict[str, Callable[..., object]] = {
    "inspect": _inspect,
    "read": _read,
    "text": _text,
    "derive": _derive,
    "migrate": _migrate,
    "compare": _compare,
    "picture": _picture,
}


def _next_batch(requests: BinaryIO) -> list[dict[str, Any]] | None:
    length = requests.read(LENGTH)
    if len(length) < LENGTH:
        return None
    batch: list[dict[str, Any]] = unpack(requests.read(int.from_bytes(length, "big")))
    return batch


def _send(answers: BinaryIO, message: Mapping[str, Any]) -> None:
    try:
        frame = pack(message)
    except (ValueError, TypeError, MemoryError) as error:
        frame = pack({"fault": f"the answer cannot be written: {type(error).__name__}"})
    answers.write(frame)
    answers.flush()


if __name__ == "__main__":
    main()
