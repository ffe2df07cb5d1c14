"""Ed25519 signatures over the archive's own files, in a form that openssl verifies too.

A signature is a detached file ``NAME.sig`` of 64 raw bytes over the bytes of ``NAME``; the public key is
PEM (SubjectPublicKeyInfo, RFC 8410). ``openssl pkeyutl -verify -rawin`` accepts both.
"""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass
from pathlib import Path

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from oais.errors import ConfigurationError


@dataclass(frozen=True, slots=True)
class Signer:
    """Holds the private key; ``key_id`` is the first 16 hexadecimal digits of the public key's sha256."""

    key_id: str
    public_pem: bytes
    _private: Ed25519PrivateKey

    def sign(self, data: bytes) -> bytes:
        """Return the 64 bytes of the signature; the same data gives the same bytes (RFC 8032)."""
        return self._private.sign(data)


def create_signer(seed: bytes | None = None) -> Signer:
    """Make a new key, or for tests the key of a given 32-byte seed."""
    return _signer(Ed25519PrivateKey.from_private_bytes(seed) if seed else Ed25519PrivateKey.generate())


def _signer(private: Ed25519PrivateKey) -> Signer:
    public = private.public_key()
    return Signer(key_id_of(public), _pem(public), private)


def key_id_of(public: Ed25519PublicKey) -> str:
    """Return the name of a public key."""
    return hashlib.sha256(_raw(public)).hexdigest()[:16]


def key_id_of_pem(public_pem: bytes) -> str:
    """Return the name of a public key in PEM; raises ValueError when it is not an Ed25519 key."""
    return key_id_of(_public_in(public_pem))


def raw_key_of_pem(public_pem: bytes) -> bytes:
    """Return the 32 bytes of a public key in PEM; raises ValueError when it is not an Ed25519 key."""
    return _raw(_public_in(public_pem))


def plain_pem(public_pem: bytes) -> bytes:
    """Return a public key as PEM in the one spelling we write; raises ValueError as ``key_id_of_pem``."""
    return _pem(_public_in(public_pem))


def _public_in(public_pem: bytes) -> Ed25519PublicKey:
    try:
        public = serialization.load_pem_public_key(public_pem)
    except UnsupportedAlgorithm as error:
        raise ValueError("the key is of a kind that nobody knows") from error
    if not isinstance(public, Ed25519PublicKey):
        raise ValueError("the key is not an Ed25519 key")
    return public


def _raw(public: Ed25519PublicKey) -> bytes:
    return public.public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)


def _pem(public: Ed25519PublicKey) -> bytes:
    return public.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)


def private_pem(signer: Signer) -> bytes:
    """Return the private key as unencrypted PKCS #8 PEM, to be written with mode 0600."""
    return signer._private.private_bytes(  # noqa: SLF001 - same module
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )


def open_signer(path: Path) -> Signer:
    """Load the private key; raises ConfigurationError when it is missing, open to others or no key."""
    try:
        mode = path.stat().st_mode
        pem = path.read_bytes()
        private = serialization.load_pem_private_key(pem, password=None)
    except (OSError, ValueError, TypeError) as error:
        raise ConfigurationError(
            f"the archive's signing key {path.name} cannot be loaded: {error}",
            remedy="restore it from the backup of the archive's home, or make a new key",
        ) from error
    if mode & 0o077 and os.geteuid() == path.stat().st_uid:
        raise ConfigurationError(
            f"the signing key {path.name} is open to others (mode {mode & 0o777:o}, expected 600)",
            remedy=f"chmod 600 {path.name}",
        )
    if not isinstance(private, Ed25519PrivateKey):
        raise ConfigurationError(f"the signing key {path.name} is not an Ed25519 key")
    return _signer(private)


def verify_signature(public_pem: bytes, data: bytes, signature: bytes) -> bool:
    """Return whether ``signature`` over ``data`` was made by the key in ``public_pem``."""
    try:
        _public_in(public_pem).verify(signature, data)
    except (InvalidSignature, ValueError, TypeError):
        return False
    return True
