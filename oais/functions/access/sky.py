"""Where the holdings lie on the sky, of what one principal may know."""

from __future__ import annotations

from dataclasses import asdict, replace
from typing import Final

from oais.errors import NotFoundError, WrongUsageError
from oais.functions.access.decisions import Asker
from oais.functions.access.views import MissionOnSky, SkyCell, SkyPoint, SkyPosition, SkyView
from oais.information.celestial import ECLIPTIC, GALACTIC, apart, in_hours, in_minutes
from oais.information.healpix import cell_at
from oais.information.text import printable
from policies.access import Action
from search_index import browsing
from search_index.angles import parse_dec, parse_ra
from search_index.index import Index

ORDER: Final = 3
"""Of the cells in which packages are counted: 768 of 54 square degrees, as many as a map can show."""

_NEAREST: Final = 5


def sky_view(index: Index, asker: Asker, mission: str = "") -> SkyView:
    """Return the marks of the map, of one ``mission`` or of all; raises NotFoundError for one not on it."""
    without = asker.branches_denied(Action.READ_METADATA)
    marks = browsing.sky(index, without)
    placed: dict[str, int] = {}
    for mark in marks:
        placed[mark.mission] = placed.get(mark.mission, 0) + mark.aips
    if mission and mission not in placed:
        raise NotFoundError(f"no package of a mission {printable(mission)!r} is on the map of the sky")
    if mission:
        marks = browsing.sky(index, without, mission)
    cells = browsing.density(index, without, mission, ORDER)
    held = {holding.mission: holding.total.aips for holding in index.holdings(without=without)}
    here = {name: count for name, count in placed.items() if mission in ("", name)}
    return SkyView(
        mission=mission,
        missions=tuple(
            MissionOnSky(name, count)
            for name, count in sorted(placed.items(), key=lambda one: (-one[1], one[0]))
        ),
        points=tuple(SkyPoint(**asdict(mark)) for mark in marks),
        placed=sum(here.values()),
        unplaced=sum(count for name, count in held.items() if mission in ("", name)) - sum(here.values()),
        order=ORDER,
        cells=tuple(SkyCell(*cell) for cell in cells),
    )


def asked_at(view: SkyView, ra: str, dec: str) -> SkyView:
    """Return the map with what is known of a position, as people write it; as it is where none is given.

    Raises WrongUsageError for what is no position, and for one half of one.
    """
    if not ra.strip() and not dec.strip():
        return view
    if not ra.strip() or not dec.strip():
        missing = "declination" if ra.strip() else "right ascension"
        raise WrongUsageError(f"the position has no {missing}", remedy="give both RA and Dec, or neither")
    along, up = parse_ra(ra) % 360.0, parse_dec(dec)
    far = ((point, apart(along, up, point.ra, point.dec)) for point in view.points)
    near = sorted(far, key=lambda one: one[1])[:_NEAREST]
    asked = SkyPosition(
        ra=along,
        dec=up,
        written=f"{in_hours(along)} {in_minutes(up)}",
        galactic=GALACTIC.of_icrs(along, up),
        ecliptic=ECLIPTIC.of_icrs(along, up),
        cell=cell_at(view.order, along, up),
        near=tuple(near),
    )
    return replace(view, asked=asked)
