"""ADQL for whoever asks: a query is answered in sight of those packages that a search would find for him."""

from __future__ import annotations

from typing import Final

from oais.functions.access.decisions import Asker
from oais.functions.access.question import Question, query_of
from oais.functions.access.views.adql import AdqlColumn, AdqlView
from policies.access import Action
from search_index.adql.answering import MOST_ROWS, AdqlAnswer, Limits
from search_index.adql.answering import answer as answered
from search_index.adql.answering import answer_page as answered_page
from search_index.adql.columns import COLUMNS, TABLE, TableColumn
from search_index.adql.faults import AdqlError
from search_index.adql.statement import OutputColumn
from search_index.adql.translation import adql_of
from search_index.index import Index

MOST: Final = MOST_ROWS
"""Rows of one answer."""

NAME: Final = TABLE
"""What the table is called."""


def answer(index: Index, asker: Asker, query: str, base_url: str, rows: int = MOST) -> AdqlView:
    """Answer a query of what the principal may read, with up to ``rows`` rows.

    Raises WrongUsageError for one that cannot be read or answered; ``place_of`` tells where it is wrong.
    """
    found = answered(index, query, _unseen(asker), base_url.rstrip("/"), Limits(rows))
    return _view(query, found, len(found.rows))


def answer_page(index: Index, asker: Asker, query: str, base_url: str, first: int, rows: int) -> AdqlView:
    """Answer with the rows of one page, from the ``first`` on, and their number in all; raises the same."""
    found = answered_page(index, query, _unseen(asker), base_url.rstrip("/"), Limits(rows, first))
    return _view(query, found, found.total)


def _unseen(asker: Asker) -> tuple[str, ...]:
    return asker.branches_denied(Action.READ_METADATA)


def _view(query: str, found: AdqlAnswer, total: int) -> AdqlView:
    return AdqlView(query, tuple(map(_column, found.columns)), found.rows, total, found.more)


def said_in_adql(question: Question) -> str:
    """Return the ADQL that finds the products of all that answers a question; raises WrongUsageError."""
    return adql_of(query_of(question, ()))


def place_of(error: Exception) -> tuple[int, int] | None:
    """Return line and column of what is wrong with a query, where they are known."""
    return error.place if isinstance(error, AdqlError) else None


def table_columns() -> tuple[AdqlColumn, ...]:
    """Return the columns of the table, those of ObsCore first."""
    return tuple(map(_column, COLUMNS.values()))


def _column(column: OutputColumn | TableColumn) -> AdqlColumn:
    standard = bool(column.utype)
    return AdqlColumn(
        column.name, column.code, column.unit, column.ucd, column.utype, column.description, standard
    )
