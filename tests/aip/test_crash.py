"""Killed, or failed by the disk, at every step: the store holds the old version or the new, never half."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from aip.audit import audit_aip
from aip.sealing import seal
from aip.staging import stage_aip
from aip.storage import AipStore
from aip.stored import INVENTORY, SIDECAR, StoredAip
from aip.validation.ocfl import check_ocfl_object
from oais.errors import RefusedError, StorageError
from oais.information.findings import Severity
from oais.information.packages import PackageContents
from oais.walking import walk
from tests.aip.building import (
    MANY,
    ONE,
    SIGNER,
    TRUSTED,
    contents_of,
    later,
    new_store,
    root_of,
    store_package,
)
from tests.aip.crashing import DIED, DONE, OVERCOME, REFUSED, Fault, run_with_fault

AIP = "x.crash"
FAULTS: list[Fault] = ["killed", "EIO"]


@pytest.fixture
def in_memory() -> Iterator[Path]:
    """A folder in memory where there is one: hundreds of ingests, whose fsync need not reach a disk."""
    memory = Path("/dev/shm")
    with TemporaryDirectory(dir=memory if os.access(memory, os.W_OK) else None) as folder:
        yield Path(folder)


def _delivered(bag: Path, version: int) -> PackageContents:
    return later(contents_of(AIP, bag, ONE), version)


def _ingest(store: AipStore, contents: PackageContents) -> StoredAip:
    """Stage, seal and store; what is killed in the tests."""
    previous = store.find(AIP)
    staged = stage_aip(contents, store.root.parent / "staging", previous)
    return store.store(seal(staged, SIGNER))


def _check_whole(home: Path, allowed: set[int]) -> int:
    """Assert that a new start finds a whole version, valid and intact, and return its number (0: none)."""
    store = AipStore(home / "aip")
    before = store.find(AIP)
    assert (before.head if before else 0) in allowed
    store.recover()
    stored = store.find(AIP)
    assert (stored.head if stored else 0) in allowed
    if stored is None:
        assert not root_of(store, AIP).exists()
        return 0
    errors = [
        found for found in check_ocfl_object(stored.path, workers=1) if found.severity is Severity.ERROR
    ]
    assert errors == []
    findings = audit_aip(stored, TRUSTED, record=False, workers=1).findings
    assert {found.code for found in findings} <= {"AIP-014"}  # an early signature means nothing
    return stored.head


def _sweep(
    tmp_path: Path, prepare: Callable[[AipStore], None], fault: Fault, allowed: set[int]
) -> tuple[int, set[int]]:
    """Repeat the ingest with the fault at step 1, 2, 3 …; return the steps and the versions seen after."""
    new = max(allowed)
    seen: set[int] = set()
    pristine = tmp_path / "pristine"
    prepare(new_store(pristine))
    for at in range(1, 500):
        home = tmp_path / "home"
        shutil.copytree(pristine, home)
        store = AipStore(home / "aip")
        contents = _delivered(home / "bag", new)
        ended = run_with_fault(partial(_ingest, store, contents), fault, at)
        if ended == DONE:
            assert _check_whole(home, {new}) == new
            return at - 1, seen
        if ended == OVERCOME:
            assert _check_whole(home, {new}) == new
            shutil.rmtree(home)
            continue
        assert ended == (DIED if fault == "killed" else REFUSED), f"step {at}: ended with {ended}"
        seen.add(_check_whole(home, allowed))
        shutil.rmtree(home)
    raise AssertionError("the ingest never came to its end")


@pytest.mark.parametrize("fault", FAULTS)
def test_first_version_is_there_whole_or_not_at_all(
    in_memory: Path, fault: Fault, record_count: Callable[[str, int], None]
) -> None:
    """A fault at any step of a first version leaves nothing, or the AIP complete."""
    steps, seen = _sweep(in_memory, lambda _: None, fault, {0, 1})
    assert steps > 60
    assert 0 in seen
    record_count("crash points of a first version", steps)


@pytest.mark.parametrize("fault", FAULTS)
def test_new_version_leaves_the_old_or_the_new(
    in_memory: Path, fault: Fault, record_count: Callable[[str, int], None]
) -> None:
    """A fault at any step of a second version leaves the first, or both, after recovery."""

    def prepare(store: AipStore) -> None:
        store_package(store, AIP, MANY, in_memory / "first")

    steps, seen = _sweep(in_memory, prepare, fault, {1, 2})
    assert steps > 30
    assert seen == {1, 2}
    record_count("crash points of a second version", steps)


def _never_synced(store: AipStore, work: Path, monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """Store an AIP and return every file and folder of it, up to the root, that fsync never saw."""
    synced: set[tuple[int, int]] = set()
    real = os.fsync

    def watched(descriptor: int) -> None:
        status = os.fstat(descriptor)
        synced.add((status.st_dev, status.st_ino))
        real(descriptor)

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", watched)
        stored = store_package(store, AIP, ONE, work)
    paths = [stored.path / entry.path for entry in walk(stored.path)]
    every = [*paths, stored.path, *list(stored.path.parents)[:4]]
    return [path for path in every if (path.stat().st_dev, path.stat().st_ino) not in synced]


def test_acknowledged_means_every_file_and_folder_was_synced(
    store: AipStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """When store() returns, each file and each folder up to the root has been given to fsync."""
    assert _never_synced(store, tmp_path, monkeypatch) == []


@pytest.mark.parametrize("left_out", ["aip.storage.sync_tree", "oais.files.sync_directories"])
def test_a_store_that_forgets_to_sync_would_be_noticed(
    store: AipStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, left_out: str
) -> None:
    """The proof above is able to fail: without one of the two kinds of sync it names what was left out."""
    monkeypatch.setattr(left_out, lambda *_: None)
    assert _never_synced(store, tmp_path, monkeypatch) != []


def test_a_version_left_unfinished_is_finished_before_the_next(store: AipStore, tmp_path: Path) -> None:
    """A new version for an AIP whose last one was cut short finds it finished, and nothing is lost."""
    first = store_package(store, AIP, ONE, tmp_path)
    before = [(first.path / name).read_bytes() for name in (INVENTORY, SIDECAR)]
    store_package(store, AIP, MANY, tmp_path)
    for name, data in zip((INVENTORY, SIDECAR), before, strict=True):
        (first.path / name).write_bytes(data)
    contents = _delivered(tmp_path / "third", 3)
    staged = stage_aip(contents, tmp_path / "home" / "staging", store.find(AIP))
    with pytest.raises(RefusedError, match="another version"):
        store.store(seal(staged, SIGNER))
    found = store.find(AIP)
    assert found is not None
    assert found.versions == (1, 2)
    assert store.read_only == ""


def test_after_a_failed_fsync_nothing_more_is_stored(
    store: AipStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The store turns read-only at the first write the disk did not confirm, and says why."""

    def fail(_: int) -> None:
        raise OSError(5, "Input/output error")

    staged = stage_aip(contents_of(AIP, tmp_path / "one", ONE), tmp_path / "home/staging", None)
    sealed = seal(staged, SIGNER)
    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", fail)
        with pytest.raises(StorageError, match="Input/output"):
            store.store(sealed)
    assert store.find(AIP) is None
    assert not staged.path.exists()
    assert (tmp_path / "one" / "data" / "img 1.fits").exists()
    again = stage_aip(contents_of(AIP, tmp_path / "two", ONE), tmp_path / "home/staging", None)
    with pytest.raises(StorageError, match="nothing is stored any more"):
        AipStore(store.root).store(seal(again, SIGNER))
    assert not again.path.exists()


