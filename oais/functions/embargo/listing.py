"""The observation requests under an embargo, each with all that its release is computed from."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import islice

from oais.functions.access.decisions import Asker
from oais.functions.access.facade import Access
from oais.functions.access.releases import FOR_EVER, private_for_ever, release_note
from oais.functions.access.views import Page, ReleaseNote
from policies.access import Action

REQUESTS_SHOWN = 50
NAMELESS_SHOWN = 20


@dataclass(frozen=True, slots=True)
class EmbargoList:
    """One page of observation requests by name; what lies where no embargo holds is left out.

    ``nameless`` are packages under an embargo that name no request, the first of them by identifier, and
    ``hint`` what that means for them.
    """

    releases: tuple[ReleaseNote, ...]
    page: Page
    nameless: tuple[str, ...] = ()
    hint: str = ""


def list_embargoes(access: Access, page: int = 1) -> EmbargoList:
    """Return a page of the requests that packages are of, for the archive's staff."""
    asker = access.asker()
    every = access.index.requests_observed()
    ruled = {node for node in {node for _request, node, _aip_id in every} if _under_embargo(asker, node)}
    observed = [one for one in every if one[1] in ruled]
    shown = observed[(page - 1) * REQUESTS_SHOWN : page * REQUESTS_SHOWN]
    nameless = tuple(islice(_nameless(access, asker), NAMELESS_SHOWN))
    hint = FOR_EVER if nameless else ""
    return EmbargoList(_notes(asker, shown), Page(page, REQUESTS_SHOWN, len(observed)), nameless, hint)


def _nameless(access: Access, asker: Asker) -> Iterator[str]:
    """Yield the packages under an embargo that no date will ever release."""
    for node, aip_ids in access.index.unobserved().items():
        if _under_embargo(asker, node):
            asker.prepare((node, aip_id) for aip_id in aip_ids)
            for aip_id in aip_ids:
                if private_for_ever(asker.target(node, aip_id), access.now):
                    yield aip_id


def _under_embargo(asker: Asker, node: str) -> bool:
    return any(words.rule is not None for words in asker.target(node).words.layers())


def releases_of(access: Access, requests: Collection[str]) -> tuple[ReleaseNote, ...]:
    """Return when the data of some observation requests become public; of no embargo nothing is told."""
    asker = access.asker()
    observed = [
        (request, node, aip_id)
        for request, node, aip_id in access.index.requests_observed()
        if request in requests
    ]
    return _notes(asker, observed)


def _notes(asker: Asker, observed: Iterable[tuple[str, str, str]]) -> tuple[ReleaseNote, ...]:
    """Return the releases of requests that the asker may know of, read for all of them at once."""
    places = [(node, aip_id) for _request, node, aip_id in observed]
    asker.prepare(places)
    known = [place for place in places if asker.may(Action.READ_METADATA, *place)]
    notes = (release_note(asker.target(node, aip_id)) for node, aip_id in known)
    return tuple(dict.fromkeys(note for note in notes if note is not None))


def not_yet_public(access: Access, requests: Collection[str]) -> tuple[str, ...]:
    """Return which of some requests have data under an embargo that lasts, or none that came yet."""
    came = {request for request, _node, _aip_id in access.index.requests_observed()}
    closed = {
        note.request
        for note in releases_of(access, requests)
        if not note.released_at or datetime.fromisoformat(note.released_at) > access.now
    }
    return tuple(sorted(request for request in requests if request in closed or request not in came))
