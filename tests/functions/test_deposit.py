"""Deposits: what was acknowledged lasts, two never write at once, and each delivery is ingested once."""

from __future__ import annotations

import errno
import hashlib
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from email import message_from_bytes
from email.policy import default
from pathlib import Path
from typing import Any

import pytest

from aip.audit import AuditResult, audit_aip
from aip.stored import StoredAip
from oais.archive import Archive, timestamp
from oais.confirming import why_closed
from oais.database import people
from oais.database.deposits import Deposit, DepositState
from oais.errors import NotFoundError, RefusedError, StorageError, WrongUsageError
from oais.functions.copies.locations import add_location
from oais.functions.copies.replication import sync_all
from oais.functions.deposit.addition import Addition, Checksum, ChecksumError, OffsetError
from oais.functions.deposit.clearing import Clearer
from oais.functions.deposit.intake import ingest_due
from oais.functions.deposit.uploads import (
    Announcement,
    EndedError,
    QuotaError,
    begin,
    own_deposit,
    own_upload,
    sweep_expired,
    upload_path,
    withdraw,
)
from oais.functions.desk.deliveries import queue_view
from oais.functions.mailing.sending import send_due
from oais.functions.people.authority import OPERATOR
from oais.functions.people.erasure import erase, erasure_view
from oais.functions.receipts import each_receipt, open_receipt
from oais.functions.reopening import reopen
from oais.functions.service import Service, open_service
from oais.functions.storage import aip_store
from oais.functions.working import chores_of, work_round
from oais.settings import Settings
from policies.principals import Principal, Role
from sip.parcel import parcel_of
from sip.uploads import UploadBusyError
from tests.functions.conftest import SteadyClock
from tests.functions.copied import flip
from tests.functions.deliveries import plain_bag

Send = Callable[..., Deposit]


@pytest.fixture
def service(archive: Archive) -> Iterator[Service]:
    """An archive with its people, and room for a megabyte an account."""
    small = replace(archive.settings, deposit_quota_bytes=10**6)
    opened = open_service(replace(archive, settings=small))
    yield opened
    opened.database.close()


def account(service: Service, login: str, *agreements: str, role: Role = Role.PROVIDER) -> Principal:
    """A new account, and whom it is known as."""
    person = people.Person(
        login=login,
        name=login,
        email=f"{login}@example.org",
        role=role,
        state="active",
        created_at=timestamp(service.now()),
    )
    with service.database.writing() as connection:
        people.add(connection, person)
        people.bind(connection, person.identifier, agreements)
    return Principal(identifier=person.identifier, role=role, agreements=frozenset(agreements))


@pytest.fixture
def provider(service: Service) -> Principal:
    """A provider who delivers under the agreement that takes any sound bag."""
    return account(service, "provider", "generic")


@pytest.fixture
def tar(tmp_path: Path) -> bytes:
    """A sound delivery."""
    parcel = parcel_of(plain_bag(tmp_path / "one.bag", "deposit.one", {"a.csv": b"1\n" * 40_000}))
    return parcel.read(0, parcel.size)


def add(service: Service, who: Principal, deposit: Deposit, data: bytes, offset: int) -> Deposit:
    """Add one piece, as one request does."""
    addition = Addition(service, who, deposit.identifier, offset=offset)
    try:
        addition.add(data)
        return addition.finish()
    finally:
        addition.close()


def deliver(service: Service, who: Principal, data: bytes, name: str = "one.tar") -> Deposit:
    """Deliver at once."""
    return add(service, who, begin(service, who, Announcement(name, len(data))), data, 0)


def outcome(service: Service, who: Principal, deposit: Deposit) -> tuple[DepositState, str]:
    """The state a deposit has now, and the status of its receipt."""
    now = own_deposit(service, who, deposit.identifier)
    receipt = open_receipt(service.archive, now.receipt)
    assert receipt.receipt_id == now.receipt
    return now.state, receipt.status


def test_a_delivery_arrives_in_pieces_and_is_ingested(
    service: Service, provider: Principal, tar: bytes
) -> None:
    """Pieces make a whole, the worker stores it as an AIP, and its bytes go once that is proven."""
    deposit = begin(service, provider, Announcement("one.tar", len(tar)))
    middle = 512 * 100 + 7
    assert add(service, provider, deposit, tar[:middle], 0).offset == middle
    assert ingest_due(service) == 0
    done = add(service, provider, deposit, tar[middle:], middle)
    assert (done.state, done.offset) == (DepositState.RECEIVED, len(tar))
    assert ingest_due(service) == 1
    assert outcome(service, provider, deposit) == (DepositState.ACCEPTED, "accepted")
    assert aip_store(service.archive).find("deposit.one") is not None
    sweep_expired(service)
    assert upload_path(service.archive, deposit).read_bytes() == tar
    assert Clearer(service).clear_due() == 1
    assert list(service.archive.uploads.iterdir()) == []
    assert ingest_due(service) + Clearer(service).clear_due() == 0


