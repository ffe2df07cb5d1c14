"""Access codes: the page where one is asked for and typed; opening it changes nothing."""

from __future__ import annotations

from http import HTTPStatus
from typing import Final

from starlette.background import BackgroundTask
from starlette.requests import Request
from starlette.responses import Response

from oais.archive import timestamp
from oais.errors import InvalidError
from oais.functions.codes import (
    CODE_LASTS,
    DOWNLOADS_LAST,
    WrongCodeError,
    code_request,
    issue_code,
    redeem_code,
)
from oais.web.addresses import address_of, prefix_of
from oais.web.cookies import DOWNLOADS, browser_of, set_cookie
from oais.web.doors import Door, Public
from oais.web.forms import Form, form_of
from oais.web.rendering import respond
from oais.web.returning import safe_return
from oais.web.site.entrance import UNPROCESSABLE, fault_of, see_other
from oais.web.visitors import principal_of, service_of, visitor_of

PAGE: Final = "/code"


class AskForm(Form):
    """Where to mail a code; empty for the address of the account that is logged in."""

    address: str = ""
    next: str = ""


class CodeForm(Form):
    """A code as it was typed."""

    code: str
    next: str = ""


def code_page(request: Request, next: str = "") -> Response:  # noqa: A002 - the name of the parameter
    """Show how to come by a code, and the forms to ask for one and to type it."""
    return _page(request, next)


def ask(request: Request) -> Response:
    """Take a wish for a code; the answer is the same for every address, and given before it is looked at."""
    form = form_of(request, AskForm)
    try:
        wish = code_request(
            service_of(request),
            browser=browser_of(request),
            network=prefix_of(address_of(request)),
            address=form.address,
            person=principal_of(request).identifier,
        )
    except InvalidError as error:
        return _page(request, form.next, status=UNPROCESSABLE, fault=fault_of(error))
    response = _page(request, form.next, status=HTTPStatus.ACCEPTED, asked=True)
    response.background = BackgroundTask(issue_code, service_of(request), wish)
    return response


def use(request: Request) -> Response:
    """Use a code up, and go on to where its downloads are."""
    form = form_of(request, CodeForm)
    try:
        opened = redeem_code(
            service_of(request),
            browser_of(request),
            form.code,
            network=prefix_of(address_of(request)),
            session=visitor_of(request).credential,
        )
    except WrongCodeError as error:
        return _page(request, form.next, status=HTTPStatus.FORBIDDEN, fault=fault_of(error), asked=True)
    response = see_other(safe_return(request, form.next) or PAGE)
    if opened.secret:
        seconds = int(DOWNLOADS_LAST.total_seconds())
        set_cookie(request, response, DOWNLOADS, opened.secret, seconds=seconds)
    return response


def _page(
    request: Request,
    back: str,
    *,
    status: HTTPStatus = HTTPStatus.OK,
    fault: str = "",
    asked: bool = False,
) -> Response:
    principal = principal_of(request)
    view = {
        "open_until": "" if principal.code_until is None else timestamp(principal.code_until),
        "confirmed": principal.code_confirmed,
        "asked": asked,
        "minutes": int(CODE_LASTS.total_seconds()) // 60,
    }
    return respond(request, "code.html", view, status=status, fault=fault, back=safe_return(request, back))


DOORS: Final = (
    Door(PAGE, code_page, Public.NOTHING),
    Door(PAGE, ask, Public.NOTHING, ("POST",)),
    Door(f"{PAGE}/use", use, Public.NOTHING, ("POST",)),
)
"""The doors of this page."""
