"""Lays one version of an AIP out in the staging area: content, METS, PREMIS, description, schemas.

The folder made is shaped like the OCFL object it will become, on the same file system, so that the store
takes it in with one rename. A later version holds only what changed; METS and PREMIS are made anew.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import quote

from aip.descriptive import datacite_xml, iter_description_json
from aip.documents import (
    write_package_mets,
    write_package_premis,
    write_representation_documents,
)
from aip.history import History, continued, representation_of, with_package_paths
from aip.inventory import Inventory, InventoryVersion
from aip.lined_json import lined_json
from aip.package_text import ABOUT, about_package, schema_files
from aip.reading import read_history
from aip.stored import StoredAip
from aip.writing import ContentWriter
from oais.disk_faults import storage_errors
from oais.errors import StorageError
from oais.files import free_bytes, make_directories
from oais.information.identifiers import encode_identifier
from oais.information.packages import PackageContents

_ROOM = 16 << 20
"""Bytes kept free beside the content for metadata and directories."""


@dataclass(frozen=True, slots=True)
class StagedAip:
    """A version laid out below ``path`` (shaped like an object root), not signed and not in the store.

    ``previous_digest`` is the sha512 of the inventory it was built upon, empty for a first version.
    """

    aip_id: str
    version: int
    path: Path
    inventory: Inventory
    previous_digest: str


def stage_aip(contents: PackageContents, staging: Path, previous: StoredAip | None) -> StagedAip:
    """Lay the package out in a new folder below ``staging``; on any fault the folder is removed.

    Raises:
        StorageError: the disk is full or did not do what was asked.
        RefusedError: two files have one path, or a path leads out of the package.
        DamageError: the previous version cannot be read.
    """
    number = previous.head + 1 if previous else 1
    with storage_errors(f"staging {contents.aip_id}"):
        make_directories(staging)
        _check_room(contents, staging)
        prefix = f"{encode_identifier(contents.aip_id)[:100]}-v{number}.{os.getpid()}."
        root = Path(tempfile.mkdtemp(prefix=prefix, dir=staging))
        try:
            root.chmod(0o755)
            return _lay_out(contents, root, number, previous)
        except BaseException:
            shutil.rmtree(root, ignore_errors=True)
            raise


def _check_room(contents: PackageContents, staging: Path) -> None:
    """Make sure what must be copied fits, before the first byte is written."""
    device = staging.stat().st_dev
    copied = sum(file.fixity.size for file in contents.files if os.lstat(file.source).st_dev != device)
    free = free_bytes(staging)
    if free < copied + _ROOM:
        raise StorageError(
            f"staging {contents.aip_id} needs {copied + _ROOM} bytes, {free} are free",
            remedy="free space on the archive's file system and repeat; nothing was written",
        )


def _lay_out(contents: PackageContents, root: Path, number: int, previous: StoredAip | None) -> StagedAip:
    writer = ContentWriter(root, number, previous.inventory if previous else None)
    for file in contents.files:
        writer.take(file)
    history = _history(contents, writer, previous)
    _write_own_files(contents, writer, number)
    folders = {representation_of(path) for path in writer.written} - {""}
    for folder in sorted(folders):
        write_representation_documents(writer, folder, contents, history)
    write_package_premis(writer, contents, history)
    writer.write_fast_digests()
    write_package_mets(writer, sorted(folders), contents)
    version = _inventory_version(contents, number, writer)
    return StagedAip(
        aip_id=contents.aip_id,
        version=number,
        path=root,
        inventory=writer.inventory(contents.aip_id, version),
        previous_digest=previous.inventory_digest if previous else "",
    )


def _history(contents: PackageContents, writer: ContentWriter, previous: StoredAip | None) -> History:
    now = History(with_package_paths(contents.events, contents.files), contents.agents)
    if previous is None:
        return now
    before = previous.inventory.versions[previous.head].state
    state = writer.state()
    unchanged = {path: digest for path, digest in state.items() if before.get(path) == digest}
    return continued(read_history(previous), now, unchanged)


def _write_own_files(contents: PackageContents, writer: ContentWriter, number: int) -> None:
    description = replace(contents.description, version=number)
    descriptive = "metadata/descriptive"
    writer.write(f"{descriptive}/datacite.xml", datacite_xml(description), "application/xml")
    with writer.stream(f"{descriptive}/description.json", "application/json") as out:
        out.writelines(iter_description_json(description))
    writer.write("metadata/other/report.json", lined_json(contents.report, 3), "application/json")
    if contents.software:
        plain = [
            {
                "name": item.name,
                "version": item.version,
                "path": item.path,
                "swhid": item.swhid,
                "how_to_run": item.how_to_run,
            }
            for item in contents.software
        ]
        path = "representations/software/metadata/descriptive/software.json"
        writer.write(path, lined_json(plain, 2), "application/json")
    if ABOUT not in writer.written:
        writer.write(ABOUT, about_package(contents.aip_id), "text/plain")
    for path, data, media_type, fixity in schema_files():
        if path not in writer.written:
            writer.write(path, data, media_type, fixity)


def _inventory_version(contents: PackageContents, number: int, writer: ContentWriter) -> InventoryVersion:
    provider = contents.description.provider or "unknown provider"
    receipt = contents.description.receipt
    message = "first version" if number == 1 else f"version {number}"
    origin = contents.reason or (f"from delivery {receipt}" if receipt else "")
    role, name = ("archive", contents.author) if contents.author else ("provider", provider)
    return InventoryVersion(
        number=number,
        created=contents.created_at,
        message=f"{message}, {origin}" if origin else message,
        user_name=name,
        user_address=f"info:oais/{role}/{quote(name, safe='')}",
        state=writer.state(),
    )
