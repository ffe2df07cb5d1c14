"""What the owner of an order is told by mail: that it is ready and until when, why it failed or was ended."""

from __future__ import annotations

from datetime import datetime

from oais.database import Connection, people
from oais.database.orders import Order, OrderState
from oais.errors import WrongUsageError
from oais.functions.mailing import link, queue_mail
from oais.functions.orders.consumers import person_of
from oais.functions.service import Service
from oais.mail import Letter, Subject, parse_address

_READY = """\
Your order "{title}" is ready: {files} files.

Fetch it here until {until} UTC:
{link}

After that it is taken away; the page of the order then offers to make it again.
"""
_FAILED = """\
Your order "{title}" could not be made: {reason}.

Nothing was delivered. The page of the order offers to try again:
{link}
"""
_ENDED = """\
Your order "{title}" is over: {reason}.

Its packages were taken away before their day. The page of the order tells more:
{link}
"""


def queue_letter(
    connection: Connection, service: Service, order: Order, state: OrderState, reason: str, until: datetime
) -> None:
    """Queue the letter that an order is ready or failed; without an account the page alone tells it."""
    text = _READY if state is OrderState.AVAILABLE else _FAILED
    _queue(connection, service, order, text, reason=reason, until=f"{until:%Y-%m-%d %H:%M}")


def queue_end(connection: Connection, service: Service, order: Order, reason: str) -> None:
    """Queue the letter that somebody of the staff ended an order."""
    _queue(connection, service, order, _ENDED, reason=reason)


def _queue(connection: Connection, service: Service, order: Order, text: str, **facts: str) -> None:
    person = people.by_identifier(connection, person_of(order.owner))
    if person is None:
        return
    try:
        address = parse_address(person.email)
    except WrongUsageError:
        return  # an account that was imported without an address
    page = link(service, f"/orders/{order.identifier}")
    told = text.format(title=order.title, files=order.files, link=page, **facts)
    queue_mail(connection, service, Letter(address, Subject.ORDER, told))
