"""What is counted of a table, in the limited child: maps and histograms of events, rows of pieces of time."""

from __future__ import annotations

import math
from datetime import datetime, timedelta
from time import monotonic
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from oais.information.representation.choosing import energy_column, sky_columns, time_column
from oais.information.representation.decimation import Floats
from oais.information.representation.numbers import Numbers, Pass, Span, days_of

MOST_BINS: Final = 256
MOST_SPANS: Final = 2_000
_MJD_EPOCH: Final = datetime(1858, 11, 17)  # noqa: DTZ001 - UTC, written without its name
_FEW: Final = 100
_ROWS_FOR_RANGES: Final = 4_000_000
_WIDE: Final = 100.0
"""Positive numbers that span this factor are counted in steps of their logarithm."""

_NARROWEST: Final = 1e-13
_SMALLEST: Final = 1e-290
_NONE: Final = np.empty(0)

Counts = NDArray[np.int64]


def event_map(numbers: Numbers, x: str, y: str, span: Span, until: float, bins: int) -> dict[str, Any]:
    """Count events in ``bins`` by ``bins`` fields of two columns; a span is one of the table's time."""
    places = sky_columns(numbers.names) or (numbers.names[0], numbers.names[-1])
    x, y = x or places[0], y or places[1]
    ranges = _crowded_ranges(Pass(numbers, [x, y], span, _moments(numbers, span), until))
    side = max(1, min(bins, MOST_BINS))
    counts, found = np.zeros((side, side), dtype=np.int64), 0
    reading = Pass(numbers, [x, y], span, _moments(numbers, span), until)
    good = 0
    for _, (across, up) in reading:
        known = np.isfinite(across) & np.isfinite(up)
        found, good = found + len(across), good + int(known.sum())
        held, _, _ = np.histogram2d(up[known], across[known], bins=side, range=ranges[::-1])
        counts += held.astype(np.int64)
    return {
        "x": [x, numbers.columns[x]],
        "y": [y, numbers.columns[y]],
        "x_range": ranges[0],
        "y_range": ranges[1],
        "counts": counts.tolist(),
        **reading.amounts(),
        "counted": int(counts.sum()),
        "outside": good - int(counts.sum()),
        "missing": found - good,
    }


def _crowded_ranges(reading: Pass) -> list[tuple[float, float]]:
    """Return the ranges of two columns, of a very long table those of some millions of rows all over it."""
    held: list[list[Floats]] = []
    for _, (across, up) in reading:
        good = np.isfinite(across) & np.isfinite(up)
        held.append([across[good], up[good]])
        if reading.rows >= _ROWS_FOR_RANGES:
            break
    return [_range(_crowded(np.concatenate([part[n] for part in held] or [_NONE]))) for n in range(2)]


def _crowded(values: Floats) -> Floats:
    """Return the values within, and a little beyond, the range of all but a hundredth of them."""
    if len(values) < _FEW:
        return values
    low, high = np.percentile(values, [0.5, 99.5])
    beyond = (high - low) * 0.2
    near: Floats = values[(values >= low - beyond) & (values <= high + beyond)]
    return near


def histogram(numbers: Numbers, x: str, span: Span, until: float, bins: int) -> dict[str, Any]:
    """Count the values of a column in ``bins`` steps, of the logarithm where they are far apart."""
    names = numbers.names
    x = x or energy_column(names) or next((name for name in names if name != time_column(names)), names[0])
    by = _moments(numbers, span)
    looked = Pass(numbers, [x], span, by, _early(until))
    ends = _ends(looked)
    logarithmic = len(ends) > 0 and ends[0] > 0 and ends[1] / ends[0] > _WIDE
    low, high = (float(ends[0]), float(ends[1])) if logarithmic else _range(ends)
    side = max(1, min(bins, MOST_BINS))
    edges = np.geomspace(low, high, side + 1) if logarithmic else np.linspace(low, high, side + 1)
    edges[0], edges[-1] = low, high
    counts, found, reading = np.zeros(side, dtype=np.int64), 0, Pass(numbers, [x], span, by, until)
    for _, (values,) in reading:
        good = values[np.isfinite(values)]
        found += len(values)
        # low and high are never infinite.
        counts += _counted(np.clip(good, low, high), edges, logarithmic=logarithmic)
        if reading.rows >= looked.rows:
            break
    return {
        "x": [x, numbers.columns[x]],
        "edges": edges.tolist(),
        "counts": counts.tolist(),
        "logarithmic": bool(logarithmic),
        **reading.amounts(),
        "counted": int(counts.sum()),
        "missing": found - int(counts.sum()),
        "least": float(ends[0]) if len(ends) else None,
        "greatest": float(ends[1]) if len(ends) else None,
    }


