"""Preservation planning for programs: the census of formats."""

from __future__ import annotations

from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from oais.functions.preservation.census import take_census
from oais.web.api.archive import ROOT
from oais.web.doors import Door
from oais.web.rendering import access_of, answer_json, site_of
from policies.principals import Duty


def formats(request: Request) -> Response:
    """Tell the formats held, how much of each, what threatens them and what is to be done."""
    return answer_json(take_census(site_of(request).archive, access_of(request).index).as_plain())


DOORS: Final = (Door(f"{ROOT}/formats", formats, Duty.MANAGE_ARCHIVE),)
"""The doors of these answers."""
