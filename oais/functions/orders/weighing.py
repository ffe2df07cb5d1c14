"""Weighing: of what was picked, what may be had now, how much it is, and which way it can go."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from oais.database.picks import Pick
from oais.errors import NotFoundError
from oais.functions.access.facade import Access
from oais.settings import Settings
from policies.access import Action, Decision


class Way(StrEnum):
    """How a selection can be had."""

    NOTHING = "nothing"
    DIRECT = "direct"
    ORDERED = "ordered"
    VOLUMES = "volumes"
    TOO_LARGE = "too large"


@dataclass(frozen=True, slots=True)
class Line:
    """One pick and whether it may be downloaded now; if not, why, until when, and what can be done."""

    pick: Pick
    allowed: bool
    reason: str
    remedy: str
    release_at: str


@dataclass(frozen=True, slots=True)
class Weighed:
    """A selection on the scales: ``files`` and ``size`` (bytes) are of what may be had."""

    lines: tuple[Line, ...]
    way: Way

    @property
    def allowed(self) -> tuple[Pick, ...]:
        """What may be had."""
        return tuple(line.pick for line in self.lines if line.allowed)

    @property
    def barred(self) -> tuple[Line, ...]:
        """What may not be had, each with its reason."""
        return tuple(line for line in self.lines if not line.allowed)

    @property
    def files(self) -> int:
        """Number of files."""
        return sum(pick.files for pick in self.allowed)

    @property
    def size(self) -> int:
        """Bytes of the files."""
        return sum(pick.size for pick in self.allowed)


def weigh(access: Access, picks: Iterable[Pick]) -> Weighed:
    """Ask the decision about each pick, where it lies now, and weigh what may be had; no package is read."""
    asker, picked = access.asker(), tuple(picks)
    asker.prepare_versions((pick.aip_id, pick.version) for pick in picked)
    lines = tuple(
        _line(access, pick, asker.version_decision(Action.DOWNLOAD, pick.aip_id, pick.version))
        for pick in picked
    )
    size = sum(line.pick.size for line in lines if line.allowed)
    way = way_of(size, access.archive.settings) if any(line.allowed for line in lines) else Way.NOTHING
    return Weighed(lines, way)


def way_of(size: int, settings: Settings) -> Way:
    """Return how so many bytes can be had."""
    limits = {
        Way.DIRECT: settings.direct_limit_bytes,
        Way.ORDERED: settings.package_limit_bytes,
        Way.VOLUMES: settings.order_limit_bytes,
    }
    return next((way for way, limit in limits.items() if size <= limit), Way.TOO_LARGE)


def _line(access: Access, pick: Pick, decision: Decision) -> Line:
    release = decision.release_at
    known = decision.metadata == "public"
    gone = (
        None if known else access.why_missing(pick.aip_id, NotFoundError("it is not in the archive any more"))
    )
    return Line(
        pick=pick,
        allowed=decision.allowed,
        reason=decision.reason if gone is None else gone.message,
        remedy=decision.remedy if known else "",
        release_at=release.isoformat() if release is not None and known else "",
    )
