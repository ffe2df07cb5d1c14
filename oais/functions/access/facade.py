"""The consumer's door: everything the site and the command line show or hand out comes through ``Access``."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from aip.storage import AipStore
from oais.archive import Archive
from oais.database.engine import Database
from oais.database.target_lists import TargetList
from oais.errors import NotFoundError
from oais.functions.access import (
    adql,
    datasets,
    finding,
    growth,
    looking,
    packages,
    places,
    products,
    provenance,
    sky,
    target_list,
    timeline,
    visit,
)
from oais.functions.access.cards import media_type_of
from oais.functions.access.citation import cite
from oais.functions.access.decisions import Asker
from oais.functions.access.facts import FactReader
from oais.functions.access.question import Question
from oais.functions.access.target_list import TargetListView
from oais.functions.access.tombstones import why_missing
from oais.functions.access.views import (
    AipView,
    Branch,
    Citation,
    FindView,
    HoldingsView,
    InventoryView,
    NodeView,
    OpenedFile,
    ProductView,
    ProvenanceView,
    SkyView,
    VisitRow,
    VolumeView,
)
from oais.functions.access.views.adql import AdqlView
from oais.functions.access.views.looks import LookView, RowsView, Wish
from oais.functions.access.visit import VisitView
from oais.functions.access.visit_reports import visit_reports
from oais.functions.resolving.configured import configured_resolvers
from oais.functions.resolving.held import HeldNames
from oais.functions.resolving.resolver import Named, NameResolver, resolved
from oais.information.text import printable
from policies.access import ANONYMOUS, Action, Principal
from search_index.index import Index, open_index

DATA_SET: Final = "data set"


@dataclass(frozen=True, slots=True)
class Access:
    """One principal's access to an archive at one moment; index and store are shared by all.

    Whatever may not be known answers as what does not exist (NotFoundError); data that are closed
    although their description is public raise ClosedError, which tells why and until when.
    """

    archive: Archive
    principal: Principal
    now: datetime
    index: Index
    store: AipStore
    database: Database | None = None
    resolvers: tuple[NameResolver, ...] = ()

    def asked_by(self, principal: Principal, now: datetime) -> Access:
        """Return the same access for somebody else, or later."""
        return replace(self, principal=principal, now=now)

    def holdings(self) -> HoldingsView:
        """Return what the archive holds."""
        archive = self.archive
        return places.holdings(self.index, self.asker(), archive.settings.name, archive.policies.referred)

    def volume(self) -> VolumeView:
        """Return how the holdings grew by year and mission."""
        return growth.volume(self.index, self.asker(), self.now.year)

    def tree(self, depth: int = 3) -> tuple[Branch, ...]:
        """Return the missions and what is below them, ``depth`` floors deep."""
        return places.branches(self.index, self.asker(), "", depth=depth)

    def node(self, path: str, page: int = 1, branch_page: int = 1, depth: int = 2) -> NodeView:
        """Return one place of the tree, ``depth`` floors of it unfolded; raises NotFoundError."""
        asker = self.asker()
        view = places.node_view(self.index, asker, path, page, branch_page, depth)
        publications = self.archive.policies.referred.publications
        view = replace(view, publications=tuple(one for one in publications if one.is_about(path)))
        told = view.page.total or view.node.kind == DATA_SET
        if told and asker.may(Action.READ_METADATA, path):
            return replace(view, data_set=datasets.data_set(self.index, asker, path))
        return view

    def inventory(self, path: str, product_type: str = "", page: int = 1) -> InventoryView:
        """Return which times a place covers and where it has gaps; raises NotFoundError, ClosedError."""
        return datasets.inventory(self.index, self.asker(), path, product_type, page)

    def sky(self, mission: str = "") -> SkyView:
        """Return where the holdings lie on the sky; raises NotFoundError for a mission not on it."""
        return sky.sky_view(self.index, self.asker(), mission)

    def same_time(self, at: str, node: str = "") -> timeline.TimelineView:
        """Return what is nearest to a moment, of each type; raises WrongUsageError, NotFoundError."""
        return timeline.timeline(self.index, self.asker(), at, node)

    def provenance(self, reference: str, product: str = "") -> ProvenanceView:
        """Tell how a version, or one ``product`` of it, was made and is kept; raises as ``show``."""
        asker, shown = self._shown(reference)
        return provenance.provenance_view(self.archive, self.index, asker, shown, product)

    def find(self, question: Question) -> FindView:
        """Answer a search; raises WrongUsageError for a malformed question, NotFoundError for a lost list."""
        return finding.find(self.index, self.asker(), self.settled(question))

    def visits(self, question: Question, most: int) -> finding.Listing:
        """Return all visits that answer, up to ``most``, some at a time; raises as ``find``."""
        return finding.listing(self.index, self.asker(), self.settled(question), most)

    def adql(self, query: str, rows: int = adql.MOST) -> AdqlView:
        """Answer a query in ADQL, with up to ``rows`` rows; raises WrongUsageError."""
        return adql.answer(self.index, self.asker(), query, self.archive.settings.base_url, rows)

    def adql_page(self, query: str, first: int, rows: int) -> AdqlView:
        """Answer with the rows of one page, from the ``first`` on; raises as ``adql``."""
        base = self.archive.settings.base_url
        return adql.answer_page(self.index, self.asker(), query, base, first, rows)

    def said_in_adql(self, question: Question) -> str:
        """Return a question as ADQL; raises as ``find``."""
        return adql.said_in_adql(self.settled(question))

    def settled(self, question: Question) -> Question:
        """Return a question with the targets of the list that it names, and where its target lies.

        One that was settled stays as it is. Raises NotFoundError for a list that is not kept.
        """
        if question.near and question.named is None:
            question = replace(question, named=self.named(question.near))
        return target_list.with_targets(question, self.database)

    def named(self, name: str) -> Named:
        """Return where what is called so lies: by what the asker may know, then by what is configured."""
        held = HeldNames(self.index, self.asker().branches_denied(Action.READ_METADATA))
        return resolved(name, (held, *self.resolvers))

    def names(self, facet: str, begin: str) -> tuple[str, ...]:
        """Return how a name that is being typed may go on; raises WrongUsageError."""
        return finding.names(self.index, self.asker(), facet, begin)

    def choices_held(self) -> dict[str, tuple[str, ...]]:
        """Return what the lists of the search form offer."""
        return finding.choices_held(self.index, self.asker())

    def visit(self, name: str, words: str = "", page: int = 1, per_page: int = 50) -> VisitView:
        """Return the products of a visit; raises NotFoundError, WrongUsageError."""
        asker = self.asker()
        view = visit.visit_view(self.index, asker, name, words, page, per_page)
        return replace(view, reports=visit_reports(self.archive, self.store, asker, view.rows))

    def visit_references(self, name: str, words: str = "") -> tuple[str, ...]:
        """Return what picks all products of a visit that the words let through; raises as ``visit``."""
        products = visit.visit_products(self.index, self.asker(), name)
        return tuple(product.reference for product in visit.filtered(products, words))

    def targets(self, text: str, radius: str) -> TargetListView:
        """Return what is held of each line of a list of targets; raises WrongUsageError."""
        return target_list.target_list(self.index, self.asker(), text, radius)

    def kept_list(self, identifier: str) -> TargetList:
        """Return a list of targets that somebody sent; raises NotFoundError."""
        return target_list.kept_list(self.database, identifier)

    def targets_kept(self, identifier: str) -> TargetListView:
        """Return what is held of each line of a list that is kept; raises NotFoundError."""
        return self.targets_of(self.kept_list(identifier))

    def targets_of(self, kept: TargetList) -> TargetListView:
        """Return the same of a list that was read already."""
        return replace(self.targets(kept.lines, kept.radius), identifier=kept.identifier)

    def file_addresses(self, rows: Sequence[VisitRow]) -> list[str]:
        """Return, within the site, the addresses of the products of visits that the asker may have."""
        return visit.file_addresses(self.index, self.asker(), rows)

    def show(self, reference: str, page: int = 1) -> AipView:
        """Tell all of ``ID`` or ``ID@vN``; raises WrongUsageError, NotFoundError, ClosedError."""
        asker, shown = self._shown(reference)
        return packages.aip_view(self.archive, self.index, asker, shown, page)

    def citation(self, reference: str) -> Citation:
        """Return how a version is cited; raises as ``show``."""
        _asker, shown = self._shown(reference)
        return cite(shown.description, shown.version, self.archive.settings.base_url)

    def product(self, reference: str, path: str) -> ProductView:
        """Tell all of one product; raises as ``show``."""
        asker, shown = self._shown(reference)
        return products.product_view(self.archive.home, self.index, asker, shown, path)

    def look(self, reference: str, path: str, wish: Wish | None = None) -> LookView:
        """Return a drawing of a product; raises as ``open_file``, NotFoundError if there is none like it."""
        return self.drawing(reference, path, wish or Wish())[1]

    def drawing(self, reference: str, path: str, wish: Wish) -> tuple[OpenedFile, LookView]:
        """Return the same with the right to read what it is drawn from."""
        asker, shown = self._shown(reference)
        opened = _opened(asker, shown, path)
        return opened, looking.look(self.archive.home, asker, shown, opened, path, wish)

    def rows(self, reference: str, path: str, unit: int | None = None, page: int = 1) -> RowsView:
        """Return a page of a table's rows; raises as ``open_file``, NotFoundError if there is none."""
        asker, shown = self._shown(reference)
        opened = _opened(asker, shown, path)
        return products.rows_view(self.archive.home, asker, shown, opened, path, unit, page)

    def _shown(self, reference: str) -> tuple[Asker, packages.Shown]:
        asker = self.asker()
        return asker, packages.open_shown(self.archive, self.store, asker, reference)

    def open_file(self, reference: str, path: str) -> OpenedFile:
        """Return the right to read a file of a version, by its logical path, and where it lies.

        The path is looked up in the inventory and never joined to a directory. The package's own
        descriptions go with the right to read metadata, all else with the right to download.
        Raises WrongUsageError, NotFoundError, ClosedError.
        """
        return _opened(*self._shown(reference), path)

    def why_missing(self, aip_id: str, unknown: NotFoundError) -> NotFoundError:
        """Return why an AIP is not there: its tombstone where it may be read, else ``unknown``."""
        return why_missing(self.archive, self.asker(), aip_id, unknown)

    def asker(self) -> Asker:
        """Return what asks ``decide`` for this principal at this moment, from one snapshot of the rules."""
        facts = FactReader(self.index, self.database)
        return Asker(self.archive.policies.tree, self.principal, self.now, facts)


