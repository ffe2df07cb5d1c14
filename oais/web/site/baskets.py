"""The basket: choosing what goes in, several data requests side by side, their size, and how to have them."""

from __future__ import annotations

import json
from functools import partial
from typing import Annotated, Final, Literal
from urllib.parse import quote

from pydantic import Field, StringConstraints
from starlette.datastructures import QueryParams
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from oais.functions.access.profiles import within
from oais.functions.access.question import Question
from oais.functions.orders import baskets
from oais.functions.orders.baskets import BasketView
from oais.functions.orders.choosing import choice
from oais.functions.orders.consumers import Consumer
from oais.functions.orders.cutting import tables_wanted
from oais.functions.orders.direct import direct_package
from oais.functions.orders.placing import order_basket
from oais.functions.orders.selection import Selection, found, ticked
from oais.web.doors import Door
from oais.web.forms import Form, form_of
from oais.web.questions import question_of
from oais.web.rendering import respond, site_of
from oais.web.selecting import consumer_here, hand_out
from oais.web.site.search import profile_here, profiles_of, question_here
from policies.access import Action

_LONGEST_EXAMPLE = 1_500
"""Characters of an address in an example; what does not fit is ordered instead."""

_LONGEST_BODY = 8_000
"""Characters of the body of an order in an example; a longer selection has none."""

_SEE_OTHER = 303

LongText = Annotated[str, StringConstraints(max_length=20_000)]


class Choice(Form):
    """What is put into a basket, ticked or all that answers to the question, and the form then proposed."""

    picks: list[str] = Field(default=[])
    basket: str = ""
    take: str = "ticked"
    query: LongText = ""
    form: Literal["", "zip", "tar.gz"] = ""


class Name(Form):
    """The name of a data request."""

    name: str


class Taken(Form):
    """What is taken out of a basket."""

    picks: list[str] = Field(default=[])


class Wish(Form):
    """In which form a basket is ordered, and how its tables."""

    form: str = "zip"
    tables: str = ""
    start: str = ""
    end: str = ""


def choose(request: Request) -> Response:
    """Show what a search or single references (``pick``) select, to be ticked; else a form to select."""
    consumer = consumer_here(request)
    names = _names(",".join(request.query_params.getlist("pick")))
    typed, profile = question_of(request.query_params), profile_here(request)
    question = within(typed, profile)
    selection = ticked(consumer.access, names) if names else _all(consumer, question)
    asked = bool(names) or question != Question()
    return respond(
        request,
        "choose.html",
        choice(consumer.access, selection),
        question=typed,
        profile=profile,
        profiles=partial(profiles_of, request),
        asked=asked,
        baskets=baskets.show(consumer) if asked else (),
        query="" if names else request.url.query,
    )


def _names(text: str) -> list[str]:
    return [name.strip() for name in text.split(",") if name.strip()]


def _all(consumer: Consumer, question: Question) -> Selection:
    return found(consumer.access, question) if question != Question() else Selection(())


def put_in(request: Request) -> Response:
    """Put what was ticked into a basket, or all that answers to the search; a profile's form goes along."""
    consumer, form = consumer_here(request), form_of(request, Choice)
    if form.take == "all":
        selection = _all(consumer, question_here(request, QueryParams(form.query)))
    elif form.take == "visit":
        asked = QueryParams(form.query)
        references = consumer.access.visit_references(asked.get("of", ""), asked.get("q", ""))
        selection = ticked(consumer.access, references)
    else:
        selection = ticked(consumer.access, form.picks)
    baskets.put_in(consumer, selection, form.basket)
    return RedirectResponse(f"/basket?form={form.form}" if form.form else "/basket", _SEE_OTHER)


def basket(request: Request, form: str = "") -> Response:
    """Show the data requests of whoever asks, what may be had of each, and how; ``form`` is proposed."""
    view = baskets.show(consumer_here(request))
    settings = site_of(request).archive.settings
    base_url = settings.base_url.rstrip("/")
    return respond(
        request,
        "basket.html",
        view,
        example=partial(_example, base_url),
        body=_body,
        base_url=base_url,
        form=form,
        limit=settings.order_limit_bytes,
    )


def _example(base_url: str, shown: BasketView) -> str:
    """Return the address of a basket's package for programs, empty when it would be too long."""
    names = quote(",".join(_allowed(shown)), safe="/@,")
    address = f"{base_url}/api/v1/package?pick={names}"
    return address if len(address) <= _LONGEST_EXAMPLE else ""


def _body(shown: BasketView) -> str:
    """Return the body that orders a basket, fit for single quotes; empty when it would be too long."""
    body = json.dumps({"picks": _allowed(shown)}).replace("'", "\\u0027")
    return body if len(body) <= _LONGEST_BODY else ""


def _allowed(shown: BasketView) -> list[str]:
    """Return what may be had of a basket as programs name it: whole packages, or files of them."""
    return [
        f"{pick.reference}/{path}" if path else pick.reference
        for pick in shown.content.allowed
        for path in pick.paths or ("",)
    ]


def new(request: Request) -> Response:
    """Begin another data request."""
    baskets.open_new(consumer_here(request), form_of(request, Name).name)
    return _back()


def rename(request: Request, identifier: str) -> Response:
    """Give a data request another name."""
    baskets.rename(consumer_here(request), identifier, form_of(request, Name).name)
    return _back()


def take_out(request: Request, identifier: str) -> Response:
    """Take things out of a data request."""
    baskets.take_out(consumer_here(request), identifier, form_of(request, Taken).picks)
    return _back()


def discard(request: Request, identifier: str) -> Response:
    """Throw a data request away."""
    form_of(request, Form)
    baskets.discard(consumer_here(request), identifier)
    return _back()


def order(request: Request, identifier: str) -> Response:
    """Order what may be had of a data request."""
    wish = form_of(request, Wish)
    tables = tables_wanted(wish.tables, wish.start, wish.end)
    placed = order_basket(consumer_here(request), identifier, wish.form, tables)
    return RedirectResponse(f"/orders/{placed.identifier}", _SEE_OTHER)


def package(request: Request, identifier: str, form: str = "zip") -> Response:
    """Send what may be had of a data request at once, made while it is sent."""
    consumer = consumer_here(request)
    handout = direct_package(consumer, baskets.picks_of(consumer, identifier), form)
    return hand_out(request, handout)


def _back() -> Response:
    return RedirectResponse("/basket", _SEE_OTHER)


DOORS: Final = (
    Door("/choose", choose, Action.READ_METADATA, builds=True),
    Door("/basket", basket, Action.READ_METADATA),
    Door("/basket/new", new, Action.READ_METADATA, ("POST",)),
    Door("/basket/picks", put_in, Action.READ_METADATA, ("POST",)),
    Door("/basket/{identifier}/name", rename, Action.READ_METADATA, ("POST",)),
    Door("/basket/{identifier}/remove", take_out, Action.READ_METADATA, ("POST",)),
    Door("/basket/{identifier}/discard", discard, Action.READ_METADATA, ("POST",)),
    Door("/basket/{identifier}/order", order, Action.DOWNLOAD, ("POST",)),
    Door("/basket/{identifier}/package", package, Action.DOWNLOAD, builds=True),
)
"""The doors of these pages."""
