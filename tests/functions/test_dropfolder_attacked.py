"""What providers may put into the drop folder that is meant to stop it, to fill the disk, or to lose data."""

from __future__ import annotations

import os
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from aip.audit import audit_aip
from oais.archive import Archive
from oais.functions import dropfolder
from oais.functions.copies.locations import add_location
from oais.functions.desk.deliveries import _dropped
from oais.functions.dropfolder import DropFolder
from oais.functions.recovery import sweep
from oais.functions.storage import aip_store
from oais.walking import remove_tree
from tests.functions.attacking import nest
from tests.functions.deliveries import plain_bag
from tests.functions.test_dropfolder import Heard


@pytest.fixture
def heard() -> Heard:
    """Who is warned."""
    return Heard()


@pytest.fixture
def folder(archive: Archive, heard: Heard) -> DropFolder:
    """A drop folder that takes what is marked, and warns."""
    return DropFolder(archive, reporter=heard)


def marked(archive: Archive, name: str = "one.bag", aip: str = "drop.one") -> Path:
    bag = plain_bag(archive.incoming / name, aip, {"a.csv": b"1\n"})
    Path(f"{bag}.ready").touch()
    return bag


def looks(folder: DropFolder, times: int = 3) -> list[str]:
    """Return what becomes of deliveries at some looks into the folder."""
    return [done.outcome for moment in range(times) for done in folder.take(now=float(moment))]


def refused(archive: Archive) -> int:
    return len(list(archive.refused.iterdir())) if archive.refused.is_dir() else 0


@pytest.mark.parametrize(("depth", "name"), [(1_100, "d"), (3_000, "d"), (60, "e" * 100)])
def test_directories_too_deep_are_refused_once_and_stop_nobody(
    archive: Archive, folder: DropFolder, heard: Heard, depth: int, name: str
) -> None:
    """They can neither be removed nor, with a path beyond 4,096 bytes, be looked through."""
    bag = marked(archive)
    nest(bag / "data", depth, name)
    marked(archive, "two.bag", "drop.two")
    assert looks(folder) == ["refused", "stored"]
    assert refused(archive) == 1
    assert bag.exists()
    assert not (archive.incoming / "two.bag").exists()
    (told,) = heard.told
    assert told.startswith("one.bag stays in the drop folder: it ")
    for deep in (bag, *archive.refused.iterdir()):
        remove_tree(deep)  # pytest could not


@pytest.mark.parametrize(("depth", "name"), [(1_100, "d"), (3_000, "d"), (60, "e" * 100)])
def test_directories_too_deep_leave_nothing_in_custody(archive: Archive, depth: int, name: str) -> None:
    """Where refused deliveries are not kept, custody is removed all the same; so is what a stop left."""
    forgetful = replace(archive, settings=replace(archive.settings, keep_refused=False))
    bag = marked(archive)
    nest(bag / "data", depth, name)
    assert [done.outcome for done in DropFolder(forgetful).take(now=0.0)] == ["refused"]
    assert list(archive.custody.iterdir()) == []
    left = archive.custody / ".r20261121T120000Z-00000000.partial"
    left.mkdir()
    nest(left, depth, name)
    (left / "0").symlink_to(archive.home)
    built = archive.staging / "x.new"
    built.mkdir()
    nest(built, depth, name)
    told = [line.split(",")[0] for line in sweep(archive)]
    assert told == ["removed staging/x.new", f"removed custody/{left.name}"]
    assert list(archive.custody.iterdir()) == []
    assert (archive.home / "oais.yaml").exists()
    if bag.exists():
        remove_tree(bag)


def test_a_claim_to_be_held_already_is_not_believed(archive: Archive, folder: DropFolder) -> None:
    """The manifests are those of what is held; the bytes, and a file that nobody has, are others."""
    bag = marked(archive)
    other = archive.incoming / ".two.bag"
    shutil.copytree(bag, other)
    assert looks(folder) == ["stored"]
    (other / "data" / "a.csv").write_bytes(b"2\n")
    (other / "data" / "new.csv").write_bytes(b"of nobody else\n")
    other.rename(archive.incoming / "two.bag")
    (archive.incoming / "two.bag.ready").touch()
    assert looks(folder) == ["refused"]
    kept = {path.name: path.read_bytes() for path in archive.refused.rglob("*.csv")}
    assert kept == {"a.csv": b"2\n", "new.csv": b"of nobody else\n"}


