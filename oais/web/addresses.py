"""Where a request comes from, and how much of that tells one household from the next."""

from __future__ import annotations

import ipaddress
from typing import Final

from starlette.requests import Request

_PREFIXES: Final = {4: 24, 6: 56}
"""How much of an address tells one household from the next, by version of IP."""


def address_of(request: Request) -> str:
    """Return the address of who asks; a trusted proxy tells it, and nobody else is believed.

    A proxy adds what it sees at the end, to the last header or as another one; before it stands what the
    client made up.
    """
    peer = _plain(request.client.host if request.client else "")
    trusted = request.scope["app"].state.archive.settings.trusted_proxy
    told = ",".join(request.headers.getlist("x-forwarded-for")).rpartition(",")[2].strip()
    return _plain(told) if trusted and peer == trusted and told else peer


def _plain(address: str) -> str:
    """Return an IPv4 address as such, also where a socket for both kinds writes it as one of IPv6."""
    try:
        mapped = ipaddress.IPv6Address(address).ipv4_mapped
    except ValueError:
        return address
    return str(mapped or address)


def prefix_of(address: str) -> str:
    """Return what a household's addresses share: the first 24 bits of IPv4, 56 of IPv6; else the text."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address
    return str(ipaddress.ip_network((parsed, _PREFIXES[parsed.version]), strict=False))
