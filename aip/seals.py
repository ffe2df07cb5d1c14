"""Which inventory of an object can be believed: inventory, sidecar, signature and key, weighed together.

Each of the four can be damaged alone; the other three then say which. Paths are relative to the object.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache, partial
from pathlib import Path

from aip.inventory import Inventory, parse_inventory
from aip.recovery import newest_version_folder
from aip.sealing import key_name, signature_name
from aip.stored import INVENTORY, SIDECAR, SIGNATURES, sidecar_digest
from oais.errors import StorageError
from oais.files import read_regular, unreadable
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
    signer = lru_cache(1)(partial(_signer_of, root, trusted))  # copies of the newest are the same bytes
    findings: list[Finding] = []
    for number in range(1, newest):
        findings.extend(_check_version(root, number, trusted, signer))
    copies = _readable(root, newest, findings)
    if not copies:
        return Believed(None, tuple(findings))
    signed = [path for path, data in copies.items() if signer(newest, data)]
    chosen = _choose(root, copies, signed)
    findings.extend(_compare_copies(root, newest, copies, chosen))
    if f"v{newest}/{INVENTORY}" in copies:
        findings.extend(_check_version(root, newest, trusted, signer))
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
    if (unread := _unread(root, SIDECAR)) is not None:
        yield unread
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


def _check_version(
    root: Path, number: int, trusted: Mapping[str, bytes], signer: Callable[[int, bytes], str]
) -> Iterator[Finding]:
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
    sidecar = f"v{number}/{SIDECAR}"
    signature, key = f"{SIGNATURES}/{signature_name(number)}", f"{SIGNATURES}/{key_name(number)}"
    unread = {name: told for name in (sidecar, signature, key) if (told := _unread(root, name)) is not None}
    yield from unread.values()
    confirmed = sidecar_digest(root / sidecar) == digest
    signed = bool(signer(number, data))
    if not (confirmed or signed or sidecar in unread or signature in unread):
        message = f"sha512 of {path} is {digest[:16]}…, neither sidecar nor signature confirms it"
        yield finding("AIP-005", path, message)
    elif not confirmed and sidecar not in unread:
        yield finding("AIP-006", sidecar, f"{sidecar} does not hold the sha512 {digest[:16]}…")
    if key not in unread:
        yield from _check_key(root, key, trusted)
    if signature not in unread:
        yield from _check_signature(root, number, signed=signed or not confirmed)


def _unread(root: Path, path: str) -> Finding | None:
    """Return the finding of a file that the disk does not give: it may be whole."""
    try:
        read_regular(root / path, follow=False)
    except OSError as error:
        if isinstance(unreadable(path, error), StorageError):
            return finding("AIP-004", path, f"{path} cannot be read: {error.strerror}")
    return None


def _check_key(root: Path, key: str, trusted: Mapping[str, bytes]) -> Iterator[Finding]:
    if not (root / key).is_file():
        yield finding("AIP-002", key, f"{key} is missing")
    elif _read(root / key) not in trusted.values():
        yield finding("AIP-008", key, f"{key} is none of the {len(trusted)} trusted keys")


def _check_signature(root: Path, number: int, *, signed: bool) -> Iterator[Finding]:
    signature = f"{SIGNATURES}/{signature_name(number)}"
    if not (root / signature).is_file():
        yield finding("AIP-002", signature, f"{signature} is missing")
    elif not signed:
        found = len(_read(root / signature))
        message = (
            f"{signature} ({found} bytes, of an Ed25519 key {_SIGNATURE_LENGTH}) is no signature of a "
            f"trusted key over v{number}/{INVENTORY}"
        )
        yield finding("AIP-007", signature, message)


def _signer_of(root: Path, trusted: Mapping[str, bytes], number: int, data: bytes) -> str:
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
