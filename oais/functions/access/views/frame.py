"""What stands around every answer: where one is, which part is shown, and whether the data are open."""

from __future__ import annotations

import math
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class VisitNote:
    """One visit of an observation request; ``completed_at`` is empty until it is declared complete."""

    name: str
    completed_at: str


@dataclass(frozen=True, slots=True)
class ReleaseNote:
    """From what a release is computed: the request and its visits, the rule, and who waived it.

    ``released_at`` is empty where no date is known; ``basis`` says which of the dates counts, ``rule`` the
    periods, ``fault`` what is wrong with those of the headers.
    """

    request: str
    visits: tuple[VisitNote, ...]
    rule: str
    basis: str
    released_at: str
    waived_by: str = ""
    waived_at: str = ""
    waiver_reason: str = ""
    fault: str = ""


@dataclass(frozen=True, slots=True)
class AccessNote:
    """Whether the data may be downloaded by whoever asks, else why not and what can be done.

    ``word`` is the policy's data word in force, ``step`` what would help; ``release`` tells where a release
    is computed from, for data that are or were under an embargo.
    """

    open: bool
    reason: str = ""
    release_at: str = ""
    remedy: str = ""
    policy: str = ""
    word: str = ""
    step: str = ""
    release: ReleaseNote | None = None


@dataclass(frozen=True, slots=True)
class Crumb:
    """One step of the way from the top of the tree; ``path`` is a node's path."""

    title: str
    path: str


@dataclass(frozen=True, slots=True)
class Page:
    """Which part of a longer list is shown: rows ``first`` to ``last`` of ``total``, counted from 1."""

    number: int
    size: int
    total: int

    @property
    def first(self) -> int:
        """Number of the first row shown, 0 when there is none."""
        return 0 if self.number > self.pages else min((self.number - 1) * self.size + 1, self.total)

    @property
    def last(self) -> int:
        """Number of the last row shown, 0 when there is none."""
        return 0 if self.number > self.pages else min(self.number * self.size, self.total)

    @property
    def pages(self) -> int:
        """How many pages there are, at least one."""
        return max(1, math.ceil(self.total / self.size))
