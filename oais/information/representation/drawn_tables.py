"""What is drawn of a table, made in the limited child: series over time, intervals, and what is counted."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np

from oais.information.representation.choosing import (
    first_signal,
    interval_columns,
    quality_column,
    spectral_column,
    time_column,
)
from oais.information.representation.decimation import Decimator, Floats
from oais.information.representation.intervals import Interval
from oais.information.representation.numbers import Clock, Numbers, Pass, Span, days_of

_MOST_INTERVALS: Final = 2_000
_NONE: Final = np.empty(0)


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
    numbers: Numbers, x: str, y: Sequence[str], span: Span, until: float, fold: Sequence[float] | None,
    most: int,
) -> dict[str, Any]:  # fmt: skip
    """Return at most ``most`` points of each column ``y`` over ``x``, folded by (period, epoch)."""
    names = numbers.names
    x = x or spectral_column(names) or time_column(names) or names[0]
    wanted = list(dict.fromkeys(y)) or [first_signal(names, x)]
    numbers.chosen([x, *wanted])
    quality = quality_column(names, (x, *wanted))
    clock = numbers.clock(x)
    rows = (0.0, float(numbers.total)) if span.is_all else None
    tracks = [Decimator(most, rows if fold is None else (-0.5, 0.5)) for _ in wanted]
    reading = Pass(numbers, [x, *wanted, *([quality] if quality else [])], span, x, until)
    for order, piece in reading:
        across = piece[0] if fold is None else _phase(piece[0], *fold)
        for track, values in zip(tracks, piece[1:], strict=False):
            track.take(order if fold is None else across, across, values, piece[-1] if quality else None)
    return {
        "x": [x, numbers.columns[x]],
        "scale": clock.scale if clock else "",
        "quality": quality,
        "within": tracks[0].taken,
        **reading.amounts(),
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
        "mjd": days_of(clock, x),
        "flagged_x": flagged_x.tolist(),
        "flagged_y": flagged_y.tolist(),
        "flagged_mjd": days_of(clock, flagged_x),
        "good": points.kept,
        "flagged": points.flagged,
        "missing": points.taken - points.kept - points.flagged,
        "least": points.least if points.kept else None,
        "greatest": points.greatest if points.kept else None,
        "mean": points.mean,
    }


def intervals(numbers: Numbers, span: Span, until: float) -> dict[str, Any]:
    """Return the intervals between two columns of times, the first ``_MOST_INTERVALS`` of them."""
    names = interval_columns(numbers.columns)
    if names is None:
        raise ValueError("the table has no columns START and STOP")
    shown: list[tuple[Floats, Floats]] = []
    missing, length, reading = 0, 0.0, Pass(numbers, names, span, names[0], until)
    for _, (starts, stops) in reading:
        good = np.isfinite(starts) & np.isfinite(stops) & (stops >= starts)
        missing += int((~good).sum())
        length += _sum(stops[good] - starts[good])
        shown = shown or [(starts[good][:_MOST_INTERVALS], stops[good][:_MOST_INTERVALS])]
    starts, stops = shown[0] if shown else (_NONE, _NONE)
    clock = numbers.clock(names[0])
    return {
        "names": list(names),
        "time_unit": numbers.columns[names[0]],
        "scale": clock.scale if clock else "",
        "starts": starts.tolist(),
        "stops": stops.tolist(),
        "start_mjd": days_of(clock, starts),
        "stop_mjd": days_of(clock, stops),
        "length": length if math.isfinite(length) else None,
        **reading.amounts(),
        "missing": missing,
    }


def _sum(values: Floats) -> float:
    with np.errstate(all="ignore"):
        return float(values.sum())
