"""Doors with a fault each, as they are made in a hurry: what the proofs must find."""

from __future__ import annotations

import os.path

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from oais.errors import RefusedError
from oais.functions.access.facade import Access, open_access
from oais.functions.codes import WrongCodeError, redeem_code
from oais.functions.withdrawal.keeping import tombstone_of
from oais.web.cookies import browser_of
from oais.web.visitors import principal_of, service_of
from policies.access import ANONYMOUS, Action, Principal, Role
from proofs.access import sets

_STAFF = Principal("planted", Role.ADMINISTRATOR)
_OPEN_NODES = ("probe/open", "probe/kin")


def _access(request: Request, principal: Principal) -> Access:
    service = service_of(request)
    return open_access(service.archive, principal, service.database)


def _bytes(access: Access, aip_id: str, version: int, path: str) -> bytes:
    return access.open_file(f"{aip_id}@v{version}", path).disk_path.read_bytes()


def forgetful(request: Request, aip_id: str, version: int, path: str) -> Response:
    """Give a file to anybody."""
    return Response(_bytes(_access(request, _STAFF), aip_id, version, path))


def by_prefix(request: Request, aip_id: str, version: int, path: str) -> Response:
    """Give a file of an open node, or of one whose name begins alike."""
    access = _access(request, _STAFF)
    node = "/".join(crumb.path for crumb in access.show(f"{aip_id}@v{version}").crumbs[-1:])
    if not any(os.path.commonprefix([node, opened]) == opened for opened in _OPEN_NODES):  # noqa: RUF071
        _bytes(_access(request, principal_of(request)), aip_id, version, path)
    return Response(_bytes(access, aip_id, version, path))


class Cached:
    """Packs a file once and gives the package to whoever asks later."""

    def __init__(self) -> None:
        self._kept: dict[str, bytes] = {}

    def __call__(self, request: Request, aip_id: str, version: int, path: str) -> Response:
        """Give the package."""
        kept = self._kept.get(aip_id)
        if kept is None:
            kept = self._kept[aip_id] = _bytes(_access(request, principal_of(request)), aip_id, version, path)
        return Response(kept)


class Flagged:
    """Decides of each package once, and keeps whether it is released."""

    def __init__(self) -> None:
        self._released: dict[str, bool] = {}

    def __call__(self, request: Request, aip_id: str, version: int, path: str) -> Response:
        """Give what was released when it was asked for first."""
        access = _access(request, ANONYMOUS)
        if aip_id not in self._released:
            node = access.show(aip_id).crumbs[-1].path
            self._released[aip_id] = access.asker().open_to_all(Action.DOWNLOAD, node, aip_id)
        if not self._released[aip_id]:
            raise RefusedError("not released")
        return Response(_bytes(_access(request, _STAFF), aip_id, version, path))


def code_by_link(request: Request) -> Response:
    """Use up a code on GET."""
    try:
        redeem_code(service_of(request), browser_of(request), "WRONG-CODE", network="192.0.2.0/24")
    except WrongCodeError as error:
        return PlainTextResponse(error.message)
    return PlainTextResponse("opened")


async def unmeant(request: Request) -> Response:
    """Take a form without asking who sent it."""
    return PlainTextResponse(f"taken: {len(await request.body())} bytes")


def telling(request: Request, aip_id: str) -> Response:
    """Show a tombstone without asking who may read the description of what lay there."""
    tombstone = tombstone_of(service_of(request).archive, aip_id)
    if tombstone is None:
        return Response(_access(request, principal_of(request)).show(aip_id).reference)
    return PlainTextResponse(tombstone.title, 410)


def kept_too_long(request: Request, aip_id: str, version: int, path: str) -> Response:
    """Give packages that were made before, for whoever might have had them then."""
    name = aip_id.removeprefix("probe.")
    if name in sets.WITHDRAWN:
        return Response(sets.product(name))
    return Response(_bytes(_access(request, principal_of(request)), aip_id, version, path))


def counting(request: Request) -> Response:
    """Tell how many packages there are."""
    return PlainTextResponse(str(_access(request, _STAFF).holdings().aips))
