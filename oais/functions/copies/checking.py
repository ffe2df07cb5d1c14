"""The check of a location: every byte read again there, with a number nobody could know before.

For each AIP a nonce is drawn. The location answers for every file with the sha256 of nonce and file, which
the archive compares with its own answer; so nothing kept from an earlier check is of any use, and who has
lost the bytes cannot answer. The archive's own bytes are proven in the same reading, against the signed
inventory; where they fail, the location's are compared with that inventory themselves.
"""

from __future__ import annotations

import hashlib
import re
import secrets
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from aip.audit import audit_aip
from aip.inventory import Inventory
from aip.medium import Medium, digests_with
from aip.sealing import key_name, signature_name
from aip.seals import believed_inventory
from aip.stored import AUDITS, INVENTORY, OBJECT_DECLARATION, OBJECT_DECLARED, SIDECAR, SIGNATURES
from oais.archive import Home
from oais.functions.copies.locations import Location
from oais.functions.storage import aip_store
from oais.functions.withdrawal.removing import owed
from oais.information.findings import Finding, Severity, finding, refuses
from oais.information.identifiers import object_path

_DECLARED: Final = hashlib.sha512(OBJECT_DECLARED).hexdigest()
_NONCE_BYTES: Final = 32
_OF_INVENTORIES: Final = frozenset({"AIP-005", "AIP-006", "AIP-007", "AIP-008"})
_VERSION: Final = re.compile(r"v([1-9][0-9]*)/inventory\.json")

Nonce = Callable[[], bytes]
"""Draws a number that nobody could know before."""


def fresh_nonce() -> bytes:
    """Return 32 random bytes."""
    return secrets.token_bytes(_NONCE_BYTES)


@dataclass(frozen=True, slots=True)
class Checked:
    """What a location answered: AIPs and files that were asked for, and every fault by its AIP."""

    location: str
    aips: int
    files: int
    findings: tuple[tuple[str, Finding], ...]
    away: str = ""

    @property
    def damaged(self) -> int:
        """How many AIPs have a copy that is not what was sealed."""
        return len({about for about, found in self.findings if found.severity is Severity.ERROR})

    @property
    def owed(self) -> int:
        """How many AIPs the location lacks, or their newest version, or has although they were withdrawn."""
        return sum(1 for _, found in self.findings if found.code in {"COP-002", "COP-008"})

    def as_plain(self) -> dict[str, object]:
        """Return it as ``--json`` shows it."""
        return {
            "location": self.location,
            "aips": self.aips,
            "files": self.files,
            "damaged": self.damaged,
            "owed": self.owed,
            "away": self.away,
            "findings": [{"aip": aip, **found.as_dict()} for aip, found in self.findings],
        }


def check_location(
    home: Home,
    location: Location,
    aip_ids: Sequence[str] = (),
    *,
    nonce: Nonce = fresh_nonce,
    progress: Callable[[], None] | None = None,
) -> Checked:
    """Ask a location for these AIPs, or for all: those of the archive, and what it holds besides.

    Nothing is written. Raises StorageError when the archive's own storage root cannot be listed.
    """
    if location.away:
        return Checked(location.name, 0, 0, (), location.away)
    findings: list[tuple[str, Finding]] = []
    aips = files = 0
    withdrawn = {object_path(one.aip_id): one.aip_id for one in owed(home, location.root)}
    for place in _places(home, location, aip_ids):
        if place in withdrawn:
            message = f"{withdrawn[place]} was withdrawn, and is still at {location.name}"
            findings.append((withdrawn[place], finding("COP-008", f"{location.name}/aip/{place}", message)))
            continue
        one = _Examination(home, location, place)
        told = list(one.findings(nonce()))
        aips, files = aips + 1, files + one.files
        findings += [(one.about, found) for found in told]
        if progress is not None:
            progress()
    return Checked(location.name, aips, files, tuple(findings), location.away)


def _places(home: Home, location: Location, aip_ids: Sequence[str]) -> Iterator[str]:
    if aip_ids:
        yield from map(object_path, aip_ids)
        return
    known = {root.relative_to(home.aip_root).as_posix() for root in aip_store(home).found_roots()}
    there = {root.relative_to(location.root).as_posix() for root in location.store().found_roots()}
    yield from sorted(known | there)


