"""Audits that are parted, stopped, gone on with, held to a budget, scheduled and foretold."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aip.audit_log import RollUp, append_audit, recorded_audits
from oais.archive import Archive
from oais.errors import InvalidError, NotFoundError, StorageError
from oais.functions.administration import tell_status
from oais.functions.audit import run_audit, select_for_audit
from oais.functions.audit.depths import Depth
from oais.functions.audit.forecasting import forecast
from oais.functions.audit.running import Manner, opened_run
from oais.functions.audit.selecting import Slice, slice_from
from oais.functions.auditing import Auditor
from oais.functions.service import Service, open_service
from oais.functions.storage import find_aip
from oais.information.budget import Budget, bytes_per_second
from tests.functions.conftest import SteadyClock
from tests.functions.held import archive_of, copy_of

NAMES = [f"aip.n{number}" for number in range(6)]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Archive:
    """An archive with six AIPs, to be copied."""
    return archive_of(tmp_path_factory.mktemp("audits"), NAMES)


@pytest.fixture
def held(made: Archive, tmp_path: Path) -> Archive:
    """A copy of that archive whose clock is in the test's hand."""
    return replace(copy_of(made, tmp_path), clock=SteadyClock())


def _content(archive: Archive, name: str) -> Path:
    return find_aip(archive, name).open().file("representations/original/data/a.csv").path


def _flip(path: Path) -> None:
    status = path.stat()
    path.write_bytes(path.read_bytes()[:-1] + b"!")
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))


def _stopped_after(count: int) -> Manner:
    left = iter(range(count - 1))
    return Manner(enough=lambda: next(left, None) is None)


def _wait(archive: Archive, days: float) -> None:
    assert isinstance(archive.clock, SteadyClock)
    archive.clock.now += timedelta(days=days)


@given(st.lists(st.text(), unique=True), st.integers(1, 50))
def test_slices_are_disjoint_and_together_the_whole(places: list[str], total: int) -> None:
    """Each name is in exactly one of t slices, whatever else is stored, and always in the same."""
    for place in places:
        assert sum(Slice(number, total).holds(place) for number in range(1, total + 1)) == 1


def test_slices_of_an_archive_read_each_aip_once(held: Archive) -> None:
    """Three slices read six AIPs in all, and damage is told by the one that holds it."""
    _flip(_content(held, "aip.n4"))
    told = [run_audit(held, select_for_audit(held, part=Slice(number, 3))) for number in (1, 2, 3)]
    assert sum(item.aips for item in told) == len(NAMES)
    assert [result.aip_id for item in told for result in item.damaged] == ["aip.n4"]


@pytest.mark.parametrize("text", ["0/3", "4/3", "1", "1/0", "a/b", "1/3/5", "-1/3", "१/३"])
def test_a_slice_that_is_none_is_told(text: str) -> None:
    """The message names what was found and what is expected."""
    with pytest.raises(InvalidError, match="expected N/T"):
        slice_from(text)


def test_a_stopped_run_is_gone_on_with(held: Archive) -> None:
    """What was read is not read again, what was found stays, and the report is of both parts."""
    chosen = select_for_audit(held)
    with opened_run(held, chosen, _stopped_after(2)) as run:
        first = [result.aip_id for result in run.results()]
        told = run.summary()
    assert (len(first), told.complete, told.aips) == (2, False, 2)
    with opened_run(held, chosen, Manner()) as run:
        rest = [result.aip_id for result in run.results()]
        told = run.summary()
    assert sorted(first + rest) == sorted(NAMES)
    assert (told.resumed, told.complete, told.aips) == (True, True, len(NAMES))
    again = run_audit(held, chosen)
    assert (again.resumed, again.aips) == (False, len(NAMES))


def test_damage_found_before_the_stop_is_in_the_report(held: Archive) -> None:
    """The one report at the end names what the first part found, though it is whole again meanwhile."""
    for name in NAMES:
        _flip(_content(held, name))
    chosen = select_for_audit(held)
    with opened_run(held, chosen, _stopped_after(3)) as run:
        first = {result.aip_id for result in run.results()}
    assert {result.aip_id for result in run_audit(held, chosen).damaged} == set(NAMES)
    assert len(first) == 3


