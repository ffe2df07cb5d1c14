"""The desk's page of audits: what is proven, what is late, what is wrong and what to do."""

from __future__ import annotations

from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from oais.functions.audit.desk import audit_desk
from oais.web.doors import Door
from oais.web.rendering import respond, site_of
from policies.principals import Duty


def audits(request: Request) -> Response:
    """Show the audits of every location: how far they are, what is late and what is not intact."""
    return respond(request, "audits.html", audit_desk(site_of(request).archive))


DOORS: Final = (Door("/desk/audits", audits, Duty.MANAGE_ARCHIVE),)
"""The door of this page."""
