"""Backup while the archive works, and the drill: an empty folder, standard tools, and everything is there."""

from __future__ import annotations

import shutil
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from time import monotonic

import pytest

from oais.archive import Archive, open_archive
from oais.cli.commands import run
from oais.errors import RefusedError, StorageError, WrongUsageError
from oais.functions.access.facade import open_access
from oais.functions.access.question import Question
from oais.functions.audit import run_audit, select_for_audit
from oais.functions.backup import back_up
from oais.functions.data_management import check_index, rebuild_index
from oais.functions.orders import baskets, selection
from oais.functions.orders.consumers import consumer_of
from oais.functions.people.accounts import Entry, create_administrator, people_listed
from oais.functions.service import Service, open_service
from oais.functions.storage import find_aip
from oais.functions.submission import submit
from oais.locks import exclusive_lock
from policies.access import Principal, Role
from tests.functions.conftest import tree_digest
from tests.functions.deliveries import demo_bag, plain_bag


@pytest.fixture
def service(archive: Archive, tmp_path: Path) -> Service:
    """An archive with real products in it, a refused delivery, and an administrator."""
    bags = [demo_bag(tmp_path / f"{name}.bag", name) for name in ("n1", "hk")]
    bags.append(plain_bag(tmp_path / "bad.bag", "x.bad", {"bad.fits": b"SIMPLE"}))
    assert [told.error for told in submit(archive, bags)] == [""] * 3
    service = open_service(archive)
    create_administrator(service, Entry("rut", "Rut", "rut@example.org"), "four unconnected words do")
    return service


def restored(backup: Path, home: Path) -> Archive:
    """Restore with a standard tool alone."""
    subprocess.run(["cp", "-a", str(backup), str(home)], check=True)
    return open_archive(home)


def intact(archive: Archive) -> bool:
    return run_audit(archive, select_for_audit(archive, None, None, 0), full=True).intact


def deliver_version(archive: Archive, folder: Path, number: int) -> None:
    bag = plain_bag(folder / f"later{number}.bag", "x.later", {"a.csv": f"a\n{number}\n".encode()})
    (told,) = submit(archive, [bag])
    assert told.error == ""


def test_the_restore_drill(
    service: Service, tmp_path: Path, record_count: Callable[[str, int], None]
) -> None:
    """Backup, the disk is lost, restore with ``cp``: audit, index, receipts, people and orders are there."""
    administrator = Principal(people_listed(service)[0].identifier, Role.ADMINISTRATOR)
    access = open_access(service.archive, administrator, service.database)
    consumer = consumer_of(service, access, "")
    basket = baskets.put_in(consumer, selection.ticked(access, ["tess.tic55525572.s0005.n1"]))
    told = back_up(service.archive, tmp_path / "backup")
    assert (told.aips, len(told.copied), told.damaged) == (2, 2, ())
    products = tree_digest(service.archive.aip_root)
    receipts = tree_digest(service.archive.receipts)
    refused = tree_digest(service.archive.refused)
    service.database.close()
    shutil.rmtree(service.archive.home)

    began = monotonic()
    archive = restored(tmp_path / "backup", tmp_path / "again")
    assert intact(archive)
    assert rebuild_index(archive) == 2
    record_count(
        "milliseconds until a lost archive of two AIPs worked again", round(1000 * (monotonic() - began))
    )
    assert check_index(archive) == []
    assert {path: data for path, data in tree_digest(archive.aip_root).items() if "audits" not in path} == (
        products
    )
    assert tree_digest(archive.receipts) == receipts
    assert tree_digest(archive.refused) == refused
    after = open_service(archive)
    assert after.secret == service.secret
    assert [person.login for person in people_listed(after)] == ["rut"]
    consumer = consumer_of(after, open_access(archive, administrator, after.database), "")
    assert [pick.aip_id for pick in baskets.picks_of(consumer, basket)] == ["tess.tic55525572.s0005.n1"]
    found = consumer.access.find(Question(words="55525572"))
    assert len(found.hits) == 2
    deliver_version(archive, tmp_path, 1)  # and life goes on
    assert intact(archive)


def test_each_run_brings_what_is_new(service: Service, tmp_path: Path) -> None:
    """AIPs, versions, receipts, rules and audits that came since; after every run the backup is intact."""
    archive, target = service.archive, tmp_path / "backup"
    back_up(archive, target)
    assert back_up(archive, target).copied == ()
    for number in (1, 2, 3):
        deliver_version(archive, tmp_path, number)
        assert intact(archive)
        (archive.home / "policies" / "agreements" / f"n{number}.txt").write_text("a note")
        (archive.home / "policies" / "agreements" / f"n{number - 1}.txt").unlink(missing_ok=True)
        assert back_up(archive, target).copied == (f"x.later@v{number}",)
        names = {path.name for path in (target / "policies" / "agreements").glob("*.txt")}
        assert names == {f"n{number}.txt"}
        copy = restored(target, tmp_path / f"copy{number}")
        assert tree_digest(copy.aip_root) == tree_digest(archive.aip_root)
        assert tree_digest(copy.home / "ledger") == tree_digest(archive.home / "ledger")
        assert intact(copy)
    assert target.stat().st_mode & 0o777 == 0o700
    assert (target / "keys" / "archive.key").stat().st_mode & 0o777 == 0o600
    assert (target / "oais.sqlite").stat().st_mode & 0o777 == 0o600


