"""The steps of an operation, and what can befall each: every call that asks something of the disk is one.

Installed in a forked child only, for an audit hook cannot be taken away again. What the disk is asked by
Python (open, rename, mkdir …) is heard by the hook; the rest (write, fsync, close, pread, the C library's
rename, the statements of a database) is wrapped.
"""

from __future__ import annotations

import builtins
import ctypes
import errno
import io
import os
import sqlite3
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from oais import files
from proofs.storage.faults import KILLED, LASTING, Fault, applies

Watch = Callable[[int, Fault], None]
"""Is told the number of a step, and how a process would end there: killed, or half way in a write."""

_process = os.getpid


_LOOKS: Final = frozenset({"open", "list"})
_TOLD_BY_SQLITE: Final = {
    Fault.EIO: "disk I/O error",
    Fault.ENOSPC: "database or disk is full",
    Fault.EDQUOT: "database or disk is full",
    Fault.EROFS: "attempt to write a readonly database",
    Fault.EMFILE: "unable to open database file",
}
_NOT_CONFIRMED: Final = 1034
"""SQLITE_IOERR_FSYNC: what a commit meets whose fsync fails."""

_HEARD: Final = {
    "os.rename": "rename",
    "os.mkdir": "mkdir",
    "os.rmdir": "rmdir",
    "os.remove": "unlink",
    "os.link": "link",
    "os.chmod": "chmod",
    "os.truncate": "truncate",
    "os.scandir": "list",
    "os.listdir": "list",
    "sqlite3.connect": "connect",
}
_WRAPPED: Final = {"write": "write", "fsync": "fsync", "close": "close", "pread": "read", "read": "read"}
_CHANGES: Final = os.O_WRONLY | os.O_RDWR | os.O_CREAT


