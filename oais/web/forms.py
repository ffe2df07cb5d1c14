"""Forms of the site's own pages: their fields as a model, and the proof that one of our pages sent them."""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from typing import Any, Final, TypeVar, get_origin

from pydantic import BaseModel, ConfigDict, ValidationError
from starlette.requests import Request

from oais.errors import InvalidError, RefusedError
from oais.web.bodies import fields_of
from oais.web.cookies import browser_of
from oais.web.visitors import service_of, visitor_of

TOKEN_FIELD: Final = "csrf"  # noqa: S105 - the name of a field
TOKEN_HEADER: Final = "x-csrf-token"  # noqa: S105 - the name of a header
_PURPOSE: Final = "form"


class Form(BaseModel):
    """The fields a form may have; one that has others is refused."""

    model_config = ConfigDict(extra="forbid", frozen=True, str_max_length=4000, hide_input_in_errors=True)


_Model = TypeVar("_Model", bound=Form)


class InvalidFormError(InvalidError):
    """What was sent can be read but not used; ``faults`` tells it field by field."""

    def __init__(self, faults: Mapping[str, str], *, remedy: str = "mend it and send it again") -> None:
        super().__init__("; ".join(f"{name}: {told}" for name, told in faults.items()), remedy=remedy)
        self.faults = faults


def form_of(request: Request, model: type[_Model]) -> _Model:
    """Return the form that was sent; raises InvalidFormError that names every field at fault.

    A field of the model that is a list takes all values of its name, any other one value.
    """
    plain: dict[str, Any] = {}
    faults: dict[str, str] = {}
    for name, values in fields_of(request).items():
        field = model.model_fields.get(name)
        if field is not None and get_origin(field.annotation) in {list, tuple}:
            plain[name] = values
        elif len(values) == 1:
            plain[name] = values[0]
        else:
            faults[name] = "given more than once"
    plain.pop(TOKEN_FIELD, None)
    try:
        form = model.model_validate(plain)
    except ValidationError as error:
        faults |= faults_of(error)
    if faults:
        raise InvalidFormError(faults)
    return form


def faults_of(error: ValidationError) -> dict[str, str]:
    """Return field → fault of a validation."""
    return {".".join(map(str, fault["loc"])) or "form": fault["msg"] for fault in error.errors()}


def token_of(request: Request) -> str:
    """Return what a form of this session, or of this browser before any, must send along."""
    visitor = visitor_of(request)
    bound_to = visitor.session or browser_of(request)
    return service_of(request).hmac(_PURPOSE, bound_to)


def check_intent(request: Request, *, form: bool) -> None:
    """Raise RefusedError unless the sender meant it: no other site's page, and the token where one is due.

    Who proves himself in a header, as no browser does unasked, needs no token; nor does a program that brings
    no cookie.
    """
    check_origin(request)
    if visitor_of(request).by_header or (not form and "cookie" not in request.headers):
        return
    sent = fields_of(request).get(TOKEN_FIELD, []) if form else [request.headers.get(TOKEN_HEADER, "")]
    check_token(request, sent[0] if len(sent) == 1 else "")


def check_origin(request: Request) -> None:
    """Raise RefusedError when a page of another site sent the request."""
    origin = request.headers.get("origin", "null")
    site = request.headers.get("sec-fetch-site", "none")
    host = request.headers["host"].lower()
    # Our own pages, which send no referrer, may name their origin "null"; then the token alone decides.
    if site not in {"none", "same-origin"} or (
        origin != "null" and origin.lower().partition("://")[2] != host
    ):
        raise RefusedError("another site's page sent this", remedy="use the form on this archive's own page")


def check_token(request: Request, token: str) -> None:
    """Raise RefusedError when a form's token is not the one its page was given."""
    if not hmac.compare_digest(token.encode(), token_of(request).encode()):
        raise RefusedError(
            "the form is not from this session, or its page has been open too long",
            remedy="reload the page and send the form again",
        )
