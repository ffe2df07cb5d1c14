"""The worker compares the index with what is stored, now and then, and tells of it as it tells of damage."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from email import message_from_bytes
from email.policy import default
from pathlib import Path
from typing import Any

import pytest

from oais.archive import Archive
from oais.errors import DamageError
from oais.functions.audit.desk import audit_desk
from oais.functions.auditing import Auditor
from oais.functions.data_management import rebuild_index
from oais.functions.mailing.sending import send_due
from oais.functions.people.accounts import Entry, create_administrator
from oais.functions.service import open_service
from oais.functions.storage import ingesting
from search_index.index import open_index
from tests.functions.conftest import SteadyClock
from tests.functions.held import archive_of

NAMES = ["aip.n0", "aip.n1"]
Report = dict[str, Any]


@pytest.fixture
def held(tmp_path: Path) -> Archive:
    """An archive with two AIPs, of which the index has lost one."""
    archive = archive_of(tmp_path, NAMES, SteadyClock())
    with closing(open_index(archive.index_root)) as index:
        index.remove(["aip.n1"])
    return archive


@pytest.fixture
def a_day_on(held: Archive) -> Callable[[int], Report]:
    """Let days pass, let the worker audit what is due, and return the report."""
    service = open_service(held)
    create_administrator(service, Entry("rut", "Rut", "rut@example.org"), "four unconnected words do")
    now = [1000.0]
    auditor = Auditor(service, clock=lambda: now[0])
    assert auditor.audit_due() == 0  # it sees the AIPs for the first time

    def audited(days: int) -> Report:
        assert isinstance(held.clock, SteadyClock)
        held.clock.now += timedelta(days=days)
        now[0] += days * 86_400
        assert auditor.audit_due() == len(NAMES)
        report: Report = json.loads(max((held.home / "ledger" / "audits").glob("*.json")).read_bytes())
        return report

    return audited


def _told(report: Report) -> set[tuple[str, str]]:
    return {(found["aip"], found["code"]) for found in report["findings"]}


def test_the_worker_compares_the_index_at_its_cadence(
    held: Archive, a_day_on: Callable[[int], Report]
) -> None:
    """Told in the report, on the desk and by mail; a week later again, unless it was made anew."""
    told = {("search_index/", "IDX-001"), ("search_index/", "IDX-004")}
    assert _told(a_day_on(1)) == told
    (trouble,) = audit_desk(held).locations[0].troubles
    assert (trouble.about, trouble.no_aip) == ("search_index/", True)
    service = open_service(held)
    assert send_due(service) == 1
    (mail,) = (held.home / "mail" / "new").iterdir()
    text = message_from_bytes(mail.read_bytes(), policy=default).get_content()
    assert "search_index/: aip.n1 is stored, but the catalogue does not have it" in text
    assert "What to do: run `oais index rebuild`" in text
    assert _told(a_day_on(1)) == set()
    assert _told(a_day_on(6)) == told
    rebuild_index(held)
    assert _told(a_day_on(7)) == set()


def test_an_index_that_is_being_written_is_compared_later(
    held: Archive, a_day_on: Callable[[int], Report]
) -> None:
    """While something is taken in, a difference says nothing: the next audit looks."""
    with ingesting(held):
        assert _told(a_day_on(1)) == set()
    assert {code for _, code in _told(a_day_on(1))} == {"IDX-001", "IDX-004"}


def test_an_ingest_that_ends_while_it_is_looked_for_puts_nothing_off(
    held: Archive, a_day_on: Callable[[int], Report], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing was compared then, so that the next audit compares, and not the one a week later."""
    looks = iter([True])
    monkeypatch.setattr("oais.functions.audit.indexed.is_ingesting", lambda _: next(looks, False))
    assert _told(a_day_on(1)) == set()
    assert {code for _, code in _told(a_day_on(1))} == {"IDX-001", "IDX-004"}


def _spoil(path: Path) -> None:
    """Empty the last page of a database, which is not of its people."""
    with closing(sqlite3.connect(path)) as database:
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    path.write_bytes(path.read_bytes()[:-4096] + bytes(4096))


def test_what_lies_beside_the_aips_is_compared_where_none_is_due(held: Archive) -> None:
    """Once a day, however often the worker is begun anew: no AIP is read, and damage is told."""
    never = replace(held.settings, audit_light_days=0, audit_fast_days=0, audit_full_days=0)
    service = open_service(replace(held, settings=never))
    clock = held.clock
    assert isinstance(clock, SteadyClock)
    _spoil(held.home / "oais.sqlite")
    kept = []
    for hours in (0, 20, 4, 3, 20, 1):
        clock.now += timedelta(hours=hours)
        assert Auditor(service, clock=lambda: 1000.0).audit_due() == 0
        kept.append(sorted((held.home / "ledger" / "audits").glob("*.json")))
    assert [len(each) for each in kept] == [0, 0, 1, 1, 1, 2]
    told = [_told(json.loads(report.read_bytes())) for report in kept[-1]]
    assert all(("oais.sqlite", "AUD-010") in each for each in told)
    clock.now -= timedelta(days=9)  # a clock that was ahead and is set right holds nothing up
    assert Auditor(service, clock=lambda: 1000.0).audit_due() == 0
    assert len(list((held.home / "ledger" / "audits").glob("*.json"))) == len(kept[-1]) + 1


def test_a_worker_that_goes_on_compares_the_index_at_its_cadence(held: Archive) -> None:
    """Beside what is compared each day, where no AIP is due."""
    never = replace(held.settings, audit_light_days=0, audit_fast_days=0, audit_full_days=0)
    clock, now = held.clock, [1000.0]
    assert isinstance(clock, SteadyClock)
    auditor = Auditor(open_service(replace(held, settings=never)), clock=lambda: now[0])
    for _ in range(3):
        assert auditor.audit_due() == 0
        clock.now += timedelta(days=1)
        now[0] += 86_400
    reports = sorted((held.home / "ledger" / "audits").glob("*.json"))
    told = [_told(json.loads(report.read_bytes())) for report in reports]
    assert [("search_index/", "IDX-001") in each for each in told] == [True, False]


def test_a_report_is_kept_although_nobody_can_be_told(
    held: Archive, a_day_on: Callable[[int], Report], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The letters go from a database that may be what is damaged."""

    def mute(*_: object) -> int:
        raise DamageError("the database is damaged", remedy="restore it")

    monkeypatch.setattr("oais.functions.auditing.report_damage", mute)
    with pytest.raises(DamageError):
        a_day_on(1)
    assert len(list((held.home / "ledger" / "audits").glob("*.json"))) == 1
