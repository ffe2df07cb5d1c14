"""The ways out: a folder, and real mail servers of every temper (table H, H7)."""

from __future__ import annotations

import mailbox
import socket
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from oais.errors import ConfigurationError, StorageError
from oais.mail import (
    DeliveryError,
    Letter,
    Maildir,
    Subject,
    message_of,
    open_transport,
    parse_address,
    sender_of,
)
from oais.mail.transports import MailServer
from oais.settings import Settings
from tests.mail.servers import DROP, SLOW, PostOffice, certificate_of_loopback, login_of, mail_server
from tests.mail.test_addresses import HEADERS

NOON = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
MESSAGE = message_of(
    Letter(parse_address("ada@example.org"), Subject.ACCESS_CODE, "Grüße\n.\nABCD-EFGH-JKMN\n"),
    parse_address("archive@example.org"),
    NOON,
    "f00d",
)


@pytest.fixture
def office() -> Iterator[PostOffice]:
    """A mail server that takes everything until it is told otherwise."""
    with mail_server(PostOffice()) as office:
        yield office


def plain(office: PostOffice, timeout: int = 20) -> MailServer:
    """The way to that server, without encryption or login."""
    return MailServer("127.0.0.1", office.port, "none", timeout=timeout)


def test_a_maildir_takes_the_whole_message(tmp_path: Path) -> None:
    """By default mail goes to a folder that any mail program reads, and to nobody else's eyes."""
    open_transport(Settings(), tmp_path).send(MESSAGE)
    (taken,) = mailbox.Maildir(tmp_path / "mail", create=False)
    assert taken["To"] == "ada@example.org"
    assert "ABCD-EFGH-JKMN" in (taken.get_payload(decode=True) or b"").decode()  # type: ignore[union-attr]
    assert (tmp_path / "mail").stat().st_mode & 0o077 == 0


def test_the_newest_letter_of_a_maildir_can_be_read(tmp_path: Path) -> None:
    """Its text as it was written; a folder without letters is a fault that says so."""
    folder = Maildir(tmp_path / "mail")
    with pytest.raises(StorageError, match="outbox"):
        folder.newest()
    folder.send(MESSAGE)
    assert folder.newest() == "Grüße\n.\nABCD-EFGH-JKMN\n"


@pytest.mark.parametrize("there", [(), ("new",), ("cur", "new"), ("tmp",)])
def test_what_is_missing_of_a_maildir_is_made(tmp_path: Path, there: tuple[str, ...]) -> None:
    """A folder that somebody made by hand, or from which a part was lost, takes mail all the same."""
    for name in there:
        (tmp_path / "mail" / name).mkdir(parents=True)
    open_transport(Settings(), tmp_path).send(MESSAGE)
    assert len(mailbox.Maildir(tmp_path / "mail", create=False)) == 1
    assert sorted(path.name for path in (tmp_path / "mail").iterdir()) == ["cur", "new", "tmp"]


def test_a_maildir_that_cannot_be_written_says_so(tmp_path: Path) -> None:
    """A file where the folder should be is a fault of the disk, told in words."""
    (tmp_path / "mail").write_text("")
    with pytest.raises(StorageError, match="outbox"):
        open_transport(Settings(), tmp_path).send(MESSAGE)


def test_a_server_takes_one_message_for_one_recipient(office: PostOffice) -> None:
    """Exactly one RCPT, the sender of the settings, and the text as it was written, lone dots too."""
    plain(office).send(MESSAGE)
    (taken,) = office.taken
    (message,) = office.messages()
    assert office.recipients == taken.rcpt_tos == ["ada@example.org"]
    assert taken.mail_from == "archive@example.org"
    assert message["Message-ID"] == "<f00d@example.org>"
    text = message.get_payload(decode=True)
    assert isinstance(text, bytes)
    assert text.decode().splitlines() == ["Grüße", ".", "ABCD-EFGH-JKMN"]


@pytest.mark.parametrize(
    "address",
    [
        "o'neil+tess@example.org",
        "x@münchen.de",
        "a@pаypal.com",
        "{}|~!#$%&*/=?^_`@example.org",
        f"{'a' * 64}@b.org",
    ],
)
def test_the_server_sees_one_recipient_and_known_headers(office: PostOffice, address: str) -> None:
    """Whatever an address may hold, one RCPT and the headers of every letter arrive."""
    to = parse_address(address)
    letter = Letter(to, Subject.RECEIPT, "Bcc: eve@example.org\n\nTo: eve@example.org")
    plain(office).send(message_of(letter, parse_address("archive@example.org"), NOON, "1"))
    (message,) = office.messages()
    assert office.recipients == [to.text]
    assert sorted(message.keys()) == sorted(HEADERS)
    assert message["To"] == to.text


