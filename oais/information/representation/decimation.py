"""Making many points few: the least and the greatest of every interval stay, so no spike is lost."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


@dataclass(slots=True)
class Decimator:
    """Takes points in order, in pieces of any size, and keeps at most about ``most`` of them.

    NaN and infinite points are counted and left out; so are points with a quality flag, of which some are
    kept apart. Points that are ``folded`` come in any order and are put in the order of ``x``.
    """

    most: int
    expected: int
    folded: bool = False
    taken: int = 0
    kept: int = 0
    flagged: int = 0
    least: float = math.inf
    greatest: float = -math.inf
    total: float = 0.0
    _parts: list[tuple[Floats, Floats]] = field(default_factory=list)
    _doubtful: list[tuple[Floats, Floats]] = field(default_factory=list)

    def take(self, x: Floats, y: Floats, quality: Floats | None) -> None:
        """Take the next points; ``quality`` other than 0 marks a point as not good."""
        self.taken += len(x)
        good = np.isfinite(x) & np.isfinite(y)
        share = max(2, self.most * len(good) // max(self.expected, len(good), 1))
        if quality is not None:
            marked = good & (quality != 0)
            self.flagged += int(marked.sum())
            self._doubtful.append(self._thinned(x[marked], y[marked], share))
            good &= ~marked
        x, y = x[good], y[good]
        self._count(y)
        self._parts.append(self._thinned(x, y, share))

    def _count(self, y: Floats) -> None:
        self.kept += len(y)
        if len(y):
            self.least = min(self.least, float(y.min()))
            self.greatest = max(self.greatest, float(y.max()))
            with np.errstate(all="ignore"):
                self.total += float(y.sum())

    @property
    def mean(self) -> float | None:
        """The mean of the good points, None without one or where their sum is too large."""
        mean = self.total / self.kept if self.kept else math.nan
        return mean if math.isfinite(mean) else None

    def points(self) -> tuple[Floats, Floats]:
        """Return the good points that are left, in the order they came, or of x where they are folded."""
        return self._joined(self._parts)

    def doubtful(self) -> tuple[Floats, Floats]:
        """Return those with a quality flag that are left."""
        return self._joined(self._doubtful)

    def _joined(self, parts: list[tuple[Floats, Floats]]) -> tuple[Floats, Floats]:
        x = np.concatenate([part[0] for part in parts] or [np.empty(0)])
        y = np.concatenate([part[1] for part in parts] or [np.empty(0)])
        return self._thinned(x, y, self.most)

    def _thinned(self, x: Floats, y: Floats, most: int) -> tuple[Floats, Floats]:
        if self.folded:
            order = np.argsort(x, kind="stable")
            x, y = x[order], y[order]
        return extremes(x, y, most)


def extremes(x: Floats, y: Floats, most: int) -> tuple[Floats, Floats]:
    """Return at most ``most`` (2 or more) points: of each interval the lowest and the highest."""
    if len(x) <= most:
        return x, y
    bins = max(1, most // 2)
    edges = np.linspace(0, len(x), bins + 1).astype(np.int64)
    whole = int(np.diff(edges).max())
    index = np.minimum(edges[:-1, None] + np.arange(whole)[None, :], edges[1:, None] - 1)
    values = y[index]
    rows = np.arange(bins)
    low, high = index[rows, values.argmin(axis=1)], index[rows, values.argmax(axis=1)]
    chosen = np.unique(np.concatenate([low, high]))
    return x[chosen], y[chosen]
