"""One visit's products, and all visits that a search finds as a table for programs."""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping
from typing import BinaryIO, Final

from starlette.requests import Request
from starlette.responses import Response

from oais.errors import WrongUsageError
from oais.functions.access.columns import COLUMNS
from oais.functions.access.question import Question
from oais.information.representation.derived_tables import Label
from oais.information.representation.listing import listed
from oais.information.representation.rows import Rows
from oais.information.representation.table_writing import write_csv, write_votable
from oais.information.text import printable
from oais.web.doors import Door
from oais.web.questions import parse_number
from oais.web.rendering import access_of, answer_json, respond, site_of
from oais.web.site.search import question_here
from oais.web.visitors import kept_by_caches, knows_people
from policies.access import Action

MOST_ROWS: Final = 20_000
"""Visits in one table; what it leaves out it says."""

MOST_ADDRESSES: Final = 20_000
"""Addresses of files in one list."""

_TITLE: Final = "visits"
_COLUMNS: Final = {column.name: (column.unit, column.code) for column in COLUMNS.values()}


def visit(request: Request) -> Response:
    """Show the products of the visit named by ``of``, filtered by the words ``q``, to be picked."""
    given = request.query_params
    name, words = given.get("of", ""), given.get("q", "").strip()
    page, per_page = parse_number(given, "page", 1), parse_number(given, "per_page", 50)
    view = access_of(request).visit(name, words, page, per_page)
    return respond(request, "visit.html", view, words=words, basket=knows_people(request))


def table(request: Request) -> Response:
    """Give all visits that answer a search as CSV, VOTable or JSON, or the addresses of their files."""
    form = request.query_params.get("format", "csv")
    if form not in _FORMS:
        raise WrongUsageError(f"format is {printable(form)!r}; expected one of {', '.join(_FORMS)}")
    return _FORMS[form](request, question_here(request))


def _as_csv(request: Request, question: Question) -> Response:
    return _written(request, question, write_csv, "text/csv; charset=utf-8", "csv")


def _as_votable(request: Request, question: Question) -> Response:
    def write(target: BinaryIO, label: Label, rows: Rows) -> None:
        write_votable(target, label, [(rows, ())])

    return _written(request, question, write, "application/x-votable+xml", "vot")


def _as_json(request: Request, question: Question) -> Response:
    visits, total = access_of(request).visits(question, MOST_ROWS)
    return answer_json({"total": total, "visits": visits})


def _as_addresses(request: Request, question: Question) -> Response:
    """Give the address of each file that whoever asks may have, one a line, as wget reads them."""
    access, base = access_of(request), site_of(request).archive.settings.base_url.rstrip("/")
    found, _total = access.visits(question, MOST_ROWS)
    addresses = [f"{base}{address}" for address in access.file_addresses(found, MOST_ADDRESSES)]
    return Response("".join(f"{address}\n" for address in addresses), media_type="text/plain; charset=utf-8")


_FORMS: Final[Mapping[str, Callable[[Request, Question], Response]]] = {
    "csv": _as_csv,
    "votable": _as_votable,
    "json": _as_json,
    "urls": _as_addresses,
}


def _written(
    request: Request,
    question: Question,
    write: Callable[[BinaryIO, Label, Rows], None],
    media_type: str,
    ending: str,
) -> Response:
    visits, total = access_of(request).visits(question, MOST_ROWS)
    archive = site_of(request).archive
    label = (
        ("archive", archive.settings.name),
        ("asked", printable(request.url.query, 2_000)),
        ("at", archive.now()),
        ("rows", f"{len(visits)} of {total}"),
    )
    out = io.BytesIO()
    write(out, label, listed(_TITLE, _COLUMNS, visits))
    headers = {
        "Content-Disposition": f'attachment; filename="{_TITLE}.{ending}"',
        **kept_by_caches(request),
    }
    return Response(out.getvalue(), media_type=media_type, headers=headers)


DOORS: Final = (
    Door("/visit", visit, Action.READ_METADATA),
    Door("/search/table", table, Action.DOWNLOAD, builds=True),
)
"""The doors of these pages."""
