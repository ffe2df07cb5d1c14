"""What becomes public when: the days of the policies, and the releases computed from observation requests."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from oais.functions.access.decisions import Asker
from oais.functions.access.facade import Access
from oais.functions.embargo.inputs import known_requests
from policies.access import AccessWords
from policies.embargo import release_of


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
    observed = access.index.requests_observed()
    requests = sorted({request for request, _node, _aip_id in observed})
    known = known_requests(access.index, access.database, requests)
    for request, node, _aip_id in observed:
        for words in asker.target(node).words.layers():
            release = None if words.rule is None else release_of(known[request], words.rule)
            if release is not None and release.at is not None:
                then = f"data: {words.then}"
                yield CalendarDay(release.at, request, node, then, words.policy, str(release.basis))
