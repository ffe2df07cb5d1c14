"""Withdrawal as people do it: one archivist asks, another approves or declines, never the same account."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from oais.archive import timestamp
from oais.database import people
from oais.database.people import Person
from oais.errors import InvalidError, NotFoundError, RefusedError, WrongUsageError
from oais.functions.ingest import one_ingest_of
from oais.functions.ledger.recording import record_withdrawal
from oais.functions.ledger.unrecorded import marked
from oais.functions.people.principals import principal_of
from oais.functions.security_log import record
from oais.functions.service import Service
from oais.functions.storage import find_aip, ingesting
from oais.functions.withdrawal.copies import follow_everywhere
from oais.functions.withdrawal.keeping import keep, withdrawal_of, withdrawals_of
from oais.functions.withdrawal.orders import end_orders
from oais.functions.withdrawal.removing import carry_out, prune_after
from oais.information.identifiers import parse_aip_reference
from oais.information.text import printable
from oais.information.withdrawals import (
    Act,
    Readmission,
    Request,
    Ruling,
    State,
    Why,
    Withdrawal,
)
from policies.principals import Duty, may

LONGEST: Final = 2_000
"""Characters of a reason."""


def ask(service: Service, by: str, about: str, *, why: str, reason: str, basis: str) -> Withdrawal:
    """Ask that an AIP be withdrawn: ``reason`` will stand on its tombstone, ``basis`` is for the staff.

    Raises InvalidError that tells every fault, WrongUsageError for a single version, NotFoundError,
    RefusedError for who is no archivist and where it is asked for already, DamageError, StorageError.
    """
    aip_id, archive = _aip_named(about), service.archive
    person = _archivist(service, by)
    _check_texts(reason=reason, basis=basis, why=why)
    with ingesting(archive), one_ingest_of(archive, aip_id):
        find_aip(archive, aip_id)
        earlier = withdrawals_of(archive, aip_id)
        if earlier and earlier[-1].state(archive.now()) in {State.ASKED, State.UNFINISHED}:
            raise RefusedError(
                f"the withdrawal of {aip_id} was asked for already, on {earlier[-1].request.act.at[:10]}",
                remedy="approve or decline that request",
            )
        ends = timestamp(service.now() + timedelta(days=archive.settings.withdrawal_days))
        request = Request(
            aip_id=aip_id,
            number=len(earlier) + 1,
            act=_act(service, person),
            expires_at=ends,
            why=why,
            reason=reason.strip(),
            basis=basis.strip(),
        )
        record(service, "withdrawal asked for", who=person.identifier, subject=aip_id, why=why)
        with marked(archive):
            keep(archive, request)
            record_withdrawal(archive, (request,))
    return Withdrawal(request)


def approve(service: Service, by: str, about: str) -> Withdrawal:
    """Approve a request and carry it out; repeated after a crash, it goes on where it stopped.

    Raises NotFoundError when nobody asked, RefusedError for who asked himself and where the request has
    expired or whoever asked is no archivist any more, DamageError, StorageError.
    """
    aip_id, archive = _aip_named(about), service.archive
    person = _archivist(service, by)
    with ingesting(archive), one_ingest_of(archive, aip_id):
        withdrawal = _open(service, aip_id)
        if withdrawal.ruling is None:
            _require_second(service, withdrawal.request, person)
            find_aip(archive, aip_id)
        with marked(archive):
            if withdrawal.ruling is None:
                ruling = Ruling(aip_id, withdrawal.request.number, _act(service, person), approved=True)
                record(service, "withdrawal approved", who=person.identifier, subject=aip_id)
                keep(archive, ruling)
                record_withdrawal(archive, (ruling,))
            carry_out(archive, _newest(service, aip_id))
        end_orders(service, [aip_id])
    follow_everywhere(archive)
    prune_after(archive, aip_id)
    return _newest(service, aip_id)


def decline(service: Service, by: str, about: str, reason: str) -> Withdrawal:
    """Decline a request; whoever asked takes it back so. Raises as ``approve``, and InvalidError."""
    aip_id, archive = _aip_named(about), service.archive
    person = _archivist(service, by)
    _check_texts(reason=reason)
    with ingesting(archive), one_ingest_of(archive, aip_id):
        withdrawal = _open(service, aip_id)
        if withdrawal.ruling is not None:
            raise RefusedError(f"the withdrawal of {aip_id} is approved", remedy="it cannot be taken back")
        number = withdrawal.request.number
        ruling = Ruling(aip_id, number, _act(service, person), approved=False, reason=reason.strip())
        record(service, "withdrawal declined", who=person.identifier, subject=aip_id)
        with marked(archive):
            keep(archive, ruling)
            record_withdrawal(archive, (ruling,))
    return _newest(service, aip_id)


def readmit(service: Service, by: str, about: str, reason: str) -> Withdrawal:
    """Allow that a withdrawn identifier is delivered again; its tombstone is kept, and stands no more.

    Raises NotFoundError when it is not withdrawn, RefusedError, InvalidError, StorageError.
    """
    aip_id, archive = _aip_named(about), service.archive
    person = _archivist(service, by)
    _check_texts(reason=reason)
    with ingesting(archive), one_ingest_of(archive, aip_id):
        withdrawal = withdrawal_of(archive, aip_id)
        if withdrawal is None or withdrawal.state(archive.now()) is not State.WITHDRAWN:
            raise NotFoundError(f"{aip_id} is not withdrawn", remedy="'oais withdraw list' tells what is")
        number = withdrawal.request.number
        allowed = Readmission(aip_id, number, _act(service, person), reason.strip())
        record(service, "withdrawn AIP readmitted", who=person.identifier, subject=aip_id)
        with marked(archive):
            keep(archive, allowed)
            record_withdrawal(archive, (allowed,))
    return _newest(service, aip_id)


def _aip_named(about: str) -> str:
    reference = parse_aip_reference(about.strip())
    if reference.version is not None:
        raise WrongUsageError(
            f"{reference} is one version: an AIP is withdrawn whole",
            remedy="close the version by a policy, deliver a better one, or withdraw the AIP",
        )
    return reference.aip_id


def _archivist(service: Service, by: str) -> Person:
    """Return the account that asks, as its rights are now; raises RefusedError."""
    with service.database.reading() as connection:
        person = people.by_identifier(connection, by)
        able = person is not None and may(
            principal_of(connection, person, service.now()), Duty.MANAGE_ARCHIVE
        )
    if person is None or not able:
        raise RefusedError(
            "withdrawals are asked for and approved by archivists, each with an account of his own",
            remedy="log in as an archivist or administrator",
        )
    return person


def _require_second(service: Service, request: Request, person: Person) -> None:
    """Make sure that another account approves, and that who asked may still ask; raises RefusedError."""
    if person.identifier == request.act.by:
        raise RefusedError(
            f"you asked for the withdrawal of {request.aip_id} yourself",
            remedy="another archivist approves it",
        )
    try:
        _archivist(service, request.act.by)
    except RefusedError as error:
        raise RefusedError(
            f"{request.act.name}, who asked for it, is no archivist any more",
            remedy="decline it, and ask for it again",
        ) from error


def _open(service: Service, aip_id: str) -> Withdrawal:
    """Return the request that waits, or what is approved and not finished, or done."""
    withdrawal = withdrawal_of(service.archive, aip_id)
    state = None if withdrawal is None else withdrawal.state(service.archive.now())
    if withdrawal is None or state in {State.DECLINED, State.READMITTED}:
        raise NotFoundError(
            f"nobody asks for the withdrawal of {aip_id}",
            remedy="'oais withdraw list' tells what is asked for",
        )
    if state is State.EXPIRED:
        ended = withdrawal.request.expires_at[:10]
        raise RefusedError(f"the request to withdraw {aip_id} expired on {ended}", remedy="ask for it again")
    return withdrawal


def _newest(service: Service, aip_id: str) -> Withdrawal:
    found = withdrawal_of(service.archive, aip_id)
    assert found is not None
    return found


def _act(service: Service, person: Person) -> Act:
    return Act(person.identifier, person.login, service.archive.now())


def _check_texts(*, why: str | None = None, **texts: str) -> None:
    """Raise InvalidError that tells of every text that cannot be kept."""
    faults = []
    if why is not None and why not in set(Why):
        faults.append(f"{printable(why, 40)!r} is no kind of reason; there are {', '.join(Why)}")
    for name, text in texts.items():
        if not 0 < len(text.strip()) <= LONGEST:
            faults.append(f"the {name} has {len(text.strip())} characters, expected 1 to {LONGEST}")
        elif text.strip() != printable(text.strip(), LONGEST):
            faults.append(f"the {name} holds characters that cannot be printed")
    if faults:
        raise InvalidError("; ".join(faults), remedy="mend what is named and try again")
