"""The index as one thing: add packages and nodes, walk the tree, find, count, rebuild, check.

Many processes may read while one writes. Writers wait for each other; readers look at two counters
before each answer and load anew only what has changed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from itertools import islice
from pathlib import Path
from typing import Final

from oais.errors import WrongUsageError
from oais.information.findings import Finding
from oais.information.observations import Observation
from oais.information.packages import AipRecord
from search_index.answering import found, gathered
from search_index.answers import FacetCount, FindResult, Gathered, Resolved
from search_index.asking import Asking
from search_index.catalogue import census, observed, reading
from search_index.catalogue.database import Catalogue
from search_index.catalogue.product_rows import product_rows
from search_index.catalogue.resolving import resolved, target_position
from search_index.catalogue.selection import Scored
from search_index.catalogue.visits import named
from search_index.checking import differences
from search_index.entries import (
    AipEntry,
    FileHolder,
    FormatHolding,
    Grown,
    Holding,
    NodeEntry,
    ProductEntry,
    ProductRow,
    SubmissionEntry,
    ToldOf,
    VersionEntry,
)
from search_index.nodes import PlannedNode
from search_index.query import LARGEST_OFFSET, LARGEST_PAGE, Cone, Query
from search_index.view import WORDS, View
from search_index.words.terms import Asked, read_question
from search_index.writing import add, create_empty, rebuild, remove, unfinished

_MOST_NODES_FOUND: Final = 10


class Index(Asking):
    """The disposable index below ``root``; nothing in it is the only copy of anything.

    Every method raises StorageError when the files cannot be used, with `oais index rebuild` as remedy.
    """

    def add(self, records: Iterable[AipRecord], nodes: Iterable[PlannedNode] = ()) -> None:
        """Make packages and nodes findable, replacing what was known of them.

        The catalogue comes first, the words second: between the two a package is known but not yet found
        by its words, which `check` and `unfinished` report and the same `add` again repairs.
        """
        add(self.root, records, nodes)

    def unfinished(self) -> list[str]:
        """Return the packages whose entering or removing was stopped: add or remove them again."""
        return unfinished(self.root)

    def remove(self, aip_ids: Iterable[str]) -> None:
        """Forget packages; what is not known is passed over."""
        remove(self.root, list(aip_ids))

    def node(self, path: str, without: tuple[str, ...] = ()) -> NodeEntry | None:
        """Return one place of the tree with its amounts, or None; branches ``without`` are not counted."""
        return self.ask(lambda view: view.branches.entry(path, without))

    def paths(self) -> tuple[str, ...]:
        """Return all places of the tree, parents before children; the same value until something changes."""
        return self.ask(lambda view: view.branches.paths)

    def children(
        self, path: str = "", offset: int = 0, limit: int = 100, without: tuple[str, ...] = ()
    ) -> tuple[NodeEntry, ...]:
        """Return one page of the nodes directly below ``path``; the empty path has the missions.

        Raises WrongUsageError for a page that cannot be.
        """
        if not (0 <= offset <= LARGEST_OFFSET and 1 <= limit <= LARGEST_PAGE):
            raise WrongUsageError(
                f"page at {offset} of {limit} nodes; expected an offset from 0 to {LARGEST_OFFSET} "
                f"and a limit from 1 to {LARGEST_PAGE}"
            )

        def ask(view: View) -> tuple[NodeEntry, ...]:
            below = view.branches.children(path, without)[offset : offset + limit]
            entries = (view.branches.entry(child, without) for child in below)
            return tuple(entry for entry in entries if entry is not None)

        return self.ask(ask)

    def find(self, query: Query) -> FindResult:
        """Return one page of what answers a query; raises WrongUsageError for words that cannot be asked."""
        asked = read_question(query.words)

        def ask(view: View) -> FindResult:
            scored, places = _scored(view, asked, query)
            nodes = self._nodes_found(view, places, query.without)
            with view.catalogue.reading() as connection:
                return found(view, connection, query, scored, nodes)

        return self.ask(ask)

    def visits(self, query: Query, most: int) -> tuple[tuple[Gathered, ...], int]:
        """Return up to ``most`` visits that answer a query, and how many there are; raises as ``find``."""
        asked = read_question(query.words)

        def ask(view: View) -> tuple[tuple[Gathered, ...], int]:
            scored, _ = _scored(view, asked, query)
            with view.catalogue.reading() as connection:
                return gathered(view, connection, query, scored, most)

        return self.ask(ask)

    def named(
        self, facet: str, begin: str, limit: int = 20, without: tuple[str, ...] = ()
    ) -> tuple[FacetCount, ...]:
        """Return values of a facet or trait in which a word begins so, in order, each with its packages.

        What only the branches ``without`` have is not told.
        """

        def ask(view: View) -> tuple[FacetCount, ...]:
            return view.checked(lambda: named(view.columns, facet, begin, limit, without))

        return self.ask(ask)

    def resolve(self, asked: Sequence[str | Cone], without: tuple[str, ...] = ()) -> tuple[Resolved, ...]:
        """Return what is held of each target, by its name or around its position."""

        def ask(view: View) -> tuple[Resolved, ...]:
            with view.catalogue.reading() as connection:
                return view.checked(lambda: resolved(view.columns, connection, asked, without))

        return self.ask(ask)

    def target_position(self, name: str, without: tuple[str, ...] = ()) -> tuple[float, float] | None:
        """Return where the target of a name lies, right ascension and declination in degrees, or None."""

        def ask(view: View) -> tuple[float, float] | None:
            with view.catalogue.reading() as connection:
                return view.checked(lambda: target_position(view.columns, connection, name, without))

        return self.ask(ask)

    def reports(self, aip_ids: Sequence[str]) -> dict[str, str]:
        """Return, by identifier, the path of the first report of each package that has one."""
        return self._read(lambda connection: reading.reports(connection, aip_ids))

    def validities(self, aip_ids: Sequence[str]) -> dict[str, tuple[float | None, float | None]]:
        """Return, by identifier, from when to when (MJD, None open) each package holds that tells it."""
        return self._read(lambda connection: reading.validities(connection, aip_ids))

    def aip(self, aip_id: str) -> AipEntry | None:
        """Return what the catalogue knows of a package, or None."""
        return self._read(lambda connection: reading.aip_entries(connection, [aip_id]).get(aip_id))

    def aips(self, aip_ids: Sequence[str]) -> dict[str, AipEntry]:
        """Return what the catalogue knows of packages, by identifier; unknown ones are left out."""
        return self._read(lambda connection: reading.aip_entries(connection, aip_ids))

    def observed_by(self, aip_ids: Sequence[str]) -> dict[str, tuple[Observation, ...]]:
        """Return the visits of the packages whose newest version is of any, by identifier."""
        return self._read(lambda connection: observed.observed_by(connection, aip_ids))

    def told_of(
        self, versions: Sequence[tuple[str, int]]
    ) -> tuple[dict[tuple[str, int], ToldOf], list[Observation]]:
        """Return what decisions ask of versions, by identifier and number, and all visits of their requests.

        Number 0 stands for the newest; what the catalogue does not know is left out.
        """
        return self._read(lambda connection: reading.told_of(connection, versions))

    def visits_of(self, requests: Sequence[str]) -> list[Observation]:
        """Return what packages tell of some observation requests: the newest versions, where they do."""
        return self._read(lambda connection: observed.visits_of(connection, requests))

    def requests_observed(self) -> list[tuple[str, str, str]]:
        """Return all observation requests with each node where packages of theirs rest, and one of those."""
        return self._kept("requests", observed.requests_observed)

    def observations(self) -> list[Observation]:
        """Return what packages tell of all observation requests, as ``visits_of`` does of some."""
        return self._kept("observations", observed.observations)

    def unobserved(self) -> dict[str, list[str]]:
        """Return, by node, packages that name no observation request, up to a hundred of each."""
        return self._kept("unobserved", observed.unobserved)

    def resting_at(self, nodes: Sequence[str]) -> dict[str, tuple[str, str]]:
        """Return, of each node where packages rest, the first and the last of them by identifier."""
        return self._read(lambda connection: reading.resting_at(connection, nodes))

    def product_rows(self, aip_ids: Sequence[str]) -> tuple[ProductRow, ...]:
        """Return the products of several packages in their newest versions, by name."""
        return self._read(lambda connection: product_rows(connection, aip_ids))

    def versions(self, aip_id: str) -> tuple[VersionEntry, ...]:
        """Return the versions of a package, oldest first; none when it is not known."""
        return self._read(lambda connection: reading.version_entries(connection, aip_id))

    def products(self, aip_id: str, version: int | None = None) -> tuple[ProductEntry, ...]:
        """Return the products of the newest version, in the description's order.

        Raises NotFoundError for an unknown package, and for a version that is not the newest: the
        products of older ones only the stored package tells.
        """
        return self._read(lambda connection: reading.product_entries(connection, aip_id, version))

    def holdings(self, without: tuple[str, ...] = ()) -> tuple[Holding, ...]:
        """Return what is held, mission by mission, with the amount at each level of the packages."""
        return self.ask(lambda view: view.branches.holdings(without))

    def growth(self, without: tuple[str, ...] = ()) -> tuple[Grown, ...]:
        """Return what came in by year and mission, in this order, but in the branches ``without``."""
        return self.ask(lambda view: view.growth.by_year(without))

    def formats(self) -> tuple[FormatHolding, ...]:
        """Return what is held of each format, mission by mission; of each package the newest version."""
        return self._kept("formats", census.formats)

    def of_format(self, format_id: str) -> tuple[str, ...]:
        """Return the packages whose newest version has a product of this format, by identifier."""
        return self._read(lambda connection: census.of_format(connection, format_id))

    def submission(self, key: str) -> SubmissionEntry | None:
        """Return what became of the delivery with this submission key, or None."""
        return self._read(lambda connection: reading.submission_entry(connection, key))

    def by_file_name(self, name: str) -> tuple[FileHolder, ...]:
        """Return where files of this name rest; by stem if none has the whole name."""
        return self._read(lambda connection: reading.files_named(connection, name))

    def rebuild(self, records: Iterable[AipRecord], nodes: Iterable[PlannedNode]) -> int:
        """Build the whole index anew beside this one and swap the two; return how many packages it has.

        ``nodes`` are asked for after the last record. Readers have the old index until the new is whole;
        an index that cannot be read at all is replaced in the same way.
        """
        return rebuild(self.root, records, nodes)

    def check(self, records: Iterable[AipRecord]) -> Iterator[Finding]:
        """Yield how the index differs from what is stored; ``records`` are all stored packages."""
        self.ask(lambda view: view.generations)
        with closing(Catalogue(self.root)) as catalogue:
            yield from differences(catalogue, self.root / WORDS, records)

    def _nodes_found(self, view: View, numbers: list[int], without: tuple[str, ...]) -> tuple[NodeEntry, ...]:
        if not numbers:  # the tree is read anew after each change: only who needs it waits for it
            return ()
        paths = sorted(view.branches.by_numbers(numbers))
        entries = (view.branches.entry(path, without) for path in paths)
        return tuple(islice((entry for entry in entries if entry), _MOST_NODES_FOUND))


def _scored(view: View, asked: Sequence[Asked], query: Query) -> tuple[Scored | None, list[int]]:
    """Return the packages that the words of a query find, None where it has none, and numbers of places."""
    if not asked:
        return None, []
    numbers, scores = view.matching(asked, query.without)
    return Scored(numbers[numbers > 0], scores[numbers > 0]), (-numbers[numbers < 0]).tolist()


def open_index(root: Path) -> Index:
    """Return the index below ``root``; nothing is read before it is asked, and nothing ever made."""
    return Index(root)


def create_index(root: Path) -> Index:
    """Make the empty index of a new archive, if there is none yet; raises StorageError."""
    create_empty(root)
    return Index(root)
