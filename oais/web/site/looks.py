"""A closer look at a product's numbers: drawings that can be changed, and its tables row by row."""

from __future__ import annotations

from typing import Annotated, Final

from fastapi import Query
from starlette.requests import Request
from starlette.responses import Response

from oais.functions.access.looking import MOST_COLUMNS, SPANS
from oais.information.representation.drawn_images import STRETCHES
from oais.information.representation.reading import GreyImage
from oais.web.doors import Door
from oais.web.downloads import cache_control
from oais.web.images import image_png
from oais.web.pictures import picture_of
from oais.web.rendering import access_of, respond
from oais.web.time_axis import utc_text
from oais.web.wishes import query_of, steps_of, wished
from oais.web.words import url_path, version_url
from policies.access import Action

FIGURE_POLICY: Final = "default-src 'none'; sandbox"
"""What a browser may do with a picture opened by itself: show it."""

Flagged = Annotated[bool, Query()]


def look(request: Request, aip_id: str, version: int, path: str, flagged: Flagged = False) -> Response:
    """Show a drawing of a product and the form to change it."""
    reference = f"{aip_id}@v{version}"
    view = access_of(request).look(reference, path, wished(request.query_params))
    query = query_of(view.wish, flagged=flagged)
    address = f"{version_url(reference)}/plots/{url_path(path)}?{query}"
    return respond(
        request,
        "look.html",
        view,
        picture=picture_of(view, address, flagged=flagged),
        address=address,
        flagged=flagged,
        steps=steps_of(view, flagged=flagged),
        link=lambda **changes: query_of(view.wish, flagged=flagged, **changes),
        utc=utc_text,
        spans=tuple(SPANS),
        stretches=tuple(STRETCHES),
        most_columns=MOST_COLUMNS,
    )


def plot(request: Request, aip_id: str, version: int, path: str, flagged: Flagged = False) -> Response:
    """Hand out the drawing itself, to who may download the data: SVG, of an image a PNG."""
    access, reference = access_of(request), f"{aip_id}@v{version}"
    opened = access.open_file(reference, path)
    view = access.look(reference, path, wished(request.query_params))
    headers = {"Content-Security-Policy": FIGURE_POLICY, "Cache-Control": cache_control(opened)}
    if isinstance(view.drawn, GreyImage):
        return Response(image_png(view.drawn), media_type="image/png", headers=headers)
    drawn = picture_of(view, "", flagged=flagged).svg
    return Response(drawn, media_type="image/svg+xml", headers=headers)


def rows(
    request: Request,
    aip_id: str,
    version: int,
    path: str,
    unit: Annotated[int | None, Query(ge=0, le=9999)] = None,
    page: int = 1,
) -> Response:
    """Show the rows of a table, a page at a time."""
    view = access_of(request).rows(f"{aip_id}@v{version}", path, unit, page)
    return respond(request, "rows.html", view)


DOORS: Final = (
    Door("/aip/{aip_id}/v{version:int}/look/{path:path}", look, Action.DOWNLOAD),
    Door("/aip/{aip_id}/v{version:int}/plots/{path:path}", plot, Action.DOWNLOAD),
    Door("/aip/{aip_id}/v{version:int}/rows/{path:path}", rows, Action.DOWNLOAD),
)
"""The doors of these pages."""
