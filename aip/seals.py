"""Which inventory of an object can be believed: inventory, sidecar, signature and key, weighed together.

Each of the four can be damaged alone; the other three then say which. Paths are relative to the object.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from aip.inventory import Inventory, parse_inventory
from aip.recovery import newest_version_folder
from aip.sealing import key_name, signature_name
from aip.stored import INVENTORY, SIDECAR, SIGNATURES, sidecar_digest
from oais.files import read_regular
from oais.information.findings import Finding, finding
from oais.information.signature import verify_signature

_SIGNATURE_LENGTH = 64


@dataclass(frozen=True, slots=True)
class Believed:
    """The inventory to check the object against (None when no copy of it can be used), and what was found."""

    inventory: Inventory | None
    findings: tuple[Finding, ...]


def believed_inventory(root: Path, trusted: Mapping[str, bytes]) -> Believed:
    """Weigh all inventories of an object; never raises for what it finds on disk."""
    try:
        newest = newest_version_folder(root)
    except OSError as error:
        return Believed(None, (finding("AIP-004", root.name, f"{root.name}: {error.strerror}"),))
    findings = [found for number in range(1, newest) for found in _check_version(root, number, trusted)]
    copies = _readable(root, newest, findings)
    if not copies:
        return Believed(None, tuple(findings))
    signed = [path for path, data in copies.items() if _signer_of(root, newest, data, trusted)]
    chosen = _choose(root, copies, signed)
    findings.extend(_compare_copies(root, newest, copies, chosen))
    if f"v{newest}/{INVENTORY}" in copies:
        findings.extend(_check_version(root, newest, trusted))
    try:
        return Believed(parse_inventory(copies[chosen]), tuple(_unique(findings)))
    except ValueError as error:
        findings.append(finding("AIP-005", chosen, f"{chosen} cannot be used: {error}"))
        return Believed(None, tuple(_unique(findings)))


def _readable(root: Path, newest: int, findings: list[Finding]) -> dict[str, bytes]:
    copies = {}
    for path in (INVENTORY, f"v{newest}/{INVENTORY}"):
        try:
            copies[path] = read_regular(root / path, follow=False)
        except FileNotFoundError:
            findings.append(finding("AIP-002", path, f"{path} is missing"))
        except OSError as error:
            findings.append(finding("AIP-004", path, f"{path} cannot be read: {error.strerror}"))
    return copies


def _choose(root: Path, copies: Mapping[str, bytes], signed: list[str]) -> str:
    """Return the copy to believe: a signed one before one its sidecar confirms, else the root's."""
    if signed:
        return signed[0]
    for path, data in copies.items():
        sidecar = (root / path).with_name(SIDECAR)
        if sidecar_digest(sidecar) == hashlib.sha512(data).hexdigest():
            return path
    return next(iter(copies))


def _compare_copies(root: Path, newest: int, copies: Mapping[str, bytes], chosen: str) -> Iterator[Finding]:
    believed = copies[chosen]
    for path, data in copies.items():
        if data == believed:
            continue
        if path == INVENTORY and _is_version_before(root, newest, data):
            message = f"v{newest} is complete, but {path} is still that of v{newest - 1}"
            yield finding("AIP-014", path, message)
        else:
            yield finding("AIP-005", path, f"{path} differs from {chosen}, which is sound")
    if INVENTORY not in copies or copies[INVENTORY] != believed:
        return
    digest = hashlib.sha512(believed).hexdigest()
    found = sidecar_digest(root / SIDECAR)
    if found and found == sidecar_digest(root / f"v{newest - 1}" / SIDECAR):
        yield finding("AIP-014", SIDECAR, f"{SIDECAR} is still that of v{newest - 1}")
    elif found != digest:
        message = f"{SIDECAR} says {found[:16] or 'nothing'}…, expected {digest[:16]}…"
        yield finding("AIP-006", SIDECAR, message)


def _is_version_before(root: Path, newest: int, data: bytes) -> bool:
    if newest < 2:
        return False
    try:
        return read_regular(root / f"v{newest - 1}" / INVENTORY, follow=False) == data
    except OSError:
        return False


def _check_version(root: Path, number: int, trusted: Mapping[str, bytes]) -> Iterator[Finding]:
    """Check the inventory that a version keeps of its own time, with sidecar, signature and key."""
    path = f"v{number}/{INVENTORY}"
    try:
        data = read_regular(root / path, follow=False)
    except OSError as error:
        missing = isinstance(error, FileNotFoundError)
        code, word = ("AIP-002", "is missing") if missing else ("AIP-004", "cannot be read")
        yield finding(code, path, f"{path} {word}")
        return
    digest = hashlib.sha512(data).hexdigest()
    confirmed = sidecar_digest(root / f"v{number}" / SIDECAR) == digest
    signed = bool(_signer_of(root, number, data, trusted))
    if not confirmed and not signed:
        message = f"sha512 of {path} is {digest[:16]}…, neither sidecar nor signature confirms it"
        yield finding("AIP-005", path, message)
    elif not confirmed:
        sidecar = f"v{number}/{SIDECAR}"
        yield finding("AIP-006", sidecar, f"{sidecar} does not hold the sha512 {digest[:16]}…")
    yield from _check_signature_files(root, number, trusted, signed=signed, confirmed=confirmed)


def _check_signature_files(
    root: Path, number: int, trusted: Mapping[str, bytes], *, signed: bool, confirmed: bool
) -> Iterator[Finding]:
    signature = f"{SIGNATURES}/{signature_name(number)}"
    key = f"{SIGNATURES}/{key_name(number)}"
    for path in (signature, key):
        if not (root / path).is_file():
            yield finding("AIP-002", path, f"{path} is missing")
    known = _read(root / key) in trusted.values()
    if (root / key).is_file() and not known:
        yield finding("AIP-008", key, f"{key} is none of the {len(trusted)} trusted keys")
    if (root / signature).is_file() and not signed and confirmed:
        found = len(_read(root / signature))
        message = (
            f"{signature} ({found} bytes, of an Ed25519 key {_SIGNATURE_LENGTH}) is no signature of a "
            f"trusted key over v{number}/{INVENTORY}"
        )
        yield finding("AIP-007", signature, message)


def _signer_of(root: Path, number: int, data: bytes, trusted: Mapping[str, bytes]) -> str:
    """Return the trusted key that signed ``data`` as the inventory of a version, or nothing."""
    signature = _read(root / SIGNATURES / signature_name(number))
    for key_id, pem in trusted.items():
        if verify_signature(pem, data, signature):
            return key_id
    return ""


def _read(path: Path) -> bytes:
    try:
        return read_regular(path, follow=False)
    except OSError:
        return b""


def _unique(findings: list[Finding]) -> Iterator[Finding]:
    yield from dict.fromkeys(findings)
