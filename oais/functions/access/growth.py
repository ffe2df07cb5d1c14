"""How the holdings grew by year and mission, as far as one principal may know of them."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import accumulate

from oais.functions.access.decisions import Asker
from oais.functions.access.views import MissionYear, VolumeView, Year
from policies.access import Action
from search_index.entries import Grown
from search_index.index import Index

_YEARS_OF_A_MEAN = 3


def volume(index: Index, asker: Asker, year: int) -> VolumeView:
    """Return what came in up to a year, which is not over yet; years without news are there too."""
    grown = index.growth(without=asker.branches_denied(Action.READ_METADATA))
    numbers = [year, *(item.year for item in grown)]
    years = range(min(numbers), max(numbers) + 1)
    missions = tuple(sorted({item.mission for item in grown}))
    by_mission = [
        _rows(mission, (item for item in grown if item.mission == mission), years) for mission in missions
    ]
    rows = tuple(row for of_year in zip(*by_mission, strict=True) for row in of_year)
    totals = tuple(_total(number, (row for row in rows if row.year == number)) for number in years)
    whole = [item.added for item in totals if item.year < year][-_YEARS_OF_A_MEAN:]
    return VolumeView(totals if grown else (), missions, rows, sum(whole) // len(whole) if whole else None)


def _rows(mission: str, grown: Iterable[Grown], years: range) -> list[MissionYear]:
    """Return a mission's rows, one for each year."""
    known = {item.year: item for item in grown}
    came = [known.get(year, Grown(mission, year, 0, 0)) for year in years]
    held = accumulate(item.size for item in came)
    return [
        MissionYear(item.year, mission, item.versions, item.size, size)
        for item, size in zip(came, held, strict=True)
    ]


def _total(year: int, rows: Iterable[MissionYear]) -> Year:
    total = Year(year, 0, 0, 0)
    for row in rows:
        total = Year(year, total.versions + row.versions, total.added + row.added, total.held + row.held)
    return total
