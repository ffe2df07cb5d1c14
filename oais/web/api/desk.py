"""For administrators: accounts, approvals, providers' tokens, and the log of security events."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated, Final

from fastapi import Query
from pydantic import Field
from starlette.requests import Request
from starlette.responses import Response

from oais.functions.people.accounts import (
    Entry,
    change_account,
    create_provider,
    people_listed,
    person_of,
)
from oais.functions.people.registration import approve, import_people, refuse, waiting_for_approval
from oais.functions.people.tokens import USUAL_DAYS, make_token, revoke_token
from oais.functions.people.views import person_view, token_view, token_views
from oais.functions.security_log import read_log
from oais.web.api.account import MadeToken, done
from oais.web.api.archive import ROOT
from oais.web.doors import Door
from oais.web.forms import Form
from oais.web.rendering import answer_json
from oais.web.site.log import MOST_PAGES, ROWS
from oais.web.site.people import ImportForm, ProviderForm
from oais.web.visitors import principal_of, service_of
from policies.principals import Duty, Role, Scope, State

_PEOPLE: Final = f"{ROOT}/people"
_PERSON: Final = f"{_PEOPLE}/{{identifier}}"


class ChangedPerson(Form):
    """What is changed of an account: one of them or several."""

    role: Role | None = None
    state: State | None = None
    agreements: tuple[Annotated[str, Field(max_length=200)], ...] | None = None


class ProviderToken(Form):
    """A token for a provider: what it is called, and for how many days."""

    name: str
    days: int = USUAL_DAYS


class Refusal(Form):
    """Why somebody gets no account; it is told in the mail."""

    reason: str = ""


def people(request: Request, text: str = "", role: str = "", state: str = "") -> Response:
    """List the accounts that fit."""
    service = service_of(request)
    found = people_listed(service, text=text, role=role, state=state)
    return answer_json([person_view(service, one) for one in found])


def person(request: Request, identifier: str) -> Response:
    """Tell of one account."""
    service = service_of(request)
    return answer_json(person_view(service, person_of(service, identifier)))


def changed_person(request: Request, identifier: str, body: ChangedPerson) -> Response:
    """Change role, state (active or disabled) or agreements at once, effective at the next request."""
    service, by = service_of(request), principal_of(request).identifier
    wanted = body.model_dump(exclude_none=True)
    return answer_json(person_view(service, change_account(service, by, identifier, **wanted)))


def new_provider(request: Request, body: ProviderForm) -> Response:
    """Make the machine account of a provider."""
    service, entry = service_of(request), Entry(body.login, body.name, body.email)
    made = create_provider(service, principal_of(request).identifier, entry, body.agreements)
    return answer_json(person_view(service, made), HTTPStatus.CREATED)


def proposals(request: Request, body: ImportForm) -> Response:
    """Make accounts for the PIs and co-PIs of a list of accepted proposals."""
    done_ = import_people(service_of(request), principal_of(request).identifier, body.proposals)
    return answer_json(done_, HTTPStatus.CREATED)


def tokens(request: Request, identifier: str) -> Response:
    """List the tokens of an account."""
    service = service_of(request)
    return answer_json(token_views(service, person_of(service, identifier).identifier))


def new_token(request: Request, identifier: str, body: ProviderToken) -> Response:
    """Make a token for a provider; the answer tells it, this once."""
    service, by = service_of(request), principal_of(request).identifier
    made = make_token(service, by, identifier, body.name, [Scope.DEPOSIT], body.days)
    return answer_json(MadeToken(token_view(service, made.token), made.secret), HTTPStatus.CREATED)


def end_token(request: Request, identifier: str) -> Response:
    """Revoke a token of an account."""
    revoke_token(service_of(request), principal_of(request).identifier, identifier)
    return done()


def approvals(request: Request) -> Response:
    """List who waits for an account."""
    service = service_of(request)
    return answer_json([person_view(service, one) for one in waiting_for_approval(service)])


def let_in(request: Request, identifier: str) -> Response:
    """Approve a new account."""
    service = service_of(request)
    return answer_json(person_view(service, approve(service, principal_of(request).identifier, identifier)))


def turn_away(request: Request, identifier: str, body: Refusal) -> Response:
    """Refuse a new account and forget what was entered."""
    refuse(service_of(request), principal_of(request).identifier, identifier, body.reason)
    return done()


def log(request: Request, page: Annotated[int, Query(ge=1, le=MOST_PAGES)] = 1) -> Response:
    """Tell a page of security events, the newest first, and the first line that was changed, if any."""
    return answer_json(read_log(service_of(request), first=(page - 1) * ROWS, most=ROWS))


DOORS: Final = (
    Door(_PEOPLE, people, Duty.MANAGE_PEOPLE),
    Door(f"{_PEOPLE}/providers", new_provider, Duty.MANAGE_PEOPLE, ("POST",)),
    Door(f"{_PEOPLE}/import", proposals, Duty.MANAGE_PEOPLE, ("POST",)),
    Door(_PERSON, person, Duty.MANAGE_PEOPLE),
    Door(_PERSON, changed_person, Duty.MANAGE_PEOPLE, ("PATCH",)),
    Door(f"{_PERSON}/tokens", tokens, Duty.MANAGE_PEOPLE),
    Door(f"{_PERSON}/tokens", new_token, Duty.MANAGE_PEOPLE, ("POST",)),
    Door(f"{ROOT}/tokens/{{identifier}}", end_token, Duty.MANAGE_PEOPLE, ("DELETE",)),
    Door(f"{ROOT}/approvals", approvals, Duty.MANAGE_PEOPLE),
    Door(f"{ROOT}/approvals/{{identifier}}/approve", let_in, Duty.MANAGE_PEOPLE, ("POST",)),
    Door(f"{ROOT}/approvals/{{identifier}}/refuse", turn_away, Duty.MANAGE_PEOPLE, ("POST",)),
    Door(f"{ROOT}/log", log, Duty.SEE_LOG),
)
"""The doors of these answers."""
