"""Making many points few: the least and the greatest of every interval stay, so no spike is lost."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


@dataclass(slots=True)
class Decimator:
    """Takes points in order, in pieces of any size, and keeps at most about ``most`` of them.

    NaN and infinite points are counted and left out; so are points with a quality flag.
    """

    most: int
    expected: int
    taken: int = 0
    kept: int = 0
    flagged: int = 0
    _parts: list[tuple[Floats, Floats]] = field(default_factory=list)

    def take(self, x: Floats, y: Floats, quality: Floats | None) -> None:
        """Take the next points; ``quality`` other than 0 marks a point as not good."""
        self.taken += len(x)
        good = np.isfinite(x) & np.isfinite(y)
        if quality is not None:
            marked = good & (quality != 0)
            self.flagged += int(marked.sum())
            good &= ~marked
        x, y = x[good], y[good]
        self.kept += len(x)
        share = max(2, self.most * len(good) // max(self.expected, len(good), 1))
        self._parts.append(extremes(x, y, share))

    def points(self) -> tuple[Floats, Floats]:
        """Return the points that are left, in the order they came."""
        if not self._parts:
            return np.empty(0), np.empty(0)
        x = np.concatenate([part[0] for part in self._parts])
        y = np.concatenate([part[1] for part in self._parts])
        return extremes(x, y, self.most)


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


def stretched(pixels: Floats, low_percent: float, high_percent: float) -> tuple[bytes, float, float]:
    """Return 8-bit grey values between two percentiles, and the two values; NaN is black."""
    finite = pixels[np.isfinite(pixels)]
    if finite.size == 0:
        return bytes(pixels.size), 0.0, 0.0
    low, high = (float(value) for value in np.percentile(finite, [low_percent, high_percent]))
    with np.errstate(all="ignore"):
        scaled = (pixels - low) / (high - low) if high > low else np.where(pixels > low, 1.0, 0.5)
    grey = np.nan_to_num(np.clip(scaled, 0.0, 1.0), nan=0.0) * 255.0
    grey[~np.isfinite(pixels)] = 0
    return grey.astype(np.uint8).tobytes(), low, high
