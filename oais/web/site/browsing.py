"""The sky map, the inventory of a data set, and how a package was made."""

from __future__ import annotations

from typing import Annotated, Final

from fastapi import Query
from starlette.requests import Request
from starlette.responses import Response

from oais.web.doors import Door
from oais.web.graph import lineage_svg
from oais.web.rendering import access_of, respond
from oais.web.skymap import MOST_APART, sky_svg
from oais.web.timeline import timeline
from policies.access import Action


def sky(request: Request, mission: Annotated[str, Query(max_length=120)] = "") -> Response:
    """Show where the holdings lie on the sky, each mark a link to what is there."""
    view = access_of(request).sky(mission)
    return respond(request, "sky.html", view, drawing=sky_svg(view), most_apart=MOST_APART)


def inventory(
    request: Request, path: str, product: Annotated[str, Query(max_length=256)] = "", page: int = 1
) -> Response:
    """Show which times a place of the tree covers and where it has gaps."""
    view = access_of(request).inventory(path, product, page)
    return respond(request, "inventory.html", view, drawing=timeline(view.lanes))


def provenance(
    request: Request,
    aip_id: str,
    version: int,
    product: Annotated[str, Query(max_length=1_000)] = "",
) -> Response:
    """Show how a version, or one product of it, was made and is kept."""
    view = access_of(request).provenance(f"{aip_id}@v{version}", product)
    return respond(request, "provenance.html", view, drawing=lineage_svg(view.lineage))


DOORS: Final = (
    Door("/sky", sky, Action.READ_METADATA),
    Door("/tree/{path:path}/inventory", inventory, Action.READ_METADATA),
    Door("/aip/{aip_id}/v{version:int}/provenance", provenance, Action.READ_METADATA),
)
"""The doors of these pages."""
