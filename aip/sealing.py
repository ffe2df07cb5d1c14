"""Signs the inventory of a staged AIP: only then may it be stored.

The signature is a file of its own in ``logs/signatures``, which OCFL leaves to the archive (OCFL 1.1
§3.10), with the public key beside it: ``openssl pkeyutl -verify -rawin`` checks it without this program.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

from aip.staging import StagedAip
from aip.stored import INVENTORY, OBJECT_DECLARATION, OBJECT_DECLARED, SIDECAR, SIGNATURES
from oais.disk_faults import storage_errors
from oais.information.signature import Signer


class _Seal:
    """What only this module can make."""


_SEAL = _Seal()


@dataclass(frozen=True, slots=True)
class SealedAip:
    """A staged AIP whose inventory is signed; only ``seal`` can make one."""

    staged: StagedAip
    inventory_digest: str
    _seal: _Seal

    def __post_init__(self) -> None:
        if self._seal is not _SEAL:
            raise TypeError("a SealedAip is made by aip.sealing.seal only")


def signature_name(version: int) -> str:
    """Return the name of the signature over the inventory of a version."""
    return f"v{version}.{INVENTORY}.sig"


def key_name(version: int) -> str:
    """Return the name of the public key that lies beside the signature."""
    return f"v{version}.{INVENTORY}.pub.pem"


def sidecar_line(digest: str) -> bytes:
    """Return the bytes of an inventory's sidecar, in the form ``sha512sum -c`` reads."""
    return f"{digest}  {INVENTORY}\n".encode()


def seal(staged: StagedAip, signer: Signer) -> SealedAip:
    """Write the inventory, its sidecar and its signature into the staged version; raises StorageError."""
    data = staged.inventory.as_bytes()
    digest = hashlib.sha512(data).hexdigest()
    signatures = staged.path / SIGNATURES
    with storage_errors(f"sealing {staged.aip_id}"):
        signatures.mkdir(parents=True)
        for folder in (staged.path, staged.path / f"v{staged.version}"):
            _write(folder / INVENTORY, data)
            _write(folder / SIDECAR, sidecar_line(digest))
        _write(staged.path / OBJECT_DECLARATION, OBJECT_DECLARED)
        _write(signatures / signature_name(staged.version), signer.sign(data))
        _write(signatures / key_name(staged.version), signer.public_pem)
    return SealedAip(staged, digest, _SEAL)


def _write(path: Path, data: bytes) -> None:
    """Write a new file; the store syncs the whole folder once, before its rename."""
    with path.open("xb") as stream:
        stream.write(data)
