"""Two people withdraw an AIP: the bytes are gone everywhere, a signed tombstone answers for them."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from aip.validation.ocfl import check_ocfl_storage_root
from oais.archive import Archive, open_archive
from oais.cli import main
from oais.database.orders import OrderState
from oais.errors import DamageError, InvalidError, NotFoundError, RefusedError, WrongUsageError
from oais.functions.access.decisions import ClosedError
from oais.functions.access.facade import open_access
from oais.functions.access.question import Question
from oais.functions.administration import initialise
from oais.functions.audit import AuditSummary, run_audit, select_for_audit
from oais.functions.backup import back_up
from oais.functions.copies.locations import add_location
from oais.functions.copies.replication import sync_all
from oais.functions.data_management import check_index, rebuild_index
from oais.functions.ledger.verifying import verify_ledger
from oais.functions.orders import baskets, fetching, placing, selection
from oais.functions.orders.building import Worker
from oais.functions.orders.consumers import Consumer, consumer_of
from oais.functions.orders.weighing import weigh
from oais.functions.people.accounts import change_role, disable
from oais.functions.people.authority import OPERATOR
from oais.functions.recovery import sweep
from oais.functions.security_log import read_log
from oais.functions.service import Service, open_service
from oais.functions.storage import aip_store, find_aip
from oais.functions.submission import submit
from oais.functions.withdrawal.asking import approve, ask, decline, readmit
from oais.functions.withdrawal.keeping import ROOM, WithdrawnError, withdrawal_of
from oais.functions.withdrawal.listing import list_withdrawals
from oais.functions.working import chores_of, work_round
from oais.information.withdrawals import State
from policies.principals import Role
from tests.functions.conftest import SteadyClock
from tests.functions.deliveries import plain_bag
from tests.functions.test_reader import reader
from tests.web.people import account

GONE, KEPT = "one.gone", "two.kept"
SECRET = b"name,born\nAda Probe,1815-12-10\n"


@pytest.fixture(scope="module")
def stocked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The home of an archive with an AIP of two versions and another one, three archivists and others."""
    place = tmp_path_factory.mktemp("stocked")
    archive = replace(initialise(place / "home", name="Test archive"), clock=SteadyClock())
    for number, (aip_id, data) in enumerate(((GONE, b"a\n1\n"), (GONE, SECRET), (KEPT, b"b\n2\n"))):
        bag = plain_bag(place / f"{number}.bag", aip_id, {"a.csv": data})
        assert [told.error for told in submit(archive, [bag])] == [""]
    service = open_service(archive)
    for login in ("ann", "ben", "cid"):
        account(service, login, Role.ARCHIVIST)
    account(service, "machine", Role.PROVIDER)
    account(service, "reader")
    service.database.close()
    return archive.home


@pytest.fixture
def service(stocked: Path, tmp_path: Path) -> Iterator[Service]:
    """A copy of it, its clock in the test's hand."""
    shutil.copytree(stocked, tmp_path / "home")
    clock = SteadyClock()
    clock.now += timedelta(hours=1)
    service = open_service(open_archive(tmp_path / "home", clock=clock))
    yield service
    service.database.close()


@pytest.fixture
def who(service: Service) -> Callable[[str], str]:
    """The identifier of an account."""
    from oais.functions.people.accounts import person_of

    return lambda login: person_of(service, login).identifier


def asked(service: Service, by: str, aip_id: str = GONE) -> None:
    ask(
        service, by, aip_id, why="privacy", reason="It names a person.", basis="GDPR 17, letter of 2026-10-01"
    )


def withdrawn(service: Service, who: Callable[[str], str]) -> None:
    asked(service, who("ann"))
    approve(service, who("ben"), GONE)


def audited(archive: Archive) -> AuditSummary:
    return run_audit(archive, select_for_audit(archive, None, None, 0), full=True)


def told(summary: AuditSummary) -> list[tuple[str, str]]:
    return [(result.aip_id, found.code) for result in summary.damaged for found in result.findings]


def holding(home: Path, content: bytes) -> list[Path]:
    """All files below the home that hold some bytes."""
    return [path for path in home.rglob("*") if path.is_file() and content in path.read_bytes()]


