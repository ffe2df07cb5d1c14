"""Where a request comes from, and how much of that tells one household from the next."""

from __future__ import annotations

import ipaddress
from typing import Final

from starlette.requests import Request

_PREFIXES: Final = {4: 24, 6: 56}
"""How much of an address tells one household from the next, by version of IP."""


def address_of(request: Request) -> str:
    """Return the address of who asks; a trusted proxy tells it, and nobody else is believed."""
    peer = request.client.host if request.client else ""
    trusted = request.scope["app"].state.archive.settings.trusted_proxy
    forwarded = request.headers.get("x-forwarded-for", "")
    return forwarded.rpartition(",")[2].strip() if trusted and peer == trusted and forwarded else peer


def prefix_of(address: str) -> str:
    """Return what a household's addresses share: the first 24 bits of IPv4, 56 of IPv6; else the text."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address
    return str(ipaddress.ip_network((parsed, _PREFIXES[parsed.version]), strict=False))
