"""Connections that may not dawdle: who sends no whole request head in time is hung up on."""

from __future__ import annotations

from asyncio import TimerHandle, Transport
from typing import Any, cast

from uvicorn.protocols.http.h11_impl import H11Protocol, RequestResponseCycle

SLOWEST_HEAD = 15.0
"""Seconds a client has for the head of a request, from connecting or from the end of the last answer."""


class PromptProtocol(H11Protocol):
    """Uvicorn's HTTP/1.1, which itself would wait for ever for the rest of a head."""

    slowest_head = SLOWEST_HEAD
    _alarm: TimerHandle | None = None

    def connection_made(self, transport: Transport) -> None:  # type: ignore[override]
        """Begin to wait for the first request."""
        super().connection_made(transport)
        self._watch()

    def data_received(self, data: bytes) -> None:
        """Read; whole heads end the wait, pieces of one do not lengthen it."""
        super().data_received(data)
        self._watch()

    def on_response_complete(self) -> None:
        """Begin to wait for the next request, unless it is there already."""
        super().on_response_complete()
        self._watch()

    def connection_lost(self, *reason: Any) -> None:
        """Wait no longer."""
        super().connection_lost(*reason)
        self._silence()

    def _watch(self) -> None:
        cycle = cast("RequestResponseCycle | None", self.cycle)  # None before the first request
        if cycle is not None and not cycle.response_complete:
            self._silence()
        elif self._alarm is None:
            self._alarm = self.loop.call_later(self.slowest_head, self.transport.close)

    def _silence(self) -> None:
        if self._alarm is not None:
            self._alarm.cancel()
            self._alarm = None
