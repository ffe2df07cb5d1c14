"""Planned visits: what products of the kind ``planning`` foretell, and how owners are told of it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Final

from oais.archive import timestamp
from oais.functions.access.cards import second_of
from oais.functions.access.facade import Access
from oais.functions.notifications.telling import News, Occasion
from oais.information.observations import observed_in
from oais.information.text import printable
from oais.mail import Subject

PLANNING: Final = "planning"
"""The kind of products that plan visits."""

PLANNED_VISITS: Final = Occasion(
    Subject.UPCOMING, "upcoming observation", "These visits of your observation requests are planned:"
)


def visit_planned(request: str, visit: str, at: datetime, address: str = "") -> News:
    """Return the news that a visit is planned: the same visit at the same time is the same news."""
    line = printable(f"{request} visit {visit}, planned for {at:%Y-%m-%d %H:%M} UTC")
    return News(f"{request} {visit} {timestamp(at)}", f"{line}\n    {address}" if address else line)


def visits_planned_in(access: Access, aip_id: str, address: str) -> Iterator[tuple[str, News]]:
    """Yield the observation request and the news of each visit still to come that a package plans."""
    for entry in access.index.products(aip_id):
        product = entry.product
        at = second_of(product.span[0]) if product.kind == PLANNING and product.span else None
        observation = observed_in(product, {}, entry.node)
        if observation is not None and at is not None and at > access.now:
            yield observation.request, visit_planned(observation.request, observation.visit, at, address)
