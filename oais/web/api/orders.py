"""For programs: a package by one address, baskets, and orders as jobs."""

from __future__ import annotations

from typing import Final

from pydantic import Field
from starlette.requests import Request
from starlette.responses import Response

from oais.functions.orders import baskets, ending, fetching, placing
from oais.functions.orders.consumers import Consumer
from oais.functions.orders.counting import usage as counted_usage
from oais.functions.orders.cutting import tables_wanted
from oais.functions.orders.direct import direct_package
from oais.web.doors import Door
from oais.web.forms import Form
from oais.web.rendering import answer_json
from oais.web.selecting import (
    Asked,
    asked_for,
    consumer_here,
    hand_out,
    require_all_known,
    selected,
    tell_missed,
)
from oais.web.visitors import service_of
from policies.access import Action
from policies.principals import Duty

_ACCEPTED = 202
_NO_CONTENT = 204


class Wanted(Form):
    """What is selected: single versions and files, identifiers, a data set and an interval, or a profile."""

    picks: list[str] = Field(default=[], description="ID, ID@vN or ID@vN/PATH", max_length=2_000)
    dataset: str = Field(default="", description="a place of the tree")
    start: str = Field(default="", description="date or time in UTC")
    end: str = Field(default="", description="date or time in UTC")
    ids: str = Field(default="", description="identifiers, patterns, ranges a..b", max_length=20_000)
    profile: str = Field(default="", description="one of one's own profiles, by its identifier")

    def asked(self, consumer: Consumer) -> Asked:
        """Return what is asked for, a profile's words where nothing is said; raises NotFoundError."""
        return asked_for(consumer, {**self.model_dump(exclude={"picks"}), "pick": ",".join(self.picks)})


class OrderWanted(Wanted):
    """What is ordered, and as what; a time cuts tables unless they are wanted as ``original``."""

    format: str = Field(default="", description="zip or tar.gz; zip, or as the profile says")
    tables: str = Field(default="", description="original, fits, csv or votable")
    strict: bool = Field(default=False, description="refuse what cannot be made so")


class BasketWanted(Wanted):
    """What is put into a basket, by default the one changed last."""

    basket: str = ""


def package(
    request: Request,
    format: str = "",  # noqa: A002 - the name in the address
    tables: str = "",
    start: str = "",
    end: str = "",
    profile: str = "",
    strict: bool = False,
) -> Response:
    """Send a package at once: ``?dataset=NODE&start=…&end=…``, ``ids=…`` or ``pick=ID@vN,ID@vN/PATH``.

    The answer is a zip, or a tar.gz by ``format``; both can be resumed by Range. A time cuts tables to its
    rows; ``tables`` is ``fits``, ``csv`` or ``votable``, or ``original`` for files as they are kept. With
    ``profile`` one's own profile selects, and says the time and format where the address does not; the header
    ``Missed`` names what of it is not there.
    """
    consumer = consumer_here(request, bound=False)
    said = {"format": format, "start": start, "end": end, "profile": profile}
    asked = asked_for(consumer, {**request.query_params, **said})
    wanted = tables_wanted(tables, asked.start, asked.end, strict=strict)
    selection = require_all_known(selected(consumer, asked), asked.within)
    return tell_missed(
        hand_out(request, direct_package(consumer, selection.picks, asked.form, wanted)), selection
    )


def order(request: Request, wanted: OrderWanted) -> Response:
    """Order a package; the answer tells at once where the job and later its packages are.

    The header ``Missed`` names what of a ``profile`` is not there.
    """
    consumer = consumer_here(request)
    asked = wanted.asked(consumer)
    tables = tables_wanted(wanted.tables, asked.start, asked.end, strict=wanted.strict)
    selection = require_all_known(selected(consumer, asked), asked.within)
    placed = placing.place(consumer, selection.picks, asked.form, tables)
    answer = answer_json(fetching.show_order(consumer, placed.identifier))
    answer.status_code = _ACCEPTED
    answer.headers["Location"] = f"/api/v1/orders/{placed.identifier}"
    return tell_missed(answer, selection)


def orders(request: Request, page: int = 1, everybody: bool = False) -> Response:
    """List the orders of whoever asks; for the staff everybody's, if asked."""
    return answer_json(fetching.list_orders(consumer_here(request), page=page, everybody=everybody))


def job(request: Request, identifier: str) -> Response:
    """Tell how far an order is."""
    return answer_json(fetching.show_order(consumer_here(request), identifier))


def cancel(request: Request, identifier: str, reason: str = "") -> Response:
    """End an order; the staff end anybody's, and its owner is told the reason."""
    ending.cancel(consumer_here(request), identifier, reason)
    return Response(status_code=_NO_CONTENT)


def repeat(request: Request, identifier: str) -> Response:
    """Place an order again."""
    consumer = consumer_here(request)
    placed = placing.repeat(consumer, identifier)
    answer = answer_json(fetching.show_order(consumer, placed.identifier))
    answer.status_code = _ACCEPTED
    answer.headers["Location"] = f"/api/v1/orders/{placed.identifier}"
    return answer


def built(request: Request, identifier: str, number: int) -> Response:
    """Send a package of an order."""
    consumer = consumer_here(request)
    return hand_out(request, fetching.open_package(consumer, identifier, number))


def show_baskets(request: Request) -> Response:
    """List the baskets of whoever asks with what may be had of each."""
    return answer_json(baskets.show(consumer_here(request)))


def put_in(request: Request, wanted: BasketWanted) -> Response:
    """Put something into a basket; the header ``Missed`` names what of a ``profile`` is not there."""
    consumer = consumer_here(request)
    asked = wanted.asked(consumer)
    selection = require_all_known(selected(consumer, asked), asked.within)
    baskets.put_in(consumer, selection, wanted.basket)
    return tell_missed(answer_json(baskets.show(consumer)), selection)


def discard(request: Request, identifier: str) -> Response:
    """Throw a basket away."""
    baskets.discard(consumer_here(request), identifier)
    return Response(status_code=_NO_CONTENT)


def usage(request: Request, first: str = "", last: str = "") -> Response:
    """Tell the staff what was taken from one month (``2026-11``) to another."""
    return answer_json(counted_usage(service_of(request), first, last))


DOORS: Final = (
    Door("/api/v1/package", package, Action.DOWNLOAD, builds=True),
    Door("/api/v1/orders", orders, Action.READ_METADATA),
    Door("/api/v1/orders", order, Action.DOWNLOAD, ("POST",)),
    Door("/api/v1/orders/{identifier}", job, Action.READ_METADATA),
    Door("/api/v1/orders/{identifier}", cancel, Action.READ_METADATA, ("DELETE",)),
    Door("/api/v1/orders/{identifier}/repeat", repeat, Action.DOWNLOAD, ("POST",)),
    Door("/api/v1/orders/{identifier}/packages/{number:int}", built, Action.DOWNLOAD),
    Door("/api/v1/baskets", show_baskets, Action.READ_METADATA),
    Door("/api/v1/baskets", put_in, Action.READ_METADATA, ("POST",)),
    Door("/api/v1/baskets/{identifier}", discard, Action.READ_METADATA, ("DELETE",)),
    Door("/api/v1/usage", usage, Duty.MANAGE_ARCHIVE),
)
"""The doors of this part of the interface."""
