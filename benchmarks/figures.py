"""One measured figure beside its peer's, the target it has to meet, and the rows it becomes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Compared = Literal["ratio", "speed-up", "figure"]


@dataclass(frozen=True, slots=True)
class Target:
    """What has to hold: ``ratio`` is ours over the peer's, ``speed-up`` the reverse, ``figure`` ours."""

    compared: Compared
    bound: float
    at_least: bool = False

    def __str__(self) -> str:
        """Say it as the table does."""
        sign = "≥" if self.at_least else "≤"
        after = {"ratio": " ×", "speed-up": " × faster", "figure": ""}[self.compared]
        return f"{sign} {self.bound:g}{after}"


@dataclass(frozen=True, slots=True)
class Figure:
    """One row: what was measured, our figure and the peer's in ``unit``, and the target."""

    what: str
    ours: float
    unit: str
    target: Target
    peer: str = ""
    theirs: float | None = None
    note: str = ""

    @property
    def score(self) -> float:
        """The number that is held against the target."""
        if self.target.compared == "figure":
            return self.ours
        assert self.theirs is not None
        return self.ours / self.theirs if self.target.compared == "ratio" else self.theirs / self.ours

    @property
    def holds(self) -> bool:
        """Whether the target is met."""
        return self.score >= self.target.bound if self.target.at_least else self.score <= self.target.bound

    def cells(self) -> tuple[str, ...]:
        """Return the row as text: what, ours, peer, peer's, compared, target, verdict."""
        compared = "—" if self.target.compared == "figure" else f"{self.score:.2f} ×"
        theirs = "—" if self.theirs is None else amount(self.theirs, self.unit)
        target = f"{self.target} {self.unit}" if self.target.compared == "figure" else str(self.target)
        what = f"{self.what} ({self.note})" if self.note else self.what
        verdict = "yes" if self.holds else "no"
        return what, amount(self.ours, self.unit), self.peer or "—", theirs, compared, target, verdict


HEADINGS = ("what", "ours", "peer", "peer's", "compared", "target", "holds")


def amount(value: float, unit: str) -> str:
    """Return a number with three digits that count, and its unit."""
    digits = 0 if value >= 100 else 1 if value >= 10 else 2 if value >= 1 else 3
    return f"{value:.{digits}f} {unit}"
