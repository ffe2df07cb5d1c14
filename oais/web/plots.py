"""What drawings are made of: frames that map numbers to paper, axes with their ticks, marks, words.

Colours are presentation attributes, so that a drawing stands alone; on a page the style sheet's classes
override them.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from html import escape
from typing import Final

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.float64]

WIDTH, HEIGHT = 960, 380
"""Size of a drawing in its own units."""

COLOURS: Final = ("#2f5fb3", "#a3500f", "#17705f", "#6b4fa0", "#a3312a", "#58627a")
"""The style sheet's in the light, for a drawing that stands alone: the rest share the last."""

MOST_APART: Final = len(COLOURS) - 1
"""Missions, data sets or countries with a colour of their own; what is smaller shares one."""

LEFT, RIGHT, TOP, BOTTOM = 92, 14, 16, 54
_DOTS_UP_TO = 3000
_EDGE, _LONG = 36, 8
_FINEST, _SMALLEST = 1e-13, 1e-290
_FINEST_STEP, _WIDEST_STEP = 1e-300, 1e300
_GREATEST_POWER = math.log10(sys.float_info.max)
"""A range smaller than this, beside its numbers or beside nothing, is shown as one value."""


@dataclass(frozen=True, slots=True)
class Tick:
    """A mark at an axis: where, what is written there, and what below it, if anything."""

    value: float
    text: str
    below: str = ""


@dataclass(frozen=True, slots=True)
class Frame:
    """Maps values to the drawing: the ranges shown of x and y, and the edges of the paper they lie on."""

    x_low: float
    x_high: float
    y_low: float
    y_high: float
    top: float = TOP
    bottom: float = HEIGHT - BOTTOM
    left: float = LEFT
    right: float = WIDTH - RIGHT

    def x(self, values: Numbers) -> Numbers:
        """Map abscissas; what lies outside sticks to the frame's edge."""
        share = np.clip((values - self.x_low) / (self.x_high - self.x_low), 0.0, 1.0)
        return self.left + share * (self.right - self.left)

    def y(self, values: Numbers) -> Numbers:
        """Map ordinates, upwards; what lies outside sticks to the frame's edge."""
        share = np.clip((values - self.y_low) / (self.y_high - self.y_low), 0.0, 1.0)
        return self.bottom - share * (self.bottom - self.top)


def svg(title: str, told: str, body: str, height: float = HEIGHT, *, role: str = "img") -> str:
    """Return a drawing with its title and what it tells in words; with links in it its role is ``group``."""
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height:g}" class="plot" '
        f'role="{role}" aria-label="{escape(title)}: {escape(told)}" '
        f'font-family="system-ui, sans-serif" font-size="13">'
        f"<title>{escape(title)}</title><desc>{escape(told)}</desc>{body}</svg>"
    )


def empty_svg(title: str, told: str) -> str:
    """Return a drawing that only says that there is nothing to draw."""
    place = f'x="{WIDTH // 2}" y="60" text-anchor="middle"'
    return svg(title, told, words("tick", place, told), 120)


def padded(values: Numbers, share: float) -> tuple[float, float]:
    """Return a range around finite values that is never empty, wider by a share of itself on both sides."""
    low, high = float(values.min()), float(values.max())
    pad = (high - low) * share
    if not math.isfinite(pad):
        low, high, pad = max(low, -1e300), min(high, 1e300), 0.0
    if high - low <= max(abs(low), abs(high)) * _FINEST + _SMALLEST:
        pad = abs(low) * 0.01 if abs(low) > _SMALLEST else 1.0
    return low - pad, high + pad


def marks(frame: Frame, x: Numbers, y: Numbers, name: str = "curve", dots: int = _DOTS_UP_TO) -> str:
    """Return one path: a dot for each point, or for many the span of each column of the drawing."""
    if not len(x):
        return ""
    across, up = np.round(frame.x(x), 1), np.round(frame.y(y), 1)
    width = "3.2" if x.size <= dots else "2"
    if x.size <= dots:
        path = "".join(f"M{left:g} {top:g}h0" for left, top in zip(across, up, strict=True))
    else:
        path = "".join(_columns(across, up))
    colour = "#1d4ed8" if name == "curve" else COLOURS[1]
    return (
        f'<path class="{name}" d="{path}" fill="none" stroke="{colour}" '
        f'stroke-width="{width}" stroke-linecap="round"/>'
    )


def steps(frame: Frame, edges: Numbers, values: Numbers) -> str:
    """Return the outline of bars between edges, filled down to the frame's floor."""
    across, up = np.round(frame.x(edges), 1), np.round(frame.y(values), 1)
    floor = f"{frame.bottom:g}"
    path = "".join(f"V{top:g}H{right:g}" for top, right in zip(up, across[1:], strict=True))
    return (
        f'<path class="bars" d="M{across[0]:g} {floor}{path}V{floor}z" fill="#1d4ed8" fill-opacity="0.35" '
        f'stroke="#1d4ed8" stroke-width="1"/>'
    )


