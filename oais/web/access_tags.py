"""Which action each route asks ``decide`` about; an application with an untagged route is not made."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from starlette.routing import BaseRoute, Route

from policies.access import Action

NOTHING_PROTECTED: Final = "nothing protected"
"""The tag of routes that show nothing of the holdings: the site's own look and words."""

ROUTE_ACTIONS: Final[dict[str, Action | str]] = {
    "/": Action.SEE,
    "/tree": Action.SEE,
    "/tree/{path:path}": Action.SEE,
    "/search": Action.READ_METADATA,
    "/aip/{aip_id}": Action.READ_METADATA,
    "/aip/{aip_id}/v{version:int}": Action.READ_METADATA,
    "/aip/{aip_id}/v{version:int}/citation.bib": Action.READ_METADATA,
    "/aip/{aip_id}/v{version:int}/products/{path:path}": Action.READ_METADATA,
    "/aip/{aip_id}/v{version:int}/plots/{path:path}": Action.DOWNLOAD,
    "/aip/{aip_id}/v{version:int}/files/{path:path}": Action.DOWNLOAD,
    "/about": NOTHING_PROTECTED,
    "/keys": NOTHING_PROTECTED,
    "/keys/{key_id}.pem": NOTHING_PROTECTED,
    "/static/{name}": NOTHING_PROTECTED,
}
"""Path of a route → the strongest action it asks about."""


def untagged(routes: Iterable[BaseRoute]) -> list[str]:
    """Return the paths of routes that declare no access tag."""
    return [
        getattr(route, "path", repr(route))
        for route in routes
        if not (isinstance(route, Route) and route.path in ROUTE_ACTIONS)
    ]
