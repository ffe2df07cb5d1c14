"""Withdrawals for programs of archivists: asked for, approved, declined, and taken back."""

from __future__ import annotations

from http import HTTPStatus
from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from oais.functions.withdrawal.asking import approve, ask, decline, readmit
from oais.functions.withdrawal.listing import list_withdrawals, withdrawal_view
from oais.information.withdrawals import Withdrawal
from oais.web.api.archive import ROOT
from oais.web.doors import Door
from oais.web.rendering import answer_json
from oais.web.site.withdrawals import AnswerForm, ApprovalForm, AskedForm
from oais.web.visitors import principal_of, service_of
from policies.principals import Duty

_WITHDRAWALS: Final = f"{ROOT}/withdrawals"


def withdrawals(request: Request) -> Response:
    """List what waits for a second archivist, and what was decided."""
    return answer_json(list_withdrawals(service_of(request).archive))


def asked(request: Request, body: AskedForm) -> Response:
    """Ask that an AIP be withdrawn: ``reason`` stands on its tombstone, ``basis`` is for the staff."""
    service, by = service_of(request), principal_of(request).identifier
    made = ask(service, by, body.aip_id, why=body.why, reason=body.reason, basis=body.basis)
    return _told(request, made, HTTPStatus.CREATED)


def approved(request: Request, body: ApprovalForm) -> Response:
    """Approve somebody else's request: the AIP is withdrawn when this answers."""
    by = principal_of(request).identifier
    return _told(request, approve(service_of(request), by, body.aip_id))


def declined(request: Request, body: AnswerForm) -> Response:
    """Decline a request, or take back one's own."""
    by = principal_of(request).identifier
    return _told(request, decline(service_of(request), by, body.aip_id, body.reason))


def readmitted(request: Request, body: AnswerForm) -> Response:
    """Allow that what was withdrawn is delivered again."""
    by = principal_of(request).identifier
    return _told(request, readmit(service_of(request), by, body.aip_id, body.reason))


def _told(request: Request, withdrawal: Withdrawal, status: HTTPStatus = HTTPStatus.OK) -> Response:
    return answer_json(withdrawal_view(service_of(request).archive, withdrawal), status)


DOORS: Final = (
    Door(_WITHDRAWALS, withdrawals, Duty.MANAGE_ARCHIVE),
    Door(_WITHDRAWALS, asked, Duty.MANAGE_ARCHIVE, ("POST",)),
    Door(f"{_WITHDRAWALS}/approve", approved, Duty.MANAGE_ARCHIVE, ("POST",)),
    Door(f"{_WITHDRAWALS}/decline", declined, Duty.MANAGE_ARCHIVE, ("POST",)),
    Door(f"{_WITHDRAWALS}/readmit", readmitted, Duty.MANAGE_ARCHIVE, ("POST",)),
)
"""The doors of these programs."""
