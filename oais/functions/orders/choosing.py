"""Choosing: what a selection holds, laid out to be ticked; of a single AIP file by file."""

from __future__ import annotations

from dataclasses import dataclass

from oais.functions.access.facade import Access
from oais.functions.dissemination import deliverable
from oais.functions.orders.selection import Missed, Selection
from oais.functions.orders.weighing import Weighed, weigh

LINES_SHOWN = 200


@dataclass(frozen=True, slots=True)
class Tick:
    """One thing to tick: ``ID@vN`` or ``ID@vN/PATH``; ``reason`` says why it may not be had."""

    reference: str
    title: str
    files: int
    size: int
    reason: str
    remedy: str


@dataclass(frozen=True, slots=True)
class ChoiceView:
    """A selection before it is put into a basket; at most ``LINES_SHOWN`` ticks of ``total``."""

    ticks: tuple[Tick, ...]
    total: int
    weighed: Weighed
    missed: tuple[Missed, ...]


def choice(access: Access, selection: Selection) -> ChoiceView:
    """Return a selection to be ticked."""
    weighed = weigh(access, selection.picks)
    ticks = [
        Tick(
            reference=line.pick.reference,
            title=line.pick.title,
            files=line.pick.files,
            size=line.pick.size,
            reason=line.reason if not line.allowed else "",
            remedy=line.remedy if not line.allowed else "",
        )
        for line in weighed.lines[:LINES_SHOWN]
    ]
    if len(ticks) == 1 and weighed.allowed:
        ticks = _files(access, weighed)
    return ChoiceView(
        tuple(ticks[:LINES_SHOWN]), max(len(weighed.lines), len(ticks)), weighed, selection.missed
    )


def _files(access: Access, weighed: Weighed) -> list[Tick]:
    (pick,) = weighed.allowed
    stored = access.store.find(pick.aip_id)
    if stored is None:
        return []
    return [
        Tick(f"{pick.reference}/{logical}", item.path, 1, item.size, "", "")
        for logical, item in deliverable(stored, pick.version)
        if not pick.paths or logical in pick.paths
    ]
