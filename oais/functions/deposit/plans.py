"""What agreements plan to be delivered, against what was received so far."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from oais.functions.access.facade import Access
from policies.access import Action
from policies.terms import Agreement, PlannedDelivery


class PlanState(StrEnum):
    """How a planned delivery stands: nothing came yet, some, too little in time, or all."""

    PLANNED = "planned"
    BEGUN = "begun"
    OVERDUE = "overdue"
    RECEIVED = "received"


@dataclass(frozen=True, slots=True)
class PlannedView:
    """A planned delivery: ``received`` of ``count`` AIPs are at its place, as far as the asker may know.

    ``due`` is its last day; ``place`` is a path of the tree.
    """

    title: str
    place: str
    responsible: str
    due: str
    count: int
    received: int
    state: str


@dataclass(frozen=True, slots=True)
class AgreementView:
    """An agreement as its provider is shown it; ``received`` are all AIPs of its mission."""

    name: str
    title: str
    mission: str
    provider: str
    organization: str
    contact: str
    formats: tuple[str, ...]
    required_tags: tuple[str, ...]
    place: str
    received: int
    planned: tuple[PlannedView, ...]

    @property
    def overdue(self) -> int:
        """How many planned deliveries did not come in time."""
        return sum(row.state == PlanState.OVERDUE for row in self.planned)


def agreement_views(access: Access, names: Collection[str] | None = None) -> tuple[AgreementView, ...]:
    """Return the agreements of these names, all for None, by name; one that is gone is left out.

    Counted is what the asker may know of: its policy may hide what lies at a place.
    """
    known = access.archive.policies.agreements
    denied = access.asker().branches_denied(Action.READ_METADATA)
    return tuple(
        _view(access, agreement, denied)
        for name, agreement in sorted(known.items())
        if names is None or name in names
    )


def _view(access: Access, agreement: Agreement, denied: tuple[str, ...]) -> AgreementView:
    formats = {name for product in agreement.products for name in product.formats}
    return AgreementView(
        name=agreement.name,
        title=agreement.title,
        mission=agreement.mission,
        provider=agreement.provider.name,
        organization=agreement.provider.organization,
        contact=agreement.provider.contact,
        formats=tuple(sorted(formats)),
        required_tags=agreement.required_tags,
        place=agreement.slug,
        received=_received(access, agreement.slug, denied),
        planned=tuple(_planned(access, agreement.slug, planned, denied) for planned in agreement.deliveries),
    )


def _planned(access: Access, slug: str, planned: PlannedDelivery, denied: tuple[str, ...]) -> PlannedView:
    place = f"{slug}/{planned.node}" if planned.node else slug
    received = _received(access, place, denied)
    if received >= planned.count:
        state = PlanState.RECEIVED
    elif access.now >= planned.due + timedelta(days=1):
        state = PlanState.OVERDUE
    else:
        state = PlanState.BEGUN if received else PlanState.PLANNED
    due = planned.due.date().isoformat()
    return PlannedView(planned.title, place, planned.responsible, due, planned.count, received, state)


def _received(access: Access, place: str, denied: tuple[str, ...]) -> int:
    entry = access.index.node(place, without=denied)
    return entry.total.aips if entry else 0
