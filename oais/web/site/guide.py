"""How to use the site, what a person can do here, and in what state the archive is."""

from __future__ import annotations

from dataclasses import asdict
from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from oais.functions.status import archive_status
from oais.information.software import releases, software_version
from oais.web.doors import API_VERSION, Door, Public
from oais.web.rendering import respond, site_of
from oais.web.visitors import knows_people, service_of


def guide(request: Request) -> Response:
    """Tell how to search, download, log in, and let programs do it."""
    settings = site_of(request).archive.settings
    return respond(request, "help.html", {"contact": settings.contact, "address": settings.base_url})


def tutorial(request: Request) -> Response:
    """Show the way from a question to a package, with pictures."""
    return respond(request, "tutorial.html", {"help": "/help"})


def commands(request: Request) -> Response:
    """Tell the commands that one uses most, by task."""
    return respond(request, "commands.html", {"help": "/help"})


def changes(request: Request) -> Response:
    """Tell what the archive says is new, which version of the software this is, and what is new in each."""
    view = {
        "software": software_version(),
        "api": API_VERSION,
        "news": [asdict(one) for one in site_of(request).archive.policies.referred.news],
        "releases": [asdict(one) for one in releases()],
    }
    return respond(request, "changes.html", view)


def told_status(request: Request) -> dict[str, object]:
    """Return the state of the archive, with the version of the API: the page's view and a program's."""
    site = site_of(request)
    service = service_of(request) if knows_people(request) else None
    return {**asdict(archive_status(site.access, service)), "api": API_VERSION}


def status(request: Request) -> Response:
    """Tell in what state the archive is: what can be done now, the last audit, what waits."""
    return respond(request, "status.html", told_status(request))


DOORS: Final = (
    Door("/help", guide, Public.NOTHING),
    Door("/help/tutorial", tutorial, Public.NOTHING),
    Door("/help/commands", commands, Public.NOTHING),
    Door("/status", status, Public.NOTHING),
    Door("/changes", changes, Public.NOTHING),
)
"""The doors of these pages."""
