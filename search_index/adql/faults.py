"""What is wrong with a query, and where: the line and the column stand in the message and beside it."""

from __future__ import annotations

from typing import NamedTuple

from oais.errors import WrongUsageError


class Place(NamedTuple):
    """Where something stands in a query: line and column, both counted from 1."""

    line: int
    column: int


class AdqlError(WrongUsageError):
    """A query that cannot be read or answered; ``place`` is where, None for the query as a whole."""

    def __init__(self, message: str, place: Place | None = None, *, remedy: str = "") -> None:
        where = f"line {place.line}, column {place.column}: " if place else ""
        super().__init__(f"{where}{message}", remedy=remedy)
        self.place = place
