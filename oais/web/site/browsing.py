"""The sky map, what was observed at the same time, the inventory of a data set, how a package was made."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Annotated, Any, Final

from fastapi import Query
from starlette.requests import Request
from starlette.responses import Response

from oais.functions.access.sky import asked_at
from oais.web.doors import Door
from oais.web.graph import lineage_svg
from oais.web.plots import MOST_APART
from oais.web.rendering import access_of, respond, speech_of
from oais.web.saving import saved, wished_form
from oais.web.sky_grounds import NAMES, TOLD, Ground
from oais.web.skymap import link_of, sky_svg
from oais.web.timeline import timeline
from policies.access import Action

_PREVIEWS: Final = 4
"""Drawings that stand on the page of a moment."""

_STEPS: Final = (("A day earlier", -24), ("An hour earlier", -1), ("An hour later", 1), ("A day later", 24))

Moment = Annotated[str, Query(max_length=80, description="a date or time in UTC, or an MJD")]
Angle = Annotated[str, Query(max_length=40, description="degrees, or sexagesimal: hours for ``ra``")]
Place = Annotated[str, Query(max_length=500, description="only at this place of the tree and below")]


def sky(
    request: Request,
    mission: Annotated[str, Query(max_length=120)] = "",
    ground: Ground = Ground.PLAIN,
    ra: Angle = "",
    dec: Angle = "",
) -> Response:
    """Show where the holdings lie on the sky, each mark a link to what is there, and tell of a position."""
    view, form = asked_at(access_of(request).sky(mission), ra, dec), wished_form(request)
    drawing = sky_svg(view, speech_of(request), ground)
    if form:
        return saved(request, form, drawing, [one.mission for one in view.missions])
    names = {str(one): name for one, name in NAMES.items()}
    more: dict[str, Any] = {"ground": str(ground), "grounds": names, "told": TOLD[ground], "link_of": link_of}
    return respond(request, "sky.html", view, drawing=drawing, most_apart=MOST_APART, **more)


def same_time(request: Request, at: Moment = "", node: Place = "") -> Response:
    """Show what was observed at about a moment, of each type of product the nearest."""
    view = access_of(request).same_time(at.strip(), node.strip("/ "))
    previews = [one for one in view.products if one.preview][:_PREVIEWS]
    return respond(request, "timeline.html", view, previews=previews, steps=_steps(view.at))


def _steps(at: str) -> Iterator[tuple[str, str]]:
    """Yield the moments around one that its page leads to, each with what it is called."""
    for name, hours in _STEPS if at else ():
        with suppress(OverflowError):  # before the year 1, or after 9999
            moment = datetime.fromisoformat(at) + timedelta(hours=hours)
            yield name, f"{moment.replace(tzinfo=None).isoformat()}Z"


def inventory(
    request: Request, path: str, product: Annotated[str, Query(max_length=256)] = "", page: int = 1
) -> Response:
    """Show which times a place of the tree covers and where it has gaps."""
    view, form = access_of(request).inventory(path, product, page), wished_form(request)
    drawing = timeline(view.lanes, speech_of(request))
    if form:
        return saved(request, form, drawing)
    return respond(request, "inventory.html", view, drawing=drawing)


def provenance(
    request: Request,
    aip_id: str,
    version: int,
    product: Annotated[str, Query(max_length=1_000)] = "",
) -> Response:
    """Show how a version, or one product of it, was made and is kept."""
    view, form = access_of(request).provenance(f"{aip_id}@v{version}", product), wished_form(request)
    drawing = lineage_svg(view.lineage, speech_of(request))
    if form:
        return saved(request, form, drawing)
    return respond(request, "provenance.html", view, drawing=drawing)


DOORS: Final = (
    Door("/sky", sky, Action.READ_METADATA),
    Door("/timeline", same_time, Action.READ_METADATA),
    Door("/tree/{path:path}/inventory", inventory, Action.READ_METADATA),
    Door("/aip/{aip_id}/v{version:int}/provenance", provenance, Action.READ_METADATA),
)
"""The doors of these pages."""