def test_two_processes_that_store_the_same_aip(tmp_path: Path) -> None:
    """Of several processes that store one AIP at once, exactly one does, and the object is whole."""
    store = new_store(tmp_path / "home")
    children = []
    for number in range(4):
        child = os.fork()
        if not child:
            code = 1
            try:
                _ingest(AipStore(store.root), _delivered(tmp_path / f"bag{number}", 1))
                code = 0
            finally:
                os._exit(code)
        children.append(child)
    codes = [os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children]
    assert codes.count(0) >= 1
    found = store.find(AIP)
    assert found is not None
    assert found.head == codes.count(0)
    assert audit_aip(found, TRUSTED).findings == ()


def test_two_processes_store_different_aips_at_once(tmp_path: Path) -> None:
    """Several ingests share one store: every AIP that was acknowledged is there and whole."""
    store = new_store(tmp_path / "home")
    children = []
    for letter in "ab":
        child = os.fork()
        if not child:
            code = 1
            try:
                for number in range(8):
                    store_package(AipStore(store.root), f"x.{letter}{number}", ONE, tmp_path)
                code = 0
            finally:
                os._exit(code)
        children.append(child)
    assert [os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children] == [0, 0]
    found = list(store.objects())
    assert len(found) == 16
    assert all(audit_aip(item, TRUSTED, record=False).intact for item in found)
