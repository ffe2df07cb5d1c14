"""Into the queue: in the transaction of whatever the letter is about, so that both come to be or neither."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from datetime import datetime

from oais.archive import timestamp
from oais.database import Connection, mail_queue
from oais.database.mail_queue import QueuedLetter
from oais.errors import DamageError
from oais.functions.mailing.envelopes import seal, unseal
from oais.functions.service import Service
from oais.mail import Letter


def queue_mail(
    connection: Connection, service: Service, letter: Letter, *, until: datetime | None = None
) -> None:
    """Queue one letter; from ``until`` on it is dropped instead of sent (a code that has run out).

    The letter gets the archive's name and the address for help below it.
    """
    signed = replace(letter, text=f"{letter.text.strip()}\n\n{_signature(service)}")
    now = service.archive.now()
    mail_queue.add(
        connection,
        QueuedLetter(
            subject=letter.subject.value,
            envelope=seal(service, signed),
            queued_at=now,
            due_at=now,
            until=None if until is None else timestamp(until),
        ),
    )


def unqueue(connection: Connection, service: Service, address: str) -> None:
    """Take the letters that wait for an address out of the queue; one that nobody can open goes nowhere."""
    for waiting in mail_queue.waiting_letters(connection):
        with suppress(DamageError):
            if unseal(service, waiting.envelope).to.text.casefold() == address.casefold():
                mail_queue.remove(connection, waiting.identifier)


def link(service: Service, path: str) -> str:
    """Return the address of a page for a letter: made from the setting ``base_url`` and nothing else."""
    return f"{service.archive.settings.base_url.rstrip('/')}{path}"


def _signature(service: Service) -> str:
    settings = service.archive.settings
    help_line = f"Help: {settings.contact}\n" if settings.contact else ""
    return f"-- \n{settings.name}\n{link(service, '/')}\n{help_line}Answers to this mail are not read.\n"
