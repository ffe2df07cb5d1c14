"""What a decision about a package needs to know of it, read for many packages at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from oais.database.engine import Database
from oais.functions.embargo.inputs import declared_of
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
        told, observed = self.index.told_of(aip_ids)
        asked = sorted({request for package in told.values() for request in package.requests})
        known = declared_of(self.database, asked, observed)
        return {
            aip_id: AipFacts(package.kind, package.level, package.values, _of(package.requests, known))
            for aip_id, package in told.items()
        }


def _of(requests: Sequence[str], known: Mapping[str, ObservationRequest]) -> ObservationRequest | None:
    if len(requests) > 1:
        return ObservationRequest(SEVERAL)
    return known[requests[0]] if requests else None
