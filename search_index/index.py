"""The index as one thing: add packages and nodes, walk the tree, find, count, rebuild, check."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from oais.information.findings import Finding
from oais.information.packages import AipRecord
from policies.tree import Node
from search_index.entries import (
    AipEntry,
    FileHolder,
    FindResult,
    Holding,
    NodeEntry,
    ProductEntry,
    SubmissionEntry,
    VersionEntry,
)
from search_index.query import Query


class Index:
    """The disposable index below ``root``; nothing in it is the only copy of anything."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def add(self, records: Iterable[AipRecord], nodes: Iterable[Node] = ()) -> None:
        """Make packages and nodes findable, replacing what was known of them."""
        raise NotImplementedError

    def remove(self, aip_ids: Iterable[str]) -> None:
        """Forget packages; what is not known is passed over."""
        raise NotImplementedError

    def node(self, path: str, without: tuple[str, ...] = ()) -> NodeEntry | None:
        """Return one place of the tree with its counts, or None."""
        raise NotImplementedError

    def children(
        self, path: str = "", offset: int = 0, limit: int = 100, without: tuple[str, ...] = ()
    ) -> tuple[NodeEntry, ...]:
        """Return one page of the nodes directly below ``path``; the empty path has the missions."""
        raise NotImplementedError

    def find(self, query: Query) -> FindResult:
        """Answer a query."""
        raise NotImplementedError

    def aip(self, aip_id: str) -> AipEntry | None:
        """Return what the catalogue knows of a package, or None."""
        raise NotImplementedError

    def versions(self, aip_id: str) -> tuple[VersionEntry, ...]:
        """Return the versions of a package, oldest first; none when it is not known."""
        raise NotImplementedError

    def products(self, aip_id: str, version: int | None = None) -> tuple[ProductEntry, ...]:
        """Return the products of the newest version."""
        raise NotImplementedError

    def holdings(self, without: tuple[str, ...] = ()) -> tuple[Holding, ...]:
        """Return what is held, mission by mission."""
        raise NotImplementedError

    def submission(self, key: str) -> SubmissionEntry | None:
        """Return what became of the delivery with this key, or None."""
        raise NotImplementedError

    def by_file_name(self, name: str) -> tuple[FileHolder, ...]:
        """Return where files of this name rest."""
        raise NotImplementedError

    def naming(self, name: str) -> tuple[FileHolder, ...]:
        """Return the products whose headers name this file."""
        raise NotImplementedError

    def rebuild(self, records: Iterable[AipRecord], nodes: Iterable[Node]) -> int:
        """Build the whole index anew beside this one and swap the two; return how many packages."""
        raise NotImplementedError

    def check(self, records: Iterable[AipRecord]) -> Iterator[Finding]:
        """Compare the index with what is stored."""
        raise NotImplementedError


def open_index(root: Path) -> Index:
    """Return the index below ``root``; nothing is read before the first question."""
    return Index(root)
