"""The queue of letters as the staff see it: subjects and fates; to whom and what stays sealed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from oais.database import mail_queue
from oais.functions.mailing.sending import MOST_TRIES
from oais.functions.service import Service

LETTERS_SHOWN: Final = 100


@dataclass(frozen=True, slots=True)
class LetterRow:
    """A letter: its subject and its fate; ``fault`` is what the newest attempt met."""

    subject: str
    state: str
    queued_at: str
    at: str
    attempts: int
    fault: str


@dataclass(frozen=True, slots=True)
class MailView:
    """How many letters wait, how many of them met a fault, how many were given up, and the newest of all."""

    transport: str
    waiting: int
    troubled: int
    given_up: int
    letters: tuple[LetterRow, ...]


def mail_view(service: Service) -> MailView:
    """Return the queue of letters; those that ended are forgotten after 30 days. Raises StorageError."""
    with service.database.reading() as connection:
        met, given_up = mail_queue.troubled(connection, MOST_TRIES)
        waiting = mail_queue.waiting(connection)
        found = mail_queue.newest(connection, most=LETTERS_SHOWN)
    rows = tuple(_row(letter) for letter in found)
    return MailView(service.archive.settings.mail_transport, waiting, len(met), given_up, rows)


def _row(letter: mail_queue.QueuedLetter) -> LetterRow:
    """Return the state of a letter and the moment it is of: when it ended, or is tried (again)."""
    if letter.sent_at:
        state, at = "sent", letter.sent_at
    elif letter.given_up_at:
        state, at = "given up", letter.given_up_at
    else:
        state, at = "waiting", letter.due_at
    return LetterRow(letter.subject, state, letter.queued_at, at, letter.attempts, letter.fault)
