"""A list of targets, typed or sent as a file: what is held of each, as a page, as CSV or into the basket."""

from __future__ import annotations

import csv
import io
from typing import Annotated, Final, Literal

from pydantic import StringConstraints
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from oais.errors import WrongUsageError
from oais.functions.access.target_list import RADIUS, TargetListView, as_table
from oais.functions.orders import baskets
from oais.functions.orders.selection import ticked
from oais.web.doors import Door
from oais.web.forms import TOKEN_FIELD, Form, check_origin, check_token, form_of
from oais.web.multipart import FileForm
from oais.web.rendering import access_of, respond
from oais.web.selecting import consumer_here
from oais.web.uploading import check_framing
from policies.access import Action

PAGE: Final = "/search/list"
LARGEST: Final = 128 << 10
"""Bytes of a list."""

LINES_SHOWN: Final = 500


class TargetForm(Form):
    """A list as it was typed, the radius around its positions, and what is to be done with what is found."""

    targets: Annotated[str, StringConstraints(max_length=LARGEST)] = ""
    radius: str = RADIUS
    take: Literal["", "csv", "basket"] = ""


def empty(request: Request) -> Response:
    """Show the form for a list of targets."""
    return _page(request, TargetListView((), float(RADIUS), (), ()), "", RADIUS)


def look(request: Request) -> Response:
    """Tell what is held of each target that was typed, as a page or CSV, or put it into the basket."""
    form = form_of(request, TargetForm)
    view = access_of(request).targets(form.targets, form.radius)
    if form.take == "csv":
        text = io.StringIO()
        csv.writer(text).writerows([_harmless(cell) for cell in row] for row in as_table(view.lines))
        headers = {"Content-Disposition": 'attachment; filename="targets.csv"'}
        return Response(text.getvalue(), media_type="text/csv; charset=utf-8", headers=headers)
    if form.take == "basket":
        consumer = consumer_here(request)
        baskets.put_in(consumer, ticked(consumer.access, view.aip_ids), "")
        return RedirectResponse("/basket", 303)
    return _page(request, view, form.targets, form.radius)


async def look_in_file(request: Request) -> Response:
    """Tell what is held of each target of a file."""
    check_framing(request)
    check_origin(request)
    form = FileForm(request)
    await form.begin()
    await run_in_threadpool(check_token, request, form.fields.get(TOKEN_FIELD, ""))
    if set(form.fields) != {TOKEN_FIELD, "radius"}:
        raise WrongUsageError("the form has other fields than its page", remedy="send the page's own form")
    data = bytearray()
    async for piece in form.file():
        data += piece
        if len(data) > LARGEST:
            raise WrongUsageError(f"the list is larger than {LARGEST} bytes", remedy="send it in parts")
    return await run_in_threadpool(_of_file, request, bytes(data), form.fields["radius"])


def _of_file(request: Request, data: bytes, radius: str) -> Response:
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise WrongUsageError("the list is no text in UTF-8", remedy="save it as UTF-8 text") from error
    return _page(request, access_of(request).targets(text, radius), text, radius)


def _page(request: Request, view: TargetListView, text: str, radius: str) -> Response:
    return respond(request, "targets.html", view, text=text, radius=radius, most_shown=LINES_SHOWN)


def _harmless(cell: str) -> str:
    """Return a cell that no spreadsheet runs as a formula."""
    return f"'{cell}" if cell.startswith(("=", "+", "-", "@")) else cell


DOORS: Final = (
    Door(PAGE, empty, Action.READ_METADATA),
    Door(PAGE, look, Action.READ_METADATA, ("POST",)),
    Door(f"{PAGE}/file", look_in_file, Action.READ_METADATA, ("POST",), streams=True),
)
"""The doors of these pages."""
