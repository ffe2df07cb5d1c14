"""Subscriptions: searches whose new finds a person wants to hear of; a place of the tree is such a search."""

from __future__ import annotations

import hmac
import json
from dataclasses import asdict

from oais.database import notices
from oais.database.notices import Subscription
from oais.errors import NotFoundError, RefusedError
from oais.functions.access.question import Question
from oais.functions.mailing import link
from oais.functions.service import Service

MOST_SUBSCRIPTIONS = 100

_NO_SUCH = "there is no such subscription"


def subscribe(service: Service, person: str, name: str, question: Question) -> Subscription:
    """Let a person hear of new data that this search finds; raises RefusedError past the most he can have."""
    asked = {part: value for part, value in asdict(question).items() if value != getattr(Question(), part)}
    for part in ("page", "per_page", "order", "show"):
        asked.pop(part, None)
    subscription = Subscription(
        person=person,
        name=name,
        question=json.dumps(asked, sort_keys=True),
        made_at=service.archive.now(),
    )
    with service.database.writing() as connection:
        if len(notices.subscriptions(connection, person)) >= MOST_SUBSCRIPTIONS:
            raise RefusedError(
                f"you have {MOST_SUBSCRIPTIONS} subscriptions already", remedy="end one of them first"
            )
        notices.subscribe(connection, subscription)
    return subscription


def subscriptions_of(service: Service, person: str) -> list[Subscription]:
    """Return what a person wants to hear of."""
    with service.database.reading() as connection:
        return notices.subscriptions(connection, person)


def unsubscribe(service: Service, person: str, identifier: str) -> None:
    """End a person's own subscription; raises NotFoundError."""
    with service.database.writing() as connection:
        found = notices.by_identifier(connection, identifier)
        if found is None or found.person != person:
            raise NotFoundError(_NO_SUCH)
        notices.unsubscribe(connection, identifier)


def unsubscribe_by_link(service: Service, identifier: str, proof: str) -> None:
    """End a subscription for whoever holds the link from its letters; raises NotFoundError."""
    if not hmac.compare_digest(proof.encode(errors="replace"), _proof(service, identifier).encode()):
        raise NotFoundError(_NO_SUCH)
    with service.database.writing() as connection:
        notices.unsubscribe(connection, identifier)


def unsubscribe_link(service: Service, subscription: Subscription) -> str:
    """Return the address of the page that ends a subscription without a login."""
    identifier = subscription.identifier
    return link(service, f"/unsubscribe/{identifier}/{_proof(service, identifier)}")


def question_of(subscription: Subscription) -> Question:
    """Return the search of a subscription."""
    asked = json.loads(subscription.question)
    listed = {part: tuple(asked[part]) for part in ("among", "reference") if part in asked}
    return Question(**{**asked, **listed})


def _proof(service: Service, identifier: str) -> str:
    return service.hmac("unsubscribe", identifier)[:32]