class _Examination:
    """One AIP at one location: what is expected there, and what is answered."""

    def __init__(self, home: Home, location: Location, place: str) -> None:
        self.about = place.rpartition("/")[2]
        self.files = 0
        self._trusted = home.trusted_keys()
        self._own = home.aip_root / place
        self._location = location
        self._medium: Medium = location.medium
        self._there = f"aip/{place}"

    def findings(self, nonce: bytes) -> Iterator[Finding]:
        """Yield what is wrong with the copy; paths are those of the location."""
        kinds = dict(self._medium.list(self._there))
        found = {path.removeprefix(f"{self._there}/"): kind for path, kind in kinds.items()}
        believed = believed_inventory(self._own, self._trusted) if self._own.is_dir() else None
        inventory = believed.inventory if believed else None
        if inventory is None:
            yield self._told("COP-006", "", "the archive's own copy has no inventory that can be believed")
            return
        self.about = inventory.aip_id
        head = max((int(match[1]) for path in found if (match := _VERSION.fullmatch(path))), default=0)
        if head < inventory.head:
            has = f"ends with v{head}" if head else "is not there"
            message = f"{self.about} {has} at {self._location.name}, the archive has v{inventory.head}"
            yield self._told("COP-002", "", message)
        expected = _expected(inventory, min(head, inventory.head))
        for path in sorted(expected.keys() - found.keys()) if head else ():
            yield self._told("COP-003", path, "is missing")
        for path in sorted(found.keys() - expected.keys() - {AUDITS}):
            yield self._told("COP-005", path, f"is a {found[path]} that nothing accounts for")
        sound = believed is not None and not refuses(believed.findings)
        for path in sorted(expected.keys() & found.keys()):
            if sound or " " in expected[path]:
                yield from self._answered(path, expected[path], nonce)
        if not sound and head:
            yield from self._weighed_by_itself()

    def _weighed_by_itself(self) -> Iterator[Finding]:
        """Weigh inventories and signatures of the copy alone, where those of the archive are damaged."""
        told = audit_aip(self._location.path / self._there, self._trusted, algorithms=(), record=False)
        for one in told.findings:
            if one.code in _OF_INVENTORIES:
                yield self._told("COP-003", one.path, f"is not what was sealed: {one.message}")

    def _answered(self, path: str, source: str, nonce: bytes) -> Iterator[Finding]:
        """Compare one answer with ours, or where our own bytes fail with the signed inventory."""
        name, _, sealed = source.partition(" ")
        self.files += 1
        try:
            plain, answer = self._medium.answer(f"{self._there}/{path}", nonce)
        except OSError as error:
            yield self._told("COP-004", path, f"cannot be read: {error.strerror}")
            return
        try:
            own, ours = digests_with(self._own / name, nonce)
        except OSError:
            own, ours = "", ""
        if sealed and own != sealed:
            if plain != sealed:
                yield self._told("COP-003", path, f"has sha512 {plain[:16]}…, expected {sealed[:16]}…")
        elif answer != ours:
            yield self._told("COP-003", path, f"answers {answer[:16]}… to a nonce, expected {ours[:16]}…")

    def _told(self, code: str, path: str, what: str) -> Finding:
        place = str(Path(self._location.name, self._there, path))
        return finding(code, place, f"{path} {what}".strip())


def _expected(inventory: Inventory, head: int) -> dict[str, str]:
    """Return what a copy of the first ``head`` versions consists of.

    For each path, the path of the same bytes in the archive's copy, and behind a space its sha512 where the
    inventory has one.
    """
    if not head:
        return {}
    paths = {
        path: f"{path} {digest}"
        for digest, content in inventory.manifest.items()
        for path in content
        if int(path.partition("/")[0][1:]) <= head
    }
    for number in range(1, head + 1):
        for name in (signature_name(number), key_name(number)):
            paths[f"{SIGNATURES}/{name}"] = f"{SIGNATURES}/{name}"
        for name in (INVENTORY, SIDECAR):
            paths[f"v{number}/{name}"] = f"v{number}/{name}"
    for name in (INVENTORY, SIDECAR):
        paths[name] = f"v{head}/{name}"
    return paths | {OBJECT_DECLARATION: f"{OBJECT_DECLARATION} {_DECLARED}"}
