"""Copies at locations: made after an ingest and later, owed where one is away, proven before and after."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from aip.audit import audit_aip
from aip.stored import INVENTORY, open_stored
from aip.validation.ocfl import check_ocfl_storage_root
from oais.archive import Archive
from oais.errors import DamageError, StorageError
from oais.functions.administration import initialise
from oais.functions.audit import run_audit, select_for_audit
from oais.functions.copies.locations import Location, add_location
from oais.functions.copies.replication import Replicator, owed_to, sync, sync_all
from oais.functions.reopening import reopen
from oais.functions.reporting import Reporter
from oais.functions.storage import aip_store, find_aip
from oais.functions.submission import submit
from oais.information.findings import Severity
from oais.information.identifiers import object_path
from tests.aip.crashing import DIED, DONE, OVERCOME, REFUSED, Fault, run_with_fault
from tests.functions.conftest import SteadyClock, tree_digest
from tests.functions.deliveries import demo_bag, plain_bag


class Told(Reporter):
    """Keeps what it was warned of."""

    def __init__(self) -> None:
        self.warnings: list[str] = []

    def warn(self, message: str, remedy: str) -> None:
        """Keep the message."""
        self.warnings.append(f"{message} -> {remedy}")


@pytest.fixture
def in_memory() -> Iterator[Path]:
    """A folder in memory where there is one: hundreds of copies, whose fsync need not reach a disk."""
    memory = Path("/dev/shm")
    with TemporaryDirectory(dir=memory if os.access(memory, os.W_OK) else None) as folder:
        yield Path(folder)


def deliver(archive: Archive, folder: Path, number: int = 1, name: str = "x.some") -> Told:
    """Deliver a version of an AIP; return what was told meanwhile."""
    bag = plain_bag(folder / f"{name}{number}.bag", name, {"a.csv": f"a\n{number}\n".encode()})
    told = Told()
    (done,) = submit(archive, [bag], reporter=told)
    assert (done.error, done.outcome) == ("", "stored")
    return told


def is_same(archive: Archive, location: Location) -> bool:
    """Whether the location has every file of the store byte for byte, logs of audits left out."""

    def kept(root: Path) -> dict[str, bytes]:
        return {path: data for path, data in tree_digest(root).items() if "audits.jsonl" not in path}

    return kept(location.root) == kept(archive.aip_root)


def test_an_ingest_comes_to_every_location(archive: Archive, tmp_path: Path) -> None:
    """After the ingest each location has the same bytes: a valid storage root that its own reader proves."""
    places = [add_location(archive, name, tmp_path / name) for name in ("vault", "attic")]
    assert deliver(archive, tmp_path, 1).warnings == []
    assert deliver(archive, tmp_path, 2).warnings == []
    assert [told.error for told in submit(archive, [demo_bag(tmp_path / "hk.bag")])] == [""]
    for place in places:
        assert is_same(archive, place)
        assert owed_to(archive, place) == 0
        assert [
            found for found in check_ocfl_storage_root(place.root) if found.severity is Severity.ERROR
        ] == []
        line = [sys.executable, "-I", "-S", str(place.root / "verify.py")]
        done = subprocess.run(line, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout
        assert "2 AIPs, 2 whole" in done.stdout
        assert sorted(path.name for path in place.path.iterdir()) == ["aip", "staging"]


def test_an_ingest_reads_no_withdrawal(
    archive: Archive, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A delivery is copied without a look at the records of all withdrawals; a whole sync follows them."""
    followed: list[Path] = []

    def follow(_home: object, root: Path, _partial: Path) -> list[str]:
        followed.append(root)
        return []

    monkeypatch.setattr("oais.functions.copies.replication.follow", follow)
    location = add_location(archive, "beside", tmp_path / "beside")
    followed.clear()
    (told,) = submit(archive, [plain_bag(tmp_path / "new.bag", "new.aip", {"c.csv": b"7,8\n"})])
    assert told.outcome == "stored"
    assert (location.root / object_path("new.aip")).is_dir()
    assert followed == []
    sync(archive, location)
    assert followed == [location.root]


