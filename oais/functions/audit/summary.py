"""What one run of an audit found, as it is told, kept and mailed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from aip.audit import AuditResult


@dataclass(frozen=True, slots=True)
class AuditSummary:
    """One run over many AIPs: what was read, every AIP that is not intact, and what the run did without.

    ``scope`` says what was to be read, ``location`` where; a run that is not ``complete`` was stopped and
    is gone on with by the next of its scope, ``resumed`` tells that this one went on so. ``seconds`` is how
    long it read in all. ``beside`` holds how things were that nothing else tells (``anchors``).
    """

    started_at: str
    ended_at: str
    aips: int
    files: int
    bytes: int
    damaged: tuple[AuditResult, ...]
    warnings: tuple[str, ...] = ()
    scope: str = "all"
    depth: str = "fast"
    location: str = "home"
    seconds: float = field(default=0.0, compare=False)
    resumed: bool = False
    complete: bool = True
    beside: Mapping[str, Any] = field(default_factory=dict)

    @property
    def intact(self) -> bool:
        """Whether every AIP is what was sealed."""
        return not self.damaged

    @property
    def unreadable(self) -> tuple[AuditResult, ...]:
        """What the disk did not give: it may be whole."""
        return tuple(result for result in self.damaged if result.only_unreadable)

    @property
    def rate(self) -> float:
        """Bytes read in a second."""
        return self.bytes / self.seconds if self.seconds > 0 else 0.0

    def as_plain(self) -> dict[str, Any]:
        """Return the summary as ``--json`` shows it."""
        return {
            "started_at": self.started_at,
            "ended_at": self.ended_at,
            "scope": self.scope,
            "depth": self.depth,
            "location": self.location,
            "aips": self.aips,
            "files": self.files,
            "bytes": self.bytes,
            "seconds": round(self.seconds, 3),
            "intact": self.intact,
            "damaged": len(self.damaged) - len(self.unreadable),
            "unreadable": len(self.unreadable),
            "resumed": self.resumed,
            "complete": self.complete,
            "warnings": list(self.warnings),
            "beside": dict(self.beside),
            "findings": [
                {"aip": result.aip_id, **found.as_dict()}
                for result in self.damaged
                for found in result.findings
            ],
        }
