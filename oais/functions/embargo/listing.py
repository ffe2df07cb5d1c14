"""The observation requests under an embargo, each with all that its release is computed from."""

from __future__ import annotations

from dataclasses import dataclass

from oais.functions.access.facade import Access
from oais.functions.access.releases import release_note
from oais.functions.access.views import Page, ReleaseNote

REQUESTS_SHOWN = 50


@dataclass(frozen=True, slots=True)
class EmbargoList:
    """One page of observation requests by name; what lies where no embargo holds is left out."""

    releases: tuple[ReleaseNote, ...]
    page: Page


def list_embargoes(access: Access, page: int = 1) -> EmbargoList:
    """Return a page of the requests that packages are of, for the archive's staff."""
    asker = access.asker()
    observed = [
        (request, node, aip_id)
        for request, node, aip_id in access.index.requests_observed()
        if any(words.rule is not None for words in asker.target(node).words.layers())
    ]
    shown = observed[(page - 1) * REQUESTS_SHOWN : page * REQUESTS_SHOWN]
    asker.prepare((node, aip_id) for _request, node, aip_id in shown)
    notes = (release_note(asker.target(node, aip_id)) for _request, node, aip_id in shown)
    told = dict.fromkeys(note for note in notes if note is not None)
    return EmbargoList(tuple(told), Page(page, REQUESTS_SHOWN, len(observed)))
