"""Connections that may not dawdle: who neither asks nor reads in time is hung up on, sooner in a crowd."""

from __future__ import annotations

import resource
import socket
import struct
from asyncio import AbstractEventLoop, TimerHandle, Transport
from collections import deque
from collections.abc import Callable
from math import inf
from typing import Any, Final, cast
from weakref import WeakKeyDictionary

from uvicorn.protocols.http.h11_impl import H11Protocol, RequestResponseCycle

SLOWEST_HEAD = 15.0
"""Seconds a client has for the head of a request, from connecting or from the end of the last answer."""

SLOWEST_READER = 120.0
"""Seconds in which a client must read on; what the kernel keeps for it meanwhile is a few MiB."""

MOST_CONNECTIONS: Final = 1024
"""Clients connected at a time; each may hold an open file and half a MiB of an answer."""

ACCEPTED_AT_ONCE: Final = 128
"""Connections taken before the first of them is looked at."""

BETWEEN_BRINGERS: Final = 0.010
"""Seconds between two who bring something, about what one of them costs; in them readers are served."""

_READING: Final = (b"GET ", b"HEAD")
"""How the head of a request begins that brings nothing."""

_AT_ONCE: Final = struct.pack("ii", 1, 0)
"""Wait no second for the rest to be sent (socket(7), SO_LINGER)."""

_FILES_OF_OURS: Final = 256
"""Descriptors for all that no connection holds: database, index, log."""


def room_for_connections() -> int:
    """Return how many clients may be connected, after asking the system for as many files as they need."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = 2 * MOST_CONNECTIONS + ACCEPTED_AT_ONCE + _FILES_OF_OURS
    if soft != resource.RLIM_INFINITY and soft < wanted:
        soft = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    if soft == resource.RLIM_INFINITY:
        return MOST_CONNECTIONS
    return max(1, min(MOST_CONNECTIONS, (soft - ACCEPTED_AT_ONCE - _FILES_OF_OURS) // 2))


class _Wait:
    """A wait for a client, since a moment of the loop's clock; infinite while there is none."""

    since = inf
    _alarm: TimerHandle | None = None

    def begin(self, loop: AbstractEventLoop, seconds: float, then: Callable[[], None]) -> None:
        """Wait so long, or so much longer."""
        since = min(self.since, loop.time())
        self.end()
        self.since, self._alarm = since, loop.call_later(seconds, then)

    def end(self) -> None:
        """Wait no longer."""
        if self._alarm is not None:
            self._alarm.cancel()
        self.since, self._alarm = inf, None


class _Line:
    """Those who bring something, let in one after the other with a moment between them.

    A crowd that logs in at once would otherwise be read, judged and answered before the next reader is.
    """

    def __init__(self) -> None:
        self._waiting: deque[Callable[[], None]] = deque()
        self._moving = False

    def enter(self, loop: AbstractEventLoop, let_in: Callable[[], None]) -> None:
        """Join at the end; who finds nobody there, nor just gone in, is let in at once."""
        self._waiting.append(let_in)
        if not self._moving:
            self._move(loop)

    def _move(self, loop: AbstractEventLoop) -> None:
        self._moving = bool(self._waiting)
        if self._moving:
            loop.call_later(BETWEEN_BRINGERS, self._move, loop)
            self._waiting.popleft()()


_LINES: Final[WeakKeyDictionary[AbstractEventLoop, _Line]] = WeakKeyDictionary()
"""One line to each loop that serves."""


class PromptProtocol(H11Protocol):
    """Uvicorn's HTTP/1.1, which itself would wait for ever for the rest of a head or for a reader.

    Who reads is served as he comes; who brings something waits in a line.
    """

    slowest_head = SLOWEST_HEAD
    slowest_reader = SLOWEST_READER
    room = MOST_CONNECTIONS

    def __init__(self, *settings: Any, **more: Any) -> None:
        super().__init__(*settings, **more)
        self._head, self._reader = _Wait(), _Wait()
        self._inside = False
        """Whether the request that is being read has had its turn."""

    def connection_made(self, transport: Transport) -> None:  # type: ignore[override]
        """Begin to wait for the first request; in a crowd whoever let us wait longest has to go."""
        super().connection_made(transport)
        self._watch()
        inside = cast("set[PromptProtocol]", self.connections)
        if len(inside) > self.room:
            min(inside, key=lambda other: other.awaited_since).hang_up()

    def data_received(self, data: bytes) -> None:
        """Read; whole heads end the wait, pieces of one do not lengthen it."""
        if self._inside or data.startswith(_READING):
            self._read(data)
            return
        self._head.end()
        self.flow.pause_reading()
        _LINES.setdefault(self.loop, _Line()).enter(self.loop, lambda: self._let_in(data))

    def _let_in(self, data: bytes) -> None:
        if not self.transport.is_closing():
            self.flow.resume_reading()
            self._read(data)

    def _read(self, data: bytes) -> None:
        self._inside = True
        super().data_received(data)
        self._watch()

    def on_response_complete(self) -> None:
        """Begin to wait for the next request, unless it is there already."""
        self._inside = False
        super().on_response_complete()
        self._watch()

    def pause_writing(self) -> None:
        """Begin to wait for the reader, for whom as much lies ready as may."""
        super().pause_writing()
        self._reader.begin(self.loop, self.slowest_reader, self.hang_up)

    def resume_writing(self) -> None:
        """Go on: he reads."""
        super().resume_writing()
        self._reader.end()

    def connection_lost(self, *reason: Any) -> None:
        """Wait no longer."""
        super().connection_lost(*reason)
        self._wait_no_longer()

    def hang_up(self) -> None:
        """End the connection at once; the kernel, too, forgets what was still to be sent."""
        self._wait_no_longer()
        line = self.transport.get_extra_info("socket")
        line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _AT_ONCE)
        self.transport.abort()

    @property
    def awaited_since(self) -> float:
        """Since when, by the loop's clock, we wait for the client; infinite while he waits for us."""
        return min(self._head.since, self._reader.since)

    def _watch(self) -> None:
        cycle = cast("RequestResponseCycle | None", self.cycle)  # None before the first request
        if cycle is not None and not cycle.response_complete:
            self._head.end()
        elif self._head.since == inf:
            self._head.begin(self.loop, self.slowest_head, self._take_leave)

    def _take_leave(self) -> None:
        """End the connection once the rest of the last answer is read, for which there is a time too."""
        self.transport.close()
        self._head.begin(self.loop, self.slowest_reader, self.hang_up)

    def _wait_no_longer(self) -> None:
        self._head.end()
        self._reader.end()