def test_nothing_happens_before_another_archivist_approves(
    service: Service, who: Callable[[str], str]
) -> None:
    """A request takes nothing away, and is told to archivists."""
    asked(service, who("ann"))
    assert find_aip(service.archive, GONE).head == 2
    assert open_access(service.archive).show(GONE).card.aip_id == GONE
    (waiting,) = list_withdrawals(service.archive).waiting
    assert (waiting.aip_id, waiting.asked_by, waiting.state) == (GONE, "ann", State.ASKED)
    assert audited(service.archive).intact


def test_the_tombstone_remains_and_the_bytes_do_not(service: Service, who: Callable[[str], str]) -> None:
    """Not one file of the home holds the content any more; the tombstone commits to what there was."""
    archive = service.archive
    stored = find_aip(archive, GONE)
    assert holding(archive.home, SECRET) != []
    asked(service, who("ann"))
    done = approve(service, who("ben"), GONE)
    assert done.state(archive.now()) is State.WITHDRAWN
    assert holding(archive.home, SECRET) == []
    with pytest.raises(WithdrawnError, match="was withdrawn on 2026-11-21: it holds personal data") as met:
        find_aip(archive, GONE)
    stone = met.value.tombstone
    assert (stone.asked.name, stone.approved.name, stone.reason) == ("ann", "ben", "It names a person.")
    assert [version.number for version in stone.versions] == [1, 2]
    assert stone.versions[-1].inventory == stored.inventory_digest
    assert len({version.receipt for version in stone.versions}) == 2
    assert find_aip(archive, KEPT).head == 1


def test_the_store_is_sound_afterwards(service: Service, who: Callable[[str], str], tmp_path: Path) -> None:
    """Audit, index, OCFL, ledger and the reader of the storage root know of it, and none alarms."""
    archive = service.archive
    withdrawn(service, who)
    assert told(audited(archive)) == []
    assert check_index(archive) == []
    assert rebuild_index(archive) == 1
    assert [found for found in check_ocfl_storage_root(archive.aip_root) if found.severity == "error"] == []
    assert verify_ledger(archive) == []
    said = reader(archive.aip_root / "verify.py")
    assert said.returncode == 0, said.stdout
    assert f"{GONE} was withdrawn at" in said.stdout
    assert sweep(archive) == []


def test_search_tree_and_feeds_do_not_know_it(service: Service, who: Callable[[str], str]) -> None:
    """Neither words, nor identifiers, nor counts tell of it, before and after a rebuild."""
    withdrawn(service, who)
    for _ in range(2):
        access = open_access(service.archive)
        assert [hit.aip_id for hit in access.find(Question(ids="*.*")).hits] == [KEPT]
        assert access.holdings().aips == 1
        rebuild_index(service.archive)


def test_an_aip_that_is_gone_without_a_tombstone_alarms(service: Service) -> None:
    """Whoever takes an AIP out by hand is found."""
    shutil.rmtree(find_aip(service.archive, GONE).path)
    assert (GONE, "AUD-001") in told(audited(service.archive))


def test_an_aip_that_is_back_alarms(service: Service, who: Callable[[str], str], tmp_path: Path) -> None:
    """A restored copy of what was withdrawn is told by the audit and by the reader of the storage root."""
    path = find_aip(service.archive, GONE).path
    shutil.copytree(path, tmp_path / "copy")
    withdrawn(service, who)
    path.parent.mkdir(parents=True)
    shutil.copytree(tmp_path / "copy", path)
    assert told(audited(service.archive)) == [(GONE, "WDR-001")]
    said = reader(service.archive.aip_root / "verify.py")
    assert said.returncode == 3
    assert f"{GONE}: was withdrawn at" in said.stdout


@pytest.mark.parametrize("step", ["request", "decision", "tombstone", "deletion"])
def test_a_changed_record_alarms(service: Service, who: Callable[[str], str], step: str) -> None:
    """One byte changed in a record: its signature, and the ledger, do not let it pass."""
    withdrawn(service, who)
    (path,) = (service.archive.home / ROOM).glob(f"*/1.{step}.json")
    path.write_bytes(path.read_bytes().replace(b"2026", b"2025", 1))
    assert {code for _, code in told(audited(service.archive))} >= {"WDR-002", "AUD-001"}
    assert reader(service.archive.aip_root / "verify.py").returncode == 3
    with pytest.raises(DamageError):
        find_aip(service.archive, GONE)


