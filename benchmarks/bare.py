"""A bare page to hold ours against: Starlette and Jinja as they come, a table of as many bytes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import uvicorn
from jinja2 import Environment
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from oais.web.serving import Place

_PAGE: Final = Environment(autoescape=True).from_string(
    "<!doctype html><title>Rows</title><table>"
    "{% for row in rows %}"
    '<tr><td><a href="/row/{{ row.number }}">{{ row.name }}</a></td><td>{{ row.number }}</td></tr>\n'
    "{% endfor %}</table>"
)


def _rows(request: Request) -> Response:
    """Answer with a table of about ``bytes``."""
    wanted, each = int(request.query_params["bytes"]), 100
    rows = [{"number": number, "name": f"<row> & {number:050}"} for number in range(1 + wanted // each)]
    return HTMLResponse(_PAGE.render(rows=rows))


def serve_bare(place: Place, announce: Callable[[str], None]) -> None:
    """Serve it until the process ends; tell the address in one line first."""
    announce(place.address)
    app = Starlette(routes=[Route("/", _rows)])
    uvicorn.Server(uvicorn.Config(app, log_level="error", access_log=False)).run(sockets=[place.socket])
