"""A site where something stands in every list: people, groups, shared data, orders, deliveries."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import product
from pathlib import Path

from starlette.testclient import TestClient

from oais.archive import Archive
from oais.database import orders, requests, statistics
from oais.database.orders import OrderState
from oais.database.requests import Owner
from oais.functions.access.question import Question
from oais.functions.administration import initialise
from oais.functions.audit import run_audit, select_for_audit
from oais.functions.copies.locations import add_location
from oais.functions.copies.replication import sync_all
from oais.functions.data_management import rebuild_index
from oais.functions.desk.deliveries import refused_names
from oais.functions.embargo.declaring import declare_complete
from oais.functions.ledger.recording import record_audit
from oais.functions.notifications import subscribe
from oais.functions.orders.building import Worker
from oais.functions.orders.counting import count_download
from oais.functions.people.accounts import Entry, create_provider
from oais.functions.people.authority import OPERATOR
from oais.functions.people.delegation import cancel_delegation, delegate
from oais.functions.people.groups import add_member, new_group
from oais.functions.people.saved import save_profile, save_query, saved_profiles
from oais.functions.people.tokens import make_token
from oais.functions.service import Service, open_service
from oais.information.representation.inspection import Inspector
from oais.web.app import create_app
from policies.access import ANONYMOUS
from policies.principals import Role, Scope
from tests.functions.embargoed import REQUEST, RULES, deliver
from tests.web.depositing import Depository, served, tar_of_bag
from tests.web.people import account, enter, token_in

OTHER = "generic:OR 2"
LONG = "Photometry_of_the_transits_of_a_planet_with_a_very_long_name"
_STATES: Mapping[OrderState, Mapping[str, object]] = {
    OrderState.QUEUED: {},
    OrderState.BUILDING: {"done": 1},
    OrderState.FAILED: {"reason": "there was no room left on the disk"},
    OrderState.EXPIRED: {},
}


@dataclass(slots=True)
class Filled:
    """The archive, where it is served, and what its pages are called."""

    depository: Depository
    pages: dict[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def service(self) -> Service:
        """The archive with its people."""
        return self.depository.service


@contextmanager
def filled_site(
    folder: Path, furnished: Callable[[Archive], Archive] = lambda made: made
) -> Iterator[Filled]:
    """Make and serve the archive, ``furnished`` with more; ``pages`` are addresses by who looks at them."""
    service = _archive(folder, furnished)
    group = _people(service)
    ordered = _orders(service)
    _downloads(service)
    _audited(service.archive, folder)
    with served(Depository(service, _provider(service))) as depository:
        deliveries = _deliveries(depository, folder)
        with service.database.reading() as connection:
            (owned,) = requests.owners_of(connection, REQUEST)
        owner = owned.person
        profile = saved_profiles(service, owner)[-1].identifier
        yield Filled(
            depository,
            {
                "owner": (
                    "/me",
                    "/me/delegations",
                    f"/me/delegations?observation={REQUEST}&person=rea",
                    f"/me/waiver?observation={REQUEST}",
                    "/me/queries",
                    f"/choose?profile={profile}",
                    f"/search?profile={profile}",
                    "/me/subscriptions",
                    "/me/tokens",
                    "/me/erase",
                    "/orders",
                    *(f"/orders/{identifier}" for identifier in ordered),
                ),
                "keeper": (
                    "/desk",
                    "/desk/ingest",
                    "/desk/refused",
                    f"/desk/refused/{refused_names(service.archive)[0]}",
                    "/desk/agreements",
                    "/desk/storage",
                    "/desk/mail",
                    "/desk/usage",
                    f"/desk/usage?first={int(service.archive.now()[:4]) - 1}-01",
                    "/volume",
                    f"/desk/people/of/{owner}",
                    f"/desk/people/of/{owner}/erase",
                    f"/desk/groups/of/{group}",
                    "/desk/policies/explain",
                    "/desk/policies/explain?about=V1&login=owner",
                    "/desk/policies/explain?about=V1&login=reader&supposed=visit%3DV2%2Ccompleted%3D2027-02-01",
                    "/desk/policies/calendar",
                    "/desk/embargoes",
                    "/desk/audits",
                    "/desk/formats",
                    "/orders?everybody=true",
                ),
                "provider": ("/me/deposits", *(f"/me/deposits/{identifier}" for identifier in deliveries)),
            },
        )


PLAN = """
deliveries:
  - {title: Housekeeping of run 1, node: products, count: 2, due: 2026-02-28, responsible: LESIA}
  - {title: Light curves of run 2, node: products, count: 40, due: 2025-12-31, responsible: CNES}
  - {title: Light curves of run 3, count: 400, due: 2090-12-31, responsible: CNES and LESIA}
  - {title: Final documents, node: documents, count: 3, due: 2090-12-31}
