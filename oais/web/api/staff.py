"""The desks of the staff for programs: what needs a hand, deliveries, plans, storage, mail."""

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
from oais.web.api.archive import ROOT
from oais.web.doors import Door
from oais.web.rendering import access_of, answer_json, site_of
from oais.web.visitors import service_of
from policies.principals import Duty


def desk(request: Request) -> Response:
    """Tell what needs somebody's hand, the urgent first, and the archive in a few figures."""
    return answer_json(desk_view(service_of(request), access_of(request)))


def ingest(request: Request) -> Response:
    """Tell what is being sent, what waits to be ingested, and what was decided lately."""
    return answer_json(queue_view(service_of(request)))


def refused(request: Request, page: Annotated[int, Query(ge=1, le=100_000)] = 1) -> Response:
    """List the deliveries that were refused and are kept, a page at a time."""
    return answer_json(refused_view(site_of(request).archive, page))


def refused_one(request: Request, identifier: str) -> Response:
    """Hand out the receipt of a refused delivery with all its findings."""
    return answer_json(receipt_as_plain(refusal(site_of(request).archive, identifier)))


def agreements(request: Request) -> Response:
    """Tell of every agreement what is planned to come, by when, and what came."""
    return answer_json({"agreements": agreement_views(access_of(request))})


def storage(request: Request) -> Response:
    """Tell of the locations with their room and last audit, the ledger's head, the index."""
    access = access_of(request)
    return answer_json(measured(access, storage_view(access)))


def mail(request: Request) -> Response:
    """Tell of the queue of letters, without their addresses and words."""
    return answer_json(mail_view(service_of(request)))


DOORS: Final = (
    Door(f"{ROOT}/desk", desk, Duty.MANAGE_ARCHIVE),
    Door(f"{ROOT}/ingest", ingest, Duty.MANAGE_ARCHIVE),
    Door(f"{ROOT}/refused", refused, Duty.MANAGE_ARCHIVE),
    Door(f"{ROOT}/refused/{{identifier}}", refused_one, Duty.MANAGE_ARCHIVE),
    Door(f"{ROOT}/agreements", agreements, Duty.MANAGE_ARCHIVE),
    Door(f"{ROOT}/storage", storage, Duty.MANAGE_ARCHIVE),
    Door(f"{ROOT}/mail", mail, Duty.MANAGE_ARCHIVE),
)
"""The doors of these answers."""
