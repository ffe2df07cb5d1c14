"""What is drawn of a table, made in the limited child: series, maps and histograms of events, intervals."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from oais.information.representation.choosing import (
    energy_column,
    first_signal,
    interval_columns,
    quality_column,
    sky_columns,
    spectral_column,
    time_column,
)
from oais.information.representation.decimation import Decimator, Floats
from oais.information.representation.intervals import Interval
from oais.information.representation.numbers import MOST_ROWS, Clock, Numbers, Span

MOST_BINS: Final = 256
_MOST_INTERVALS: Final = 2_000
MOST_SPANS: Final = 2_000
_MJD_EPOCH: Final = datetime(1858, 11, 17)  # noqa: DTZ001 - UTC, written without its name
_FEW: Final = 100
_WIDE: Final = 100.0
"""Positive numbers that span this factor are counted in steps of their logarithm."""

_NARROWEST: Final = 1e-13

Counts = NDArray[np.int64]


def span_of(told: Mapping[str, Any]) -> Span:
    """Return which rows are wanted: ``start`` and ``stop`` of UTC, or ``low`` and ``high`` as numbers."""
    interval = Interval(told.get("start", ""), told.get("stop", ""))
    low, high = told.get("low"), told.get("high")
    return Span(
        interval if interval.start or interval.stop else None,
        -math.inf if low is None else low,
        math.inf if high is None else high,
    )


def series(
    numbers: Numbers, x: str, y: Sequence[str], span: Span, fold: Sequence[float] | None, most: int
) -> dict[str, Any]:
    """Return at most ``most`` points of each column ``y`` over ``x``, folded by (period, epoch)."""
    names = numbers.names
    numbers.chosen([name for name in (x, *y) if name])
    x = x or spectral_column(names) or time_column(names) or names[0]
    wanted = list(dict.fromkeys(y)) or [first_signal(names, x)]
    quality = quality_column(names, (x, *wanted))
    clock = numbers.clock(x)
    expected = min(numbers.total, MOST_ROWS) if span.is_all else 0
    tracks = [Decimator(most, expected, folded=fold is not None) for _ in wanted]
    read = 0
    for piece in numbers.read([x, *wanted, *([quality] if quality else [])], MOST_ROWS):
        read += len(piece[0])
        keep = span.keeps(piece[0], clock) if not span.is_all else slice(None)
        across = piece[0][keep] if fold is None else _phase(piece[0][keep], *fold)
        flags = piece[-1][keep] if quality else None
        for track, values in zip(tracks, piece[1:], strict=False):
            track.take(across, values[keep], flags)
    return {
        "x": [x, numbers.columns[x]],
        "scale": clock.scale if clock else "",
        "quality": quality,
        "total": numbers.total,
        "within": tracks[0].taken,
        "whole": read >= numbers.total,
        "tracks": [
            _track(name, numbers.columns[name], track, None if fold else clock)
            for name, track in zip(wanted, tracks, strict=True)
        ],
    }


def _phase(x: Floats, period: float, epoch: float) -> Floats:
    """Return the phase, from -0.5 to below 0.5, 0 at the epoch."""
    with np.errstate(all="ignore"):
        return np.asarray(np.mod((x - epoch) / period + 0.5, 1.0) - 0.5)


def _track(name: str, unit: str, points: Decimator, clock: Clock | None) -> dict[str, Any]:
    x, y = points.points()
    flagged_x, flagged_y = points.doubtful()
    return {
        "name": name,
        "unit": unit,
        "x": x.tolist(),
        "y": y.tolist(),
        "mjd": _days(clock, x),
        "flagged_x": flagged_x.tolist(),
        "flagged_y": flagged_y.tolist(),
        "flagged_mjd": _days(clock, flagged_x),
        "good": points.kept,
        "flagged": points.flagged,
        "missing": points.taken - points.kept - points.flagged,
        "least": points.least if points.kept else None,
        "greatest": points.greatest if points.kept else None,
        "mean": points.mean,
    }


def _days(clock: Clock | None, x: Floats) -> list[float]:
    """Return times as MJD of UTC, none where the column tells none or a date is none that is known."""
    if clock is None or not len(x):
        return []
    try:
        days = clock.days(x)
    except (ValueError, ArithmeticError):
        return []
    return days.tolist() if bool(np.isfinite(days).all()) else []


def event_map(numbers: Numbers, x: str, y: str, span: Span, bins: int) -> dict[str, Any]:
    """Count events in ``bins`` by ``bins`` fields of two columns; a span is one of the table's time."""
    places = sky_columns(numbers.names) or (numbers.names[0], numbers.names[-1])
    x, y = x or places[0], y or places[1]
    across, up = _kept(numbers, [x, y], span)
    good = np.isfinite(across) & np.isfinite(up)
    across, up = across[good], up[good]
    ranges = [_range(_crowded(across)), _range(_crowded(up))]
    side = max(1, min(bins, MOST_BINS))
    counts, _, _ = np.histogram2d(up, across, bins=side, range=[ranges[1], ranges[0]])
    return {
        "x": [x, numbers.columns[x]],
        "y": [y, numbers.columns[y]],
        "x_range": ranges[0],
        "y_range": ranges[1],
        "counts": counts.astype(np.int64).tolist(),
        "total": numbers.total,
        "counted": int(counts.sum()),
        "outside": len(across) - int(counts.sum()),
        "missing": int((~good).sum()),
    }


