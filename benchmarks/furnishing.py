"""Gives a large archive what its people have: accounts, orders, baskets, searches, deliveries, downloads."""

from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import timedelta

from oais.archive import timestamp
from oais.database import Connection, baskets, deposits, orders, people, requests, statistics
from oais.database.deposits import Deposit, DepositState
from oais.database.orders import Order, OrderState
from oais.database.picks import Pick
from oais.database.requests import Owner
from oais.functions.access.question import Question
from oais.functions.kept_lists import keep_list
from oais.functions.notifications import subscribe
from oais.functions.people.accounts import Entry, create_provider, new_account
from oais.functions.people.authority import OPERATOR
from oais.functions.people.groups import new_group
from oais.functions.people.saved import save_query
from oais.functions.service import Service
from oais.information.packages import AipRecord
from policies.principals import Role, State

_PEOPLE = 500
_ORDERS = 60
_REQUESTS = 40
_DATA_SETS = 60
_TARGETS = 1_000
_COUNTRIES = ("France", "Germany", "Italy", "Japan", "Spain")


def furnish(service: Service, models: Sequence[AipRecord]) -> dict[str, str]:
    """Enter them for the member Mary and others; return identifiers of things that have pages."""
    with service.database.writing() as connection:
        mary, chief = (people.by_login(connection, name) for name in ("mary", "ada"))
        assert mary is not None
        assert chief is not None
        for number in range(_PEOPLE):
            entry = Entry(f"person{number}", f"Person {number}", f"person{number}@example.org")
            new_account(service, connection, entry, Role.REGISTERED, State.ACTIVE)
        requests.assign(
            connection, [Owner(f"mixed:OR {7 * n}", mary.identifier, "PI") for n in range(_REQUESTS)]
        )
        picks = [_pick(model) for model in models]
        order = _orders(service, connection, f"person:{mary.identifier}", picks)
        basket = _basket(service, connection, f"person:{mary.identifier}", picks)
        _downloads(connection)
    for number in range(10):
        save_query(service, mary.identifier, f"Search {number}", f"level=N1&q=camera+{number}")
    subscribe(service, mary.identifier, "All curves", Question(node="tess"))
    targets = {f"list of {what}": keep_list(service, text, "2", "") for what, text in _lists().items()}
    group = new_group(service, OPERATOR, "Everybody").identifier
    provider = create_provider(service, OPERATOR, Entry("depot", "Depot", "depot@example.org"), ["generic"])
    _deposits(service, provider.identifier)
    return targets | {
        "person": mary.identifier,
        "group": group,
        "order": order,
        "basket": basket,
        "deposit": _deposits(service, chief.identifier),
    }


def _lists() -> dict[str, str]:
    """Return lists of a thousand targets: positions all over the sky, and names of every third package."""
    dice = random.Random(5)
    positions = (f"{dice.uniform(0, 360):.5f} {dice.uniform(-90, 90):.5f}" for _ in range(_TARGETS))
    names = (f"TESS.TIC{60_000_000 + 37 * (3 * number + 1)}" for number in range(_TARGETS))
    return {"positions": "\n".join(positions), "names": "\n".join(names)}


def _pick(model: AipRecord) -> Pick:
    description = model.description
    return Pick(model.aip_id, 1, (), description.node, description.title, model.files, model.size)


def _orders(service: Service, connection: Connection, owner: str, picks: Sequence[Pick]) -> str:
    states = list(OrderState)
    for number in range(_ORDERS):
        placed = Order(
            owner=owner,
            name=f"order-{number}",
            title=f"Order {number}",
            form="zip",
            state=states[number % len(states)],
            placed_at=timestamp(service.now() - timedelta(hours=number)),
            files=60,
            size=10**9,
        )
        orders.add(connection, placed, picks, [])
    return placed.identifier


def _basket(service: Service, connection: Connection, owner: str, picks: Sequence[Pick]) -> str:
    now = timestamp(service.now())
    made = baskets.Basket(owner=owner, name="For the paper", created_at=now, changed_at=now)
    baskets.add(connection, made)
    baskets.fill(connection, made.identifier, list(picks), now)
    return made.identifier


def _downloads(connection: Connection) -> None:
    """Count what six visitors from each country took of each data set in the months of two years."""
    for month in (f"{year}-{number:02}" for year in (2025, 2026) for number in range(1, 13)):
        for data_set in range(_DATA_SETS):
            for country in _COUNTRIES[: 1 + data_set % len(_COUNTRIES)]:
                node = f"tess/n1/light-curves/sector-{data_set + 1}"
                taken = statistics.Downloads(month, node, country, 6, 40, 10**9)
                connection.execute(statistics.DOWNLOADS.insert().values(**_plain(taken)))


def _plain(taken: statistics.Downloads) -> dict[str, str | int]:
    return {name: getattr(taken, name) for name in taken.__slots__}


def _deposits(service: Service, person: str) -> str:
    with service.database.writing() as connection:
        for number in range(60):
            at = timestamp(service.now() - timedelta(hours=number))
            begun = Deposit(
                person=person,
                name=f"run-{number}.tar",
                length=10**9,
                offset=10**6 * number,
                state=DepositState.UPLOADING,
                created_at=at,
                changed_at=at,
            )
            deposits.add(connection, begun)
    return begun.identifier
