"""Many deliveries: side by side, in batches, resumable, and one bad one stops no other."""

from __future__ import annotations

import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from oais.archive import Archive
from oais.errors import StorageError
from oais.functions.data_management import check_index, rebuild_index
from oais.functions.receipts import newest_receipts
from oais.functions.recovery import sweep
from oais.functions.storage import aip_store
from oais.functions.submission import submit, submit_one
from oais.information.packages import Handover
from search_index.index import open_index
from tests.functions.deliveries import plain_bag


def many_bags(root: Path, count: int) -> list[Path]:
    return [
        plain_bag(root / f"{number:03}.bag", f"many.{number:03}", {"a.csv": f"n\n{number}\n".encode()})
        for number in range(count)
    ]


def test_many_deliveries_are_stored_and_found(archive: Archive, tmp_path: Path) -> None:
    """Twenty bags side by side become twenty AIPs that the index knows."""
    done = list(submit(archive, many_bags(tmp_path, 20)))
    assert [item.receipt.status for item in done if item.receipt] == ["accepted"] * 20
    assert len(list(aip_store(archive).object_roots())) == 20
    assert check_index(archive) == []


def test_a_repeated_run_skips_what_is_in(archive: Archive, tmp_path: Path) -> None:
    """The second run takes nothing in, gives the first receipts, and takes only what is new."""
    bags = many_bags(tmp_path, 9)
    first = {item.delivery: item.receipt for item in submit(archive, bags[:8])}
    again = list(submit(archive, bags))
    assert {item.delivery: item.receipt for item in again if item.skipped} == first
    assert [item.delivery for item in again if not item.skipped] == [bags[8]]


def test_one_bad_delivery_stops_no_other(archive: Archive, tmp_path: Path) -> None:
    """A refused bag and a path that does not exist are told, the others are stored."""
    bags = many_bags(tmp_path, 10)
    (bags[3] / "bagit.txt").unlink()
    shutil.rmtree(bags[5])
    done = {item.delivery: item for item in submit(archive, bags)}
    refused = done[bags[3]].receipt
    assert refused is not None
    assert refused.status == "refused"
    assert done[bags[5]].receipt is None
    assert "no such file" in done[bags[5]].error
    assert sum(1 for item in done.values() if item.receipt and item.receipt.status == "accepted") == 8


@pytest.mark.parametrize("count", [1, 12])
def test_a_missing_index_is_told_once_before_the_first_delivery(
    count: int, archive: Archive, tmp_path: Path
) -> None:
    """Without an index nothing is taken in, and that is one fault, however many deliveries there are."""
    bags = many_bags(tmp_path, count)
    shutil.rmtree(archive.index_root)
    with pytest.raises(StorageError, match="the index is missing") as told:
        list(submit(archive, bags))
    assert "oais index rebuild" in told.value.remedy
    assert list(archive.custody.iterdir()) == []
    assert list(submit(archive, [])) == []
    rebuild_index(archive)
    assert [item.outcome for item in submit(archive, bags)] == ["stored"] * count


def test_two_versions_told_in_any_order_leave_the_newest(archive: Archive, tmp_path: Path) -> None:
    """Versions of one AIP that arrive side by side end as a chain, and the index shows its end."""
    bags = [
        plain_bag(tmp_path / f"{number}.bag", "one.aip", {"a.csv": f"{number}\n".encode()})
        for number in range(10)
    ]
    done = list(submit(archive, bags))
    assert sorted(item.receipt.version for item in done if item.receipt) == list(range(1, 11))
    entry = open_index(archive.index_root).aip("one.aip")
    assert entry is not None
    assert entry.version == 10
    assert check_index(archive) == []


SCRIPT = (
    "import sys; from pathlib import Path; from oais.archive import open_archive\n"
    "from oais.functions.submission import submit\n"
    "for done in submit(open_archive(Path(sys.argv[1])), [Path(p) for p in sys.argv[2:]]):\n"
    "    print(done.delivery.name, flush=True)\n"
)