def _unsound(bag: Path) -> bytes:
    (bag / "data" / "a.csv").write_bytes(b"2\n")
    parcel = parcel_of(bag)
    return parcel.read(0, parcel.size)


@pytest.mark.parametrize("refused", [False, True], ids=["accepted", "refused"])
def test_an_upload_stays_when_what_is_kept_is_not_what_was_sent(
    service: Service, provider: Principal, tar: bytes, tmp_path: Path, refused: bool
) -> None:
    """C6: the disk gives other bytes back than it was given; the sender's are the only whole ones left."""
    bag = plain_bag(tmp_path / "bad.bag", "deposit.bad", {"a.csv": b"1\n"})
    sent = _unsound(bag) if refused else tar
    deposit = deliver(service, provider, sent)
    assert ingest_due(service) == 1
    receipt = own_deposit(service, provider, deposit.identifier).receipt
    kept = service.archive.refused / receipt if refused else service.archive.aip_root
    flip(next(kept.rglob("*.tar" if refused else "a.csv")))
    clearer = Clearer(service)
    for _ in range(2):
        with pytest.raises(StorageError, match=r"stays in sip/uploads: one[.]tar .*sha512") as told:
            clearer.clear_due()
        assert told.value.remedy
        assert sweep_expired(service) == 0
        assert upload_path(service.archive, deposit).read_bytes() == sent
    (row,) = queue_view(service).staying
    assert (row.name, "sha512" in row.note) == ("one.tar", True)


