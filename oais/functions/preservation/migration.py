"""Migration of a format: a new version of each AIP, proven to have lost nothing; the old one stays as it is.

Each AIP is migrated whole or not at all, and one that cannot be does not stop the others. What is done is
recognised, so that an interrupted run is simply repeated.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal

from aip.reading import read_description, read_record
from aip.sealing import seal
from aip.staging import stage_aip
from aip.stored import StoredAip
from oais.archive import Archive
from oais.disk_faults import storage_errors
from oais.errors import ArchiveError, RefusedError, StorageError, WrongUsageError, as_fault
from oais.files import make_directories
from oais.functions.copies.replication import replicate
from oais.functions.data_management import index_records
from oais.functions.ingest import one_ingest_of
from oais.functions.ledger.recording import record, versioned
from oais.functions.ledger.unrecorded import marked
from oais.functions.preservation.migration_events import numbered, work_done
from oais.functions.preservation.successor import Replacement, proven, successor
from oais.functions.recovery import sweep
from oais.functions.reporting import SILENT, Reporter
from oais.functions.storage import aip_store, find_aip
from oais.information.description import ProductDescription
from oais.information.fixity import hash_file
from oais.information.packages import ContentFile
from oais.information.premis import Agent, Derivation
from oais.information.representation.migrating import NotMigratedError, Proof, migrate_file
from oais.information.representation.pathways import PATHWAYS, Pathway, pathway
from oais.information.text import printable
from search_index.index import open_index

ROOM = "representations/migrated/data/"
_ROOMS = ("representations/original/data/", ROOM)

Outcomes = Literal["migrated", "would be migrated", "nothing to do", "refused", "stopped"]


@dataclass(frozen=True, slots=True)
class MigratedFile:
    """One file before and after, and what was found equal in both."""

    source: str
    path: str
    size_before: int
    size_after: int
    sha512_before: str
    sha512_after: str
    equal: str
    reader: str


@dataclass(frozen=True, slots=True)
class Migrated:
    """What became of one AIP; ``version`` is the new one, 0 where none was made; ``reason`` says why not."""

    aip_id: str
    outcome: Outcomes
    version: int = 0
    files: tuple[MigratedFile, ...] = ()
    reason: str = ""
    remedy: str = ""
    exit_code: int = field(default=0, compare=False)

    def as_plain(self) -> dict[str, Any]:
        """Return what JSON shows."""
        return asdict(self)


def way_between(source: str, target: str) -> Pathway:
    """Return the way from one format to another; raises WrongUsageError naming those there are."""
    found = pathway(source, target)
    if found is None:
        ways = ", ".join(f"{way.source} to {way.target}" for way in PATHWAYS)
        asked = f"from {printable(source) or 'nothing'} to {printable(target) or 'nothing'}"
        raise WrongUsageError(f"there is no lossless way {asked}", remedy=f"the ways are {ways}")
    return found


def candidates(archive: Archive, way: Pathway, only: Sequence[str] = ()) -> tuple[str, ...]:
    """Return the AIPs whose newest version holds the format, of ``only`` where that is given.

    Raises NotFoundError for one that the archive does not hold, StorageError.
    """
    for aip_id in only:
        find_aip(archive, aip_id)
    with closing(open_index(archive.index_root)) as index:
        return tuple(dict.fromkeys(only)) if only else index.of_format(way.source)


def migrate(
    archive: Archive,
    way: Pathway,
    aip_ids: Sequence[str],
    *,
    dry_run: bool = False,
    reporter: Reporter = SILENT,
) -> Iterator[Migrated]:
    """Migrate AIP after AIP and yield what became of each, once it stands in the ledger and the index.

    A ``dry_run`` converts and compares all the same, and stores nothing. After a fault of the disk nothing
    more is begun. At the end the new versions are brought to every location of copies.

    Raises DamageError when the ledger is damaged, StorageError.
    """
    sweep(archive)
    new = []
    with marked(archive) as mark:
        for aip_id in aip_ids:
            try:
                with storage_errors(f"the migration of {aip_id}"):
                    told = _migrate_one(archive, way, aip_id, dry_run)
            except (NotMigratedError, RefusedError) as error:
                told = _not(aip_id, "refused", error)
            except Exception as error:  # noqa: BLE001 - what is met in one AIP must not stop the others
                mark.stays = True  # it may have been stored all the same
                fault = as_fault(error)
                told = _not(aip_id, "stopped" if isinstance(fault, StorageError) else "refused", fault)
            yield told
            new += [aip_id] if told.outcome == "migrated" else []
            if told.outcome == "stopped":
                return
    replicate(archive, new, reporter)


def _not(aip_id: str, outcome: Outcomes, error: ArchiveError) -> Migrated:
    return Migrated(aip_id, outcome, reason=error.message, remedy=error.remedy, exit_code=error.exit_code)


def _migrate_one(archive: Archive, way: Pathway, aip_id: str, dry_run: bool) -> Migrated:
    with one_ingest_of(archive, aip_id), _workshop(archive) as folder:
        stored = find_aip(archive, aip_id)
        products = [item for item in read_description(stored).products if _is_meant(item, way)]
        if not products:
            _index_again(archive, stored)
            return Migrated(aip_id, "nothing to do", reason=f"v{stored.head} holds no {way.source}")
        _check_names(stored, way, products)
        work = _Work(archive, stored, way, folder)
        made = [work.made_of(number, item) for number, item in enumerate(products)]
        files = tuple(told for told, _, _ in made)
        if dry_run:
            return Migrated(aip_id, "would be migrated", stored.head + 1, files)
        new = work.store(made)
        record(archive, archive.signer, versioned(archive, new))
        index_records(archive, [read_record(new)])
        return Migrated(aip_id, "migrated", new.head, files)


def _is_meant(product: ProductDescription, way: Pathway) -> bool:
    """Return whether a product is to be migrated; preserved software and documents are left as they came."""
    return product.format_id == way.source and product.path.startswith(_ROOMS)


def _index_again(archive: Archive, stored: StoredAip) -> None:
    """Tell the index of an AIP that a run before stored and could not tell of any more."""
    with closing(open_index(archive.index_root)) as index:
        known = index.aip(stored.aip_id)
    if known is None or known.version < stored.head:
        index_records(archive, [read_record(stored)])


def _inside(path: str) -> str:
    """Return the path of a product below the room that it rests in."""
    return next((path.removeprefix(room) for room in _ROOMS if path.startswith(room)), path)


def _check_names(stored: StoredAip, way: Pathway, products: Sequence[ProductDescription]) -> None:
    """Raise RefusedError when a file made would have the name of one that is there."""
    gone = {item.path for item in products}
    state = stored.inventory.versions[stored.head].state
    taken = {_inside(path).casefold() for path in state if path.startswith(_ROOMS) and path not in gone}
    for item in products:
        name = way.renamed(_inside(item.path))
        if name.casefold() in taken:
            raise RefusedError(
                f"{stored.aip_id}@v{stored.head} has {printable(name)!r} beside {printable(item.path)!r}",
                remedy="ask the provider which of the two counts, and have a new version without the other",
            )
        taken.add(name.casefold())


@contextmanager
def _workshop(archive: Archive) -> Iterator[Path]:
    """Give a folder in the staging area for the files in the making; a crash leaves it to the sweep."""
    make_directories(archive.staging)
    folder = Path(tempfile.mkdtemp(prefix="migration.", dir=archive.staging))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


_Made = tuple[MigratedFile, Replacement, Proof]


@dataclass(frozen=True, slots=True)
class _Work:
    """The migration of one AIP: which version of it, which way, and where the files are made."""

    archive: Archive
    stored: StoredAip
    way: Pathway
    folder: Path

    @property
    def name(self) -> str:
        """The name that events of this migration begin with."""
        return f"migration-v{self.stored.head + 1}"

    def made_of(self, number: int, product: ProductDescription) -> _Made:
        """Make the file that takes the place of a product, of an original proven to be what was sealed."""
        opened = self.stored.open()
        file = opened.file(product.path)
        before = proven(opened, product.path, hash_file(file.path))
        path = ROOM + self.way.renamed(_inside(product.path))
        target = self.folder / f"{number:05}"
        proof = migrate_file(file.path, target, self.way, path.rpartition("/")[2])
        after = hash_file(target)
        if after.problem:
            raise StorageError(f"what was made of {printable(product.path)} is {after.problem}")
        source = f"{self.stored.aip_id}@v{self.stored.head}/{product.path}"
        derivation = Derivation(source, f"{self.name}-e{number + 2:04}")
        content = ContentFile(target, path, product.sip_path, after, proof.format, product.kind, derivation)
        digests = (before.digests["sha512"], after.digests["sha512"])
        told = MigratedFile(source, path, before.size, after.size, *digests, proof.told, proof.reader)
        return told, Replacement(product.path, content), proof

    def store(self, made: Sequence[_Made]) -> StoredAip:
        """Build, seal and store the new version."""
        pairs = [(item.file, proof) for _, item, proof in made]
        done = work_done(self.way, self.stored.aip_id, self.stored.head, pairs, self.archive.signer.key_id)
        events = tuple(numbered(done, self.name, self.archive.now()))
        agents = {name: Agent(name, name.partition(":")[2], "software") for event in events
                  for name in event.agents if name.startswith("tool:")}  # fmt: skip
        told = {
            "from": self.way.source,
            "to": self.way.target,
            "how": self.way.made,
            "proof": self.way.proven,
        }
        contents = successor(
            self.archive,
            self.stored,
            [item for _, item, _ in made],
            events,
            list(agents.values()),
            reason=f"migration of {self.way.source} to {self.way.target}",
            report={"migration": {**told, "files": [asdict(file) for file, _, _ in made]}},
        )
        staged = stage_aip(contents, self.archive.staging, self.stored)
        try:
            return aip_store(self.archive).store(seal(staged, self.archive.signer))
        except BaseException:
            shutil.rmtree(staged.path, ignore_errors=True)
            raise