def test_a_run_begun_anew_and_one_too_old_read_all(held: Archive) -> None:
    """``--anew`` forgets the stopped run; after a week it says too little of now."""
    chosen = select_for_audit(held)
    for days, manner in ((0, Manner(anew=True)), (8, Manner())):
        with opened_run(held, chosen, _stopped_after(2)) as run:
            list(run.results())
        _wait(held, days)
        told = run_audit(held, chosen, manner=manner)
        assert (told.resumed, told.aips) == (False, len(NAMES))


def test_two_runs_of_the_same_are_told_apart(held: Archive) -> None:
    """While one process audits everything, another is told; a slice may be read beside it."""
    with opened_run(held, select_for_audit(held), Manner()):
        with pytest.raises(StorageError, match="in use by another process"):
            run_audit(held, select_for_audit(held))
        assert run_audit(held, select_for_audit(held, part=Slice(1, 2))).intact


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_a_killed_audit_is_gone_on_with(held: Archive, number: signal.Signals) -> None:
    """Ended by Ctrl-C, politely or by force: the next run goes on, and no process is left behind."""
    command = [
        sys.executable,
        "-m",
        "oais",
        "audit",
        "--all",
        "--budget",
        "60kB/s",
        "--home",
        str(held.home),
    ]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
        _until_some_are_read(held.home / "audits" / "home.sqlite")
        process.send_signal(number)
        output = process.communicate()[0]
    assert process.returncode == (-9 if number == signal.SIGKILL else 130), output
    assert "Traceback" not in output
    done = subprocess.run(
        [sys.executable, "-m", "oais", "audit", "--all", "--json", "--home", str(held.home)],
        capture_output=True,
        text=True,
        check=True,
    )
    told = json.loads(done.stdout)
    assert (told["resumed"], told["complete"], told["aips"]) == (True, True, len(NAMES))


def _until_some_are_read(register: Path) -> None:
    import sqlite3

    end = time.monotonic() + 60
    while time.monotonic() < end:
        if register.exists():
            database = sqlite3.connect(register, timeout=5)
            try:
                if database.execute("SELECT max(aips) FROM run").fetchone()[0]:
                    return
            except sqlite3.Error:
                pass
            finally:
                database.close()
        time.sleep(0.02)
    raise AssertionError("no AIP was read")


class Timer:
    """A clock that only moves when somebody sleeps."""

    def __init__(self) -> None:
        self.now = 0.0
        self.slept = 0.0

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        """Let the time pass."""
        self.now += seconds
        self.slept += seconds


def test_a_budget_is_kept(record_count: object) -> None:
    """Whatever is taken and however time passes, no more is read than the rate and one burst allow."""
    seed = random.randrange(2**32)
    print(f"seed {seed}")  # noqa: T201 - to repeat it
    chance, timer = random.Random(seed), Timer()
    budget, taken = Budget(1000, clock=timer, sleep=timer.sleep), 0
    for _ in range(500):
        count = chance.randrange(1, 3000)
        budget.take(count)
        taken += count
        assert taken <= 1000 * (timer.now + 0.5) + 1e-6
        timer.now += chance.choice([0, 0, 0.1, 4])
    assert timer.slept > 0


def test_a_budget_wastes_no_time() -> None:
    """Who asks for no more than the rate never waits, and who asks for more gets the rate."""
    timer = Timer()
    budget = Budget(1000, clock=timer, sleep=timer.sleep)
    for _ in range(100):
        budget.take(100)
        timer.now += 0.1
    assert timer.slept == 0
    for _ in range(100):
        budget.take(1000)
    assert 99 <= timer.slept <= 100


@pytest.mark.parametrize(
    ("text", "rate"),
    [("50MB/s", 50_000_000), ("1.5 GB/s", 1_500_000_000), ("2000", 2000), ("200kB", 200_000)],
)
def test_budgets_as_people_write_them(text: str, rate: int) -> None:
    """Decimal units, with or without per second."""
    assert bytes_per_second(text) == rate


