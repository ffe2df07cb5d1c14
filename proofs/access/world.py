"""The world that is proven about: an archive with a set for each state, and people of every kind.

Built once in a run through the public functions, from small products, by a clock that stands still.
"""

from __future__ import annotations

import mailbox
import re
import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from oais.archive import Archive, open_archive
from oais.database import people, target_lists
from oais.database.target_lists import TargetList
from oais.functions.administration import initialise
from oais.functions.codes import code_request, issue_code, redeem_code
from oais.functions.data_management import rebuild_index
from oais.functions.mailing import send_due
from oais.functions.people.accounts import (
    Entry,
    change_role,
    create_administrator,
    create_provider,
    disable,
)
from oais.functions.people.authority import OPERATOR
from oais.functions.people.delegation import cancel_delegation, delegate
from oais.functions.people.groups import add_member, new_group, remove_member
from oais.functions.people.registration import import_people
from oais.functions.people.sessions import log_in, log_out
from oais.functions.people.tokens import make_token
from oais.functions.service import Service, open_service
from oais.functions.submission import submit
from oais.functions.withdrawal.asking import approve, ask, readmit
from policies.principals import Role, Scope
from proofs.access import sets

NOW = datetime(2026, 6, 15, tzinfo=UTC)
"""The moment at which the expected table holds."""

DELIVERED = datetime(2026, 5, 1, 12, tzinfo=UTC)
PASSWORD = "seven tall herons wade"
DEPOSITORS = frozenset({"provider", "archivist", "administrator"})
_PEOPLE = (
    "registered",
    "member",
    "past member",
    "owner",
    "delegate",
    "past delegate",
    "archivist",
    "disabled",
    "expired",
)


class Clock:
    """Tells the time that it is set to."""

    def __init__(self, now: datetime = NOW) -> None:
        self.now = now

    def __call__(self) -> datetime:
        """Return that time."""
        return self.now


@dataclass(frozen=True, slots=True)
class World:
    """The archive's home, what each principal comes with, and the identifiers of people and group."""

    home: Path
    headers: dict[str, dict[str, str]]
    identifiers: dict[str, str]
    group: str

    def copied(self, place: Path) -> World:
        """Return a copy of the world in an empty place."""
        shutil.copytree(self.home, place / "home")
        return replace(self, home=place / "home")

    @contextmanager
    def opened(self, clock: Clock) -> Iterator[Service]:
        """Open the archive with its people, by this clock."""
        archive = _quiet(open_archive(self.home, clock=clock))
        service = open_service(archive)
        try:
            yield service
        finally:
            service.database.close()


def build(place: Path, *, without: tuple[str, ...] = ()) -> World:
    """Make the world in an empty place; some sets may be left undelivered."""
    clock = Clock(DELIVERED)
    home = initialise(place / "home", name="Probe").home
    # First of all: an observation request is of a mission that the archive has.
    (home / "policies" / "agreements" / "probe.yaml").write_text(sets.agreement(), "utf-8")
    archive = open_archive(home, clock=clock)
    service = open_service(archive)
    group, identifiers = _populate(service)
    plant_policies(archive.home, group)
    deliver(archive, place, [name for name in sets.SETS if name not in (sets.NEVER_DELIVERED, *without)])
    there = [name for name in sets.WITHDRAWN if name not in without]
    withdraw(service, identifiers, [*there, sets.BACK])
    readmit(service, identifiers["archivist"], sets.aip_id(sets.BACK), "it may come back")
    deliver(archive, place, [sets.BACK])
    _ask(service, identifiers["administrator"], sets.ASKED)
    clock.now = NOW
    with service.database.writing() as connection:
        target_lists.keep(
            connection,
            TargetList(
                identifier=sets.LISTED, lines=sets.PLACES, radius="0.5", network="", kept_at=archive.now()
            ),
        )
    _share(service, identifiers)
    headers = _credentials(service, identifiers)
    service.database.close()
    return World(archive.home, headers, identifiers, group)


def plant_policies(home: Path, group: str) -> None:
    """Write the rules of access of the sets."""
    (home / "policies" / "access.yaml").write_text(sets.rules(group), "utf-8")


def deliver(archive: Archive, place: Path, names: Iterable[str]) -> None:
    """Deliver sets through the door of producers; the first version goes before the second."""
    archive = _quiet(open_archive(archive.home, clock=archive.clock))
    wanted = sorted(names, key=sets.version)
    bags = [sets.bag(place / f"{name.replace('/', '.')}.bag", name) for name in wanted]
    for name, told in zip(wanted, submit(archive, bags), strict=True):
        assert told.receipt is not None, (name, told.error)
        status = "refused" if name == sets.TURNED_AWAY else "accepted"
        assert told.receipt.status == status, (name, told.receipt.findings)
    for delivered in bags:
        shutil.rmtree(delivered)
    rebuild_index(archive)


