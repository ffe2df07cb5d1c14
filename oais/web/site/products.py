"""A product: its page, its picture, its bytes."""

from __future__ import annotations

from typing import Annotated, Final

from fastapi import Query
from starlette.requests import Request
from starlette.responses import Response

from oais.errors import NotFoundError
from oais.functions.access.products import Curve
from oais.web.doors import Door
from oais.web.downloads import cache_control
from oais.web.images import image_png
from oais.web.negotiation import wants_json
from oais.web.plots import curve_svg
from oais.web.rendering import access_of, respond
from oais.web.selecting import send_file
from oais.web.words import grouped
from policies.access import Action

FIGURE_POLICY = "default-src 'none'; sandbox"
"""What a browser may do with a picture opened by itself: show it."""


def product(
    request: Request,
    aip_id: str,
    version: int,
    path: str,
    keyword: Annotated[str, Query(max_length=80)] = "",
) -> Response:
    """Show a product: what it is, its picture, the head of its table, its headers."""
    reference = f"{aip_id}@v{version}"
    access = access_of(request)
    view = access.product(reference, path)
    figure = told = ""
    if view.plot == "light curve" and not wants_json(request):
        curve = access.curve(reference, path)
        figure, told = _drawn(curve), told_of(curve)
    return respond(request, "product.html", view, keyword=keyword.strip(), figure=figure, told=told)


def plot(request: Request, aip_id: str, version: int, path: str) -> Response:
    """Hand out the picture of a product, to who may download it: a light curve as SVG, an image as PNG."""
    access, reference = access_of(request), f"{aip_id}@v{version}"
    opened = access.open_file(reference, path)
    kind = access.product(reference, path).plot
    headers = {"Content-Security-Policy": FIGURE_POLICY, "Cache-Control": cache_control(opened)}
    if kind == "image":
        picture = image_png(access.image(reference, path))
        return Response(picture, media_type="image/png", headers=headers)
    if kind == "light curve":
        drawn = _drawn(access.curve(reference, path))
        return Response(drawn, media_type="image/svg+xml", headers=headers)
    raise NotFoundError("this product has no picture")


def told_of(curve: Curve) -> str:
    """Return in words what a drawing shows."""
    flagged = f", {grouped(curve.flagged)} with a quality flag left out" if curve.flagged else ""
    return f"{curve.y_label} over {curve.x_label}: {grouped(curve.good)} good points{flagged}."


def download(request: Request, aip_id: str, version: int, path: str) -> Response:
    """Hand out the bytes of a file, whole or in part."""
    return send_file(request, f"{aip_id}@v{version}", path)


def _drawn(curve: Curve) -> str:
    return curve_svg(
        curve.x,
        curve.y,
        x_label=curve.x_label,
        y_label=curve.y_label,
        title=curve.title,
        told=told_of(curve),
    )


DOORS: Final = (
    Door("/aip/{aip_id}/v{version:int}/products/{path:path}", product, Action.READ_METADATA),
    Door("/aip/{aip_id}/v{version:int}/plots/{path:path}", plot, Action.DOWNLOAD),
    Door("/aip/{aip_id}/v{version:int}/files/{path:path}", download, Action.DOWNLOAD),
)
"""The doors of these pages."""