class Steps:
    """Counts the steps below ``place`` once armed; at number ``at`` the fault is met (0: none is).

    ``met`` is the kind of the step at which it was, ``where`` the file of an fsync or commit; ``calls`` are
    the kinds of all steps so far. ``watch`` is told of every step before it is done, and of every write half
    way.
    """

    def __init__(
        self, place: Path, fault: Fault | None = None, at: int = 0, watch: Watch | None = None
    ) -> None:
        self.calls: list[str] = []
        self.met = self.where = self._bad = ""
        self._watch = watch
        self._watching = threading.local()
        self._place = os.fspath(place)
        self.fault = fault
        self._at = at
        self._armed = False
        self._owner = _process()

    def arm(self) -> None:
        """Begin to count."""
        self._armed = True

    def disarm(self) -> None:
        """Count no more, and let every call through."""
        self._armed = False

    def due(self, call: str, path: object = None) -> bool:
        """Count a step; return whether the fault is met at it."""
        if not self._armed or _process() != self._owner or not self._is_ours(path) or self._is_watched():
            return False
        self.calls.append(call)
        self._tell(Fault.KILL)
        if len(self.calls) == self._at:
            self.met, self._bad = call, str(path)
            return True
        if self.met and self.fault is Fault.EIO and call in _LOOKS and str(path) == self._bad:
            return True
        return bool(self.met) and self.fault in LASTING and applies(self.fault, call)

    def _tell(self, fault: Fault) -> None:
        """Tell whoever watches that the process could be killed here; his own steps do not count."""
        if self._watch is not None:
            self._watching.now = True
            self._watch(len(self.calls), fault)
            self._watching.now = False

    def _is_watched(self) -> bool:
        return getattr(self._watching, "now", False)

    def half(self, real: Callable[[bytes], int], data: bytes) -> bytes:
        """Let whoever watches see half of a write; return what is still to be written."""
        if self._watch is None or self._is_watched() or not self._armed:
            return data
        done = real(data[: len(data) // 2]) if len(data) > 1 else 0
        self._tell(Fault.TORN)
        return data[done:]

    def _is_ours(self, path: object) -> bool:
        """Whether a path lies below the place; relative ones are below a descriptor, which is ours."""
        if not isinstance(path, str | bytes | os.PathLike):
            return True
        text = os.fsdecode(path)
        return not text.startswith("/") or text.startswith(self._place)

    def fail(self, *, database: bool = False) -> None:
        """Let the fault be met: the process ends, or an error comes out."""
        if self.fault in (Fault.KILL, Fault.TORN):
            os._exit(KILLED)
        if self.fault is Fault.MEMORY:
            raise MemoryError
        assert self.fault is not None
        if database:
            error = sqlite3.OperationalError(_TOLD_BY_SQLITE[self.fault])
            if self.fault is Fault.EIO and self.met == "commit":
                error.sqlite_errorcode = _NOT_CONFIRMED
            raise error
        code: int = getattr(errno, self.fault)
        raise OSError(code, os.strerror(code))

    def install(self) -> None:
        """Let every call of this process be counted from now on."""
        sys.addaudithook(self._hear)
        for name, call in _WRAPPED.items():
            setattr(os, name, self._wrapped(getattr(os, name), call))
        files._LIBC = _Library(self, files._LIBC)  # type: ignore[assignment]
        builtins.open = io.open = self._opening(io.open)
        sqlite3.dbapi2.connect = self._connecting(sqlite3.connect)
        files._SYNCS_AT_ONCE = 1  # so that the steps come in one order

    def _hear(self, event: str, arguments: tuple[Any, ...]) -> None:
        if not self._armed:
            return
        call = _HEARD.get(event, "")
        if event == "open":
            call = "create" if isinstance(arguments[2], int) and arguments[2] & _CHANGES else "open"
        if call and self.due(call, arguments[0]):
            self.fail(database=call == "connect")

    def _wrapped(self, real: Callable[..., Any], call: str) -> Callable[..., Any]:
        def step(*arguments: Any) -> Any:
            if self.due(call):
                self.where = _file_of(arguments[0]) if call == "fsync" else ""
                if call == "close":
                    real(*arguments)  # Linux lets go of the descriptor even when close fails
                if self.fault is Fault.TORN:
                    real(arguments[0], bytes(arguments[1])[: len(arguments[1]) // 2])
                self.fail()
            if call == "write" and self._watch is not None:
                data = bytes(arguments[1])
                rest = self.half(lambda part: int(real(arguments[0], part)), data)
                return len(data) - len(rest) + real(arguments[0], rest)
            return real(*arguments)

        return step

    def _opening(self, real: Callable[..., Any]) -> Callable[..., Any]:
        """Return an ``open`` whose files write and close in steps."""

        def opened(file: Any, mode: str = "r", buffering: int = -1, *rest: Any, **named: Any) -> Any:
            if not self._armed or not set(mode) & set("wax+"):
                return real(file, mode, buffering, *rest, **named)
            raw = _counted(self)(file, mode.replace("b", "").replace("t", ""), named.get("closefd", True))
            if buffering == 0:
                return raw
            stream = io.BufferedRandom(raw) if "+" in mode else io.BufferedWriter(raw)
            if "b" in mode:
                return stream
            names = ("encoding", "errors", "newline")
            return io.TextIOWrapper(stream, **dict(zip(names, rest, strict=False)), **_only(named, names))

        return opened

    def _connecting(self, real: Callable[..., Any]) -> Callable[..., Any]:
        def connect(*arguments: Any, **named: Any) -> Any:
            return real(*arguments, **{**named, "factory": _connection(self)})

        return connect


def _file_of(descriptor: int) -> str:
    """Return what a descriptor is open at."""
    return os.readlink(f"/proc/self/fd/{descriptor}")


def _only(named: dict[str, Any], names: tuple[str, ...]) -> dict[str, Any]:
    return {name: value for name, value in named.items() if name in names}


class _Library:
    """Stands for the C library: its rename is a step, and answers by a code instead of raising."""

    def __init__(self, steps: Steps, real: Any) -> None:
        self._steps = steps
        self._real = real

    def renameat2(self, *arguments: Any) -> int:
        """Rename, or fail as the system call does."""
        try:
            if self._steps.due("rename"):
                self._steps.fail()
        except OSError as error:
            ctypes.set_errno(error.errno or errno.EIO)
            return -1
        return int(self._real.renameat2(*arguments))


def _counted(steps: Steps) -> type[io.FileIO]:
    """Return a class of files whose writing and closing are steps."""

    class Counted(io.FileIO):
        def write(self, data: Any, /) -> int:
            if steps.due("write", self.name):
                if steps.fault is Fault.TORN:
                    super().write(bytes(data)[: len(data) // 2])
                steps.fail()
            rest = steps.half(super().write, bytes(data))
            return len(data) - len(rest) + super().write(rest)

        def close(self) -> None:
            due = not self.closed and steps.due("close", self.name)
            super().close()
            if due:
                steps.fail()

    return Counted


def _connection(steps: Steps) -> type[sqlite3.Connection]:
    """Return a class of connections whose statements are steps; a commit is one as well."""

    class Cursor(sqlite3.Cursor):
        def execute(self, sql: str, *arguments: Any) -> Any:
            _meet(steps, sql)
            return super().execute(sql, *arguments)

        def executemany(self, sql: str, *arguments: Any) -> Any:
            _meet(steps, sql)
            return super().executemany(sql, *arguments)

    class Connection(sqlite3.Connection):
        def cursor(self, factory: Any = Cursor) -> Any:
            return super().cursor(factory)

        def execute(self, sql: str, *arguments: Any) -> Any:
            _meet(steps, sql)
            return super().execute(sql, *arguments)

        def commit(self) -> None:
            if steps.due("commit"):
                steps.where = _file_in(super())
                steps.fail(database=True)
            super().commit()

    return Connection


def _file_in(connection: Any) -> str:
    """Return the file of a connection's database."""
    return str(connection.execute("PRAGMA database_list").fetchone()[2])


def _meet(steps: Steps, sql: str) -> None:
    word = sql.split(None, 1)[0].upper()
    if word in {"SELECT", "PRAGMA", "WITH", "ROLLBACK"}:
        call = "query"
    else:
        call = "commit" if word == "COMMIT" else "statement"
    if steps.due(call):
        steps.fail(database=True)
