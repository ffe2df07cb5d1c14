"""Talking to an archive far away: one question at a time, patiently where the other side is slow or busy."""

from __future__ import annotations

import http.client
import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, TypeVar
from urllib.parse import urlsplit

from oais.errors import RefusedError, StorageError, UnauthenticatedError, WrongUsageError
from oais.information.text import printable

TRIES: Final = 8
"""How often in a row something is tried; the pauses between double from a second up to a minute."""

_TIMEOUT: Final = 120.0
_LARGEST_ANSWER: Final = 64 << 20
_TRY_AGAIN: Final = frozenset({408, 409, 423, 429, 460, 500, 502, 503, 504})
_LOOPBACK: Final = ("127.0.0.1", "localhost", "::1")

Pause = Callable[[float], None]
"""Waits for some seconds; injected, so that tests do not."""

_Told = TypeVar("_Told")


class TryAgainError(StorageError):
    """The other side did not answer, or not now; ``seconds`` is the patience it asks for."""

    def __init__(self, message: str, seconds: float = 0.0) -> None:
        super().__init__(message, remedy="run the command again: it goes on where it ended")
        self.seconds = seconds


@dataclass(frozen=True, slots=True)
class Answer:
    """What the other side said; names of headers are in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    def plain(self) -> dict[str, Any]:
        """Return the JSON object that was answered; raises StorageError for anything else."""
        try:
            plain = json.loads(self.body)
        except ValueError:
            plain = None
        if not isinstance(plain, dict):
            raise StorageError(
                "what answers there does not speak as an archive does",
                remedy="name the address of the archive's site, such as https://archive.example.org",
            )
        return plain


class Remote:
    """An archive's site, asked with the token of an account."""

    def __init__(self, address: str, token: str, pause: Pause = time.sleep) -> None:
        """Raises WrongUsageError for what is no address, or one where others could read the token."""
        parts = urlsplit(address)
        local = parts.hostname in _LOOPBACK
        if parts.scheme not in {"http", "https"} or not parts.hostname or parts.username:
            raise WrongUsageError(
                f"{printable(address)!r} is not the address of an archive",
                remedy="name it as https://archive.example.org",
            )
        if parts.scheme == "http" and not local:
            raise WrongUsageError(
                f"{printable(address)} is not encrypted: others could read the token", remedy="use https"
            )
        kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
        self._connection = kind(parts.hostname, parts.port, timeout=_TIMEOUT)
        self._base = parts.path.rstrip("/")
        self._token = token
        self._pause = pause

    def ask(
        self, method: str, path: str, headers: Mapping[str, str] | None = None, body: bytes = b""
    ) -> Answer:
        """Ask once, and return an answer of success.

        Raises TryAgainError without an answer, UnauthenticatedError, RefusedError, StorageError.
        """
        sent = {"Accept": "application/json", "Authorization": f"Bearer {self._token}", **(headers or {})}
        try:
            self._connection.request(method, self._base + path, body, sent)
            response = self._connection.getresponse()
            told = {name.lower(): value for name, value in response.getheaders()}
            answer = Answer(response.status, told, response.read(_LARGEST_ANSWER))
        except (OSError, http.client.HTTPException) as error:
            self._connection.close()
            raise TryAgainError(f"the archive does not answer: {error}") from error
        if not 200 <= answer.status < 300:
            raise _fault(answer)
        return answer

    def patiently(self, ask: Callable[[], _Told]) -> _Told:
        """Do what asks, again and again as long as the other side asks for patience; raises TryAgainError."""
        for attempt in range(TRIES):
            try:
                return ask()
            except TryAgainError as error:
                if attempt == TRIES - 1:
                    raise
                self.wait(max(error.seconds, min(2.0**attempt, 60.0)))
        raise AssertionError("unreachable")

    def wait(self, seconds: float) -> None:
        """Pause."""
        self._pause(seconds)


def _fault(answer: Answer) -> Exception:
    """Return what an answer means that is no success: its own words, where it has any."""
    try:
        problem = json.loads(answer.body)
        said, remedy = str(problem["detail"]), str(problem.get("remedy", ""))
    except (ValueError, KeyError, TypeError, AttributeError):
        said, remedy = f"the archive answered with status {answer.status}", ""
    said, remedy = printable(said), printable(remedy)
    if answer.status in _TRY_AGAIN:
        seconds = answer.headers.get("retry-after", "")
        return TryAgainError(said, float(seconds) if seconds.isdigit() else 0.0)
    if answer.status == UnauthenticatedError.http_status:
        return UnauthenticatedError(said, remedy="give the token of your provider's account in OAIS_TOKEN")
    if answer.status >= 500:
        return StorageError(said, remedy=remedy)
    return RefusedError(said, remedy=remedy)
