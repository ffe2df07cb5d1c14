"""When a data set was observed, as SVG: a lane for each type of product, a bar for each piece without gap."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Final, TypeVar

import numpy as np
import numpy.typing as npt

from oais.functions.access.views import Lane
from oais.web.languages import PLAIN, Language
from oais.web.plots import WIDTH, grid, svg, words

MOST_LANES: Final = 12
"""Types of product that are drawn, those with most files; the table beside the drawing tells all."""

TITLE: Final = "Times covered"
TOLD: Final = "from %(first)s to %(last)s, %(gaps)s"
UNNAMED: Final = "data"
WORDS: Final = (TITLE, TOLD, UNNAMED)
"""What the drawing says, for the catalogues of its translations; ``COUNTED`` what it counts."""

COUNTED: Final = (("gap", "gaps"),)

_LEFT, _RIGHT, _TOP, _LANE, _BAR, _BOTTOM = 14, 14, 6, 46, 16, 34
_SMALLEST: Final = 1.2
"""Width of the smallest bar, so that a moment in many years is seen."""

_APART: Final = 0.2
"""Bars nearer than this are one on the screen."""

_EPOCH: Final = datetime(1858, 11, 17, tzinfo=UTC)
_MONTHS: Final = (1200, 600, 240, 120, 60, 24, 12, 6, 3, 1)
_SECONDS: Final = (
    864_000,
    432_000,
    172_800,
    86_400,
    43_200,
    21_600,
    10_800,
    3_600,
    1_800,
    600,
    300,
    60,
    10,
    1,
)
_TICKS: Final = 8


_Moments = TypeVar("_Moments", float, npt.NDArray[np.float64])


def timeline(lanes: Sequence[Lane], language: Language = PLAIN) -> str:
    """Draw what times are covered, in the reader's language; empty where no time is known."""
    shown = sorted(lanes, key=lambda lane: -lane.files)[:MOST_LANES]
    if not shown:
        return ""
    low = min(lane.pieces[0][0] for lane in shown)
    high = max(lane.pieces[-1][1] for lane in shown)
    pad = (high - low) * 0.01 or 0.5
    frame = low - pad, high + pad
    height = _TOP + _LANE * len(shown) + _BOTTOM
    parts = [*_axis(frame, height - _BOTTOM)]
    for number, lane in enumerate(shown):
        parts += _lane(lane, frame, _TOP + _LANE * number, language.word(UNNAMED))
    gaps = sum(lane.gaps for lane in shown)
    told = language.word(TOLD) % {
        "first": _iso(low),
        "last": _iso(high),
        "gaps": language.counted(gaps, *COUNTED[0]),
    }
    return svg(language.word(TITLE), told, "".join(parts), height=height)


def _x(moment: _Moments, frame: tuple[float, float]) -> _Moments:
    low, high = frame
    return _LEFT + (moment - low) / (high - low) * (WIDTH - _LEFT - _RIGHT)


def _lane(lane: Lane, frame: tuple[float, float], top: float, unnamed: str) -> Iterator[str]:
    """Yield the name of a lane, its ground, and one path of bars; bars that touch on the screen are one."""
    yield words("ink", f'x="{_LEFT}" y="{top + 16:g}"', lane.product_type or unnamed)
    ground = f'width="{WIDTH - _LEFT - _RIGHT}" height="{_BAR}" fill="#f1efe9"'
    yield f'<rect class="ground" x="{_LEFT}" y="{top + 22:g}" {ground}/>'
    pieces = np.array(lane.pieces, dtype=np.float64)
    left = _x(pieces[:, 0], frame)
    right = np.maximum.accumulate(np.maximum(_x(pieces[:, 1], frame), left + _SMALLEST))
    begins = np.flatnonzero(np.append(True, left[1:] - right[:-1] >= _APART))
    ends = np.append(begins[1:], len(left)) - 1
    bars = zip(left[begins].tolist(), right[ends].tolist(), strict=True)
    path = "".join(f"M{left:.1f} {top + 22:g}H{right:.1f}v{_BAR}H{left:.1f}z" for left, right in bars)
    yield f'<path class="covered" d="{path}" fill="#1d4ed8"/>'


def _axis(frame: tuple[float, float], bottom: float) -> Iterator[str]:
    for count, (moment, text) in enumerate(time_ticks(*frame)):
        at = _x(moment, frame)
        name = "tick across second" if count % 2 else "tick across"
        yield grid(f"M{at:.1f} {_TOP}V{bottom:g}")
        yield words(name, f'x="{at:.1f}" y="{bottom + 20:g}" text-anchor="middle"', text)


def time_ticks(low: float, high: float) -> list[tuple[float, str]]:
    """Return round moments between two MJD (UTC) with their labels: years, months, days or times of day."""
    days = high - low
    months = next((step for step in _MONTHS if days / (30.4375 * step) >= _TICKS / 2.5), 0)
    if months:
        return _months(low, high, months)
    seconds = next((step for step in _SECONDS if days * 86_400 / step >= _TICKS / 2.5), 1)
    first = -(-int(low * 86_400) // seconds)
    found = []
    for number in range(first, int(high * 86_400) // seconds + 1):
        moment = number * seconds / 86_400
        text = _written(moment)
        found.append(
            (moment, text[:10] if seconds >= 86_400 else text[5:16] if seconds >= 60 else text[11:19])
        )
    return [tick for tick in found if low <= tick[0] <= high]


def _months(low: float, high: float, step: int) -> list[tuple[float, str]]:
    begin = _EPOCH + timedelta(days=low)
    number = (begin.year * 12 + begin.month - 1) // step * step
    found = []
    while number < 9999 * 12:
        year, month = divmod(number, 12)
        moment = (datetime(max(year, 1), month + 1, 1, tzinfo=UTC) - _EPOCH) / timedelta(days=1)
        if moment > high:
            break
        if moment >= low:
            found.append((moment, str(year) if step >= 12 else f"{year}-{month + 1:02}"))
        number += step
    return found


def _written(moment: float) -> str:
    return (_EPOCH + timedelta(seconds=round(moment * 86_400))).strftime("%Y-%m-%d %H:%M:%S")


def _iso(moment: float) -> str:
    return _written(moment)[:10]
