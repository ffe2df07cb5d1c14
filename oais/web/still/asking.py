"""The site asked from within, as a stranger would: no socket, no server, the same doors and decisions."""

from __future__ import annotations

from collections.abc import MutableMapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote

from starlette.types import ASGIApp, Message

from oais.web.negotiation import HTML

_HOST = "localhost"


@dataclass(slots=True)
class Answer:
    """What came back: the status, the media type without parameters, the bytes."""

    status: int = 0
    media_type: str = ""
    pieces: list[bytes] = field(default_factory=list)

    @property
    def body(self) -> bytes:
        """The whole body."""
        return b"".join(self.pieces)


async def ask(app: ASGIApp, target: str) -> Answer:
    """Ask for an address as a stranger, without cookie or credential, and return the whole answer."""
    path, _, query = target.partition("?")
    scope: MutableMapping[str, Any] = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": "GET",
        "scheme": "http",
        "path": unquote(path),
        "raw_path": path.encode("ascii"),
        "query_string": query.encode("ascii"),
        "root_path": "",
        "headers": [(b"host", _HOST.encode()), (b"accept", HTML.encode())],
        "client": ("127.0.0.1", 0),
        "server": (_HOST, 80),
        "state": {},
    }
    answer = Answer()

    async def receive() -> Message:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Message) -> None:
        if message["type"] == "http.response.start":
            answer.status = message["status"]
            headers = dict(message.get("headers", ()))
            answer.media_type = headers.get(b"content-type", b"").decode("latin-1").partition(";")[0]
        elif message["type"] == "http.response.body":
            answer.pieces.append(message.get("body", b""))

    await app(scope, receive, send)
    return answer
