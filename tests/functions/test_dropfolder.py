"""The drop folder takes what is complete, and only that."""

from __future__ import annotations

import errno
import json
import os
import shutil
import signal
import socket
from pathlib import Path
from typing import Any

import pytest

from oais.archive import Archive
from oais.functions.copies.locations import add_location
from oais.functions.copies.replication import sync_all
from oais.functions.dropfolder import DropFolder, watch_folder
from oais.functions.reporting import Reporter
from oais.functions.storage import aip_store
from oais.processes import ending_noticed
from tests.functions.conftest import tree_digest
from tests.functions.copied import flip
from tests.functions.deliveries import plain_bag


@pytest.fixture
def folder(archive: Archive) -> DropFolder:
    """A drop folder that waits thirty seconds for changes."""
    return DropFolder(archive, settled_after=30)


def drop(archive: Archive, name: str = "one.bag") -> Path:
    return plain_bag(archive.incoming / name, "drop.one", {"a.csv": b"1\n"})


def test_a_growing_delivery_is_left_alone(archive: Archive, folder: DropFolder) -> None:
    """While anything in it changes the delivery is not touched, however long it takes."""
    bag = drop(archive)
    for moment in range(0, 200, 20):
        (bag / "data" / f"{moment}.csv").write_bytes(b"more\n")
        assert list(folder.take(now=float(moment))) == []
    assert bag.exists()


def test_a_settled_delivery_is_taken(archive: Archive, folder: DropFolder) -> None:
    """After half a minute without change it is ingested, removed, and a receipt lies in its place."""
    bag = drop(archive)
    assert list(folder.take(now=0.0)) == []
    assert list(folder.take(now=29.0)) == []
    (done,) = folder.take(now=30.0)
    assert done.receipt is not None
    assert done.receipt.status == "accepted"
    assert not bag.exists()
    receipt = json.loads((archive.incoming / "one.bag.receipt.json").read_bytes())
    assert receipt["receipt_id"] == done.receipt.receipt_id
    assert len(list(aip_store(archive).object_roots())) == 1


def test_a_ready_marker_says_at_once_that_it_is_complete(archive: Archive, folder: DropFolder) -> None:
    """With NAME.ready beside it the delivery is taken at the first look; the marker goes too."""
    drop(archive)
    (archive.incoming / "one.bag.ready").touch()
    (done,) = folder.take(now=0.0)
    assert done.receipt is not None
    assert [path.name for path in archive.incoming.iterdir()] == ["one.bag.receipt.json"]


def test_a_refused_delivery_is_kept_and_answered(archive: Archive, folder: DropFolder) -> None:
    """A refused bag leaves the drop folder, lies unchanged in sip/refused, and its receipt says why."""
    bag = drop(archive)
    (bag / "data" / "a.csv").write_bytes(b"2\n")
    (archive.incoming / "one.bag.ready").touch()
    (done,) = folder.take(now=0.0)
    assert done.receipt is not None
    assert done.receipt.status == "refused"
    kept = [path.read_bytes() for path in (archive.refused / done.receipt.receipt_id).rglob("a.csv")]
    assert kept == [b"2\n"]
    assert json.loads((archive.incoming / "one.bag.receipt.json").read_bytes())["findings"]
    assert not bag.exists()


class Heard(Reporter):
    """Remembers what it is warned of."""

    def __init__(self) -> None:
        self.told: list[str] = []

    def warn(self, message: str, remedy: str) -> None:
        assert remedy
        self.told.append(message)


@pytest.fixture
def heard() -> Heard:
    """Who is warned."""
    return Heard()


@pytest.fixture
def told_folder(archive: Archive, heard: Heard) -> DropFolder:
    """A drop folder that takes what is marked, and warns."""
    return DropFolder(archive, reporter=heard)


def marked(archive: Archive) -> Path:
    bag = drop(archive)
    (archive.incoming / "one.bag.ready").touch()
    return bag


def test_what_was_replaced_after_it_was_taken_is_another_delivery(
    archive: Archive, told_folder: DropFolder
) -> None:
    """C4: what came between copying and removal was seen by nobody; it stays, and is taken as a version."""
    bag = marked(archive)
    taking = told_folder.take(now=0.0)
    assert next(taking).outcome == "stored"
    plain_bag(bag, "drop.one", {"a.csv": b"another\n"})
    assert list(taking) == []
    assert (bag / "data" / "a.csv").read_bytes() == b"another\n"
    (done,) = told_folder.take(now=1.0)
    assert done.receipt is not None
    assert (done.outcome, done.receipt.version) == ("stored", 2)
    assert not bag.exists()


def test_a_source_stays_until_every_location_has_its_copy(
    archive: Archive, told_folder: DropFolder, heard: Heard, tmp_path: Path
) -> None:
    """C6: a location is away, which is told once; the source goes when that has what it was owed."""
    add_location(archive, "vault", tmp_path / "vault")
    (tmp_path / "vault").rename(tmp_path / "away")
    bag = marked(archive)
    (done,) = told_folder.take(now=0.0)
    assert done.outcome == "stored"
    assert (archive.incoming / "one.bag.receipt.json").exists()
    for moment in (1.0, 2.0):
        assert list(told_folder.take(now=moment)) == []
        assert bag.exists()
    assert heard.told == ["one.bag stays in the drop folder: vault has no copy of drop.one yet"]
    (tmp_path / "away").rename(tmp_path / "vault")
    assert list(told_folder.take(now=3.0)) == []
    assert bag.exists()
    assert [told.findings for told in sync_all(archive)] == [()]
    assert list(told_folder.take(now=4.0)) == []
    assert [path.name for path in archive.incoming.iterdir()] == ["one.bag.receipt.json"]


