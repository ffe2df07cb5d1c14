"""One facet of all packages as codes, counted by one pass over them."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable
from functools import cached_property
from typing import Final

import numpy as np
import numpy.typing as npt

Mask = npt.NDArray[np.bool_]
Positions = npt.NDArray[np.int64]


def numbers_in(listed: str | None) -> Positions:
    """Return the whole numbers that the database gathered as one text, with commas between; None has none.

    As one text: a row for each of very many numbers would take most of the time.
    """
    return np.fromstring(listed, dtype=np.int64, sep=",") if listed else np.empty(0, dtype=np.int64)


class FacetColumn:
    """One facet: its values in order, and for each pair of package and value the position and the code.

    ``visits`` tells the visit of each position; None where each package is a visit of its own.
    """

    def __init__(
        self, values: tuple[str, ...], codes: Positions, positions: Positions, visits: Positions | None = None
    ) -> None:
        self.values: Final = values
        self.codes: Final = codes
        self.positions: Final = positions
        self._visits: Final = visits

    def code(self, value: str) -> int | None:
        """Return the code of exactly this value, None when no package has it."""
        code = bisect_left(self.values, value)
        return code if self.values[code : code + 1] == (value,) else None

    def holding(self, chosen: Iterable[int], size: int) -> Mask:
        """Return which packages have any of the values of the chosen codes."""
        wanted = np.zeros(len(self.values), dtype=np.bool_)
        wanted[list(chosen)] = True
        mask = np.zeros(size, dtype=np.bool_)
        mask[self.positions[wanted[self.codes]]] = True
        return mask

    def having(self, code: int) -> Positions:
        """Return the positions that have one value, in their order."""
        order, starts = self._by_code
        return np.sort(self.positions[order[starts[code] : starts[code + 1]]])

    @cached_property
    def _by_code(self) -> tuple[Positions, Positions]:
        """The entries in the order of their codes, and where each code begins."""
        order = np.argsort(self.codes, kind="stable")
        return order, np.searchsorted(self.codes[order], np.arange(len(self.values) + 1))

    def counts(self, mask: Mask) -> Positions:
        """Return for each value how many packages in ``mask`` have it."""
        return self._counted(self.codes[mask[self.positions]])

    def counts_of_visits(self, mask: Mask) -> Positions:
        """Return for each value how many visits have a package in ``mask`` that has it."""
        if self._visits is None:
            return self.counts(mask)
        pairs, codes = self._pairs
        met = np.zeros(len(codes), dtype=np.bool_)
        met[pairs[mask[self.positions]]] = True
        return self._counted(codes[met])

    @cached_property
    def _pairs(self) -> tuple[Positions, Positions]:
        """For each entry the number of its pair of value and visit, and for each of those the code."""
        assert self._visits is not None
        visits = self._visits[self.positions]
        most = int(visits.max(initial=0)) + 1
        found, pairs = np.unique(self.codes * most + visits, return_inverse=True)
        return pairs, found // most

    def _counted(self, codes: Positions) -> Positions:
        return np.bincount(codes, minlength=len(self.values)).astype(np.int64)


NO_FACET: Final = FacetColumn((), np.empty(0, np.int64), np.empty(0, np.int64))
"""The column of a facet in which no package has a value."""
