"""``keys/service.key``: the secret that keys what must not be guessed, and the proof that it is the same."""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
from pathlib import Path
from typing import Final

from oais.disk_faults import storage_errors
from oais.errors import ConfigurationError
from oais.files import create_file, read_regular

SERVICE_KEY: Final = "keys/service.key"
_KEY_BYTES: Final = 32
_SAME: Final = "whether the service key is the same"


def keyed_digest(secret: bytes, purpose: str, text: str) -> str:
    """Return the HMAC-SHA256 of a text in hexadecimal; another purpose gives another value."""
    key = hmac.digest(secret, purpose.encode(), "sha256")
    return hmac.new(key, text.encode(), hashlib.sha256).hexdigest()


def proof_of(secret: bytes) -> str:
    """Return what every other key has otherwise, and from which nothing of this one can be told."""
    return keyed_digest(secret, _SAME, "")


def service_key(home: Path) -> tuple[bytes, bool]:
    """Return the key, and whether it was made just now; two that open at once come to the same key.

    Raises ConfigurationError for one that is not whole or not private, StorageError.
    """
    path, made = home / SERVICE_KEY, False
    with storage_errors(f"the service key {path.name}"):
        if not path.exists():
            new = path.with_name(f"{path.name}.{secrets.token_hex(8)}")
            create_file(new, secrets.token_bytes(_KEY_BYTES), mode=0o600)
            try:
                os.link(new, path)
                made = True
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
    return key, made
