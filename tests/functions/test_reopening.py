"""A write that the disk did not confirm closes the archive for every process, until it was read back."""

from __future__ import annotations

import errno
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from oais.archive import Archive, open_archive
from oais.confirming import MARK, looking_into, require_open
from oais.errors import StorageError
from oais.files import sync_directory
from oais.functions.access.facade import open_access
from oais.functions.access.question import Question
from oais.functions.administration import initialise, tell_status
from oais.functions.audit import run_audit, select_for_audit
from oais.functions.copies.locations import add_location
from oais.functions.copies.replication import owed_to, sync
from oais.functions.orders import consumers, placing, selection
from oais.functions.orders.building import Worker
from oais.functions.people.accounts import Entry, new_account
from oais.functions.reopening import reopen
from oais.functions.service import Service, open_service
from oais.functions.storage import find_aip
from oais.functions.submission import submit
from oais.functions.withdrawal.asking import ask
from policies.principals import Role, State
from tests.conftest import lacking
from tests.functions.deliveries import plain_bag


def _oais(*words: object, failing: int = 0, of: Path | None = None) -> subprocess.CompletedProcess[str]:
    """Run a command; of its calls of fsync the one of that number fails, as of a disk that lost a write.

    Or every one ``of`` a file, by whatever call.
    """
    command = [sys.executable, "-m", "oais", *map(str, words)]
    if of is not None:
        fault = "inject=fsync,fdatasync:error=EIO"
        command = ["strace", "-f", "-qq", "-o", os.devnull, "-P", str(of), "-e", fault, *command]
    elif failing:
        fault = f"inject=fsync:error=EIO:when={failing}"
        command = ["strace", "-f", "-qq", "-o", os.devnull, "-e", "trace=fsync", "-e", fault, *command]
    return subprocess.run(command, capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def struck(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with an archive of one AIP: while it took in another, the disk lost a write of the process."""
    if shutil.which("strace") is None:
        lacking("strace")
    place = tmp_path_factory.mktemp("struck")
    archive = initialise(place / "home")
    (told,) = submit(archive, [plain_bag(place / "one", "one.aip", {"a.csv": b"1,2\n"})])
    assert told.outcome == "stored"
    bag = plain_bag(place / "two", "two.aip", {"b.csv": b"3,4\n"})
    done = _oais("submit", bag, "--home", archive.home, "--json", failing=6)
    assert done.returncode != 0, done.stdout
    assert "Input/output error" in done.stdout
    assert (archive.home / MARK).exists()
    return place


@pytest.fixture
def closed(struck: Path, tmp_path: Path) -> Archive:
    """A copy of it."""
    shutil.copytree(struck, tmp_path, dirs_exist_ok=True)
    return open_archive(tmp_path / "home")


def test_every_process_heeds_it_until_the_disk_was_read_back(closed: Archive, tmp_path: Path) -> None:
    """Deliveries are refused with what to do, reading goes on, and a reopening that reads all opens it."""
    bag = tmp_path / "two"
    refused = _oais("submit", bag, "--home", closed.home)
    assert refused.returncode == StorageError.exit_code
    assert "nothing is stored any more: the disk did not confirm" in refused.stderr
    assert "oais reopen" in refused.stderr
    assert bag.is_dir()
    assert any("run `oais reopen`" in warning for warning in tell_status(closed).warnings)
    assert run_audit(closed, select_for_audit(closed, "one.aip")).intact
    told = _oais("reopen", "--home", closed.home, "--json")
    assert told.returncode == 0, told.stdout + told.stderr
    plain = json.loads(told.stdout)
    assert (plain["opened"], plain["findings"]) == (True, [])
    assert plain["aips"] >= 1
    assert tell_status(closed).warnings == ()
    assert _oais("submit", bag, "--home", closed.home).returncode == 0
    assert run_audit(closed, select_for_audit(closed, None, None, 0)).intact
    assert "every write was confirmed" in _oais("reopen", "--home", closed.home).stdout


def test_a_running_service_heeds_the_mark_of_another_process(closed: Archive) -> None:
    """Orders, the worker and withdrawals are refused as well; searching and reading are not."""
    service = open_service(closed)
    entry = Entry("ann", "Ann", "ann@example.org")
    with service.database.writing() as connection:
        ann = new_account(service, connection, entry, Role.ARCHIVIST, State.ACTIVE).identifier
    access = open_access(closed, consumers.OPERATOR, service.database)
    consumer = consumers.consumer_of(service, access, "b" * 43)
    picks = selection.found(access, Question()).picks
    with pytest.raises(StorageError, match="nothing is stored any more"):
        placing.place(consumer, picks, "zip")
    with pytest.raises(StorageError, match="nothing is stored any more"):
        Worker(service).build_next()
    with pytest.raises(StorageError, match="nothing is stored any more"):
        ask(service, ann, "one.aip", why="error", reason="it is wrong", basis="a letter")
    assert reopen(closed).opened
    assert placing.place(consumer, picks, "zip").identifier


def test_what_the_disk_lost_keeps_the_archive_closed(closed: Archive) -> None:
    """An AIP whose bytes are gone is named; only who says so opens the archive despite of it."""
    product = next(find_aip(closed, "one.aip").path.rglob("a.csv"))
    product.chmod(0o644)
    product.write_bytes(b"\0\0\0\0")
    told = _oais("reopen", "--home", closed.home)
    assert told.returncode == 3
    assert "still closed" in told.stdout
    assert "AIP-001" in told.stdout
    assert _oais("submit", "x", "--home", closed.home).returncode == StorageError.exit_code
    assert _oais("reopen", "--despite-damage", "--home", closed.home).returncode == 0
    require_open(closed.home)


def test_names_in_the_home_itself_count_as_well(archive: Archive, monkeypatch: pytest.MonkeyPatch) -> None:
    """The home is a folder of the archive like those in it; what lies beside it is not."""

    def fail(_: int) -> None:
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(OSError, match="Input/output"):
        sync_directory(archive.home.parent)
    require_open(archive.home)
    with pytest.raises(OSError, match="Input/output"):
        sync_directory(archive.home)
    with pytest.raises(StorageError, match="nothing is stored any more"):
        require_open(archive.home)


def test_a_mark_that_cannot_be_read_closes_as_well(archive: Archive) -> None:
    """Half a mark is a mark; only who looks into the fault writes meanwhile."""
    (archive.home / MARK).write_bytes(b'{"path": "led')
    with pytest.raises(StorageError, match="which cannot be read"):
        require_open(archive.home)
    with looking_into(archive.home):
        require_open(archive.home)
    assert reopen(archive).opened


def test_a_running_process_goes_on_once_another_one_opened_the_archive(
    archive: Archive, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The very process that met the fault stores nothing until then, and needs no new start after it."""
    real = os.fsync

    def fail(descriptor: int) -> None:
        if "/staging/" in os.readlink(f"/proc/self/fd/{descriptor}"):
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        real(descriptor)

    bags = [plain_bag(tmp_path / name, f"{name}.aip", {"a.csv": b"1,2\n"}) for name in ("one", "two")]
    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", fail)
        (struck,) = submit(archive, bags[:1])
    assert "Input/output error" in struck.error
    with pytest.raises(StorageError, match="nothing is stored any more"):
        list(submit(archive, bags[:1]))
    told = _oais("reopen", "--home", archive.home)
    assert "running processes store again by themselves" in told.stdout, told.stdout + told.stderr
    assert [each.outcome for each in submit(archive, bags)] == ["stored", "stored"]


@pytest.fixture
def peopled(archive: Archive) -> Iterator[Service]:
    """An archive with a person, and the means to let its database's disk fail."""
    if shutil.which("strace") is None:
        lacking("strace")
    service = open_service(archive)
    entry = Entry("ann", "Ann", "ann@example.org")
    with service.database.writing() as connection:
        new_account(service, connection, entry, Role.ARCHIVIST, State.ACTIVE)
    yield service
    service.database.close()


@pytest.mark.usefixtures("peopled")
def test_a_database_that_the_disk_does_not_confirm_closes_the_archive(archive: Archive) -> None:
    """SQLite tells of its fsync that failed; what it was told is not acknowledged, and can be told again."""
    words = ("person", "disable", "ann", "--home", archive.home)
    refused = _oais(*words, of=archive.home / "oais.sqlite-wal")
    assert refused.returncode == StorageError.exit_code, refused.stdout + refused.stderr
    with pytest.raises(StorageError, match=r"did not confirm oais.sqlite \(disk I/O error\)"):
        require_open(archive.home)
    assert reopen(archive).opened
    require_open(archive.home)
    assert _oais(*words).returncode == 0


def test_a_checkpoint_that_is_not_confirmed_loses_nothing(archive: Archive, peopled: Service) -> None:
    """What was acknowledged lies in the log, which is kept until the disk confirmed the database itself."""
    peopled.database.close()
    kept = archive.home / "oais.sqlite"
    before = kept.read_bytes()
    done = _oais("person", "disable", "ann", "--home", archive.home, of=kept)
    assert done.returncode == 0, done.stdout + done.stderr
    kept.write_bytes(before)  # a power cut: nothing of what was written there outlived it
    (archive.home / "oais.sqlite-shm").unlink(missing_ok=True)
    told = json.loads(_oais("person", "list", "--home", archive.home, "--json").stdout)
    assert [(one["login"], one["state"]) for one in told["people"]] == [("ann", "disabled")]


def test_a_database_that_lost_bytes_keeps_the_archive_closed(archive: Archive) -> None:
    """What SQLite's own check finds is told, with the backup as remedy."""
    open_service(archive).database.close()
    (archive.home / MARK).write_text('{"path": "oais.sqlite", "error": "disk I/O error"}\n')
    path = archive.home / "oais.sqlite"
    path.write_bytes(path.read_bytes()[: 3 * 4096])
    told = reopen(archive)
    assert not told.opened
    assert [found.code for _, found in told.home.findings] == ["AUD-010"]


def test_a_location_that_lost_a_write_takes_no_copies_until_it_was_read_back(
    archive: Archive, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its disk closes it and nothing else: the archive stores on, and owes it what came meanwhile."""
    vault = add_location(archive, "vault", tmp_path / "vault")
    bags = [plain_bag(tmp_path / name, f"{name}.aip", {"a.csv": b"1,2\n"}) for name in ("one", "two")]
    real = os.fsync

    def fail(descriptor: int) -> None:
        if os.readlink(f"/proc/self/fd/{descriptor}").startswith(str(vault.root)):
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        real(descriptor)

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", fail)
        assert [each.outcome for each in submit(archive, bags[:1])] == ["stored"]
    require_open(archive.home)
    assert vault.closed.startswith("the disk did not confirm aip")
    assert [each.outcome for each in submit(archive, bags[1:])] == ["stored"]
    assert sync(archive, vault).away.startswith(
        "nothing is copied to vault any more: the disk did not confirm"
    )
    assert any("vault" in warning and "oais reopen" in warning for warning in tell_status(archive).warnings)
    told = _oais("reopen", "--home", archive.home)
    assert (told.returncode, "open again  location vault" in told.stdout) == (0, True), told.stdout
    assert sync(archive, vault).away == ""
    assert owed_to(archive, vault) == 0
    assert tell_status(archive).warnings == ()


def test_a_damaged_location_stays_closed(archive: Archive, tmp_path: Path) -> None:
    """A copy whose bytes the disk lost is named by its location, and the archive itself is open."""
    vault = add_location(archive, "vault", tmp_path / "vault")
    list(submit(archive, [plain_bag(tmp_path / "one", "one.aip", {"a.csv": b"1,2\n"})]))
    (vault.path / MARK).write_text('{"path": "aip", "error": "Input/output error"}\n')
    next(vault.root.rglob("a.csv")).write_bytes(b"\0\0\0\0")
    told = reopen(archive)
    assert (told.home.was, told.opened) == ("", False)
    assert [found.code for _, found in told.locations["vault"].findings] == ["AIP-001"]
    assert reopen(archive, despite_damage=True).opened
    assert vault.closed == ""


def test_adding_a_location_begins_anew_after_an_unconfirmed_write(
    archive: Archive, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing that the disk did not confirm becomes part of a location; the archive itself stays open."""
    place, real = tmp_path / "vault", os.fsync

    def fail(descriptor: int) -> None:
        if os.readlink(f"/proc/self/fd/{descriptor}") == str(place) and (place / "aip").exists():
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        real(descriptor)

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", fail)
        with pytest.raises(StorageError, match="Input/output"):
            add_location(archive, "vault", place)
    require_open(archive.home)
    (place / "aip" / "of-before").touch()
    vault = add_location(archive, "vault", place)
    assert vault.closed == ""
    assert not (vault.root / "of-before").exists()
    list(submit(archive, [plain_bag(tmp_path / "one", "one.aip", {"a.csv": b"1,2\n"})]))
    assert owed_to(archive, vault) == 0
