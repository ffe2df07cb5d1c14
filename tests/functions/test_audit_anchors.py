"""What only the report of an earlier audit can tell: settings, service key, the end of the log of events."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from oais.archive import Archive, open_archive, open_home
from oais.errors import ArchiveError
from oais.functions.audit import run_audit, select_for_audit
from oais.functions.backup import back_up
from oais.functions.ledger.recording import record_audit
from oais.functions.security_log import path_of, record
from oais.functions.service import open_service
from tests.functions.copied import flip

LOG = "ledger/security.jsonl"
KEY = "keys/service.key"


@pytest.fixture
def home(archive: Archive) -> Path:
    """The home of an archive with some events, whose audit is on record."""
    _happen(archive.home, "one", "two", "three")
    assert _audited(archive.home) == []
    return archive.home


def _happen(home: Path, *events: str) -> None:
    service = open_service(open_archive(home))
    for event in events:
        record(service, event)
    service.database.close()


def _audited(home: Path) -> list[tuple[str, str]]:
    """Audit everything and put it on record; return codes and paths, of warnings their first word."""
    opened = open_home(home)
    told = run_audit(opened, select_for_audit(opened), from_disk=False)
    record_audit(opened, told.started_at, told.as_plain())
    found = [(found.code, found.path) for result in told.damaged for found in result.findings]
    return [*found, *(("warning", text.split(" ")[0]) for text in told.warnings)]


def _messages(home: Path) -> list[str]:
    opened = open_home(home)
    told = run_audit(opened, select_for_audit(opened), from_disk=False)
    return [found.message for result in told.damaged for found in result.findings]


def test_what_nobody_changed_is_never_told(home: Path) -> None:
    """The log grows between audits, the archive is opened and closed: no false alarm."""
    for number in range(3):
        assert _audited(home) == []
        _happen(home, f"event {number}")
    assert _audited(home) == []


def test_lines_cut_off_the_end_of_the_log_are_told_until_they_are_back(home: Path) -> None:
    """A whole chain is left; what comes after it does not hide what was there."""
    path = path_of(home)
    sound = path.read_bytes()
    path.write_bytes(b"".join(sound.splitlines(keepends=True)[:-1]))
    told = _messages(home)
    assert [_audited(home) for _ in range(2)] == [[("AUD-011", LOG)]] * 2
    assert _messages(home) == told  # so that the letter about it comes once
    _happen(home, "three again", "four")
    assert _audited(home) == [("AUD-011", LOG)]
    path.write_bytes(sound)
    assert _audited(home) == []


def test_a_log_that_was_written_anew_is_told(home: Path) -> None:
    """Every line follows the one before, and nothing of it is what was there; nor is a log that is gone."""
    path = path_of(home)
    path.unlink()
    assert _audited(home) == [("AUD-011", LOG)]
    _happen(home, "one", "two", "another", "four", "five")
    assert _audited(home) == [("AUD-011", LOG)]


def test_settings_that_the_administrator_changes_are_told_once(home: Path) -> None:
    """A warning with what to do, which leaves the archive intact; the next report has them as they are."""
    with (home / "oais.yaml").open("a") as settings:
        settings.write("contact: archive@example.org\n")
    opened = open_home(home)
    told = run_audit(opened, select_for_audit(opened), from_disk=False)
    assert told.intact
    (warning,) = told.warnings
    assert warning.startswith("oais.yaml was changed since the last report")
    assert "compare it with that of a backup" in warning
    assert _audited(home) == [("warning", "oais.yaml")]
    assert _audited(home) == []


def test_one_bit_of_the_settings_is_told_wherever_it_is(home: Path) -> None:
    """N1: a warning of the audit, or a fault that keeps the archive closed, with the name of the file."""
    path = home / "oais.yaml"
    sound = path.read_bytes()
    for place in range(0, len(sound), 7):
        changed = bytearray(sound)
        changed[place] ^= 1
        path.write_bytes(changed)
        try:
            opened = open_home(home)
            warnings = run_audit(opened, select_for_audit(opened), from_disk=False).warnings
        except ArchiveError as error:
            warnings = (error.message,)
        assert "oais.yaml" in "\n".join(warnings), place
    path.write_bytes(sound)
    assert _audited(home) == []


def test_another_service_key_is_told_until_it_is_back(home: Path) -> None:
    """N1: one bit, a key that is gone, one that is cut; an error each time, and never the key itself."""
    path = home / KEY
    sound = path.read_bytes()
    for damage in (lambda: flip(path), path.unlink, lambda: path.write_bytes(sound[:-1])):
        damage()
        for _ in range(2):
            assert _audited(home) == [("AUD-018", KEY)]
        path.write_bytes(sound)
        assert _audited(home) == []
    reports = b"".join(report.read_bytes() for report in (home / "ledger" / "audits").glob("*.json"))
    assert sound.hex().encode() not in reports


def test_a_service_key_that_is_made_anew_is_an_event_and_no_damage(home: Path) -> None:
    """Who loses it, or gives it up, removes it; the next start makes another one and says so in the log."""
    (home / KEY).unlink()
    _happen(home, "after")
    events = [json.loads(line)["event"] for line in path_of(home).read_bytes().splitlines()]
    assert events == ["one", "two", "three", "service key made", "after"]
    assert _audited(home) == []
    flip(home / KEY)
    assert _audited(home) == [("AUD-018", KEY)]


def test_a_report_that_was_changed_is_told_and_not_believed(home: Path) -> None:
    """The ledger knows it; the one before is compared with, so that nothing sound is called wrong."""
    _happen(home, "four")
    assert _audited(home) == []
    newest = max((home / "ledger" / "audits").glob("*.json"))
    plain = json.loads(newest.read_bytes())
    plain["beside"]["security_log"]["lines"] += 5
    newest.write_text(json.dumps(plain))
    assert _audited(home) == [("LED-004", f"ledger/audits/{newest.name}")]


def test_a_restored_backup_tells_nothing(home: Path, tmp_path: Path) -> None:
    """Reports, log, key and settings of a backup belong together."""
    opened = open_home(home)
    back_up(opened, tmp_path / "backup")
    _happen(home, "four")
    assert _audited(home) == []
    back_up(opened, tmp_path / "backup")
    for room in ("staging", "sip/incoming", "sip/custody", "search_index", "dip"):
        (tmp_path / "backup" / room).mkdir(parents=True, exist_ok=True)
    assert _audited(tmp_path / "backup") == []
