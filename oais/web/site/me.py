"""One's own account: who one is, what one may use, one's sessions, password and address."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import Response

from oais.errors import InvalidError
from oais.functions.deposit.answering import standings_of
from oais.functions.embargo.listing import releases_of
from oais.functions.notifications import subscriptions_of
from oais.functions.orders.consumers import consumer_of
from oais.functions.orders.fetching import list_orders
from oais.functions.people.accounts import change_password
from oais.functions.people.confirmations import ask_new_address, confirm_new_address
from oais.functions.people.sessions import end_other_sessions, end_session
from oais.functions.people.views import account_view
from oais.web.doors import Door, Public
from oais.web.forms import Form, form_of
from oais.web.limits import check_guess
from oais.web.rendering import access_of, respond
from oais.web.site.entrance import UNPROCESSABLE, SecretForm, fault_of, see_other
from oais.web.visitors import principal_of, service_of, visitor_of
from policies.principals import Duty, may

GLANCED_AT: Final = 5
"""Rows that this page shows of what has a page of its own."""


class PasswordForm(Form):
    """The present password and the new one, and whether the tokens end with the old one."""

    old: str
    new: str
    end_tokens: bool = False


class AddressForm(Form):
    """A new e-mail address, and the present password."""

    email: str
    password: str


class SessionForm(Form):
    """Which session is meant."""

    session: str


def me(request: Request) -> Response:
    """Show all that belongs to the account."""
    return _account(request)


def password(request: Request) -> Response:
    """Set a new password; every other session ends, and the tokens where that is wished."""
    form, visitor = form_of(request, PasswordForm), visitor_of(request)
    check_guess(request)
    try:
        change_password(
            service_of(request),
            visitor.principal.identifier,
            form.old,
            form.new,
            session=visitor.credential,
            end_tokens=form.end_tokens,
        )
    except InvalidError as error:
        return _account(request, fault_of(error))
    return see_other("/me")


def new_address(request: Request) -> Response:
    """Mail a link to a new address; it counts when the link is opened."""
    form = form_of(request, AddressForm)
    person = visitor_of(request).principal.identifier
    check_guess(request)
    told = (
        f"A mail with a link is on its way to {form.email}, if the address is free. It works for 15 minutes."
    )
    try:
        ask_new_address(service_of(request), person, form.email, form.password)
    except InvalidError as error:
        return _account(request, fault_of(error))
    return respond(request, "told.html", {"title": "Look into your mail", "told": told})


def address_page(request: Request, secret: str = "") -> Response:
    """Show the button that confirms a new address; opening the link alone changes nothing."""
    view = {
        "title": "Confirm your new address",
        "action": "/me/address/confirm",
        "button": "This is my address",
    }
    return respond(request, "confirm.html", {**view, "secret": secret})


def confirm_address(request: Request) -> Response:
    """Take the new address for one's own."""
    confirm_new_address(service_of(request), form_of(request, SecretForm).secret)
    return respond(request, "told.html", {"title": "Thank you", "told": "Mail goes to your new address now."})


def leave_session(request: Request) -> Response:
    """End one of one's sessions."""
    form = form_of(request, SessionForm)
    end_session(service_of(request), visitor_of(request).principal.identifier, form.session)
    return see_other("/me#sessions")


def leave_other_sessions(request: Request) -> Response:
    """End all of one's sessions but this one."""
    form_of(request, Form)
    visitor = visitor_of(request)
    end_other_sessions(service_of(request), visitor.principal.identifier, but=visitor.credential)
    return see_other("/me#sessions")


def _account(request: Request, fault: str = "") -> Response:
    visitor = visitor_of(request)
    view = account_view(service_of(request), visitor.principal.identifier, visitor.credential)
    releases = releases_of(access_of(request), {owned.request for owned in view.requests})
    more = {"releases": releases, "fault": fault, **_beside(request)}
    return respond(request, "me.html", view, status=UNPROCESSABLE if fault else HTTPStatus.OK, **more)


def _beside(request: Request) -> dict[str, Any]:
    """Return what has pages of its own and is glanced at here; orders are for a person, not for a token."""
    service, asker = service_of(request), principal_of(request)
    consumer = consumer_of(service, access_of(request), "") if asker.scopes is None else None
    listed = list_orders(consumer) if consumer else None
    return {
        "orders": {"total": listed.total, "shown": listed.orders[:GLANCED_AT]} if listed else None,
        "deposits": standings_of(service, asker) if may(asker, Duty.DEPOSIT) else None,
        "subscriptions": subscriptions_of(service, asker.identifier),
    }


DOORS: Final = (
    Door("/me", me, Duty.OWN_ACCOUNT),
    Door("/me/password", password, Duty.OWN_ACCOUNT, ("POST",)),
    Door("/me/address", address_page, Public.NOTHING),
    Door("/me/address", new_address, Duty.OWN_ACCOUNT, ("POST",)),
    Door("/me/address/confirm", confirm_address, Public.NOTHING, ("POST",)),
    Door("/me/sessions/end", leave_session, Duty.OWN_ACCOUNT, ("POST",)),
    Door("/me/sessions/end-others", leave_other_sessions, Duty.OWN_ACCOUNT, ("POST",)),
)
"""The doors of these pages."""
