"""Atom feeds (RFC 4287): what came in last at a place of the tree, as its reader may know of it."""

from __future__ import annotations

import hashlib
from http import HTTPStatus
from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from oais.functions.access.question import Question
from oais.information.text import printable
from oais.web.doors import Door
from oais.web.ranges import is_unchanged
from oais.web.rendering import access_of, site_of
from oais.web.visitors import kept_by_caches
from policies.access import Action

_ENTRIES = 50
_NOTHING_YET = "1970-01-01T00:00:00Z"


def archive_feed(request: Request) -> Response:
    """Tell what came in last anywhere."""
    return _feed(request, "", site_of(request).archive.settings.name)


def node_feed(request: Request, path: str) -> Response:
    """Tell what came in last at a place; of a place that may not be known as of one that is not."""
    return _feed(request, path, access_of(request).node(path, depth=1).node.title)


def _feed(request: Request, node: str, title: str) -> Response:
    site = site_of(request)
    cards = access_of(request).find(Question(node=node, order="-ingested", per_page=_ENTRIES)).hits
    body = (
        site.templates["en"]
        .get_template("feed.xml")
        .render(
            base=site.archive.settings.base_url.rstrip("/"),
            here=request.scope["path"],
            node=node,
            title=printable(title),
            cards=[(card, printable(card.title or card.aip_id)) for card in cards],
            updated=max((card.ingested_at for card in cards), default=_NOTHING_YET),
        )
        .encode()
    )
    headers = {"ETag": f'"{hashlib.sha256(body).hexdigest()[:32]}"'}
    headers.update(kept_by_caches(request))
    if is_unchanged(request.headers, headers["ETag"]):
        return Response(status_code=HTTPStatus.NOT_MODIFIED, headers=headers)
    return Response(body, media_type="application/atom+xml", headers=headers)


DOORS: Final = (
    Door("/feed.atom", archive_feed, Action.READ_METADATA),
    Door("/tree/{path:path}/feed.atom", node_feed, Action.READ_METADATA),
)
"""The doors of these feeds."""