def test_one_person_is_never_two(service: Service, who: Callable[[str], str]) -> None:
    """Who asked may not approve, nor by another login; nor machines, readers or the operator."""
    asked(service, who("ann"))
    for by in ("ann", "machine", "reader"):
        with pytest.raises(RefusedError):
            approve(service, who(by), GONE)
    with service.database.writing() as connection:
        from oais.database import people

        people.change(connection, who("ann"), login="annette")
    with pytest.raises(RefusedError, match="yourself"):
        approve(service, who("annette"), GONE)
    for by in (OPERATOR, "", who("machine"), who("reader")):
        with pytest.raises(RefusedError, match="archivists"):
            approve(service, by, GONE)
        with pytest.raises(RefusedError, match="archivists"):
            asked(service, by, KEPT)
    assert find_aip(service.archive, GONE).head == 2


def test_who_asked_must_still_be_an_archivist(service: Service, who: Callable[[str], str]) -> None:
    """The request of an account that was disabled, or has lost its role, counts no more."""
    asked(service, who("ann"))
    asked(service, who("cid"), KEPT)
    disable(service, OPERATOR, who("ann"))
    change_role(service, OPERATOR, who("cid"), Role.REGISTERED)
    for aip_id in (GONE, KEPT):
        with pytest.raises(RefusedError, match="no archivist any more"):
            approve(service, who("ben"), aip_id)


def test_a_request_expires(service: Service, who: Callable[[str], str]) -> None:
    """After as many days as the setting says nobody can approve it, and it can be asked for again."""
    asked(service, who("ann"))
    assert isinstance(service.archive.clock, SteadyClock)
    service.archive.clock.now += timedelta(days=13)
    assert list_withdrawals(service.archive).waiting[0].state == State.ASKED
    service.archive.clock.now += timedelta(days=1)
    with pytest.raises(RefusedError, match="expired on 2026-12-05"):
        approve(service, who("ben"), GONE)
    asked(service, who("cid"))
    approve(service, who("ann"), GONE)
    newest = withdrawal_of(service.archive, GONE)
    assert newest is not None
    assert (newest.number, newest.state(service.archive.now())) == (2, State.WITHDRAWN)


def test_a_declined_request_is_over(service: Service, who: Callable[[str], str]) -> None:
    """Another archivist declines, or who asked takes it back; it may be asked for anew."""
    for by in ("ben", "ann"):
        asked(service, who("ann"))
        with pytest.raises(RefusedError, match="asked for already"):
            asked(service, who("ben"))
        decline(service, who(by), GONE, "not so")
        with pytest.raises(NotFoundError, match="nobody asks"):
            approve(service, who("cid"), GONE)
    assert audited(service.archive).intact
    assert [row.declined_because for row in list_withdrawals(service.archive).past] == ["not so"] * 2


def test_what_cannot_be_asked(service: Service, who: Callable[[str], str]) -> None:
    """All faults of a request at once; a single version, an unknown AIP and one that is withdrawn."""
    ann = who("ann")
    with pytest.raises(InvalidError) as met:
        ask(service, ann, GONE, why="mood", reason=" ", basis="b\x1b[2J")
    for part in ("'mood' is no kind", "the reason has 0", "the basis holds"):
        assert part in met.value.message
    with pytest.raises(WrongUsageError, match="withdrawn whole"):
        asked(service, ann, f"{GONE}@v1")
    with pytest.raises(WrongUsageError):
        asked(service, ann, "../../etc")
    with pytest.raises(NotFoundError):
        asked(service, ann, "no.such")
    withdrawn(service, who)
    with pytest.raises(WithdrawnError):
        asked(service, ann)
    assert approve(service, who("cid"), GONE).deletion is not None  # repeated, it says that it is done


def test_both_steps_are_in_log_and_ledger(service: Service, who: Callable[[str], str]) -> None:
    """Who did what is in the security log; each record stands in the ledger, committed by its digest."""
    from oais.functions.ledger.recording import known_in, ledger_of

    withdrawn(service, who)
    events = [(event.event, event.who, event.subject) for event in read_log(service).events][::-1]
    assert ("withdrawal asked for", who("ann"), GONE) in events
    assert ("withdrawal approved", who("ben"), GONE) in events
    said = {subject for kind, subject in known_in(ledger_of(service.archive)) if kind == "deaccession"}
    assert said == {f"{GONE}@1/{step}" for step in ("request", "decision", "tombstone", "deletion")}
    public = b"".join(
        path.read_bytes() for path in (service.archive.home / "ledger" / "tile").rglob("*") if path.is_file()
    )
    assert GONE.encode() not in public


