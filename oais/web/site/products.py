"""A product: its page and its bytes."""

from __future__ import annotations

from typing import Annotated, Final

from fastapi import Query
from starlette.requests import Request
from starlette.responses import Response

from oais.functions.access.views import ProductView
from oais.information.representation.reading import NotShownError
from oais.web.doors import Door
from oais.web.negotiation import wants_json
from oais.web.pictures import Picture, picture_of
from oais.web.rendering import access_of, respond, speech_of
from oais.web.selecting import send_file
from policies.access import Action


def product(
    request: Request,
    aip_id: str,
    version: int,
    path: str,
    keyword: Annotated[str, Query(max_length=80)] = "",
) -> Response:
    """Show a product: what it is, its picture, the head of its table, its headers."""
    view = access_of(request).product(f"{aip_id}@v{version}", path)
    picture = None if wants_json(request) else _picture(request, view, path)
    return respond(request, "product.html", view, keyword=keyword.strip(), picture=picture)


def _picture(request: Request, view: ProductView, path: str) -> Picture | None:
    if view.plot in ("", "image"):
        return None
    try:
        return picture_of(access_of(request).look(view.reference, path), "", speech_of(request))
    except NotShownError:  # its headers make no sense: the page tells of the product all the same
        return None


def download(request: Request, aip_id: str, version: int, path: str) -> Response:
    """Hand out the bytes of a file, whole or in part."""
    return send_file(request, f"{aip_id}@v{version}", path)


DOORS: Final = (
    Door("/aip/{aip_id}/v{version:int}/products/{path:path}", product, Action.READ_METADATA),
    Door("/aip/{aip_id}/v{version:int}/files/{path:path}", download, Action.DOWNLOAD),
)
"""The doors of these pages."""