def _counted(values: Floats, edges: Floats, *, logarithmic: bool) -> Counts:
    """Count values between edges that are equally far apart, or their logarithms are.

    Where a value lies is computed and then set right by the edges, ten times faster than by looking.
    """
    side = len(edges) - 1
    if not logarithmic:
        return np.histogram(values, bins=side, range=(edges[0], edges[-1]))[0].astype(np.int64)
    share = np.log(values / edges[0]) / math.log(edges[-1] / edges[0])
    places = np.clip((share * side).astype(np.int64), 0, side - 1)
    places -= values < edges[places]
    places += (values >= edges[places + 1]) & (places < side - 1)
    return np.bincount(places, minlength=side)


def _early(until: float) -> float:
    """Return when the first of two passes over a table ends, so that the second has the most of the time."""
    now = monotonic()
    return now + (until - now) / 3


def _ends(reading: Pass) -> Floats:
    """Return the least and the greatest finite value of a column; none where there is no such value."""
    least, greatest = math.inf, -math.inf
    for _, (values,) in reading:
        good = values[np.isfinite(values)]
        if len(good):
            least, greatest = min(least, float(good.min())), max(greatest, float(good.max()))
    return np.array([least, greatest]) if least <= greatest else _NONE


def spans(numbers: Numbers, span: Span, until: float, hours: int) -> dict[str, Any]:
    """Return how many rows lie in each piece of ``hours`` from the first to the last, at most so many."""
    x = time_column(numbers.names)
    clock = numbers.clock(x) if x else None
    if clock is None:
        return {"spans": [], "whole": True}
    ends = days_of(clock, _ends(Pass(numbers, [x], span, x, _early(until))))
    if not ends:
        return {"spans": [], "whole": True}
    length = hours / 24.0
    first, last = math.floor(ends[0] / length), math.floor(ends[1] / length)
    starts = [
        _MJD_EPOCH + timedelta(hours=n * hours) for n in range(first, min(last, first + MOST_SPANS) + 2)
    ]
    texts = [start.strftime("%Y-%m-%dT%H:%M:%S") for start in starts]
    borders, counts = np.array([clock.number(text) for text in texts]), np.zeros(len(texts) + 1, np.int64)
    reading = Pass(numbers, [x], span, x, until)
    for _, (values,) in reading:
        places = np.searchsorted(borders, values[np.isfinite(values)], side="right")
        counts += np.bincount(places, minlength=len(counts))
    told = [[text, int(count)] for text, count in zip(texts[:-1], counts[1:-1], strict=True)]
    return {"spans": told, "whole": reading.whole and last <= first + MOST_SPANS}


def _moments(numbers: Numbers, span: Span) -> str:
    """Return the column of times that a span is about; raises ValueError where a span needs one."""
    time = time_column(list(numbers.columns))
    if not time and not span.is_all:
        raise ValueError("no column of the table is a time")
    return time


def _range(values: Floats) -> tuple[float, float]:
    """Return a range that holds all values and is not empty."""
    if not len(values):
        return 0.0, 1.0
    low, high = (float(np.clip(end, -1e300, 1e300)) for end in (values.min(), values.max()))
    if high - low > max(abs(low), abs(high)) * _NARROWEST + _SMALLEST:
        return low, high
    pad = abs(low) * 1e-3 if abs(low) > _SMALLEST else 0.5
    return low - pad, high + pad
