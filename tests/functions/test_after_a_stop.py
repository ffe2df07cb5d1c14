"""What a stop leaves behind that the archive itself puts right: each case was found by ``proofs/storage``."""

from __future__ import annotations

import errno
import os
import shutil
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import NoReturn

import pytest

from aip.medium import REPLACING, Folder
from aip.recovery import is_unfinished
from oais.archive import Archive
from oais.errors import StorageError
from oais.functions.data_management import check_index
from oais.functions.ingest import ingest
from oais.functions.ledger.recording import ledger_of
from oais.functions.ledger.verifying import verify_ledger
from oais.functions.recovery import sweep
from oais.functions.storage import find_aip
from oais.functions.submission import submit
from oais.information.representation.inspection import Inspector
from oais.ledger.log import checkpoint_name
from oais.ledger.tiles import tile_path
from search_index import writing
from search_index.index import open_index
from search_index.words import store
from tests.functions.deliveries import plain_bag

PAYLOAD = {"a.csv": b"time,flux\n1,2\n"}


@pytest.fixture
def lent(archive: Archive) -> Archive:
    """The archive, whose deliveries are taken in by this process."""
    return replace(archive, settings=replace(archive.settings, workers=1))


def _refused_by_disk(*_: object) -> NoReturn:
    raise StorageError("the words: No space left on device", remedy="free space")


@pytest.mark.parametrize("version", [1, 2])
def test_words_that_did_not_follow_are_indexed_at_the_next_start(
    lent: Archive, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, version: int
) -> None:
    """Stopped between catalogue and words, an AIP is found by its words after the next start."""
    for number in range(1, version):
        list(submit(lent, [plain_bag(tmp_path / f"{number}.bag", "one.aip", {"b.csv": b"5,6\n"})]))
    bag = plain_bag(tmp_path / "one.bag", "one.aip", PAYLOAD)
    with monkeypatch.context() as patch:
        patch.setattr(writing, "write_words", _refused_by_disk)
        with pytest.raises(StorageError, match="No space"):
            list(submit(lent, [bag]))
    assert check_index(lent) != []
    assert sweep(lent) == ["indexed 1 AIPs again, which a stop had left half indexed"]
    assert check_index(lent) == []
    with closing(open_index(lent.index_root)) as index:
        assert index.unfinished() == []
    assert sweep(lent) == []