def test_a_location_that_is_away_is_owed(archive: Archive, tmp_path: Path) -> None:
    """It stops no ingest, which is told; what it missed comes when it is back, the others had it at once."""
    vault, attic = (add_location(archive, name, tmp_path / name) for name in ("vault", "attic"))
    vault.path.rename(tmp_path / "unplugged")
    told = deliver(archive, tmp_path)
    assert len(told.warnings) == 1
    assert "vault is owed 1 AIP: " in told.warnings[0]
    assert "oais location sync" in told.warnings[0]
    assert is_same(archive, attic)
    assert not vault.path.exists()
    (tmp_path / "unplugged").rename(vault.path)
    assert owed_to(archive, vault) == 1
    assert [one.copied for one in sync_all(archive)] == [("x.some@v1",), ()]
    assert is_same(archive, vault)


def test_the_worker_makes_up_for_it(archive: Archive, tmp_path: Path) -> None:
    """It tells once that a location is away, brings what is owed when it is back, and then rests."""
    vault = add_location(archive, "vault", tmp_path / "vault")
    worker = Replicator(archive)
    vault.path.rename(tmp_path / "unplugged")
    deliver(archive, tmp_path)
    with pytest.raises(StorageError, match="vault is away"):
        worker.bring_due()
    (tmp_path / "unplugged").rename(vault.path)
    assert worker.bring_due() == 1
    assert worker.bring_due() == 0
    shutil.rmtree(vault.root / find_aip(archive, "x.some").path.relative_to(archive.aip_root))
    assert worker.bring_due() == 0  # nothing was stored since: losses are for the check to find
    deliver(archive, tmp_path, name="x.other")
    assert worker.bring_due() == 1


