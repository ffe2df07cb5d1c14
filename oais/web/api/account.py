"""One's own account: sessions, tokens, delegations, saved queries and profiles."""

from __future__ import annotations

from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from oais.functions.access.views import ReleaseNote
from oais.functions.embargo.listing import releases_of
from oais.functions.notifications.wishes import ask_for_access
from oais.functions.people.delegation import (
    cancel_delegation,
    delegate,
    edit_delegation,
    possible_delegates,
)
from oais.functions.people.ends import end_named
from oais.functions.people.saved import (
    delete_profile,
    delete_query,
    save_profile,
    save_query,
    saved_profiles,
    saved_queries,
)
from oais.functions.people.sessions import end_session
from oais.functions.people.tokens import make_token, revoke_token
from oais.functions.people.views import (
    AccountView,
    TokenView,
    account_view,
    delegation_view,
    delegation_views,
    session_views,
    token_view,
    token_views,
)
from oais.web.api.archive import ROOT
from oais.web.doors import Door
from oais.web.forms import Form, token_of
from oais.web.rendering import access_of, answer_json
from oais.web.site.asking import AskForm
from oais.web.site.delegations import DelegationForm
from oais.web.site.saved import ProfileForm, QueryForm
from oais.web.site.tokens import TokenForm
from oais.web.visitors import principal_of, service_of, visitor_of
from policies.principals import Duty

_ME: Final = f"{ROOT}/me"


class ChangedDelegation(Form):
    """A delegation's note, and its new end: the last day or a moment (empty: as the owner has it)."""

    until: str = ""
    note: str | None = None


@dataclass(frozen=True, slots=True)
class Me:
    """One's account, when one's observation requests become public, and the token that changes need.

    Changes by this session send it as ``X-CSRF-Token``.
    """

    account: AccountView
    releases: tuple[ReleaseNote, ...]
    csrf_token: str


@dataclass(frozen=True, slots=True)
class MadeToken:
    """A token just made; ``secret`` is told this once."""

    token: TokenView
    secret: str = field(repr=False)


def done() -> Response:
    """Answer that it is done and there is nothing to tell."""
    return Response(status_code=HTTPStatus.NO_CONTENT)


def me(request: Request) -> Response:
    """Tell all that belongs to the account."""
    visitor = visitor_of(request)
    account = account_view(service_of(request), visitor.principal.identifier, visitor.credential)
    releases = releases_of(access_of(request), {owned.request for owned in account.requests})
    return answer_json(Me(account, releases, "" if visitor.by_header else token_of(request)))


def sessions(request: Request) -> Response:
    """List one's sessions."""
    visitor = visitor_of(request)
    return answer_json(session_views(service_of(request), visitor.principal.identifier, visitor.credential))


def leave_session(request: Request, identifier: str) -> Response:
    """End one of one's sessions."""
    end_session(service_of(request), principal_of(request).identifier, identifier)
    return done()


def tokens(request: Request) -> Response:
    """List one's tokens."""
    return answer_json(token_views(service_of(request), principal_of(request).identifier))


def new_token(request: Request, body: TokenForm) -> Response:
    """Make a token; the answer tells it, this once."""
    service, asker = service_of(request), principal_of(request)
    person = asker.identifier
    made = make_token(service, person, person, body.name, body.scopes, body.days, within=asker.scopes)
    return answer_json(MadeToken(token_view(service, made.token), made.secret), HTTPStatus.CREATED)


def end_token(request: Request, identifier: str) -> Response:
    """Revoke a token."""
    revoke_token(service_of(request), principal_of(request).identifier, identifier)
    return done()


def delegations(request: Request) -> Response:
    """List what one gave and was given, and when these data become public."""
    service, person = service_of(request), principal_of(request).identifier
    given = delegation_views(service, person, received=False)
    received = delegation_views(service, person, received=True)
    releases = releases_of(access_of(request), {one.request for one in (*given, *received)})
    return answer_json({"given": given, "received": received, "releases": releases})


def delegates(request: Request, observation: str, person: str = "") -> Response:
    """List registered people with whom an observation request of one's own can be shared."""
    owner = principal_of(request).identifier
    found = possible_delegates(service_of(request), owner, observation, person)
    return answer_json([{"login": one.login, "name": one.name} for one in found])


