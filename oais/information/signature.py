"""Signatures over the archive's own files, in a form that openssl verifies too.

A signature is a detached file ``NAME.sig`` of raw bytes over the bytes of ``NAME``; the public key is PEM
(SubjectPublicKeyInfo), which names its algorithm. ``openssl pkeyutl -verify -rawin`` accepts both, where it
knows the algorithm. Ed25519 (RFC 8032) is what archives begin with; which others there are is found out by
trying them, for a version number tells nothing of how a library was built.
"""

from __future__ import annotations

import hashlib
import importlib
import os
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from oais.errors import ConfigurationError
from oais.files import read_regular

ED25519: Final = "ed25519"
_KINDS: Final = {
    ED25519: ("ed25519", "Ed25519"),
    "ed448": ("ed448", "Ed448"),
    "ml-dsa-44": ("mldsa", "MLDSA44"),
}
"""Module and class of each algorithm: all sign and verify whole messages without further choices."""


@dataclass(frozen=True, slots=True)
class Signer:
    """Holds the private key; ``key_id`` is the first 16 hexadecimal digits of the public key's sha256."""

    key_id: str
    public_pem: bytes
    _private: Any
    algorithm: str = ED25519

    def sign(self, data: bytes) -> bytes:
        """Return the signature; by Ed25519 the same data gives the same 64 bytes (RFC 8032)."""
        signature: bytes = self._private.sign(data)
        return signature


@cache
def algorithms() -> dict[str, tuple[Any, Any]]:
    """Return the classes of private and public keys of every algorithm that works here, by its name."""
    found = {}
    for name, (module, prefix) in _KINDS.items():
        try:
            kind = importlib.import_module(f"cryptography.hazmat.primitives.asymmetric.{module}")
            private, public = getattr(kind, f"{prefix}PrivateKey"), getattr(kind, f"{prefix}PublicKey")
            key = private.generate()
            key.public_key().verify(key.sign(b"tried"), b"tried")
        except (ImportError, AttributeError, UnsupportedAlgorithm):
            continue
        found[name] = (private, public)
    return found


def create_signer(seed: bytes | None = None, algorithm: str = ED25519) -> Signer:
    """Make a new key, or for tests the Ed25519 key of a given 32-byte seed.

    Raises ConfigurationError for an algorithm that does not work here.
    """
    if seed:
        return _signer(Ed25519PrivateKey.from_private_bytes(seed))
    if algorithm not in algorithms():
        raise ConfigurationError(
            f"keys of the algorithm {algorithm} cannot be made here",
            remedy=f"choose one of {', '.join(algorithms())}",
        )
    return _signer(algorithms()[algorithm][0].generate())


def _signer(private: Any) -> Signer:
    public = private.public_key()
    return Signer(_key_id_of(public), _pem(public), private, _algorithm_of(public))


def _algorithm_of(public: Any) -> str:
    for name, (_, kind) in algorithms().items():
        if isinstance(public, kind):
            return name
    raise ValueError(f"the key is none of {', '.join(algorithms())}")


def _key_id_of(public: Any) -> str:
    return hashlib.sha256(_raw(public)).hexdigest()[:16]


def key_id_of_pem(public_pem: bytes) -> str:
    """Return the name of a public key in PEM; raises ValueError when it is none that is known here."""
    return _key_id_of(_public_in(public_pem))


def algorithm_of_pem(public_pem: bytes) -> str:
    """Return the algorithm of a public key in PEM; raises ValueError as ``key_id_of_pem``."""
    return _algorithm_of(_public_in(public_pem))


def raw_key_of_pem(public_pem: bytes) -> bytes:
    """Return the bytes by which a public key is named: the 32 of an Ed25519 key, of others all of the DER.

    Raises ValueError as ``key_id_of_pem``.
    """
    return _raw(_public_in(public_pem))


def plain_pem(public_pem: bytes) -> bytes:
    """Return a public key as PEM in the one spelling we write; raises ValueError as ``key_id_of_pem``."""
    return _pem(_public_in(public_pem))


def _public_in(public_pem: bytes) -> Any:
    try:
        public = serialization.load_pem_public_key(public_pem)
    except UnsupportedAlgorithm as error:
        raise ValueError("the key is of a kind that nobody knows") from error
    _algorithm_of(public)
    return public


def _raw(public: Any) -> bytes:
    if isinstance(public, Ed25519PublicKey):
        return public.public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)
    der: bytes = public.public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    return der


def _pem(public: Any) -> bytes:
    pem: bytes = public.public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    return pem


def private_pem(signer: Signer, passphrase: str = "") -> bytes:
    """Return the private key as PKCS #8 PEM: encrypted, or to be written with mode 0600."""
    encryption: serialization.KeySerializationEncryption = serialization.NoEncryption()
    if passphrase:
        encryption = serialization.BestAvailableEncryption(passphrase.encode())
    pem: bytes = signer._private.private_bytes(  # noqa: SLF001 - same module
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, encryption
    )
    return pem


def signer_in(pem: bytes, passphrase: str = "") -> Signer:
    """Return the signer of a private key in PEM; raises ValueError saying why there is none."""
    try:
        return _signer(serialization.load_pem_private_key(pem, passphrase.encode() or None))
    except TypeError as error:
        told = "is encrypted, and no passphrase was given" if not passphrase else "is not encrypted"
        raise ValueError(f"the key {told}") from error
    except UnsupportedAlgorithm as error:
        raise ValueError("the key is of a kind that nobody knows") from error


def open_signer(path: Path) -> Signer:
    """Load the private key; raises ConfigurationError when it is missing, open to others or no key."""
    try:
        mode = path.stat().st_mode
        signer = signer_in(read_regular(path))
    except (OSError, ValueError) as error:
        raise ConfigurationError(
            f"the archive's signing key {path.name} cannot be loaded: {error}",
            remedy="restore it from the backup of the archive's home, or make a new key (docs/keys.md)",
        ) from error
    if mode & 0o077 and os.geteuid() == path.stat().st_uid:
        raise ConfigurationError(
            f"the signing key {path.name} is open to others (mode {mode & 0o777:o}, expected 600)",
            remedy=f"chmod 600 {path.name}",
        )
    return signer


def verify_signature(public_pem: bytes, data: bytes, signature: bytes) -> bool:
    """Return whether ``signature`` over ``data`` was made by the key in ``public_pem``."""
    try:
        _public_in(public_pem).verify(signature, data)
    except (InvalidSignature, ValueError, TypeError):
        return False
    return True
