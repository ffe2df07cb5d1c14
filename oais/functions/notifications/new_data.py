"""News from the ledger: data that came in, for their owners and subscribers; refusals, for administrators.

The ledger of receipts is read from a mark on, apart from ingest, which it does not slow. Receipts are named
when their delivery arrives and written when it is decided, so the mark stays a week behind.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import timedelta
from itertools import islice

from oais.database import notices, people, requests
from oais.errors import DamageError, WrongUsageError
from oais.functions.access.facade import Access, open_access
from oais.functions.access.question import Question
from oais.functions.access.views import AipCard
from oais.functions.mailing import link
from oais.functions.notifications.planned import PLANNED_VISITS, PLANNING, visits_planned_in
from oais.functions.notifications.subscriptions import question_of, unsubscribe_link
from oais.functions.notifications.telling import News, Occasion, administrators, tell
from oais.functions.people.principals import principal_for
from oais.functions.receipts import open_receipt, receipt_names
from oais.functions.service import Service
from oais.information.packages import Receipt
from oais.information.text import printable
from oais.mail import Subject

NEW_DATA = "new data"
"""The kind of all news of data: an owner who also subscribed is told once."""

_BEHIND = timedelta(days=7)
_AT_ONCE = 100
_MARK = "receipts"


def tell_of_deliveries(service: Service) -> int:
    """Read the receipts that were not read yet and queue what they are news of; return how many letters.

    The very first reading tells nothing: what was in the archive before is not new.
    """
    names = _unread(service)
    letters = 0
    while part := list(islice(names, _AT_ONCE)):
        letters += _tell_of(service, part)
    return letters


def _unread(service: Service) -> Iterator[str]:
    """Yield the names of receipts that were not read; at the first reading none."""
    mark = f"r{service.now() - _BEHIND:%Y%m%d}"
    with service.database.reading() as connection:
        since, seen = notices.mark(connection, _MARK), notices.read_receipts(connection)
    if since != mark:  # once a day, so that a round with nothing to tell writes nothing
        with service.database.writing() as connection:
            notices.move_mark(connection, _MARK, mark)
            notices.forget_read(connection, mark)
            if since is None:
                notices.add_read(connection, receipt_names(service.archive, mark))
    if since is None:
        return iter(())
    return (name for name in receipt_names(service.archive, since) if name not in seen)


@dataclass(frozen=True, slots=True)
class _Tidings:
    """What one person shall be told, if he was not yet."""

    person: str
    occasion: Occasion
    news: tuple[News, ...]


def _tell_of(service: Service, names: Sequence[str]) -> int:
    receipts = [receipt for name in names if (receipt := _readable(service, name)) is not None]
    accepted = {receipt.aip_id: receipt for receipt in receipts if receipt.status == "accepted"}
    access = open_access(service.archive, database=service.database)
    with closing(access.index):
        findable = {aip_id for aip_id, receipt in accepted.items() if _is_findable(access, receipt)}
        tidings = [*_to_owners(service, access, findable), *_to_subscribers(service, access, findable)]
    refused = [_refusal(receipt) for receipt in receipts if receipt.status != "accepted"]
    # What is stored but not findable yet is read again next time.
    waiting = {receipt.receipt_id for aip_id, receipt in accepted.items() if aip_id not in findable}
    with service.database.writing() as connection:
        told = [
            tell(connection, service, person, item.occasion, item.news)
            for item in tidings
            if (person := people.by_identifier(connection, item.person)) is not None
        ]
        told += [tell(connection, service, admin, _REFUSED, refused) for admin in administrators(connection)]
        notices.add_read(connection, set(names) - waiting)
    return sum(told)


def _readable(service: Service, name: str) -> Receipt | None:
    """Return a receipt; a damaged one is the audit's to tell of."""
    try:
        return open_receipt(service.archive, name)
    except DamageError:
        return None


def _is_findable(access: Access, receipt: Receipt) -> bool:
    entry = access.index.aip(receipt.aip_id)
    return entry is not None and entry.version >= receipt.version


def _to_owners(service: Service, access: Access, aip_ids: Collection[str]) -> Iterator[_Tidings]:
    """Yield what is news for owners: a plan foretells visits, all else are data of visits that were made."""
    visits: dict[str, dict[str, str]] = defaultdict(dict)
    owned: dict[str, set[str]] = defaultdict(set)
    observed = access.index.observed_by(sorted(aip_ids))
    with service.database.reading() as connection:
        for aip_id, observations in observed.items():
            for observation in observations:
                for owner in requests.owners_of(connection, observation.request):
                    visits[owner.person][aip_id] = f"{observation.request} visit {observation.visit}: "
                    owned[owner.person].add(observation.request)
    for person, of_aip in visits.items():
        cards = _shown(service, access, person, Question(), of_aip)
        data = [card for card in cards if card.kind != PLANNING]
        yield _Tidings(person, _OWN_DATA, tuple(_news(service, card, of_aip[card.aip_id]) for card in data))
        planned = [
            news
            for card in cards
            for request, news in visits_planned_in(access, card.aip_id, _address(service, card))
            if request in owned[person]
        ]
        yield _Tidings(person, PLANNED_VISITS, tuple(planned))


def _to_subscribers(service: Service, access: Access, aip_ids: Collection[str]) -> Iterator[_Tidings]:
    with service.database.reading() as connection:
        wanted = notices.subscriptions(connection) if aip_ids else []
    for subscription in wanted:
        cards = _shown(service, access, subscription.person, question_of(subscription), aip_ids)
        closing = f"To hear no more of this: {unsubscribe_link(service, subscription)}"
        opening = f"There are new data for your subscription {printable(subscription.name, 80)}:"
        occasion = Occasion(Subject.SUBSCRIPTION, NEW_DATA, opening, closing)
        yield _Tidings(subscription.person, occasion, tuple(_news(service, card) for card in cards))


def _shown(
    service: Service, access: Access, person: str, question: Question, aip_ids: Collection[str]
) -> list[AipCard]:
    """Return those of the AIPs that a search shows to this person now: the decision and the match in one."""
    ids = question.ids or " ".join(sorted(aip_ids))
    wanted = replace(question, ids=ids, order="-ingested", per_page=_AT_ONCE)
    now = service.now()
    try:
        found = access.asked_by(principal_for(service, person, now), now).find(wanted)
    except WrongUsageError:
        return []  # a search that is no longer understood finds nothing
    return [card for card in found.hits if card.aip_id in aip_ids]


def _news(service: Service, card: AipCard, visit: str = "") -> News:
    line = f"{visit}{printable(card.title, 120)}\n    {_address(service, card)}"
    return News(f"{card.aip_id}@v{card.version}", line)


def _address(service: Service, card: AipCard) -> str:
    return link(service, f"/aip/{card.aip_id}/v{card.version}")


def _refusal(receipt: Receipt) -> News:
    line = f"{printable(receipt.source_name, 120)} of {printable(receipt.provider, 80) or 'nobody'}"
    return News(receipt.receipt_id, f"{line}\n    oais receipt {receipt.receipt_id}")


_OWN_DATA = Occasion(
    Subject.NEW_DATA, NEW_DATA, "There are new data of your observation requests in the archive:"
)
_REFUSED = Occasion(
    Subject.DELIVERY_REFUSED, "refused delivery", "These deliveries were refused; the receipts say why:"
)
