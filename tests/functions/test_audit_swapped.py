"""Audits tell what changed places, whatever its size and times say, and nothing while deliveries come in."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from oais.archive import Archive, open_home
from oais.functions.audit import run_audit, select_for_audit
from oais.functions.ledger.publishing import publish
from oais.functions.ledger.verifying import verify_ledger
from oais.functions.storage import find_aip
from oais.functions.submission import submit
from tests.functions.deliveries import plain_bag


@pytest.fixture
def held(archive: Archive, tmp_path: Path) -> Archive:
    """Two AIPs, one of them with two files of one size."""
    bags = [
        plain_bag(tmp_path / "a.bag", "one.aip", {"a.csv": b"1,2\n", "b.csv": b"3,4\n"}),
        plain_bag(tmp_path / "b.bag", "two.aip", {"a.csv": b"5,6\n", "b.csv": b"7,8\n"}),
    ]
    assert [told.outcome for told in submit(archive, bags)] == ["stored"] * 2
    assert _told(archive) == set()
    return archive


def _told(archive: Archive) -> set[tuple[str, str]]:
    plain = run_audit(archive, select_for_audit(archive), from_disk=False).as_plain()
    return {(found["code"], found["path"]) for found in plain["findings"]}


def _change_places(one: Path, other: Path) -> None:
    """Exchange two files or folders, each with the times of the one that was there."""
    times = [(path.stat().st_atime_ns, path.stat().st_mtime_ns) for path in (one, other)]
    aside = one.with_name("aside")
    one.rename(aside)
    other.rename(one)
    aside.rename(other)
    for path, was in zip((one, other), times, strict=True):
        os.utime(path, ns=was)


def test_two_files_that_changed_places_are_both_named(held: Archive) -> None:
    """N2: equal sizes, times put back: their bytes tell."""
    root = find_aip(held, "one.aip").path
    one, other = (next(root.glob(f"v1/content/**/{name}.csv")) for name in "ab")
    _change_places(one, other)
    paths = {path for _, path in _told(held)}
    assert paths == {path.relative_to(root).as_posix() for path in (one, other)}
    _change_places(one, other)
    assert _told(held) == set()


def test_two_aips_that_changed_places_are_both_named(held: Archive) -> None:
    """N2: each is whole in itself, and lies where its identifier does not say (AIP-010)."""
    one, other = (find_aip(held, name).path for name in ("one.aip", "two.aip"))
    _change_places(one, other)
    assert {code for code, _ in _told(held)} >= {"AIP-010"}
    summary = run_audit(held, select_for_audit(held), from_disk=False)
    assert {result.aip_id for result in summary.damaged} >= {"one.aip", "two.aip"}
    _change_places(one, other)
    assert _told(held) == set()


def test_a_home_of_last_week_is_told_by_a_checkpoint_kept_elsewhere(held: Archive, tmp_path: Path) -> None:
    """N2: everything put back to an older state is whole in itself; only what was published shows it."""
    shutil.copytree(held.home, tmp_path / "last week", symlinks=True)
    bag = plain_bag(tmp_path / "c.bag", "three.aip", {"a.csv": b"9\n"})
    assert [told.outcome for told in submit(held, [bag])] == ["stored"]
    published = publish(held, tmp_path / "witness").path
    assert verify_ledger(held, [published]) == []
    shutil.rmtree(held.home)
    (tmp_path / "last week").rename(held.home)
    assert _told(held) == set()
    assert [found.code for found in verify_ledger(held, [published])] == ["LED-006"]


def test_an_audit_while_deliveries_come_in_alarms_of_nothing(
    archive: Archive, tmp_path: Path, record_count: object
) -> None:
    """N3: another process takes in versions of AIPs all the while."""
    bags = [
        plain_bag(tmp_path / f"{number}.bag", f"x.aip{number % 3}", {"a.csv": b"%d\n" % number})
        for number in range(12)
    ]
    words = [sys.executable, "-m", "oais", "submit", *map(str, bags), "--home", str(archive.home)]
    audits = 0
    with subprocess.Popen(words, stdout=subprocess.DEVNULL) as ingest:
        while ingest.poll() is None:
            home = open_home(archive.home)
            summary = run_audit(home, select_for_audit(home), from_disk=False)
            assert [found for result in summary.damaged for found in result.findings] == []
            audits += 1
    assert ingest.returncode == 0
    summary = run_audit(archive, select_for_audit(archive), from_disk=False)
    assert (summary.aips, summary.intact) == (3, True)
    record_count("audits while deliveries came in", audits)  # type: ignore[operator]
