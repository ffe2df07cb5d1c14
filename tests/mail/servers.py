"""Real mail servers on loopback, with the tempers that real ones have."""

from __future__ import annotations

import asyncio
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.message import Message
from email.policy import SMTP as SMTP_POLICY
from ipaddress import ip_address
from pathlib import Path
from typing import Any

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

OK = "250 OK"
DROP = "drop"
SLOW = "slow"


@dataclass
class PostOffice:
    """What a server answers to a recipient and to a message, and what it took."""

    to_recipient: str = OK
    to_message: str = OK
    taken: list[Envelope] = field(default_factory=list)
    recipients: list[str] = field(default_factory=list)
    port: int = 0

    async def handle_RCPT(  # noqa: N802 - the library's name and signature
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        """Count each RCPT, and answer it."""
        self.recipients.append(address)
        if self.to_recipient == OK:
            envelope.rcpt_tos.append(address)
        return self.to_recipient

    async def handle_DATA(  # noqa: N802 - the library's name
        self, server: SMTP, session: Session, envelope: Envelope
    ) -> str:
        """Take the message, or refuse it, or fall silent, or break off."""
        if self.to_message == DROP:
            assert isinstance(server.transport, asyncio.Transport)
            server.transport.abort()
            return OK
        if self.to_message == SLOW:
            await asyncio.sleep(3600)
        if self.to_message == OK:
            self.taken.append(envelope)
        return self.to_message

    def messages(self) -> list[Message]:
        """The messages taken, read by another parser's rules."""
        return [message_from_bytes(taken.original_content or b"", policy=SMTP_POLICY) for taken in self.taken]


@contextmanager
def mail_server(
    office: PostOffice, ssl_context: ssl.SSLContext | None = None, **options: Any
) -> Iterator[PostOffice]:
    """Run a mail server on a free port of loopback; its port stands in ``office``."""
    loop = asyncio.new_event_loop()

    def session() -> SMTP:
        return SMTP(office, loop=loop, hostname="mail.example.org", **options)

    server = loop.run_until_complete(loop.create_server(session, "127.0.0.1", 0, ssl=ssl_context))
    office.port = server.sockets[0].getsockname()[1]
    running = threading.Thread(target=loop.run_forever)
    running.start()
    try:
        yield office
    finally:
        loop.call_soon_threadsafe(loop.stop)
        running.join()
        server.close()
        loop.run_until_complete(_end(asyncio.all_tasks(loop)))
        loop.close()


async def _end(tasks: set[asyncio.Task[None]]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


def login_of(user: str, password: str) -> Any:
    """An authenticator of aiosmtpd that knows one user."""

    def check(_server: object, _session: object, _envelope: object, _mechanism: str, data: Any) -> AuthResult:
        known = isinstance(data, LoginPassword) and (data.login, data.password) == (
            user.encode(),
            password.encode(),
        )
        return AuthResult(success=known, handled=False)

    return check


def certificate_of_loopback(folder: Path) -> tuple[ssl.SSLContext, Path]:
    """A server's TLS context for 127.0.0.1 and the certificate that vouches for it."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    certificate, secret = folder / "server.pem", folder / "server.key"
    certificate.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    secret.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, secret)
    return context, certificate
