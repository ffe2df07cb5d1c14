"""The staff's desk: what needs a hand, the ingest queue, what was refused, storage, agreements, mail."""

from __future__ import annotations

from typing import Annotated, Final

from fastapi import Query
from starlette.requests import Request
from starlette.responses import Response

from oais.functions.deposit.plans import agreement_views
from oais.functions.desk.deliveries import queue_view, refusal, refused_view
from oais.functions.desk.letters import mail_view
from oais.functions.desk.overview import desk_view
from oais.functions.desk.storage import measured, storage_view
from oais.functions.receipts import receipt_as_plain
from oais.information.findings import worst_first
from oais.web.doors import Door
from oais.web.rendering import access_of, respond, site_of
from oais.web.visitors import service_of
from policies.principals import Duty


def desk(request: Request) -> Response:
    """Show what needs somebody's hand, and the archive in a few figures."""
    return respond(request, "overview.html", desk_view(service_of(request), access_of(request)))


def ingest(request: Request) -> Response:
    """Show what is being sent, what waits to be ingested, and what was decided lately."""
    return respond(request, "ingest.html", queue_view(service_of(request)))


def refused(request: Request, page: Annotated[int, Query(ge=1, le=100_000)] = 1) -> Response:
    """Show the deliveries that were refused and are kept."""
    return respond(request, "refused.html", refused_view(site_of(request).archive, page))


def refused_one(request: Request, identifier: str) -> Response:
    """Show why a delivery was refused, and what to do about each finding."""
    receipt = refusal(site_of(request).archive, identifier)
    findings = worst_first(receipt.findings)
    return respond(request, "refusal.html", receipt_as_plain(receipt), findings=findings)


def agreements(request: Request) -> Response:
    """Show every agreement: what is planned to come, and what came."""
    return respond(request, "agreements.html", {"agreements": agreement_views(access_of(request))})


def storage(request: Request) -> Response:
    """Show where all lies: locations, ledger and index."""
    access = access_of(request)
    return respond(request, "storage.html", measured(access, storage_view(access)))


def mail(request: Request) -> Response:
    """Show the queue of letters, without their addresses and words."""
    return respond(request, "mail.html", mail_view(service_of(request)))


DOORS: Final = (
    Door("/desk", desk, Duty.MANAGE_ARCHIVE),
    Door("/desk/ingest", ingest, Duty.MANAGE_ARCHIVE),
    Door("/desk/refused", refused, Duty.MANAGE_ARCHIVE),
    Door("/desk/refused/{identifier}", refused_one, Duty.MANAGE_ARCHIVE),
    Door("/desk/agreements", agreements, Duty.MANAGE_ARCHIVE),
    Door("/desk/storage", storage, Duty.MANAGE_ARCHIVE),
    Door("/desk/mail", mail, Duty.MANAGE_ARCHIVE),
)
"""The doors of these pages."""
