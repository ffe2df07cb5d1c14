"""Policies and embargoes for programs: explained, listed by date, and what people declare."""

from __future__ import annotations

from typing import Annotated, Final

from fastapi import Query
from starlette.requests import Request
from starlette.responses import Response

from oais.functions.embargo.declaring import declare_complete, waive_embargo
from oais.functions.embargo.listing import list_embargoes
from oais.functions.policy.calendar import calendar
from oais.functions.policy.explaining import explain_to, supposed_visit
from oais.web.doors import Door
from oais.web.forms import Form
from oais.web.rendering import access_of, answer_json
from oais.web.visitors import principal_of, service_of
from policies.principals import Duty

MOST_DAYS: Final = 1000


class NewCompletion(Form):
    """A visit of an observation request, and the day or moment as of which it is complete."""

    request: str
    visit: str
    completed_at: str


class NewWaiver(Form):
    """An embargo that is given up, from which day or moment on, and why."""

    request: str
    waived_at: str
    reason: str


def explained(request: Request, about: str, login: str = "", at: str = "", supposed: str = "") -> Response:
    """Explain what somebody may do with an object, at a date, or if a visit were complete."""
    visit = supposed_visit(supposed) if supposed else None
    service, access = service_of(request), access_of(request)
    return answer_json(explain_to(service, access, about, login=login, at=at, supposed=visit))


def days(request: Request) -> Response:
    """List what becomes public by itself from now on, the next first, up to 1000 days."""
    access = access_of(request)
    return answer_json({"days": calendar(access, access.now)[:MOST_DAYS]})


def embargoes(request: Request, page: Annotated[int, Query(ge=1, le=100_000)] = 1) -> Response:
    """List observation requests with all that their releases are computed from."""
    return answer_json(list_embargoes(access_of(request), page))


def complete(request: Request, completion: NewCompletion) -> Response:
    """Declare a visit complete."""
    by = principal_of(request).identifier
    declared = declare_complete(
        service_of(request), by, completion.request, completion.visit, completion.completed_at
    )
    return answer_json(declared)


def waive(request: Request, waiver: NewWaiver) -> Response:
    """Give up an embargo: an archivist on the owner's word, or the owner himself."""
    by = principal_of(request).identifier
    return answer_json(
        waive_embargo(service_of(request), by, waiver.request, waiver.waived_at, waiver.reason)
    )


DOORS: Final = (
    Door("/api/v1/policies/explain", explained, Duty.MANAGE_POLICY),
    Door("/api/v1/policies/calendar", days, Duty.MANAGE_POLICY),
    Door("/api/v1/embargoes", embargoes, Duty.MANAGE_POLICY),
    Door("/api/v1/embargoes/complete", complete, Duty.MANAGE_POLICY, ("POST",)),
    Door("/api/v1/embargoes/waive", waive, Duty.OWN_ACCOUNT, ("POST",)),
)
"""The doors of these programs."""
