"""What a decision about a package needs to know of it, read for many packages at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from oais.database.engine import Database
from oais.functions.embargo.inputs import known_requests
from policies.embargo import ObservationRequest
from search_index.index import Index

SEVERAL = "several observation requests"
"""Stands for the request of a package that is of more than one: nobody owns it and no date releases it."""


@dataclass(frozen=True, slots=True)
class AipFacts:
    """Kind, level and values of a package, and what is known of its observation request."""

    kind: str = ""
    level: str = ""
    values: Mapping[str, object] = field(default_factory=dict)
    request: ObservationRequest | None = None


@dataclass(frozen=True, slots=True)
class FactReader:
    """Reads the facts of packages from the index and the database, where there is one."""

    index: Index
    database: Database | None

    def read(self, aip_ids: Sequence[str]) -> dict[str, AipFacts]:
        """Return the facts of the packages that the index knows, in one question for all."""
        entries = self.index.aips(aip_ids)
        named = {
            aip_id: sorted({item.request for item in found})
            for aip_id, found in self.index.observed_by(aip_ids).items()
        }
        asked = sorted({request for requests in named.values() for request in requests})
        known = known_requests(self.index, self.database, asked)
        return {
            aip_id: AipFacts(entry.kind, entry.level, entry.values, _of(named.get(aip_id, []), known))
            for aip_id, entry in entries.items()
        }


def _of(requests: list[str], known: Mapping[str, ObservationRequest]) -> ObservationRequest | None:
    if len(requests) > 1:
        return ObservationRequest(SEVERAL)
    return known[requests[0]] if requests else None
