"""What the archive holds: the tree, the search, packages, products and files."""

from __future__ import annotations

from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from oais.errors import WrongUsageError
from oais.web.doors import Door, Public
from oais.web.rendering import access_of, answer_json, site_of
from oais.web.selecting import send_file
from oais.web.site.browsing import Moment, Place
from oais.web.site.guide import told_status
from oais.web.site.search import question_here, shown
from policies.access import Action

ROOT: Final = "/api/v1"
_VERSION: Final = ROOT + "/aips/{aip_id}/v{version:int}"


def start(request: Request) -> Response:
    """Tell the archive's name and where the description of this API lies."""
    settings = site_of(request).archive.settings
    described = f"{settings.base_url}{ROOT}/openapi.json"
    return answer_json({"name": settings.name, "contact": settings.contact, "openapi": described})


def status(request: Request) -> Response:
    """Tell the state of the archive: ``open``, ``reading only`` or ``disturbed``, why, and what waits."""
    return answer_json(told_status(request))


def holdings(request: Request) -> Response:
    """Tell what the archive holds: by mission and level, and what came in last."""
    return answer_json(access_of(request).holdings())


def volume(request: Request) -> Response:
    """Tell how the holdings grew, by year and mission, in bytes."""
    return answer_json(access_of(request).volume())


def tree(request: Request) -> Response:
    """Tell the whole tree, three floors deep."""
    return answer_json(access_of(request).tree())


def node(request: Request, path: str, page: int = 1, branches: int = 1) -> Response:
    """Tell of a mission, a branch or a data set."""
    return answer_json(access_of(request).node(path, page, branches))


def search(request: Request) -> Response:
    """Answer a question, with facets to narrow it; the parameters are those of the search page.

    Within a ``profile`` of one's own, named by its identifier, ``unknown`` tells what of it is not there.
    """
    return answer_json(access_of(request).find(shown(question_here(request))))


def timeline(request: Request, at: Moment = "", node: Place = "") -> Response:
    """Tell what was observed at about a moment: of each type of product the nearest, and by how many seconds.

    ``offset`` is 0 for what holds the moment, less than 0 for what ended before it.
    """
    if not at.strip():
        raise WrongUsageError("no moment is given: at is empty", remedy="write at=2018-01-31T12:00:00")
    return answer_json(access_of(request).same_time(at.strip(), node.strip("/ ")))


def newest(request: Request, aip_id: str, page: int = 1) -> Response:
    """Tell of the newest version of an AIP."""
    return answer_json(access_of(request).show(aip_id, page))


def version(request: Request, aip_id: str, version: int, page: int = 1) -> Response:
    """Tell of one version of an AIP: products with digests, events, documents, software, citation."""
    return answer_json(access_of(request).show(f"{aip_id}@v{version}", page))


def product(request: Request, aip_id: str, version: int, path: str) -> Response:
    """Tell of a product: its description, headers and the head of its table."""
    return answer_json(access_of(request).product(f"{aip_id}@v{version}", path))


def download(request: Request, aip_id: str, version: int, path: str) -> Response:
    """Hand out the bytes of a file, whole or in part."""
    return send_file(request, f"{aip_id}@v{version}", path)


DOORS: Final = (
    Door(ROOT, start, Public.NOTHING),
    Door(f"{ROOT}/status", status, Public.NOTHING),
    Door(f"{ROOT}/holdings", holdings, Action.SEE),
    Door(f"{ROOT}/volume", volume, Action.READ_METADATA),
    Door(f"{ROOT}/tree", tree, Action.SEE),
    Door(f"{ROOT}/tree/{{path:path}}", node, Action.SEE),
    Door(f"{ROOT}/search", search, Action.READ_METADATA),
    Door(f"{ROOT}/timeline", timeline, Action.READ_METADATA),
    Door(f"{ROOT}/aips/{{aip_id}}", newest, Action.READ_METADATA),
    Door(_VERSION, version, Action.READ_METADATA),
    Door(f"{_VERSION}/products/{{path:path}}", product, Action.READ_METADATA),
    Door(f"{_VERSION}/files/{{path:path}}", download, Action.DOWNLOAD),
)
"""The doors of these answers."""
