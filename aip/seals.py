"""Which inventory of an object can be believed: inventory, sidecar, signature and key, weighed together.

Each of the four can be damaged alone; the other three then say which. Each file is read once: what the disk
does not give at that moment is told as unreadable and judged by nobody. Paths are relative to the object.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from aip.inventory import Inventory, parse_inventory
from aip.recovery import newest_version_folder
from aip.sealing import key_name, signature_name
from aip.stored import INVENTORY, SIDECAR, SIGNATURES, digest_in_sidecar
from oais.disk_faults import unreadable
from oais.errors import StorageError
from oais.files import read_regular
from oais.information.findings import Finding, finding
from oais.information.signature import verify_signature

_SIGNATURE_LENGTH = 64


@dataclass(frozen=True, slots=True)
class Believed:
    """The inventory to check the object against (None when no copy of it can be used), and what was found."""

    inventory: Inventory | None
    findings: tuple[Finding, ...]


class _Seals:
    """The files of an object that vouch for its content; each is read once, as bytes or as why it was not."""

    def __init__(self, root: Path, trusted: Mapping[str, bytes]) -> None:
        self.root, self.trusted = root, trusted
        self._read: dict[str, bytes | OSError] = {}
        self._digests: dict[str, str] = {}
        self._signed: dict[tuple[int, str], bool] = {}

    def read(self, path: str) -> bytes | OSError:
        """Return the bytes of a file, or the error that came in their place."""
        if path not in self._read:
            try:
                self._read[path] = read_regular(self.root / path, follow=False)
            except OSError as error:
                self._read[path] = error
        return self._read[path]

    def forget(self, path: str) -> None:
        """Let go of a file that is asked for no more: inventories may be large."""
        self._read.pop(path, None)
        self._digests.pop(path, None)

    def bytes_of(self, path: str) -> bytes:
        """Return the bytes of a file, none where there are none; ask first whether it is ``refused``."""
        found = self.read(path)
        return found if isinstance(found, bytes) else b""

    def digest(self, path: str) -> str:
        """Return the sha512 of a file; copies of the newest inventory are the same bytes, and hashed once."""
        if path not in self._digests:
            data = self.bytes_of(path)
            same = (digest for other, digest in self._digests.items() if self.bytes_of(other) == data)
            self._digests[path] = next(same, "") or hashlib.sha512(data).hexdigest()
        return self._digests[path]

    def is_missing(self, path: str) -> bool:
        """Return whether nothing lies there."""
        return isinstance(self.read(path), FileNotFoundError)

    def refused(self, path: str) -> Finding | None:
        """Return the finding of a file that the disk does not give: it may be whole."""
        found = self.read(path)
        if isinstance(found, OSError) and isinstance(unreadable(path, found), StorageError):
            return finding("AIP-004", path, f"{path} cannot be read: {found.strerror}")
        return None

    def sidecar(self, folder: str) -> str:
        """Return the digest in the sidecar of a folder, or nothing."""
        return digest_in_sidecar(self.bytes_of(f"{folder}{SIDECAR}"))

    def is_signed(self, number: int, path: str) -> bool:
        """Return whether a trusted key signed what lies at ``path`` as the inventory of a version."""
        asked = number, self.digest(path)
        if asked not in self._signed:
            data, keys = self.bytes_of(path), self.trusted.values()
            signature = self.bytes_of(f"{SIGNATURES}/{signature_name(number)}")
            self._signed[asked] = any(verify_signature(pem, data, signature) for pem in keys)
        return self._signed[asked]


def believed_inventory(root: Path, trusted: Mapping[str, bytes]) -> Believed:
    """Weigh all inventories of an object; never raises for what it finds on disk."""
    try:
        newest = newest_version_folder(root)
    except OSError as error:
        return Believed(None, (finding("AIP-004", root.name, f"{root.name}: {error.strerror}"),))
    seals = _Seals(root, trusted)
    findings: list[Finding] = []
    for number in range(1, newest):
        findings.extend(_check_version(seals, number))
        seals.forget(f"v{number - 1}/{INVENTORY}")
    copies = _readable(seals, newest, findings)
    if not copies:
        return Believed(None, tuple(findings))
    chosen = _choose(seals, newest, copies)
    findings.extend(_compare_copies(seals, newest, copies, chosen))
    if f"v{newest}/{INVENTORY}" in copies:
        findings.extend(_check_version(seals, newest))
    try:
        return Believed(parse_inventory(copies[chosen]), tuple(_unique(findings)))
    except ValueError as error:
        findings.append(finding("AIP-005", chosen, f"{chosen} cannot be used: {error}"))
        return Believed(None, tuple(_unique(findings)))


def _readable(seals: _Seals, newest: int, findings: list[Finding]) -> dict[str, bytes]:
    copies = {}
    for path in (INVENTORY, f"v{newest}/{INVENTORY}"):
        found = seals.read(path)
        if isinstance(found, bytes):
            copies[path] = found
        else:
            findings.append(_not_read(path, found))
    return copies


def _not_read(path: str, error: OSError) -> Finding:
    if isinstance(error, FileNotFoundError):
        return finding("AIP-002", path, f"{path} is missing")
    return finding("AIP-004", path, f"{path} cannot be read: {error.strerror}")


def _choose(seals: _Seals, newest: int, copies: Mapping[str, bytes]) -> str:
    """Return the copy to believe: a signed one before one its sidecar confirms, else the root's."""
    for path in copies:
        if seals.is_signed(newest, path):
            return path
    for path in copies:
        if seals.sidecar(path.removesuffix(INVENTORY)) == seals.digest(path):
            return path
    return next(iter(copies))


