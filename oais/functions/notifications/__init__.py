"""Notifications: whom the archive tells of what, once each, and never of what he may not know."""

from oais.database.notices import Subscription
from oais.functions.notifications.announcing import announce_upcoming, report_damage
from oais.functions.notifications.embargoes import tell_of_releases
from oais.functions.notifications.new_data import tell_of_deliveries
from oais.functions.notifications.planning import announce_plan
from oais.functions.notifications.subscriptions import (
    subscribe,
    subscriptions_of,
    unsubscribe,
    unsubscribe_by_link,
)
from oais.functions.service import Service

__all__ = [
    "Subscription",
    "announce_plan",
    "announce_upcoming",
    "notify_due",
    "report_damage",
    "subscribe",
    "subscriptions_of",
    "unsubscribe",
    "unsubscribe_by_link",
]


def notify_due(service: Service) -> int:
    """Queue the letters that are due and return how many: of new data, refused deliveries, ending embargoes.

    What was told is kept with the letter in one transaction, so a crash neither repeats nor loses any.
    """
    return tell_of_deliveries(service) + tell_of_releases(service)
