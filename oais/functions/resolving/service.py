"""A service that knows names, asked over HTTP where the operator says so: bounded in time and size.

No redirect is followed, so that nobody else is asked than was named. What it says is kept for a day; after
a fault it is let alone for a minute, so that a service that is away does not hold up every search.
"""

from __future__ import annotations

import http.client
import socket
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Final
from urllib.parse import SplitResult, quote, urlsplit

from oais.errors import ConfigurationError
from oais.functions.resolving.resolver import Position, UnansweredError
from oais.functions.resolving.sesame import position_in
from oais.information.text import printable
from oais.keeping import keep
from search_index.names import plain_name

LARGEST: Final = 1 << 16
"""Bytes of an answer."""

LONGEST_NAME: Final = 256
PATIENCE: Final = 8.0
"""Seconds for a whole answer."""

_KEPT: Final = 86_400.0
_REST: Final = 60.0
_MOST_KEPT: Final = 1_000
_AT_ONCE: Final = 2


@dataclass(frozen=True, slots=True)
class _Told:
    """What was said of a name, or why nothing could be; ``until`` says how long it holds, in seconds."""

    until: float
    position: Position | None = None
    fault: str = ""


class NameService:
    """Asks the service at an address; threads may share it."""

    def __init__(
        self, address: str, clock: Callable[[], float] = time.monotonic, patience: float = PATIENCE
    ) -> None:
        """Raises ConfigurationError for what is no address of a service."""
        self._parts = _checked(address)
        self._clock = clock
        self._patience = patience
        self._known: dict[str, _Told] = {}  # by plain name; a fault by the empty one
        self._turns = threading.BoundedSemaphore(_AT_ONCE)

    def position(self, name: str) -> Position | None:
        """Return what the service says of a name, now or lately; raises UnansweredError."""
        key = plain_name(name)
        if not key or len(name) > LONGEST_NAME:
            return None
        now = self._clock()
        for told in (self._known.get(key), self._known.get("")):
            if told is not None and told.until > now:
                if told.fault:
                    raise UnansweredError(told.fault)
                return told.position
        return self._ask(name, key, now)

    def _ask(self, name: str, key: str, now: float) -> Position | None:
        if not self._turns.acquire(blocking=False):
            raise UnansweredError(f"the resolver {self._host} is busy; try again in a moment")
        try:
            found = self._answer(name)
        except UnansweredError as fault:
            keep(self._known, _MOST_KEPT, "", _Told(now + _REST, fault=str(fault)))
            raise
        finally:
            self._turns.release()
        position = Position(*found, self._host) if found else None
        keep(self._known, _MOST_KEPT, key, _Told(now + _KEPT, position))
        return position

    @property
    def _host(self) -> str:
        return self._parts.hostname or ""

    def _answer(self, name: str) -> tuple[float, float] | None:
        data = self._fetched(name)
        if len(data) > LARGEST:
            raise UnansweredError(f"the resolver {self._host} answered with more than {LARGEST} bytes")
        try:
            return position_in(data)
        except ValueError as error:
            raise UnansweredError(f"the answer of the resolver {self._host} could not be read") from error

    def _fetched(self, name: str) -> bytes:
        """Return what is answered, up to a byte more than allowed; raises UnansweredError."""
        kind = http.client.HTTPSConnection if self._parts.scheme == "https" else http.client.HTTPConnection
        line = kind(self._host, self._parts.port, timeout=self._patience)
        late = threading.Event()
        try:
            line.connect()
            ending = threading.Timer(self._patience, _break_off, (line.sock, late))
            ending.daemon = True
            ending.start()
            try:
                return self._exchanged(line, name, late)
            finally:
                ending.cancel()
        except (OSError, http.client.HTTPException, ValueError) as error:
            if late.is_set() or isinstance(error, TimeoutError):
                why = f"did not answer within {self._patience:g} seconds"
            else:
                why = "did not answer; the connection failed"
            raise UnansweredError(f"the resolver {self._host} {why}") from error
        finally:
            line.close()

    def _exchanged(self, line: http.client.HTTPConnection, name: str, late: threading.Event) -> bytes:
        path = self._parts.path or "/"
        query = f"{self._parts.query}{quote(name, safe='')}"
        line.request("GET", f"{path}?{query}", headers={"Accept": "application/xml, text/plain"})
        answer = line.getresponse()
        if answer.status != http.HTTPStatus.OK:
            raise UnansweredError(f"the resolver {self._host} answered with status {answer.status}")
        data = answer.read(LARGEST + 1)
        if late.is_set() or (answer.length and len(data) <= LARGEST):
            raise http.client.IncompleteRead(data)
        return data


def _break_off(line: socket.socket, late: threading.Event) -> None:
    """End an exchange that takes too long, however slowly it drips."""
    late.set()
    with suppress(OSError):
        line.shutdown(socket.SHUT_RDWR)


def _checked(address: str) -> SplitResult:
    fault = ConfigurationError(
        f"name_service is {printable(address)!r}, expected an address such as https://resolver.example/ask",
        remedy="mend name_service in oais.yaml, or leave it empty to ask nobody",
    )
    try:
        parts = urlsplit(address)
        _ = parts.port
    except ValueError:
        raise fault from None
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.username or parts.fragment:
        raise fault
    if not address.isascii() or any(character <= " " for character in address):
        raise fault
    return parts
