"""Baskets and orders: what is picked, what may be had, packages that are the same whoever ends them."""

from __future__ import annotations

import hashlib
import io
import random
import re
import secrets
import shutil
import signal
import subprocess
import sys
import threading
import zipfile
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import cast

import bagit
import pytest

from oais.archive import open_archive, timestamp
from oais.database import Connection, people
from oais.database import orders as rows
from oais.database.engine import Database
from oais.database.orders import Order, OrderState
from oais.database.people import Person
from oais.errors import BusyError, NotFoundError, RefusedError, StorageError, WrongUsageError
from oais.functions.access.decisions import ClosedError
from oais.functions.access.facade import open_access
from oais.functions.access.question import Question
from oais.functions.administration import initialise
from oais.functions.mailing import send_due
from oais.functions.orders import (
    allowances,
    baskets,
    direct,
    ending,
    fetching,
    handouts,
    packages,
    placing,
    reserving,
    selection,
)
from oais.functions.orders.building import LEASE, Worker
from oais.functions.orders.clearing import clear_orders
from oais.functions.orders.consumers import OPERATOR, Consumer, consumer_of, take_over
from oais.functions.orders.direct import TooLargeError
from oais.functions.orders.packages import Plan, Watch, lay_out_volumes, parts_of
from oais.functions.orders.weighing import Way, weigh
from oais.functions.people.authority import OPERATOR as AUTHORITY
from oais.functions.people.erasure import erase
from oais.functions.service import Service, open_service
from oais.functions.submission import submit
from policies.access import ANONYMOUS, Principal, Role
from tests.functions.deliveries import demo_bag


class HeldClock:
    """Tells the time it was set to."""

    def __init__(self, now: datetime) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture(scope="session")
def stocked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The home of an archive with three AIPs, to be copied."""
    folder = tmp_path_factory.mktemp("stocked")
    archive = initialise(folder / "home", name="Test archive")
    bags = [demo_bag(folder / f"{name}.bag", name, f"tess.{name}") for name in ("n0", "n1", "hk")]
    assert [told.error for told in submit(archive, bags)] == [""] * 3
    return archive.home


@pytest.fixture
def clock() -> HeldClock:
    """A clock in the test's hand."""
    return HeldClock(datetime.now(UTC))


@pytest.fixture
def service(stocked: Path, tmp_path: Path, clock: HeldClock) -> Service:
    """An archive with its people, all a test's own."""
    shutil.copytree(stocked, tmp_path / "home")
    return open_service(open_archive(tmp_path / "home", clock=clock))


def limited(service: Service, **limits: int) -> Service:
    """The same archive with other limits."""
    archive = service.archive
    settings = replace(archive.settings, **limits)  # type: ignore[arg-type]
    return replace(service, archive=replace(archive, settings=settings))


def consumer(
    service: Service, principal: Principal = ANONYMOUS, browser: str = "a browser", network: str = ""
) -> Consumer:
    """Somebody at the archive."""
    access = open_access(service.archive, principal, service.database)
    return consumer_of(service, access, browser, network=network)


def close(service: Service, node: str, policy: str = "closed") -> None:
    """Let a policy hold for a node from now on."""
    rules = service.archive.home / "policies" / "access.yaml"
    text = rules.read_text("utf-8")
    rules.write_text(
        re.sub(r"nodes:.*", f"nodes:\n  - {{node: {node}, policy: {policy}}}\n", text, flags=re.S)
    )


def filled(who: Consumer, question: Question | None = None) -> str:
    """Put the answer to a question, by default all the archive has, into a basket."""
    return baskets.put_in(who, selection.found(who.access, question or Question(node="tess")))


