"""An archive together with its people: what the site, the worker and administrators' commands stand on."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from oais.archive import Archive, Home
from oais.database.engine import Database, open_database
from oais.functions.ledger.recording import AUDITS
from oais.functions.people.proven import ProvenPasswords
from oais.functions.security_log import KEY_MADE, path_of, record
from oais.functions.service_key import keyed_digest, proof_of, service_key


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """An opened archive, its database, the secret that keys what must not be guessed, and what was proven."""

    archive: Archive
    database: Database
    secret: bytes = field(repr=False)
    proven: ProvenPasswords = field(default_factory=ProvenPasswords, repr=False, compare=False)

    def now(self) -> datetime:
        """Return the present moment in UTC, by the archive's clock."""
        return self.archive.clock().astimezone(UTC)

    def hmac(self, purpose: str, text: str) -> str:
        """Return the HMAC-SHA256 of a text in hexadecimal; another purpose gives another value."""
        return keyed_digest(self.secret, purpose, text)


def open_service(archive: Archive) -> Service:
    """Open the database and the service key of an archive, making them when they are missing.

    A key that is made where something happened before takes the place of another one, which is a security
    event: audits compare. Raises ConfigurationError when one of them cannot be used, StorageError when the
    disk refuses.
    """
    secret, made = service_key(archive.home)
    address = archive.settings.database or f"sqlite:///{_own_database(archive)}"
    service = Service(archive=archive, database=open_database(address, archive.home), secret=secret)
    if made and (path_of(archive.home).exists() or (archive.home / "ledger" / AUDITS).is_dir()):
        record(service, KEY_MADE, proof=proof_of(secret))
    return service


def database_if_any(archive: Home) -> Database | None:
    """Return the database for who only looks: None where none was made yet or its disk takes no writes.

    Raises ConfigurationError when it is there and cannot be used.
    """
    own = _own_database(archive)
    address = archive.settings.database or (f"sqlite:///{own}" if os.access(own, os.W_OK) else "")
    return open_database(address, archive.home) if address else None


def _own_database(archive: Home) -> Path:
    return archive.home / "oais.sqlite"
