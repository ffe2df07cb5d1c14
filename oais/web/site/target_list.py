"""A list of targets, typed or sent as a file: its own address, what is held of each, CSV, the basket."""

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
from oais.functions.kept_lists import keep_list
from oais.functions.orders import baskets
from oais.functions.orders.selection import ticked
from oais.web.addresses import address_of, prefix_of
from oais.web.doors import Door
from oais.web.forms import TOKEN_FIELD, Form, check_origin, check_token, form_of
from oais.web.multipart import FileForm
from oais.web.rendering import access_of, respond
from oais.web.selecting import consumer_here
from oais.web.uploading import check_framing
from oais.web.visitors import principal_of, service_of
from policies.access import Action

PAGE: Final = "/search/list"
LARGEST: Final = 128 << 10
"""Bytes of a list."""

LINES_SHOWN: Final = 500


class ListForm(Form):
    """A list as it was typed, and the radius around its positions."""

    targets: Annotated[str, StringConstraints(max_length=LARGEST)] = ""
    radius: str = RADIUS


class TargetForm(ListForm):
    """A list, and what is to be done with what is found."""

    take: Literal["", "csv", "basket"] = ""


def show(request: Request) -> Response:
    """Tell what is held of each target of the ``list`` that an address names; without it show the form."""
    identifier = request.query_params.get("list", "").strip()
    if not identifier:
        return _page(request, TargetListView((), float(RADIUS), (), ()), "", RADIUS)
    access = access_of(request)
    kept = access.kept_list(identifier)
    return _page(request, access.targets_of(kept), kept.lines, kept.radius)


def look(request: Request) -> Response:
    """Give a list that was typed an address and lead there; or answer as CSV, or fill the basket."""
    form = form_of(request, TargetForm)
    if not form.take:
        return _led_to(keep_here(request, form.targets, form.radius))
    view = access_of(request).targets(form.targets, form.radius)
    if form.take == "csv":
        text = io.StringIO()
        csv.writer(text).writerows([_harmless(cell) for cell in row] for row in as_table(view.lines))
        headers = {"Content-Disposition": 'attachment; filename="targets.csv"'}
        return Response(text.getvalue(), media_type="text/csv; charset=utf-8", headers=headers)
    consumer = consumer_here(request)
    baskets.put_in(consumer, ticked(consumer.access, view.aip_ids), "")
    return RedirectResponse("/basket", 303)


def keep_here(request: Request, text: str, radius: str) -> str:
    """Keep a list for who asks and return its name; raises WrongUsageError."""
    asker = principal_of(request).identifier or prefix_of(address_of(request))
    return keep_list(service_of(request), text, radius, asker)


def _led_to(identifier: str) -> Response:
    return RedirectResponse(f"{PAGE}?list={identifier}", 303)


async def look_in_file(request: Request) -> Response:
    """Give the list of a file an address and lead there."""
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
    return _led_to(keep_here(request, text, radius))


def _page(request: Request, view: TargetListView, text: str, radius: str) -> Response:
    return respond(request, "targets.html", view, text=text, radius=radius, most_shown=LINES_SHOWN)


def _harmless(cell: str) -> str:
    """Return a cell that no spreadsheet runs as a formula."""
    return f"'{cell}" if cell.startswith(("=", "+", "-", "@")) else cell


DOORS: Final = (
    Door(PAGE, show, Action.READ_METADATA),
    Door(PAGE, look, Action.READ_METADATA, ("POST",)),
    Door(f"{PAGE}/file", look_in_file, Action.READ_METADATA, ("POST",), streams=True),
)
"""The doors of these pages."""