def sha256(path: Path) -> str:
    """The digest of a file."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def only_package(service: Service, order: Order) -> Path:
    """The one package of an order."""
    (package,) = fetching.folder_of(service.archive, order.identifier).iterdir()
    return package


def test_select_by_ids_patterns_and_ranges(service: Service) -> None:
    """Identifiers, patterns and ranges pick what answers to them; each that nothing answers to is told."""
    access = consumer(service).access
    found = selection.found(access, Question(ids="tess.n1 tess.h*, nobody.* tess.n0..tess.n0 x"))
    assert [pick.aip_id for pick in found.picks] == ["tess.hk", "tess.n0", "tess.n1"]
    assert [missed.asked for missed in found.missed] == ["nobody.*", "x"]


def test_select_by_ticks(service: Service) -> None:
    """Ticked files and AIPs are picked; what is not there is told with its reason, the rest counts."""
    access = consumer(service).access
    (whole,) = selection.ticked(access, ["tess.n1"]).picks
    path = "representations/original/data/tic55525572_s0005_first1000_lc.fits"
    found = selection.ticked(
        access, [f"tess.n1@v1/{path}", "tess.n1@v1/no/such", "gone", "bad id", "tess.hk@v9"]
    )
    assert {missed.asked for missed in found.missed} >= {"tess.n1@v1/no/such", "gone", "bad id", "tess.hk@v9"}
    (pick,) = found.picks
    assert pick.files == 1
    assert 0 < pick.size < whole.size


def test_select_by_date(service: Service) -> None:
    """A time picks every product that overlaps it, ends included, and nothing of what does not."""
    access = consumer(service).access
    product = access.index.products("tess.n1")[0].product
    assert product.span is not None
    start, stop = product.span
    for time, expected in (
        (f"{stop}/{stop + 1}", True),
        (f"{start - 1}/{start}", True),
        (f"{(start + stop) / 2}/{(start + stop) / 2}", True),
        (f"{stop + 0.001}/{stop + 1}", False),
        (f"{start - 1}/{start - 0.001}", False),
    ):
        found = selection.found(access, Question(node="tess/n1", time=time))
        assert [pick.paths for pick in found.picks] == ([(product.path,)] if expected else []), time


def test_a_basket_adds_up_and_survives_login(service: Service) -> None:
    """What is put in stays with the browser, adds up, is named, and is the account's after login alone."""
    stranger = consumer(service)
    identifier = filled(stranger, Question(ids="tess.n1"))
    path = "representations/original/data/tic55525572_s0005_first1000_lc.fits"
    for names in ([f"tess.n1@v1/{path}"], ["tess.hk@v1"], ["tess.hk@v1"]):
        assert baskets.put_in(stranger, selection.ticked(stranger.access, names)) == identifier
    (basket,) = baskets.show(stranger)
    assert (basket.state, len(basket.content.lines)) == ("ready", 2)
    assert basket.content.files > 2  # all of one AIP swallowed the file of it that was ticked later
    baskets.open_new(stranger, "Another")
    baskets.rename(stranger, identifier, "  My request ")
    person = member(service)
    take_over(service, "a browser", person.principal.identifier)
    assert {basket.name for basket in baskets.show(person)} == {"Another", "My request"}
    assert baskets.show(stranger) == ()
    baskets.take_out(person, identifier, ["tess.hk@v1"])
    assert [pick.aip_id for pick in baskets.picks_of(person, identifier)] == ["tess.n1"]
    baskets.discard(person, identifier)
    assert [basket.state for basket in baskets.show(person)] == ["draft"]


def test_nobody_reaches_into_anothers_basket_or_order(service: Service) -> None:
    """To anybody else a basket or an order is as if it did not exist; the staff sees orders (CT-25)."""
    owner, other = consumer(service), consumer(service, browser="another")
    identifier = filled(owner)
    baskets_of_others: list[Callable[[Consumer, str], object]] = [baskets.picks_of, baskets.discard]
    for reach in baskets_of_others:
        with pytest.raises(NotFoundError, match="no such basket"):
            reach(other, identifier)
    order = placing.order_basket(owner, identifier, "zip")
    orders_of_others: list[Callable[[Consumer, str], object]] = [fetching.show_order, ending.cancel]
    for reach in (*orders_of_others, placing.repeat):
        with pytest.raises(NotFoundError, match="no such order"):
            reach(other, order.identifier)
    assert fetching.list_orders(other, everybody=True).total == 0
    staff = consumer(service, OPERATOR)
    assert fetching.show_order(staff, order.identifier).owner == owner.owner
    assert fetching.list_orders(staff).total == 0
    assert fetching.list_orders(staff, everybody=True).total == 1


