"""My queries and profiles: searches and selections of data that one keeps for oneself."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated, Final
from urllib.parse import parse_qs

from fastapi import Query
from starlette.requests import Request
from starlette.responses import Response

from oais.errors import InvalidError
from oais.functions.people.saved import (
    delete_profile,
    delete_query,
    save_profile,
    save_query,
    saved_profiles,
    saved_queries,
)
from oais.web.doors import Door
from oais.web.forms import Form, form_of
from oais.web.rendering import respond
from oais.web.returning import PROFILE
from oais.web.site.entrance import UNPROCESSABLE, fault_of, see_other
from oais.web.visitors import principal_of, service_of
from policies.principals import Duty

PAGE: Final = "/me/queries"


class QueryForm(Form):
    """A search under a name; ``query`` is what stands behind ``?`` in its address."""

    name: str
    description: str = ""
    query: str


class ProfileForm(Form):
    """Data often asked for: data sets (one a line), an interval, and the format of the package."""

    name: str
    data_sets: str
    starts: str = ""
    ends: str = ""
    format: str = ""


class ForgetForm(Form):
    """What is kept no more."""

    identifier: str


def saved(request: Request, query: Annotated[str, Query(max_length=2048)] = "") -> Response:
    """Show what is kept; ``query`` fills the form, as the search page's link does."""
    return _page(request, query)


def keep_query(request: Request) -> Response:
    """Keep a search."""
    form = form_of(request, QueryForm)
    person = principal_of(request).identifier
    try:
        save_query(service_of(request), person, form.name, form.query, description=form.description)
    except InvalidError as error:
        return _page(request, form.query, fault_of(error))
    return see_other(PAGE)


def forget_query(request: Request) -> Response:
    """Delete a search one kept."""
    form = form_of(request, ForgetForm)
    delete_query(service_of(request), principal_of(request).identifier, form.identifier)
    return see_other(PAGE)


def keep_profile(request: Request) -> Response:
    """Keep a profile."""
    form = form_of(request, ProfileForm)
    try:
        save_profile(
            service_of(request),
            principal_of(request).identifier,
            form.name,
            form.data_sets.splitlines(),
            starts=form.starts,
            ends=form.ends,
            package_format=form.format,
        )
    except InvalidError as error:
        return _page(request, fault=fault_of(error))
    return see_other(f"{PAGE}#profiles")


def forget_profile(request: Request) -> Response:
    """Delete a profile one kept."""
    form = form_of(request, ForgetForm)
    delete_profile(service_of(request), principal_of(request).identifier, form.identifier)
    return see_other(f"{PAGE}#profiles")


def _page(request: Request, query: str = "", fault: str = "") -> Response:
    service, person = service_of(request), principal_of(request).identifier
    queries, profiles = saved_queries(service, person), saved_profiles(service, person)
    kept = {profile.identifier for profile in profiles}
    without = {one.identifier for one in queries if not kept.issuperset(parse_qs(one.query).get(PROFILE, ()))}
    view = {"queries": queries, "profiles": profiles}
    status = UNPROCESSABLE if fault else HTTPStatus.OK
    return respond(request, "saved.html", view, status=status, query=query, fault=fault, without=without)


DOORS: Final = (
    Door(PAGE, saved, Duty.OWN_ACCOUNT),
    Door(PAGE, keep_query, Duty.OWN_ACCOUNT, ("POST",)),
    Door(f"{PAGE}/delete", forget_query, Duty.OWN_ACCOUNT, ("POST",)),
    Door("/me/profiles", keep_profile, Duty.OWN_ACCOUNT, ("POST",)),
    Door("/me/profiles/delete", forget_profile, Duty.OWN_ACCOUNT, ("POST",)),
)
"""The doors of these pages."""
