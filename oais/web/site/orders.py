"""Orders: how far each is, its packages, and the numbers of what was taken."""

from __future__ import annotations

from typing import Final

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from oais.functions.orders import ending, fetching, placing
from oais.functions.orders.counting import UsageView
from oais.functions.orders.counting import usage as counted_usage
from oais.web.bars import Drawing, usage_drawing, volume_drawing
from oais.web.doors import Door
from oais.web.forms import Form, form_of
from oais.web.rendering import access_of, respond, speech_of
from oais.web.saving import saved, wished_form
from oais.web.selecting import consumer_here, hand_out
from oais.web.visitors import service_of
from policies.access import Action
from policies.principals import Duty

_SEE_OTHER = 303


class EndForm(Form):
    """Why somebody of the staff ends an order that is not his own."""

    reason: str = ""


def orders(request: Request, page: int = 1, everybody: bool = False) -> Response:
    """Show the orders of whoever asks; to the staff everybody's, if asked."""
    consumer = consumer_here(request)
    view = fetching.list_orders(consumer, page=page, everybody=everybody)
    return respond(request, "orders.html", view, staff=consumer.sees_all, everybody=everybody)


def order(request: Request, identifier: str) -> Response:
    """Show an order: while it is built the page renews itself, or is renewed by hand."""
    consumer = consumer_here(request)
    view = fetching.show_order(consumer, identifier)
    return respond(request, "order.html", view, own=view.owner in {"", consumer.owner})


def package(request: Request, identifier: str, number: int) -> Response:
    """Send a package of an order, as the decision is now."""
    consumer = consumer_here(request)
    return hand_out(request, fetching.open_package(consumer, identifier, number))


def cancel(request: Request, identifier: str) -> Response:
    """End an order."""
    form = form_of(request, EndForm)
    ending.cancel(consumer_here(request), identifier, form.reason)
    return RedirectResponse(f"/orders/{identifier}", _SEE_OTHER)


def repeat(request: Request, identifier: str) -> Response:
    """Place an order again."""
    form_of(request, Form)
    placed = placing.repeat(consumer_here(request), identifier)
    return RedirectResponse(f"/orders/{placed.identifier}", _SEE_OTHER)


def usage(request: Request, first: str = "", last: str = "") -> Response:
    """Show the staff what was taken, by month, data set and country."""
    service = service_of(request)
    month = service.archive.now()[:7]
    first, last = first or f"{month[:4]}-01", last or month
    view, held = counted_usage(service, first, last), access_of(request).volume()
    drawing, form = volume_drawing(held, speech_of(request)), wished_form(request)
    if form:
        return saved(request, form, *_usage_drawn(request, view, drawing))
    return respond(request, "usage.html", view, volume=held, drawing=drawing, draw=usage_drawing)


def _usage_drawn(request: Request, view: UsageView, held: Drawing) -> tuple[str, tuple[str, ...]]:
    """Return the drawing that the address names, with its names."""
    word, of = speech_of(request).word, request.query_params.get("of", "")
    drawing = held
    if of in ("data-sets", "countries"):
        rows = view.data_sets if of == "data-sets" else view.countries
        title = "Downloads by month and data set" if of == "data-sets" else "Downloads by month and country"
        drawing = usage_drawing(rows, word(title), word("downloads"), word("others"))
    return drawing.svg, drawing.names


DOORS: Final = (
    Door("/orders", orders, Action.READ_METADATA),
    Door("/orders/{identifier}", order, Action.READ_METADATA),
    Door("/orders/{identifier}/packages/{number:int}", package, Action.DOWNLOAD),
    Door("/orders/{identifier}/cancel", cancel, Action.READ_METADATA, ("POST",)),
    Door("/orders/{identifier}/repeat", repeat, Action.DOWNLOAD, ("POST",)),
    Door("/desk/usage", usage, Duty.MANAGE_ARCHIVE),
)
"""The doors of these pages."""