"""
"""What an agreement plans: complete, overdue, begun, and not begun."""


def _archive(folder: Path, furnished: Callable[[Archive], Archive]) -> Service:
    archive: Archive = initialise(folder / "home", name="Embargoed")
    with (archive.home / "policies" / "agreements" / "generic.yaml").open("a") as agreement:
        agreement.write(PLAN)
    (archive.incoming / "dropped.bag").mkdir()
    (archive.home / "policies" / "access.yaml").write_text(RULES)
    with Inspector(workers=1) as inspector:
        for visit in ("V1", "V2"):
            deliver(archive, inspector, folder, visit, f"observation_request: OR 1\nvisit: {visit}\n")
        deliver(archive, inspector, folder, LONG, f"title: {LONG}\nobservation_request: OR 2\nvisit: W1\n")
    archive = furnished(archive)
    rebuild_index(archive)
    return open_service(archive)


def _people(service: Service) -> str:
    """Give owners, delegates and a group what they can have; return the group."""
    declare_complete(service, OPERATOR, REQUEST, "V1", f"{service.now():%Y-%m-%d}")
    keeper, reader, guest = (
        account(service, login, role)
        for login, role in (
            ("keeper", Role.ADMINISTRATOR),
            ("reader", Role.REGISTERED),
            ("guest", Role.REGISTERED),
        )
    )
    owner = account(service, "owner")
    with service.database.writing() as connection:
        requests.assign(connection, [Owner(REQUEST, owner.identifier, "PI")])
        requests.assign(connection, [Owner(OTHER, owner.identifier, "co-PI")])
        requests.assign(connection, [Owner("generic:OR 3", reader.identifier, "PI")])
    soon = service.now() + timedelta(days=30)
    delegate(service, owner.identifier, REQUEST, "reader", until=soon, note="For the paper we write together")
    over = delegate(service, owner.identifier, REQUEST, "guest")
    cancel_delegation(service, owner.identifier, over.identifier)
    delegate(service, reader.identifier, "generic:OR 3", "owner")
    save_query(
        service, owner.identifier, "Curves", "level=N1&q=curve", description="All light curves of level N1"
    )
    lines = ["generic/products", "generic/gone", "V*"]
    save_profile(service, owner.identifier, "Products", lines, starts="2000-01-01", package_format="tar.gz")
    save_profile(service, owner.identifier, LONG[:100], [LONG])
    subscribe(service, owner.identifier, "Everything generic", Question(node="generic"))
    make_token(service, owner.identifier, "owner", "notebook", [Scope.READ, Scope.DOWNLOAD])
    group = new_group(service, OPERATOR, "Science team", description="Until the data are public", until=soon)
    add_member(service, OPERATOR, group.identifier, "reader", until=soon)
    add_member(service, OPERATOR, group.identifier, "owner")
    assert guest.identifier != keeper.identifier
    return group.identifier


def _orders(service: Service) -> list[str]:
    """Place orders of the owner's and bring one to each state."""
    app = create_app(service.archive, service=service)
    owner = enter(TestClient(app, base_url="http://localhost", follow_redirects=False), "owner").client
    placed: list[str] = []
    for _ in range(1 + len(_STATES)):
        answer = owner.post(
            "/api/v1/orders", json={"dataset": "generic"}, headers={"X-CSRF-Token": token_in(owner)}
        )
        assert answer.status_code == 202, answer.text
        placed.append(answer.json()["identifier"])
        if len(placed) == 1:
            Worker(service).build_next()
            continue
        state, more = list(_STATES.items())[len(placed) - 2]
        with service.database.writing() as connection:
            orders.change(connection, placed[-1], state=state, **more)
    return placed


MONTHS_BEFORE = (3, 4, 6, 7, 8, 11)
"""Months of last year in which something was downloaded, from several countries; in May nothing was."""

COUNTRIES = ("fr", "de", "ch", "it", "es", "nl", "be")


def _downloads(service: Service) -> None:
    for number in range(7):
        count_download(service, ANONYMOUS, f"192.0.2.{number}", [("generic/products", 10**9 * (number + 1))])
    count_download(service, ANONYMOUS, "192.0.2.1", [("generic/elsewhere", 5)])
    month = service.archive.now()[:7]
    with service.database.writing() as connection:
        for before, country, visitor in product(MONTHS_BEFORE, COUNTRIES, "abcde"):
            earlier = f"{int(month[:4]) - 1}-{before:02}"
            for _ in range(1 + (before * len(country + visitor) + ord(country[0])) % 4):
                statistics.count(connection, earlier, "generic/products", country, visitor + country, 10**9)


def _audited(archive: Archive, folder: Path) -> None:
    """Let an audit meet a damage that is mended afterwards, and a location go away after one that did not."""
    add_location(archive, "vault", folder / "vault")
    assert all(not told.findings for told in sync_all(archive))
    damaged = next(archive.aip_root.rglob("v1/content/METS.xml"))
    sound = damaged.read_bytes()
    damaged.chmod(0o644)
    damaged.write_bytes(sound.replace(b"AIP", b"aip", 1))
    for location in ("home", "vault"):
        told = run_audit(archive, select_for_audit(archive, location=location))
        record_audit(archive, told.started_at, told.as_plain())
    damaged.write_bytes(sound)
    (folder / "vault").rename(folder / "away")


def _provider(service: Service) -> str:
    entry = Entry(login="provider", name="provider", email="provider@example.org")
    person = create_provider(service, OPERATOR, entry, ["generic"])
    return make_token(service, OPERATOR, person.login, "test", [Scope.DEPOSIT]).secret


def _deliveries(depository: Depository, folder: Path) -> list[str]:
    """Send a sound delivery, one that is refused, and one that is only begun."""
    addresses = []
    for name, sound in (("sound", True), ("unsound", False)):
        delivery = tar_of_bag(folder, f"deposit.{name}", sound=sound)
        addresses.append(depository.announce(len(delivery), f"{name}.tar"))
        assert depository.patch(addresses[-1], 0, delivery).status == 204
        depository.ingest()
    addresses.append(depository.announce(10_000, f"{LONG}.tar"))
    depository.patch(addresses[-1], 0, b"x" * 2_500)
    return [address.rpartition("/")[2] for address in addresses]