def kill_in_the_middle(archive: Archive, bags: list[Path]) -> None:
    """Start a run, kill its first process alone after five deliveries, wait until nothing of it is left."""
    command = [sys.executable, "-c", SCRIPT, str(archive.home), *map(str, bags)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as running:
        assert running.stdout is not None
        for _ in range(5):
            assert running.stdout.readline()
        running.send_signal(signal.SIGKILL)
        running.stdout.read()  # ends when the last process that could write to it is gone


def test_a_killed_run_leaves_nothing_half_done(archive: Archive, tmp_path: Path) -> None:
    """Killed in the middle, no process stays and only whole AIPs; repeating the run completes it.

    What was stored but not indexed when it was killed is findable after the repetition.
    """
    bags = many_bags(tmp_path, 40)
    kill_in_the_middle(archive, bags)
    for stored in aip_store(archive).objects():
        assert all(file.size >= 0 for file in stored.open().files().values())
    done = list(submit(archive, bags))
    assert all(item.receipt and item.receipt.status == "accepted" for item in done)
    assert len(list(aip_store(archive).object_roots())) == 40
    assert check_index(archive) == []
    assert [path for path in archive.staging.iterdir() if path.is_dir() and path.name != "locks"] == []


def test_no_room_is_our_fault_and_refuses_nobody(
    archive: Archive, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A disk that is full stops us with exit code 4; no receipt says that the delivery was bad."""
    monkeypatch.setattr("sip.admission.free_bytes", lambda _path: 1000)
    (done,) = submit(archive, many_bags(tmp_path, 1))
    assert done.receipt is None
    assert done.exit_code == 4
    assert "room" in done.error
    assert list(archive.receipts.rglob("*.json")) == []
    monkeypatch.undo()
    (done,) = submit(archive, [tmp_path / "000.bag"])
    assert done.receipt is not None
    assert done.receipt.status == "accepted"


def test_the_sweep_removes_remains_but_not_work_in_progress(archive: Archive) -> None:
    """What a crash left goes; while somebody builds, everything stays."""
    remains = archive.staging / "some.aip-v1.abc"
    remains.mkdir()
    from oais.functions.storage import ingesting

    with ingesting(archive):
        assert sweep(archive) == []
        assert remains.exists()
    (told,) = sweep(archive)
    assert "some.aip-v1.abc" in told
    assert not remains.exists()


@pytest.mark.parametrize("count", [1, 9])
def test_each_disposition_is_told_as_plain_values(archive: Archive, tmp_path: Path, count: int) -> None:
    """What --json prints has the receipt with all its findings."""
    for item in submit(archive, many_bags(tmp_path, count)):
        plain = item.as_plain()
        assert plain["error"] == ""
        assert plain["receipt"]["status"] == "accepted"  # type: ignore[index]


def test_a_bound_sender_delivers_under_his_own_agreements(archive: Archive, tmp_path: Path) -> None:
    """A bag that names another agreement, known or not, is refused by the same finding."""
    for name in ("tess", "nobody.knows"):
        bag = plain_bag(
            tmp_path / f"{name}.bag", f"bound.{name}", {"a.csv": b"1\n"}, **{"Submission-Agreement": name}
        )
        told = submit_one(archive, bag, Handover("generic", frozenset({"generic"})))
        assert told.receipt is not None
        assert (told.receipt.status, told.receipt.agreement) == ("refused", "")
        (found,) = [found for found in told.receipt.findings if found.code == "ING-006"]
        assert found.message == f"the sender may not deliver under '{name}', but under generic"
    named_by_account = plain_bag(
        tmp_path / "own.bag", "bound.own", {"a.csv": b"1\n"}, **{"Submission-Agreement": ""}
    )
    told = submit_one(archive, named_by_account, Handover("generic", frozenset({"generic"})))
    assert told.receipt is not None
    assert (told.receipt.status, told.receipt.agreement) == ("accepted", "generic")


def test_a_promised_receipt_is_the_one_that_is_given(archive: Archive, tmp_path: Path) -> None:
    """The name of the receipt can be chosen before; the same ingest again gives the same receipt."""
    bag = plain_bag(tmp_path / "one.bag", "bound.one", {"a.csv": b"1\n"})
    handover = Handover(receipt_id="r20261121T120000Z-0123abcd")
    first, second = submit_one(archive, bag, handover), submit_one(archive, bag, handover)
    assert first.receipt is not None
    assert first.receipt == second.receipt
    assert first.receipt.receipt_id == handover.receipt_id


def test_the_newest_receipts_are_told_newest_first(archive: Archive) -> None:
    """From the last month back, however many a month has; signatures and strangers' files are none."""
    months = {"2026/01": 3, "2026/02": 40, "2025/12": 2}
    for month, count in months.items():
        folder = archive.receipts / month
        folder.mkdir(parents=True)
        for number in range(count):
            name = f"r{month.replace('/', '')}03T0405{number % 60:02}Z-{number:08x}"
            (folder / f"{name}.json").touch()
            (folder / f"{name}.json.sig").touch()
        (folder / "zzz.json").touch()
    (archive.receipts / "2026" / "99").touch()
    assert newest_receipts(archive, 0) == []
    assert newest_receipts(archive, 2) == ["r20260203T040539Z-00000027", "r20260203T040538Z-00000026"]
    every = newest_receipts(archive, 100)
    assert every == sorted(every, reverse=True)
    assert len(every) == 45
