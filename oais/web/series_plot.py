"""Series as SVG: a panel for each column, one above the other, over the same time or the same numbers.

However many points there are, they become one path as wide as the page.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from oais.web.plots import (
    BOTTOM,
    HEIGHT,
    TOP,
    Frame,
    Numbers,
    Tick,
    across_axis,
    axis_names,
    empty_svg,
    marks,
    number_ticks,
    padded,
    standing_lines,
    steps,
    svg,
    up_axis,
    words,
)
from oais.web.time_axis import time_ticks

_ROOM: Final = 150.0
_GAP: Final = 34.0
_DATES: Final = 20.0
_DOTS: Final = 3_000
_STEPS_UP_TO: Final = 400


@dataclass(frozen=True, slots=True)
class Panel:
    """One column to draw: its points, and those of doubtful quality, which are marked otherwise."""

    label: str
    x: Numbers
    y: Numbers
    flagged_x: Numbers
    flagged_y: Numbers

    def finite(self) -> Panel:
        """Return it without points that are no numbers."""
        good = np.isfinite(self.x) & np.isfinite(self.y)
        doubtful = np.isfinite(self.flagged_x) & np.isfinite(self.flagged_y)
        return Panel(
            self.label, self.x[good], self.y[good], self.flagged_x[doubtful], self.flagged_y[doubtful]
        )

    @property
    def all_y(self) -> Numbers:
        """What its own axis has to show."""
        return np.concatenate([self.y, self.flagged_y])


def panel_of(label: str, x: Numbers, y: Numbers) -> Panel:
    """Return a panel without doubtful points."""
    return Panel(label, x, y, np.empty(0), np.empty(0))


def series_svg(
    panels: Sequence[Panel],
    *,
    x_label: str,
    title: str,
    told: str,
    nothing: str = "no finite values",
    utc: bool = False,
    stepped: bool = False,
) -> str:
    """Draw columns over x, which with ``utc`` is MJD of UTC; what is not finite is left out.

    ``stepped`` draws few points as the steps of a spectrum. ``told`` describes the drawing in words,
    ``nothing`` says that there is none.
    """
    shown = [panel.finite() for panel in panels]
    across = np.concatenate([part for panel in shown for part in (panel.x, panel.flagged_x)] or [np.empty(0)])
    if not across.size:
        return empty_svg(title, nothing)
    x_range = padded(across, 0.005 if utc else 0.0)
    found = time_ticks(*x_range, 7) if utc else number_ticks(*x_range, 8)
    dates = any(tick.below for tick in found)
    body = "".join(_stacked(shown, x_range, found, x_label, stepped=stepped, dates=dates))
    return svg(title, told, body, _height(len(shown)) + (_DATES if dates else 0.0))


def _height(panels: int) -> float:
    return HEIGHT if panels == 1 else TOP + panels * (_ROOM + _GAP) + BOTTOM - 8


def _stacked(
    panels: Sequence[Panel],
    x_range: tuple[float, float],
    found: Sequence[Tick],
    x_label: str,
    *,
    stepped: bool,
    dates: bool,
) -> Iterator[str]:
    alone = len(panels) == 1
    for number, panel in enumerate(panels):
        top = TOP if alone else TOP + _GAP - 8 + number * (_ROOM + _GAP)
        bottom = HEIGHT - BOTTOM if alone else top + _ROOM
        y_range = padded(panel.all_y, 0.06) if panel.all_y.size else (0.0, 1.0)
        frame = Frame(*x_range, *y_range, top=top, bottom=bottom)
        last = number == len(panels) - 1
        yield from across_axis(frame, found) if last else standing_lines(frame, found)
        yield from up_axis(frame, number_ticks(*y_range, 5 if alone else 3))
        if not alone:
            yield words("panel", f'x="{frame.left:g}" y="{top - 8:g}"', panel.label)
        if last:
            below = BOTTOM - 10 + (_DATES if dates else 0.0)
            yield from axis_names(frame, x_label, panel.label if alone else "", below)
        yield from _drawn(frame, panel, _DOTS // len(panels), stepped=stepped)


def _drawn(frame: Frame, panel: Panel, dots: int, *, stepped: bool) -> Iterator[str]:
    yield marks(frame, panel.flagged_x, panel.flagged_y, "flagged", dots // 2)
    if stepped and 1 < panel.x.size <= _STEPS_UP_TO and bool((np.diff(panel.x) > 0).all()):
        yield steps(frame, _edges(panel.x), panel.y)
    else:
        yield marks(frame, panel.x, panel.y, dots=dots)


def _edges(x: Numbers) -> Numbers:
    """Return the borders halfway between points, and as far beyond the first and the last."""
    middle = (x[1:] + x[:-1]) / 2
    return np.concatenate([[2 * x[0] - middle[0]], middle, [2 * x[-1] - middle[-1]]])