def test_what_is_barred_is_told_and_stays_in_the_basket(service: Service) -> None:
    """What may not be had has a reason and no size, is not in the order, and waits in the basket."""
    who = consumer(service)
    identifier = filled(who)
    close(service, "tess/n1")
    (basket,) = baskets.show(consumer(service))
    (barred,) = basket.content.barred
    assert "not yet released by its provider" in barred.reason
    assert basket.content.size == sum(line.pick.size for line in basket.content.lines if line.allowed)
    order = placing.order_basket(consumer(service), identifier, "zip")
    assert {pick.aip_id for pick in fetching.show_order(who, order.identifier).picks} == {
        "tess.n0",
        "tess.hk",
    }
    assert [pick.aip_id for pick in baskets.picks_of(who, identifier)] == ["tess.n1"]


def test_what_became_hidden_is_as_if_it_was_never_there(service: Service) -> None:
    """The basket says no more of something hidden than of something lost."""
    filled(consumer(service), Question(ids="tess.n1"))
    close(service, "tess/n1", "hidden")
    (line,) = baskets.show(consumer(service))[0].content.barred
    assert (line.reason, line.remedy, line.release_at) == ("it is not in the archive any more", "", "")


def test_limits_decide_the_way(service: Service) -> None:
    """By its size a selection goes at once, as one package, in volumes, or is refused with its size."""
    picks = selection.found(consumer(service).access, Question(node="tess")).picks
    size = sum(pick.size for pick in picks)
    for limits, way in (
        ((size, size, size), Way.DIRECT),
        ((size - 1, size, size), Way.ORDERED),
        ((1, size - 1, size), Way.VOLUMES),
        ((1, 1, size - 1), Way.TOO_LARGE),
    ):
        names = ("direct_limit_bytes", "package_limit_bytes", "order_limit_bytes")
        who = consumer(limited(service, **dict(zip(names, limits, strict=True))))
        assert weigh(who.access, picks).way is way
        if way is not Way.DIRECT:
            with pytest.raises(TooLargeError, match=str(size)):
                direct.direct_package(who, picks)
    with pytest.raises(TooLargeError, match=str(size)):
        placing.place(who, picks, "zip")


def test_a_direct_package_is_the_same_each_time(service: Service, clock: HeldClock, tmp_path: Path) -> None:
    """The same selection gives the same bytes on another day, and bagit finds every AIP in its folder."""
    picks = selection.found(consumer(service).access, Question(node="tess")).picks
    first = direct.direct_package(consumer(service), picks)
    data = b"".join(first.read(0, first.size))
    clock.now += timedelta(days=400)
    again = direct.direct_package(consumer(service), picks)
    assert (again.stamp, again.size) == (first.stamp, len(data))
    (tmp_path / "bag.zip").write_bytes(data)
    with zipfile.ZipFile(tmp_path / "bag.zip") as opened:
        opened.extractall(tmp_path / "bag")
    (folder,) = (tmp_path / "bag").iterdir()
    assert bagit.Bag(str(folder)).validate()
    assert sorted(path.name for path in (folder / "data").iterdir()) == [
        "tess.hk.v1",
        "tess.n0.v1",
        "tess.n1.v1",
    ]
    assert (folder / "metadata" / "tess.n1.v1" / "premis.xml").is_file()
    assert b'"allowed": true' in (folder / "metadata" / "tess.n1.v1" / "access-decision.json").read_bytes()


