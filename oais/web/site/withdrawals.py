"""The desk's withdrawals: one archivist asks, another approves by typing the identifier again."""

from __future__ import annotations

from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from oais.functions.withdrawal.asking import approve, ask, decline, readmit
from oais.functions.withdrawal.listing import REASONS, list_withdrawals
from oais.web.doors import Door
from oais.web.forms import Form, form_of
from oais.web.rendering import respond
from oais.web.site.entrance import see_other
from oais.web.visitors import principal_of, service_of
from policies.principals import Duty

_DESK: Final = "/desk/withdrawals"


class AskedForm(Form):
    """Which AIP is to be withdrawn, why, what the tombstone says, and on what basis."""

    aip_id: str
    why: str
    reason: str
    basis: str


class ApprovalForm(Form):
    """The AIP whose withdrawal is approved, typed by whoever approves."""

    aip_id: str


class AnswerForm(Form):
    """An AIP and why: its withdrawal is declined, or it may come back."""

    aip_id: str
    reason: str


def withdrawals(request: Request, aip: str = "") -> Response:
    """List what waits for a second archivist and what was decided, and the form to ask; ``aip`` fills it."""
    view = list_withdrawals(service_of(request).archive)
    return respond(request, "withdrawals.html", view, reasons=REASONS, named=aip)


def asked(request: Request) -> Response:
    """Ask that an AIP be withdrawn."""
    form, by = form_of(request, AskedForm), principal_of(request).identifier
    ask(service_of(request), by, form.aip_id, why=form.why, reason=form.reason, basis=form.basis)
    return see_other(_DESK)


def approved(request: Request) -> Response:
    """Approve somebody else's request; the AIP is withdrawn at once."""
    form = form_of(request, ApprovalForm)
    approve(service_of(request), principal_of(request).identifier, form.aip_id)
    return see_other(_DESK)


def declined(request: Request) -> Response:
    """Decline a request, or take back one's own."""
    form = form_of(request, AnswerForm)
    decline(service_of(request), principal_of(request).identifier, form.aip_id, form.reason)
    return see_other(_DESK)


def readmitted(request: Request) -> Response:
    """Allow that what was withdrawn is delivered again."""
    form = form_of(request, AnswerForm)
    readmit(service_of(request), principal_of(request).identifier, form.aip_id, form.reason)
    return see_other(_DESK)


DOORS: Final = (
    Door(_DESK, withdrawals, Duty.MANAGE_ARCHIVE),
    Door(f"{_DESK}/ask", asked, Duty.MANAGE_ARCHIVE, ("POST",)),
    Door(f"{_DESK}/approve", approved, Duty.MANAGE_ARCHIVE, ("POST",)),
    Door(f"{_DESK}/decline", declined, Duty.MANAGE_ARCHIVE, ("POST",)),
    Door(f"{_DESK}/readmit", readmitted, Duty.MANAGE_ARCHIVE, ("POST",)),
)
"""The doors of these pages."""