@pytest.mark.parametrize(
    ("recipient", "message", "reason", "permanent"),
    [
        ("451 try later ABCD-EFGH-JKMN", "250 OK", "SMTP 451", False),
        ("550 no such user", "250 OK", "SMTP 550", True),
        ("250 OK", "452 full", "SMTP 452", False),
        ("250 OK", "554 ABCD-EFGH-JKMN is spam", "SMTP 554", True),
        ("250 OK", DROP, "SMTPServerDisconnected", False),
    ],
)
def test_a_refusal_is_known_for_what_it_is(
    office: PostOffice, recipient: str, message: str, reason: str, permanent: bool
) -> None:
    """A 5xx for the letter is final, all else may be tried again, and a server's words are not repeated."""
    office.to_recipient, office.to_message = recipient, message
    with pytest.raises(DeliveryError) as caught:
        plain(office).send(MESSAGE)
    assert (str(caught.value), caught.value.permanent) == (reason, permanent)
    assert caught.value.__cause__ is None
    assert office.taken == []


def test_a_server_that_falls_silent_is_left(office: PostOffice) -> None:
    """After the time limit the letter counts as not taken."""
    office.to_message = SLOW
    with pytest.raises(DeliveryError) as caught:
        plain(office, timeout=1).send(MESSAGE)
    assert not caught.value.permanent


def test_a_server_that_is_not_there_is_a_passing_fault() -> None:
    """A refused connection is tried again later."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    with pytest.raises(DeliveryError) as caught:
        MailServer("127.0.0.1", port, "none").send(MESSAGE)
    assert (caught.value.reason, caught.value.permanent) == ("ConnectionRefusedError", False)


def secured(port: int, folder: Path, security: str = "starttls", password: str = "right") -> Settings:
    """Settings for a server with login; the password lies in a file."""
    (folder / "password").write_text(f"{password}\n")
    return Settings(
        mail_transport="smtp",
        mail_from="archive@example.org",
        smtp_host="127.0.0.1",
        smtp_port=port,
        smtp_security=security,
        smtp_user="archive",
        smtp_password_file="password",
    )


def test_a_password_is_said_over_an_encrypted_connection(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """STARTTLS comes first, then the login, then the letter."""
    context, certificate = certificate_of_loopback(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    options = {
        "tls_context": context,
        "require_starttls": True,
        "auth_required": True,
        "authenticator": login_of("archive", "right"),
    }
    with mail_server(PostOffice(), **options) as office:
        open_transport(secured(office.port, tmp_path), tmp_path).send(MESSAGE)
        assert office.recipients == ["ada@example.org"]
        wrong = open_transport(secured(office.port, tmp_path, password="wrong"), tmp_path)
        with pytest.raises(DeliveryError, match="SMTP 535") as caught:
            wrong.send(MESSAGE)
        assert not caught.value.permanent
        assert office.recipients == ["ada@example.org"]
        assert "wrong" not in repr(wrong)


def test_encryption_from_the_first_byte(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A server that speaks TLS only is spoken to in TLS."""
    context, certificate = certificate_of_loopback(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    with mail_server(PostOffice(), ssl_context=context) as office:
        MailServer("127.0.0.1", office.port, "tls").send(MESSAGE)
        assert len(office.taken) == 1


@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_a_server_nobody_vouches_for_gets_nothing(tmp_path: Path, security: str) -> None:
    """A certificate that is not trusted ends the connection before login or letter."""
    context, _ = certificate_of_loopback(tmp_path)
    options = {"ssl_context": context} if security == "tls" else {"tls_context": context}
    with mail_server(PostOffice(), **options) as office:
        with pytest.raises(DeliveryError, match="SSLCertVerificationError") as caught:
            open_transport(secured(office.port, tmp_path, security), tmp_path).send(MESSAGE)
        assert not caught.value.permanent
        assert office.recipients == []


def test_a_server_without_encryption_gets_no_password(office: PostOffice, tmp_path: Path) -> None:
    """Where STARTTLS is asked for and not offered, nothing is sent in clear."""
    with pytest.raises(DeliveryError, match="SMTPNotSupportedError"):
        open_transport(secured(office.port, tmp_path), tmp_path).send(MESSAGE)
    assert office.recipients == []


@pytest.mark.parametrize(
    ("settings", "fault"),
    [
        (Settings(mail_transport="pigeon"), "mail_transport is 'pigeon'; expected one of maildir, smtp"),
        (Settings(smtp_security="maybe"), "smtp_security is 'maybe'"),
        (Settings(mail_transport="smtp"), "smtp_host is empty.*\n.*mail_from is empty"),
        (Settings(smtp_user="a", smtp_security="none"), "over an encrypted connection only"),
        (
            Settings(mail_transport="smtp", smtp_host="h", mail_from="a@example.org", smtp_user="a"),
            "cannot be read",
        ),
    ],
)
def test_a_way_out_that_cannot_be_is_refused_at_once(tmp_path: Path, settings: Settings, fault: str) -> None:
    """Wrong settings are told when they are read, not when a letter is lost."""
    with pytest.raises(ConfigurationError, match=fault):
        open_transport(settings, tmp_path)


def test_a_sender_that_is_no_address_is_refused() -> None:
    """The archive's own address is checked as everybody's is; without one it writes from this machine."""
    assert sender_of(Settings()).text == "archive@localhost"
    assert sender_of(Settings(mail_from="a@example.org")).text == "a@example.org"
    with pytest.raises(ConfigurationError, match=r"mail_from: .*not a valid address"):
        sender_of(Settings(mail_from="The archive <a@example.org>"))
