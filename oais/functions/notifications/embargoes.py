"""News of embargoes: owners are told some days before their data become public, once for each date."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from datetime import datetime, timedelta

from oais.archive import timestamp
from oais.database import notices, people, requests
from oais.functions.access.facade import Access, open_access
from oais.functions.mailing import link
from oais.functions.notifications.telling import News, Occasion, tell
from oais.functions.service import Service
from oais.mail import Subject
from policies.access import Action

_MARK = "releases"


def tell_of_releases(service: Service) -> int:
    """Tell owners which of their embargoes end within the days of the setting; looked at once a day.

    The release is computed anew each time; where a waiver or a visit moves it, the new date is news again.
    """
    now, days = service.now(), service.archive.settings.embargo_notice_days
    today = f"{now:%Y-%m-%d}"
    with service.database.reading() as connection:
        if not days or notices.mark(connection, _MARK) == today:
            return 0
    access = open_access(service.archive, database=service.database)
    with closing(access.index):
        ending = list(_ending(access, now + timedelta(days=days)))
    with service.database.writing() as connection:
        notices.move_mark(connection, _MARK, today)
        told = [
            tell(connection, service, person, _ENDS, [_news(service, request, aip_id, at)])
            for request, aip_id, at in ending
            for owner in requests.owners_of(connection, request)
            if (person := people.by_identifier(connection, owner.person)) is not None
        ]
    return sum(told)


def _ending(access: Access, until: datetime) -> Iterator[tuple[str, str, datetime]]:
    """Yield each observation request whose embargo ends by then, one of its packages, and when."""
    asker = access.asker()
    observed = access.index.requests_observed()
    asker.prepare((node, aip_id) for _request, node, aip_id in observed)
    for request, node, aip_id in observed:
        decision = asker.decision(Action.DOWNLOAD, node, aip_id)
        ends = decision.release_at if decision.word == "embargo" else None
        if ends is not None and ends <= until:
            yield request, aip_id, ends


def _news(service: Service, request: str, aip_id: str, at: datetime) -> News:
    line = f"{request}, public from {at:%Y-%m-%d %H:%M} UTC on\n    {link(service, f'/aip/{aip_id}')}"
    return News(f"{request} {timestamp(at)}", line)


_ENDS = Occasion(
    Subject.EMBARGO_ENDS, "embargo ends", "The data of your observation request become public soon:"
)
