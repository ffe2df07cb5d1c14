"""For programs: what erasing an account would take away, and doing it."""

from __future__ import annotations

from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from oais.functions.people.erasure import erase_own, erasure_view
from oais.web.api.account import done
from oais.web.api.archive import ROOT
from oais.web.doors import Door
from oais.web.limits import check_guess
from oais.web.rendering import answer_json
from oais.web.site.erasing import ErasureForm, OwnErasureForm, erase_named
from oais.web.visitors import principal_of, service_of
from policies.principals import Duty

_ME: Final = f"{ROOT}/me"
_PERSON: Final = f"{ROOT}/people/{{identifier}}"


def own_erasure(request: Request) -> Response:
    """Tell what erasing one's own account would do."""
    return answer_json(erasure_view(service_of(request), principal_of(request).identifier))


def erased_own(request: Request, body: OwnErasureForm) -> Response:
    """Erase one's own account, with the present password."""
    check_guess(request)
    erase_own(service_of(request), principal_of(request).identifier, body.password, heir=body.heir)
    return done()


def erasure(request: Request, identifier: str) -> Response:
    """Tell what erasing somebody's account would do."""
    return answer_json(erasure_view(service_of(request), identifier))


def erased(request: Request, identifier: str, body: ErasureForm) -> Response:
    """Erase somebody's account, whose username is given once more."""
    erase_named(request, identifier, body)
    return done()


DOORS: Final = (
    Door(f"{_ME}/erasure", own_erasure, Duty.OWN_ACCOUNT),
    Door(f"{_ME}/erase", erased_own, Duty.OWN_ACCOUNT, ("POST",)),
    Door(f"{_PERSON}/erasure", erasure, Duty.MANAGE_PEOPLE),
    Door(f"{_PERSON}/erase", erased, Duty.MANAGE_PEOPLE, ("POST",)),
)
"""The doors of these answers."""
