"""My subscriptions: searches and places whose new data one hears of, and the link that ends one."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated, Final
from urllib.parse import parse_qsl

from fastapi import Query
from starlette.requests import Request
from starlette.responses import Response

from oais.errors import WrongUsageError
from oais.functions.notifications import (
    Subscription,
    subscribe,
    subscriptions_of,
    unsubscribe,
    unsubscribe_by_link,
)
from oais.web.doors import Door, Public
from oais.web.forms import Form, form_of
from oais.web.rendering import access_of, respond
from oais.web.site.entrance import UNPROCESSABLE, fault_of, see_other
from oais.web.site.search import question_here
from oais.web.visitors import principal_of, service_of
from policies.principals import Duty

PAGE: Final = "/me/subscriptions"
_LONGEST_NAME = 100


class SubscriptionForm(Form):
    """What to hear of: a search, as it stands behind ``?`` in its address; a place is ``node=PLACE``."""

    name: str = ""
    query: str


class EndForm(Form):
    """Which subscription is meant."""

    identifier: str


def subscriptions(request: Request, query: Annotated[str, Query(max_length=2048)] = "") -> Response:
    """Show what one hears of; ``query`` fills the form, as the links of places and searches do."""
    return _page(request, query)


def add(request: Request) -> Response:
    """Hear of the new data of a search from now on."""
    form = form_of(request, SubscriptionForm)
    try:
        subscribe_visitor(request, form)
    except WrongUsageError as error:
        return _page(request, form.query, fault_of(error))
    return see_other(PAGE)


def subscribe_visitor(request: Request, form: SubscriptionForm) -> Subscription:
    """Subscribe whoever asks to a search, once it was tried; raises WrongUsageError, RefusedError."""
    question = question_here(request, dict(parse_qsl(form.query)))
    access_of(request).find(question)
    name = (form.name.strip() or question.node or question.words or "all new data")[:_LONGEST_NAME]
    return subscribe(service_of(request), principal_of(request).identifier, name, question)


def end(request: Request) -> Response:
    """Hear no more of something."""
    form = form_of(request, EndForm)
    unsubscribe(service_of(request), principal_of(request).identifier, form.identifier)
    return see_other(PAGE)


def ending_page(request: Request, identifier: str, proof: str) -> Response:
    """Show the button that ends a subscription; programs that open all links of a mail end nothing."""
    return respond(request, "unsubscribe.html", {"identifier": identifier}, proof=proof)


def end_by_link(request: Request, identifier: str, proof: str) -> Response:
    """End a subscription for whoever has the link from its letters."""
    form_of(request, Form)
    unsubscribe_by_link(service_of(request), identifier, proof)
    view = {"title": "It is ended", "told": "You hear no more of this. Other subscriptions go on."}
    return respond(request, "told.html", view)


def _page(request: Request, query: str, fault: str = "") -> Response:
    view = {"subscriptions": subscriptions_of(service_of(request), principal_of(request).identifier)}
    status = UNPROCESSABLE if fault else HTTPStatus.OK
    return respond(request, "subscriptions.html", view, status=status, query=query, fault=fault)


DOORS: Final = (
    Door(PAGE, subscriptions, Duty.OWN_ACCOUNT),
    Door(PAGE, add, Duty.OWN_ACCOUNT, ("POST",)),
    Door(f"{PAGE}/end", end, Duty.OWN_ACCOUNT, ("POST",)),
    Door("/unsubscribe/{identifier}/{proof}", ending_page, Public.NOTHING),
    Door("/unsubscribe/{identifier}/{proof}", end_by_link, Public.NOTHING, ("POST",)),
)
"""The doors of these pages."""