@pytest.mark.parametrize("text", ["", "0", "fast", "-5MB/s", "5MiB/s", "1e9", "10B/s", "nan"])
def test_a_budget_that_is_none_is_told(text: str) -> None:
    """The message says how it is written."""
    with pytest.raises(InvalidError, match="is not a budget"):
        bytes_per_second(text)


def _due(archive: Archive) -> dict[str, list[str]]:
    """Audit what is due; return which AIPs were read how deep."""
    with opened_run(archive, select_for_audit(archive, due=True), Manner(None)) as run:
        read = [(",".join(result.algorithms), result.aip_id) for result in run.results()]
        assert run.summary().intact
    return {depth: sorted(name for found, name in read if found == depth) for depth, _ in read}


def test_what_is_due_is_read_as_deep_as_it_is_due(held: Archive) -> None:
    """Nothing on the first day, BLAKE3 each day, sha512 when its days are over, which covers BLAKE3."""
    settings = replace(held.settings, audit_full_days=3)
    held = replace(held, settings=settings)
    assert _due(held) == {}
    _wait(held, 1)
    assert _due(held) == {"blake3": NAMES}
    assert _due(held) == {}
    _wait(held, 2)
    assert _due(held) == {"sha512": NAMES}
    _wait(held, 1)
    assert _due(held) == {"blake3": NAMES}


def test_the_age_of_a_lost_register_is_read_from_the_logs(held: Archive) -> None:
    """Without ``audits/`` the objects' own logs say when they were proven."""
    _wait(held, 5)
    run_audit(held, select_for_audit(held), full=True)
    (held.home / "audits" / "home.sqlite").unlink()
    assert _due(held) == {}
    _wait(held, 1)
    assert _due(held) == {"blake3": NAMES}


def test_a_damaged_register_is_made_anew(held: Archive) -> None:
    """It is no part of the archive: bytes that are no database give way to a new one."""
    run_audit(held, select_for_audit(held))
    (held.home / "audits" / "home.sqlite").write_bytes(b"no database" * 1000)
    told = run_audit(held, select_for_audit(held))
    assert (told.aips, told.intact, told.warnings) == (len(NAMES), True, ())


def test_a_light_audit_reads_what_looks_changed(held: Archive) -> None:
    """A file of another size or time is read at once; one that was only touched is no damage."""
    light = Manner(Depth.LIGHT)
    assert run_audit(held, select_for_audit(held)).intact
    assert run_audit(held, select_for_audit(held), manner=light).bytes == 0
    _content(held, "aip.n1").touch()
    told = run_audit(held, select_for_audit(held), manner=light)
    assert (told.intact, told.aips) == (True, len(NAMES))
    assert told.bytes > 0
    _content(held, "aip.n2").write_bytes(b"other")
    told = run_audit(held, select_for_audit(held), manner=light)
    assert [result.aip_id for result in told.damaged] == ["aip.n2"]
    assert told.damaged[0].findings[0].path.endswith("a.csv")


def _lines(archive: Archive, name: str) -> list[dict[str, object]]:
    log = find_aip(archive, name).path / "logs" / "audits.jsonl"
    return [json.loads(line) for line in log.read_text().splitlines()] if log.exists() else []


def test_sound_audits_are_rolled_up_and_damage_is_not(held: Archive) -> None:
    """A month of daily audits is one line; damage, and that it is gone, is a line at once."""
    for _ in range(29):
        run_audit(held, select_for_audit(held))
        _wait(held, 1)
    assert [line["audits"] for line in _lines(held, "aip.n0")] == [1]
    _wait(held, 2)
    run_audit(held, select_for_audit(held))
    lines = _lines(held, "aip.n0")
    assert [line["audits"] for line in lines] == [1, 29]
    assert {(line["event"], line["outcome"]) for line in lines} == {("fixity check", "success")}
    good = _content(held, "aip.n0").read_bytes()
    _flip(_content(held, "aip.n0"))
    for _ in range(3):
        run_audit(held, select_for_audit(held))
    _content(held, "aip.n0").write_bytes(good)
    run_audit(held, select_for_audit(held))
    assert [line["outcome"] for line in _lines(held, "aip.n0")][2:] == ["fail", "success"]
    assert len(_lines(held, "aip.n1")) == 2


