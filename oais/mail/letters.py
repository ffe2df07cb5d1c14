"""Letters: whom they go to, one of the subjects that exist, and plain text."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from enum import StrEnum

from oais.information.text import printable
from oais.mail.address import Address


class Subject(StrEnum):
    """Every subject a mail of the archive can have; nobody's words ever come into a header."""

    ACCESS_CODE = "Your access code"
    ADDRESS_CHECK = "Confirm your address"
    PASSWORD_RESET = "Set a new password"  # noqa: S105 - a subject, no password
    ACCOUNT = "Your account"
    ORDER = "Your order"
    RECEIPT = "Receipt of your delivery"
    NEW_DATA = "New data of your observation request"
    UPCOMING = "Upcoming observation"
    EMBARGO_ENDS = "Your data become public soon"
    SUBSCRIPTION = "New data in the archive"
    DELIVERY_REFUSED = "A delivery was refused"
    AUDIT_FAILED = "An audit found damage"
    ACCESS_ASKED = "Somebody asks for access"
    CHECKPOINT = "A checkpoint of the ledger"


@dataclass(frozen=True, slots=True)
class Letter:
    """A mail before it is sent."""

    to: Address
    subject: Subject
    text: str


def message_of(letter: Letter, sender: Address, written_at: datetime, identifier: str) -> EmailMessage:
    """Return the message: the same letter and identifier give the same bytes each time it is tried.

    ``identifier`` becomes the Message-ID, so that a reader's program knows a letter that came twice.
    """
    message = EmailMessage(policy=SMTP)
    message["From"] = sender.text
    message["To"] = letter.to.text
    message["Subject"] = letter.subject.value
    message["Date"] = format_datetime(written_at)
    message["Message-ID"] = f"<{identifier}@{sender.text.rpartition('@')[2]}>"
    message["Auto-Submitted"] = "auto-generated"
    lines = [printable(line, _LONGEST_LINE) for line in letter.text.split("\n")]
    # Unpacked wherever mail allows it, so that links can be copied from the file without a mail program.
    plain = all(line.isascii() and len(line) <= _LONGEST_PLAIN_LINE for line in lines)
    message.set_content("\n".join(lines), cte="7bit" if plain else "quoted-printable")
    return message


_LONGEST_LINE = 2_000
_LONGEST_PLAIN_LINE = 998
"""Bytes of a line of mail without its end (RFC 5322, 2.1.1)."""
