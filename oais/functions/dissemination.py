"""Dissemination: select files of a stored AIP, ask whether they may be had, build the DIP."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence
from dataclasses import asdict
from fnmatch import fnmatchcase
from pathlib import Path

from aip.reading import read_description
from aip.stored import StoredAip, StoredFile
from dip.building import Dip, DipItem, DipOrder, build_dip
from oais.archive import Archive
from oais.errors import NotFoundError, WrongUsageError
from oais.functions.access.citation import cite
from oais.functions.access.decisions import Asker
from oais.functions.storage import find_aip
from oais.information.description import PackageDescription, as_plain
from oais.information.identifiers import AipReference
from oais.information.text import readable_json
from policies.access import ANONYMOUS, Action, Decision, Principal

_ROOMS = {
    "representations/original/data/": "",
    "representations/software/data/": "software/",
    "documentation/": "documents/",
}
_PREMIS = "metadata/preservation/premis.xml"
_REPRESENTATION_PREMIS = "representations/original/metadata/preservation/premis.xml"


def deliver(
    archive: Archive,
    reference: AipReference,
    patterns: Sequence[str],
    target: Path,
    principal: Principal,
) -> Dip:
    """Build a DIP of an AIP version: a directory, or one file when ``target`` ends in ``.zip``.

    Raises NotFoundError, ClosedError when the data may not be had, WrongUsageError when nothing matches or
    the target is taken, DamageError when a stored byte is wrong.
    """
    stored = find_aip(archive, reference.aip_id)
    version = reference.version or stored.head
    description = read_description(stored, version)
    decision = _decision(archive, description, principal)
    items = select(stored, version, patterns)
    _check_target(archive, target)
    order = _order(archive, description, items, _metadata(stored, version, description, decision))
    return build_dip(
        order, target, archive.signer, container="zip" if target.suffix == ".zip" else "directory"
    )


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


def _decision(archive: Archive, description: PackageDescription, principal: Principal) -> Decision:
    asker = Asker(archive.policies.tree, principal, archive.clock())
    unknown = NotFoundError(f"the archive holds no AIP {description.aip_id}")
    asker.require(Action.DOWNLOAD, description.node, description.aip_id, unknown)
    if asker.open_to_all(Action.DOWNLOAD, description.node, description.aip_id):
        # What is open to all is not handed out as a privilege of whoever asked.
        asker = Asker(asker.tree, ANONYMOUS, asker.now)
    return asker.decision(Action.DOWNLOAD, description.node, description.aip_id)


def select(stored: StoredAip, version: int, patterns: Sequence[str]) -> tuple[DipItem, ...]:
    """Return the files of a version whose path or name matches one of the patterns; all without any.

    Raises WrongUsageError naming each pattern that matches nothing.
    """
    files = {
        path: file
        for logical, file in stored.open(version).files().items()
        if (path := delivered_path(logical))
    }
    wanted = {path: file for path, file in files.items() if not patterns or _matches(path, patterns)}
    unmatched = [pattern for pattern in patterns if not any(_matches(path, [pattern]) for path in files)]
    if unmatched:
        raise WrongUsageError(
            f"no file of {stored.aip_id}@v{version} matches {', '.join(map(repr, unmatched))}",
            remedy=f"'oais show {stored.aip_id}' lists its files",
        )
    return tuple(_item(path, file) for path, file in sorted(wanted.items()))


def delivered_path(logical: str) -> str:
    """Return the path in a DIP of a file of the AIP; empty for the package's own metadata."""
    for room, folder in _ROOMS.items():
        if logical.startswith(room):
            return folder + logical.removeprefix(room)
    return ""


def _matches(path: str, patterns: Sequence[str]) -> bool:
    name = path.rpartition("/")[2]
    return any(fnmatchcase(path, pattern) or fnmatchcase(name, pattern) for pattern in patterns)


def _item(path: str, file: StoredFile) -> DipItem:
    return DipItem(path, file.path, file.size, file.digests)


def _metadata(
    stored: StoredAip, version: int, description: PackageDescription, decision: Decision
) -> dict[str, bytes]:
    files = stored.open(version).files()
    metadata = {
        "description.json": readable_json(as_plain(description)),
        "access-decision.json": readable_json(_plain(decision)),
    }
    for name, logical in (("premis.xml", _PREMIS), ("premis-original.xml", _REPRESENTATION_PREMIS)):
        if logical in files:
            metadata[name] = files[logical].path.read_bytes()
    return metadata


def _plain(decision: Decision) -> dict[str, object]:
    plain = {name: value for name, value in asdict(decision).items() if name != "grant"}
    release = decision.release_at
    return {**plain, "release_at": release.isoformat() if release else None}


def _order(
    archive: Archive, description: PackageDescription, items: tuple[DipItem, ...], metadata: dict[str, bytes]
) -> DipOrder:
    listing = "\n".join(f"{item.digests['sha512']}  {item.path}" for item in items)
    name = f"{description.aip_id}.v{description.version}"
    return DipOrder(
        order_id=f"{name}-{hashlib.sha256(listing.encode()).hexdigest()[:12]}",
        title=description.title,
        items=items,
        metadata=metadata,
        citation=cite(description, description.version, archive.settings.base_url).text,
        licence=description.licence,
        source_organization=archive.settings.name,
        at=archive.now(),
        keys_address=f"{archive.settings.base_url.rstrip('/')}/keys",
    )
