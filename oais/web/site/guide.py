"""How to use the site, and what a person can do here."""

from __future__ import annotations

from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from oais.web.doors import Door, Public
from oais.web.rendering import respond, site_of


def guide(request: Request) -> Response:
    """Tell how to search, download, log in, and let programs do it."""
    settings = site_of(request).archive.settings
    return respond(request, "help.html", {"contact": settings.contact, "address": settings.base_url})


DOORS: Final = (Door("/help", guide, Public.NOTHING),)
"""The doors of these pages."""
