"""What is counted, as SVG: histograms, maps of events, and the intervals in which an instrument looked."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from oais.web.images import shade
from oais.web.plots import (
    BOTTOM,
    HEIGHT,
    LEFT,
    TOP,
    WIDTH,
    Frame,
    Numbers,
    across_axis,
    axis_names,
    empty_svg,
    log_ticks,
    number_ticks,
    padded,
    steps,
    svg,
    up_axis,
    words,
)
from oais.web.time_axis import time_ticks

Counts = NDArray[np.int64]

_SIDE: Final = 600.0
_SHADES: Final = 12
_BAR: Final = 60.0
_KEY: Final = 18.0


def histogram_svg(
    edges: Numbers,
    counts: Counts,
    *,
    logarithmic: bool,
    labels: tuple[str, str],
    title: str,
    told: str,
    nothing: str,
) -> str:
    """Draw how many values lie between edges, over the logarithm of x where they are ``logarithmic``."""
    if not counts.sum():
        return empty_svg(title, nothing)
    across = np.log10(edges) if logarithmic else edges
    frame = Frame(*padded(across, 0.0), 0.0, float(counts.max()) * 1.05)
    low, high = frame.x_low, frame.x_high
    found = log_ticks(low, high) if logarithmic else number_ticks(low, high, 8)
    parts = [
        *across_axis(frame, found),
        *up_axis(frame, number_ticks(0.0, frame.y_high, 5)),
        *axis_names(frame, *labels, BOTTOM - 10),
        steps(frame, across, counts.astype(np.float64)),
    ]
    return svg(title, told, "".join(parts))


def map_svg(
    counts: Counts,
    x_range: tuple[float, float],
    y_range: tuple[float, float],
    *,
    labels: tuple[str, str, str],
    sky: bool,
    title: str,
    told: str,
    nothing: str,
) -> str:
    """Draw how many events lie in each field, rows upwards; on the sky, east is on the left.

    ``labels`` name x, y and the key of the shades.
    """
    most = int(counts.max()) if counts.size else 0
    if not most:
        return empty_svg(title, nothing)
    if sky:
        counts, x_range = counts[:, ::-1], (x_range[1], x_range[0])
    left = (WIDTH - _SIDE) / 2
    frame = Frame(*x_range, *y_range, top=TOP, bottom=TOP + _SIDE, left=left, right=left + _SIDE)
    low, high = sorted(x_range)
    parts = [
        *across_axis(frame, number_ticks(low, high, 6)),
        *up_axis(frame, number_ticks(*y_range, 6)),
        *_fields(frame, counts, most),
        *axis_names(frame, *labels[:2], BOTTOM - 10),
        *_key(frame, most, labels[2]),
    ]
    return svg(title, told, "".join(parts), TOP + _SIDE + BOTTOM)


def _levels(counts: Counts, most: int) -> Counts:
    """Return the shade of each field, 0 for none: equal steps of the logarithm."""
    share = np.log1p(counts) / math.log1p(most)
    return np.where(counts > 0, np.clip(np.ceil(share * _SHADES), 1, _SHADES), 0).astype(np.int64)


def _fields(frame: Frame, counts: Counts, most: int) -> Iterator[str]:
    """Yield a path for each shade: its fields as strokes as wide as a row is high."""
    levels = _levels(counts, most)
    wide, high = _SIDE / counts.shape[1], _SIDE / counts.shape[0]
    for level in range(1, _SHADES + 1):
        path = "".join(
            f"M{frame.left + first * wide:.1f} {frame.bottom - (row + 0.5) * high:.1f}h{length * wide:.1f}"
            for row, first, length in runs(levels == level)
        )
        if path:
            yield f'<path d="{path}" fill="none" stroke="{_colour(level)}" stroke-width="{high + 0.2:.1f}"/>'


def runs(mask: NDArray[np.bool_]) -> Iterator[tuple[int, int, int]]:
    """Yield row, first column and length of each run of fields that are set."""
    for row in np.flatnonzero(mask.any(axis=1)).tolist():
        ends = np.flatnonzero(np.diff(np.concatenate([[0], mask[row].astype(np.int8), [0]])))
        for first, end in ends.reshape(-1, 2).tolist():
            yield row, first, end - first


def _colour(level: int) -> str:
    # The darkest and the lightest shades would be lost on a dark page and on a light one.
    return shade(0.25 + 0.65 * level / _SHADES)


def _key(frame: Frame, most: int, name: str) -> Iterator[str]:
    """Yield the bar of shades with the counts at which they begin and end."""
    left, room = frame.right + 24, _SIDE / _SHADES
    for level in range(1, _SHADES + 1):
        top = frame.bottom - level * room
        yield (
            f'<rect x="{left:g}" y="{top:.1f}" width="{_KEY:g}" height="{room + 0.3:.1f}" '
            f'fill="{_colour(level)}"/>'
        )
    for share in (0.0, 0.25, 0.5, 0.75, 1.0):
        count = max(1, round(math.expm1(share * math.log1p(most))))
        place = f'x="{left + _KEY + 6:g}" y="{frame.bottom - share * _SIDE + 4.5:.1f}"'
        yield words("tick", place, f"{count}")
    turned = f'transform="translate({WIDTH - 16} {frame.bottom - _SIDE / 2:g}) rotate(-90)"'
    yield words("ink", f'{turned} text-anchor="middle"', name)


def intervals_svg(
    starts: Numbers, stops: Numbers, *, utc: bool, x_label: str, title: str, told: str, nothing: str
) -> str:
    """Draw intervals as bars over time; with ``utc`` they are MJD of UTC."""
    if not starts.size:
        return empty_svg(title, nothing)
    x_range = padded(np.concatenate([starts, stops]), 0.03)
    bottom = HEIGHT / 2 - BOTTOM
    frame = Frame(*x_range, 0.0, 1.0, bottom=bottom, left=LEFT)
    found = time_ticks(*x_range, 7) if utc else number_ticks(*x_range, 8)
    parts = [
        *across_axis(frame, found),
        *_bars(frame, starts, stops),
        *axis_names(frame, x_label, "", BOTTOM + 10),
    ]
    return svg(title, told, "".join(parts), bottom + BOTTOM + 20)


def _bars(frame: Frame, starts: Numbers, stops: Numbers) -> Iterator[str]:
    top, high = frame.top + 20, _BAR
    for left, right in zip(frame.x(starts).tolist(), frame.x(stops).tolist(), strict=True):
        yield (
            f'<rect class="part m0" x="{left:.1f}" y="{top:g}" width="{max(right - left, 0.8):.1f}" '
            f'height="{high:g}" fill="#2f5fb3"/>'
        )


def as_counts(rows: Sequence[Sequence[int]] | Sequence[int]) -> Counts:
    """Return counts as an array."""
    return np.array(rows, dtype=np.int64)
