"""Subscriptions for programs: what one hears of by mail."""

from __future__ import annotations

from http import HTTPStatus
from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from oais.functions.notifications import subscriptions_of, unsubscribe
from oais.web.doors import Door
from oais.web.rendering import answer_json
from oais.web.site.subscriptions import SubscriptionForm, subscribe_visitor
from oais.web.visitors import principal_of, service_of
from policies.principals import Duty


def list_subscriptions(request: Request) -> Response:
    """Tell what one hears of."""
    return answer_json(
        {"subscriptions": subscriptions_of(service_of(request), principal_of(request).identifier)}
    )


def add_subscription(request: Request, wish: SubscriptionForm) -> Response:
    """Hear of the new data of a search from now on."""
    return answer_json(subscribe_visitor(request, wish), HTTPStatus.CREATED)


def end_subscription(request: Request, identifier: str) -> Response:
    """Hear no more of something."""
    unsubscribe(service_of(request), principal_of(request).identifier, identifier)
    return Response(status_code=HTTPStatus.NO_CONTENT)


_PATH: Final = "/api/v1/subscriptions"

DOORS: Final = (
    Door(_PATH, list_subscriptions, Duty.OWN_ACCOUNT),
    Door(_PATH, add_subscription, Duty.OWN_ACCOUNT, ("POST",)),
    Door(f"{_PATH}/{{identifier}}", end_subscription, Duty.OWN_ACCOUNT, ("DELETE",)),
)
"""The doors of these programs."""
