"""The columns of a table of visits: the twelve of a results page, and more to choose from."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from oais.errors import WrongUsageError
from oais.information.text import printable


@dataclass(frozen=True, slots=True)
class Column:
    """A column: the field of ``VisitRow``, its title and unit, and what of ``Query.order`` sorts by it.

    ``code`` is the type of its cells as FITS names it: A, D or K.
    """

    name: str
    title: str
    unit: str = ""
    order: str = ""
    code: str = "A"

    @property
    def heading(self) -> str:
        """The title with the unit."""
        return f"{self.title} ({self.unit})" if self.unit else self.title


FIRST: Final = (
    Column("visit", "Visit ID", order="visit"),
    Column("observation", "Observation ID", order="observation"),
    Column("report", "Quality Report"),
    Column("target", "Target Name", order="target"),
    Column("ra", "RA", "deg", "ra", "D"),
    Column("dec", "DEC", "deg", "dec", "D"),
    Column("distance", "Distance", "deg", "distance", "D"),
    Column("magnitude", "Magnitude", "mag", "magnitude", "D"),
    Column("status", "Property Status"),
    Column("processing", "Processing Chain Vrs"),
    Column("start", "Obs Start", order="time"),
    Column("stop", "Obs Stop", order="stop"),
)
"""What a table shows unless something else is chosen (CB-22)."""

MORE: Final = (
    Column("title", "Title", order="title"),
    Column("mission", "Mission"),
    Column("level", "Level"),
    Column("kind", "Kind"),
    Column("instrument", "Instrument"),
    Column("detector", "Detector"),
    Column("pi", "PI"),
    Column("spectral_type", "Spectral type"),
    Column("observation_type", "Observation type"),
    Column("revision", "Revision"),
    Column("valid_from", "Valid from"),
    Column("valid_to", "Valid to"),
    Column("packages", "Packages", code="K"),
    Column("products", "Products", code="K"),
    Column("size", "Size", "byte", "size", "K"),
    Column("ingested_at", "Taken in", order="ingested"),
)
"""What else can be chosen."""

COLUMNS: Final = {column.name: column for column in (*FIRST, *MORE)}


OF_REFERENCES: Final = tuple(
    COLUMNS[name] for name in ("visit", "status", "title", "mission", "level", "valid_from", "valid_to")
)
"""What a table of reference files shows unless something else is chosen (CB-13)."""


def chosen_columns(names: Iterable[str], unsaid: tuple[Column, ...] = FIRST) -> tuple[Column, ...]:
    """Return columns by their names, in the table's order, or those ``unsaid`` where none is named.

    Raises WrongUsageError for a name that no column has.
    """
    wanted = {name for name in names if name}
    if unknown := sorted(wanted - COLUMNS.keys()):
        raise WrongUsageError(
            f"columns names {printable(unknown[0])!r}; expected some of {', '.join(COLUMNS)}",
        )
    return tuple(column for column in COLUMNS.values() if column.name in wanted) or unsaid
