"""Spectrograms, made in the limited child: means of a vector in pieces of time, over its axis."""

from __future__ import annotations

import math
from dataclasses import dataclass
from time import monotonic
from typing import Any, Final

import numpy as np

from oais.information.representation.channels import (
    MOST_CHANNELS,
    WIDE,
    Whole,
    channel_middles,
    drawn_edges,
    merged,
    resampled,
    suits,
)
from oais.information.representation.decimation import Floats
from oais.information.representation.numbers import Clock, Span, days_of
from oais.information.representation.vectors import Rows, Vectors

MOST_TIMES: Final = 480
"""Pieces of time that a spectrogram has."""

_HELD: Final = 1.5
"""Records further apart than their usual distance times this leave a gap."""

_SHOWN: Final = (0.5, 99.5)
"""Percentiles of the means that are the ends of the colours."""

_DIGITS: Final = 6

_AXES_AT_ONCE: Final = 1_024
"""Rows with axes that are looked at between two looks at the clock."""


@dataclass(frozen=True, slots=True)
class _Times:
    """The times that are shown: from ``low`` to ``high``, ``rows`` of them, usually a ``step`` apart."""

    low: float
    high: float
    rows: int
    step: float


@dataclass(slots=True)
class _Grid:
    """Sums and counts of the values in each piece of time and channel, and the distribution at a moment.

    ``firsts`` and ``lasts`` are the times of the records of each piece, infinite where it has none.
    """

    times: _Times
    edges: Floats
    order: Whole
    sums: Floats
    counts: Whole
    firsts: Floats
    lasts: Floats
    at: float | None
    missing: int = 0
    away: int = 0

    def take(self, x: Floats, values: Floats) -> None:
        """Count rows, shape (rows, channels), whose times are within the grid."""
        pieces, channels = self.sums.shape
        share = (x - self.times.low) / (self.times.high - self.times.low)
        piece = np.clip((share * pieces).astype(np.int64), 0, pieces - 1)
        good = np.isfinite(values)
        places = (piece[:, None] * channels + np.arange(channels))[good]
        size = pieces * channels
        with np.errstate(all="ignore"):
            self.sums += np.bincount(places, weights=values[good], minlength=size).reshape(pieces, channels)
        self.counts += np.bincount(places, minlength=size).reshape(pieces, channels)
        np.minimum.at(self.firsts, piece, x)
        np.maximum.at(self.lasts, piece, x)
        self.missing += values.size - int(good.sum())

    def distribution(self) -> tuple[float, float, Floats, bool] | None:
        """Return the piece of time nearest to the moment asked for: its records' ends, its means.

        The last is whether the moment lies in a gap, or before or after all records.
        """
        if self.at is None or not bool(np.isfinite(self.firsts).any()):
            return None
        away = np.maximum(np.maximum(self.firsts - self.at, self.at - self.lasts), 0.0)
        piece = int(np.argmin(away))
        with np.errstate(all="ignore"):
            means = np.where(self.counts[piece] > 0, self.sums[piece] / self.counts[piece], np.nan)
        # A record stands in the middle of its time, half of which lies before it.
        missed = float(away[piece]) > _HELD * self.times.step / 2
        return float(self.firsts[piece]), float(self.lasts[piece]), means, missed


def spectrogram(
    vectors: Vectors, y: str, span: Span, until: float, bins: int, at: str | float | None,
    axis: str, colours: str,
) -> dict[str, Any]:  # fmt: skip
    """Return means of a vector ``y`` in ``bins`` pieces of time, and its distribution ``at`` a moment.

    ``axis`` and ``colours`` are the scales linear or log, empty for that which suits the numbers.
    """
    vector = vectors.chosen(y)
    clock, told = vectors.clock(vector.name), vectors.axis(vector.name)
    times = _times(vectors, vector.name, span, clock, monotonic() + (until - monotonic()) / 3)
    middles = channel_middles(vectors, vector.name, told, vector.size)
    up_by_logarithm = suits(middles, axis, told.scale) if told.name else False
    grid = _grid(times, middles, bins, _moment(at, clock), logarithmic=up_by_logarithm)
    read, within = 0, 0
    for x, values, axes in _bounded(vectors.rows(vector.name)):
        read += len(x)
        with np.errstate(invalid="ignore"):
            keep = np.isfinite(x) & (x >= times.low) & (x <= times.high) & span.keeps(x, clock)
        within += int(keep.sum())
        others = None if axes is None else axes[keep]
        shown, away = resampled(values[keep], others, middles, grid.order, grid.edges)
        grid.away += away
        grid.take(x[keep], shown)
        if monotonic() >= until:
            break
    total = vectors.total(vector.name)
    return {
        "x": list(vectors.time(vector.name)),
        "scale": clock.scale if clock else "",
        "y": [vector.name, vector.unit],
        "axis": [told.name, told.unit],
        "axis_varies": told.varies,
        "axis_logarithmic": up_by_logarithm,
        "labels": [told.labels[n] for n in grid.order.tolist()] if told.labels else [],
        "x_range": [times.low, times.high],
        "mjd_range": days_of(clock, np.array([times.low, times.high])),
        "total": total,
        "read": read,
        "within": within,
        "whole": read >= total and vectors.whole(),
        "in_order": vectors.in_order,
        **_answer(grid, middles[grid.order], clock, (colours, vector.scale)),
    }


def _bounded(rows: Rows) -> Rows:
    """Yield the same, but few at a time where each may have its own axis: the clock is asked between."""
    for x, values, axes in rows:
        if axes is None:
            yield x, values, None
            continue
        for first in range(0, len(x), _AXES_AT_ONCE):
            part = slice(first, first + _AXES_AT_ONCE)
            yield x[part], values[part], axes[part]


