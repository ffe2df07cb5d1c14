"""The parent's side of the limited children: started once, kept, replaced when a file kills them."""

from __future__ import annotations

import atexit
import os
import queue
import select
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any

from oais.errors import ConfigurationError
from oais.information.representation.frames import (
    EFFORT,
    FOLDER,
    LENGTH,
    MOST_FRAME,
    NEEDS_PRONOM,
    SPENT,
    WITH_PRONOM,
    pack,
    unpack,
)
from oais.information.representation.opening import bytes_on_disk
from oais.processes import usable_cores

WALL_SECONDS = 60.0
"""Time for one file, and one second more for every ``BYTES_A_SECOND`` of it."""

BYTES_A_SECOND = 10 << 20
_ROOT = Path(__file__).resolve().parents[3]
_CHUNK = 1 << 20


class _EndedError(Exception):
    """The child is gone or must go; the message says why, in words for a finding."""


class Child:
    """One limited process; used by one thread at a time.

    It is started without PRONOM, which takes twice the memory of all else, and replaced by one that has it
    at the first file that our own signatures do not know.
    """

    def __init__(self, wall_seconds: float = WALL_SECONDS) -> None:
        self._wall = wall_seconds
        self._process: subprocess.Popen[bytes] | None = None
        self._folder: tempfile.TemporaryDirectory[str] | None = None
        self._received = bytearray()
        self._with_pronom = False

    def ask(self, requests: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
        """Answer each request by ``{"result": …}`` or ``{"fault": why}``, in order.

        Raises:
            ConfigurationError: no child can be started at all.
        """
        answers: list[dict[str, Any]] = []
        while len(answers) < len(requests):
            process = self._start()
            waiting = requests[len(answers) :]
            try:
                self._send(process, waiting)
                for request in waiting:
                    answer = self._receive(process, self._time_for(request))
                    if NEEDS_PRONOM in answer and not self._with_pronom:
                        self.close()
                        self._with_pronom = True
                        break
                    answers.append(answer)
                    if SPENT in answer:
                        self.close()
                        break
            except _EndedError as ended:
                self.close()
                answers.append({"fault": str(ended)})
        return answers

    def _time_for(self, request: Mapping[str, Any]) -> float:
        if "path" not in request:
            return self._wall
        effort: int = request.get(EFFORT, 1)
        return self._wall + effort * bytes_on_disk(request["path"]) / BYTES_A_SECOND

    def _start(self) -> subprocess.Popen[bytes]:
        if self._process is not None:
            return self._process
        self._folder = tempfile.TemporaryDirectory(prefix=FOLDER)
        errors = Path(self._folder.name, "errors")
        mode = [WITH_PRONOM] if self._with_pronom else []
        with errors.open("wb") as stream:
            self._process = subprocess.Popen(
                [sys.executable, "-P", "-m", "oais.information.representation.worker", *mode],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=stream,
                cwd=self._folder.name,
                env=_environment(self._folder.name),
                start_new_session=True,
            )
        self._received.clear()
        try:
            self._receive(self._process, WALL_SECONDS)
        except _EndedError as ended:
            said = errors.read_text("utf-8", "replace").strip().splitlines()[-1:]
            self.close()
            raise ConfigurationError(
                f"the process that reads files does not start: {ended} {' '.join(said)}",
                remedy="check that the archive is installed whole: run its tests",
            ) from ended
        return self._process

    @staticmethod
    def _send(process: subprocess.Popen[bytes], requests: Sequence[Mapping[str, Any]]) -> None:
        assert process.stdin is not None
        try:
            process.stdin.write(pack([dict(request) for request in requests]))
            process.stdin.flush()
        except OSError as error:
            raise _EndedError("the reading process has ended") from error

    def _receive(self, process: subprocess.Popen[bytes], seconds: float) -> dict[str, Any]:
        """Wait for one answer; raises _EndedError when it does not come."""
        assert process.stdout is not None
        descriptor = process.stdout.fileno()
        deadline = time.monotonic() + seconds
        poll = select.poll()
        poll.register(descriptor, select.POLLIN)
        while (frame := self._frame()) is None:
            left = deadline - time.monotonic()
            if left <= 0 or not poll.poll(left * 1000):
                raise _EndedError(f"reading it took longer than {seconds:.0f} seconds")
            data = os.read(descriptor, _CHUNK)
            if not data:
                raise _EndedError(_how_it_ended(process))
            self._received += data
        return frame

    def _frame(self) -> dict[str, Any] | None:
        if len(self._received) < LENGTH:
            return None
        end = LENGTH + int.from_bytes(self._received[:LENGTH], "big")
        if end > MOST_FRAME:
            raise _EndedError("it has more headers than are listed")
        if len(self._received) < end:
            return None
        body = self._received[LENGTH:end]
        del self._received[:end]
        answer: dict[str, Any] = unpack(body)
        return answer

    def close(self) -> None:
        """End the process and everything it started, and remove its folder."""
        process, self._process = self._process, None
        if process is not None:
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(process.pid, 9)
            process.wait()
            for pipe in (process.stdin, process.stdout):
                if pipe is not None:
                    with suppress(OSError):
                        pipe.close()
        if self._folder is not None:
            self._folder.cleanup()
            self._folder = None


def _environment(folder: str) -> dict[str, str]:
    """Return all that the child knows of its surroundings: no secrets, one thread, own folder."""
    return {
        "GOGC": "10",  # PRONOM's collector keeps what it holds, and not as much again before it looks
        "HOME": folder,
        "LC_ALL": "C.UTF-8",
        "OMP_NUM_THREADS": "1",
        "OPENBLAS_NUM_THREADS": "1",
        "PATH": os.defpath,
        "PYTHONPATH": os.fspath(_ROOT),
        "TMPDIR": folder,
    }


def _how_it_ended(process: subprocess.Popen[bytes]) -> str:
    code = process.wait()
    if code == -24:
        return "reading it took too much processor time"
    if code < 0:
        return f"reading it ended the process by signal {-code}"
    return f"reading it ended the process with status {code}"


class LimitedPool:
    """Limited children to be shared by threads; each request goes to one that is idle."""

    def __init__(self, workers: int | None = None, wall_seconds: float = WALL_SECONDS) -> None:
        self.workers = workers or usable_cores()
        self._children = [Child(wall_seconds) for _ in range(self.workers)]
        self._idle: queue.LifoQueue[Child] = queue.LifoQueue()
        for child in self._children:
            self._idle.put(child)

    def ask(self, requests: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
        """Have one child answer the requests in order; see ``Child.ask``."""
        child = self._idle.get()
        try:
            return child.ask(list(requests))
        except BaseException:
            child.close()
            raise
        finally:
            self._idle.put(child)

    def close(self) -> None:
        """End all children."""
        for child in self._children:
            child.close()

    def __enter__(self) -> LimitedPool:
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()


def kept_pool(wall_seconds: float) -> LimitedPool:
    """Return the pool of this process that gives one file so long; it is started once and kept."""
    with _STARTING:
        return _pool(os.getpid(), wall_seconds)


_STARTING = threading.Lock()


@cache
def _pool(_process: int, wall_seconds: float) -> LimitedPool:
    """Return the pool of this process: a fork must not share the pipes of its parent."""
    pool = LimitedPool(wall_seconds=wall_seconds)
    atexit.register(pool.close)
    return pool
