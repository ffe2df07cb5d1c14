"""The desk of administrators: accounts, who waits for one, and providers' machine accounts."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated, Final
from urllib.parse import quote

from fastapi import Query
from pydantic import Field
from starlette.requests import Request
from starlette.responses import Response

from oais.functions.people.accounts import (
    Entry,
    bind_agreements,
    change_role,
    create_provider,
    disable,
    enable,
    person_of,
)
from oais.functions.people.registration import approve, import_people, refuse, waiting_for_approval
from oais.functions.people.tokens import USUAL_DAYS, make_token, revoke_token
from oais.functions.people.views import groups_of, people_page, person_view, token_views
from oais.web.doors import Door
from oais.web.forms import Form, form_of
from oais.web.rendering import respond
from oais.web.site.entrance import see_other
from oais.web.visitors import principal_of, service_of
from policies.principals import Duty, Role, Scope, State

PAGE: Final = "/desk/people"
APPROVALS: Final = "/desk/approvals"


class PersonForm(Form):
    """Which account is meant, by identifier."""

    person: str


class RoleForm(PersonForm):
    """An account and its new role."""

    role: Role


class AgreementsForm(PersonForm):
    """An account and the agreements it may deliver under."""

    agreements: tuple[str, ...] = ()


class ProviderForm(Form):
    """A new machine account of a provider."""

    login: str
    name: str
    email: str
    agreements: tuple[str, ...] = ()


class ProviderTokenForm(PersonForm):
    """A token for a provider's account."""

    name: str
    days: int = USUAL_DAYS


class TokenForm(PersonForm):
    """One token of an account."""

    token: str


class ImportForm(Form):
    """A list of accepted proposals as CSV."""

    proposals: Annotated[str, Field(max_length=200_000)]


class RefusalForm(PersonForm):
    """Who gets no account, and why."""

    reason: str = ""


def people(
    request: Request,
    text: Annotated[str, Query(max_length=200)] = "",
    role: Annotated[str, Query(max_length=40)] = "",
    state: Annotated[str, Query(max_length=40)] = "",
    page: Annotated[int, Query(ge=1, le=100_000)] = 1,
) -> Response:
    """Show a page of the accounts that fit, and the forms that make new ones."""
    service = service_of(request)
    found = people_page(service, page, text=text, role=role, state=state)
    view = {
        "people": [person_view(service, one) for one in found.people],
        "page": found.page,
        "waiting": len(waiting_for_approval(service)),
        "asked": {"text": text, "role": role, "state": state},
        "roles": _ROLES,
        "states": tuple(State),
        "agreements": tuple(sorted(service.archive.policies.agreements)),
    }
    return respond(request, "people.html", view)


def person(request: Request, identifier: str) -> Response:
    """Show one account and what can be changed of it."""
    return _person(request, identifier)


def role(request: Request) -> Response:
    """Give an account another role."""
    form = form_of(request, RoleForm)
    change_role(service_of(request), principal_of(request).identifier, form.person, form.role)
    return see_other(_page_of(form.person))


def turn_off(request: Request) -> Response:
    """Disable an account: its sessions end, and what it delegated."""
    form = form_of(request, PersonForm)
    disable(service_of(request), principal_of(request).identifier, form.person)
    return see_other(_page_of(form.person))


def turn_on(request: Request) -> Response:
    """Enable a disabled account."""
    form = form_of(request, PersonForm)
    enable(service_of(request), principal_of(request).identifier, form.person)
    return see_other(_page_of(form.person))


def agreements(request: Request) -> Response:
    """Say under which agreements an account may deliver."""
    form = form_of(request, AgreementsForm)
    by = principal_of(request).identifier
    bind_agreements(service_of(request), by, form.person, form.agreements)
    return see_other(_page_of(form.person))


def new_provider(request: Request) -> Response:
    """Make the machine account of a provider."""
    form = form_of(request, ProviderForm)
    entry = Entry(form.login, form.name, form.email)
    made = create_provider(service_of(request), principal_of(request).identifier, entry, form.agreements)
    return see_other(_page_of(made.identifier))


