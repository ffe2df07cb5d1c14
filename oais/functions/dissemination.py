"""Dissemination: files of stored AIPs, whether they may be had, and the DIP that is made of them."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase
from pathlib import Path
from types import MappingProxyType

from aip.reading import DESCRIPTION, read_description
from aip.stored import StoredAip, StoredFile
from dip.building import Container, Dip, DipItem, DipOrder, build_dip
from dip.order import ACCESS_DECISION
from oais.archive import Archive
from oais.errors import NotFoundError, WrongUsageError
from oais.functions.access.citation import cite
from oais.functions.access.decisions import Asker
from oais.functions.ledger.proving import proof_files
from oais.functions.storage import find_aip
from oais.information.description import PackageDescription
from oais.information.identifiers import AipReference
from oais.information.text import readable_json
from policies.access import ANONYMOUS, Action, Decision

_ROOMS = {
    "representations/original/data/": "",
    "representations/migrated/data/": "",
    "representations/software/data/": "software/",
    "documentation/": "documents/",
}
_RECORDS = {
    "description.json": DESCRIPTION,
    "premis.xml": "metadata/preservation/premis.xml",
    "premis-original.xml": "representations/original/metadata/preservation/premis.xml",
    "premis-migrated.xml": "representations/migrated/metadata/preservation/premis.xml",
}
"""The AIP's own records that go along, by their names in a DIP."""

DERIVED = "derived.json"
"""Place below ``metadata/`` for what was made of which file, and which could not be made so and why."""


@dataclass(frozen=True, slots=True)
class Part:
    """What a DIP takes from one version of an AIP: files and records where they lie, and why it may.

    ``name`` is its folder in a DIP of several AIPs; ``decision`` released it, as plain values;
    ``derivations`` tell of each file, by its path in the DIP, of what it was made or why it was not;
    ``proof`` makes the files below ``metadata/`` that prove the version, when the DIP is laid out.
    """

    name: str
    aip_id: str
    version: int
    node: str
    items: tuple[DipItem, ...]
    records: tuple[DipItem, ...]
    decision: Mapping[str, object]
    citation: str
    licence: str
    stored_at: str
    derivations: Mapping[str, Mapping[str, object]] = field(default_factory=dict)
    proof: Callable[[], Mapping[str, bytes]] = dict

    @property
    def size(self) -> int:
        """Bytes of the files."""
        return sum(item.size for item in self.items)


Cutting = Callable[[Part], Part]
"""Makes other files of those of a part: cut to a time, converted. Each must lie there whole, with digests."""


def whole(part: Part) -> Part:
    """Leave the files of a part as they are kept."""
    return part


def deliver(
    archive: Archive,
    reference: AipReference,
    patterns: Sequence[str],
    target: Path,
    asker: Asker,
    cutting: Cutting = whole,
) -> Dip:
    """Build a DIP of an AIP version: a directory, or one file when ``target`` ends in ``.zip``.

    Raises NotFoundError, ClosedError when the data may not be had, WrongUsageError when nothing matches or
    the target is taken, DamageError when a stored byte is wrong, and as ``cutting``.
    """
    stored = find_aip(archive, reference.aip_id)
    version = reference.version or stored.head
    description = read_description(stored, version)
    decision = _decision(asker, stored, description)
    items = select(stored, version, patterns)
    _check_target(archive, target)
    part = cutting(part_of(archive, stored, description, items, decision))
    name = f"{part.name}-{digest_of([part])}"
    order = dip_order(archive, [part], name=name, title=description.title, at=archive.now())
    container: Container = "zip" if target.suffix == ".zip" else "directory"
    return build_dip(order, target, archive.signer, container=container)


def part_of(
    archive: Archive,
    stored: StoredAip,
    description: PackageDescription,
    items: tuple[DipItem, ...],
    decision: Decision,
) -> Part:
    """Return what goes into a DIP of files of one version."""
    version = description.version
    files = stored.open(version).files()
    return Part(
        name=f"{description.aip_id}.v{version}",
        aip_id=description.aip_id,
        version=version,
        node=description.node,
        items=items,
        records=tuple(_item(name, files[path]) for name, path in _RECORDS.items() if path in files),
        decision=_plain(decision),
        citation=cite(description, version, archive.settings.base_url).text,
        licence=description.licence,
        stored_at=stored.inventory.versions[version].created,
        proof=lambda: proof_files(archive, stored, version),
    )


