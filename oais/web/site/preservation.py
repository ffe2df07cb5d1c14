"""The desk's pages of preservation planning."""

from __future__ import annotations

from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from oais.functions.preservation.census import take_census
from oais.web.doors import Door
from oais.web.rendering import access_of, respond, site_of
from policies.principals import Duty


def formats(request: Request) -> Response:
    """Show the formats held, how much of each, and what is to be done about them."""
    census = take_census(site_of(request).archive, access_of(request).index)
    return respond(request, "formats.html", census.as_plain())


DOORS: Final = (Door("/desk/formats", formats, Duty.MANAGE_ARCHIVE),)
"""The doors of these pages."""
