"""How the holdings grew, as it is shown."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class MissionYear:
    """A mission in a year (UTC): versions that came in, bytes ``added``, and bytes ``held`` at its end."""

    year: int
    mission: str
    versions: int
    added: int
    held: int


@dataclass(frozen=True, slots=True)
class Year:
    """One year of all missions: versions that came in, bytes ``added``, and bytes ``held`` at its end."""

    year: int
    versions: int
    added: int
    held: int


@dataclass(frozen=True, slots=True)
class VolumeView:
    """How the holdings grew, year by year up to now, all missions in each year.

    ``yearly`` is what the last whole years, at most three, added on average, in bytes a year: the input of a
    forecast. It is None before there was a whole year.
    """

    years: tuple[Year, ...]
    missions: tuple[str, ...]
    rows: tuple[MissionYear, ...]
    yearly: int | None
