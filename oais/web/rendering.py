"""From a view to an answer: a page made by a template, or its JSON twin; errors likewise."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import Any

from jinja2 import Environment
from starlette.requests import Request
from starlette.responses import Response

from oais.archive import Archive
from oais.errors import ArchiveError, BusyError
from oais.functions.access.decisions import ClosedError
from oais.functions.access.facade import Access, open_access
from oais.functions.access.profiles import ProfileGoneError
from oais.functions.access.tombstones import tombstone_view
from oais.functions.access.views import as_plain
from oais.functions.deposit.addition import ChecksumError
from oais.functions.notifications.wishes import LONGEST_PURPOSE
from oais.functions.service import Service
from oais.functions.withdrawal.keeping import WithdrawnError
from oais.web.branding import branded
from oais.web.cookies import SESSION, clear_cookie, cookie_of
from oais.web.forms import TOKEN_FIELD, InvalidFormError, token_of
from oais.web.languages import Language, language_of, load_languages, switches
from oais.web.negotiation import HTML, JSON, choose_form, wants_json
from oais.web.panel import panel, shelves
from oais.web.returning import returning_here, without_profile
from oais.web.templating import template_environment
from oais.web.visitors import (
    STRANGER,
    Visitor,
    WrongCredentialError,
    kept_by_caches,
    known_visitor,
    principal_of,
    visitor_of,
)
from policies.principals import STAFF

_HERE = Path(__file__).parent
_MEDIA_TYPES = {".css": "text/css", ".svg": "image/svg+xml", ".js": "text/javascript", ".webp": "image/webp"}


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
    templates: Mapping[str, Environment]
    languages: Mapping[str, Language]
    static: Mapping[str, StaticFile]


def create_site(archive: Archive, service: Service | None) -> Site:
    """Load templates and static files; nothing is read from them after this.

    Raises ConfigurationError for a colour of the settings that cannot be used.
    """
    found = sorted(path for path in (_HERE / "static").iterdir() if path.suffix in _MEDIA_TYPES)
    looks = branded({path.name: path.read_bytes() for path in found}, archive.settings.colour)
    static = {name: _static_file(name, data) for name, data in looks.items()}
    languages = load_languages()
    known = {
        "panel": panel,
        "shelves": shelves,
        "site_name": archive.settings.name,
        "contact": archive.settings.contact,
        "welcome": archive.settings.welcome,
        "stamps": {name: file.stamp for name, file in static.items()},
        "languages": languages,
        "longest_purpose": LONGEST_PURPOSE,
    }
    templates = {one.code: template_environment(one, known) for one in languages.values()}
    database = None if service is None else service.database
    return Site(archive, open_access(archive, database=database), templates, languages, static)


def _static_file(name: str, data: bytes) -> StaticFile:
    return StaticFile(data, _MEDIA_TYPES[Path(name).suffix], hashlib.sha256(data).hexdigest()[:12])


def site_of(request: Request) -> Site:
    """Return what ``create_app`` put beside the application."""
    site = request.scope["app"].state.site
    assert isinstance(site, Site)
    return site


def speech_of(request: Request) -> Language:
    """Return the language that an answer is written in."""
    return site_of(request).languages[language_of(request)]


def access_of(request: Request) -> Access:
    """Return the access of whoever asks, at this moment."""
    site = site_of(request)
    return site.access.asked_by(principal_of(request), site.archive.clock())


def respond(
    request: Request, template: str, view: object, *, status: HTTPStatus = HTTPStatus.OK, **more: Any
) -> Response:
    """Answer with the page that ``template`` makes of ``view``, or with the view as JSON.

    ``more`` is for the template only. What every stranger sees may be kept and asked about again; what is
    made for one person, or holds a form's token, may not be kept at all. Raises NotAcceptableError.
    """
    visitor = visitor_of(request)
    if choose_form(request.headers.get("accept")) == JSON:
        response = answer_json(view, status)
    else:
        response = _page(request, template, visitor, status, view=view, **more)
    response.headers.update(kept_by_caches(request))
    return response


def _page(request: Request, template: str, visitor: Visitor, status: int, /, **values: Any) -> Response:
    """Answer with a page in the reader's language."""
    language = language_of(request)
    templates = site_of(request).templates[language]
    parts = templates.get_template("parts.html").module

    def csrf_field() -> object:
        return parts.csrf_field(TOKEN_FIELD, token_of(request))  # type: ignore[attr-defined]

    staff = visitor.principal.role in STAFF
    trouble = site_of(request).archive.in_force.trouble() if staff else ""
    html = templates.get_template(template).render(
        **values,
        visitor=visitor,
        trouble=trouble,
        menu=site_of(request).archive.policies.referred.menu,
        here=request.scope["path"],
        switches=switches(request),
        csrf_field=csrf_field,
    )
    return Response(html, status, {"Content-Language": language}, HTML)


