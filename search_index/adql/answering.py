"""Queries answered: read, written as SQL, and run in sight of those packages alone that may be known of."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import Any, Final
from urllib.parse import quote

from search_index.adql.geometry import sky_apart
from search_index.adql.memberships import members
from search_index.adql.parsing import parse
from search_index.adql.statement import OutputColumn, Statement, statement
from search_index.adql.sums import Mean, Sum
from search_index.catalogue.guarded import SECONDS, Answer, Functions, Sums, ask
from search_index.index import Index
from search_index.view import View

MOST_ROWS: Final = 20_000
"""Rows of one answer."""

_LARGEST_OFFSET: Final = 10_000_000


def _in_address(text: object) -> str | None:
    return quote(text) if isinstance(text, str) else None


def _magnitude_of(number: object) -> float | None:
    return abs(number) if isinstance(number, int | float) else None


_FUNCTIONS: Final[Functions] = {
    "sky_apart": (4, sky_apart),
    "in_address": (1, _in_address),
    "magnitude_of": (1, _magnitude_of),
}


_SUMS: Final[Sums] = {"sum_of": Sum, "mean_of": Mean}


@dataclass(frozen=True, slots=True)
class AdqlAnswer:
    """The columns and rows of an answer; ``more`` says that rows were left out because they are too many.

    ``total`` are the rows that may be had one page after the other, where they were counted.
    """

    columns: tuple[OutputColumn, ...]
    rows: tuple[tuple[Any, ...], ...]
    more: bool
    total: int = 0


@dataclass(frozen=True, slots=True)
class Limits:
    """How many rows are given, from which one on, and how long it may take (seconds)."""

    rows: int = MOST_ROWS
    first: int = 0
    seconds: float = SECONDS


def answer(
    index: Index, query: str, without: tuple[str, ...], base_url: str, limits: Limits | None = None
) -> AdqlAnswer:
    """Return what a query finds outside the branches ``without``; addresses begin with ``base_url``.

    Raises AdqlError for a query that cannot be read, TooLongError and WrongUsageError for one that cannot be
    answered, and StorageError.
    """
    limits, asked = limits or Limits(), statement(parse(query))
    wanted = max(min(limits.rows, MOST_ROWS), 0)
    left = wanted if asked.top is None else max(min(asked.top - limits.first, wanted), 0)
    return index.ask(lambda view: _Asking(view, asked, without, base_url, limits).rows(limits.first, left))


def answer_page(
    index: Index, query: str, without: tuple[str, ...], base_url: str, limits: Limits
) -> AdqlAnswer:
    """Return one page of what ``answer`` gives, and how many rows there are in all; raises the same."""
    asked = statement(parse(query))

    def run(view: View) -> AdqlAnswer:
        asking = _Asking(view, asked, without, base_url, limits)
        most = MOST_ROWS if asked.top is None else min(asked.top, MOST_ROWS)
        if not asked.counting:
            whole = asking.rows(0, most)
            page = whole.rows[limits.first : limits.first + limits.rows]
            return replace(whole, rows=page, total=len(whole.rows))
        total, more = asking.count(most)
        shown = min(limits.rows, total - limits.first)
        found = asking.rows(limits.first, shown) if shown > 0 else AdqlAnswer(asked.columns, (), more=False)
        return replace(found, total=total, more=more)

    return index.ask(run)


class _Asking:
    """A statement asked of one view, for one asker."""

    def __init__(
        self, view: View, asked: Statement, without: tuple[str, ...], base_url: str, limits: Limits
    ) -> None:
        self._view, self._asked, self._limits = view, asked, limits
        # Of one generation: where something comes to rest meanwhile it is not seen yet.
        seen = json.dumps(view.branches.resting_outside(without))
        with view.catalogue.reading() as connection:
            found = members(view, connection, asked.memberships, without)
        self._parameters: dict[str, object] = {**asked.parameters, **found, "base": base_url, "seen": seen}

    def rows(self, first: int, most: int) -> AdqlAnswer:
        """Return up to ``most`` rows from one on; ``more`` says that others follow that TOP does not end."""
        found, top = self._ask(self._asked.sql, first, most), self._asked.top
        more = found.more and (top is None or first + most < top)
        return AdqlAnswer(_typed(self._asked, found.rows), found.rows, more)

    def count(self, most: int) -> tuple[int, bool]:
        """Return how many rows there are, up to ``most``, and whether a limit of ours left some out."""
        ((number,),) = self._ask(self._asked.counting, 0, max(most, 1)).rows
        return min(number, most), number > most and most == MOST_ROWS

    def _ask(self, sql: str, first: int, most: int) -> Answer:
        offset = min(self._asked.offset + first, _LARGEST_OFFSET)
        return self._view.checked(
            lambda: ask(
                self._view.catalogue.path,
                sql,
                {**self._parameters, "offset": offset},
                most,
                functions=_FUNCTIONS,
                sums=_SUMS,
                seconds=self._limits.seconds,
            )
        )


def _typed(asked: Statement, rows: tuple[tuple[Any, ...], ...]) -> tuple[OutputColumn, ...]:
    """Return the columns with the types of their values: whole numbers that grew too large are real ones."""
    grown = {
        number
        for row in rows
        for number, cell in enumerate(row)
        if isinstance(cell, float) and asked.columns[number].code == "K"
    }
    return tuple(
        replace(column, code="D") if number in grown else column
        for number, column in enumerate(asked.columns)
    )
