"""Asks an application as a client would, without a network between."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from contextvars import copy_context
from dataclasses import dataclass
from types import TracebackType
from typing import Any, TypeVar
from unittest.mock import patch
from urllib.parse import unquote

import anyio.to_thread
from starlette.types import ASGIApp, Message

FORM = {"Content-Type": "application/x-www-form-urlencoded"}
JSON = {"Content-Type": "application/json"}


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def text(self) -> str:
        """Headers and body as one text, to be searched."""
        told = "\n".join(f"{name}: {value}" for name, value in self.headers.items())
        return f"{told}\n\n{self.body.decode('utf-8', 'replace')}"


_Result = TypeVar("_Result")


async def _run_here(function: Callable[..., _Result], *given: object, **_how: object) -> _Result:
    """Run what the application gives to another thread, in a context of its own as there, but in this one.

    One client asks one thing at a time: handing over and waiting would show nothing, and cost the most.
    """
    return copy_context().run(function, *given)


class Client(AbstractContextManager["Client"]):
    """One client of an application; it keeps no cookies and follows nothing."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._loop = asyncio.new_event_loop()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._loop.run_until_complete(self._loop.shutdown_default_executor())
        self._loop.close()

    def ask(
        self, method: str, address: str, headers: Mapping[str, str] | None = None, body: bytes = b""
    ) -> Answer:
        """Send one request and return the answer whole."""
        with patch.object(anyio.to_thread, "run_sync", _run_here):
            return self._loop.run_until_complete(self._asked(method, address, headers or {}, body))

    async def _asked(self, method: str, address: str, headers: Mapping[str, str], body: bytes) -> Answer:
        path, _, query = address.partition("?")
        given = {"host": "localhost", **{name.lower(): value for name, value in headers.items()}}
        if body or method not in {"GET", "HEAD"}:
            given["content-length"] = str(len(body))
        scope: dict[str, Any] = {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "method": method,
            "scheme": "http",
            "path": unquote(path),
            "raw_path": path.encode("ascii"),
            "query_string": query.encode("ascii"),
            "headers": [(name.encode(), value.encode("latin-1")) for name, value in given.items()],
            "root_path": "",
            "server": ("localhost", 80),
            "client": ("127.0.0.1", 1),
        }
        messages: list[Message] = []
        incoming = iter([{"type": "http.request", "body": body, "more_body": False}])

        async def receive() -> Message:
            return next(incoming, {"type": "http.disconnect"})

        async def send(message: Message) -> None:
            messages.append(message)

        await self._app(scope, receive, send)
        return _answer(messages)


def _answer(messages: list[Message]) -> Answer:
    start = messages[0]
    headers: dict[str, str] = {}
    for name, value in start["headers"]:
        known = headers.get(name.decode("latin-1"))
        told = value.decode("latin-1")
        headers[name.decode("latin-1")] = told if known is None else f"{known}, {told}"
    return Answer(start["status"], headers, b"".join(message.get("body", b"") for message in messages[1:]))