def withdraw(service: Service, identifiers: dict[str, str], names: Iterable[str]) -> None:
    """Withdraw the packages of some sets: the archivist asks and the administrator approves."""
    for name in names:
        _ask(service, identifiers["archivist"], name)
        approve(service, identifiers["administrator"], sets.aip_id(name))


def _ask(service: Service, by: str, name: str) -> None:
    told = sets.canary(name, "m")
    ask(service, by, sets.aip_id(name), why="rights", reason=f"About {told}", basis=f"Letter on {told}")


def _quiet(archive: Archive) -> Archive:
    """Return the archive with no limit of requests and one process, whose clock is ours."""
    return replace(
        archive,
        settings=replace(
            archive.settings, requests_per_minute=0, packages_per_minute=0, logins_per_minute=0, workers=1
        ),
    )


def login_of(who: str) -> str:
    """Return the login name of one of the people."""
    return who.replace(" ", ".")


def _populate(service: Service) -> tuple[str, dict[str, str]]:
    """Enter the accounts, and the group with its one member; return its identifier and theirs."""
    owned = " ".join(sets.request(name) for name in sets.REQUESTS)
    rows = "".join(
        f"{login_of(who)},{who},{login_of(who)}@example.org,PI,{owned if who == 'owner' else 'probe:OTHER'}\n"
        for who in _PEOPLE
    )
    import_people(service, OPERATOR, f"login,name,email,role,requests\n{rows}")
    boss = create_administrator(service, Entry("administrator", "A", "admin@example.org"), PASSWORD)
    machine = create_provider(service, OPERATOR, Entry("provider", "P", "provider@example.org"), ["generic"])
    with service.database.reading() as connection:
        found = {who: people.by_login(connection, login_of(who)) for who in _PEOPLE}
    identifiers = {who: person.identifier for who, person in found.items() if person is not None}
    identifiers |= {"administrator": boss.identifier, "provider": machine.identifier}
    change_role(service, boss.identifier, identifiers["archivist"], Role.ARCHIVIST)
    group = new_group(service, boss.identifier, "team").identifier
    for who in ("member", "past member"):
        add_member(service, boss.identifier, group, identifiers[who])
    remove_member(service, boss.identifier, group, identifiers["past member"])
    return group, identifiers


def _share(service: Service, identifiers: dict[str, str]) -> None:
    """Let the owner delegate one request for good and another for a while that is over."""
    owner = identifiers["owner"]
    delegate(service, owner, sets.request("delegated"), "delegate")
    for login in ("delegate", "past.delegate"):
        made = delegate(service, owner, sets.request("revoked"), login)
        cancel_delegation(service, owner, made.identifier)


def _credentials(service: Service, identifiers: dict[str, str]) -> dict[str, dict[str, str]]:
    """Return the headers with which each principal comes."""
    found = {"stranger": {}, "made-up token": _bearer("oais_" + "x" * 43)}
    for who, identifier in identifiers.items():
        scopes = {Scope.READ, Scope.DOWNLOAD, Scope.ACCOUNT}
        scopes |= {Scope.DEPOSIT} if who in DEPOSITORS else set()
        scopes |= {Scope.ADMINISTER} if who in {"archivist", "administrator"} else set()
        by = OPERATOR if who == "provider" else identifier
        found[who] = _bearer(make_token(service, by, identifier, "all", sorted(scopes), days=366).secret)
    owner = identifiers["owner"]
    found["owner with a reading token"] = _bearer(make_token(service, owner, owner, "r", ["read"]).secret)
    ended = log_in(service, "administrator", PASSWORD).secret
    log_out(service, ended)
    found["holder of a code"] = {"Cookie": f"oais-downloads={_download_session(service)}"}
    found["ended session"] = {"Cookie": f"oais-session={ended}"}
    disable(service, identifiers["administrator"], identifiers["disabled"])
    with service.database.writing() as connection:
        over = (NOW - timedelta(days=1)).isoformat(timespec="microseconds").replace("+00:00", "Z")
        people.change(connection, identifiers["expired"], expires_at=over)
    return found


def _download_session(service: Service) -> str:
    """Ask for a code, read the mail, and give the code back from the same browser."""
    browser, network = "b" * 43, "192.0.2.0/24"
    issue_code(service, code_request(service, browser=browser, network=network, address="a@example.org"))
    while send_due(service):
        pass
    letters = [letter for letter in mailbox.Maildir(service.archive.home / "mail") if letter["To"]]
    codes = [re.search(r"\b\w{4}-\w{4}-\w{4}\b", str(letter.get_payload(decode=True))) for letter in letters]
    (code,) = [found[0] for found in codes if found is not None]
    return redeem_code(service, browser, code, network=network).secret


def _bearer(secret: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {secret}"}