def test_a_full_location_stops_nothing(
    archive: Archive, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No space at one location: the ingest is done, the copy is owed, nothing half made is left there."""
    from aip import medium

    vault = add_location(archive, "vault", tmp_path / "vault")

    def full(path: Path, blocks: object) -> None:
        raise OSError(28, os.strerror(28), str(path))

    with monkeypatch.context() as patch:
        patch.setattr(medium, "create_from", full)
        told = deliver(archive, tmp_path)
    assert "No space left" in told.warnings[0]
    assert find_aip(archive, "x.some").head == 1
    assert list(aip_store(replace(archive)).found_roots()) != []
    assert list((vault.path / "staging").iterdir()) == [vault.path / "staging" / "locks"]
    assert sync(archive, vault).copied == ("x.some@v1",)


DAMAGES: dict[str, Callable[[Path], object]] = {
    "content": lambda root: flip(next(root.rglob("*.csv"))),
    "inventory": lambda root: flip(root / INVENTORY),
    "signature": lambda root: flip(root / "logs/signatures/v1.inventory.json.sig"),
    "version's inventory": lambda root: flip(root / "v1" / INVENTORY),
    "missing": lambda root: next(root.rglob("*.csv")).unlink(),
    "sealed by a stranger": lambda root: (root / "logs/signatures/v1.inventory.json.sig").write_bytes(
        b"x" * 64
    ),
}


def overwrite(path: Path) -> None:
    """Put 64 other bytes there, as many as a signature has."""
    path.write_bytes(b"x" * 64)


def flip(path: Path) -> None:
    """Change one bit in the middle of a file."""
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


@pytest.mark.parametrize("kind", DAMAGES)
def test_what_is_damaged_at_home_is_not_copied(archive: Archive, tmp_path: Path, kind: str) -> None:
    """Before the first copy: it is named, and the location has nothing of it. The others are copied."""
    deliver(archive, tmp_path)
    deliver(archive, tmp_path, name="x.other")
    DAMAGES[kind](find_aip(archive, "x.some").path)
    told = sync(archive, add_location(archive, "vault", tmp_path / "vault"))
    assert told.copied == ("x.other@v1",)
    assert [(found.code, about) for about, found in told.findings] == [("COP-001", "x%2esome")]
    copies = list((tmp_path / "vault" / "aip").rglob("*.csv"))
    assert len(copies) == 1


@pytest.mark.parametrize("kind", DAMAGES)
def test_damage_at_home_does_not_reach_a_sound_copy(archive: Archive, tmp_path: Path, kind: str) -> None:
    """What was copied stays byte for byte, whatever becomes of the original, and a sync changes nothing."""
    vault = add_location(archive, "vault", tmp_path / "vault")
    deliver(archive, tmp_path)
    before = tree_digest(vault.path)
    DAMAGES[kind](find_aip(archive, "x.some").path)
    sync(archive, vault)
    assert tree_digest(vault.path) == before


def test_a_copy_that_lies_is_not_overwritten(archive: Archive, tmp_path: Path) -> None:
    """A location whose inventory is not ours is told, and nothing there is touched."""
    vault = add_location(archive, "vault", tmp_path / "vault")
    deliver(archive, tmp_path, 1)
    older = tmp_path / "older"
    shutil.copytree(archive.home, older)
    deliver(archive, tmp_path, 2)
    rolled_back = replace(archive, home=older)
    before = tree_digest(vault.path)
    told = sync(rolled_back, vault)
    assert "ends with v2, the archive's with v1" in told.findings[0][1].message
    assert tree_digest(vault.path) == before


def test_unreadable_at_home_stops_no_other(
    archive: Archive, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A disk that does not give one AIP: that one is told, the location gets the others."""
    deliver(archive, tmp_path)
    deliver(archive, tmp_path, name="x.other")
    bad = str(find_aip(archive, "x.some").path)
    real = os.open

    def failing(path: str, *arguments: int, **keywords: int) -> int:
        if str(path).startswith(bad) and str(path).endswith(".csv"):
            raise OSError(5, os.strerror(5), str(path))
        return real(path, *arguments, **keywords)

    vault = add_location(archive, "vault", tmp_path / "vault")
    with monkeypatch.context() as patch:
        patch.setattr(os, "open", failing)
        told = sync(archive, vault)
    assert (told.away, told.copied) == ("", ("x.other@v1",))
    assert [about for about, _ in told.findings] == ["x%2esome"]


@pytest.mark.parametrize("fault", ["killed", "EIO"])
@pytest.mark.parametrize("version", [1, 2])
def test_a_copy_is_whole_or_not_there_after_every_step(
    in_memory: Path,
    fault: Fault,
    version: int,
    record_count: Callable[[str, int], None],
) -> None:
    """Killed or failed at every step: what can be seen there is valid, and the next run makes it up."""
    archive = replace(initialise(in_memory / "home"), clock=SteadyClock())
    pristine = add_location(archive, "vault", in_memory / "vault")
    for number in range(1, version):
        deliver(archive, in_memory, number)
    shutil.copytree(pristine.path, in_memory / "kept")
    deliver(archive, in_memory, version)
    for at in range(1, 400):
        shutil.rmtree(pristine.path)
        shutil.copytree(in_memory / "kept", pristine.path)
        ended = run_with_fault(lambda: raising(archive, pristine), fault, at)
        check_whole(pristine, version)
        if ended == DONE:
            break
        assert ended in {DIED if fault == "killed" else REFUSED, OVERCOME}, at
        if pristine.closed:  # the fault was an fsync's
            assert "did not confirm" in sync(archive, pristine).away
            assert reopen(archive).opened
        told = sync(archive, pristine)
        assert (told.away, told.findings) == ("", ())
        assert is_same(archive, pristine)
    assert at > 20
    record_count("crash points of a copy", at)


def raising(archive: Archive, location: Location) -> None:
    """Sync, and raise what stopped it."""
    told = sync(archive, location)
    if told.away:
        raise StorageError(told.away)
    if told.findings:
        raise DamageError(told.findings[0][1].message)


def check_whole(location: Location, version: int) -> None:
    """Assert that what a reader finds there is nothing, the version before, or the version: whole."""
    errors = {found.code for found in check_ocfl_storage_root(location.root) if found.severity == "error"}
    if version == 1:
        assert errors <= {"E073"}  # a folder on the way to the object, made just before
    for root in location.store().object_roots():
        assert open_stored(root).head in {version - 1, version}
        told = audit_aip(
            root, {"key": (location.root / "archive.pub.pem").read_bytes()}, record=False, workers=1
        )
        assert {found.code for found in told.findings} <= {"AIP-014"}


def test_losing_home_and_copying_a_location_back(archive: Archive, tmp_path: Path) -> None:
    """A location is a storage root: copied back in place of a lost one, the archive is whole again."""
    vault = add_location(archive, "vault", tmp_path / "vault")
    deliver(archive, tmp_path)
    shutil.rmtree(archive.aip_root)
    before = tree_digest(vault.root)
    assert sync(archive, vault).copied == ()
    assert tree_digest(vault.root) == before
    subprocess.run(["cp", "-a", str(vault.root), str(archive.aip_root)], check=True)
    assert run_audit(archive, select_for_audit(archive, None, None, 0), full=True).intact
