"""One address, checked before anything is sent to it: what a ``To`` is made from, and nothing else is."""

from __future__ import annotations

from dataclasses import dataclass
from email.message import EmailMessage

from email_validator import EmailNotValidError, validate_email

from oais.errors import InvalidError
from oais.information.text import printable

LONGEST_ADDRESS = 254
"""Characters of an address that SMTP can carry (RFC 5321, 4.5.3.1.3)."""


class AddressError(InvalidError):
    """What was given is not one e-mail address."""


@dataclass(frozen=True, slots=True)
class Address:
    """One mailbox in ASCII, its domain in lower case; made by ``parse_address`` alone."""

    text: str

    @property
    def identity(self) -> str:
        """What counts as the same mailbox when requests are counted: neither case nor ``+tag`` matters."""
        mailbox, _, domain = self.text.rpartition("@")
        return f"{mailbox.partition('+')[0] or mailbox}@{domain}".lower()

    @property
    def country(self) -> str:
        """The country its domain names, two letters, or nothing; for statistics."""
        last = self.text.rpartition(".")[2].lower()
        return last if len(last) == 2 and last.isalpha() else ""


def parse_address(text: str) -> Address:
    """Return the one address that ``text`` is; nobody is asked whether it exists.

    Raises AddressError for everything else: lists, display names, quoted local parts, control
    characters, encoded words, literals of hosts.
    """
    try:
        if len(text) > LONGEST_ADDRESS:
            raise ValueError(text)
        told = validate_email(text, allow_smtputf8=False, check_deliverability=False, strict=True)
    except (EmailNotValidError, ValueError):
        raise _not_one(text) from None
    address = told.ascii_email
    if address is None or not _reads_back(address):
        raise _not_one(text)
    return Address(address)


def _reads_back(address: str) -> bool:
    """Return whether a header holds exactly this one mailbox: encoded words, for one, become others."""
    message = EmailMessage()
    try:
        message["To"] = address
    except ValueError:
        return False
    return [mailbox.addr_spec for mailbox in message["To"].addresses] == [address]


def _not_one(text: str) -> AddressError:
    return AddressError(
        f"{printable(text, 80)!r} is not a valid address; expected one such as name@example.org",
        remedy="give one e-mail address, without a name, brackets or quotes",
    )