def dip_order(
    archive: Archive,
    parts: Sequence[Part],
    *,
    name: str,
    title: str,
    at: str,
    apart: bool = False,
    notes: Mapping[str, bytes] = MappingProxyType({}),
) -> DipOrder:
    """Return the order of a DIP; where the AIPs are kept ``apart`` each has a folder of its own.

    ``name`` is the bag's folder, ``at`` the moment of the order; ``notes`` are files below ``metadata/``.
    """
    foldered = [(f"{part.name}/" if apart else "", part) for part in parts]
    return DipOrder(
        order_id=name,
        title=title,
        items=tuple(_below(folder, item) for folder, part in foldered for item in part.items),
        records=tuple(_below(folder, record) for folder, part in foldered for record in part.records),
        metadata={
            **notes,
            **{f"{folder}{ACCESS_DECISION}": readable_json(part.decision) for folder, part in foldered},
            **{f"{folder}{DERIVED}": readable_json(_told(part)) for folder, part in foldered if _told(part)},
            **{f"{folder}{name}": data for folder, part in foldered for name, data in part.proof().items()},
        },
        citation="\n".join(part.citation for part in parts),
        licence="; ".join(dict.fromkeys(part.licence for part in parts if part.licence)),
        source_organization=archive.settings.name,
        at=at,
        keys_address=f"{archive.settings.base_url.rstrip('/')}/keys",
    )


def _told(part: Part) -> dict[str, Mapping[str, object]]:
    """Return what is told of the files of a part that are in it: a volume may have only some."""
    there = {item.path for item in part.items}
    return {path: note for path, note in part.derivations.items() if path in there}


def _below(folder: str, item: DipItem) -> DipItem:
    return replace(item, path=f"{folder}{item.path}")


def digest_of(parts: Sequence[Part]) -> str:
    """Return twelve digits that name what is delivered: the same files have the same, in the same order."""
    listing = "\n".join(f"{item.digests['sha512']}  {item.path}" for part in parts for item in part.items)
    return hashlib.sha256(listing.encode()).hexdigest()[:12]


def _check_target(archive: Archive, target: Path) -> None:
    """Raise WrongUsageError for what is there already, and inside the archive but for the room of orders."""
    if os.path.lexists(target):
        raise WrongUsageError(f"{target} exists already", remedy="name a target that does not exist yet")
    place = target.resolve()
    if place.is_relative_to(archive.home) and not place.is_relative_to(archive.dip_root):
        raise WrongUsageError(
            f"{target} lies inside the archive, whose rooms hold nothing but its own",
            remedy=f"name a target elsewhere, or below {archive.dip_root}",
        )


def _decision(asker: Asker, stored: StoredAip, description: PackageDescription) -> Decision:
    """Return what releases a version; an older one is not known where the newest may not be described."""
    unknown = NotFoundError(f"the archive holds no AIP {description.aip_id}")
    newest = description if description.version == stored.head else read_description(stored)
    asker.require(Action.READ_METADATA, newest.node, newest.aip_id, unknown, newest.version)
    place = (description.node, description.aip_id)
    asker.require(Action.DOWNLOAD, *place, unknown, description.version)
    if asker.open_to_all(Action.DOWNLOAD, *place, description.version):
        # What is open to all is not handed out as a privilege of whoever asked.
        asker = asker.asked_by(ANONYMOUS)
    return asker.decision(Action.DOWNLOAD, *place, description.version)


def select(stored: StoredAip, version: int, patterns: Sequence[str]) -> tuple[DipItem, ...]:
    """Return the files of a version whose path or name matches one of the patterns; all without any.

    Raises WrongUsageError naming each pattern that matches nothing.
    """
    files = list(deliverable(stored, version))
    wanted = [item for _, item in files if not patterns or _matches(item.path, patterns)]
    unmatched = [
        pattern for pattern in patterns if not any(_matches(item.path, [pattern]) for _, item in files)
    ]
    if unmatched:
        raise WrongUsageError(
            f"no file of {stored.aip_id}@v{version} matches {', '.join(map(repr, unmatched))}",
            remedy=f"'oais show {stored.aip_id}' lists its files",
        )
    return tuple(wanted)


def pick(stored: StoredAip, version: int, paths: Collection[str]) -> tuple[DipItem, ...]:
    """Return the files of a version with these logical paths, all without any; what is not there is not."""
    return tuple(item for logical, item in deliverable(stored, version) if not paths or logical in paths)


def deliverable(stored: StoredAip, version: int) -> Iterator[tuple[str, DipItem]]:
    """Yield logical path and item of every file that can be delivered, by its path in a DIP."""
    files = {
        path: (logical, file)
        for logical, file in stored.open(version).files().items()
        if (path := delivered_path(logical))
    }
    for path, (logical, file) in sorted(files.items()):
        yield logical, _item(path, file)


def _item(path: str, file: StoredFile) -> DipItem:
    return DipItem(path, file.path, file.size, file.digests)


def delivered_path(logical: str) -> str:
    """Return the path in a DIP of a file of the AIP; empty for the package's own metadata."""
    for room, folder in _ROOMS.items():
        if logical.startswith(room):
            return folder + logical.removeprefix(room)
    return ""


def _matches(path: str, patterns: Sequence[str]) -> bool:
    name = path.rpartition("/")[2]
    return any(fnmatchcase(path, pattern) or fnmatchcase(name, pattern) for pattern in patterns)


def _plain(decision: Decision) -> dict[str, object]:
    """Return a decision as a DIP tells it: which policy released it and why, not to whom."""
    return {
        "allowed": decision.allowed,
        "policy": decision.policy,
        "reason": decision.reason,
        "data": decision.word,
    }
