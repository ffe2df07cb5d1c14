"""What stands around every answer: where one is, which part is shown, and whether the data are open."""

from __future__ import annotations

import math
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class AccessNote:
    """Whether the data may be downloaded by whoever asks, else why not and what can be done."""

    open: bool
    reason: str = ""
    release_at: str = ""
    remedy: str = ""


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
