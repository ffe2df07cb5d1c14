"""What the owner of an order is told by mail: that it is ready and until when, or why it failed."""

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


def queue_letter(
    connection: Connection, service: Service, order: Order, state: OrderState, reason: str, until: datetime
) -> None:
    """Queue the letter about an order that ended; without an account the page alone tells it."""
    person = people.by_identifier(connection, person_of(order.owner))
    if person is None:
        return
    try:
        address = parse_address(person.email)
    except WrongUsageError:
        return  # an account that was imported without an address
    text = (_READY if state is OrderState.AVAILABLE else _FAILED).format(
        title=order.title,
        files=order.files,
        until=f"{until:%Y-%m-%d %H:%M}",
        reason=reason,
        link=link(service, f"/orders/{order.identifier}"),
    )
    queue_mail(connection, service, Letter(address, Subject.ORDER, text))
