"""What a decision about a version of a package needs to know of it, read for many versions at once.

Each version is decided by what was sealed in it. Only what is known of its observation request is of now:
visits are completed and embargoes waived for all packages of a request at once.
"""

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
    """Node, kind, level and values of a version, and what is known of its observation request.

    Without a node the version is not known: nothing that depends on more is allowed then.
    """

    node: str = ""
    kind: str = ""
    level: str = ""
    values: Mapping[str, object] = field(default_factory=dict)
    request: ObservationRequest | None = None


@dataclass(frozen=True, slots=True)
class FactReader:
    """Reads the facts of versions from the index and the database, where there is one."""

    index: Index
    database: Database | None

    def read(self, versions: Sequence[tuple[str, int]]) -> dict[tuple[str, int], AipFacts]:
        """Return the facts of the versions that the index knows, in one question for all; 0 is the newest."""
        told, observed = self.index.told_of(versions)
        asked = sorted({request for version in told.values() for request in version.requests})
        known = declared_of(self.database, asked, observed)
        return {
            key: AipFacts(found.node, found.kind, found.level, found.values, _of(found.requests, known))
            for key, found in told.items()
        }


def _of(requests: Sequence[str], known: Mapping[str, ObservationRequest]) -> ObservationRequest | None:
    if len(requests) > 1:
        return ObservationRequest(SEVERAL)
    return known[requests[0]] if requests else None
