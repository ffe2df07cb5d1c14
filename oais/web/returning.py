"""Where to go on after a login: to pages of this site only."""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import unquote, urlsplit

from starlette.requests import Request
from starlette.routing import Match

from oais.web.doors import DoorRoute

_OURS: Final = re.compile(r"/(?![/\\])[\x21-\x7e]*")
_LONGEST: Final = 1000
_NEVER: Final = ("/login", "/logout", "/register", "/reset", "/static/", "/api/")


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