def test_a_commit_of_words_that_was_broken_off_is_swept(
    lent: Archive, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Stopped before the rename that makes a commit count, it leaves a file that the next start removes."""
    bag = plain_bag(tmp_path / "one.bag", "one.aip", PAYLOAD)
    with monkeypatch.context() as patch:
        patch.setattr(store, "sync_tree", _refused_by_disk)
        with pytest.raises(StorageError, match="No space"):
            list(submit(lent, [bag]))
    (left,) = (path.relative_to(lent.home) for path in lent.index_root.rglob("*.toc.*"))
    assert sweep(lent) == [
        f"removed {left}, left by a stop",
        "indexed 1 AIPs again, which a stop had left half indexed",
    ]
    assert list(lent.index_root.rglob("*.toc.*")) == []
    assert check_index(lent) == []


def test_what_was_left_half_indexed_survives_the_next_delivery(
    lent: Archive, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The note of one package is not lost when another is indexed before the archive starts again."""
    with closing(open_index(lent.index_root)) as index, monkeypatch.context() as patch:
        patch.setattr(writing, "write_words", _refused_by_disk)
        with pytest.raises(StorageError, match="No space"):
            list(submit(lent, [plain_bag(tmp_path / "one.bag", "one.aip", PAYLOAD)]))
        patch.undo()
        index.add([])
        assert index.unfinished() == ["one.aip"]


def test_a_checkpoint_that_was_never_whole_is_no_fault_and_goes(lent: Archive, tmp_path: Path) -> None:
    """A process killed while it wrote a checkpoint leaves a file that is no alarm and is swept."""
    list(submit(lent, [plain_bag(tmp_path / "one.bag", "one.aip", PAYLOAD)]))
    ledger = ledger_of(lent)
    whole = ledger.root / checkpoint_name(ledger.head().size)
    torn = whole.with_name(f".{whole.name}.77.tmp")
    torn.write_bytes(whole.read_bytes()[:40])
    assert verify_ledger(lent) == []
    assert sweep(lent) == [f"removed ledger/{torn.relative_to(ledger.root)}, which was never whole"]
    assert not torn.exists()
    other = whole.with_name("x.tmp")
    other.write_bytes(b"")
    assert [found.code for found in verify_ledger(lent)] == ["LED-001"]


@pytest.mark.parametrize("code", [errno.EIO, errno.EMFILE])
@pytest.mark.parametrize("call", ["scandir", "open", "read"])
def test_a_disk_that_fails_is_not_held_against_a_delivery(
    archive: Archive,
    inspector: Inspector,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    code: int,
    call: str,
) -> None:
    """A delivery that we cannot read is not judged: it is told as our fault, and taken in later."""
    bag = plain_bag(tmp_path / "one.bag", "one.aip", PAYLOAD)
    real, met = getattr(os, call), []

    def failing(target: object, *arguments: object, **named: object) -> object:
        named_so = str(target).endswith(("one.bag/", "one.bag", "a.csv", "bag-info.txt"))
        if named_so or (call == "read" and os.readlink(f"/proc/self/fd/{target}").endswith("a.csv")):
            met.append(target)
            raise OSError(code, os.strerror(code))
        return real(target, *arguments, **named)

    with monkeypatch.context() as patch:
        patch.setattr(os, call, failing)
        with pytest.raises(StorageError):
            ingest(archive, bag, inspector)
    assert met
    assert list(archive.refused.iterdir()) == []
    assert ingest(archive, bag, inspector).receipt.status == "accepted"


def test_tiles_of_a_stopped_append_do_not_stand_against_the_next(lent: Archive, tmp_path: Path) -> None:
    """A partial tile that was never signed is gone when other entries come to its place."""
    list(submit(lent, [plain_bag(tmp_path / "one.bag", "one.aip", PAYLOAD)]))
    ledger = ledger_of(lent)
    size = ledger.head().size
    torn = [ledger.root / tile_path(level, 0, size + 1) for level in ("entries", 0)]
    torn[0].write_bytes(bytes(34))
    torn[1].write_bytes(bytes(32))
    assert verify_ledger(lent) == []
    list(submit(lent, [plain_bag(tmp_path / "two.bag", "two.aip", PAYLOAD)]))
    assert ledger.head().size == size + 2
    assert [path for path in torn if path.exists()] == []
    assert verify_ledger(lent) == []
    assert ledger.head().size == size + 2


def test_what_was_half_forgotten_is_forgotten_at_the_next_start(
    lent: Archive, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Stopped between words and catalogue, what is stored no more is not found after the next start."""
    list(submit(lent, [plain_bag(tmp_path / "one.bag", "one.aip", PAYLOAD)]))
    shutil.rmtree(find_aip(lent, "one.aip").path)
    with closing(open_index(lent.index_root)) as index, monkeypatch.context() as patch:
        patch.setattr(writing, "remove_records", _refused_by_disk)
        with pytest.raises(StorageError, match="No space"):
            index.remove(["one.aip"])
        assert index.aip("one.aip") is not None
        with pytest.raises(StorageError, match="No space"):
            sweep(lent)  # on a disk that is still full: told, and nothing lost
        assert index.aip("one.aip") is not None
        assert index.unfinished() == ["one.aip"]
        patch.undo()
        sweep(lent)
        assert index.aip("one.aip") is None
        assert index.unfinished() == []


@pytest.mark.parametrize(
    ("also", "everything"),
    [
        (b"", True),
        (b"names what it begins\nr20261121T120000Z-0a0a0a0a tw", False),
        (b"names what it begins\nr20261121T1200r20261121T120000Z-0a0a0a0a two.aip\n", True),
    ],
)
def test_after_a_stop_no_more_is_looked_at_than_was_begun(
    lent: Archive, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, also: bytes, everything: bool
) -> None:
    """What a killed submission began is recorded; a mark that does not name it makes all be looked at."""
    list(submit(lent, [plain_bag(tmp_path / "one.bag", "one.aip", PAYLOAD)]))
    with monkeypatch.context() as patch:
        patch.setattr("oais.functions.coordination.record", _refused_by_disk)
        with pytest.raises(StorageError, match="No space"):
            list(submit(lent, [plain_bag(tmp_path / "two.bag", "two.aip", {"b.csv": b"5,6\n"})]))
    (lent.home / "ledger" / "unrecorded" / "1-another").write_bytes(also)
    looked_at: list[str] = []

    def seen(root: Path) -> bool:
        looked_at.append(root.name)
        return is_unfinished(root)

    monkeypatch.setattr("aip.storage.is_unfinished", seen)
    assert sweep(lent) == ["added 2 entries to the ledger, which a crash had kept out"]
    assert sorted(looked_at) == (["one%2eaip", "two%2eaip"] if everything else ["two%2eaip"])
    assert verify_ledger(lent) == []
    assert list((lent.home / "ledger" / "unrecorded").iterdir()) == []


def test_a_refusal_that_did_not_come_into_the_ledger_is_added(
    lent: Archive, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A receipt of a refused delivery is named by the mark as well."""
    list(submit(lent, [plain_bag(tmp_path / "one.bag", "one.aip", PAYLOAD)]))
    bag = plain_bag(tmp_path / "two.bag", "two.aip", PAYLOAD)
    (bag / "data" / "a.csv").write_bytes(b"changed\n")
    with monkeypatch.context() as patch:
        patch.setattr("oais.functions.coordination.record", _refused_by_disk)
        with pytest.raises(StorageError, match="No space"):
            list(submit(lent, [bag]))
    assert sweep(lent) == ["added 1 entry to the ledger, which a crash had kept out"]
    assert verify_ledger(lent) == []


def test_what_a_stopped_repair_was_about_to_put_in_place_goes(lent: Archive) -> None:
    """Stopped before it replaces a small file, a repair leaves the new one in the staging area until then."""
    new = lent.staging / REPLACING
    medium = Folder(lent.home, lent.staging.name)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "replace", _refused_by_disk)
        with pytest.raises(StorageError, match="No space"):
            medium.replace("aip/some.txt", b"some")
    assert new.exists()
    sweep(lent)
    assert not new.exists()
