"""Requests that another site makes a visitor's browser send (CSRF): to every door that changes something.

The browser adds the visitor's cookies by itself; what the other site cannot know is the token of our forms.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from oais.functions.people.sessions import log_in
from oais.functions.service import Service
from oais.web.doors import SAFE_METHODS, Door
from proofs.access.addresses import Address
from proofs.access.asking import FORM, JSON, Client
from proofs.access.world import PASSWORD

EVIL = {"Origin": "https://evil.example"}
WAYS: Mapping[str, tuple[Mapping[str, str], frozenset[int]]] = {
    "another site's origin": (EVIL, frozenset({403})),
    "another site, told by the browser": ({"Sec-Fetch-Site": "cross-site"}, frozenset({403})),
    "no token": ({"Origin": "null"}, frozenset({403})),
    "plain text": ({**EVIL, "Content-Type": "text/plain"}, frozenset({403, 415})),
}
"""How it is forged, and what is answered; text that no door takes may be refused as such."""


_PARTS = (
    b'--x\r\nContent-Disposition: form-data; name="csrf"\r\n\r\nguessed\r\n'
    b'--x\r\nContent-Disposition: form-data; name="file"; filename="a.zip"\r\n'
    b"Content-Type: application/zip\r\n\r\nPK\r\n--x--\r\n"
)
_FILES = {"Content-Type": "multipart/form-data; boundary=x"}
_TUS = {"X-HTTP-Method-Override": "DELETE"}


def victims(service: Service) -> dict[str, dict[str, str]]:
    """Return the cookies that two browsers add: of an administrator who is logged in, and of a stranger."""
    session = log_in(service, "administrator", PASSWORD).secret
    return {
        "administrator": {"Cookie": f"oais-session={session}; oais-visit={'v' * 43}"},
        "stranger": {"Cookie": f"oais-visit={'s' * 43}"},
    }


def _sent_to(door: Door) -> tuple[bytes, Mapping[str, str]]:
    """Return a body, and headers, that the door would look at."""
    if door.for_programs:
        return b"{}", {**JSON, **_TUS}
    return (_PARTS, _FILES) if door.streams else (b"", FORM)


def forged(
    client: Client, visitors: Mapping[str, Mapping[str, str]], wanted: Iterable[Address]
) -> Iterator[str | None]:
    """Send every forgery to every address that changes something; yield None, or what was taken."""
    for address in wanted:
        for method in sorted(set(address.door.methods) - SAFE_METHODS):
            body, usual = _sent_to(address.door)
            for who, cookies in visitors.items():
                for way, (headers, refused) in WAYS.items():
                    status = client.ask(method, address.text, {**usual, **cookies, **headers}, body).status
                    fine = status in refused or (who == "stranger" and status == 401)
                    yield None if fine else f"{who}: {method} {address.text}, {way}: {status}"
