"""What each copy of an AIP is worth, by the signature of the archive and by nothing that the copy says.

A copy is *proven* when every byte that its newest inventory names is what was sealed, and a key that the
archive trusts signed that inventory. Unreadable is told apart from damaged: the bytes may be sound.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from aip.audit import AuditResult, AuditTask, audit_aip
from aip.seals import believed_inventory
from aip.stored import INVENTORY
from oais.archive import Home
from oais.files import read_regular
from oais.functions.copies.locations import roots, why_away
from oais.information.findings import Finding, Severity

_BESIDE = frozenset({"AIP-003", "AIP-011"})
"""Faults of what no inventory speaks of: strays, and the log of audits."""


class State(StrEnum):
    """What a copy was found to be."""

    GOOD = "good"
    STRAYS = "good, with strays"
    MISSING = "missing"
    DAMAGED = "damaged"
    UNREADABLE = "unreadable"
    AWAY = "away"


@dataclass(frozen=True, slots=True)
class Copy:
    """One copy of an AIP: where it is, what it is, and by which inventory.

    ``head`` is the newest version that it knows of (0: none); ``inventories`` has the sha512 of the inventory
    of each version, ``audited`` what reading it told.
    """

    location: str
    root: Path
    state: State
    head: int = 0
    inventories: Mapping[int, str] | None = None
    findings: tuple[Finding, ...] = ()
    audited: AuditResult | None = field(default=None, compare=False)

    @property
    def proven(self) -> bool:
        """Whether all that its inventory names is what the archive signed."""
        return self.state in {State.GOOD, State.STRAYS}

    @property
    def digest(self) -> str:
        """The sha512 of its newest inventory, empty where none can be believed."""
        return (self.inventories or {}).get(self.head, "")


def judge_copies(home: Home, place: str) -> list[Copy]:
    """Read every copy of the AIP that lies at ``place`` of each storage root, the archive's own first.

    Raises DamageError when the list of locations is not what was written, StorageError.
    """
    trusted = home.trusted_keys()
    return [judge(name, root, place, trusted, home.now()) for name, root in roots(home).items()]


def judge(location: str, root: Path, place: str, trusted: Mapping[str, bytes], at: str) -> Copy:
    """Read one copy from its disk, every byte of it; what is found never raises. ``at`` is now."""
    path = root / place
    if why_away(root):
        return Copy(location, path, State.AWAY)
    if not path.is_dir():
        return Copy(location, path, State.MISSING)
    told = audit_aip(AuditTask(path, at), trusted, algorithms=("sha512",), record=False)
    # A version that is not finished is no damage of what was acknowledged, and no proof of it either.
    wrong = [found for found in told.findings if found.severity is Severity.ERROR or found.code == "AIP-014"]
    codes = {found.code for found in wrong}
    if not codes:
        state = State.GOOD
    elif codes <= _BESIDE:
        state = State.STRAYS
    else:
        state = State.UNREADABLE if "AIP-004" in codes else State.DAMAGED
    inventories = dict(_inventories(path, told.head, trusted))
    return Copy(location, path, state, told.head, inventories, tuple(wrong), told)


def _inventories(path: Path, head: int, trusted: Mapping[str, bytes]) -> Iterator[tuple[int, str]]:
    """Yield the sha512 of the inventory of every version, where the newest can be believed."""
    if believed_inventory(path, trusted).inventory is None:
        return
    for number in range(1, head + 1):
        try:
            data = read_regular(path / f"v{number}" / INVENTORY, follow=False)
        except OSError:
            continue
        yield number, hashlib.sha512(data).hexdigest()
