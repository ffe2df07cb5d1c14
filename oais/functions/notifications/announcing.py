"""What people of the archive announce, and what an audit found."""

from __future__ import annotations

from datetime import datetime
from hashlib import sha256

from oais.database import people, requests
from oais.errors import NotFoundError
from oais.functions.audit import AuditSummary
from oais.functions.notifications.planned import PLANNED_VISITS, visit_planned
from oais.functions.notifications.telling import News, Occasion, administrators, tell
from oais.functions.service import Service
from oais.information.text import printable
from oais.mail import Subject


def announce_upcoming(service: Service, request: str, visit: str, at: datetime) -> int:
    """Tell the owners of an observation request that a visit is planned; return how many letters.

    The same visit at the same time is announced once; planned for another time it is news again. Raises
    NotFoundError for a request that belongs to nobody.
    """
    news = [visit_planned(request, visit, at)]
    with service.database.writing() as connection:
        owners = requests.owners_of(connection, request)
        if not owners:
            raise NotFoundError(
                f"observation request {printable(request)!r} belongs to nobody",
                remedy="name it with its mission, as MISSION:REQUEST",
            )
        told = [
            tell(connection, service, person, PLANNED_VISITS, news)
            for owner in owners
            if (person := people.by_identifier(connection, owner.person)) is not None
        ]
    return sum(told)


def report_damage(service: Service, summary: AuditSummary) -> int:
    """Tell the administrators what an audit found; the same damage found again is told once.

    Of what is no AIP that was read, such as the index or the ledger, the remedy comes along.
    """
    news = [
        News(
            f"{result.aip_id} {sha256(repr(result.findings).encode()).hexdigest()}",
            f"{result.aip_id}: {printable('; '.join(found.message for found in result.findings), 200)}"
            + ("" if result.root else f". What to do: {result.findings[0].remedy}"),
        )
        for result in summary.damaged
    ]
    with service.database.writing() as connection:
        told = [tell(connection, service, admin, _DAMAGED, news) for admin in administrators(connection)]
    return sum(told)


_DAMAGED = Occasion(
    Subject.AUDIT_FAILED,
    "damage",
    "This is not what was sealed, or not as it was kept:",
    "oais audit AIP tells all of a package; restore it from a copy.",
)
