"""Erasing an account: what goes and what stays is shown first, then it is done, by its owner or for him."""

from __future__ import annotations

from http import HTTPStatus
from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from oais.errors import ArchiveError, InvalidError, NotFoundError, RefusedError
from oais.functions.people.erasure import erase, erase_own, erasure_view
from oais.web.cookies import SESSION, clear_cookie
from oais.web.doors import Door
from oais.web.forms import Form, form_of
from oais.web.limits import check_guess
from oais.web.rendering import respond
from oais.web.site.entrance import ACCOUNT_ERASED, UNPROCESSABLE, fault_of, see_other
from oais.web.visitors import principal_of, service_of
from policies.principals import Duty

_PEOPLE: Final = "/desk/people"


class OwnErasureForm(Form):
    """The present password, and the username of whoever takes over what would have no owner."""

    password: str
    heir: str = ""


class ErasureForm(Form):
    """The username of the account that goes, typed once more, and of whoever takes over."""

    login: str
    heir: str = ""


class PersonErasureForm(ErasureForm):
    """The same, and which account is meant, by identifier."""

    person: str


def own_erasure(request: Request) -> Response:
    """Show what erasing one's own account would do."""
    return _shown(request, principal_of(request).identifier)


def erased_own(request: Request) -> Response:
    """Erase one's own account, and lead out."""
    form, person = form_of(request, OwnErasureForm), principal_of(request).identifier
    check_guess(request)
    try:
        erase_own(service_of(request), person, form.password, heir=form.heir)
    except (InvalidError, NotFoundError, RefusedError) as error:
        return _shown(request, person, error, heir=form.heir)
    response = see_other(f"/login?told={ACCOUNT_ERASED}")
    clear_cookie(request, response, SESSION)
    return response


def erasure(request: Request, identifier: str) -> Response:
    """Show what erasing somebody's account would do."""
    return _shown(request, identifier)


def erased(request: Request) -> Response:
    """Erase somebody's account, and go back to the list."""
    form = form_of(request, PersonErasureForm)
    try:
        erase_named(request, form.person, form)
    except (InvalidError, NotFoundError, RefusedError) as error:
        return _shown(request, form.person, error, heir=form.heir)
    return see_other(_PEOPLE)


def erase_named(request: Request, identifier: str, form: ErasureForm) -> None:
    """Erase an account whose username was typed once more; raises as ``erase``, InvalidError for another."""
    service, by = service_of(request), principal_of(request).identifier
    found = erasure_view(service, identifier)
    if form.login.strip().casefold() != found.login:
        raise InvalidError(
            f"the username that was typed is not {found.login}",
            remedy="type the username of the account that is to be erased",
        )
    erase(service, by, found.identifier, heir=form.heir)


def _shown(request: Request, identifier: str, error: ArchiveError | None = None, heir: str = "") -> Response:
    view = erasure_view(service_of(request), identifier)
    more = {
        "own": view.identifier == principal_of(request).identifier,
        "heir": heir,
        "fault": fault_of(error) if error else "",
    }
    return respond(request, "erase.html", view, status=UNPROCESSABLE if error else HTTPStatus.OK, **more)


DOORS: Final = (
    Door("/me/erase", own_erasure, Duty.OWN_ACCOUNT),
    Door("/me/erase", erased_own, Duty.OWN_ACCOUNT, ("POST",)),
    Door(f"{_PEOPLE}/of/{{identifier}}/erase", erasure, Duty.MANAGE_PEOPLE),
    Door(f"{_PEOPLE}/erase", erased, Duty.MANAGE_PEOPLE, ("POST",)),
)
"""The doors of these pages."""
