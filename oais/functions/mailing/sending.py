"""Out of the queue: each attempt is recorded before it is made and again when it has ended.

A crash between the two leaves the letter claimed; after ``_CLAIMED_FOR`` it is tried again under the same
Message-ID. So a letter is sent at least once, and in the worst case twice, which readers' programs can see.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from oais.archive import timestamp
from oais.database import mail_queue
from oais.database.mail_queue import QueuedLetter
from oais.errors import DamageError, StorageError
from oais.functions.mailing.envelopes import unseal
from oais.functions.security_log import record
from oais.functions.service import Service
from oais.mail import Address, DeliveryError, Transport, message_of, open_transport, sender_of

WAITS: Final = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 15, 60, 180, 360, 720))
"""How long a letter waits after each attempt that failed; after the last one it is given up."""

MOST_TRIES: Final = len(WAITS) + 1

_CLAIMED_FOR = timedelta(minutes=10)
_KEPT_FOR = timedelta(days=30)
_MOST_AT_ONCE = 100


def send_due(service: Service) -> int:
    """Send the letters that are due, at most a hundred, and return how many were taken.

    A passing fault ends the round: what stopped one letter would likely stop the next. Raises
    ConfigurationError when the settings name no usable way out, StorageError when the database fails.
    """
    settings = service.archive.settings
    transport, sender = open_transport(settings, service.archive.home), sender_of(settings)
    taken = 0
    for _ in range(_MOST_AT_ONCE):
        letter = _claim(service)
        if letter is None:
            break
        fault = _attempt(service, transport, sender, letter)
        _record(service, letter, fault)
        if fault is None:
            taken += 1
        elif not fault.permanent:
            break
    return taken


def _claim(service: Service) -> QueuedLetter | None:
    now = service.now()
    with service.database.writing() as connection:
        mail_queue.sweep(connection, timestamp(now - _KEPT_FOR))
        return mail_queue.claim(connection, timestamp(now), timestamp(now + _CLAIMED_FOR))


def _attempt(
    service: Service, transport: Transport, sender: Address, queued: QueuedLetter
) -> DeliveryError | None:
    """Hand a letter over, or return what was in the way."""
    if queued.until is not None and queued.until <= service.archive.now():
        return DeliveryError("out of date", permanent=True)
    written_at = datetime.fromisoformat(queued.queued_at)
    try:
        letter = unseal(service, queued.envelope)
        transport.send(message_of(letter, sender, written_at, queued.identifier))
    except DamageError:
        return DeliveryError("sealed with another key", permanent=True)
    except StorageError:
        return DeliveryError("the outbox cannot be written")
    except DeliveryError as error:
        return error
    return None


def _record(service: Service, letter: QueuedLetter, fault: DeliveryError | None) -> None:
    now = service.now()
    with service.database.writing() as connection:
        if fault is None:
            mail_queue.end_sent(connection, letter.identifier, timestamp(now))
        elif fault.permanent or letter.attempts >= MOST_TRIES:
            mail_queue.give_up(connection, letter.identifier, timestamp(now), fault.reason)
            record(service, "letter given up", subject=letter.identifier, fault=fault.reason)
        else:
            due_at = timestamp(now + WAITS[letter.attempts - 1])
            mail_queue.put_off(connection, letter.identifier, due_at, fault.reason)
