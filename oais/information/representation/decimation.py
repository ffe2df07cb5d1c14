"""Making many points few: the least and the greatest of every interval stay, so no spike is lost."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Points = tuple[Floats, Floats, Floats]
"""What orders points (their rows, or the phase of those that are folded), their x and their y."""

_ROOM: Final = 16
"""Times as many points as are wanted that are held before they are made few again."""

_NONE: Final[Points] = (np.empty(0), np.empty(0), np.empty(0))


@dataclass(slots=True)
class _Kept:
    """Points that came in pieces of any size and order; never many more than ``_ROOM`` times ``most``."""

    most: int
    bounds: tuple[float, float] | None
    parts: list[Points] = field(default_factory=list)
    held: int = 0

    def add(self, order: Floats, x: Floats, y: Floats) -> None:
        part = self._few((order, x, y))
        self.parts.append(part)
        self.held += len(part[0])
        if self.held > _ROOM * self.most:
            self.parts = [self.few()]
            self.held = len(self.parts[0][0])

    def few(self) -> Points:
        """Return the points that are left, in their order."""
        if not self.parts:
            return _NONE
        order, x, y = (np.concatenate([part[n] for part in self.parts]) for n in range(3))
        return self._few((order, x, y))

    def _few(self, points: Points) -> Points:
        order = points[0]
        if bool((np.diff(order) < 0).any()):
            sorting = np.argsort(order, kind="stable")
            points = (order[sorting], points[1][sorting], points[2][sorting])
        chosen = extremes(points[0], points[2], self.most, self.bounds)
        return points[0][chosen], points[1][chosen], points[2][chosen]


class Decimator:
    """Takes points in pieces of any size, in any order, and keeps at most ``most`` of them.

    ``bounds`` are those of what orders them, where they are known before; then the intervals of which the
    extremes stay are the same whatever the pieces. NaN and infinite points are counted and left out; so are
    points with a quality flag, of which some are kept apart.
    """

    def __init__(self, most: int, bounds: tuple[float, float] | None = None) -> None:
        self.taken = self.kept = self.flagged = 0
        self.least, self.greatest, self.total = math.inf, -math.inf, 0.0
        self._good, self._doubtful = _Kept(most, bounds), _Kept(most, bounds)

    def take(self, order: Floats, x: Floats, y: Floats, quality: Floats | None) -> None:
        """Take the next points; ``quality`` other than 0 marks a point as not good."""
        self.taken += len(x)
        good = np.isfinite(x) & np.isfinite(y)
        if quality is not None:
            marked = good & (quality != 0)
            self.flagged += int(marked.sum())
            self._doubtful.add(order[marked], x[marked], y[marked])
            good &= ~marked
        y = y[good]
        self._count(y)
        self._good.add(order[good], x[good], y)

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
        """Return the good points that are left, in their order."""
        return self._good.few()[1:]

    def doubtful(self) -> tuple[Floats, Floats]:
        """Return those with a quality flag that are left."""
        return self._doubtful.few()[1:]


def extremes(
    order: Floats, y: Floats, most: int, bounds: tuple[float, float] | None = None
) -> NDArray[np.int64]:
    """Return which of the points, sorted by ``order``, stay: at most ``most`` (2 or more).

    They are the lowest and the highest of each of equal intervals of ``order`` between ``bounds``, without
    which those of the points themselves count.
    """
    if len(order) <= most:
        return np.arange(len(order))
    low, high = bounds or (float(order[0]), float(order[-1]))
    edges = np.linspace(low, high, max(1, most // 2) + 1)[1:-1]
    starts = np.unique(np.concatenate([[0], np.searchsorted(order, edges)]))
    starts = starts[starts < len(order)]
    return np.union1d(
        _first_of(y, starts, np.minimum.reduceat(y, starts)),
        _first_of(y, starts, np.maximum.reduceat(y, starts)),
    )


def _first_of(y: Floats, starts: NDArray[np.int64], values: Floats) -> NDArray[np.int64]:
    """Return where, in each run of ``y`` that begins at ``starts``, its own value stands first."""
    hits = np.flatnonzero(y == np.repeat(values, np.diff(starts, append=len(y))))
    run = np.searchsorted(starts, hits, side="right")
    return hits[np.flatnonzero(np.diff(run, prepend=0))]
