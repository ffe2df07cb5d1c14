"""Access codes for programs, which keep the name of their wish in place of a browser's cookie."""

from __future__ import annotations

import secrets
from http import HTTPStatus
from typing import Annotated, Final

from pydantic import Field
from starlette.background import BackgroundTask
from starlette.requests import Request
from starlette.responses import Response

from oais.archive import timestamp
from oais.functions.codes import DOWNLOADS_LAST, code_request, issue_code, redeem_code
from oais.web.addresses import address_of, prefix_of
from oais.web.cookies import DOWNLOADS, set_cookie
from oais.web.doors import Door, Public
from oais.web.forms import Form
from oais.web.rendering import answer_json
from oais.web.visitors import service_of


class Wish(Form):
    """Where to mail a code."""

    address: str


class Given(Form):
    """A code, with the ``request`` that the wish was answered with."""

    request: Annotated[str, Field(pattern="^[A-Za-z0-9_-]{43}$")]
    code: str


def ask_code(request: Request, wish: Wish) -> Response:
    """Take a wish for a code; the answer is the same for every address, and given before it is looked at."""
    name = secrets.token_urlsafe(32)
    network = prefix_of(address_of(request))
    wanted = code_request(service_of(request), browser=name, network=network, address=wish.address)
    told = "if the address is right, a code is on its way to it; give it back with this request"
    response = answer_json({"request": name, "told": told}, HTTPStatus.ACCEPTED)
    response.background = BackgroundTask(issue_code, service_of(request), wanted)
    return response


def use_code(request: Request, given: Given) -> Response:
    """Use a code up; the cookie that comes back opens downloads until the moment told."""
    network = prefix_of(address_of(request))
    opened = redeem_code(service_of(request), given.request, given.code, network=network)
    response = answer_json({"until": timestamp(opened.until)})
    set_cookie(request, response, DOWNLOADS, opened.secret, seconds=int(DOWNLOADS_LAST.total_seconds()))
    return response


DOORS: Final = (
    Door("/api/v1/codes", ask_code, Public.NOTHING, ("POST",)),
    Door("/api/v1/codes/use", use_code, Public.NOTHING, ("POST",)),
)
"""The doors of these programs."""
