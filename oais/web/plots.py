"""Light curves as SVG, drawn here: however many points there are, they become one path as wide as the page.

Colours are presentation attributes, so that the drawing stands alone; on a page the style sheet's
classes override them.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from html import escape

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.float64]

WIDTH, HEIGHT = 960, 380
"""Size of a drawing in its own units."""

_LEFT, _RIGHT, _TOP, _BOTTOM = 92, 14, 16, 54
_DOTS_UP_TO = 3000
_FINEST, _SMALLEST = 1e-13, 1e-290
"""A range smaller than this, beside its numbers or beside nothing, is shown as one value."""


@dataclass(frozen=True, slots=True)
class Frame:
    """Maps values to the drawing: the ranges shown of x and y."""

    x_low: float
    x_high: float
    y_low: float
    y_high: float

    def x(self, values: Numbers) -> Numbers:
        """Map abscissas."""
        return _LEFT + (values - self.x_low) / (self.x_high - self.x_low) * (WIDTH - _LEFT - _RIGHT)

    def y(self, values: Numbers) -> Numbers:
        """Map ordinates, upwards; what lies outside sticks to the frame's edge."""
        share = np.clip((values - self.y_low) / (self.y_high - self.y_low), 0.0, 1.0)
        return HEIGHT - _BOTTOM - share * (HEIGHT - _TOP - _BOTTOM)


def curve_svg(x: Numbers, y: Numbers, *, x_label: str, y_label: str, title: str, told: str) -> str:
    """Draw ``y`` over ``x`` as SVG; what is not finite is left out. ``told`` describes it in words."""
    finite = np.isfinite(x) & np.isfinite(y)
    if not finite.any():
        return _empty_svg(title)
    x, y = x[finite], y[finite]
    frame = Frame(*_padded(x, 0.0), *_padded(y, 0.06))
    parts = [*_axes(frame, x_label, y_label), _marks(frame, x, y)]
    return svg(title, told, "".join(parts))


def svg(title: str, told: str, body: str) -> str:
    """Return a drawing with its title and what it tells in words."""
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" class="plot" role="img" '
        f'aria-label="{escape(title)}: {escape(told)}" font-family="system-ui, sans-serif" font-size="13">'
        f"<title>{escape(title)}</title><desc>{escape(told)}</desc>{body}</svg>"
    )


def _empty_svg(title: str) -> str:
    place = f'x="{WIDTH // 2}" y="{HEIGHT // 2}" text-anchor="middle"'
    return svg(title, "no finite values", words("tick", place, "no finite values"))


def _padded(values: Numbers, share: float) -> tuple[float, float]:
    low, high = float(values.min()), float(values.max())
    pad = (high - low) * share
    if not math.isfinite(pad):
        low, high, pad = max(low, -1e300), min(high, 1e300), 0.0
    if high - low <= max(abs(low), abs(high)) * _FINEST + _SMALLEST:
        pad = abs(low) * 0.01 if abs(low) > _SMALLEST else 1.0
    return low - pad, high + pad


def _marks(frame: Frame, x: Numbers, y: Numbers) -> str:
    """Return one path: a dot for each point, or for many the span of each column of the drawing."""
    across, up = np.round(frame.x(x), 1), np.round(frame.y(y), 1)
    width = "3.2" if x.size <= _DOTS_UP_TO else "2"
    if x.size <= _DOTS_UP_TO:
        path = "".join(f"M{left:g} {top:g}h0" for left, top in zip(across, up, strict=True))
    else:
        path = "".join(_columns(across, up))
    return (
        f'<path class="curve" d="{path}" fill="none" stroke="#1d4ed8" '
        f'stroke-width="{width}" stroke-linecap="round"/>'
    )


def _columns(across: Numbers, up: Numbers) -> Iterator[str]:
    column = np.floor(across).astype(np.int64)
    order = np.argsort(column, kind="stable")
    column, up = column[order], up[order]
    starts = np.flatnonzero(np.diff(column, prepend=-1))
    lows, highs = np.minimum.reduceat(up, starts), np.maximum.reduceat(up, starts)
    for left, low, high in zip(column[starts], lows, highs, strict=True):
        yield f"M{left} {low:g}V{high:g}"


def _axes(frame: Frame, x_label: str, y_label: str) -> Iterator[str]:
    right, bottom = WIDTH - _RIGHT, HEIGHT - _BOTTOM
    for count, (value, text) in enumerate(ticks(frame.x_low, frame.x_high, 8)):
        at = round(float(frame.x(np.array([value]))[0]), 1)
        name = "tick across second" if count % 2 else "tick across"
        yield grid(f"M{at:g} {_TOP}V{bottom}")
        yield words(name, f'x="{at:g}" y="{bottom + 20}" text-anchor="middle"', text)
    for value, text in ticks(frame.y_low, frame.y_high, 5):
        at = round(float(frame.y(np.array([value]))[0]), 1)
        yield grid(f"M{_LEFT} {at:g}H{right}")
        yield words("tick", f'x="{_LEFT - 8}" y="{at + 4.5:g}" text-anchor="end"', text)
    centre, middle = (_LEFT + right) / 2, (_TOP + bottom) / 2
    yield words("ink", f'x="{centre:g}" y="{HEIGHT - 10}" text-anchor="middle"', x_label)
    turned = f'transform="translate(16 {middle:g}) rotate(-90)" text-anchor="middle"'
    yield words("ink", turned, y_label)


def grid(path: str) -> str:
    """Return a line of the grid."""
    return f'<path class="grid" d="{path}" stroke="#d5d9e2" stroke-width="1"/>'


def words(name: str, place: str, text: str) -> str:
    """Return words of a drawing: ``tick`` at an axis, ``ink`` for its name."""
    colour = "#1a2233" if name == "ink" else "#5a6376"
    return f'<text class="{name}" {place} fill="{colour}">{escape(text)}</text>'


def ticks(low: float, high: float, about: int) -> list[tuple[float, str]]:
    """Return round values between ``low`` and ``high``, about as many as asked for, with their labels."""
    raw = (high - low) / about
    power = 10.0 ** math.floor(math.log10(raw))
    step = min((factor * power for factor in (1, 2, 5, 10)), key=lambda size: abs(math.log(size / raw)))
    first, last = math.ceil(low / step), math.floor(high / step)
    if last - first > 4 * about:
        return []
    decimals = max(0, -math.floor(math.log10(step) + 1e-9))
    return [(number * step, _label(number * step, decimals)) for number in range(first, last + 1)]


def _label(value: float, decimals: int) -> str:
    if value != 0 and (abs(value) >= 1e7 or decimals > 6):
        return f"{value:.4g}".replace("-", "−")
    return f"{value + 0.0:.{decimals}f}".replace("-", "−")
