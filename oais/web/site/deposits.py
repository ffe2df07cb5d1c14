"""The pages of providers: what they delivered, each receipt with its findings, and a form to deliver."""

from __future__ import annotations

from typing import Final

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from oais.errors import WrongUsageError
from oais.functions.deposit.answering import standing_of, standings_of
from oais.functions.deposit.plans import agreement_views
from oais.functions.deposit.uploads import Announcement, begin
from oais.web.deposit import kept_whole
from oais.web.doors import Door
from oais.web.forms import TOKEN_FIELD, check_origin, check_token
from oais.web.multipart import FileForm
from oais.web.rendering import access_of, respond
from oais.web.uploading import check_framing
from oais.web.visitors import principal_of, service_of
from policies.principals import STAFF, Duty

PAGE: Final = "/me/deposits"


def show_deposits(request: Request) -> Response:
    """Show the account's deliveries, and the form for another one."""
    service, principal = service_of(request), principal_of(request)
    view = {"deposits": [standing.as_plain() for standing in standings_of(service, principal)]}
    settings = service.archive.settings
    return respond(
        request,
        "deposits.html",
        view,
        names=sorted(principal.agreements),
        agreements=agreement_views(access_of(request), principal.agreements),
        largest=min(settings.max_delivery_bytes, settings.deposit_quota_bytes),
        bound=principal.role not in STAFF,
        address=settings.base_url.rstrip("/"),
    )


def show_deposit(request: Request, identifier: str) -> Response:
    """Show how one delivery stands, with its receipt and what to do about each finding."""
    standing = standing_of(service_of(request), principal_of(request), identifier)
    return respond(request, "deposit.html", standing.as_plain(), findings=standing.findings)


async def take_form(request: Request) -> Response:
    """Take a delivery from the form; of one that is cut nothing stays."""
    check_framing(request)
    check_origin(request)
    form = FileForm(request)
    await form.begin()
    if set(form.fields) != {TOKEN_FIELD}:
        raise WrongUsageError("the form has other fields than its page", remedy="send the page's own form")
    await run_in_threadpool(check_token, request, form.fields[TOKEN_FIELD])
    announced = Announcement(form.filename or "", form.length)
    deposit = await run_in_threadpool(begin, service_of(request), principal_of(request), announced)
    await kept_whole(request, deposit, form.file())
    return RedirectResponse(f"{PAGE}/{deposit.identifier}", 303)


DOORS: Final = (
    Door(PAGE, show_deposits, Duty.DEPOSIT),
    Door(PAGE, take_form, Duty.DEPOSIT, ("POST",), streams=True),
    Door(f"{PAGE}/{{identifier}}", show_deposit, Duty.DEPOSIT),
)
"""The doors of these pages."""