def test_it_is_consistent_while_the_archive_works(service: Service, tmp_path: Path) -> None:
    """While versions come in and people are made, every backup that is taken restores to a whole archive."""
    archive, target = service.archive, tmp_path / "backup"
    ended = threading.Event()

    def work() -> None:
        try:
            for number in range(1, 6):
                deliver_version(archive, tmp_path, number)
                entry = Entry(f"person{number}", "Somebody", f"p{number}@example.org")
                create_administrator(service, entry, "four unconnected words do")
        finally:
            ended.set()

    worker = threading.Thread(target=work)
    worker.start()
    runs = 0
    while not ended.is_set() or runs < 2:
        assert back_up(archive, target).damaged == ()
        runs += 1
        copy = restored(target, tmp_path / f"copy{runs}")
        assert intact(copy)
        with closing(sqlite3.connect(copy.home / "oais.sqlite")) as database:
            assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    worker.join()
    assert find_aip(archive, "x.later").head == 5


def test_damage_at_home_does_not_reach_the_backup(service: Service, tmp_path: Path) -> None:
    """What was copied stays sound; what was damaged before its first copy is named and left out."""
    archive, target = service.archive, tmp_path / "backup"
    old = find_aip(archive, "tess.tic55525572.s0005.hk").open()
    back_up(archive, target)
    deliver_version(archive, tmp_path, 1)
    new = find_aip(archive, "x.later").open()
    for version, name in ((old, "*.fits"), (new, "*.csv")):
        (path,) = (file.path for file in version.files().values() if file.path.match(name))
        path.write_bytes(path.read_bytes()[:-1] + b"?")
    told = back_up(archive, target)
    assert [about for about, _ in told.damaged] == ["x.later"]
    assert "a.csv" in told.damaged[0][1].message
    assert run(["backup", str(target), "--home", str(archive.home)]) == 3
    copy = restored(target, tmp_path / "copy")
    told_of_copy = run_audit(copy, select_for_audit(copy, None, None, 0), full=True)
    (missed,) = told_of_copy.damaged
    assert [(missed.aip_id, found.code) for found in missed.findings] == [("x.later", "AUD-001")]
    assert run_audit(copy, select_for_audit(copy, old.aip.aip_id, None, 0), full=True).intact


def test_a_run_that_was_broken_off_is_gone_on_with(service: Service, tmp_path: Path) -> None:
    """Whatever a broken run left, half a version or one that no inventory knows, the next one mends."""
    archive, target = service.archive, tmp_path / "backup"
    back_up(archive, target)
    place = target / "aip" / find_aip(archive, "tess.tic55525572.s0005.hk").path.relative_to(archive.aip_root)
    for name in ("inventory.json", "inventory.json.sha512", "0=ocfl_object_1.1"):
        (place / name).unlink()
    shutil.copytree(place / "v1" / "content", target / ".version.partial")
    next((place / "v1").rglob("*.fits")).write_bytes(b"half")
    (target / ".keys.new").mkdir()
    assert back_up(archive, target).copied == ("tess.tic55525572.s0005.hk@v1",)
    assert intact(restored(target, tmp_path / "copy"))
    assert tree_digest(target / "aip") == tree_digest(archive.aip_root)
    assert not list(target.glob(".*"))


def test_a_folder_that_is_no_backup_is_refused(service: Service, tmp_path: Path) -> None:
    """Somebody's folder, another archive, a home in use and the archive itself are not written to."""
    archive = service.archive
    full = tmp_path / "full"
    full.mkdir()
    (full / "thesis.txt").write_text("precious")
    other = tmp_path / "other"
    assert run(["init", str(other)]) == 0
    with pytest.raises(RefusedError, match="no backup of this archive"):
        back_up(archive, full)
    with pytest.raises(RefusedError, match="no backup of this archive"):
        back_up(archive, other)
    assert [path.name for path in full.iterdir()] == ["thesis.txt"]
    for place in (archive.home, archive.home / "backup", archive.home.parent):
        with pytest.raises(WrongUsageError, match="lie in each other"):
            back_up(archive, place)
    used = tmp_path / "used"
    back_up(archive, used)
    restored(used, tmp_path / "in use")
    with pytest.raises(RefusedError):
        back_up(archive, tmp_path / "in use")
    with (
        exclusive_lock(archive.staging / "locks" / "backup.lock", "the backup"),
        pytest.raises(StorageError, match="in use"),
    ):
        back_up(archive, tmp_path / "third")


def test_a_database_elsewhere_is_told(service: Service, tmp_path: Path) -> None:
    """People in PostgreSQL are not in the home: it is said, and not taken for done."""
    settings = replace(service.archive.settings, database="postgresql+psycopg://oais@db.example/oais")
    told = back_up(replace(service.archive, settings=settings), tmp_path / "backup")
    assert "back it up with its own tools" in told.warnings[0]
    assert not (tmp_path / "backup" / "oais.sqlite").exists()


def test_the_reader_proves_a_backup_without_our_software(service: Service, tmp_path: Path) -> None:
    """``verify.py`` in the backup finds it whole, with its receipts."""
    back_up(service.archive, tmp_path / "backup")
    line = [sys.executable, "-I", "-S", str(tmp_path / "backup" / "aip" / "verify.py")]
    told = subprocess.run(line, capture_output=True, text=True, check=False)
    assert told.returncode == 0, told.stdout
    assert "2 AIPs, 2 whole" in told.stdout
