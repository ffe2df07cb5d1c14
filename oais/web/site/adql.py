"""ADQL beside the search: the query of any search, to be changed, sent again, and taken along."""

from __future__ import annotations

from http import HTTPStatus
from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from oais.errors import WrongUsageError
from oais.functions.access.adql import MOST, place_of, table_columns
from oais.functions.access.views import Page
from oais.functions.access.views.adql import AdqlView
from oais.information.text import printable
from oais.web.adql_answers import FORMS, PAGE, address_of_query, copied_query
from oais.web.doors import Door
from oais.web.negotiation import wants_json
from oais.web.questions import parse_number
from oais.web.rendering import access_of, respond, site_of
from oais.web.visitors import kept_by_caches
from policies.access import Action

ROWS_SHOWN: Final = 40
"""Rows of one page."""

EXAMPLE: Final = (
    "SELECT mission, package_level, COUNT(*) AS products\nFROM ivoa.obscore\n"
    "GROUP BY mission, package_level\nORDER BY mission, products DESC"
)
"""What stands in the form before anything is asked."""


def query(request: Request) -> Response:
    """Answer the ``query`` of an address, as a page or as a table of the ``format``; without one, ask for it.

    A query that cannot be answered comes back as it was sent, with what is wrong and where.
    """
    given = request.query_params
    asked = given.get("query", "").strip()
    if given.get("format"):
        return _table(request, asked, given["format"])
    if not asked:
        return _page(request, EXAMPLE)
    try:
        number = max(parse_number(given, "page", 1), 1)
        answer = access_of(request).adql_page(asked, (number - 1) * ROWS_SHOWN, ROWS_SHOWN)
    except WrongUsageError as error:
        if wants_json(request):
            raise
        return _page(request, asked, fault=error)
    return _page(request, asked, answer, number)


def _page(
    request: Request,
    asked: str,
    answer: AdqlView | None = None,
    number: int = 1,
    fault: WrongUsageError | None = None,
) -> Response:
    page = Page(number, ROWS_SHOWN, answer.total if answer else 0)
    base = site_of(request).archive.settings.base_url
    view = {
        "query": asked,
        "columns": answer.columns if answer else (),
        "rows": answer.rows if answer else (),
        "more": bool(answer and answer.more),
        "page": page,
    }
    return respond(
        request,
        "adql.html",
        view,
        status=HTTPStatus.BAD_REQUEST if fault else HTTPStatus.OK,
        answered=answer is not None,
        fault=fault,
        place=place_of(fault) if fault else None,
        most=MOST,
        forms=FORMS,
        table=table_columns(),
        linked=address_of_query,
        copied=copied_query(base, asked),
        base=base.rstrip("/"),
    )


def _table(request: Request, asked: str, form: str) -> Response:
    """Give all rows of an answer as a table; raises WrongUsageError."""
    if form not in FORMS:
        raise WrongUsageError(f"format is {printable(form)!r}; expected one of {', '.join(FORMS)}")
    answer, archive = access_of(request).adql(asked), site_of(request).archive
    label = (
        ("archive", archive.settings.name),
        ("asked", printable(asked, 2_000)),
        ("at", archive.now()),
        ("rows", f"{len(answer.rows)}{' and more' if answer.more else ''}"),
    )
    headers = {
        "Content-Disposition": f'attachment; filename="rows.{FORMS[form].ending}"',
        **kept_by_caches(request),
    }
    written = FORMS[form].write(answer, label)
    return Response(written, media_type=FORMS[form].media_type, headers=headers)


DOORS: Final = (Door(PAGE, query, Action.READ_METADATA, reckons=True),)
"""The doors of these pages."""