def _compare_copies(
    seals: _Seals, newest: int, copies: Mapping[str, bytes], chosen: str
) -> Iterator[Finding]:
    believed, before = copies[chosen], f"v{newest - 1}/"
    for path, data in copies.items():
        if data == believed or (newest > 1 and seals.refused(f"{before}{INVENTORY}")):
            continue  # without the one before, which is told as unreadable, nobody can say what it is
        if path == INVENTORY and newest > 1 and seals.bytes_of(f"{before}{INVENTORY}") == data:
            message = f"v{newest} is complete, but {path} is still that of v{newest - 1}"
            yield finding("AIP-014", path, message)
        else:
            yield finding("AIP-005", path, f"{path} differs from {chosen}, which is sound")
    if copies.get(INVENTORY) == believed:
        yield from _compare_sidecar(seals, newest)


def _compare_sidecar(seals: _Seals, newest: int) -> Iterator[Finding]:
    """Compare the sidecar at the root with the inventory there, which is the one believed."""
    before = f"v{newest - 1}/"
    if (unread := seals.refused(SIDECAR)) is not None:
        yield unread
        return
    digest, found = seals.digest(INVENTORY), seals.sidecar("")
    if found == digest or (newest > 1 and seals.refused(f"{before}{SIDECAR}")):
        return
    if found and newest > 1 and found == seals.sidecar(before):
        yield finding("AIP-014", SIDECAR, f"{SIDECAR} is still that of v{newest - 1}")
    else:
        message = f"{SIDECAR} says {found[:16] or 'nothing'}…, expected {digest[:16]}…"
        yield finding("AIP-006", SIDECAR, message)


def _check_version(seals: _Seals, number: int) -> Iterator[Finding]:
    """Check the inventory that a version keeps of its own time, with sidecar, signature and key."""
    path = f"v{number}/{INVENTORY}"
    data = seals.read(path)
    if not isinstance(data, bytes):
        yield _not_read(path, data)
        return
    digest = seals.digest(path)
    sidecar = f"v{number}/{SIDECAR}"
    signature, key = f"{SIGNATURES}/{signature_name(number)}", f"{SIGNATURES}/{key_name(number)}"
    refused = {name: told for name in (sidecar, signature, key) if (told := seals.refused(name)) is not None}
    yield from refused.values()
    confirmed = seals.sidecar(f"v{number}/") == digest
    signed = seals.is_signed(number, path)
    if not (confirmed or signed or sidecar in refused or signature in refused):
        message = f"sha512 of {path} is {digest[:16]}…, neither sidecar nor signature confirms it"
        yield finding("AIP-005", path, message)
    elif not confirmed and sidecar not in refused:
        yield finding("AIP-006", sidecar, f"{sidecar} does not hold the sha512 {digest[:16]}…")
    if key not in refused:
        yield from _check_key(seals, key)
    if signature not in refused:
        yield from _check_signature(seals, number, signed=signed or not confirmed)


def _check_key(seals: _Seals, key: str) -> Iterator[Finding]:
    if seals.is_missing(key):
        yield finding("AIP-002", key, f"{key} is missing")
    elif seals.bytes_of(key) not in seals.trusted.values():
        yield finding("AIP-008", key, f"{key} is none of the {len(seals.trusted)} trusted keys")


def _check_signature(seals: _Seals, number: int, *, signed: bool) -> Iterator[Finding]:
    signature = f"{SIGNATURES}/{signature_name(number)}"
    if seals.is_missing(signature):
        yield finding("AIP-002", signature, f"{signature} is missing")
    elif not signed:
        found = len(seals.bytes_of(signature))
        message = (
            f"{signature} ({found} bytes, of an Ed25519 key {_SIGNATURE_LENGTH}) is no signature of a "
            f"trusted key over v{number}/{INVENTORY}"
        )
        yield finding("AIP-007", signature, message)


def signer_of(root: Path, number: int, trusted: Mapping[str, bytes]) -> str:
    """Return the id of the trusted key that signed the inventory of a version, or nothing."""
    for key_id, pem in trusted.items():
        seals = _Seals(root, {key_id: pem})
        path = f"v{number}/{INVENTORY}"
        if seals.bytes_of(path) and seals.is_signed(number, path):
            return key_id
    return ""


def _unique(findings: list[Finding]) -> Iterator[Finding]:
    yield from dict.fromkeys(findings)
