"""The turnstile before doors that cost much: who is too many is told so before anything is read or made."""

from __future__ import annotations

import json
from collections.abc import Iterable
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


class Turnstile:
    """ASGI middleware: lets as many into a door as may be there ``at_once``.

    It stands before everything else and its answer lies ready, so that a flood costs the other pages
    little; programs get problem details in place of the page.
    """

    def __init__(self, app: ASGIApp, *, doors: Iterable[Door]) -> None:
        self._app = app
        self._room = {
            (method, door.path): door.at_once for door in doors if door.at_once for method in door.methods
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let one request through, or tell it to come back."""
        place = (scope.get("method", ""), scope.get("path", ""))
        room = self._room.get(place)
        if room is None:
            await self._app(scope, receive, send)
        elif not room:
            full = _FULL_FOR_PROGRAMS if wants_json(Request(scope)) else _FULL
            await full(scope, receive, send)
        else:
            self._room[place] -= 1
            try:
                await self._app(scope, receive, send)
            finally:
                self._room[place] += 1
