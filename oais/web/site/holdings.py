"""Home, the tree and its places, and what the site says of itself."""

from __future__ import annotations

import csv
import io
from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from oais.errors import NotFoundError
from oais.web.bars import volume_drawing
from oais.web.doors import Door, Public
from oais.web.rendering import access_of, respond, site_of, speech_of
from oais.web.saving import saved, wished_form
from oais.web.timeline import timeline
from oais.web.visitors import kept_by_caches
from policies.access import Action

FOR_EVER = "public, max-age=31536000, immutable"
"""Static files are named with a stamp of their content, so a copy of one never goes stale."""


def home(request: Request) -> Response:
    """Show what the archive holds: by mission and level, and what came in last."""
    return respond(request, "home.html", access_of(request).holdings())


def tree(request: Request) -> Response:
    """Show the whole tree, three floors unfolded at a touch."""
    return respond(request, "tree.html", access_of(request).tree())


def node(request: Request, path: str, page: int = 1, branches: int = 1) -> Response:
    """Show a mission, a branch or a data set."""
    view = access_of(request).node(path, page, branches)
    form = wished_form(request)
    drawing = timeline(view.data_set.lanes, speech_of(request)) if view.data_set else ""
    if form:
        return saved(request, form, drawing)
    return respond(request, "node.html", view, drawing=drawing)


def about(request: Request) -> Response:
    """Tell how the archive keeps data and how to use the site."""
    return respond(request, "about.html", {"name": site_of(request).archive.settings.name})


def volume(request: Request) -> Response:
    """Show how the holdings grew by year and mission."""
    view, form = access_of(request).volume(), wished_form(request)
    drawing = volume_drawing(view, speech_of(request))
    if form:
        return saved(request, form, drawing.svg, drawing.names)
    return respond(request, "volume.html", view, drawing=drawing)


def volume_csv(request: Request) -> Response:
    """Tell the same as CSV (RFC 4180): a row for each year and mission, sizes in bytes."""
    text = io.StringIO()
    lines = csv.writer(text)
    lines.writerow(("year", "mission", "versions", "added", "held"))
    rows = access_of(request).volume().rows
    lines.writerows((row.year, row.mission, row.versions, row.added, row.held) for row in rows)
    headers = {"Content-Disposition": 'attachment; filename="volume.csv"'}
    headers.update(kept_by_caches(request))
    return Response(text.getvalue(), media_type="text/csv; charset=utf-8", headers=headers)


def static(request: Request, name: str) -> Response:
    """Hand out a style sheet or picture of the site's own."""
    file = site_of(request).static.get(name)
    if file is None:
        raise NotFoundError("there is no such page")
    headers = {"Cache-Control": FOR_EVER, "ETag": f'"{file.stamp}"'}
    return Response(file.data, media_type=file.media_type, headers=headers)


DOORS: Final = (
    Door("/", home, Action.SEE),
    Door("/tree", tree, Action.SEE),
    Door("/tree/{path:path}", node, Action.SEE),
    Door("/volume", volume, Action.READ_METADATA),
    Door("/volume.csv", volume_csv, Action.READ_METADATA),
    Door("/about", about, Public.NOTHING),
    Door("/static/{name}", static, Public.NOTHING),
)
"""The doors of these pages."""
