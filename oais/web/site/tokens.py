"""API tokens of one's own account: made here, shown once, revoked at once."""

from __future__ import annotations

from http import HTTPStatus
from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from oais.errors import InvalidError
from oais.functions.people.tokens import MOST_DAYS, USUAL_DAYS, make_token, revoke_token
from oais.functions.people.views import token_views
from oais.web.doors import Door
from oais.web.forms import Form, form_of
from oais.web.rendering import respond
from oais.web.site.entrance import UNPROCESSABLE, fault_of, see_other
from oais.web.visitors import principal_of, service_of
from policies.principals import Duty, Scope


class TokenForm(Form):
    """What a new token is called, what it may be used for, and for how many days."""

    name: str
    scopes: tuple[str, ...] = ()
    days: int = USUAL_DAYS


class RevokeForm(Form):
    """Which token is revoked."""

    token: str


def tokens(request: Request) -> Response:
    """Show one's tokens and the form that makes one."""
    return _page(request)


def make(request: Request) -> Response:
    """Make a token and show it, this once."""
    form, service, asker = form_of(request, TokenForm), service_of(request), principal_of(request)
    person = asker.identifier
    try:
        made = make_token(service, person, person, form.name, form.scopes, form.days, within=asker.scopes)
    except InvalidError as error:
        return _page(request, fault=fault_of(error), status=UNPROCESSABLE)
    return _page(request, secret=made.secret, status=HTTPStatus.CREATED)


def revoke(request: Request) -> Response:
    """Let a token be used no more."""
    form = form_of(request, RevokeForm)
    revoke_token(service_of(request), principal_of(request).identifier, form.token)
    return see_other("/me/tokens")


def _page(
    request: Request, *, secret: str = "", fault: str = "", status: HTTPStatus = HTTPStatus.OK
) -> Response:
    view = {
        "tokens": token_views(service_of(request), principal_of(request).identifier),
        "scopes": tuple(Scope),
        "most_days": MOST_DAYS,
        "usual_days": USUAL_DAYS,
        "secret": secret,
        "fault": fault,
    }
    return respond(request, "tokens.html", view, status=status)


DOORS: Final = (
    Door("/me/tokens", tokens, Duty.OWN_ACCOUNT),
    Door("/me/tokens", make, Duty.OWN_ACCOUNT, ("POST",)),
    Door("/me/tokens/revoke", revoke, Duty.OWN_ACCOUNT, ("POST",)),
)
"""The doors of these pages."""
