"""The page of an AIP, of each of its versions, and its citation."""

from __future__ import annotations

from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from oais.information.identifiers import AipReference
from oais.web.doors import Door
from oais.web.downloads import content_disposition
from oais.web.rendering import access_of, respond
from oais.web.visitors import kept_by_caches
from policies.access import Action


def newest(request: Request, aip_id: str, page: int = 1) -> Response:
    """Show the newest version of an AIP; ``ID@vN`` is understood too."""
    return respond(request, "aip.html", access_of(request).show(aip_id, page))


def version(request: Request, aip_id: str, version: int, page: int = 1) -> Response:
    """Show one version of an AIP; it stays at this address for ever."""
    return respond(request, "aip.html", access_of(request).show(f"{aip_id}@v{version}", page))


def bibtex(request: Request, aip_id: str, version: int) -> Response:
    """Hand out the citation of a version for a bibliography."""
    reference = AipReference(aip_id, version)
    citation = access_of(request).citation(str(reference))
    headers = {
        "Content-Disposition": content_disposition(f"{reference}.bib"),
        **kept_by_caches(request),
    }
    return Response(citation.bibtex, media_type="application/x-bibtex", headers=headers)


DOORS: Final = (
    Door("/aip/{aip_id}", newest, Action.READ_METADATA),
    Door("/aip/{aip_id}/v{version:int}", version, Action.READ_METADATA),
    Door("/aip/{aip_id}/v{version:int}/citation.bib", bibtex, Action.READ_METADATA),
)
"""The doors of these pages."""