def test_an_order_is_built_expires_and_can_be_repeated(service: Service, clock: HeldClock) -> None:
    """Queued, building, available, expired: the bytes go in time, the row stays, and it can be made again."""
    who = consumer(service)
    order = placing.order_basket(who, filled(who), "zip")
    assert fetching.show_order(who, order.identifier).state == "queued"
    with pytest.raises(NotFoundError, match="no such package yet"):
        fetching.open_package(who, order.identifier, 1)
    worker = Worker(service)
    assert worker.build_next() is not None
    assert worker.build_next() is None
    shown = fetching.show_order(who, order.identifier)
    assert (shown.state, shown.percent, shown.size) == ("available", 100, shown.packages[0].size)
    opened = fetching.open_package(who, order.identifier, 1)
    assert len(b"".join(opened.read(0, opened.size))) == opened.size
    clock.now += timedelta(days=3)
    with pytest.raises(fetching.GoneError):
        fetching.open_package(who, order.identifier, 1)
    assert clear_orders(service) == 2
    assert not fetching.folder_of(service.archive, order.identifier).exists()
    assert fetching.show_order(who, order.identifier).state == "expired"
    again = placing.repeat(who, order.identifier)
    worker.build_next()
    assert fetching.open_package(who, again.identifier, 1).size > 0


def test_volumes_are_whole_bags(service: Service, tmp_path: Path) -> None:
    """A large order comes in volumes; each is a valid bag and together they have all files."""
    service = limited(service, package_limit_bytes=200_000)
    who = consumer(service)
    picks = selection.found(who.access, Question(node="tess")).picks
    order = placing.place(who, picks, "zip")
    Worker(service).build_next()
    names = []
    packages = fetching.show_order(who, order.identifier).packages
    for package in packages:
        volume = fetching.open_package(who, order.identifier, package.number)
        with zipfile.ZipFile(io.BytesIO(b"".join(volume.read(0, volume.size)))) as opened:
            opened.extractall(tmp_path / "volumes")
        bag = tmp_path / "volumes" / package.name.removesuffix(".zip")
        assert bagit.Bag(str(bag)).validate()
        names += [str(file.relative_to(bag / "data")) for file in (bag / "data").rglob("*") if file.is_file()]
    assert len(packages) > 1
    assert packages[0].name.endswith(f"-1of{len(packages)}.zip")
    assert len(names) == len(set(names)) == order.files == sum(pick.files for pick in picks)


def test_a_right_taken_away_stops_order_and_click(service: Service, clock: HeldClock) -> None:
    """The decision is asked when the order is built, and again at each click on what was built."""
    who = consumer(service)
    early = placing.order_basket(who, filled(who), "zip")
    clock.now += timedelta(seconds=1)
    late = placing.order_basket(who, filled(who), "zip")
    Worker(service).build_next()
    close(service, "tess/n1")
    Worker(service).build_next()
    states = {order.identifier: order for order in fetching.list_orders(who).orders}
    assert states[early.identifier].state == "available"
    assert states[late.identifier].state == "failed"
    assert "not yet released" in states[late.identifier].reason
    with pytest.raises(ClosedError, match="not yet released"):
        fetching.open_package(consumer(service), early.identifier, 1)


