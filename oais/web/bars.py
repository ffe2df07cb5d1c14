"""Bars as SVG, stacked: how the holdings grew by year, and what was downloaded by month.

The largest missions, data sets or countries have a colour of their own, what is smaller is drawn as one.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Final

from oais.functions.access.views import VolumeView
from oais.functions.orders.counting import Usage
from oais.web.languages import Language
from oais.web.plots import COLOURS, HEIGHT, MOST_APART, WIDTH, grid, svg, ticks, words
from oais.web.words import grouped, human_size

OTHERS: Final = "others"
TITLE: Final = "Volume held by year"
AXIS: Final = "held, %(unit)s"
GREW: Final = "%(first)s at the end of %(first_year)s, %(last)s in %(last_year)s"

WORDS: Final = (OTHERS, TITLE, AXIS, GREW)
"""What the drawing of the volume says, for the catalogues of its translations."""

_LEFT, _RIGHT, _TOP, _BOTTOM = 92, 14, 16, 40
_MOST_NAMED: Final = 12


@dataclass(frozen=True, slots=True)
class Drawing:
    """The drawing as SVG, the unit of its bars, and the names that it tells apart, by their colours."""

    svg: str
    unit: str
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Bar:
    """One bar: what is written below it, and of each name in order how much, as a number and in words."""

    label: str
    parts: tuple[int, ...]
    told: tuple[str, ...]


def volume_drawing(view: VolumeView, language: Language) -> Drawing:
    """Draw what was held at the end of each year, in the reader's language; empty where nothing came in."""
    if not view.years:
        return Drawing("", "", ())
    names = _apart({row.mission: row.held for row in view.rows}, language.word(OTHERS))
    units = language.forms.units
    bars = []
    for year in view.years:
        held = {row.mission: row.held for row in view.rows if row.year == year.year}
        sizes = _in_order(held, names)
        bars.append(_Bar(str(year.year), sizes, tuple(human_size(size, language.forms) for size in sizes)))
    most = max(year.held for year in view.years) or 1
    exponent = min((len(str(most)) - 1) // 3, len(units) - 1)
    body = _drawn(bars, names, language.word(AXIS) % {"unit": units[exponent]}, 1000**exponent)
    ends = {"first": view.years[0], "last": view.years[-1]}
    told = language.word(GREW) % {
        **{name: human_size(year.held, language.forms) for name, year in ends.items()},
        **{f"{name}_year": year.year for name, year in ends.items()},
    }
    return Drawing(svg(language.word(TITLE), told, body), units[exponent], names)


def usage_drawing(rows: Sequence[Usage], title: str, axis: str, others: str) -> Drawing:
    """Draw the downloads of each month from the first of ``rows`` to the last, stacked by name.

    A month of which nothing is shown is a gap. ``title``, the name of the ``axis`` and that of all ``others``
    are words in the reader's language; without rows the drawing is empty.
    """
    if not rows:
        return Drawing("", "", ())
    total: Counter[str] = Counter()
    by_month: dict[str, dict[str, int]] = {}
    for row in rows:
        total[row.name] += row.downloads
        by_month.setdefault(row.month, {})[row.name] = row.downloads
    names = _apart(total, others)
    bars = []
    for month in _months(min(by_month), max(by_month)):
        counts = _in_order(by_month.get(month, {}), names)
        bars.append(_Bar(month, counts, tuple(map(grouped, counts))))
    told = f"{bars[0].label} – {bars[-1].label}, {grouped(total.total())}"
    return Drawing(svg(title, told, _drawn(bars, names, axis, 1)), axis, names)


def _months(first: str, last: str) -> Iterator[str]:
    """Yield the months from one to another, both included."""
    year, month = int(first[:4]), int(first[5:])
    while (name := f"{year:04}-{month:02}") <= last:
        yield name
        year, month = (year, month + 1) if month < 12 else (year + 1, 1)


def _apart(sizes: Mapping[str, int], others: str) -> tuple[str, ...]:
    """Return the names that a drawing tells apart, the largest first, then the others if there are."""
    ordered = sorted(sizes, key=lambda name: (-sizes[name], name))
    if len(ordered) <= MOST_APART + 1:
        return tuple(ordered)
    return (*ordered[:MOST_APART], others)


def _in_order(sizes: Mapping[str, int], names: Sequence[str]) -> tuple[int, ...]:
    """Return the size of each name, in their order; what is not named counts to the last."""
    left = dict(sizes)
    named = [left.pop(name, 0) for name in names]
    return (*named[:-1], named[-1] + sum(left.values()))


def _drawn(bars: Sequence[_Bar], names: Sequence[str], axis: str, scale: int) -> str:
    """Return scale, bars and the name of the axis, whose numbers are the sizes divided by ``scale``."""
    most = max(sum(bar.parts) for bar in bars) or 1
    middle = (_TOP + HEIGHT - _BOTTOM) / 2
    turned = f'transform="translate(16 {middle:g}) rotate(-90)" text-anchor="middle"'
    return "".join([*_scale(most / scale, whole=scale == 1), *_bars(bars, names, most)]) + words(
        "ink", turned, axis
    )


def _scale(most: float, *, whole: bool) -> Iterator[str]:
    about = min(5, max(1, int(most))) if whole else 5  # there is no half of a download, nor of a byte
    for value, text in ticks(0.0, most, about):
        up = _up(value / most)
        yield grid(f"M{_LEFT} {up:g}H{WIDTH - _RIGHT}")
        yield words("tick", f'x="{_LEFT - 8}" y="{up + 4.5:g}" text-anchor="end"', text)


def _bars(bars: Sequence[_Bar], names: Sequence[str], most: int) -> Iterator[str]:
    room = (WIDTH - _LEFT - _RIGHT) / len(bars)
    width = min(room * 0.72, 90.0)
    every = -(-len(bars) // _MOST_NAMED)
    for count, bar in enumerate(bars):
        left = _LEFT + room * (count + 0.5) - width / 2
        yield from _stack(bar, names, most, left, width)
        after = len(bars) - 1 - count
        if after % every == 0:
            name = "tick across second" if after // every % 2 else "tick across"
            place = f'x="{left + width / 2:g}" y="{HEIGHT - _BOTTOM + 20}" text-anchor="middle"'
            yield words(name, place, bar.label)


def _stack(bar: _Bar, names: Sequence[str], most: int, left: float, width: float) -> Iterator[str]:
    below = 0
    for number, (name, size, told) in enumerate(zip(names, bar.parts, bar.told, strict=True)):
        top, bottom = _up((below + size) / most), _up(below / most)
        below += size
        if size:
            yield (
                f'<rect class="part m{number}" x="{left:g}" y="{top:g}" width="{width:g}" '
                f'height="{max(bottom - top, 0.5):g}" fill="{COLOURS[number]}">'
                f"<title>{escape(f'{bar.label}, {name}: {told}')}</title></rect>"
            )


def _up(share: float) -> float:
    return round(HEIGHT - _BOTTOM - share * (HEIGHT - _TOP - _BOTTOM), 1)
