"""The ways out: a Maildir beside the archive (the default), or a mail server."""

from __future__ import annotations

import errno
import mailbox
import smtplib
import ssl
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import SMTP
from pathlib import Path
from typing import Protocol

from oais.disk_faults import storage_errors
from oais.errors import ConfigurationError
from oais.files import read_regular, sync_directory
from oais.mail.address import Address, AddressError, parse_address
from oais.settings import Settings

TRANSPORTS = ("maildir", "smtp")
SECURITIES = ("starttls", "tls", "none")
_OF_A_MAILDIR = ("tmp", "new", "cur")


class DeliveryError(Exception):
    """A letter was not taken; ``permanent`` when trying again cannot help.

    ``reason`` holds a number or the name of a fault, never a server's words: they may repeat the letter.
    """

    def __init__(self, reason: str, *, permanent: bool = False) -> None:
        super().__init__(reason)
        self.reason = reason
        self.permanent = permanent


class Transport(Protocol):
    """Takes one message for the one recipient its ``To`` names."""

    def send(self, message: EmailMessage) -> None:
        """Return when the message was taken; raises DeliveryError, StorageError."""


@dataclass(frozen=True, slots=True)
class Maildir:
    """A folder of mails for development and for archives without a mail server."""

    folder: Path

    def send(self, message: EmailMessage) -> None:
        """Put the message into ``new``, whole or not at all; raises StorageError.

        What a Maildir needs is made where it is missing, also in a folder that somebody else made.
        """
        with storage_errors("putting a mail into the outbox"):
            for folder in (self.folder, *(self.folder / name for name in _OF_A_MAILDIR)):
                folder.mkdir(mode=0o700, exist_ok=True)
            mailbox.Maildir(self.folder).add(message)
            sync_directory(self.folder / "new")

    def newest(self) -> str:
        """Return the text of the letter that came last, for whoever has no mail program at hand.

        Raises StorageError when the folder cannot be read or holds none.
        """
        with storage_errors("reading the outbox"):
            letters = sorted((self.folder / "new").iterdir(), key=lambda path: path.stat().st_mtime_ns)
            if not letters:
                raise FileNotFoundError(errno.ENOENT, "there is no letter")
            message = message_from_bytes(read_regular(letters[-1]), policy=SMTP, _class=EmailMessage)
        return str(message.get_content()).replace("\r\n", "\n")


@dataclass(frozen=True, slots=True)
class MailServer:
    """A server that takes mail by SMTP; ``timeout`` in seconds holds for each of its answers."""

    host: str
    port: int
    security: str
    user: str = ""
    password: str = field(default="", repr=False)
    timeout: int = 30

    def send(self, message: EmailMessage) -> None:
        """Hand over one message to one recipient; raises DeliveryError."""
        try:
            self._hand_over(message)
        except smtplib.SMTPRecipientsRefused as error:
            code = next(iter(error.recipients.values()))[0]
            raise DeliveryError(f"SMTP {code}", permanent=code >= _FOR_EVER) from None
        except smtplib.SMTPDataError as error:
            refused = error.smtp_code
            raise DeliveryError(f"SMTP {refused}", permanent=refused >= _FOR_EVER) from None
        except smtplib.SMTPResponseException as error:
            # Greeting, login or sender refused: what is wrong is our setting, not this letter.
            raise DeliveryError(f"SMTP {error.smtp_code}") from None
        except OSError as error:
            raise DeliveryError(type(error).__name__) from None

    def _hand_over(self, message: EmailMessage) -> None:
        # The sender's domain greets: asking for this machine's own name would be a question to the network.
        server = self._connected(str(message["From"]).rpartition("@")[2])
        try:
            server.send_message(message, str(message["From"]), [str(message["To"])])
        finally:
            # A farewell that fails changes nothing: the message was taken or refused before it.
            with suppress(OSError):
                server.quit()

    def _connected(self, domain: str) -> smtplib.SMTP:
        trusted = ssl.create_default_context()
        server: smtplib.SMTP
        if self.security == "tls":
            server = smtplib.SMTP_SSL(self.host, self.port, domain, timeout=self.timeout, context=trusted)
        else:
            server = smtplib.SMTP(self.host, self.port, domain, timeout=self.timeout)
        try:
            if self.security == "starttls":
                server.starttls(context=trusted)
            if self.user:
                server.login(self.user, self.password)
        except OSError:
            server.close()
            raise
        return server


_FOR_EVER = 500
_MEND = "mend oais.yaml and try again"


def open_transport(settings: Settings, home: Path) -> Transport:
    """Return the way out that the settings choose; raises ConfigurationError with every fault at once."""
    if faults := list(_faults_of(settings)):
        raise ConfigurationError("\n".join(faults), remedy=_MEND)
    if settings.mail_transport == "maildir":
        return Maildir(home / "mail")
    return MailServer(
        host=settings.smtp_host,
        port=settings.smtp_port,
        security=settings.smtp_security,
        user=settings.smtp_user,
        password=_password(home, settings),
    )


def _faults_of(settings: Settings) -> Iterator[str]:
    for name, value, known in (
        ("mail_transport", settings.mail_transport, TRANSPORTS),
        ("smtp_security", settings.smtp_security, SECURITIES),
    ):
        if value not in known:
            yield f"{name} is {value!r}; expected one of {', '.join(known)}"
    if settings.mail_transport == "smtp":
        for name, value, what in (
            ("smtp_host", settings.smtp_host, "the name of a mail server"),
            ("mail_from", settings.mail_from, "the address that mails come from"),
        ):
            if not value:
                yield f"{name} is empty; expected {what}"
    if settings.smtp_user and settings.smtp_security == "none":
        yield "smtp_security is none; a password is sent over an encrypted connection only"


def sender_of(settings: Settings) -> Address:
    """Return who writes the mails; raises ConfigurationError."""
    if not settings.mail_from:
        return Address("archive@localhost")
    try:
        return parse_address(settings.mail_from)
    except AddressError as error:
        raise ConfigurationError(
            f"mail_from: {error.message}", remedy="mend oais.yaml and try again"
        ) from None


def _password(home: Path, settings: Settings) -> str:
    if not settings.smtp_user:
        return ""
    path = home / settings.smtp_password_file
    try:
        return read_regular(path).decode().strip()
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(
            f"smtp_password_file: {path.name} cannot be read ({type(error).__name__})",
            remedy="write the password for smtp_user into that file, readable by the archive's user only",
        ) from error