def test_the_ledger_proves_the_tombstone(
    service: Service, who: Callable[[str], str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """By the name of the AIP its tombstone is proven, by the digest of the record; its versions still are."""
    withdrawn(service, who)
    home = service.archive.home
    (record,) = (home / "ledger" / "withdrawals").rglob("1.tombstone.json")
    for about, subject in (
        (GONE, f"deaccession {GONE}@1/tombstone"),
        (f"{GONE}@1/request", f"deaccession {GONE}@1/request"),
        (f"{GONE}@v2", f"aip-version {GONE}@v2"),
    ):
        proof = tmp_path / f"{len(list(tmp_path.iterdir()))}.json"
        assert main(["ledger", "prove", about, "--to", str(proof), "--home", str(home)]) == 0
        assert main(["ledger", "verify", "--proof", str(proof), "--home", str(home)]) == 0
        assert f"proven {subject}" in " ".join(capsys.readouterr().out.split())
        stands_for_it = hashlib.sha512(record.read_bytes()).hexdigest() in proof.read_text()
        assert stands_for_it is (about == GONE)
    assert main(["ledger", "prove", f"{GONE}@7/tombstone", "--home", str(home)]) == 2
    assert "does not stand in the ledger" in capsys.readouterr().err


def test_what_was_withdrawn_comes_in_again_only_when_allowed(
    service: Service, who: Callable[[str], str], tmp_path: Path
) -> None:
    """Refused with a finding in the receipt; allowed, it begins anew at v1, and all is sound."""
    archive = service.archive
    withdrawn(service, who)
    bag = plain_bag(tmp_path / "again.bag", GONE, {"a.csv": b"a\n3\n"})
    (refused,) = submit(archive, [bag])
    assert refused.receipt is not None
    assert [found.code for found in refused.receipt.findings if found.severity == "error"] == ["ING-008"]
    readmit(service, who("cid"), GONE, "the person agreed")
    with pytest.raises(NotFoundError):
        find_aip(archive, GONE)
    (accepted,) = submit(archive, [plain_bag(tmp_path / "anew.bag", GONE, {"a.csv": b"a\n4\n"})])
    assert accepted.receipt is not None
    assert (accepted.receipt.status, accepted.receipt.version) == ("accepted", 1)
    assert told(audited(archive)) == []
    assert verify_ledger(archive) == []
    assert reader(archive.aip_root / "verify.py").returncode == 0
    asked(service, who("ben"))
    approve(service, who("ann"), GONE)
    assert told(audited(archive)) == []
    assert reader(archive.aip_root / "verify.py").returncode == 0


def consumer(service: Service) -> Consumer:
    return consumer_of(service, open_access(service.archive, database=service.database), "a browser")


def test_orders_and_baskets_say_so(service: Service, who: Callable[[str], str]) -> None:
    """A built order ends with the reason and without its bytes; a basket tells why the AIP cannot be had."""
    me = consumer(service)
    picks = selection.ticked(me.access, [GONE, KEPT])
    basket = baskets.put_in(me, picks)
    order = placing.place(me, picks.picks, "zip")
    Worker(service).build_next()
    folder = fetching.folder_of(service.archive, order.identifier)
    assert any(folder.iterdir())
    handout = fetching.open_package(me, order.identifier, 1)
    assert len(b"".join(handout.read(0, handout.size))) == handout.size
    withdrawn(service, who)
    assert not folder.exists()
    shown = fetching.show_order(me, order.identifier)
    assert (shown.state, f"{GONE} was withdrawn" in shown.reason) == (OrderState.EXPIRED, True)
    with pytest.raises(fetching.GoneError, match=f"{GONE} was withdrawn"):
        fetching.open_package(me, order.identifier, 1)
    lines = weigh(me.access, picks.picks).lines
    assert [line.allowed for line in lines] == [False, True]
    assert "was withdrawn on" in lines[0].reason
    assert basket is not None


def test_orders_end_even_after_a_crash(service: Service, who: Callable[[str], str]) -> None:
    """What a crash kept from being done is done by the worker's next round."""
    me = consumer(service)
    order = placing.place(me, selection.ticked(me.access, [GONE]).picks, "zip")
    from oais.functions.withdrawal import asking

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(asking, "end_orders", lambda *_: 0)
        withdrawn(service, who)
    done = {each.chore for each in work_round(chores_of(service))}
    assert "orders of withdrawn AIPs ended" in done
    assert fetching.show_order(me, order.identifier).state == OrderState.EXPIRED


def test_a_backup_follows(service: Service, who: Callable[[str], str], tmp_path: Path) -> None:
    """The next backup takes the copy out and has the tombstone; one that nobody signed empties nothing."""
    backup = tmp_path / "backup"
    back_up(service.archive, backup)
    assert holding(backup, SECRET) != []
    withdrawn(service, who)
    warned = back_up(service.archive, backup).warnings
    assert f"{GONE} was withdrawn: its copy was removed" in warned
    assert holding(backup, SECRET) == []
    said = reader(backup / "aip" / "verify.py")
    assert said.returncode == 0, said.stdout
    shutil.rmtree(find_aip(service.archive, KEPT).path)
    room = service.archive.home / ROOM
    forged = json.loads(next(room.glob("*/1.tombstone.json")).read_bytes()) | {"aip_id": KEPT}
    shutil.copytree(room / "one%2egone", room / "two%2ekept")
    (room / "two%2ekept" / "1.tombstone.json").write_text(json.dumps(forged))
    back_up(service.archive, backup)
    assert any((backup / "aip").rglob("two%2ekept"))


def test_copies_at_other_locations_follow(
    service: Service, who: Callable[[str], str], tmp_path: Path
) -> None:
    """At once where the location is there; one that was away owes it, is named, and follows with a sync."""
    archive = service.archive
    for name in ("near", "far"):
        add_location(archive, name, tmp_path / name)
    assert [told.away for told in sync_all(archive)] == ["", ""]
    assert all(holding(tmp_path / name, SECRET) for name in ("near", "far"))
    (tmp_path / "far").rename(tmp_path / "elsewhere")
    withdrawn(service, who)
    assert holding(tmp_path / "near", SECRET) == []
    assert reader(tmp_path / "near" / "aip" / "verify.py").returncode == 0
    assert list_withdrawals(archive).owes == ("far (away)",)
    (tmp_path / "elsewhere").rename(tmp_path / "far")
    assert list_withdrawals(archive).owes == ("far",)
    assert [told.away for told in sync_all(archive)] == ["", ""]
    assert holding(tmp_path / "far", SECRET) == []
    assert list_withdrawals(archive).owes == ()
    assert any((tmp_path / "far" / "aip").rglob("two%2ekept"))


def test_one_order_is_not_told_to_who_may_not_know(service: Service, who: Callable[[str], str]) -> None:
    """Where the policy hides the node, the tombstone answers as what never was."""
    withdrawn(service, who)
    rules = "policies:\n  open: {metadata: public, data: open, reason: free}\n"
    rules += "  hidden: {metadata: hidden, data: closed, reason: no}\n"
    rules += "nodes:\n  - {node: generic, policy: hidden}\n"
    (service.archive.home / "policies" / "access.yaml").write_text(rules)
    access = open_access(open_archive(service.archive.home))
    with pytest.raises(NotFoundError) as met:
        access.show(GONE)
    with pytest.raises(NotFoundError) as never:
        access.show("no.such")
    assert not isinstance(met.value, WithdrawnError | ClosedError)
    assert met.value.message.replace(GONE, "no.such") == never.value.message


def test_a_damaged_aip_is_not_withdrawn(service: Service, who: Callable[[str], str]) -> None:
    """Nobody could commit to what it was: it is restored first. Nothing is written."""
    asked(service, who("ann"))
    path = find_aip(service.archive, GONE).path / "inventory.json"
    path.write_bytes(path.read_bytes().replace(b"one.gone", b"one.gune"))
    with pytest.raises(DamageError):
        approve(service, who("ben"), GONE)
    assert list_withdrawals(service.archive).waiting[0].state == State.ASKED


def test_only_the_archives_own_key_counts(service: Service, who: Callable[[str], str]) -> None:
    """Where no key is trusted no tombstone is believed."""
    withdrawn(service, who)
    archive = replace(service.archive)
    for key in (archive.home / "keys" / "trusted").iterdir():
        key.unlink()
    with pytest.raises(DamageError):
        find_aip(archive, GONE)
    assert aip_store(archive).find(GONE) is None