def test_an_upload_stays_until_every_location_has_its_copy(
    service: Service, provider: Principal, tar: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """C6: a location is away; what is kept here is read once, and the upload goes when all have theirs."""
    add_location(service.archive, "vault", tmp_path / "vault")
    (tmp_path / "vault").rename(tmp_path / "away")
    deposit = deliver(service, provider, tar)
    assert ingest_due(service) == 1
    clearer = Clearer(service)
    reads: list[object] = []

    def audit(stored: StoredAip, *told: Any, **how: Any) -> AuditResult:
        reads.append(stored)
        return audit_aip(stored, *told, **how)

    monkeypatch.setattr("oais.functions.parting.audit_aip", audit)
    for _ in range(2):
        with pytest.raises(StorageError, match=r"vault has no copy of deposit[.]one yet"):
            clearer.clear_due()
    assert upload_path(service.archive, deposit).read_bytes() == tar
    (tmp_path / "away").rename(tmp_path / "vault")
    assert [told.findings for told in sync_all(service.archive)] == [()]
    assert clearer.clear_due() == 1
    assert (list(service.archive.uploads.iterdir()), len(reads)) == ([], 1)
    assert queue_view(service).staying == ()


def test_an_account_stays_as_long_as_an_upload_of_it_does(
    service: Service, provider: Principal, tar: bytes, tmp_path: Path
) -> None:
    """Without its row the upload would be swept as nobody's, though nothing of it is proven yet."""
    add_location(service.archive, "vault", tmp_path / "vault")
    (tmp_path / "vault").rename(tmp_path / "away")
    deposit = deliver(service, provider, tar)
    assert ingest_due(service) == 1
    assert erasure_view(service, provider.identifier).deliveries == 1
    with pytest.raises(RefusedError, match="1 deliveries that are not decided on, or not proven"):
        erase(service, OPERATOR, provider.identifier)
    sweep_expired(service)
    assert upload_path(service.archive, deposit).read_bytes() == tar
    (tmp_path / "away").rename(tmp_path / "vault")
    assert [told.findings for told in sync_all(service.archive)] == [()]
    assert Clearer(service).clear_due() == 1
    erase(service, OPERATOR, provider.identifier)


def test_bytes_go_where_the_upload_stands_and_nowhere_else(
    service: Service, provider: Principal, tar: bytes
) -> None:
    """A piece before or behind the offset, or beyond the announced length, changes nothing."""
    deposit = begin(service, provider, Announcement("one.tar", len(tar)))
    add(service, provider, deposit, tar[:100], 0)
    for offset in (0, 99, 101, len(tar)):
        with pytest.raises(OffsetError, match="stands at byte 100"):
            add(service, provider, deposit, b"x", offset)
    with pytest.raises(WrongUsageError, match="more came"):
        add(service, provider, deposit, tar[100:] + b"x", 100)
    assert own_deposit(service, provider, deposit.identifier).offset == 100
    assert upload_path(service.archive, deposit).read_bytes() == tar[:100]
    add(service, provider, deposit, tar[100:], 100)
    with pytest.raises(OffsetError, match="whole"):
        add(service, provider, deposit, b"x", len(tar))


@pytest.mark.parametrize("algorithm", ["sha1", "sha256", "sha512"])
def test_a_piece_that_is_not_what_was_announced_is_not_kept(
    service: Service, provider: Principal, tar: bytes, algorithm: str
) -> None:
    """With a checksum a piece counts whole and sound or not at all; a lost connection keeps none of it."""
    deposit = begin(service, provider, Announcement("one.tar", len(tar)))
    checksum = Checksum(algorithm, hashlib.new(algorithm, tar[:100]).digest())
    wrong = Addition(service, provider, deposit.identifier, offset=0, checksum=checksum)
    wrong.add(tar[1:101])
    with pytest.raises(ChecksumError):
        wrong.finish()
    wrong.close()
    lost = Addition(service, provider, deposit.identifier, offset=0, checksum=checksum)
    lost.add(tar[:50])
    lost.break_off()
    lost.close()
    assert upload_path(service.archive, deposit).read_bytes() == b""
    sound = Addition(service, provider, deposit.identifier, offset=0, checksum=checksum)
    sound.add(tar[:50])
    sound.add(tar[50:100])
    assert sound.finish().offset == 100
    sound.close()


def test_what_came_before_the_connection_was_lost_is_kept(
    service: Service, provider: Principal, tar: bytes
) -> None:
    """A piece without checksum counts as far as it came."""
    deposit = begin(service, provider, Announcement("one.tar", len(tar)))
    lost = Addition(service, provider, deposit.identifier, offset=0)
    lost.add(tar[:70])
    with pytest.raises(UploadBusyError):
        Addition(service, provider, deposit.identifier, offset=0)
    lost.break_off()
    lost.close()
    assert add(service, provider, deposit, tar[70:], 70).state is DepositState.RECEIVED


def test_bytes_that_the_disk_does_not_confirm_are_not_acknowledged(
    service: Service, provider: Principal, tar: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They close the archive, to uploads as well; once it is opened the sender goes on where he stood."""
    deposit = begin(service, provider, Announcement("one.tar", len(tar)))
    add(service, provider, deposit, tar[:100], 0)
    real = os.fsync

    def fail(descriptor: int) -> None:
        if os.readlink(f"/proc/self/fd/{descriptor}").endswith("one.tar"):
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        real(descriptor)

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", fail)
        with pytest.raises(StorageError, match="Input/output"):
            add(service, provider, deposit, tar[100:200], 100)
    assert why_closed(service.archive.home).startswith("the disk did not confirm sip/uploads/")
    with pytest.raises(StorageError, match="nothing is stored any more"):
        add(service, provider, deposit, tar[100:200], 100)
    with pytest.raises(StorageError, match="nothing is stored any more"):
        begin(service, provider, Announcement("two.tar", 10))
    assert reopen(service.archive).opened
    assert own_upload(service, provider, deposit.identifier).offset == 100
    assert add(service, provider, deposit, tar[100:], 100).state is DepositState.RECEIVED


@pytest.mark.parametrize(
    "name", ["one", "one.exe", "../one.tar", "a/b.tar", ".tar", "ä.tar", "one\n.tar", "x" * 120 + ".tar", ""]
)
def test_a_delivery_has_a_plain_name(service: Service, provider: Principal, name: str) -> None:
    """What is no name of a container is refused before anything is made."""
    with pytest.raises(WrongUsageError, match="not the name of a delivery"):
        begin(service, provider, Announcement(name, 10))
    assert list(service.archive.uploads.iterdir()) == []


def test_nobody_takes_more_room_than_he_has(service: Service, provider: Principal) -> None:
    """Announced bytes count until they are ingested or given up; other accounts are not concerned."""
    with pytest.raises(QuotaError, match="at most"):
        begin(service, provider, Announcement("huge.tar", Settings().max_delivery_bytes + 1))
    first = begin(service, provider, Announcement("one.tar", 600_000))
    with pytest.raises(QuotaError, match="600000 bytes of yours"):
        begin(service, provider, Announcement("two.tar", 400_001))
    begin(service, account(service, "other", "generic"), Announcement("two.tar", 400_001))
    withdraw(service, provider, first.identifier)
    begin(service, provider, Announcement("two.tar", 400_001))


def test_a_sender_is_bound_to_his_agreements(service: Service, provider: Principal, tar: bytes) -> None:
    """Another's agreement cannot be named; without any there is no deposit; what ends meanwhile counts."""
    with pytest.raises(RefusedError, match="may not deliver under 'tess'"):
        begin(service, provider, Announcement("one.tar", 1, agreement="tess"))
    with pytest.raises(RefusedError, match="bound to no agreement"):
        begin(service, account(service, "unbound"), Announcement("one.tar", 1))
    deposit = deliver(service, provider, tar)
    with service.database.writing() as connection:
        people.bind(connection, provider.identifier, ["tess"])
    assert ingest_due(service) == 1
    assert outcome(service, provider, deposit) == (DepositState.REFUSED, "refused")
    receipt = open_receipt(service.archive, own_deposit(service, provider, deposit.identifier).receipt)
    assert "ING-006" in [found.code for found in receipt.findings]


def test_a_deposit_is_its_senders_alone(service: Service, provider: Principal, tar: bytes) -> None:
    """For everybody else it does not exist, also for another provider of the same agreement."""
    deposit = begin(service, provider, Announcement("one.tar", len(tar)))
    other = account(service, "other", "generic")
    for attempt in (
        lambda: own_deposit(service, other, deposit.identifier),
        lambda: add(service, other, deposit, b"x", 0),
        lambda: withdraw(service, other, deposit.identifier),
    ):
        with pytest.raises(NotFoundError, match="no such deposit"):
            attempt()


def test_a_withdrawn_upload_is_gone(service: Service, provider: Principal, tar: bytes) -> None:
    """It takes no more bytes, and a delivery that is whole cannot be withdrawn."""
    deposit = begin(service, provider, Announcement("one.tar", len(tar)))
    withdraw(service, provider, deposit.identifier)
    assert list(service.archive.uploads.iterdir()) == []
    with pytest.raises(EndedError, match="is withdrawn"):
        own_upload(service, provider, deposit.identifier)
    whole = deliver(service, provider, tar)
    with pytest.raises(RefusedError, match="whole and received"):
        withdraw(service, provider, whole.identifier)


def test_an_upload_left_alone_expires(service: Service, provider: Principal, tar: bytes) -> None:
    """After the set hours without a byte it ends; one that is being written or is whole stays."""
    idle = begin(service, provider, Announcement("one.tar", len(tar)))
    written = begin(service, provider, Announcement("two.tar", len(tar)))
    deliver(service, provider, tar, "three.tar")
    clock = service.archive.clock
    assert isinstance(clock, SteadyClock)
    assert sweep_expired(service) == 0
    clock.now += timedelta(hours=service.archive.settings.deposit_expiry_hours)
    writing = Addition(service, provider, written.identifier, offset=0)
    assert sweep_expired(service) == 1
    writing.close()
    with pytest.raises(EndedError, match="expired"):
        own_upload(service, provider, idle.identifier)
    assert len(list(service.archive.uploads.iterdir())) == 2


def test_a_workers_round_takes_in_and_ends(service: Service, provider: Principal, tar: bytes) -> None:
    """What is whole is ingested and what was left is ended, without anybody asking."""
    begin(service, provider, Announcement("left.tar", 10))
    deliver(service, provider, tar)
    clock = service.archive.clock
    assert isinstance(clock, SteadyClock)
    clock.now += timedelta(hours=service.archive.settings.deposit_expiry_hours)
    told = {done.chore: (done.count, done.fault) for done in work_round(chores_of(service))}
    assert told["deposits taken in"] == (1, None)
    assert told["uploads expired"] == (1, None)
    assert told["uploads proven and removed"] == (1, None)
    assert list(service.archive.uploads.iterdir()) == []


def test_bytes_that_nobody_waits_for_are_swept(service: Service, provider: Principal) -> None:
    """What a killed process left without a row goes; what is live stays."""
    deposit = begin(service, provider, Announcement("one.tar", 10))
    (service.archive.uploads / "0123").mkdir()
    (service.archive.uploads / "0123" / "left.tar").write_bytes(b"left")
    sweep_expired(service)
    assert [folder.name for folder in service.archive.uploads.iterdir()] == [deposit.identifier]


@pytest.mark.parametrize("sound", [True, False], ids=["sound", "unsound"])
def test_the_receipt_comes_by_mail(
    service: Service, provider: Principal, tmp_path: Path, sound: bool
) -> None:
    """The outcome goes to the account's address, every finding with its remedy, exactly once."""
    bag = plain_bag(tmp_path / "one.bag", "deposit.one", {"a.csv": b"1\n"})
    if not sound:
        (bag / "data" / "a.csv").write_bytes(b"2\n")
    parcel = parcel_of(bag)
    deposit = deliver(service, provider, parcel.read(0, parcel.size))
    assert ingest_due(service) == 1
    assert send_due(service) == 1
    (mail,) = (service.archive.home / "mail" / "new").iterdir()
    letter = message_from_bytes(mail.read_bytes(), policy=default)
    assert (letter["To"], letter["Subject"]) == ("provider@example.org", "Receipt of your delivery")
    text = letter.get_content()
    assert own_deposit(service, provider, deposit.identifier).receipt in text
    assert f"/me/deposits/{deposit.identifier}" in text
    if sound:
        assert "one.tar is in the archive as deposit.one@v1." in text
    else:
        assert "one.tar was refused." in text
        assert "data/a.csv" in text
        assert "What to do: " in text
    assert ingest_due(service) + send_due(service) == 0


def test_the_same_delivery_again_is_held_already(service: Service, provider: Principal, tar: bytes) -> None:
    """It gets the first one's receipt, and no second version is made."""
    first, second = deliver(service, provider, tar), deliver(service, provider, tar, "again.tar")
    assert ingest_due(service) == 2
    receipts = {own_deposit(service, provider, item.identifier).receipt for item in (first, second)}
    assert len(receipts) == 1
    stored = aip_store(service.archive).find("deposit.one")
    assert stored is not None
    assert stored.head == 1


def test_a_fault_of_ours_is_tried_again(
    service: Service, provider: Principal, tar: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While the disk is full nothing is decided and nothing lost; later the delivery is ingested."""
    deposit = deliver(service, provider, tar)
    from sip import admission

    with monkeypatch.context() as full:
        full.setattr(admission, "free_bytes", lambda _place: 0)
        for _ in range(3):
            assert ingest_due(service) == 0
        waiting = own_deposit(service, provider, deposit.identifier)
        assert (waiting.state, waiting.attempts) == (DepositState.RECEIVED, 3)
        assert "room" in waiting.note
    clock = service.archive.clock
    assert isinstance(clock, SteadyClock)
    assert ingest_due(service) == 0
    clock.now += timedelta(minutes=2)
    assert ingest_due(service) == 1
    assert outcome(service, provider, deposit) == (DepositState.ACCEPTED, "accepted")


WORKER = """
import os, sys
from pathlib import Path
from oais import files
from oais.archive import open_archive
from oais.functions.deposit.clearing import Clearer
from oais.functions.deposit.intake import ingest_due
from oais.functions.service import open_service

left = int(sys.argv[2])

def counted(real):
    def call(*arguments, **keywords):
        global left
        if os.getpid() == owner:
            left -= 1
            if left == 0:
                os.kill(owner, 9)
        return real(*arguments, **keywords)
    return call

service = open_service(open_archive(Path(sys.argv[1])))
owner = os.getpid()
os.fsync, os.rename, os.replace = map(counted, (os.fsync, os.rename, os.replace))
print(ingest_due(service), Clearer(service).clear_due(), flush=True)
"""


@pytest.mark.long
@pytest.mark.parametrize("sound", [True, False], ids=["sound", "unsound"])
def test_a_worker_killed_at_any_time_ingests_exactly_once(
    service: Service, provider: Principal, tmp_path: Path, sound: bool
) -> None:
    """Killed at ever later syncs and renames, the next worker brings it to one AIP or one refusal."""
    for number, kill_at in enumerate((1, 3, 8, 15, 24, 40)):
        name = f"killed.{number}"
        bag = plain_bag(tmp_path / f"{name}.bag", name, {"a.csv": b"1\n"})
        if not sound:
            (bag / "data" / "a.csv").write_bytes(b"2\n")
        parcel = parcel_of(bag)
        deposit = deliver(service, provider, parcel.read(0, parcel.size), f"{name}.tar")
        for at in (kill_at, 0):
            subprocess.run([sys.executable, "-c", WORKER, service.archive.home, str(at)], check=False)
        state, status = outcome(service, provider, deposit)
        assert (state, status) == (("accepted", "accepted") if sound else ("refused", "refused")), kill_at
        about = [path for path, told in each_receipt(service.archive) if f"{name}.tar" in str(told)]
        assert len(about) == 1, kill_at
        stored = aip_store(service.archive).find(name)
        assert (stored.head if stored else 0) == int(sound)
    assert list(service.archive.uploads.iterdir()) == []
    assert list(service.archive.custody.iterdir()) == []
