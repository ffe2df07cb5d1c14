"""Audits for programs: what is proven at each location, what is late, what is wrong."""

from __future__ import annotations

from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from oais.functions.audit.desk import audit_desk
from oais.web.api.archive import ROOT
from oais.web.doors import Door
from oais.web.rendering import answer_json, site_of
from policies.principals import Duty


def audits(request: Request) -> Response:
    """Tell the audits of every location: coverage, forecast, last runs, what is not intact and what to do."""
    return answer_json(audit_desk(site_of(request).archive))


DOORS: Final = (Door(f"{ROOT}/audits", audits, Duty.MANAGE_ARCHIVE),)
"""The door of this answer."""