@pytest.fixture
def service(held: Archive) -> Service:
    """The archive with its people."""
    return open_service(held)


def test_the_worker_audits_what_is_due(service: Service) -> None:
    """Nothing on the first day, all on the second, once; the report stands in the ledger."""
    timer = Timer()
    auditor = Auditor(service, clock=timer)
    assert auditor.audit_due() == 0
    _wait(service.archive, 1)
    assert auditor.audit_due() == 0  # it looked a moment ago
    timer.now += 61
    assert auditor.audit_due() == len(NAMES)
    timer.now += 61
    assert auditor.audit_due() == 0
    (report,) = (service.archive.home / "ledger" / "audits").glob("*.json")
    assert json.loads(report.read_text())["aips"] == len(NAMES)


def test_a_worker_that_is_not_to_audit_does_not(service: Service) -> None:
    """The setting ``audit_by_worker`` turns it off."""
    settings = replace(service.archive.settings, audit_by_worker=False)
    _wait(service.archive, 9)
    assert Auditor(replace(service, archive=replace(service.archive, settings=settings))).audit_due() == 0


def test_an_unknown_location_is_told(held: Archive) -> None:
    """With the names of those there are."""
    with pytest.raises(NotFoundError, match="there is no location moon"):
        select_for_audit(held, location="moon")


def test_a_cadence_that_cannot_be_kept_is_foretold(held: Archive) -> None:
    """At the pace of the last run: which bytes, by when, and what would do."""
    assert forecast(held).pace == 0
    run_audit(held, select_for_audit(held))
    told = forecast(held)
    assert told.kept
    assert told.warnings() == ()
    slow = replace(held, settings=replace(held.settings, audit_bytes_per_second=1))
    # Nothing is due for a day, and then all of it at once, to be read within another.
    assert forecast(slow).needed == pytest.approx(told.bytes / 86400, rel=0.01)
    _wait(held, 100)
    told = forecast(slow)
    assert not told.kept
    assert told.late > 0
    assert told.needed == pytest.approx(2 * told.bytes / 86400, rel=0.01)
    assert "will come too late" in told.warnings()[0]
    assert "ask for" in told.warnings()[1]
    assert [warning for warning in tell_status(slow).warnings if "oais audit forecast" in warning]


def test_a_decade_of_daily_audits_costs_an_aip_little(
    tmp_path: Path, record_count: Callable[[str, int], None]
) -> None:
    """Ten years of BLAKE3 each day and sha512 each quarter: lines and bytes in the log of one AIP."""
    day, earlier = datetime(2027, 1, 1, tzinfo=UTC), 0
    lines: list[dict[str, Any]] = []
    for number in range(3653):
        at = (day + timedelta(days=number)).isoformat().replace("+00:00", "Z")
        entry = {
            "event": "fixity check",
            "outcome": "success",
            "agent": "oais 0.1.0",
            "started_at": at,
            "ended_at": at,
            "head": 3,
            "algorithms": ["sha512" if number % 90 == 0 else "blake3"],
            "files": 10_000,
            "bytes": 10**12,
            "audits": earlier + 1,
            "findings": [],
        }
        earlier += 1
        if RollUp(30).wants(lines, entry):
            append_audit(tmp_path, entry)
            lines.append(entry)
            earlier = 0
    size = (tmp_path / "logs" / "audits.jsonl").stat().st_size
    record_count("bytes in the log of an AIP after a decade of daily audits", size)
    assert sum(line["audits"] for line in recorded_audits(tmp_path)) + earlier == 3653
    assert len(lines) < 180
    assert size < 100_000
