"""What several facts of a dossier stand on: each computed once, when the first of them asks."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

from aip.sealing import signature_name
from aip.stored import SIGNATURES, StoredAip
from oais.archive import Archive
from oais.errors import ArchiveError
from oais.functions.preservation.census import Census, take_census
from oais.functions.preservation.coverage import coverage_of
from oais.functions.storage import aip_store


@dataclass(slots=True)
class Tally:
    """What was counted over all AIPs that can be read; a score of coverage is from 0 to 1."""

    identifiers: set[str] = field(default_factory=set)
    twice: int = 0
    versions: int = 0
    unsigned: int = 0
    migrated: int = 0
    judged: int = 0
    scores: float = 0.0
    unread: int = 0

    def add(self, stored: StoredAip) -> None:
        """Count one AIP; what cannot be judged of it is ``unread``."""
        self.twice += stored.aip_id in self.identifiers
        self.identifiers.add(stored.aip_id)
        for number, version in stored.inventory.versions.items():
            self.versions += 1
            self.unsigned += not (stored.path / SIGNATURES / signature_name(number)).is_file()
            self.migrated += ", migration of " in version.message
        try:
            self.scores += coverage_of(stored, deep=False).score
        except ArchiveError:
            self.unread += 1
        else:
            self.judged += 1


class Evidence:
    """The archive as one dossier sees it; whatever cannot be computed raises ArchiveError for all who ask."""

    def __init__(self, archive: Archive) -> None:
        self.archive = archive

    @cached_property
    def census(self) -> Census:
        """The formats that are held."""
        return take_census(self.archive)

    @cached_property
    def roots(self) -> int:
        """How many AIPs there are, damaged ones too."""
        return sum(1 for _ in aip_store(self.archive).found_roots())

    @cached_property
    def tally(self) -> Tally:
        """One walk through the store."""
        tally = Tally()
        for stored in aip_store(self.archive).objects():
            tally.add(stored)
        return tally
