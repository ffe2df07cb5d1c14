"""``/tap/sync``: one query, one answer (TAP 1.1 §2, DALI 1.1 §3 and §4.2)."""

from __future__ import annotations

import io
import re
from collections.abc import Iterable, Mapping
from typing import Final

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from oais.errors import WrongUsageError
from oais.functions.access.adql import MOST
from oais.information.representation.table_writing import write_fault
from oais.information.text import printable
from oais.web.adql_answers import FORMS, SERVICE
from oais.web.bodies import fields_of, read_body
from oais.web.doors import LARGEST_BODY, Door, counted_in
from oais.web.forms import check_intent
from oais.web.rendering import access_of, site_of
from policies.access import Action

LANGUAGES: Final = ("ADQL", "ADQL-2.0", "ADQL-2.1")
_NUMBER: Final = re.compile(r"[0-9]{1,9}")
_SHORT: Final[Mapping[str, str]] = {
    "votable": "votable",
    "application/x-votable+xml": "votable",
    "text/xml": "votable",
    "csv": "csv",
    "text/csv": "csv",
    "json": "json",
    "application/json": "json",
}
"""The forms of answers by all names that they are asked for by (DALI 1.1 §3.4.3)."""


def sync(request: Request) -> Response:
    """Answer the query of an address; what is wrong with it is told as VOTable."""
    return _answer(request, request.query_params.multi_items())


async def sync_sent(request: Request) -> Response:
    """Answer a query that was sent as a form; it changes nothing, and no other site's page may send it.

    It takes a place among queries only once it has come whole: who sends slowly keeps nobody out.
    """
    await run_in_threadpool(check_intent, request, form=False)
    try:
        await read_body(request, LARGEST_BODY, json=False)
    except WrongUsageError as error:
        return _refused(error)
    sent = [(name, value) for name, values in fields_of(request).items() for value in values]
    with counted_in(request):
        return await run_in_threadpool(_answer, request, sent)


def _answer(request: Request, given: Iterable[tuple[str, str]]) -> Response:
    try:
        return _answered(request, _parameters(given))
    except WrongUsageError as error:
        return _refused(error)


def _refused(error: WrongUsageError) -> Response:
    out = io.BytesIO()
    message = f"{error.message}; {error.remedy}" if error.remedy else error.message
    write_fault(out, printable(message, 2_000))
    return Response(out.getvalue(), error.http_status, media_type=FORMS["votable"].media_type)


def _parameters(given: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Return the parameters, whose names are the same in any case; raises WrongUsageError for one twice."""
    found: dict[str, str] = {}
    for name, value in given:
        if (name := name.upper()) in found:
            raise WrongUsageError(f"{printable(name, 80)} is given twice; expected once")
        found[name] = value
    return found


def _answered(request: Request, given: Mapping[str, str]) -> Response:
    if given.get("REQUEST", "doQuery").lower() != "doquery":
        raise WrongUsageError(f"REQUEST is {printable(given['REQUEST'], 80)!r}; expected doQuery")
    if given.get("LANG", "ADQL").upper() not in LANGUAGES:
        raise WrongUsageError(
            f"LANG is {printable(given['LANG'], 80)!r}; expected one of {', '.join(LANGUAGES)}"
        )
    if given.get("UPLOAD"):
        raise WrongUsageError("tables cannot be uploaded here", remedy="join them on your own machine")
    query = given.get("QUERY", "").strip()
    if not query:
        raise WrongUsageError("there is no QUERY")
    form, rows = FORMS[_form(given)], _rows(given.get("MAXREC", ""))
    view, archive = access_of(request).adql(query, rows), site_of(request).archive
    label = (("archive", archive.settings.name), ("QUERY", printable(query, 2_000)))
    return Response(form.write(view, label), media_type=form.media_type)


def _form(given: Mapping[str, str]) -> str:
    wanted = given.get("RESPONSEFORMAT") or given.get("FORMAT") or "votable"
    plain = wanted.partition(";")[0].strip().lower()
    if plain not in _SHORT:
        raise WrongUsageError(
            f"RESPONSEFORMAT is {printable(wanted, 80)!r}; expected one of {', '.join(FORMS)}"
        )
    return _SHORT[plain]


def _rows(most: str) -> int:
    """Return how many rows are wanted; raises WrongUsageError for what is no number of rows."""
    if not most.strip():
        return MOST
    if not _NUMBER.fullmatch(most.strip()):
        raise WrongUsageError(f"MAXREC is {printable(most, 80)!r}; expected a number from 0 to {MOST}")
    return min(int(most), MOST)


DOORS: Final = (
    Door(f"{SERVICE}/sync", sync, Action.READ_METADATA, reckons=True),
    Door(f"{SERVICE}/sync", sync_sent, Action.READ_METADATA, ("POST",), streams=True),
)
"""The doors of queries."""