@pytest.mark.parametrize("refused", [False, True])
def test_a_source_stays_when_what_is_kept_is_not_what_was_sent(
    archive: Archive, told_folder: DropFolder, heard: Heard, refused: bool
) -> None:
    """C6: the disk gives other bytes back than it was given, of an AIP and of a refused delivery alike."""
    bag = marked(archive)
    if refused:
        (bag / "data" / "a.csv").write_bytes(b"2\n")
    taking = told_folder.take(now=0.0)
    done = next(taking)
    assert done.receipt is not None
    kept = archive.refused / done.receipt.receipt_id if refused else archive.aip_root
    flip(next(kept.rglob("a.csv")))
    assert list(taking) == []
    assert list(told_folder.take(now=1.0)) == []
    assert bag.exists()
    (told,) = heard.told
    assert ("sip/refused/" if refused else "a.csv") in told
    shutil.rmtree(bag)
    assert list(told_folder.take(now=2.0)) == []  # and forgets it


@pytest.mark.parametrize("code", ["ENOSPC", "EDQUOT", "EROFS", "EACCES", "EIO", "ESTALE", "EMFILE"])
def test_a_fault_of_the_disk_loses_no_source_and_is_tried_again(
    archive: Archive, told_folder: DropFolder, code: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """C5: told as a fault of ours, the delivery lies there as it did, and the next look takes it."""
    bag = marked(archive)
    sent = tree_digest(bag)
    real, number = os.mkdir, getattr(errno, code)

    def failing(path: Any, *words: Any, **more: Any) -> None:
        if "/sip/custody/" in os.fspath(path):
            raise OSError(number, os.strerror(number), path)
        real(path, *words, **more)

    with monkeypatch.context() as patch:
        patch.setattr(os, "mkdir", failing)
        (stopped,) = told_folder.take(now=0.0)
    assert (stopped.outcome, stopped.exit_code) == ("stopped", 4)
    assert stopped.remedy
    assert tree_digest(bag) == sent
    (done,) = told_folder.take(now=1.0)
    assert done.outcome == "stored"
    assert not bag.exists()


@pytest.mark.parametrize("name", [".hidden.bag", "one.bag.part", "one.tmp", "upload.filepart"])
def test_what_is_still_on_its_way_is_passed_over(archive: Archive, folder: DropFolder, name: str) -> None:
    """Names that transfer programs use for unfinished files are never deliveries."""
    drop(archive, name)
    assert list(folder.take(now=0.0)) == []
    assert list(folder.take(now=1000.0)) == []


def test_a_link_in_the_drop_folder_is_not_followed(
    archive: Archive, folder: DropFolder, tmp_path: Path
) -> None:
    """A symbolic link is told as an error; what it points to is neither taken nor removed."""
    bag = plain_bag(tmp_path / "elsewhere.bag", "drop.link", {"a.csv": b"1\n"})
    (archive.incoming / "link.bag").symlink_to(bag)
    (archive.incoming / "link.bag.ready").touch()
    (done,) = folder.take(now=0.0)
    assert done.receipt is None
    assert "symbolic link" in done.error
    assert bag.exists()


@pytest.mark.parametrize("kind", ["link", "pipe", "socket"])
def test_what_is_no_delivery_is_told_once_until_it_changes(
    archive: Archive, folder: DropFolder, tmp_path: Path, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is not looked at again and again; one that was put there anew is told anew, and a bag is taken."""
    monkeypatch.chdir(archive.incoming)  # the path of a socket is short
    place = archive.incoming / "one.bag"
    (archive.incoming / "one.bag.ready").touch()

    def put() -> None:
        place.unlink(missing_ok=True)
        if kind == "link":
            place.symlink_to(tmp_path)
        elif kind == "pipe":
            os.mkfifo(place)
        else:
            with socket.socket(socket.AF_UNIX) as made:
                made.bind(place.name)

    put()
    (done,) = folder.take(now=0.0)
    assert (done.outcome, done.receipt) == ("stopped", None)
    assert list(folder.take(now=1.0)) == list(folder.take(now=2.0)) == []
    moved = place.rename(tmp_path / "aside")  # so that its inode is not taken again
    put()
    (again,) = folder.take(now=3.0)
    assert again.error == done.error
    assert moved.lstat()
    place.unlink()
    drop(archive)
    (taken,) = folder.take(now=4.0)
    assert taken.outcome == "stored"


class Deaf:
    """Is told to end while it is being destroyed, where Python drops an interruption."""

    def __del__(self) -> None:
        signal.raise_signal(signal.SIGTERM)


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_a_watch_ends_although_its_interruption_was_dropped(folder: DropFolder) -> None:
    """What was asked to end ends, wherever the signal met it."""

    def watch() -> None:
        with ending_noticed() as ended:
            Deaf()
            assert list(watch_folder(folder, ended=ended)) == []

    with pytest.raises(KeyboardInterrupt):
        watch()
