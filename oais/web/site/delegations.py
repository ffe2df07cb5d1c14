"""Access delegation: a PI shares the data of his observation requests with registered people."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated, Final

from fastapi import Query
from starlette.requests import Request
from starlette.responses import Response

from oais.errors import InvalidError, NotFoundError
from oais.functions.embargo.listing import releases_of
from oais.functions.people.delegation import (
    cancel_delegation,
    delegate,
    edit_delegation,
    possible_delegates,
    requests_of,
)
from oais.functions.people.ends import end_named
from oais.functions.people.views import delegation_views
from oais.web.doors import Door
from oais.web.forms import Form, form_of
from oais.web.rendering import access_of, respond
from oais.web.site.entrance import UNPROCESSABLE, fault_of, see_other
from oais.web.visitors import principal_of, service_of
from policies.principals import Duty

PAGE: Final = "/me/delegations"


class DelegationForm(Form):
    """Which observation request is shared with whom, until the end of which day, and why."""

    request: str
    delegate: str
    until: str = ""
    note: str = ""


class EditForm(Form):
    """A delegation and its new end and note."""

    delegation: str
    until: str = ""
    note: str = ""


class CancelForm(Form):
    """Which delegation ends."""

    delegation: str


def delegations(
    request: Request,
    observation: Annotated[str, Query(max_length=200)] = "",
    person: Annotated[str, Query(max_length=200)] = "",
) -> Response:
    """Show what is shared and with whom; with ``observation`` the registered people it can be shared with."""
    return _page(request, observation, person)


def new(request: Request) -> Response:
    """Share an observation request."""
    form = form_of(request, DelegationForm)
    owner = principal_of(request).identifier
    try:
        until = end_named(form.until)
        delegate(service_of(request), owner, form.request, form.delegate, until=until, note=form.note)
    except (InvalidError, NotFoundError) as error:
        return _page(request, form.request, fault=fault_of(error))
    return see_other(PAGE)


def edit(request: Request) -> Response:
    """Change until when something is shared, or the note."""
    form = form_of(request, EditForm)
    owner = principal_of(request).identifier
    try:
        until = end_named(form.until)
        edit_delegation(service_of(request), owner, form.delegation, until=until, note=form.note)
    except InvalidError as error:
        return _page(request, fault=fault_of(error))
    return see_other(PAGE)


def cancel(request: Request) -> Response:
    """End a delegation, effective at the delegate's next request."""
    form = form_of(request, CancelForm)
    cancel_delegation(service_of(request), principal_of(request).identifier, form.delegation)
    return see_other(PAGE)


def _page(request: Request, observation: str = "", person: str = "", fault: str = "") -> Response:
    service, owner = service_of(request), principal_of(request).identifier
    found = possible_delegates(service, owner, observation, person) if observation else []
    given = delegation_views(service, owner, received=False)
    received = delegation_views(service, owner, received=True)
    view = {
        "requests": requests_of(service, owner),
        "given": given,
        "received": received,
        "releases": releases_of(access_of(request), {one.request for one in (*given, *received)}),
        "observation": observation,
        "people": [{"login": one.login, "name": one.name} for one in found],
    }
    status = UNPROCESSABLE if fault else HTTPStatus.OK
    return respond(request, "delegations.html", view, status=status, fault=fault)


DOORS: Final = (
    Door(PAGE, delegations, Duty.OWN_ACCOUNT),
    Door(PAGE, new, Duty.OWN_ACCOUNT, ("POST",)),
    Door(f"{PAGE}/edit", edit, Duty.OWN_ACCOUNT, ("POST",)),
    Door(f"{PAGE}/cancel", cancel, Duty.OWN_ACCOUNT, ("POST",)),
)
"""The doors of these pages."""
