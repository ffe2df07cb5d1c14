"""The web application: made by ``create_app(archive)``, nothing happens at import."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Final

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Match, Route

from oais.archive import Archive
from oais.errors import ArchiveError, ConfigurationError, NotFoundError, WrongUsageError
from oais.functions.policy.recording import record_policies
from oais.functions.service import Service, open_service
from oais.web import description
from oais.web.api import API_DOORS
from oais.web.deposit import DEPOSIT_DOORS
from oais.web.doors import Door, DoorRoute, undeclared
from oais.web.forms import InvalidFormError
from oais.web.languages import LanguageChoice
from oais.web.limits import Buckets, Crowd
from oais.web.ranges import RangeNotSatisfiableError
from oais.web.rendering import create_site, error_response
from oais.web.security import Gate, allowed_hosts, referenced
from oais.web.site import SITE_DOORS
from oais.web.tap import TAP_DOORS
from oais.web.turnstile import Turnstile

DOORS: Final[tuple[Door, ...]] = (*description.DOORS, *API_DOORS, *SITE_DOORS, *TAP_DOORS, *DEPOSIT_DOORS)
"""Every address that answers."""


class MethodError(WrongUsageError):
    """The address exists, but not for this method."""

    http_status = 405


def create_app(archive: Archive, *, service: Service | None = None, doors: Sequence[Door] = DOORS) -> FastAPI:
    """Make the site of an archive; raises ConfigurationError when a route is no door.

    Without a ``service`` the archive's own database is opened, unless its disk takes no writes; then the site
    knows nobody and shows what is open to all.
    """
    settings = archive.settings
    app = FastAPI(
        title=settings.name,
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        middleware=[
            Middleware(Turnstile, doors=doors),
            Middleware(Gate, hosts=allowed_hosts(settings.base_url), error_page=error_response),
            Middleware(LanguageChoice),
        ],
    )
    for kind, answer in _ERROR_ANSWERS.items():
        app.add_exception_handler(kind, answer)
    app.state.archive = archive
    app.state.service = service or (open_service(archive) if os.access(archive.home, os.W_OK) else None)
    app.state.over_tls = settings.base_url.startswith("https://")
    app.state.buckets = Buckets(settings.requests_per_minute, settings.requests_per_minute / 60)
    app.state.builds = Buckets(settings.packages_per_minute, settings.packages_per_minute / 60)
    app.state.builders = Crowd(settings.packages_at_once, settings.packages_at_once_each)
    app.state.guesses = Buckets(settings.logins_per_minute, settings.logins_per_minute / 60)
    if app.state.service is not None:
        record_policies(app.state.service)
    app.state.site = create_site(archive, app.state.service)
    app.router.routes.extend(map(_route, doors))
    if missing := undeclared(app.routes):
        raise ConfigurationError(f"routes that are no doors: {', '.join(missing)}")
    return app


@lru_cache(maxsize=2 * len(DOORS))
def _route(door: Door) -> DoorRoute:
    """Return the route of a door: it knows nothing of an archive, so the sites of one process share it."""
    return DoorRoute(door)


def _archive_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, ArchiveError)
    response = error_response(request, referenced(error))
    if isinstance(error, RangeNotSatisfiableError):
        response.headers["Content-Range"] = f"bytes */{error.size}"
    return response


def _http_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    if error.status_code == MethodError.http_status:
        methods = ", ".join(_methods_of(request))
        response = error_response(request, MethodError(f"this address answers to {methods}, nothing else"))
        response.headers["Allow"] = methods
        return response
    if error.status_code == NotFoundError.http_status:
        return error_response(request, NotFoundError("there is no such page"))
    return error_response(request, WrongUsageError("the request cannot be read"))


def _methods_of(request: Request) -> Iterable[str]:
    """Return the methods of all doors at the address that was asked for."""
    routes = [route for route in request.scope["app"].routes if isinstance(route, Route)]
    at_address = [route for route in routes if route.matches(request.scope)[0] is not Match.NONE]
    return sorted({method for route in at_address for method in route.methods or ()})


def _validation_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    faults = {str(fault["loc"][-1]): str(fault["msg"]) for fault in error.errors()}
    if any(fault["loc"][0] == "body" for fault in error.errors()):
        return error_response(request, InvalidFormError(faults))
    told = "; ".join(f"{name}: {fault}" for name, fault in faults.items())
    return error_response(request, WrongUsageError(f"the request cannot be read: {told}"))


_ERROR_ANSWERS = {
    ArchiveError: _archive_error,
    HTTPException: _http_error,
    RequestValidationError: _validation_error,
}
