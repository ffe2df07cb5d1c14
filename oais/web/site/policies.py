"""The desk's policies and embargoes: what is in force and why, and what people declare."""

from __future__ import annotations

from typing import Annotated, Final

from fastapi import Query
from starlette.requests import Request
from starlette.responses import Response

from oais.functions.access.facade import Access
from oais.functions.embargo.declaring import (
    declare_complete,
    take_back_completion,
    take_back_waiver,
    waive_embargo,
)
from oais.functions.embargo.inputs import moment_named
from oais.functions.embargo.listing import list_embargoes, releases_of
from oais.functions.policy.calendar import calendar
from oais.functions.policy.desk import policy_desk
from oais.functions.policy.explaining import Explanation, explain_to, supposed_visit
from oais.web.doors import Door
from oais.web.forms import Form, form_of
from oais.web.rendering import access_of, respond
from oais.web.site.entrance import see_other
from oais.web.visitors import principal_of, service_of
from policies.principals import Duty

DAYS_SHOWN: Final = 100
EMBARGOES: Final = "/desk/embargoes"


class CompletionForm(Form):
    """A visit of an observation request, and the day as of which it is complete; none takes it back."""

    request: str
    visit: str
    completed_at: str = ""


class WaiverForm(Form):
    """An embargo that is given up, from which day on and why; without a day the waiver is taken back."""

    request: str
    waived_at: str = ""
    reason: str = ""


def policies(request: Request, page: Annotated[int, Query(ge=1, le=100_000)] = 1) -> Response:
    """Show the policies in force, since when, and the faults of a change that is not."""
    return respond(request, "policies.html", policy_desk(service_of(request), page))


def explained(
    request: Request,
    about: str = "",
    login: str = "",
    at: str = "",
    supposed: str = "",
) -> Response:
    """Explain what somebody may do with an object, at a date, or if a visit were complete."""
    view = _explanation(request, about, login, at, supposed) if about else None
    asked = {"about": about, "login": login, "at": at, "supposed": supposed}
    return respond(request, "explain.html", view, asked=asked)


def _explanation(request: Request, about: str, login: str, at: str, supposed: str) -> Explanation:
    visit = supposed_visit(supposed) if supposed else None
    return explain_to(service_of(request), access_of(request), about, login=login, at=at, supposed=visit)


def days(request: Request) -> Response:
    """List what becomes public by itself from now on, the next first."""
    access: Access = access_of(request)
    coming = calendar(access, access.now)
    return respond(request, "calendar.html", {"days": coming[:DAYS_SHOWN], "total": len(coming)})


def embargoes(request: Request, page: Annotated[int, Query(ge=1, le=100_000)] = 1) -> Response:
    """List observation requests with their visits, and the forms to declare what is new."""
    return respond(request, "embargoes.html", list_embargoes(access_of(request), page))


def complete(request: Request) -> Response:
    """Declare a visit complete, or take that back."""
    form, by = form_of(request, CompletionForm), principal_of(request).identifier
    if form.completed_at:
        declare_complete(service_of(request), by, form.request, form.visit, form.completed_at)
    else:
        take_back_completion(service_of(request), by, form.request, form.visit)
    return see_other(EMBARGOES)


def waive(request: Request) -> Response:
    """Give up an embargo on the owner's word, or take that back."""
    form, by = form_of(request, WaiverForm), principal_of(request).identifier
    if form.waived_at:
        waive_embargo(service_of(request), by, form.request, form.waived_at, form.reason)
    else:
        take_back_waiver(service_of(request), by, form.request)
    return see_other(EMBARGOES)


def own_waiver(request: Request, observation: str = "") -> Response:
    """Show an owner what it means to give up an embargo, when it would end anyway, and the button."""
    access = access_of(request)
    releases = releases_of(access, {observation})
    view = {"request": observation, "releases": releases}
    over = [note for note in releases if note.released_at and moment_named(note.released_at) <= access.now]
    return respond(request, "waiver.html", view, over=over)


def waive_own(request: Request) -> Response:
    """Give up the rest of one's own embargo."""
    form, by = form_of(request, WaiverForm), principal_of(request).identifier
    service = service_of(request)
    waive_embargo(service, by, form.request, form.waived_at or service.archive.now(), form.reason)
    return see_other("/me")


DOORS: Final = (
    Door("/desk/policies", policies, Duty.MANAGE_POLICY),
    Door("/desk/policies/explain", explained, Duty.MANAGE_POLICY),
    Door("/desk/policies/calendar", days, Duty.MANAGE_POLICY),
    Door(EMBARGOES, embargoes, Duty.MANAGE_POLICY),
    Door(f"{EMBARGOES}/complete", complete, Duty.MANAGE_POLICY, ("POST",)),
    Door(f"{EMBARGOES}/waive", waive, Duty.MANAGE_POLICY, ("POST",)),
    Door("/me/waiver", own_waiver, Duty.OWN_ACCOUNT),
    Door("/me/waiver", waive_own, Duty.OWN_ACCOUNT, ("POST",)),
)
"""The doors of these pages."""