def new_delegation(request: Request, body: DelegationForm) -> Response:
    """Share an observation request with a registered person."""
    service, owner, until = service_of(request), principal_of(request).identifier, end_named(body.until)
    made = delegate(service, owner, body.request, body.delegate, until=until, note=body.note)
    return answer_json(delegation_view(service, made), HTTPStatus.CREATED)


def changed_delegation(request: Request, identifier: str, body: ChangedDelegation) -> Response:
    """Change until when a delegation holds, and its note."""
    service, owner, until = service_of(request), principal_of(request).identifier, end_named(body.until)
    changed = edit_delegation(service, owner, identifier, until=until, note=body.note)
    return answer_json(delegation_view(service, changed))


def end_delegation(request: Request, identifier: str) -> Response:
    """End a delegation, effective at the delegate's next request."""
    cancel_delegation(service_of(request), principal_of(request).identifier, identifier)
    return done()


def queries(request: Request) -> Response:
    """List one's saved searches."""
    return answer_json(saved_queries(service_of(request), principal_of(request).identifier))


def new_query(request: Request, body: QueryForm) -> Response:
    """Save a search, instead of one that had its name."""
    service, person = service_of(request), principal_of(request).identifier
    saved = save_query(service, person, body.name, body.query, description=body.description)
    return answer_json(saved, HTTPStatus.CREATED)


def forget_query(request: Request, identifier: str) -> Response:
    """Delete a saved search."""
    delete_query(service_of(request), principal_of(request).identifier, identifier)
    return done()


def profiles(request: Request) -> Response:
    """List one's profiles."""
    return answer_json(saved_profiles(service_of(request), principal_of(request).identifier))


def new_profile(request: Request, body: ProfileForm) -> Response:
    """Save a profile, instead of one that had its name."""
    saved = save_profile(
        service_of(request),
        principal_of(request).identifier,
        body.name,
        body.data_sets.splitlines(),
        starts=body.starts,
        ends=body.ends,
        package_format=body.format,
    )
    return answer_json(saved, HTTPStatus.CREATED)


def forget_profile(request: Request, identifier: str) -> Response:
    """Delete a profile."""
    delete_profile(service_of(request), principal_of(request).identifier, identifier)
    return done()


def ask(request: Request, wish: AskForm) -> Response:
    """Ask for access to closed data: the wish goes by mail to those who decide, once for each package."""
    new = ask_for_access(service_of(request), access_of(request), wish.about, wish.purpose)
    return answer_json({"about": wish.about, "new": new}, HTTPStatus.ACCEPTED)


DOORS: Final = (
    Door(_ME, me, Duty.OWN_ACCOUNT),
    Door(f"{_ME}/sessions", sessions, Duty.OWN_ACCOUNT),
    Door(f"{_ME}/sessions/{{identifier}}", leave_session, Duty.OWN_ACCOUNT, ("DELETE",)),
    Door(f"{_ME}/tokens", tokens, Duty.OWN_ACCOUNT),
    Door(f"{_ME}/tokens", new_token, Duty.OWN_ACCOUNT, ("POST",)),
    Door(f"{_ME}/tokens/{{identifier}}", end_token, Duty.OWN_ACCOUNT, ("DELETE",)),
    Door(f"{_ME}/delegations", delegations, Duty.OWN_ACCOUNT),
    Door(f"{_ME}/delegations", new_delegation, Duty.OWN_ACCOUNT, ("POST",)),
    Door(f"{_ME}/delegations/{{identifier}}", changed_delegation, Duty.OWN_ACCOUNT, ("PATCH",)),
    Door(f"{_ME}/delegations/{{identifier}}", end_delegation, Duty.OWN_ACCOUNT, ("DELETE",)),
    Door(f"{_ME}/delegates", delegates, Duty.OWN_ACCOUNT),
    Door(f"{_ME}/queries", queries, Duty.OWN_ACCOUNT),
    Door(f"{_ME}/queries", new_query, Duty.OWN_ACCOUNT, ("POST",)),
    Door(f"{_ME}/queries/{{identifier}}", forget_query, Duty.OWN_ACCOUNT, ("DELETE",)),
    Door(f"{_ME}/wishes", ask, Duty.OWN_ACCOUNT, ("POST",)),
    Door(f"{_ME}/profiles", profiles, Duty.OWN_ACCOUNT),
    Door(f"{_ME}/profiles", new_profile, Duty.OWN_ACCOUNT, ("POST",)),
    Door(f"{_ME}/profiles/{{identifier}}", forget_profile, Duty.OWN_ACCOUNT, ("DELETE",)),
)
"""The doors of these answers."""
