"""The ways about: a person's panel, and beside the pages of a desk all others of it, by what he may do."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from policies.principals import Duty, Principal, may


@dataclass(frozen=True, slots=True)
class Way:
    """A page of one's own or of a desk: its address, its name, and who finds it."""

    address: str
    name: str
    duty: Duty


Ways = tuple[Way, ...]

_OWN: Final = Duty.OWN_ACCOUNT
_KEEP: Final = Duty.MANAGE_ARCHIVE

_PANEL: Final[Ways] = (
    Way("/me", "My archive", _OWN),
    Way("/orders", "My orders", _OWN),
    Way("/me/delegations", "Access delegation", _OWN),
    Way("/me/queries", "My queries", _OWN),
    Way("/me/deposits", "My deliveries", Duty.DEPOSIT),
    Way("/desk", "Desk", _KEEP),
    Way("/help#mine", "My help", _OWN),
    Way("/help", "Help page", _OWN),
)

_MINE: Final[Ways] = (
    Way("/me", "Overview", _OWN),
    Way("/orders", "Orders", _OWN),
    Way("/me/deposits", "Deliveries", Duty.DEPOSIT),
    Way("/me/delegations", "Access delegation", _OWN),
    Way("/me/queries", "Queries and profiles", _OWN),
    Way("/me/subscriptions", "Subscriptions", _OWN),
    Way("/me/tokens", "API tokens", _OWN),
)

_DESK: Final[tuple[tuple[str, Ways], ...]] = (
    ("Today", (Way("/desk", "Overview", _KEEP),)),
    (
        "Deliveries",
        (
            Way("/desk/ingest", "Ingest queue", _KEEP),
            Way("/desk/refused", "Refused", _KEEP),
            Way("/desk/agreements", "Agreements", _KEEP),
        ),
    ),
    (
        "Keeping",
        (
            Way("/desk/storage", "Storage", _KEEP),
            Way("/desk/audits", "Audits", _KEEP),
            Way("/desk/formats", "Formats", _KEEP),
            Way("/desk/withdrawals", "Withdrawals", _KEEP),
        ),
    ),
    (
        "Access",
        (
            Way("/desk/policies", "Policies", Duty.MANAGE_POLICY),
            Way("/desk/policies/explain", "Explain", Duty.MANAGE_POLICY),
            Way("/desk/policies/calendar", "Calendar", Duty.MANAGE_POLICY),
            Way("/desk/embargoes", "Embargoes", Duty.MANAGE_POLICY),
        ),
    ),
    (
        "People",
        (
            Way("/desk/people", "People", Duty.MANAGE_PEOPLE),
            Way("/desk/approvals", "Approvals", Duty.MANAGE_PEOPLE),
            Way("/desk/groups", "Groups", Duty.MANAGE_PEOPLE),
        ),
    ),
    (
        "Figures and records",
        (
            Way("/desk/usage", "Downloads and holdings", _KEEP),
            Way("/desk/mail", "Mail", _KEEP),
            Way("/desk/log", "Security log", Duty.SEE_LOG),
        ),
    ),
)


@dataclass(frozen=True, slots=True)
class Shelf:
    """Pages that belong together, as address and name, under a title."""

    title: str
    ways: tuple[tuple[str, str], ...]


def panel(principal: Principal) -> tuple[tuple[str, str], ...]:
    """Return address and name of what a person finds in his panel."""
    return _open_to(principal, _PANEL)


def shelves(principal: Principal, here: str) -> tuple[Shelf, ...]:
    """Return the pages beside the one at ``here`` that the person may open; most have none."""
    if here == "/desk" or here.startswith("/desk/"):
        found = (Shelf(title, _open_to(principal, ways)) for title, ways in _DESK)
    elif here in {"/me", "/orders"} or here.startswith(("/me/", "/orders/")):
        found = (Shelf(title, _open_to(principal, ways)) for title, ways in (("My archive", _MINE),))
    else:
        return ()
    shown = tuple(shelf for shelf in found if shelf.ways)
    return shown if sum(len(shelf.ways) for shelf in shown) > 1 else ()


def names() -> frozenset[str]:
    """Return every word that ``panel`` and ``shelves`` may show."""
    ways = (*_PANEL, *_MINE, *(way for _, shelf in _DESK for way in shelf))
    return frozenset({"My archive", *(title for title, _ in _DESK), *(way.name for way in ways)})


def _open_to(principal: Principal, ways: Ways) -> tuple[tuple[str, str], ...]:
    return tuple((way.address, way.name) for way in ways if may(principal, way.duty))
