"""What the map of the sky stands on: its coordinates alone, how much is held where, or the great planes.

All is reckoned from what the archive knows itself: nobody else's pictures are asked for.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from enum import StrEnum
from typing import Final
from urllib.parse import urlencode

from oais.functions.access.views import SkyCell, SkyView
from oais.information.celestial import ECLIPTIC, GALACTIC, Frame
from oais.information.healpix import middle, outline
from oais.web.languages import Language
from oais.web.plots import words

Place = Callable[[float, float], tuple[float, float]]
"""From longitude (-180 to 180, growing leftwards) and latitude to the paper."""


class Ground(StrEnum):
    """What can be chosen."""

    PLAIN = "plain"
    CELLS = "cells"
    PLANES = "planes"


NAMES: Final = {
    Ground.PLAIN: "Coordinates",
    Ground.CELLS: "How much is held where",
    Ground.PLANES: "Galactic plane and ecliptic",
}
TOLD: Final = {
    Ground.PLAIN: "",
    Ground.CELLS: "Cells of equal area (HEALPix, order 3: 54 square degrees), the darker the more packages.",
    Ground.PLANES: "Dashed the galactic plane, with the centre of the Galaxy; dotted the ecliptic of J2000.",
}
_CENTRE, _PLANE, _ECLIPTIC = "Galactic centre", "Galactic plane", "Ecliptic"
_HELD: Final = "%(packages)s in this cell"
WORDS: Final = (*NAMES.values(), *filter(None, TOLD.values()), _CENTRE, _PLANE, _ECLIPTIC, _HELD)
"""What is said, for the catalogues of its translations."""

_SHADES: Final = 4
_STEP: Final = 3


def grounded(ground: Ground, view: SkyView, place: Place, language: Language) -> Iterator[str]:
    """Yield the marks of a ground, which lie below those of the holdings."""
    if ground is Ground.CELLS:
        most = max((cell.aips for cell in view.cells), default=1)
        for cell in view.cells:
            yield _cell(cell, view, _shade(cell.aips, most), place, language)
    elif ground is Ground.PLANES:
        for frame, name, dashes, told in (
            (GALACTIC, "galactic", "9 5", _PLANE),
            (ECLIPTIC, "ecliptic", "2 5", _ECLIPTIC),
        ):
            yield (
                f'<path class="plane {name}" d="{_circle(frame, place)}" fill="none" stroke="#6b4fa0" '
                f'stroke-width="1.6" stroke-dasharray="{dashes}"><title>{language.word(told)}</title></path>'
            )
        ra, dec = GALACTIC.to_icrs(0.0, 0.0)
        x, y = place(centred(ra), dec)
        yield f'<path class="plane" d="M{x - 6:.1f} {y:.1f}h12m-6 -6v12" stroke="#6b4fa0" stroke-width="2"/>'
        # Left of the cross: to its right stand the declinations, over which small screens would write it.
        beside = f'x="{x - 9:.1f}" y="{y + 15:.1f}" text-anchor="end"'
        yield words("tick", beside, language.word(_CENTRE))


def _shade(aips: int, most: int) -> int:
    """Return one of the shades, by the logarithm of a number."""
    share = math.log1p(aips) / math.log1p(most)
    return min(_SHADES, 1 + int(share * _SHADES))


def _cell(cell: SkyCell, view: SkyView, shade: int, place: Place, language: Language) -> str:
    ra, dec = middle(view.order, cell.number)
    told = language.word(_HELD) % {"packages": language.counted(cell.aips, "package", "packages")}
    query = {"mission": view.mission, "ground": Ground.CELLS, "ra": f"{ra:.4f}", "dec": f"{dec:.4f}"}
    address = urlencode({name: value for name, value in query.items() if value})
    path = "".join(_pieces(outline(view.order, cell.number), ra, place))
    # Not a stop of the keyboard: there are hundreds, and the form below asks of any position.
    return (
        f'<a href="/sky?{address.replace("&", "&amp;")}#here" tabindex="-1"><title>{told}</title>'
        f'<path class="cell c{shade}" d="{path}" fill="#2f5fb3" fill-opacity="{0.14 * shade:.2f}"/></a>'
    )


def _pieces(edge: Sequence[tuple[float, float]], ra: float, place: Place) -> Iterator[str]:
    """Yield the outline of a cell; one that crosses the seam of the map is drawn on both of its sides."""
    centre = centred(ra)
    unwound = [(centre + (along - ra + 180.0) % 360.0 - 180.0, up) for along, up in edge]
    for shift in (-360.0, 0.0, 360.0):
        moved = [(along + shift, up) for along, up in unwound]
        if any(-180.0 < along < 180.0 for along, _up in moved):
            cut = (place(max(-180.0, min(180.0, along)), up) for along, up in moved)
            yield "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in cut) + "z"


def centred(ra: float) -> float:
    """Return a right ascension as a longitude around the middle of the map, from -180 to 180."""
    return (ra + 180.0) % 360.0 - 180.0


def _circle(frame: Frame, place: Place) -> str:
    """Return the path of a frame's equator, broken where it leaves the map."""
    parts: list[str] = []
    last: float | None = None
    for longitude in range(0, 361, _STEP):
        ra, dec = frame.to_icrs(longitude % 360, 0.0)
        along = centred(ra)
        x, y = place(along, dec)
        parts.append(f"{'M' if last is None or abs(along - last) > 180.0 else 'L'}{x:.1f} {y:.1f}")
        last = along
    return "".join(parts)
