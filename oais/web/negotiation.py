"""Which form of an answer was asked for (RFC 9110 §12.5.1): a page for people or its JSON twin."""

from __future__ import annotations

from starlette.requests import Request

from oais.errors import ArchiveError
from oais.web.doors import API

HTML = "text/html"
JSON = "application/json"
_OFFERS = (HTML, JSON)
_LONGEST = 2000


class NotAcceptableError(ArchiveError):
    """None of the forms we have was asked for."""

    exit_code = 2
    http_status = 406


def choose_form(accept: str | None) -> str:
    """Return ``text/html`` or ``application/json``; raises NotAcceptableError when neither is wanted.

    A missing header wants anything. Equal wishes give the page.
    """
    found = wishes(accept if accept and accept.strip() else "*/*")
    weight, offer = max(((_weight(offer, found), offer) for offer in _OFFERS), key=lambda pair: pair[0])
    if weight <= 0:
        raise NotAcceptableError(
            "the Accept header asks for a form that does not exist here",
            remedy=f"ask for one of {', '.join(_OFFERS)}",
        )
    return offer


def wants_json(request: Request) -> bool:
    """Return whether the answer will be JSON: for programs, and when no form of ours was asked for."""
    if request.scope["path"].startswith(API):
        return True
    try:
        return choose_form(request.headers.get("accept")) == JSON
    except NotAcceptableError:
        return True


def wishes(accept: str) -> list[tuple[str, float]]:
    """Return what a header of wishes names, in small letters, each with its weight from 0 to 1."""
    found = []
    for part in accept[:_LONGEST].split(","):
        name, *parameters = (piece.strip().lower() for piece in part.split(";"))
        weight = 1.0
        for parameter in parameters:
            key, _, value = parameter.partition("=")
            if key == "q":
                weight = _quality(value)
        found.append((name, weight))
    return found


def _quality(text: str) -> float:
    try:
        quality = float(text)
    except ValueError:
        return 0.0
    return quality if 0.0 <= quality <= 1.0 else 0.0


def _weight(offer: str, found: list[tuple[str, float]]) -> float:
    """Return the weight that the most specific matching range gives to ``offer``."""
    family = offer.split("/", maxsplit=1)[0] + "/*"
    for pattern in (offer, family, "*/*"):
        matching = [weight for name, weight in found if name == pattern]
        if matching:
            return max(matching)
    return 0.0
