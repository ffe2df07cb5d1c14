"""Ending an order before its day: by its owner, or by an archivist, who says why and whose owner is told."""

from __future__ import annotations

from typing import Final

from oais.database import orders
from oais.database.orders import OrderState
from oais.errors import InvalidError
from oais.functions.orders.consumers import Consumer
from oais.functions.orders.fetching import own_order
from oais.functions.orders.letters import queue_end
from oais.functions.security_log import record

CANCELLED: Final = "cancelled"
"""The reason of an order that its owner ended."""

BY_ARCHIVE: Final = "an archivist ended it"
"""How the reason begins of an order that an archivist ended."""

LONGEST_REASON: Final = 500


def cancel(consumer: Consumer, identifier: str, why: str = "") -> None:
    """End an order: it is not built, nothing of it is handed out any more, and its packages are taken away.

    Whose order somebody of the staff ends is told by mail, with the reason ``why``. One that is over stays as
    it is. Raises NotFoundError, InvalidError for a reason that is too long.
    """
    order = own_order(consumer, identifier)
    if len(why) > LONGEST_REASON:
        raise InvalidError(f"the reason has {len(why)} characters", remedy=f"use up to {LONGEST_REASON}")
    own, told = order.owner == consumer.owner, why.strip()
    reason = CANCELLED if own else BY_ARCHIVE + (f": {told}" if told else "")
    with consumer.service.database.writing() as connection:
        now = orders.find(connection, identifier)
        if now is None or now.state is OrderState.EXPIRED:
            return
        orders.change(connection, identifier, state=OrderState.EXPIRED, reason=reason, worker="")
        if not own:
            queue_end(connection, consumer.service, now, reason)
        who = consumer.principal.identifier
        record(consumer.service, "order ended", who=who, subject=identifier, reason=reason)
