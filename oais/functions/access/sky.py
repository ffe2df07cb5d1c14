"""Where the holdings lie on the sky, of what one principal may know."""

from __future__ import annotations

from dataclasses import asdict

from oais.errors import NotFoundError
from oais.functions.access.decisions import Asker
from oais.functions.access.views import MissionOnSky, SkyPoint, SkyView
from oais.information.text import printable
from policies.access import Action
from search_index import browsing
from search_index.index import Index


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
    )