def _columns(across: Numbers, up: Numbers) -> Iterator[str]:
    column = np.floor(across).astype(np.int64)
    order = np.argsort(column, kind="stable")
    column, up = column[order], up[order]
    starts = np.flatnonzero(np.diff(column, prepend=-1))
    lows, highs = np.minimum.reduceat(up, starts), np.maximum.reduceat(up, starts)
    for left, low, high in zip(column[starts], lows, highs, strict=True):
        yield f"M{left} {low:g}V{high:g}"


def across_axis(frame: Frame, found: Iterable[Tick]) -> Iterator[str]:
    """Yield the lines of the grid that stand, and what is written below them."""
    for count, tick in enumerate(found):
        at = round(float(frame.x(np.array([tick.value]))[0]), 1)
        yield grid(f"M{at:g} {frame.top:g}V{frame.bottom:g}")
        name = "tick across second" if count % 2 else "tick across"
        more = f'<tspan x="{at:g}" dy="1.25em">{escape(tick.below)}</tspan>' if tick.below else ""
        # A long label at the right edge would leave the paper.
        anchor = "end" if at > frame.right - _EDGE and len(tick.text + tick.below) > _LONG else "middle"
        place = f'x="{at:g}" y="{frame.bottom + 20:g}" text-anchor="{anchor}"'
        yield words(name, place, tick.text, more)


def standing_lines(frame: Frame, found: Iterable[Tick]) -> Iterator[str]:
    """Yield the lines of the grid that stand, without words: those are below another frame."""
    for tick in found:
        at = round(float(frame.x(np.array([tick.value]))[0]), 1)
        yield grid(f"M{at:g} {frame.top:g}V{frame.bottom:g}")


def up_axis(frame: Frame, found: Iterable[Tick]) -> Iterator[str]:
    """Yield the lines of the grid that lie, and what is written left of them."""
    for tick in found:
        at = round(float(frame.y(np.array([tick.value]))[0]), 1)
        yield grid(f"M{frame.left:g} {at:g}H{frame.right:g}")
        place = f'x="{frame.left - 8:g}" y="{at + 4.5:g}" text-anchor="end"'
        yield words("tick", place, tick.text)


def axis_names(frame: Frame, x_label: str, y_label: str, below: float) -> Iterator[str]:
    """Yield what the axes are called; that of x ``below`` its frame."""
    centre, middle = (frame.left + frame.right) / 2, (frame.top + frame.bottom) / 2
    yield words("ink", f'x="{centre:g}" y="{frame.bottom + below:g}" text-anchor="middle"', x_label)
    turned = f'transform="translate({frame.left - 76:g} {middle:g}) rotate(-90)" text-anchor="middle"'
    yield words("ink", turned, y_label)


def grid(path: str) -> str:
    """Return a line of the grid."""
    return f'<path class="grid" d="{path}" fill="none" stroke="#d5d9e2" stroke-width="1"/>'


def words(name: str, place: str, text: str, more: str = "") -> str:
    """Return words of a drawing: ``tick`` at an axis, ``ink`` for its name; ``more`` is markup after them."""
    colour = "#1a2233" if name == "ink" else "#5a6376"
    return f'<text class="{name}" {place} fill="{colour}">{escape(text)}{more}</text>'


def number_ticks(low: float, high: float, about: int) -> list[Tick]:
    """Return round values between ``low`` and ``high``, about as many as asked for."""
    return [Tick(value, text) for value, text in ticks(low, high, about)]


def log_ticks(low: float, high: float) -> list[Tick]:
    """Return powers of ten between two logarithms to base 10, and 2 and 5 times them where there are few."""
    powers = range(math.floor(low), math.ceil(high) + 1)
    factors = (1, 2, 5) if high - low < 2.5 else (1,)
    every = max(1, math.ceil(len(powers) / 9))
    found = []
    for power in powers[::every]:
        for factor in factors:
            at = math.log10(factor) + power
            if low <= at <= min(high, _GREATEST_POWER):
                found.append(Tick(at, _label(factor * 10.0**power, max(0, -power))))
    return found


def ticks(low: float, high: float, about: int) -> list[tuple[float, str]]:
    """Return round values between ``low`` and ``high``, about as many as asked for, with their labels."""
    raw = (high - low) / about
    if not _FINEST_STEP < raw < _WIDEST_STEP:
        return []  # beyond what floats can count in steps
    power = 10.0 ** math.floor(math.log10(raw))
    step = min((factor * power for factor in (1, 2, 5, 10)), key=lambda size: abs(math.log(size / raw)))
    first, last = math.ceil(low / step), math.floor(high / step)
    if last - first > 4 * about:
        return []
    decimals = max(0, -math.floor(math.log10(step) + 1e-9))
    return [(number * step, _label(number * step, decimals)) for number in range(first, last + 1)]


def _label(value: float, decimals: int) -> str:
    if abs(value) >= 1e7 or decimals > 6:
        return f"{value:.4g}".replace("-", "−")
    return f"{value + 0.0:.{decimals}f}".replace("-", "−")
