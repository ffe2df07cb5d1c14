"""What an audit of everything looks at around the AIPs, each finding with what it is about."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from oais.archive import Home
from oais.functions.audit.anchors import Anchors, compare, known_anchors
from oais.functions.audit.beside import beside_findings, refused_findings, room_of
from oais.functions.ledger.recording import ledger_of
from oais.functions.ledger.verifying import verify_ledger
from oais.information.budget import Budget
from oais.information.findings import Finding


@dataclass(frozen=True, slots=True)
class Around:
    """What is wrong around the AIPs, and how things were that only a report can tell, if they were read."""

    found: tuple[tuple[str, Finding], ...]
    anchors: Anchors | None = None

    def as_plain(self) -> Mapping[str, Any]:
        """Return how things were, as a report holds it; nothing where they were not read."""
        return {} if self.anchors is None else self.anchors.as_plain()


def around_aips(home: Home, *, beside: bool, refused: bool, budget: Budget | None) -> Around:
    """Look at the ledger, at what lies ``beside`` the AIPs, and at the bytes of ``refused`` deliveries.

    Raises StorageError.
    """
    ledger = verify_ledger(home) if ledger_of(home).signed else []
    found: list[Finding] = []
    anchors = None
    if beside:
        before = known_anchors(home, {wrong.path for wrong in ledger})
        told, anchors = compare(home, before)
        found += [*beside_findings(home), *told]
    if refused:
        found += refused_findings(home, budget)
    about = [(room_of(each), each) for each in dict.fromkeys(found)]  # a log may be missed twice
    return Around((*about, *(("ledger/", each) for each in ledger)), anchors)
