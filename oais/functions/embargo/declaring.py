"""What people declare of embargoes: that a visit is complete, and that the owner gives up the rest.

Only these declarations are stored. The next question for the data computes the release from them.
"""

from __future__ import annotations

from datetime import datetime

from oais.archive import timestamp
from oais.database import Connection, embargoes, people, requests
from oais.database.embargoes import Completion, Waived
from oais.errors import InvalidError, NotFoundError, RefusedError
from oais.functions.embargo.inputs import moment_named
from oais.functions.people.authority import OPERATOR
from oais.functions.people.principals import principal_of
from oais.functions.security_log import record
from oais.functions.service import Service
from oais.information.text import printable
from policies.principals import ANONYMOUS, Duty, Principal, may
from search_index.index import open_index

LONGEST_NAME = 200


def declare_complete(service: Service, by: str, request: str, visit: str, completed_at: str) -> Completion:
    """Declare a visit complete as of a day or a moment; what was declared before counts no more.

    Raises RefusedError for who does not manage embargoes, NotFoundError for a request the archive does not
    know, InvalidError for a moment that is none or has not come.
    """
    moment = _past(service, completed_at)
    _require_known(service, request)
    if not visit.strip() or len(visit) > LONGEST_NAME:
        raise InvalidError("the visit has no name, or one that is too long", remedy="name the visit")
    with service.database.writing() as connection:
        _require_duty(service, connection, by)
        completion = Completion(
            request=request,
            visit=visit,
            completed_at=timestamp(moment),
            declared_by=by,
            declared_at=service.archive.now(),
        )
        embargoes.complete(connection, completion)
        facts = {"visit": visit, "completed_at": completion.completed_at}
        record(service, "visit complete", who=by, subject=request, **facts)
    return completion


def take_back_completion(service: Service, by: str, request: str, visit: str) -> None:
    """Take back that a visit is complete; raises RefusedError, NotFoundError when that was not declared."""
    with service.database.writing() as connection:
        _require_duty(service, connection, by)
        if not embargoes.reopen(connection, request, visit):
            raise NotFoundError(
                f"nobody declared visit {printable(visit)!r} of {printable(request)} complete"
            )
        record(service, "visit not complete", who=by, subject=request, visit=visit)


def waive_embargo(service: Service, by: str, request: str, at: str, reason: str) -> Waived:
    """Give up the rest of an embargo from a day or a moment on; an earlier waiver counts no more.

    The owners of the request may, and the archivists. Raises RefusedError, NotFoundError, InvalidError.
    """
    moment = moment_named(at)
    _require_known(service, request)
    if not reason.strip():
        raise InvalidError("a waiver needs a reason", remedy="say why the embargo is given up")
    with service.database.writing() as connection:
        _require_duty(service, connection, by, owner_of=request)
        waived = Waived(
            request=request,
            waived_at=timestamp(moment),
            waived_by=_name(connection, by),
            reason=reason.strip(),
            declared_at=service.archive.now(),
        )
        embargoes.waive(connection, waived)
        record(service, "embargo waived", who=by, subject=request, at=waived.waived_at, reason=waived.reason)
    return waived


def take_back_waiver(service: Service, by: str, request: str) -> None:
    """Take a waiver back; what was handed out meanwhile stays out. Raises RefusedError, NotFoundError."""
    with service.database.writing() as connection:
        _require_duty(service, connection, by)
        if not embargoes.unwaive(connection, request):
            raise NotFoundError(f"nobody waived the embargo of {printable(request)}")
        record(service, "waiver taken back", who=by, subject=request)


def _require_duty(service: Service, connection: Connection, by: str, *, owner_of: str = "") -> None:
    if by == OPERATOR:
        return
    person = people.by_identifier(connection, by)
    asker: Principal = ANONYMOUS if person is None else principal_of(connection, person, service.now())
    owns = bool(owner_of) and may(asker, Duty.OWN_ACCOUNT) and owner_of in asker.requests
    if not owns and not may(asker, Duty.MANAGE_POLICY):
        raise RefusedError("only archivists declare this, and owners waive", remedy="ask an archivist")


def _require_known(service: Service, request: str) -> None:
    """Make sure that a package or the list of owners knows the request: a misspelt one would do nothing."""
    with service.database.reading() as connection:
        owned = requests.owners_of(connection, request)
    if not owned and not open_index(service.archive.index_root).visits_of([request]):
        raise NotFoundError(
            f"the archive knows no observation request {printable(request)!r}",
            remedy="'oais embargo list' shows those it knows, written MISSION:NAME",
        )


def _name(connection: Connection, by: str) -> str:
    person = people.by_identifier(connection, by)
    return by if person is None else person.name


def _past(service: Service, text: str) -> datetime:
    moment = moment_named(text)
    if moment > service.now():
        raise InvalidError(
            f"{printable(text)} has not come yet", remedy="declare a visit when it is complete"
        )
    return moment
