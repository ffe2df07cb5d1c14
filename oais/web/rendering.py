"""From a view to an answer: a page made by a template, or its JSON twin; errors likewise."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import Response

from oais.archive import Archive
from oais.errors import ArchiveError
from oais.functions.access import Access, as_plain, open_access
from oais.web import words
from oais.web.negotiation import HTML, JSON, NotAcceptableError, choose_form
from policies.access import ANONYMOUS, Principal

_HERE = Path(__file__).parent
_MEDIA_TYPES = {".css": "text/css", ".svg": "image/svg+xml", ".js": "text/javascript"}


@dataclass(frozen=True, slots=True)
class StaticFile:
    """A file of the site's own look, held in memory; ``stamp`` changes when its content does."""

    data: bytes
    media_type: str
    stamp: str


@dataclass(frozen=True, slots=True)
class Site:
    """What every handler needs: the archive, the templates, and the files of the look."""

    archive: Archive
    access: Access
    templates: Environment
    static: Mapping[str, StaticFile]


def create_site(archive: Archive) -> Site:
    """Load templates and static files; nothing is read from them after this."""
    static = {
        path.name: _static_file(path)
        for path in sorted((_HERE / "static").iterdir())
        if path.suffix in _MEDIA_TYPES
    }
    templates = Environment(
        loader=FileSystemLoader(_HERE / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    templates.globals |= {
        "site_name": archive.settings.name,
        "contact": archive.settings.contact,
        "stamps": {name: file.stamp for name, file in static.items()},
    }
    templates.filters |= {
        "size": words.human_size,
        "grouped": words.grouped,
        "counted": words.counted,
        "moment": words.moment,
        "day": words.day,
        "step": words.level_step,
        "matching": words.matching,
        "version_url": words.version_url,
        "url": words.url_path,
    }
    return Site(archive, open_access(archive), templates, static)


def _static_file(path: Path) -> StaticFile:
    data = path.read_bytes()
    return StaticFile(data, _MEDIA_TYPES[path.suffix], hashlib.sha256(data).hexdigest()[:12])


def site_of(request: Request) -> Site:
    """Return what ``create_app`` put beside the application."""
    site = request.scope["app"].state.site
    assert isinstance(site, Site)
    return site


def principal_of(request: Request) -> Principal:  # noqa: ARG001 - accounts read the request
    """Return who asks; until there are accounts, everybody is a stranger."""
    return ANONYMOUS


def access_of(request: Request) -> Access:
    """Return the access of whoever asks, at this moment."""
    site = site_of(request)
    return site.access.asked_by(principal_of(request), site.archive.clock())


def respond(request: Request, template: str, view: object, **more: Any) -> Response:
    """Answer with the page that ``template`` makes of ``view``, or with the view as JSON.

    ``more`` is for the template only. Raises NotAcceptableError.
    """
    if choose_form(request.headers.get("accept")) == JSON:
        return _json(as_plain(view), JSON, HTTPStatus.OK)
    page = site_of(request).templates.get_template(template)
    html = page.render(view=view, here=request.scope["path"], **more)
    return Response(html, media_type=HTML, headers={"Cache-Control": "no-cache"})


def error_response(request: Request, error: ArchiveError) -> Response:
    """Answer with a calm page or with problem details (RFC 9457); nothing internal is told."""
    status = HTTPStatus(error.http_status)
    internal = status >= HTTPStatus.INTERNAL_SERVER_ERROR
    problem = {
        "type": "about:blank",
        "title": status.phrase,
        "status": int(status),
        "detail": _public_message(error, internal=internal),
        "remedy": error.remedy,
    }
    if wants_json(request):
        return _json(problem, "application/problem+json", status)
    page = site_of(request).templates.get_template("error.html")
    return Response(page.render(problem=problem, here=""), status, media_type=HTML)


def _public_message(error: ArchiveError, *, internal: bool) -> str:
    if not internal:
        return error.message
    return "The archive could not answer. Nothing that is stored was changed."


def wants_json(request: Request) -> bool:
    """Return whether the answer will be JSON; also when no form of ours was asked for."""
    try:
        return choose_form(request.headers.get("accept")) == JSON
    except NotAcceptableError:
        return True


def _json(plain: object, media_type: str, status: HTTPStatus) -> Response:
    body = json.dumps(plain, ensure_ascii=False, allow_nan=False, indent=2).encode()
    return Response(body, status, media_type=media_type, headers={"Cache-Control": "no-cache"})
