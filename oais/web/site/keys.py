"""The public keys whose signatures count, so that a receiver can check a package without trusting it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from oais.errors import NotFoundError
from oais.information.text import printable
from oais.web.doors import Door, Public
from oais.web.downloads import content_disposition
from oais.web.rendering import respond, site_of


@dataclass(frozen=True, slots=True)
class KeyView:
    """One public key: its id, the key itself as PEM, and where it is downloaded."""

    key_id: str
    pem: str
    address: str


def keys(request: Request) -> Response:
    """Show the public keys with which the archive's signatures are checked."""
    trusted = site_of(request).archive.trusted_keys()
    rows = [
        KeyView(name, pem.decode("ascii", "replace"), f"/keys/{name}.pem") for name, pem in trusted.items()
    ]
    return respond(request, "keys.html", {"keys": rows})


def key(request: Request, key_id: str) -> Response:
    """Hand out one public key; its id is looked up among those trusted and never joined to a path."""
    pem = site_of(request).archive.trusted_keys().get(key_id)
    if pem is None:
        raise NotFoundError(f"there is no key {printable(key_id)!r}", remedy="see /keys for all of them")
    headers = {"Content-Disposition": content_disposition(f"{key_id}.pem"), "Cache-Control": "no-cache"}
    return Response(pem, media_type="application/x-pem-file", headers=headers)


DOORS: Final = (
    Door("/keys", keys, Public.NOTHING),
    Door("/keys/{key_id}.pem", key, Public.NOTHING),
)
"""The doors of these pages."""
