"""Selecting: by ticks, by identifiers, patterns and ranges, by dates; what is not known is told."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from aip.stored import StoredAip
from oais.database.picks import Pick
from oais.errors import ArchiveError, NotFoundError, WrongUsageError
from oais.functions.access.decisions import ClosedError
from oais.functions.access.facade import Access
from oais.functions.access.packages import Shown, open_shown
from oais.functions.access.question import Question, query_of
from oais.functions.dissemination import pick
from oais.functions.withdrawal.keeping import WithdrawnError
from oais.information.text import printable
from policies.access import Action
from search_index.query import LARGEST_PAGE, TimeSpan

MOST_PICKS = 2_000
"""Versions of AIPs in one basket or package; each is read to know its size."""


@dataclass(frozen=True, slots=True)
class Missed:
    """Something that was asked for and cannot be picked, and why; what is ``gone`` was withdrawn."""

    asked: str
    reason: str
    gone: bool = False


@dataclass(frozen=True, slots=True)
class Selection:
    """What was found of what was asked for, and what was not."""

    picks: tuple[Pick, ...]
    missed: tuple[Missed, ...] = ()


def found(access: Access, question: Question) -> Selection:
    """Select all AIPs that answer a question; of those, by a time, only the products that overlap it.

    Raises WrongUsageError for a malformed question and for more than ``MOST_PICKS`` AIPs.
    """
    asker = access.asker()
    without = asker.branches_denied(Action.READ_METADATA)
    query = replace(
        query_of(replace(access.settled(question), show=""), without),
        order=question.order or "id",
        limit=LARGEST_PAGE,
        offset=0,
        facets=False,
    )
    time = query.time
    answer = access.index.find(query)
    _require_bounded(answer.total)
    hits = list(answer.hits)
    while len(hits) < answer.total and answer.hits:
        answer = access.index.find(replace(query, offset=len(hits)))
        hits += answer.hits
    ticked = _picked(access, ((hit.aip.aip_id, ()) for hit in hits), time)
    unknown = (Missed(name, "nothing in the archive answers to it") for name in answer.unknown)
    return Selection(ticked.picks, (*unknown, *ticked.missed))


def ticked(access: Access, names: Sequence[str]) -> Selection:
    """Select what was ticked: ``ID``, ``ID@vN``, or one file of it, ``ID@vN/PATH``."""
    paths: dict[str, list[str]] = {}
    for name in names:
        reference, _, path = name.partition("/")
        paths.setdefault(reference, []).append(path)
    _require_bounded(len(paths))
    # An AIP that was ticked itself is wanted whole, whatever was ticked in it.
    return _picked(access, ((name, () if "" in chosen else chosen) for name, chosen in paths.items()), None)


def merged(access: Access, before: Iterable[Pick], more: Iterable[Pick]) -> tuple[Pick, ...]:
    """Return picks added to others: of one version the files of both, or all where one has all."""
    together = {item.reference: item for item in before}
    for item in more:
        there = together.get(item.reference)
        if there is not None:
            both = {*there.paths, *item.paths} if there.paths and item.paths else set()
            item = _sized(_stored(access, item), item, tuple(sorted(both)))
        together[item.reference] = item
    _require_bounded(len(together))
    return tuple(together.values())


def _require_bounded(count: int) -> None:
    if count > MOST_PICKS:
        raise WrongUsageError(
            f"{count} AIPs are selected; one basket takes up to {MOST_PICKS}",
            remedy="narrow the selection, or make several baskets of it",
        )


def _picked(access: Access, wanted: Iterable[tuple[str, Sequence[str]]], time: TimeSpan | None) -> Selection:
    picks: list[Pick] = []
    missed: list[Missed] = []
    for reference, paths in wanted:
        try:
            shown = open_shown(access.archive, access.store, access.asker(), reference)
        except (NotFoundError, WrongUsageError, ClosedError) as error:
            missed.append(_missed(reference, error))
            continue
        there = shown.stored.inventory.versions[shown.version].state
        missed += [
            Missed(printable(f"{reference}/{path}"), "it has no such file")
            for path in paths
            if path not in there
        ]
        chosen = sorted(path for path in paths if path in there)
        if time is not None:
            chosen = list(_overlapping(shown, time))
        if chosen or (time is None and not paths):
            picks += _pick(shown, chosen)
    return Selection(tuple(picks), tuple(missed))


def _missed(reference: str, error: ArchiveError) -> Missed:
    return Missed(printable(reference), error.message, isinstance(error, WithdrawnError))


def _pick(shown: Shown, paths: Sequence[str]) -> Iterator[Pick]:
    description = shown.description
    bare = Pick(description.aip_id, shown.version, (), shown.node, description.title, 0, 0)
    sized = _sized(shown.stored, bare, tuple(paths))
    if sized.files:
        yield sized


def _sized(stored: StoredAip, item: Pick, paths: tuple[str, ...]) -> Pick:
    """Return a pick of these paths with the number and size of what they name."""
    items = pick(stored, item.version, paths)
    return replace(item, paths=paths, files=len(items), size=sum(file.size for file in items))


def _stored(access: Access, item: Pick) -> StoredAip:
    stored = access.store.find(item.aip_id)
    if stored is None:
        raise access.why_missing(item.aip_id, NotFoundError(f"there is no AIP {item.aip_id!r}"))
    return stored


def _overlapping(shown: Shown, time: TimeSpan) -> Iterator[str]:
    """Yield the products of a version whose time overlaps the one asked for, ends included."""
    for product in shown.description.products:
        span = product.span
        if span is not None and _overlap(span, time):
            yield product.path


def _overlap(span: tuple[float, float], time: TimeSpan) -> bool:
    return (time.stop is None or span[0] <= time.stop) and (time.start is None or span[1] >= time.start)