def test_what_is_held_is_not_taken_in_twice_after_a_restart(
    archive: Archive, folder: DropFolder, heard: Heard, tmp_path: Path
) -> None:
    """A location stays away; whoever watches next knows nothing of what was taken."""
    add_location(archive, "vault", tmp_path / "vault")
    (tmp_path / "vault").rename(tmp_path / "away")
    bag = marked(archive)
    assert looks(folder) == ["stored"]
    Path(f"{bag}.ready").unlink()
    again = DropFolder(archive, settled_after=1, reporter=heard)
    assert looks(again) == ["held already"]
    assert bag.exists()
    (stored,) = aip_store(archive).object_roots()
    assert len(list((archive.home / "ledger" / "receipts").rglob("*.json"))) == 1
    assert stored.exists()


@pytest.mark.parametrize("size", [221, 251])
def test_a_name_without_room_for_a_receipt_is_told_once(archive: Archive, heard: Heard, size: int) -> None:
    """It stays as it is, and others are taken."""
    bag = plain_bag(archive.incoming / ("x" * size), "drop.long", {"a.csv": b"1\n"})
    marked(archive)
    assert looks(DropFolder(archive, settled_after=0, reporter=heard)) == ["stored"]
    assert bag.exists()
    (told,) = heard.told
    assert f"its name has {size} bytes, expected up to 220" in told


@pytest.mark.parametrize("name", ["x" * 220, "a\nb.bag", os.fsdecode(b"\xff\xfe.bag")])
def test_odd_names_are_taken(archive: Archive, folder: DropFolder, heard: Heard, name: str) -> None:
    """A receipt stands beside each; nothing is warned of."""
    bag = marked(archive, name)
    assert looks(folder) == ["stored"]
    assert not bag.exists()
    assert [os.fsencode(path.name) for path in archive.incoming.iterdir()] == [
        os.fsencode(f"{name}.receipt.json")
    ]
    assert heard.told == []


@pytest.mark.parametrize("beside", ["ready", "receipt.json"])
def test_a_directory_in_the_way_stops_nobody(
    archive: Archive, folder: DropFolder, heard: Heard, beside: str
) -> None:
    """In place of the marker it is left there, in place of the receipt it is told; all are taken once."""
    bag = marked(archive)
    (archive.incoming / "one.bag.ready").unlink()
    (archive.incoming / f"one.bag.{beside}").mkdir()
    if beside != "ready":
        (archive.incoming / "one.bag.ready").touch()
    marked(archive, "two.bag", "drop.two")
    assert looks(folder) == ["stored", "stored"]
    assert not bag.exists()
    assert len(heard.told) == (beside != "ready")
    assert all("the receipt of one.bag cannot be left beside it" in told for told in heard.told)
    assert [path.name for path in archive.incoming.iterdir() if path.name.startswith(".one")] == []


def test_what_is_changed_while_its_copy_is_proven_is_not_removed(
    archive: Archive, folder: DropFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Even in place, as many bytes, and with the time of the file set back."""
    bag = marked(archive)
    file = bag / "data" / "a.csv"

    def proving(*told: object, **how: object) -> object:
        before = file.stat()
        with file.open("r+b") as stream:
            stream.write(b"2")
        os.utime(file, ns=(before.st_atime_ns, before.st_mtime_ns))
        return audit_aip(*told, **how)  # type: ignore[arg-type]

    with monkeypatch.context() as patch:
        patch.setattr("oais.functions.parting.audit_aip", proving)
        assert [done.outcome for done in folder.take(now=0.0)] == ["stored"]
    assert file.read_bytes() == b"2\n"
    assert looks(folder) == ["refused"]


def test_what_cannot_be_removed_is_told_and_not_taken_again(
    archive: Archive, folder: DropFolder, heard: Heard, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Half of it is gone by then: that half is no delivery of its own."""
    bag = marked(archive)

    def half(path: Path) -> None:
        (path / "bagit.txt").unlink()
        raise PermissionError(13, "Permission denied", path)

    monkeypatch.setattr(dropfolder, "_remove", half)
    assert looks(folder) == ["stored"]
    (told,) = heard.told
    assert "but cannot be removed: Permission denied" in told
    shutil.rmtree(bag)
    assert looks(folder) == []
    assert not folder._taken


def test_the_desk_shows_a_delivery_of_no_time_and_an_odd_name(
    archive: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever delivers sets the times of files as he likes, beyond the year 9999 on some disks."""
    bag = marked(archive, os.fsdecode(b"\xff.bag"))
    facts = list(os.lstat(bag))
    facts[8] = 10**13
    with monkeypatch.context() as patch:
        patch.setattr(os, "lstat", lambda _path: os.stat_result(facts))
        (row,) = _dropped(archive)
    assert (row.name, row.changed_at) == ("\\xff.bag", "")
