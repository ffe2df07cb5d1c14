"""The forecast of audits against a plain reading of one after another, and what asking for it leaves."""

from __future__ import annotations

import random
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from oais.archive import Archive
from oais.functions.administration import initialise
from oais.functions.audit.desk import audit_desk
from oais.functions.audit.forecasting import forecast
from oais.functions.audit.register import Register, register_path
from oais.functions.copies.locations import HOME

DAY = 86_400.0


@pytest.fixture
def archive(tmp_path: Path) -> Archive:
    """An empty archive whose clock stands still."""
    now = datetime(2026, 11, 22, tzinfo=UTC)
    return replace(initialise(tmp_path / "home"), clock=lambda: now)


Proven = tuple[str, str, int]
"""When an AIP was proven fast and full, and its bytes."""


def entered(archive: Archive, proven: list[Proven]) -> None:
    """Let the register have these AIPs alone, and a run at a pace of one byte in a second."""
    Register(archive, HOME, archive.aip_root).close()
    with closing(sqlite3.connect(register_path(archive, HOME))) as database, database:
        database.executescript("PRAGMA synchronous = OFF; DELETE FROM aip; DELETE FROM run;")
        for number, (fast, full, size) in enumerate(proven):
            database.execute(
                "INSERT INTO aip (place, name, inode, light_at, fast_at, full_at, bytes) "
                "VALUES (?, ?, 0, ?, ?, ?, ?)",
                (f"p{number}".encode(), f"p{number}", fast, fast, full, size),
            )
        database.execute(
            "INSERT INTO run (scope, started_at, ended_at, seconds, bytes) VALUES ('all', 'a', 'b', 10, 10)"
        )


def read_in_turn(now: datetime, audits: list[tuple[float, int]]) -> tuple[float, int, int, float]:
    """Read a byte a second, the first due first; return the pace needed and which audits come too late."""
    free = since = needed = late_by = 0.0
    read = before = late = late_bytes = 0
    for due, size in sorted(audits, key=lambda audit: audit[0]):
        if free < due:
            free, since, before = due, due, read
        free, read = free + size, read + size
        rest = max(due, 0.0) + DAY
        needed = max(needed, (read - before) / (rest - since))
        if free > rest:
            late, late_bytes, late_by = late + 1, read, max(late_by, free - rest)
    return needed, late, late_bytes, late_by


def test_a_forecast_is_what_reading_in_turn_comes_to(archive: Archive) -> None:
    """For registers of any kind: AIPs never proven, audits that are off, too much to read, or hardly any."""
    for seed in range(30):
        dice = random.Random(seed)
        days = dice.choice([0, 1, 30]), dice.choice([0, 90])
        asked = replace(
            archive, settings=replace(archive.settings, audit_fast_days=days[0], audit_full_days=days[1])
        )
        now = datetime.fromisoformat(asked.now())
        proven = list(_proven(dice, now))
        entered(asked, proven)
        audits = [
            (_due(now, at, each), size)
            for fast, full, size in proven
            for at, each in zip((fast, full), days, strict=True)
            if each
        ]
        needed, late, late_bytes, late_by = read_in_turn(now, audits)
        told = forecast(asked)
        assert (told.late, told.late_bytes) == (late, late_bytes), seed
        assert told.needed == pytest.approx(needed, rel=1e-6), seed
        assert told.late_by == pytest.approx(late_by, abs=0.1), seed
        assert (told.aips, told.bytes) == (len(proven), sum(size for *_, size in proven))


def _proven(dice: random.Random, now: datetime) -> Iterator[Proven]:
    largest = dice.choice([1, 100, 10_000, 1_000_000])
    for _ in range(dice.randrange(40)):
        ages = (timedelta(seconds=dice.randrange(most * 86_400)) for most in (45, 120))
        fast, full = (f"{now - age:%Y-%m-%dT%H:%M:%SZ}" if dice.random() > 0.05 else "" for age in ages)
        yield fast, full, dice.randrange(largest)


def _due(now: datetime, at: str, days: int) -> float:
    """In how many seconds an audit is due; at once where nothing was proven."""
    return days * DAY - (now - datetime.fromisoformat(at)).total_seconds() if at else 0.0


def test_asking_how_audits_stand_makes_no_register(archive: Archive) -> None:
    """Before the first audit there is none, and whoever only looks does not make one."""
    assert forecast(archive).aips == 0
    assert audit_desk(archive).locations[0].forecast.aips == 0
    assert not register_path(archive, HOME).parent.exists()


@pytest.mark.parametrize("data", [b"", b"not a database at all" * 100])
def test_asking_how_audits_stand_leaves_a_damaged_register(archive: Archive, data: bytes) -> None:
    """It counts as none, and the next audit makes it anew; nothing is mended by looking."""
    path = register_path(archive, HOME)
    path.parent.mkdir()
    path.write_bytes(data)
    assert forecast(archive).aips == 0
    assert path.read_bytes() == data
    assert [item.name for item in path.parent.iterdir()] == [path.name]


def test_a_register_opened_for_reading_takes_nothing(archive: Archive) -> None:
    """What it has is told; a change is refused by the database itself."""
    entered(archive, [("", "", 5)])
    with closing(Register(archive, HOME, archive.aip_root, reading=True)) as register:
        assert next(register.rows("SELECT sum(bytes) FROM aip")) == (5,)
        with pytest.raises(sqlite3.OperationalError, match="readonly"):
            register.add([archive.aip_root / "new"])
    path = register_path(archive, HOME)
    assert [item.name for item in path.parent.iterdir()] == [path.name]
