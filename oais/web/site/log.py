"""The desk's log of security events."""

from __future__ import annotations

from typing import Annotated, Final

from fastapi import Query
from starlette.requests import Request
from starlette.responses import Response

from oais.functions.security_log import read_log
from oais.web.doors import Door
from oais.web.rendering import respond
from oais.web.visitors import service_of
from policies.principals import Duty

ROWS: Final = 100
MOST_PAGES: Final = 100_000


def log(request: Request, page: Annotated[int, Query(ge=1, le=MOST_PAGES)] = 1) -> Response:
    """Show a page of events, the newest first, and whether the chain is whole."""
    view = read_log(service_of(request), first=(page - 1) * ROWS, most=ROWS)
    return respond(request, "log.html", view, page=page, rows=ROWS)


DOORS: Final = (Door("/desk/log", log, Duty.SEE_LOG),)
"""The doors of these pages."""
