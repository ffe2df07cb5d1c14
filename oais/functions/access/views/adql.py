"""The answer to a query in ADQL, and the table that queries ask."""

from __future__ import annotations

from dataclasses import dataclass

Cell = str | int | float | None


@dataclass(frozen=True, slots=True)
class AdqlColumn:
    """A column, ``standard`` if it is of ObsCore; ``code`` is the type of its cells in FITS: A, D or K."""

    name: str
    code: str
    unit: str
    ucd: str
    utype: str
    description: str
    standard: bool


@dataclass(frozen=True, slots=True)
class AdqlView:
    """The rows that a query found, or those of one page; ``total`` is the number of all pages' rows.

    ``more`` says that there are others behind them, which were left out because of a limit.
    """

    query: str
    columns: tuple[AdqlColumn, ...]
    rows: tuple[tuple[Cell, ...], ...]
    total: int
    more: bool
