"""Sums and means that are the same in whatever order rows come: that of rows depends on what is hidden."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Final

_LARGEST: Final = 2**63 - 1
"""The largest whole number that the database takes."""

MOST_HELD: Final = 4_096
"""Real numbers held one by one; more are folded into a few that have the same sum exactly."""


class Sum:
    """Adds numbers up without rounding on the way, in little room; texts and NULL are passed over."""

    def __init__(self) -> None:
        self._taken = 0
        self._whole = 0
        self._real: list[float] = []
        self._only_whole = True
        self._beyond = False

    def step(self, value: object) -> None:
        """Take one value."""
        if isinstance(value, int):
            self._whole += value
        elif isinstance(value, float):
            self._only_whole = False
            self._real.append(value)
            if len(self._real) > MOST_HELD:
                self._fold()
        else:
            return
        self._taken += 1

    def finalize(self) -> int | float | None:
        """Return the sum, rounded once; None of nothing, and where there is no such number."""
        if not self._taken:
            return None
        if self._only_whole and abs(self._whole) <= _LARGEST:
            return self._whole
        return self._rounded()

    def _rounded(self) -> float | None:
        try:
            return None if self._beyond else math.fsum([*self._real, *_reals(self._whole)])
        except (OverflowError, ValueError):  # beyond all numbers, or infinities of both signs
            return None

    def _fold(self) -> None:
        """Hold a few numbers in place of many: their sum, what it lacks, what both lack, and so on."""
        folded: list[float] = []
        try:
            while lacking := math.fsum([*self._real, *(-part for part in folded)]):
                folded.append(lacking)
                if math.isinf(lacking):
                    break
        except (OverflowError, ValueError):
            self._beyond = True
        self._real = folded


class Mean(Sum):
    """Adds numbers up and gives their mean."""

    def finalize(self) -> float | None:
        """Return the mean, rounded at the end; None of nothing, and where there is no such number."""
        total = self._rounded() if self._taken else None
        return None if total is None else total / self._taken


def _reals(whole: int) -> Iterator[float]:
    """Yield real numbers whose sum is a whole number, however large."""
    while whole:
        real = float(whole)
        yield real
        whole -= int(real)
