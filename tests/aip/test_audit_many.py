"""Many AIPs on all cores: each once and in order, however they are shared out."""

from __future__ import annotations

import errno
import os
import signal
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import active_children
from pathlib import Path
from typing import Any

import pytest

from aip import audit_many
from aip.audit import AuditResult, AuditTask, audit_aip
from aip.audit_many import audit_aips
from aip.storage import AipStore
from aip.stored import AUDITS, StoredAip
from oais.errors import StorageError
from tests.aip.building import ONE, TRUSTED, fits_bytes, store_package
from tests.aip.test_audit import _replace

NUMBER = 60
DAMAGED = 47


@pytest.fixture
def stored(store: AipStore, tmp_path: Path) -> list[StoredAip]:
    """Sixty small AIPs, one of them damaged."""
    found = [store_package(store, f"x.{number:02}", ONE, tmp_path) for number in range(NUMBER)]
    _replace(found[DAMAGED].open().file("representations/original/data/img 1.fits").path, fits_bytes(2))
    return found


@pytest.fixture
def given(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many AIPs were given to a process, each time that any were."""
    submit, counts = ProcessPoolExecutor.submit, []
    monkeypatch.setattr(audit_many, "_SECONDS", 600.0)  # a busy machine gives nothing back

    def counted(pool: ProcessPoolExecutor, call: Any, one: Any, batch: list[Any]) -> Any:
        counts.append(len(batch))
        return submit(pool, call, one, batch)

    monkeypatch.setattr(ProcessPoolExecutor, "submit", counted)
    return counts


def _expect_all(stored: list[StoredAip], **more: Any) -> None:
    results = list(audit_aips(stored, TRUSTED, workers=2, **more))
    assert [result.aip_id for result in results] == [item.aip_id for item in stored]
    assert [result.intact for result in results] == [number != DAMAGED for number in range(NUMBER)]


def test_small_ones_are_given_several_at_a_time(stored: list[StoredAip], given: list[int]) -> None:
    """One first, since nobody knows how long it takes; then more at a time."""
    _expect_all(stored)
    assert given[0] == 1
    assert max(given) > 1
    assert sum(given) == NUMBER
    assert all((item.path / AUDITS).read_bytes().count(b"\n") == 1 for item in stored)


def test_what_takes_long_is_given_back(
    stored: list[StoredAip], given: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A process that has read long enough begins nothing more of its batch: others take it up, once."""
    monkeypatch.setattr(audit_many, "_SECONDS", 1e-9)
    monkeypatch.setattr(audit_many, "_FIRST", 8)
    _expect_all(stored)
    assert sum(given) > NUMBER
    assert all((item.path / AUDITS).read_bytes().count(b"\n") == 1 for item in stored)


def test_large_ones_between_small_ones_keep_their_place(
    stored: list[StoredAip], given: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    """An AIP whose inventory is large is read by all cores; the others are shared out before and after."""
    large = {item.path for item in stored[5::9]}
    monkeypatch.setattr(audit_many, "_is_large", large.__contains__)
    _expect_all(stored)
    assert sum(given) == NUMBER - len(large)


def test_something_else_is_done_while_the_last_are_read(stored: list[StoredAip]) -> None:
    """It is done once, when no AIP is left to be given out and not all results were taken."""
    left = iter(stored)
    seen: list[int] = []

    def meanwhile() -> None:
        assert next(left, None) is None
        seen.append(len(taken))

    taken: list[str] = []
    results = audit_aips(left, TRUSTED, workers=2, record=False, meanwhile=meanwhile)
    while (result := next(results, None)) is not None:
        taken.append(result.aip_id)
    assert len(taken) == NUMBER
    assert len(seen) == 1
    assert seen[0] < NUMBER


def test_whoever_stops_early_finds_the_rest_not_begun(stored: list[StoredAip]) -> None:
    """Results are taken one by one; an endless stream of AIPs is not read ahead without end."""
    taken = 0

    def endless() -> Iterator[StoredAip]:
        nonlocal taken
        while True:
            taken += 1
            yield stored[taken % NUMBER]

    results = audit_aips(endless(), TRUSTED, workers=2, record=False)
    assert [next(results).aip_id for _ in range(3)] == [stored[number].aip_id for number in (1, 2, 3)]
    results.close()  # type: ignore[attr-defined]  # it is a generator
    assert taken < NUMBER


def _at_each_fsync(monkeypatch: pytest.MonkeyPatch, seen: Path, failing: str = "") -> None:
    """Write down the path of each file and folder given to fsync, in all processes; one may fail."""

    def watched(descriptor: int) -> None:
        path = os.readlink(f"/proc/self/fd/{descriptor}")
        if path == failing:
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        with seen.open("a") as stream:
            stream.write(f"{path}\n")

    monkeypatch.setattr(os, "fsync", watched)


def test_no_result_is_told_before_its_line_is_durable(
    stored: list[StoredAip], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Lines of a batch wait for the disk together, with their folders, and all before the results."""
    seen = tmp_path / "synced"
    _at_each_fsync(monkeypatch, seen)
    for item, result in zip(stored, audit_aips(stored, TRUSTED, workers=2), strict=True):
        synced = seen.read_text().splitlines()
        log = item.path / AUDITS
        assert {str(log), str(log.parent), str(item.path)} <= set(synced)
        assert result.recorded


def test_a_log_that_the_disk_does_not_confirm_counts_for_none_of_its_batch(
    stored: list[StoredAip], given: list[int], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The audit itself is told all the same, with a warning that no line stands for it."""
    _at_each_fsync(monkeypatch, tmp_path / "synced", str(stored[20].path / AUDITS))
    results = list(audit_aips(stored, TRUSTED, workers=2))
    told = [number for number, result in enumerate(results) if not result.recorded]
    assert 20 in told
    assert 0 < len(told) <= max(given)
    assert all("AIP-013" in {found.code for found in results[number].findings} for number in told)
    assert [result.intact for result in results] == [number != DAMAGED for number in range(NUMBER)]


_READ = audit_aip
_KILLING: list[Path] = []
"""At which AIPs a process is killed that reads them; processes inherit it."""


def _killed(task: AuditTask, **more: Any) -> AuditResult:
    if task.root in _KILLING:
        os.kill(os.getpid(), signal.SIGKILL)
    return _READ(task, **more)


def test_a_killed_reader_is_told_and_leaves_no_other(
    stored: list[StoredAip], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was told before counts; of the rest nothing is said, and no process stays behind."""
    monkeypatch.setattr(audit_many, "audit_aip", _killed)
    monkeypatch.setitem(globals(), "_KILLING", [stored[20].path])
    results = audit_aips(stored, TRUSTED, workers=2)
    told: list[str] = []
    with pytest.raises(StorageError, match="was killed"):
        told.extend(result.aip_id for result in results)
    assert told == [item.aip_id for item in stored[: len(told)]]
    assert active_children() == []
