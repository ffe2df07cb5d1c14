"""Which copy of an AIP is believed, and what is done about the others: pure, so that every case is tested.

Repair comes from a proven copy of the newest version or not at all. Where no copy is, where copies
contradict each other or the ledger, and where a copy speaks of a newer version that none proves, nothing is
written: the next reader must find what we found.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from oais.functions.copies.judging import Copy, State
from oais.information.findings import Finding, finding


@dataclass(frozen=True, slots=True)
class Decision:
    """The copy that is believed, those that are made anew from it, those that are left alone, and why."""

    source: Copy | None
    repaired: tuple[Copy, ...]
    left: tuple[Copy, ...]
    alarms: tuple[Finding, ...]

    @property
    def whole(self) -> bool:
        """Whether nothing has to be done."""
        return self.source is not None and not (self.repaired or self.left or self.alarms)


def decide(
    place: str, copies: Sequence[Copy], recorded: Mapping[int, str], *, unreadable: bool = False
) -> Decision:
    """Return what is to be done with the copies of one AIP, the archive's own first.

    ``recorded`` has what the ledger says of each version: the sha512 of its inventory. A copy that cannot be
    read is left alone, unless whoever looked at its disk says that it is to be replaced (``unreadable``).
    """
    proven = [copy for copy in copies if copy.proven]
    newest = max((copy.head for copy in proven), default=0)
    why = _why_nothing(copies, proven, newest, recorded)
    bad = [copy for copy in copies if copy.state is not State.AWAY and not _is_fine(copy, newest)]
    if why:
        return Decision(None, (), tuple(bad), (finding("COP-006", place, why),))
    source = next(copy for copy in _preferred(proven) if copy.head == newest)
    alone = [copy for copy in bad if copy.state is State.UNREADABLE and not unreadable]
    alarms = [finding("COP-007", place, _cannot_be_read(copy)) for copy in alone]
    mended = [copy for copy in bad if copy not in alone]
    return Decision(source, tuple(mended), tuple(alone), tuple(alarms))


def _is_fine(copy: Copy, newest: int) -> bool:
    return copy.state is State.GOOD and copy.head == newest


def _preferred(proven: Sequence[Copy]) -> list[Copy]:
    """Return proven copies, those without strays first."""
    return sorted(proven, key=lambda copy: copy.state is not State.GOOD)


def _why_nothing(
    copies: Sequence[Copy], proven: Sequence[Copy], newest: int, recorded: Mapping[int, str]
) -> str:
    """Return why no copy may be written, or nothing."""
    if not proven:
        return "no copy is proven: " + _states(copies)
    last = max(recorded, default=0)
    if last > newest:
        return f"the ledger knows v{last}, and no copy proves more than v{newest}: " + _states(copies)
    for copy in copies:
        if copy.head > newest:
            return f"{copy.location} knows v{copy.head}, and no copy proves more than v{newest}: " + _states(
                copies
            )
    believed = next(copy.inventories or {} for copy in proven if copy.head == newest)
    for copy in proven:
        if any(believed.get(number) != digest for number, digest in (copy.inventories or {}).items()):
            return f"the signed inventories of {copy.location} and of others differ: " + _states(copies)
    if any(believed.get(number) != digest for number, digest in recorded.items()):
        return "the ledger says other inventories than the proven copies hold: " + _states(copies)
    return ""


def _states(copies: Sequence[Copy]) -> str:
    return ", ".join(f"{copy.location} {copy.state}{f' (v{copy.head})' * bool(copy.head)}" for copy in copies)


def _cannot_be_read(copy: Copy) -> str:
    first = next((found.message for found in copy.findings if found.code == "AIP-004"), copy.state)
    return f"the copy at {copy.location} cannot be read: {first}"
