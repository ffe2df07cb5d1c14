"""What becomes public when: the days of the policies, and the releases computed from observation requests."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from oais.functions.access.decisions import Asker
from oais.functions.access.facade import Access
from oais.functions.embargo.inputs import declared_of
from policies.access import AccessWords
from policies.embargo import EmbargoRule, release_of


@dataclass(frozen=True, slots=True)
class CalendarDay:
    """That a node or an observation request changes by itself, and ``then`` is what it becomes.

    ``why`` is the date that counts, or the policy's reason.
    """

    at: datetime
    what: str
    node: str
    then: str
    policy: str
    why: str


def calendar(access: Access, first: datetime, last: datetime | None = None) -> list[CalendarDay]:
    """Return what changes from ``first`` on and before ``last``, by date; for the archive's staff alone."""
    asker = access.asker()
    days = {*_of_nodes(asker), *_of_requests(access, asker)}
    wanted = (day for day in days if first <= day.at and (last is None or day.at < last))
    return sorted(wanted, key=lambda day: (day.at, day.what, day.then))


def _of_nodes(asker: Asker) -> Iterator[CalendarDay]:
    for node in asker.tree.nodes():
        for words in node.words.layers():
            if words.node in (node.path, ""):
                yield from _of_words(words)


def _of_words(words: AccessWords) -> Iterator[CalendarDay]:
    what = words.node or "the whole archive"
    if words.metadata_opens is not None:
        then = "metadata: public"
        yield CalendarDay(words.metadata_opens, what, words.node, then, words.policy, words.reason)
    if words.opens is not None:
        then = f"data: {words.then}"
        yield CalendarDay(words.opens, what, words.node, then, words.policy, words.reason)


def _of_requests(access: Access, asker: Asker) -> Iterator[CalendarDay]:
    """Yield the release of each request that lies where an embargo holds."""
    places = {(request, node) for request, node, _aip_id in access.index.requests_observed()}
    ruled = {node: _ruled(asker, node) for node in {node for _request, node in places}}
    requests = sorted({request for request, node in places if ruled[node]})
    known = declared_of(access.database, requests, access.index.observations())
    for request, node in places:
        for words, rule in ruled[node]:
            release = release_of(known[request], rule)
            if release.at is not None:
                then = f"data: {words.then}"
                yield CalendarDay(release.at, request, node, then, words.policy, str(release.basis))


def _ruled(asker: Asker, node: str) -> list[tuple[AccessWords, EmbargoRule]]:
    """Return the words of a node that hold an embargo."""
    layers = asker.target(node).words.layers()
    return [(words, words.rule) for words in layers if words.rule is not None]
