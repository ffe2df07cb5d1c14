"""An archive together with its people: what the site, the worker and administrators' commands stand on."""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from oais.archive import Archive, Home
from oais.database.engine import Database, open_database
from oais.disk_faults import storage_errors
from oais.errors import ConfigurationError
from oais.files import create_file, read_regular
from oais.functions.people.proven import ProvenPasswords

_KEY_BYTES: Final = 32


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
        key = hmac.digest(self.secret, purpose.encode(), "sha256")
        return hmac.new(key, text.encode(), hashlib.sha256).hexdigest()


def open_service(archive: Archive) -> Service:
    """Open the database and the service key of an archive, making them when they are missing.

    Raises ConfigurationError when one of them cannot be used, StorageError when the disk refuses.
    """
    secret = _service_key(archive.home / "keys" / "service.key")
    address = archive.settings.database or f"sqlite:///{_own_database(archive)}"
    return Service(archive=archive, database=open_database(address, archive.home), secret=secret)


def database_if_any(archive: Home) -> Database | None:
    """Return the database for who only looks: None where none was made yet or its disk takes no writes.

    Raises ConfigurationError when it is there and cannot be used.
    """
    own = _own_database(archive)
    address = archive.settings.database or (f"sqlite:///{own}" if os.access(own, os.W_OK) else "")
    return open_database(address, archive.home) if address else None


def _own_database(archive: Home) -> Path:
    return archive.home / "oais.sqlite"


def _service_key(path: Path) -> bytes:
    """Return the key, made at the first opening; two that open at once come to the same key."""
    with storage_errors(f"the service key {path.name}"):
        if not path.exists():
            new = path.with_name(f"{path.name}.{secrets.token_hex(8)}")
            create_file(new, secrets.token_bytes(_KEY_BYTES), mode=0o600)
            try:
                os.link(new, path)
            except FileExistsError:
                pass  # another process was first; its key counts
            finally:
                new.unlink()
        key, mode = read_regular(path), path.stat().st_mode
    if len(key) != _KEY_BYTES or mode & 0o077:
        raise ConfigurationError(
            f"{path.name} has {len(key)} bytes and mode {mode & 0o777:o}, expected {_KEY_BYTES} and 600",
            remedy=f"chmod 600 {path.name}, or restore it from the backup of the archive's home",
        )
    return key