def _times(vectors: Vectors, name: str, span: Span, clock: Clock | None, until: float) -> _Times:
    """Look through the times that are wanted; raises ValueError when there is none."""
    low, high, rows, step = math.inf, -math.inf, 0, math.nan
    for _, x in vectors.moments(name):
        with np.errstate(invalid="ignore"):
            wanted = x[np.isfinite(x) & span.keeps(x, clock)]
        if len(wanted):
            low, high = min(low, float(wanted.min())), max(high, float(wanted.max()))
            rows += len(wanted)
            apart = np.diff(np.sort(wanted))
            if math.isnan(step) and bool((apart > 0).any()):
                step = float(np.median(apart[apart > 0]))
        if monotonic() >= until:
            break
    if not rows:
        where = "in the interval that was asked for" if not span.is_all else "of the table"
        raise ValueError(f"no row {where} has a time")
    if math.isnan(step):
        step = max(abs(low) * 1e-9, 1e-9)
    if not math.isfinite(high - low + step):
        raise ValueError(f"the times reach from {low:g} to {high:g}; ask for an interval of them")
    # A record stands in the middle of its time, so that none lies at the border of two pieces.
    return _Times(low - step / 2, high + step / 2, rows, step)


def _grid(times: _Times, middles: Floats, bins: int, at: float | None, *, logarithmic: bool) -> _Grid:
    known = np.flatnonzero(np.isfinite(middles) & ((middles > 0) if logarithmic else True))
    order = known[np.argsort(middles[known], kind="stable")]
    shape = (max(1, min(bins, MOST_TIMES)), len(order))
    return _Grid(
        times,
        drawn_edges(middles[order], logarithmic=logarithmic),
        order,
        np.zeros(shape),
        np.zeros(shape, np.int64),
        np.full(shape[0], np.inf),
        np.full(shape[0], -np.inf),
        at,
    )


def _moment(at: str | float | None, clock: Clock | None) -> float | None:
    """Return a moment as a number of the column of times; raises ValueError where that tells no UTC."""
    if at is None or isinstance(at, float):
        return at
    if clock is None:
        raise ValueError("the column does not tell its time in UTC; give the moment as its own number")
    return clock.number(at)


def _answer(grid: _Grid, middles: Floats, clock: Clock | None, scales: tuple[str, str]) -> dict[str, Any]:
    """Return the means and what is told of each channel."""
    with np.errstate(all="ignore"):
        means = np.where(grid.counts > 0, grid.sums / grid.counts, np.nan)
        totals = grid.sums.sum(axis=0) / grid.counts.sum(axis=0)
    means = merged(_lasting(means, grid))
    means[~np.isfinite(means)] = np.nan
    finite = means[np.isfinite(means)]
    by_logarithm = _by_logarithm(finite, *scales)
    shown = finite[finite > 0] if by_logarithm else finite
    low, high = (float(end) for end in np.percentile(shown, _SHOWN)) if len(shown) else (None, None)
    together = -(-len(middles) // MOST_CHANNELS)
    first, last, cut, missed = grid.distribution() or (math.nan, math.nan, np.empty(0), False)
    ends = np.array([first, last][: 2 if len(cut) else 0])
    return {
        "edges": [*grid.edges[:-1:together].tolist(), float(grid.edges[-1])],
        "means": [_plain(row) for row in means.T],
        "logarithmic": by_logarithm,
        "low": low,
        "high": high,
        "channels": middles.tolist(),
        "channel_means": _plain(totals),
        "channel_counts": grid.counts.sum(axis=0).tolist(),
        "counted": int(grid.counts.sum()),
        "missing": grid.missing,
        "not_positive": int((finite <= 0).sum()) if by_logarithm else 0,
        "away": grid.away,
        "cut_range": ends.tolist(),
        "cut_mjd_range": days_of(clock, ends),
        "cut": _plain(cut),
        "cut_missed": missed,
    }


def _by_logarithm(finite: Floats, wished: str, told: str) -> bool:
    """Tell whether the colours follow the logarithm: as wished, told by the file, or by the numbers.

    By the numbers, those of counts with zeros among them may.
    """
    if wished:
        return wished == "log"
    positive = finite[finite > 0]
    if told == "log" and len(positive):
        return True
    few_below = len(finite) > 0 and not bool((finite < 0).any())
    return few_below and len(positive) > 0 and float(np.ptp(np.log10(positive))) > math.log10(WIDE)


def _lasting(means: Floats, grid: _Grid) -> Floats:
    """Return means in which a piece without a record takes those of the nearest, unless that is a gap."""
    pieces = len(means)
    low, width = grid.times.low, (grid.times.high - grid.times.low) / pieces
    middles = low + (np.arange(pieces) + 0.5) * width
    held = np.isfinite(grid.firsts)
    before = np.maximum.accumulate(np.where(held, np.arange(pieces), -1))
    after = np.minimum.accumulate(np.where(held, np.arange(pieces), pieces)[::-1])[::-1]
    earlier = np.where(before >= 0, grid.lasts[np.maximum(before, 0)], -np.inf)
    later = np.where(after < pieces, grid.firsts[np.minimum(after, pieces - 1)], np.inf)
    # At either end there is half a step beyond the last record, and no gap.
    lasts = ~np.isfinite(later - earlier) | (later - earlier < _HELD * grid.times.step)
    place = np.where(middles - earlier <= later - middles, before, after)
    shown = held | lasts
    return np.where(shown[:, None], means[np.where(held, np.arange(pieces), place)], np.nan)


def _plain(values: Floats) -> list[float | None]:
    """Return values as they are written: with as many digits as a drawing shows, None for no value."""
    return [float(f"{value:.{_DIGITS}g}") if math.isfinite(value) else None for value in values.tolist()]