def _crowded(values: Floats) -> Floats:
    """Return the values within, and a little beyond, the range of all but a hundredth of them."""
    if len(values) < _FEW:
        return values
    low, high = np.percentile(values, [0.5, 99.5])
    beyond = (high - low) * 0.2
    near: Floats = values[(values >= low - beyond) & (values <= high + beyond)]
    return near


def histogram(numbers: Numbers, x: str, span: Span, bins: int) -> dict[str, Any]:
    """Count the values of a column in ``bins`` steps, of the logarithm where they are far apart."""
    names = numbers.names
    x = x or energy_column(names) or next((name for name in names if name != time_column(names)), names[0])
    (values,) = _kept(numbers, [x], span)
    good = values[np.isfinite(values)]
    low, high = _range(good)
    logarithmic = len(good) > 0 and float(good.min()) > 0 and float(good.max()) / float(good.min()) > _WIDE
    if logarithmic:
        low, high = float(good.min()), float(good.max())
    side = max(1, min(bins, MOST_BINS))
    edges = np.geomspace(low, high, side + 1) if logarithmic else np.linspace(low, high, side + 1)
    edges[0], edges[-1] = low, high
    counts, _ = np.histogram(np.clip(good, low, high), bins=edges)  # low and high are never infinite
    return {
        "x": [x, numbers.columns[x]],
        "edges": edges.tolist(),
        "counts": counts.tolist(),
        "logarithmic": bool(logarithmic),
        "total": numbers.total,
        "counted": len(good),
        "missing": len(values) - len(good),
        "least": float(good.min()) if len(good) else None,
        "greatest": float(good.max()) if len(good) else None,
    }


def intervals(numbers: Numbers) -> dict[str, Any]:
    """Return the intervals between two columns of times, the first ``_MOST_INTERVALS`` of them."""
    names = interval_columns(numbers.columns)
    if names is None:
        raise ValueError("the table has no columns START and STOP")
    starts, stops = numbers.arrays(names)
    good = np.isfinite(starts) & np.isfinite(stops) & (stops >= starts)
    starts, stops = starts[good], stops[good]
    clock = numbers.clock(names[0])
    return {
        "names": list(names),
        "time_unit": numbers.columns[names[0]],
        "scale": clock.scale if clock else "",
        "starts": starts[:_MOST_INTERVALS].tolist(),
        "stops": stops[:_MOST_INTERVALS].tolist(),
        "start_mjd": _days(clock, starts[:_MOST_INTERVALS]),
        "stop_mjd": _days(clock, stops[:_MOST_INTERVALS]),
        "length": _sum(stops - starts),
        "total": numbers.total,
        "missing": int((~good).sum()),
    }


def spans(numbers: Numbers, span: Span, hours: int) -> dict[str, Any]:  # noqa: ARG001 - all are told
    """Return how many rows lie in each piece of ``hours`` from the first to the last, at most so many."""
    x = time_column(numbers.names)
    clock = numbers.clock(x) if x else None
    if clock is None:
        return {"spans": [], "whole": True}
    (values,) = numbers.arrays([x])
    values = np.sort(values[np.isfinite(values)])
    ends = _days(clock, values[[0, -1]]) if len(values) else []
    if not ends:
        return {"spans": [], "whole": True}
    length = hours / 24.0
    first, last = math.floor(ends[0] / length), math.floor(ends[1] / length)
    starts = [
        _MJD_EPOCH + timedelta(hours=n * hours) for n in range(first, min(last, first + MOST_SPANS) + 2)
    ]
    texts = [start.strftime("%Y-%m-%dT%H:%M:%S") for start in starts]
    rows = np.diff(np.searchsorted(values, [clock.number(text) for text in texts]))
    told = [[text, int(count)] for text, count in zip(texts, rows, strict=False)]
    return {"spans": told, "whole": len(values) == numbers.total and last <= first + MOST_SPANS}


def _sum(values: Floats) -> float | None:
    with np.errstate(all="ignore"):
        total = float(values.sum())
    return total if math.isfinite(total) else None


def _kept(numbers: Numbers, names: Sequence[str], span: Span) -> list[Floats]:
    """Return columns, of the rows in a span of the table's time."""
    if span.is_all:
        return numbers.arrays(names)
    time = time_column(list(numbers.columns))
    if not time:
        raise ValueError("no column of the table is a time")
    *wanted, moments = numbers.arrays([*names, time])
    keep = span.keeps(moments, numbers.clock(time))
    return [column[keep] for column in wanted]


def _range(values: Floats) -> tuple[float, float]:
    """Return a range that holds all values and is not empty."""
    if not len(values):
        return 0.0, 1.0
    low, high = (float(np.clip(end, -1e300, 1e300)) for end in (values.min(), values.max()))
    if high - low > max(abs(low), abs(high)) * _NARROWEST:
        return low, high
    pad = abs(low) * 1e-3 or 0.5
    return low - pad, high + pad


TABLE_DRAWINGS: Final[Mapping[str, Callable[..., dict[str, Any]]]] = {
    "series": series,
    "map": event_map,
    "histogram": histogram,
    "intervals": intervals,
    "spans": spans,
}
"""The drawings of a table, by name."""
