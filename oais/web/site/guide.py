"""How to use the site, and what a person can do here."""

from __future__ import annotations

from dataclasses import asdict
from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from oais.information.software import releases, software_version
from oais.web.doors import API_VERSION, Door, Public
from oais.web.rendering import respond, site_of


def guide(request: Request) -> Response:
    """Tell how to search, download, log in, and let programs do it."""
    settings = site_of(request).archive.settings
    return respond(request, "help.html", {"contact": settings.contact, "address": settings.base_url})


def changes(request: Request) -> Response:
    """Tell which version of the software this is, and what is new in each release."""
    view = {
        "software": software_version(),
        "api": API_VERSION,
        "releases": [asdict(one) for one in releases()],
    }
    return respond(request, "changes.html", view)


DOORS: Final = (
    Door("/help", guide, Public.NOTHING),
    Door("/changes", changes, Public.NOTHING),
)
"""The doors of these pages."""