def test_a_right_taken_away_ends_a_running_download(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of what follows the moment at which the right ends, at most what was begun is sent (J4)."""
    monkeypatch.setattr(packages, "_FRESH_FOR", 1)
    who = consumer(service)
    found = direct.direct_package(who, selection.found(who.access, Question(node="tess")).picks)
    blocks = found.read(0, found.size)
    given = b""
    while b"data/tess.hk.v1/" not in given:
        given += next(blocks)
    close(service, "tess")
    with pytest.raises(ClosedError):
        list(blocks)


def test_a_right_taken_away_ends_a_running_package(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    """An ordered package that runs stops when the right to it is taken away (J4)."""
    monkeypatch.setattr(handouts, "ASKED_EVERY", 1 << 18)
    who = consumer(service)
    order = placing.order_basket(who, filled(who), "zip")
    Worker(service).build_next()
    package = fetching.open_package(who, order.identifier, 1)
    blocks = package.read(0, package.size)
    next(blocks)
    close(service, "tess/n1")
    with pytest.raises(ClosedError):
        list(blocks)


def test_two_workers_and_a_lost_one_make_the_same_bytes(service: Service, clock: HeldClock) -> None:
    """A worker that lost its order to another does not end it a second time."""
    who = consumer(service)
    order = placing.order_basket(who, filled(who), "zip")
    with service.database.writing() as connection:
        until = timestamp(clock.now + LEASE)
        assert rows.claim(connection, "lost", timestamp(clock.now), until) is not None
    assert Worker(service).build_next() is None
    clock.now += LEASE + timedelta(seconds=1)
    assert Worker(service).build_next() is not None
    first = sha256(only_package(service, order))
    with service.database.writing() as connection:
        assert not rows.renew(connection, order.identifier, "lost", state=OrderState.FAILED)
        rows.change(connection, order.identifier, state=OrderState.QUEUED)
    only_package(service, order).unlink()
    Worker(service).build_next()
    assert sha256(only_package(service, order)) == first


KILLED = """
import os, signal, sys
from pathlib import Path
from dip import building, pieces
from oais.archive import open_archive
from oais.functions.orders.building import Worker
from oais.functions.service import open_service
left = int(sys.argv[2])
write = building.write_all
def write_some(descriptor, block):
    global left
    write(descriptor, block)
    left -= 1
    if left < 0:
        os.kill(os.getpid(), signal.SIGKILL)
building.write_all = write_some
Worker(open_service(open_archive(Path(sys.argv[1])))).build_next()
"""


def test_kill_at_any_time_and_the_order_ends_with_the_same_bytes(
    service: Service, clock: HeldClock, seeded: random.Random
) -> None:
    """A worker killed without warning in the middle of a write leaves nothing that another cannot end."""
    service = limited(service, package_limit_bytes=200_000)
    who = consumer(service)
    picks = selection.found(who.access, Question(node="tess")).picks
    order = placing.place(who, picks, "zip")
    settings = service.archive.home / "oais.yaml"
    settings.write_text(settings.read_text() + "package_limit_bytes: 200000\n")
    plan = Plan(order.name, order.title, order.placed_at, "zip")
    whole = lay_out_volumes(service.archive, plan, parts_of(who.access, picks), 200_000)
    watch = Watch(lambda: consumer(service).access, parts_of(who.access, picks))
    expected = {package.name: list(package.read(watch)) for package in whole}
    folder = fetching.folder_of(service.archive, order.identifier)
    for _ in range(3):
        left = sum(len(blocks) for name, blocks in expected.items() if not (folder / name).exists())
        after = seeded.randrange(left)
        command = [sys.executable, "-c", KILLED, str(service.archive.home), str(after)]
        ended = subprocess.run(command, check=False, cwd=Path(__file__).parents[2])
        assert ended.returncode == -signal.SIGKILL
        with service.database.writing() as connection:
            rows.change(connection, order.identifier, lease_until=timestamp(clock.now - LEASE))
    Worker(service).build_next()
    made = {path.name: path.read_bytes() for path in folder.iterdir()}
    assert made == {name: b"".join(blocks) for name, blocks in expected.items()}
    assert fetching.show_order(who, order.identifier).state == "available"


def test_damage_fails_the_order_in_words(service: Service) -> None:
    """Stored bytes that are not what was sealed are never delivered; the owner is told which file."""
    who = consumer(service)
    order = placing.order_basket(who, filled(who, Question(ids="tess.n1")), "zip")
    stored = next(service.archive.aip_root.rglob("tic55525572_s0005_first1000_lc.fits"))
    data = bytearray(stored.read_bytes())
    data[5000] ^= 1
    stored.write_bytes(data)
    Worker(service).build_next()
    shown = fetching.show_order(who, order.identifier)
    assert shown.state == "failed"
    assert "tic55525572_s0005_first1000_lc.fits" in shown.reason
    assert not list(fetching.folder_of(service.archive, order.identifier).iterdir())


def test_the_room_of_orders_may_be_emptied(service: Service) -> None:
    """Packages that somebody deleted are made again; bytes that belong to no order are removed."""
    who = consumer(service)
    order = placing.order_basket(who, filled(who), "zip")
    Worker(service).build_next()
    shutil.rmtree(service.archive.dip_root)
    (service.archive.dip_root / "orders" / "stray").mkdir(parents=True)
    assert clear_orders(service) == 2
    assert fetching.show_order(who, order.identifier).state == "queued"
    Worker(service).build_next()
    assert fetching.open_package(who, order.identifier, 1).size > 0
    ending.cancel(who, order.identifier)
    assert clear_orders(service) == 1
    assert fetching.show_order(who, order.identifier).reason == "cancelled"


def test_ten_orders_wait_at_most(service: Service) -> None:
    """One owner cannot fill the queue."""
    who = consumer(service)
    picks = selection.found(who.access, Question(ids="tess.hk")).picks
    for _ in range(allowances.MOST_WAITING):
        placing.place(who, picks, "zip")
    with pytest.raises(BusyError):
        placing.place(who, picks, "zip")
    assert placing.place(consumer(service, browser="another"), picks, "zip").files > 0


def test_strangers_cannot_fill_the_queue(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another browser each time does not help them, and whoever has an account goes on."""
    monkeypatch.setattr(allowances, "MOST_OF_STRANGERS", 3)
    picks = selection.found(consumer(service).access, Question(ids="tess.hk")).picks
    for number in range(3):
        placing.place(consumer(service, browser=f"browser {number}"), picks, "zip")
    with pytest.raises(BusyError, match="without an account"):
        placing.place(consumer(service, browser="one more"), picks, "zip")
    assert placing.place(consumer(service, OPERATOR), picks, "zip").files > 0


def test_strangers_share_the_queue_fairly(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    """A network that filled the queue keeps no other out, and gets no more while others wait too."""
    monkeypatch.setattr(allowances, "MOST_OF_STRANGERS", 4)
    picks = selection.found(consumer(service).access, Question(ids="tess.hk")).picks

    def place(network: str) -> bool:
        browser = f"{network} {secrets.token_hex(4)}"
        try:
            placing.place(consumer(service, browser=browser, network=network), picks, "zip")
        except BusyError:
            return False
        return True

    assert [place("192.0.2.0/24") for _ in range(5)] == [True] * 4 + [False]
    assert [place("198.51.100.0/24") for _ in range(2)] == [True, False]
    assert [place(f"2001:db8:{number}::/56") for number in range(5)] == [True, True, True, False, False]
    while Worker(service).build_next() is not None:
        pass
    assert [place("198.51.100.0/24") for _ in range(5)] == [True] * 4 + [False]


@pytest.mark.parametrize("who", ["account", "browser", "network"])
@pytest.mark.parametrize("limit", ["orders_held", "orders_held_bytes", "strangers_held_bytes"])
def test_nobody_holds_more_than_he_may(service: Service, who: str, limit: str) -> None:
    """Orders that are ready count until they expire or are cancelled; others have room of their own."""
    picks = selection.found(consumer(service).access, Question(ids="tess.hk")).picks
    one = placing.place(consumer(service, OPERATOR), picks, "zip").size
    tight = limited(service, **{limit: 2 if limit == "orders_held" else 2 * one + one // 2})

    rita = member(tight)

    def holder(number: int) -> Consumer:
        if who == "account":
            return rita
        return consumer(tight, browser=str(number if who == "network" else 0), network="192.0.2.0/24")

    first = placing.place(holder(1), picks, "zip")
    placing.place(holder(2), picks, "zip")
    while Worker(tight).build_next() is not None:
        pass
    if who == "account" and limit == "strangers_held_bytes":
        assert placing.place(holder(3), picks, "zip").files > 0
        return
    with pytest.raises(BusyError) as refused:
        placing.place(holder(3), picks, "zip")
    if limit != "orders_held":
        told = re.search(
            r"have (\d+) bytes, of (\d+) that they may have; this one has (\d+)", refused.value.message
        )
        assert told is not None
        held, most, asked = map(int, told.groups())
        assert held <= most == 2 * one + one // 2 < held + asked
    if limit != "strangers_held_bytes":
        other = consumer(tight, browser="other", network="198.51.100.0/24")
        assert placing.place(other, picks, "zip").files > 0
    assert placing.place(consumer(tight, OPERATOR), picks, "zip").files > 0
    ending.cancel(holder(1), first.identifier)
    if limit != "strangers_held_bytes":
        assert placing.place(holder(3), picks, "zip").files > 0


def test_an_order_for_which_there_is_no_room_waits_for_it(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing is written, the figures are told, and it is built as soon as there is room."""
    free = {"bytes": reserving.SPARE}
    monkeypatch.setattr(reserving, "free_bytes", lambda _path: free["bytes"])
    who = consumer(service)
    order = placing.order_basket(who, filled(who), "zip")
    Worker(service).build_next()
    shown = fetching.show_order(who, order.identifier)
    assert shown.state == "failed"
    assert shown.reason.startswith(f"not enough room: {order.size} bytes needed, 0 free")
    assert not list(service.archive.dip_root.rglob("*.zip*"))
    free["bytes"] = reserving.SPARE + order.size - 1
    assert clear_orders(service) == 0
    free["bytes"] += 1
    clear_orders(service)
    assert fetching.show_order(who, order.identifier).state == "queued"
    Worker(service).build_next()
    assert fetching.show_order(who, order.identifier).state == "available"


def test_who_waits_for_room_is_told_once_and_may_give_up(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However often it is tried there is one letter, then the one that it is ready; cancelled, it is over."""
    free = {"bytes": reserving.SPARE}
    monkeypatch.setattr(reserving, "free_bytes", lambda _path: free["bytes"])
    who = member(service)
    picks = selection.found(who.access, Question(ids="tess.hk")).picks
    order, other = (placing.place(who, picks, "zip") for _ in range(2))
    ending.cancel(who, other.identifier)
    for _ in range(3):
        free["bytes"] = reserving.SPARE
        assert Worker(service).build_next() is not None
        shown = fetching.show_order(who, order.identifier)
        assert (shown.state, shown.waits) == ("failed", True)
        free["bytes"] += order.size
        assert clear_orders(service) == 1
        shown = fetching.show_order(who, order.identifier)
        assert (shown.state, shown.reason, shown.waits) == ("queued", "", False)
    assert letters(service) == ["not made"]
    Worker(service).build_next()
    assert letters(service) == ["not made", "ready"]
    assert fetching.show_order(who, order.identifier).reason == ""
    again = placing.repeat(who, order.identifier)
    free["bytes"] = reserving.SPARE
    Worker(service).build_next()
    assert letters(service) == ["not made", "not made", "ready"]  # another order is another thing to tell
    ending.cancel(who, again.identifier)
    free["bytes"] += again.size
    clear_orders(service)
    shown = fetching.show_order(who, again.identifier)
    assert (shown.state, shown.reason, shown.waits) == ("expired", "cancelled", False)


def member(service: Service) -> Consumer:
    """Somebody with an account and an address."""
    now = service.archive.now()
    person = Person(
        login="a", name="A", email="a@example.org", role="registered", state="active", created_at=now
    )
    with service.database.writing() as connection:
        people.add(connection, person)
    return consumer(service, Principal(person.identifier, Role.REGISTERED))


def test_an_erased_account_orders_nothing(service: Service) -> None:
    """What was asked for while it went would be built for nobody."""
    who = member(service)
    picks = selection.found(who.access, Question(ids="tess.hk")).picks
    erase(service, AUTHORITY, "a")
    with pytest.raises(NotFoundError, match="account was erased"):
        placing.place(who, picks, "zip")
    assert fetching.list_orders(consumer(service, OPERATOR)).orders == ()


def letters(service: Service) -> list[str]:
    """What the letters sent so far say of their orders."""
    send_due(service)
    texts = [path.read_text() for path in (service.archive.home / "mail" / "new").iterdir()]
    return sorted("ready" if "is ready" in text else "not made" for text in texts)


def test_two_orders_do_not_reserve_the_same_room(
    service: Service, monkeypatch: pytest.MonkeyPatch, clock: HeldClock
) -> None:
    """What another worker has still to write is taken; of two that begin, the older one goes first."""
    who = consumer(service)
    picks = selection.found(who.access, Question(ids="tess.hk")).picks
    older = placing.place(who, picks, "zip")
    clock.now += timedelta(seconds=1)
    younger = placing.place(who, picks, "zip")
    room = reserving.SPARE + older.size + younger.size - 1
    monkeypatch.setattr(reserving, "free_bytes", lambda _path: room)
    with service.database.writing() as connection:
        until = timestamp(clock.now + LEASE)
        for worker in ("one", "another"):
            assert rows.claim(connection, worker, timestamp(clock.now), until) is not None
    reserving.reserve(service, older, older.size)
    with pytest.raises(StorageError, match=f"{younger.size} bytes needed, {younger.size - 1} free"):
        reserving.reserve(service, younger, younger.size)


def test_a_basket_ordered_twice_at_once_is_one_order(service: Service) -> None:
    """Of many who press at the same moment one places the order, and the others are told."""
    who = consumer(service)
    basket, together = filled(who), threading.Barrier(6)

    def press(_number: int) -> bool:
        together.wait()
        try:
            placing.order_basket(who, basket, "zip")
        except (NotFoundError, RefusedError):
            return False
        return True

    with ThreadPoolExecutor(6) as threads:
        placed = list(threads.map(press, range(6)))
    assert sum(placed) == 1
    assert fetching.list_orders(who).total == 1
    assert baskets.show(who) == ()


@dataclass
class _Overtaken:
    """A database of which somebody else makes use as soon as it was read for the first time."""

    database: Database
    use: Callable[[], object] | None

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        with self.database.reading() as connection:
            yield connection
        use, self.use = self.use, None
        if use is not None:
            use()

    def writing(self) -> AbstractContextManager[Connection]:
        return self.database.writing()


def test_a_basket_that_goes_while_it_is_ordered_is_told(service: Service) -> None:
    """Thrown away, or ordered in another window, between two looks at it: it is not there any more."""
    who = consumer(service)
    basket = filled(who)
    overtaken = _Overtaken(service.database, lambda: baskets.discard(who, basket))
    slower = replace(who, service=replace(service, database=cast("Database", overtaken)))
    with pytest.raises(NotFoundError, match="no such basket"):
        placing.order_basket(slower, basket, "zip")
    assert fetching.list_orders(who).total == 0


def test_too_much_is_refused_in_words(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    """More AIPs than a basket takes, an empty basket, and a name that is none are refused with a remedy."""
    who = consumer(service)
    with pytest.raises(RefusedError, match="empty"):
        placing.order_basket(who, baskets.open_new(who, "none"), "zip")
    with pytest.raises(WrongUsageError, match="81 characters"):
        baskets.open_new(who, "x" * 81)
    monkeypatch.setattr(selection, "MOST_PICKS", 2)
    with pytest.raises(WrongUsageError, match="3 AIPs are selected"):
        filled(who)


def test_the_owner_gets_one_mail(service: Service) -> None:
    """Who ordered with an account is told by mail once the order is ready, with the address of its page."""
    who = member(service)
    order = placing.order_basket(who, filled(who), "tar.gz")
    Worker(service).build_next()
    send_due(service)
    (mail,) = [path.read_text() for path in (service.archive.home / "mail" / "new").iterdir()]
    assert "To: a@example.org" in mail
    assert "Subject: Your order" in mail
    assert f"/orders/{order.identifier}" in mail.replace("=\n", "")
