"""The turnstile before doors that cost much: who is too many is told so before anything is read or made."""

from __future__ import annotations

import json
from asyncio import Semaphore
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from http import HTTPStatus
from typing import Final

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from oais.web.doors import Door
from oais.web.negotiation import wants_json
from oais.web.security import SECURITY_HEADERS

_BACK_IN: Final = 5
"""Seconds after which there may be room again."""

_PAGE: Final = """<!doctype html>
<html lang="en"><title>Please come back</title>
<h1>Many people are asking for this at the moment.</h1>
<p>Nothing is lost. Go back, wait a few seconds, and try again.</p>
</html>
"""
_HEADERS: Final = {**SECURITY_HEADERS, "Retry-After": str(_BACK_IN), "Connection": "close"}
_PROBLEM: Final = {
    "type": "about:blank",
    "title": HTTPStatus.TOO_MANY_REQUESTS.phrase,
    "status": int(HTTPStatus.TOO_MANY_REQUESTS),
    "detail": "many people are asking for this at the moment",
    "remedy": "wait a few seconds and try again",
}
_FULL: Final = HTMLResponse(_PAGE, HTTPStatus.TOO_MANY_REQUESTS, _HEADERS)
_FULL_FOR_PROGRAMS: Final = Response(
    json.dumps(_PROBLEM, indent=2), HTTPStatus.TOO_MANY_REQUESTS, _HEADERS, "application/problem+json"
)


class _Room:
    """The room behind a door: so many ``inside`` at a time, and so many ``waiting`` till others leave."""

    def __init__(self, inside: int, waiting: int) -> None:
        self._places = Semaphore(inside)
        self._seats = waiting

    @property
    def is_full(self) -> bool:
        """Whether nobody may even wait any more."""
        return self._places.locked() and not self._seats

    @asynccontextmanager
    async def entered(self) -> AsyncIterator[None]:
        """Come in, once somebody has left if need be, and leave."""
        if self._places.locked():
            self._seats -= 1
            try:
                await self._places.acquire()
            finally:
                self._seats += 1
        else:
            await self._places.acquire()
        try:
            yield
        finally:
            self._places.release()


class Turnstile:
    """ASGI middleware: lets as many into a door as may be there ``at_once``, and lets ``waiting`` wait.

    It stands before everything else and its answer lies ready, so that a flood costs the other pages
    little; programs get problem details in place of the page.
    """

    def __init__(self, app: ASGIApp, *, doors: Iterable[Door]) -> None:
        self._app = app
        self._rooms = {
            (method, door.path): _Room(door.at_once, door.waiting)
            for door in doors
            if door.at_once
            for method in door.methods
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let one request through, or tell it to come back."""
        room = self._rooms.get((scope.get("method", ""), scope.get("path", "")))
        if room is None:
            await self._app(scope, receive, send)
        elif room.is_full:
            full = _FULL_FOR_PROGRAMS if wants_json(Request(scope)) else _FULL
            await full(scope, receive, send)
        else:
            async with room.entered():
                await self._app(scope, receive, send)
