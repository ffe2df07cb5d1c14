"""Where to go on after a login: to pages of this site only."""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import unquote, urlencode, urlsplit

from starlette.requests import Request
from starlette.routing import Match

from oais.web.doors import DoorRoute

_OURS: Final = re.compile(r"/(?![/\\])[\x21-\x7e]*")
_LONGEST: Final = 1000
_NEVER: Final = ("/login", "/logout", "/register", "/reset", "/static/", "/api/")


NEXT: Final = "next"
"""The parameter that names where to go on after a login."""

PROFILE: Final = "profile"
"""The parameter that names one of one's own profiles by its identifier."""


def without_profile(request: Request) -> str:
    """Return the address that was read, without the profile within which it asked; else the empty text."""
    asked = [(name, value) for name, value in request.query_params.multi_items() if name != PROFILE]
    query = f"?{urlencode(asked)}" if asked else ""
    return safe_return(request, request.url.path + query) if request.method == "GET" else ""


def returning_here(request: Request) -> str:
    """Return the address that was asked for when it is one of a page of ours, else the empty text."""
    return safe_return(request, request.url.path + (f"?{request.url.query}" if request.url.query else ""))


def safe_return(request: Request, wanted: str) -> str:
    """Return ``wanted`` when it is the address of a page of ours that can be read, else the empty text."""
    if len(wanted) > _LONGEST or "\\" in wanted or not _OURS.fullmatch(wanted):
        return ""
    parts = urlsplit(wanted)
    if parts.scheme or parts.netloc or parts.path.startswith(_NEVER):
        return ""
    scope = {"type": "http", "method": "GET", "path": unquote(parts.path), "root_path": ""}
    routes = request.scope["app"].routes
    found = any(isinstance(route, DoorRoute) and route.matches(scope)[0] is Match.FULL for route in routes)
    return wanted if found else ""
