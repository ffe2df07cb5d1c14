"""Asking for access to closed data: the form, and what becomes of a wish."""

from __future__ import annotations

from http import HTTPStatus
from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from oais.errors import InvalidError
from oais.functions.notifications.wishes import LONGEST_PURPOSE, ask_for_access
from oais.web.doors import Door
from oais.web.forms import Form, form_of
from oais.web.rendering import access_of, respond
from oais.web.site.entrance import UNPROCESSABLE, fault_of
from oais.web.visitors import service_of
from policies.principals import Duty

PAGE: Final = "/me/ask"


class AskForm(Form):
    """For which package access is asked, as ID or ID@vN, and what for."""

    about: str
    purpose: str


def form(request: Request, about: str = "") -> Response:
    """Show the form; the package is looked at when it is sent, so that opening the page tells nothing."""
    return _page(request, about)


def ask(request: Request) -> Response:
    """Pass the wish on, once, to those who can grant it."""
    wish = form_of(request, AskForm)
    try:
        new = ask_for_access(service_of(request), access_of(request), wish.about, wish.purpose)
    except InvalidError as error:
        return _page(request, wish.about, fault_of(error), wish.purpose)
    return respond(
        request, "ask.html", {"about": wish.about, "done": True, "new": new}, status=HTTPStatus.ACCEPTED
    )


def _page(request: Request, about: str, fault: str = "", purpose: str = "") -> Response:
    view = {"about": about, "done": False, "new": False}
    status = UNPROCESSABLE if fault else HTTPStatus.OK
    return respond(
        request, "ask.html", view, status=status, fault=fault, purpose=purpose, most=LONGEST_PURPOSE
    )


DOORS: Final = (
    Door(PAGE, form, Duty.OWN_ACCOUNT),
    Door(PAGE, ask, Duty.OWN_ACCOUNT, ("POST",)),
)
"""The doors of this page."""
