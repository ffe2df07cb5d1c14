"""The web application: made by ``create_app(archive)``, nothing happens at import."""

from __future__ import annotations

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response

from oais.archive import Archive
from oais.errors import ArchiveError, ConfigurationError, NotFoundError, WrongUsageError
from oais.web.access_tags import untagged
from oais.web.ranges import RangeNotSatisfiableError
from oais.web.rendering import create_site, error_response
from oais.web.security import Gate, allowed_hosts, referenced
from oais.web.site import SITE_ROUTES

METHODS = ["GET", "HEAD"]
"""No page changes anything, so no other method exists."""


class MethodError(WrongUsageError):
    """The site only hands out: GET and HEAD."""

    http_status = 405


def create_app(archive: Archive) -> FastAPI:
    """Make the site of an archive; raises ConfigurationError when a route lacks its access tag."""
    hosts = allowed_hosts(archive.settings.base_url)
    app = FastAPI(
        title=archive.settings.name,
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        middleware=[Middleware(Gate, hosts=hosts, error_page=error_response)],
    )
    for kind, answer in _ERROR_ANSWERS.items():
        app.add_exception_handler(kind, answer)
    app.state.site = create_site(archive)
    for path, endpoint in SITE_ROUTES.items():
        app.add_api_route(path, endpoint, methods=METHODS, response_model=None)
    missing = untagged(app.routes)
    if missing:
        raise ConfigurationError(f"routes without an access tag: {', '.join(missing)}")
    return app


def _archive_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, ArchiveError)
    response = error_response(request, referenced(error))
    if isinstance(error, RangeNotSatisfiableError):
        response.headers["Content-Range"] = f"bytes */{error.size}"
    return response


def _http_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    if error.status_code == MethodError.http_status:
        response = error_response(request, MethodError("this address can be read (GET, HEAD), nothing else"))
        response.headers["Allow"] = ", ".join(METHODS)
        return response
    if error.status_code == NotFoundError.http_status:
        return error_response(request, NotFoundError("there is no such page"))
    return error_response(request, WrongUsageError("the request cannot be read"))


def _validation_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    faults = "; ".join(f"{fault['loc'][-1]}: {fault['msg']}" for fault in error.errors())
    return error_response(request, WrongUsageError(f"the request cannot be read: {faults}"))


_ERROR_ANSWERS = {
    ArchiveError: _archive_error,
    HTTPException: _http_error,
    RequestValidationError: _validation_error,
}
