"""A closer look at a product's numbers: drawings that can be changed, and its tables row by row."""

from __future__ import annotations

from base64 import b64encode
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
from oais.web.rendering import access_of, respond, speech_of
from oais.web.saving import FIGURE_POLICY, picture_response, wished_form
from oais.web.time_axis import utc_text
from oais.web.wishes import SCALES, query_of, steps_of, wished
from oais.web.words import url_path, version_url
from policies.access import Action

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
        picture=picture_of(view, address, speech_of(request), flagged=flagged),
        address=address,
        flagged=flagged,
        steps=steps_of(view, flagged=flagged),
        link=lambda **changes: query_of(view.wish, flagged=flagged, **changes),
        utc=utc_text,
        spans=tuple(SPANS),
        stretches=tuple(STRETCHES),
        scales=SCALES,
        most_columns=MOST_COLUMNS,
    )


def plot(request: Request, aip_id: str, version: int, path: str, flagged: Flagged = False) -> Response:
    """Hand out the drawing itself, to who may download the data: SVG, of an image its pixels as a PNG.

    Asked for a ``picture`` it is the whole drawing in that form, an image with all that stands around it.
    """
    form = wished_form(request)
    access, reference = access_of(request), f"{aip_id}@v{version}"
    opened, view = access.drawing(reference, path, wished(request.query_params))
    headers = {"Content-Security-Policy": FIGURE_POLICY, "Cache-Control": cache_control(opened)}
    language = speech_of(request)
    if form:
        inside = _embedded(view.drawn) if isinstance(view.drawn, GreyImage) else ""
        drawn = picture_of(view, inside, language, flagged=flagged).svg
        response = picture_response(request, form, drawn, (), view.product.name)
        response.headers.update(headers | {"Content-Language": language.code})
        return response
    if isinstance(view.drawn, GreyImage):
        return Response(image_png(view.drawn), media_type="image/png", headers=headers)
    headers["Content-Language"] = language.code
    drawn = picture_of(view, "", language, flagged=flagged).svg
    return Response(drawn, media_type="image/svg+xml", headers=headers)


def _embedded(image: GreyImage) -> str:
    """Return the address of an image that holds all of it, for a drawing that stands alone."""
    return f"data:image/png;base64,{b64encode(image_png(image)).decode('ascii')}"


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