def new_token(request: Request) -> Response:
    """Make a token for a provider and show it, this once."""
    form = form_of(request, ProviderTokenForm)
    by = principal_of(request).identifier
    made = make_token(service_of(request), by, form.person, form.name, [Scope.DEPOSIT], form.days)
    return _person(request, form.person, secret=made.secret, status=HTTPStatus.CREATED)


def end_token(request: Request) -> Response:
    """Revoke a token of an account."""
    form = form_of(request, TokenForm)
    revoke_token(service_of(request), principal_of(request).identifier, form.token)
    return see_other(_page_of(form.person))


def proposals(request: Request) -> Response:
    """Make accounts for the PIs and co-PIs of a list of accepted proposals."""
    form = form_of(request, ImportForm)
    done = import_people(service_of(request), principal_of(request).identifier, form.proposals)
    told = (
        f"{len(done.made)} accounts made, {len(done.known)} there already, {done.requests} requests assigned."
    )
    return respond(request, "told.html", {"title": "Imported", "told": told})


def approvals(request: Request) -> Response:
    """Show whose address is confirmed and who waits for an administrator."""
    service = service_of(request)
    waiting = [person_view(service, one) for one in waiting_for_approval(service)]
    return respond(request, "approvals.html", {"waiting": waiting})


def let_in(request: Request) -> Response:
    """Approve a new account."""
    form = form_of(request, PersonForm)
    approve(service_of(request), principal_of(request).identifier, form.person)
    return see_other(APPROVALS)


def turn_away(request: Request) -> Response:
    """Refuse a new account and forget what was entered."""
    form = form_of(request, RefusalForm)
    refuse(service_of(request), principal_of(request).identifier, form.person, form.reason)
    return see_other(APPROVALS)


def _page_of(identifier: str) -> str:
    return f"{PAGE}/of/{quote(identifier, safe='')}"


def _person(
    request: Request, identifier: str, *, secret: str = "", status: HTTPStatus = HTTPStatus.OK
) -> Response:
    service = service_of(request)
    found = person_of(service, identifier)
    view = {
        "person": person_view(service, found),
        "groups": groups_of(service, found.identifier),
        "tokens": token_views(service, found.identifier),
        "roles": _ROLES,
        "agreements": tuple(sorted(service.archive.policies.agreements)),
        "secret": secret,
    }
    return respond(request, "person.html", view, status=status)


_ROLES: Final = tuple(role for role in Role if role is not Role.ANONYMOUS)

DOORS: Final = (
    Door(PAGE, people, Duty.MANAGE_PEOPLE),
    Door(f"{PAGE}/role", role, Duty.MANAGE_PEOPLE, ("POST",)),
    Door(f"{PAGE}/disable", turn_off, Duty.MANAGE_PEOPLE, ("POST",)),
    Door(f"{PAGE}/enable", turn_on, Duty.MANAGE_PEOPLE, ("POST",)),
    Door(f"{PAGE}/agreements", agreements, Duty.MANAGE_PEOPLE, ("POST",)),
    Door(f"{PAGE}/providers", new_provider, Duty.MANAGE_PEOPLE, ("POST",)),
    Door(f"{PAGE}/tokens", new_token, Duty.MANAGE_PEOPLE, ("POST",)),
    Door(f"{PAGE}/tokens/revoke", end_token, Duty.MANAGE_PEOPLE, ("POST",)),
    Door(f"{PAGE}/import", proposals, Duty.MANAGE_PEOPLE, ("POST",)),
    Door(f"{PAGE}/of/{{identifier}}", person, Duty.MANAGE_PEOPLE),
    Door(APPROVALS, approvals, Duty.MANAGE_PEOPLE),
    Door(f"{APPROVALS}/approve", let_in, Duty.MANAGE_PEOPLE, ("POST",)),
    Door(f"{APPROVALS}/refuse", turn_away, Duty.MANAGE_PEOPLE, ("POST",)),
)
"""The doors of these pages."""
