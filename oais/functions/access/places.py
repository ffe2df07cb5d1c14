"""The tree as one principal may walk it, and what the archive holds in all."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from oais.errors import NotFoundError, WrongUsageError
from oais.functions.access.cards import aip_card
from oais.functions.access.decisions import Asker
from oais.functions.access.views import (
    AccessNote,
    AipCard,
    Branch,
    Crumb,
    Group,
    HoldingsView,
    NodeView,
    Page,
    ReferenceCard,
    Share,
)
from oais.information.text import printable
from policies.access import Action
from policies.references import NOTHING_REFERRED, Reference, Referred
from search_index.entries import AipEntry, Amount, NodeEntry
from search_index.index import Index
from search_index.query import Query

BRANCHES_SHOWN = 200
"""Children of one node on a page; those of its children are fewer."""

NEWS_SHOWN = 3
"""News on the first page; all stand on that of what is new."""

_UNFOLDED = 24
PAGE_SIZE = 50
LAST_PAGE = 100_000


def holdings(index: Index, asker: Asker, name: str, referred: Referred = NOTHING_REFERRED) -> HoldingsView:
    """Return what may be known of the holdings: totals, missions, levels, the newest AIPs."""
    unreadable = asker.branches_denied(Action.READ_METADATA)
    held = index.holdings(without=unreadable)
    total = sum((holding.total for holding in held), Amount())
    levels: dict[str, Amount] = {}
    for level, amount in (item for holding in held for item in holding.levels.items()):
        levels[level] = levels.get(level, Amount()) + amount
    newest = index.find(Query(without=unreadable, order="-ingested", limit=6, facets=False))
    asker.prepare((hit.aip.node, hit.aip.aip_id) for hit in newest.hits)
    return HoldingsView(
        name=name,
        aips=total.aips,
        products=total.products,
        size=total.bytes,
        missions=(missions := branches(index, asker, "", depth=1)),
        levels=tuple(Share(level, amount.aips, amount.bytes) for level, amount in sorted(levels.items())),
        newest=tuple(_card(asker, hit.aip) for hit in newest.hits),
        groups=_groups(asker, missions, referred.references),
        news=referred.news[:NEWS_SHOWN],
    )


def _groups(asker: Asker, missions: Sequence[Branch], references: Sequence[Reference]) -> tuple[Group, ...]:
    """Return missions and references by theme and discipline, in the order of their names; the rest last."""
    found: dict[tuple[str, str], tuple[list[Branch], list[ReferenceCard]]] = {}
    for mission in missions:
        node = asker.tree.node(mission.path)
        told = node is not None and asker.may(Action.READ_METADATA, mission.path)
        key = (mission.theme, node.discipline if node and told else "")
        found.setdefault(key, ([], []))[0].append(mission)
    for one in references:
        card = ReferenceCard(one.title, one.description, one.held_by, one.address, one.state)
        found.setdefault((one.theme, one.discipline), ([], []))[1].append(card)
    ordered = sorted(found, key=lambda key: (not key[0], key[0].casefold(), not key[1], key[1].casefold()))
    return tuple(Group(*key, tuple(found[key][0]), tuple(found[key][1])) for key in ordered)


def node_view(
    index: Index, asker: Asker, path: str, page: int = 1, branch_page: int = 1, depth: int = 2
) -> NodeView:
    """Return a place of the tree; raises NotFoundError for one that is not, or may not be known.

    ``page`` leafs through the AIPs that lie here, ``branch_page`` through the nodes directly below;
    ``depth`` floors of nodes are unfolded.
    """
    check_page(page)
    check_page(branch_page)
    entry = _seen(index, asker, path)
    readable = asker.may(Action.READ_METADATA, path)
    hits, total = _resting_here(index, asker, entry, page) if readable else ([], 0)
    below = _entries(index, asker, path, branch_page) if readable else ()
    asker.prepare_places((path, *(item.path for item in below)), ((aip.node, aip.aip_id) for aip in hits))
    cards = tuple(_card(asker, aip) for aip in hits)
    unfolded = (_unfolded(index, asker, _branch(index, asker, item), depth - 1) for item in below)
    node = replace(_branch(index, asker, entry), branches=tuple(unfolded))
    return NodeView(
        node=node,
        crumbs=crumbs(asker, path),
        access=_note(asker, path, cards, total),
        aips=cards,
        page=Page(page, PAGE_SIZE, total),
        branch_page=Page(branch_page, BRANCHES_SHOWN, node.branch_count),
    )


def place(index: Index, asker: Asker, path: str) -> Branch:
    """Return a place of the tree without what is below it; raises NotFoundError as ``node_view``."""
    entry = _seen(index, asker, path)
    asker.prepare_places([path])
    return _branch(index, asker, entry)


def _seen(index: Index, asker: Asker, path: str) -> NodeEntry:
    entry = index.node(path, without=asker.branches_denied(Action.SEE))
    unknown = NotFoundError(
        f"there is no place {printable(path)!r} in the tree", remedy="walk the tree from its top"
    )
    if entry is None:
        raise unknown
    asker.require(Action.SEE, path, "", unknown)
    return entry


def _note(asker: Asker, path: str, cards: tuple[AipCard, ...], total: int) -> AccessNote:
    """Return what is told of downloading: what all packages here have in common, else what the node says."""
    told = {asker.note(card.node, card.aip_id) for card in cards}
    return told.pop() if len(told) == 1 and total == len(cards) else asker.note(path)


def _resting_here(index: Index, asker: Asker, entry: NodeEntry, page: int) -> tuple[list[AipEntry], int]:
    """Return the AIPs in and below a node that holds some itself; a mere branch lists none."""
    if not entry.own.aips:
        return [], 0
    query = Query(
        node=entry.path,
        without=asker.branches_denied(Action.READ_METADATA),
        order="id",
        offset=(page - 1) * PAGE_SIZE,
        limit=PAGE_SIZE,
        facets=False,
    )
    found = index.find(query)
    return [hit.aip for hit in found.hits], found.total


def branches(index: Index, asker: Asker, path: str, *, depth: int) -> tuple[Branch, ...]:
    """Return the nodes below ``path``, ``depth`` floors deep, as the principal may see them."""
    entries = _entries(index, asker, path)
    asker.prepare_places(entry.path for entry in entries)
    return tuple(_unfolded(index, asker, _branch(index, asker, entry), depth - 1) for entry in entries)


def _entries(index: Index, asker: Asker, path: str, page: int = 1) -> tuple[NodeEntry, ...]:
    hidden = asker.branches_denied(Action.SEE)
    return index.children(path, (page - 1) * BRANCHES_SHOWN, BRANCHES_SHOWN, without=hidden)


def _unfolded(index: Index, asker: Asker, branch: Branch, depth: int) -> Branch:
    if depth < 1 or not branch.branch_count:
        return branch
    hidden = asker.branches_denied(Action.SEE)
    entries = index.children(branch.path, limit=_UNFOLDED, without=hidden)
    asker.prepare_places(entry.path for entry in entries)
    below = (_unfolded(index, asker, _branch(index, asker, entry), depth - 1) for entry in entries)
    return replace(branch, branches=tuple(below))


def _branch(index: Index, asker: Asker, entry: NodeEntry) -> Branch:
    """Return one node; of one that is only listed nothing but its name is told."""
    blank, locked = not asker.may(Action.READ_METADATA, entry.path), asker.locked(entry.path)
    if not blank and asker.denied_below(Action.READ_METADATA, entry.path):
        entry = index.node(entry.path, without=asker.branches_denied(Action.READ_METADATA)) or entry
    return Branch(
        path=entry.path,
        title=entry.title,
        description="" if blank else entry.description,
        kind=entry.kind,
        level=entry.level,
        mission=entry.mission,
        theme=entry.theme,
        aips=0 if blank else entry.total.aips,
        products=0 if blank else entry.total.products,
        size=0 if blank else entry.total.bytes,
        locked=locked,
        opens=asker.opens(entry.path) if locked else "",
        branch_count=0 if blank else entry.children,
    )


def crumbs(asker: Asker, path: str) -> tuple[Crumb, ...]:
    """Return the way to a node, the mission first, the node itself last."""
    return tuple(Crumb(node.title, node.path) for node in asker.tree.chain(path))


def _card(asker: Asker, entry: AipEntry) -> AipCard:
    locked = asker.locked(entry.node, entry.aip_id)
    return aip_card(entry, locked=locked, opens=asker.opens(entry.node, entry.aip_id) if locked else "")


def check_page(page: int) -> None:
    """Raise WrongUsageError for a page number that no list has."""
    if not 1 <= page <= LAST_PAGE:
        raise WrongUsageError(f"page {page} is not between 1 and {LAST_PAGE}")
