"""A service does not trust a clock that was put back."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from oais.archive import Archive, create_archive
from oais.errors import ConfigurationError
from oais.functions import security_log
from oais.functions.clock import forward_clock
from oais.functions.service import open_service
from oais.web.serving import serve_site, take_place

NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)


@pytest.fixture
def archive(tmp_path: Path) -> Archive:
    """An empty archive at noon."""
    return replace(create_archive(tmp_path / "home"), clock=lambda: NOON)


def at(archive: Archive, moment: datetime) -> Archive:
    """The same archive at another moment."""
    return replace(archive, clock=lambda: moment)


def test_1970_is_never_now(archive: Archive) -> None:
    """A machine that lost its clock serves nothing, even without any entry in the ledger."""
    with pytest.raises(ConfigurationError, match="1970"):
        forward_clock(at(archive, datetime(1970, 1, 1, 0, 5, tzinfo=UTC)))


def test_before_the_newest_receipt_nothing_is_served(archive: Archive) -> None:
    """The name of the newest receipt says which moment is past for certain."""
    for month, name in (("05", "r20260531T235959Z-00000000"), ("06", "r20260601T120000Z-00000001")):
        folder = archive.receipts / "2026" / month
        folder.mkdir(parents=True)
        (folder / f"{name}.json").write_text("{}")
    forward_clock(archive)
    with pytest.raises(ConfigurationError, match="2026-06-01T12:00:00"):
        forward_clock(at(archive, NOON - timedelta(minutes=2)))


def test_before_the_newest_security_event_nothing_is_served(archive: Archive) -> None:
    """The site refuses to start, leaves its place to others, and says what to do."""
    security_log.record(open_service(archive), "login", who="somebody")
    place = take_place("127.0.0.1", 0)
    with pytest.raises(ConfigurationError) as refused:
        serve_site(at(archive, NOON - timedelta(days=1)), place, announce=print)
    assert "set the clock" in refused.value.remedy
    take_place("127.0.0.1", int(place.address.rpartition(":")[2])).close()


def test_a_damaged_log_is_not_a_matter_of_the_clock(archive: Archive) -> None:
    """What cannot be read says nothing of the time; verifying the log tells of it."""
    security_log.path_of(archive.home).write_bytes(b"not a line\n")
    assert forward_clock(archive)() == NOON


def test_a_running_clock_stands_still_for_a_minute_and_no_longer(archive: Archive) -> None:
    """Who keeps the time right may go back a little; a jump back over a release opens and closes nothing."""
    told = iter([NOON + timedelta(seconds=seconds) for seconds in (0, 10, -50, -51, 20)])
    clock = forward_clock(replace(archive, clock=lambda: next(told)))
    assert clock() == NOON + timedelta(seconds=10)
    assert clock() == NOON + timedelta(seconds=10)
    with pytest.raises(ConfigurationError):
        clock()
    assert clock() == NOON + timedelta(seconds=20)
