"""The growth of the holdings as SVG: a bar a year, stacked by mission, the largest missions apart."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from oais.functions.access.views import VolumeView
from oais.web.plots import HEIGHT, WIDTH, grid, svg, ticks, words
from oais.web.words import UNITS, human_size

MOST_APART: Final = 5
"""Missions with a colour of their own; what is smaller is summed up beside them."""

OTHERS: Final = "others"

_LEFT, _RIGHT, _TOP, _BOTTOM = 92, 14, 16, 40
_COLOURS: Final = ("#2f5fb3", "#b65c14", "#17705f", "#6b4fa0", "#a3312a", "#58627a")
_MOST_YEARS_NAMED: Final = 12


@dataclass(frozen=True, slots=True)
class Drawing:
    """The drawing as SVG, the unit of its bars, and the missions that it tells apart, by their colours."""

    svg: str
    unit: str
    missions: tuple[str, ...]


def _apart(view: VolumeView) -> tuple[str, ...]:
    """Return the missions that the drawing tells apart, the largest first, then the others if there are."""
    last = {row.mission: row.held for row in view.rows}
    ordered = sorted(last, key=lambda mission: (-last[mission], mission))
    if len(ordered) <= MOST_APART + 1:
        return tuple(ordered)
    return (*ordered[:MOST_APART], OTHERS)


def volume_drawing(view: VolumeView) -> Drawing:
    """Draw what was held at the end of each year; empty where nothing came in yet."""
    if not view.years:
        return Drawing("", "", ())
    names = _apart(view)
    most = max(year.held for year in view.years) or 1
    exponent = min((len(str(most)) - 1) // 3, len(UNITS) - 1)
    scale = 1000**exponent
    parts = [*_scale(most / scale), *_bars(view, names, most)]
    middle = (_TOP + HEIGHT - _BOTTOM) / 2
    turned = f'transform="translate(16 {middle:g}) rotate(-90)" text-anchor="middle"'
    parts.append(words("ink", turned, f"held, {UNITS[exponent]}"))
    first, last = view.years[0], view.years[-1]
    told = f"{human_size(first.held)} at the end of {first.year}, {human_size(last.held)} in {last.year}"
    return Drawing(svg("Volume held by year", told, "".join(parts)), UNITS[exponent], names)


def _scale(most: float) -> Iterator[str]:
    for value, text in ticks(0.0, most, 5):
        up = _up(value / most)
        yield grid(f"M{_LEFT} {up:g}H{WIDTH - _RIGHT}")
        yield words("tick", f'x="{_LEFT - 8}" y="{up + 4.5:g}" text-anchor="end"', text)


def _bars(view: VolumeView, names: Sequence[str], most: int) -> Iterator[str]:
    room = (WIDTH - _LEFT - _RIGHT) / len(view.years)
    width = min(room * 0.72, 90.0)
    every = -(-len(view.years) // _MOST_YEARS_NAMED)
    for count, year in enumerate(view.years):
        left = _LEFT + room * (count + 0.5) - width / 2
        yield from _stack(_sizes(view, names, year.year), most, left, width)
        if (len(view.years) - 1 - count) % every == 0:
            name = "tick across second" if (len(view.years) - 1 - count) // every % 2 else "tick across"
            place = f'x="{left + width / 2:g}" y="{HEIGHT - _BOTTOM + 20}" text-anchor="middle"'
            yield words(name, place, str(year.year))


def _stack(sizes: Sequence[int], most: int, left: float, width: float) -> Iterator[str]:
    below = 0
    for number, size in enumerate(sizes):
        top, bottom = _up((below + size) / most), _up(below / most)
        below += size
        if size:
            yield (
                f'<rect class="part m{number}" x="{left:g}" y="{top:g}" width="{width:g}" '
                f'height="{max(bottom - top, 0.5):g}" fill="{_COLOURS[number]}"/>'
            )


def _sizes(view: VolumeView, names: Sequence[str], year: int) -> list[int]:
    """Return what each name held at the end of a year, in their order."""
    held = {row.mission: row.held for row in view.rows if row.year == year}
    named = [held.pop(name, 0) for name in names]
    return [*named[:-1], named[-1] + sum(held.values())]


def _up(share: float) -> float:
    return round(HEIGHT - _BOTTOM - share * (HEIGHT - _TOP - _BOTTOM), 1)