def answer_json(view: object, status: HTTPStatus = HTTPStatus.OK) -> Response:
    """Answer with a view as JSON."""
    return _json(as_plain(view), JSON, status)


def error_response(request: Request, error: ArchiveError) -> Response:
    """Answer with a calm page or with problem details (RFC 9457); nothing internal is told."""
    status = error.http_status
    internal = status >= HTTPStatus.INTERNAL_SERVER_ERROR
    problem = {
        "type": "about:blank",
        "title": _phrase(status),
        "status": status,
        "detail": _public_message(error, internal=internal),
        "remedy": error.remedy,
    }
    if isinstance(error, InvalidFormError):
        problem["faults"] = dict(error.faults)
    if isinstance(error, ClosedError):
        problem["step"] = str(error.decision.step)
    tombstone = None
    if isinstance(error, WithdrawnError):
        tombstone = tombstone_view(error.tombstone, staff=error.staff)
        problem["tombstone"] = as_plain(tombstone)
    if wants_json(request):
        response = _json(problem, "application/problem+json", status)
    else:
        # Only who was found before the fault is greeted: an error page asks the database nothing.
        visitor = known_visitor(request) or STRANGER
        # Finding that an address is a page of ours asks every route: only who may go on is led back.
        going_on = status == HTTPStatus.UNAUTHORIZED or isinstance(error, ClosedError)
        back = returning_here(request) if going_on else ""
        without = without_profile(request) if isinstance(error, ProfileGoneError) else ""
        more = {"problem": problem, "back": back, "without": without, "stone": tombstone}
        template = "tombstone.html" if tombstone else "error.html"
        response = _page(request, template, visitor, status, **more)
    _tell_how_to_go_on(request, error, response)
    return response


def _phrase(status: int) -> str:
    """Return the words of a status; tus has one of its own that HTTP does not know."""
    return "Checksum Mismatch" if status == ChecksumError.http_status else HTTPStatus(status).phrase


def _tell_how_to_go_on(request: Request, error: ArchiveError, response: Response) -> None:
    """Say in headers when to come back and how to prove oneself, and end what does not count."""
    if isinstance(error, BusyError):
        response.headers["Retry-After"] = str(error.retry_after)
    if response.status_code == HTTPStatus.UNAUTHORIZED:
        # A browser would ask with a window of its own in place of our page; programs need the word.
        by_person = HTML in request.headers.get("accept", "")
        response.headers["WWW-Authenticate"] = 'Bearer realm="archive"' + (
            "" if by_person else ', Basic realm="archive", charset="UTF-8"'
        )
    if isinstance(error, WrongCredentialError) and cookie_of(request, SESSION) is not None:
        clear_cookie(request, response, SESSION)


def _public_message(error: ArchiveError, *, internal: bool) -> str:
    if not internal:
        return error.message
    return "The archive could not answer. Nothing that is stored was changed."


def json_text(plain: object) -> str:
    """Return plain values as answers write them."""
    return json.dumps(plain, ensure_ascii=False, allow_nan=False, indent=2)


def _json(plain: object, media_type: str, status: int) -> Response:
    return Response(json_text(plain).encode(), status, media_type=media_type)
