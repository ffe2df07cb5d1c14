"""The drop folder takes what is complete, and only that."""

from __future__ import annotations

import json
import signal
from pathlib import Path

import pytest

from oais.archive import Archive
from oais.functions.dropfolder import DropFolder, watch_folder
from oais.functions.storage import aip_store
from oais.processes import ending_noticed
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
