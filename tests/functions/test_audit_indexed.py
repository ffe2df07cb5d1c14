"""The worker compares the index with what is stored, now and then, and tells of it as it tells of damage."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import closing
from datetime import timedelta
from email import message_from_bytes
from email.policy import default
from pathlib import Path
from typing import Any

import pytest

from oais.archive import Archive
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
