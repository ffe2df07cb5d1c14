"""Spectrograms as SVG: means as colours over time and an axis, and the distribution of a moment."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from oais.information.representation.spectra import Spectrogram
from oais.web.count_plots import runs
from oais.web.images import shade
from oais.web.plots import (
    BOTTOM,
    LEFT,
    RIGHT,
    TOP,
    WIDTH,
    Frame,
    Numbers,
    Tick,
    across_axis,
    axis_names,
    empty_svg,
    log_ticks,
    number_ticks,
    padded,
    svg,
    up_axis,
    words,
)
from oais.web.time_axis import time_ticks

_HIGH: Final = 330.0
_CUT_HIGH: Final = 260.0
_BAR_ROOM: Final = 150.0
_BAR: Final = 18.0
_DATES: Final = 20.0
_GAP: Final = 52.0
_SHADES: Final = 24
_BEYOND: Final = 0.15

Levels = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Names:
    """What is written at the axes, at the bar of colours, above the distribution, and where nothing is."""

    across: str
    axis: str
    colours: str
    moment: str
    nothing: str


def spectrogram_svg(drawn: Spectrogram, names: Names, *, title: str, told: str) -> str:
    """Draw means over time, which is MJD of UTC where it is told, and the distribution where there is one."""
    if drawn.low is None or drawn.high is None:
        return empty_svg(title, names.nothing)
    utc = bool(drawn.mjd_range)
    across = drawn.mjd_range if utc else drawn.x_range
    edges = _scaled(np.array(drawn.edges), logarithmic=drawn.axis_logarithmic)
    frame = Frame(
        *padded(np.array(across), 0.0),
        *padded(edges, 0.0),
        top=TOP,
        bottom=TOP + _HIGH,
        left=LEFT,
        right=WIDTH - _BAR_ROOM,
    )
    found = time_ticks(frame.x_low, frame.x_high, 6) if utc else number_ticks(frame.x_low, frame.x_high, 7)
    below = BOTTOM - 10 + (_DATES if any(tick.below for tick in found) else 0.0)
    colours = _Colours(drawn.low, drawn.high, logarithmic=drawn.logarithmic)
    parts = [
        *across_axis(frame, found),
        *up_axis(frame, _ticks(frame.y_low, frame.y_high, 6, logarithmic=drawn.axis_logarithmic)),
        _cells(frame, _levels(drawn, colours), edges),
        *axis_names(frame, names.across, names.axis, below),
        *_bar(frame, colours, names.colours),
    ]
    height = frame.bottom + below + 12
    if drawn.cut:
        parts += _moment_line(frame, float(np.mean(drawn.cut_mjd_range or drawn.cut_range)))
        parts += _distribution(drawn, names, height + _GAP)
        height += _GAP + _CUT_HIGH + BOTTOM
    return svg(title, told, "".join(parts), height)


@dataclass(frozen=True, slots=True)
class _Colours:
    """The values at the ends of the colours, which follow their logarithm or themselves."""

    low: float
    high: float
    logarithmic: bool

    @property
    def ends(self) -> tuple[float, float]:
        """The ends as they lie on the bar; they are never the same."""
        ends = _scaled(np.array([self.low, self.high]), logarithmic=self.logarithmic)
        return padded(ends, 0.0)


def _scaled(values: Numbers, *, logarithmic: bool) -> Numbers:
    """Return values, or their logarithms, NaN where they have none."""
    if not logarithmic:
        return values
    with np.errstate(all="ignore"):
        return np.where(values > 0, np.log10(values), np.nan)


def _ticks(low: float, high: float, about: int, *, logarithmic: bool) -> list[Tick]:
    found = log_ticks(low, high) if logarithmic else number_ticks(low, high, about)
    # Between two powers of ten that lie close together there may be no mark of a logarithm.
    if logarithmic and len(found) < 2:
        ends = np.linspace(low, high, 4)
        return [Tick(float(end), f"{10**end:.3g}".replace("-", "−")) for end in ends]
    return found


def _levels(drawn: Spectrogram, colours: _Colours) -> Levels:
    """Return the shade of each cell, a row for each channel, 0 for none."""
    means = np.array(drawn.means, dtype=np.float64)
    values, (low, high) = _scaled(means, logarithmic=drawn.logarithmic), colours.ends
    share = np.nan_to_num((values - low) / (high - low), nan=0.0)
    levels = np.clip(np.floor(share * _SHADES) + 1, 1, _SHADES)
    return np.where(np.isfinite(values), levels, 0).astype(np.int64)


def _cells(frame: Frame, levels: Levels, edges: Numbers) -> str:
    """Return a row of strokes for each channel, whose units are its cells: so they are short to write."""
    wide = (frame.right - frame.left) / levels.shape[1]
    tops = np.round(frame.y(edges), 1).tolist()
    rows = []
    for row, channel in enumerate(levels):
        high = tops[row] - tops[row + 1]
        paths = "".join(_strokes(channel, level) for level in np.unique(channel[channel > 0]).tolist())
        if paths and high > 0:
            place = f"translate({frame.left:g} {tops[row + 1]:g}) scale({wide:.6g} {high:.4g})"
            rows.append(f'<g transform="{place}">{paths}</g>')
    about = f'class="cells" fill="none" stroke-width="{1 + _BEYOND:g}" shape-rendering="crispEdges"'
    return f"<g {about}>{''.join(rows)}</g>"


def _strokes(channel: Levels, level: int) -> str:
    """Return the cells of one shade in a channel as strokes, which reach a little below the next ones.

    Side by side they would leave light lines between them where the drawing is shown small.
    """
    path = "".join(f"M{first} .5h{length + _BEYOND:g}" for _, first, length in runs((channel == level)[None]))
    return f'<path d="{path}" stroke="{_colour(level)}"/>'


def _colour(level: int) -> str:
    # The darkest and the lightest shades would be lost on a dark page and on a light one.
    return shade(0.2 + 0.72 * level / _SHADES)


def _bar(frame: Frame, colours: _Colours, name: str) -> Iterator[str]:
    """Yield the bar of colours with the values that they stand for."""
    left, high = frame.right + 22, frame.bottom - frame.top
    for level in range(1, _SHADES + 1):
        top = frame.bottom - level / _SHADES * high
        place = f'x="{left:g}" y="{top:.1f}" width="{_BAR:g}" height="{high / _SHADES + 0.4:.1f}"'
        yield f'<rect {place} fill="{_colour(level)}"/>'
    low, top_value = colours.ends
    for tick in _ticks(low, top_value, 5, logarithmic=colours.logarithmic):
        at = frame.bottom - (tick.value - low) / (top_value - low) * high
        yield words("tick", f'x="{left + _BAR + 6:g}" y="{at + 4.5:.1f}"', tick.text)
    turned = f'transform="translate({WIDTH - 14} {(frame.top + frame.bottom) / 2:g}) rotate(-90)"'
    yield words("ink", f'{turned} text-anchor="middle"', name)


def _moment_line(frame: Frame, moment: float) -> list[str]:
    """Return a line at the moment whose distribution is drawn, light and dark to be seen on any colour."""
    at = round(float(frame.x(np.array([moment]))[0]), 1)
    path = f'd="M{at:g} {frame.top - 6:g}V{frame.bottom + 6:g}" fill="none"'
    return [
        f'<path {path} stroke="#ffffff" stroke-width="4" stroke-opacity="0.75"/>',
        f'<path {path} stroke="#1a2233" stroke-width="1.6"/>',
    ]


def _distribution(drawn: Spectrogram, names: Names, top: float) -> list[str]:
    """Return the value against the axis at one moment, each known value a dot, neighbours joined."""
    x = _scaled(np.array(drawn.channels), logarithmic=drawn.axis_logarithmic)
    y = _scaled(np.array(drawn.cut, dtype=np.float64), logarithmic=drawn.logarithmic)
    known = np.isfinite(x) & np.isfinite(y)
    y_range = padded(y[known], 0.06) if known.any() else (0.0, 1.0)
    frame = Frame(*padded(x, 0.02), *y_range, top=top, bottom=top + _CUT_HIGH, left=LEFT, right=WIDTH - RIGHT)
    parts = [
        words("panel", f'x="{frame.left:g}" y="{top - 10:g}"', names.moment),
        *across_axis(frame, _ticks(frame.x_low, frame.x_high, 8, logarithmic=drawn.axis_logarithmic)),
        *axis_names(frame, names.axis, names.colours, BOTTOM - 10),
    ]
    if not known.any():
        middle = f'x="{(frame.left + frame.right) / 2:g}" y="{top + _CUT_HIGH / 2:g}"'
        return [*parts, words("tick", f'{middle} text-anchor="middle"', names.nothing)]
    return [
        *parts,
        *up_axis(frame, _ticks(*y_range, 5, logarithmic=drawn.logarithmic)),
        *_line(frame, x, y, known),
    ]


def _line(frame: Frame, x: Numbers, y: Numbers, known: NDArray[np.bool_]) -> Iterator[str]:
    across, up = np.round(frame.x(x), 1), np.round(frame.y(y), 1)
    path, dots, open_line = "", "", False
    for left, top, there in zip(across.tolist(), up.tolist(), known.tolist(), strict=True):
        if there:
            path += f"{'L' if open_line else 'M'}{left:g} {top:g}"
            dots += f"M{left:g} {top:g}h0"
        open_line = there
    line = 'fill="none" stroke="#1d4ed8" stroke-linecap="round" stroke-linejoin="round"'
    yield f'<path class="curve" d="{path}" {line} stroke-width="1.4"/>'
    yield f'<path class="curve" d="{dots}" {line} stroke-width="5"/>'
