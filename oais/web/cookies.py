"""The cookies of the site: opaque, for this host alone, out of reach of scripts and of other sites' forms."""

from __future__ import annotations

import re
import secrets
from typing import Final

from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Message, Send

SESSION: Final = "oais-session"
"""Who is logged in; set at login, another one each time."""

VISIT: Final = "oais-visit"
"""Which browser this is, before anybody logs in: baskets, codes and forms are bound to it."""

DOWNLOADS: Final = "oais-downloads"
"""That an access code was given here; it names nobody."""

_VISIT_SECONDS: Final = 30 * 86400
_OPAQUE: Final = re.compile(r"[A-Za-z0-9_-]{16,128}")


def cookie_of(request: Request, name: str) -> str | None:
    """Return a cookie's value: None when there is none, empty when it is doubled or none of ours."""
    named = f"{cookie_name(request, name)}="
    given = [
        part.strip().removeprefix(named)
        for header in request.headers.getlist("cookie")
        for part in header.split(";")
        if part.strip().startswith(named)
    ]
    if not given:
        return None
    return given[0] if len(given) == 1 and _OPAQUE.fullmatch(given[0]) else ""


def cookie_name(request: Request, name: str) -> str:
    """Return the name a cookie has here; over TLS the browser itself keeps it to this host."""
    return f"__Host-{name}" if _over_tls(request) else name


def set_cookie(
    request: Request, response: Response, name: str, value: str, *, seconds: int | None = None
) -> None:
    """Give the browser a cookie, until it is closed or for so many seconds."""
    response.set_cookie(
        cookie_name(request, name),
        value,
        max_age=seconds,
        secure=_over_tls(request),
        httponly=True,
        samesite="lax",
    )


def clear_cookie(request: Request, response: Response, name: str) -> None:
    """Take a cookie back."""
    set_cookie(request, response, name, "", seconds=0)


def browser_of(request: Request) -> str:
    """Return what tells this browser from others; a new one is told with the answer.

    It is a secret of the browser's: store it hashed or as ``Service.hmac`` only.
    """
    kept: str | None = getattr(request.state, "browser", None)
    if kept is None:
        kept = cookie_of(request, VISIT) or secrets.token_urlsafe(32)
        request.state.browser = kept
    return kept


def is_bound(request: Request) -> bool:
    """Return whether the answer is made for one browser."""
    return getattr(request.state, "browser", None) is not None


def handing_out_cookies(request: Request, send: Send) -> Send:
    """Return what sends, and tells the browser which one it is when that was asked and it does not know."""

    async def handing_out(message: Message) -> None:
        browser: str | None = getattr(request.state, "browser", None)
        if message["type"] == "http.response.start" and browser not in {None, cookie_of(request, VISIT)}:
            cookie = Response()
            set_cookie(request, cookie, VISIT, browser or "", seconds=_VISIT_SECONDS)
            headers = MutableHeaders(scope=message)
            headers.append("Set-Cookie", cookie.headers["Set-Cookie"])
            headers["Cache-Control"] = "no-store"
        await send(message)

    return handing_out


def _over_tls(request: Request) -> bool:
    over_tls: bool = request.scope["app"].state.over_tls
    return over_tls
