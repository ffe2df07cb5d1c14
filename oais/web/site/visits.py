"""One visit's products, and all visits that a search finds as a table for programs."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from itertools import chain, islice
from typing import Final

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from oais.errors import WrongUsageError
from oais.functions.access.columns import COLUMNS
from oais.functions.access.finding import Listing
from oais.functions.access.views import as_plain
from oais.information.representation.derived_tables import Label
from oais.information.representation.listing import listed_in_turn
from oais.information.representation.rows import Rows
from oais.information.representation.table_writing import csv_text, votable_text
from oais.information.text import printable
from oais.web.doors import Door
from oais.web.questions import parse_number
from oais.web.rendering import access_of, json_text, respond, site_of
from oais.web.site.search import question_here
from oais.web.visitors import kept_by_caches, knows_people
from policies.access import Action

MOST_ROWS: Final = 20_000
"""Visits in one table; what it leaves out it says."""

MOST_ADDRESSES: Final = 20_000
"""Addresses of files in one list."""

_LINES_TOGETHER: Final = 1_000
_READ_BEFORE: Final = 4
"""Pieces of a table that hold what stands above its rows, and the first of those."""

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
    """Give all visits that answer a search as CSV, VOTable or JSON, or the addresses of their files.

    Its beginning is sent while the rest is still read; a fault behind that breaks it off.
    """
    form = request.query_params.get("format", "csv")
    if form not in _FORMS:
        raise WrongUsageError(f"format is {printable(form)!r}; expected one of {', '.join(_FORMS)}")
    return _FORMS[form](request, access_of(request).visits(question_here(request), MOST_ROWS))


def _as_csv(request: Request, found: Listing) -> Response:
    return _written(request, found, csv_text, "text/csv; charset=utf-8", "csv")


def _as_votable(request: Request, found: Listing) -> Response:
    def text(label: Label, rows: Rows) -> Iterator[str]:
        return votable_text(label, [(rows, ())])

    return _written(request, found, text, "application/x-votable+xml", "vot")


def _as_json(request: Request, found: Listing) -> Response:
    return _streamed(request, _json_of(found), "application/json")


def _json_of(found: Listing) -> Iterator[str]:
    """Yield what ``answer_json`` would say of total and visits, some of these at a time."""
    begin, bracket, end = json_text({"total": found.total, "visits": []}).rpartition("]")
    yield begin
    told = False
    for rows in found.rows:
        texts = [json_text(as_plain(row)).replace("\n", "\n    ") for row in rows]
        yield "".join(f"{',' if told or number else ''}\n    {text}" for number, text in enumerate(texts))
        told = told or bool(rows)
    yield ("\n  " if told else "") + bracket + end


def _as_addresses(request: Request, found: Listing) -> Response:
    """Give the address of each file that whoever asks may have, one a line, as wget reads them."""
    access, base = access_of(request), site_of(request).archive.settings.base_url.rstrip("/")
    addresses = chain.from_iterable(map(access.file_addresses, found.rows))
    lines = (f"{base}{address}\n" for address in islice(addresses, MOST_ADDRESSES))
    together = iter(lambda: "".join(islice(lines, _LINES_TOGETHER)), "")
    return _streamed(request, together, "text/plain; charset=utf-8")


_FORMS: Final[Mapping[str, Callable[[Request, Listing], Response]]] = {
    "csv": _as_csv,
    "votable": _as_votable,
    "json": _as_json,
    "urls": _as_addresses,
}


def _written(
    request: Request,
    found: Listing,
    text: Callable[[Label, Rows], Iterator[str]],
    media_type: str,
    ending: str,
) -> Response:
    archive = site_of(request).archive
    label = (
        ("archive", archive.settings.name),
        ("asked", printable(request.url.query, 2_000)),
        ("at", archive.now()),
        ("rows", f"{found.told} of {found.total}"),
    )
    headers = {
        "Content-Disposition": f'attachment; filename="{_TITLE}.{ending}"',
        **kept_by_caches(request),
    }
    rows = listed_in_turn(_TITLE, _COLUMNS, found.told, found.rows)
    return _streamed(request, text(label, rows), media_type, headers)


def _streamed(
    request: Request, texts: Iterator[str], media_type: str, headers: Mapping[str, str] | None = None
) -> Response:
    """Answer with texts as they come, of which those of the first rows are there before it begins."""
    if request.method == "HEAD":
        told = Response(media_type=media_type, headers=headers)
        del told.headers["Content-Length"]  # how long it will be is known only at its end
        return told
    first = list(islice(texts, _READ_BEFORE))
    return StreamingResponse((text.encode() for text in chain(first, texts)), 200, headers, media_type)


DOORS: Final = (
    Door("/visit", visit, Action.READ_METADATA),
    Door("/search/table", table, Action.DOWNLOAD, builds=True),
)
"""The doors of these pages."""
