"""The pages of the site: each handler reads the request, asks ``Access`` once, and shapes the answer."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from starlette.responses import Response

from oais.web.site import holdings, keys, packages, products, search

SITE_ROUTES: Final[Mapping[str, Callable[..., Response | Any]]] = {
    "/": holdings.home,
    "/tree": holdings.tree,
    "/tree/{path:path}": holdings.node,
    "/search": search.search,
    "/aip/{aip_id}": packages.newest,
    "/aip/{aip_id}/v{version:int}": packages.version,
    "/aip/{aip_id}/v{version:int}/citation.bib": packages.bibtex,
    "/aip/{aip_id}/v{version:int}/products/{path:path}": products.product,
    "/aip/{aip_id}/v{version:int}/plots/{path:path}": products.plot,
    "/aip/{aip_id}/v{version:int}/files/{path:path}": products.download,
    "/about": holdings.about,
    "/keys": keys.keys,
    "/keys/{key_id}.pem": keys.key,
    "/static/{name}": holdings.static,
}
"""Every address of the site and what answers it."""