def _opened(asker: Asker, shown: packages.Shown, path: str) -> OpenedFile:
    """Return the right to read a file of a version that may be read; raises as ``Access.open_file``."""
    unknown = NotFoundError(f"{shown.reference} has no file {printable(path)!r}")
    action = Action.READ_METADATA if packages.is_metadata(path) else Action.DOWNLOAD
    place = (shown.node, shown.description.aip_id)
    if path not in shown.stored.inventory.versions[shown.version].state:
        raise unknown
    grant = asker.require(action, *place, unknown, shown.version)
    stored = shown.stored.open(shown.version).file(path)
    name = path.rsplit("/", maxsplit=1)[-1]
    described = next((item for item in shown.description.products if item.path == path), None)
    return OpenedFile(
        grant=grant,
        disk_path=stored.path,
        name=name,
        size=described.size if described else stored.size,
        digests=stored.digests,
        media_type=(described.media_type if described else "") or media_type_of(name),
        public=asker.open_to_all(action, *place, shown.version),
        node=shown.node if action is Action.DOWNLOAD else "",
    )


def require_kept(opened: OpenedFile) -> None:
    """Raise NotFoundError when an opened file has left the store since, because its AIP was withdrawn."""
    if not opened.disk_path.exists():
        raise NotFoundError(f"{opened.name} is not in the archive any more")


def open_access(
    archive: Archive, principal: Principal = ANONYMOUS, database: Database | None = None
) -> Access:
    """Return the access of a principal from now on; nothing is read before the first question.

    Without a database nothing is known of what people declared: what is under embargo stays so.
    Raises ConfigurationError for settings that name no resolver of names as they should.
    """
    return Access(
        archive=archive,
        principal=principal,
        now=archive.clock(),
        index=open_index(archive.index_root),
        store=AipStore(archive.aip_root),
        database=database,
        resolvers=configured_resolvers(archive),
    )
