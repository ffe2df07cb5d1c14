"""What an audit costs for each AIP, and what it holds at a time: nothing of it grows with the holdings."""

from __future__ import annotations

import gc
import sqlite3
import subprocess
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from aip.stored import StoredAip, open_stored
from oais.archive import Archive
from oais.errors import StorageError
from oais.functions.audit import run_audit, running, select_for_audit
from oais.functions.audit.around import Around
from oais.functions.audit.forecasting import forecast
from oais.functions.audit.register import register_path
from oais.functions.audit.running import Manner, opened_run
from oais.functions.ledger import recording
from oais.functions.ledger.verifying import verify_ledger
from oais.information.findings import finding
from oais.information.identifiers import object_path
from tests.functions.held import archive_of, copy_of

LONG = "aip" + 40 * ".n"
"""An identifier that its folder does not spell out."""

NAMES = [*(f"aip.n{number}" for number in range(8)), LONG]
STRANGERS = 4_000


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Archive:
    """An archive with a few AIPs, to be copied."""
    return archive_of(tmp_path_factory.mktemp("bounded"), NAMES)


@pytest.fixture
def held(made: Archive, tmp_path: Path) -> Archive:
    """A copy of that archive."""
    return copy_of(made, tmp_path)


@pytest.fixture
def steps(monkeypatch: pytest.MonkeyPatch) -> Callable[[], int]:
    """Tell how many steps SQLite took since this was asked last: a measure of work that no load disturbs."""
    connect, taken = sqlite3.connect, [0]

    def tick() -> int:
        taken[0] += 1
        return 0

    def counted(*arguments: Any, **more: Any) -> sqlite3.Connection:
        database: sqlite3.Connection = connect(*arguments, **more)
        database.set_progress_handler(tick, 1)
        return database

    def since() -> int:
        found, taken[0] = taken[0], 0
        return found

    monkeypatch.setattr(sqlite3, "connect", counted)
    return since


def _read_some(archive: Archive, steps: Callable[[], int]) -> int:
    """Return the steps of the register while four AIPs are read and noted."""
    chosen = select_for_audit(archive, sample=4, seed=1)
    with opened_run(archive, chosen, Manner(look=False, anew=True)) as run:
        steps()
        assert len(list(run.results())) == 4
        return steps()


def _know_strangers(archive: Archive) -> None:
    """Let the register know very many AIPs that nobody reads now."""
    rows = ((f"x/{number}", f"x{number}", number) for number in range(STRANGERS))
    with closing(sqlite3.connect(register_path(archive, "home"))) as register, register:
        register.executemany(
            "INSERT INTO aip (place, name, inode, light_at, fast_at, full_at) VALUES (?, ?, ?, '', '', '')",
            rows,
        )


def test_a_result_is_noted_at_the_same_cost_among_very_many(held: Archive, steps: Callable[[], int]) -> None:
    """Four thousand AIPs more in the register add nothing to what the reading of four costs there."""
    run_audit(held, select_for_audit(held))
    few = _read_some(held, steps)
    _know_strangers(held)
    assert 0 < _read_some(held, steps) <= 1.5 * few


def test_a_run_tells_how_many_it_found_damaged_though_it_counts_at_its_end(held: Archive) -> None:
    """The number is of the whole run: of what a first part found before the stop as well."""
    for path in held.home.glob("aip/*/*/*/*/v1/content/representations/original/data/a.csv"):
        path.write_bytes(b"?" * path.stat().st_size)
    chosen = select_for_audit(held)
    left = iter(range(3))
    with opened_run(held, chosen, Manner(enough=lambda: next(left, None) is None)) as run:
        assert 0 < len(list(run.results())) < len(NAMES)
    assert len(run_audit(held, chosen).damaged) == len(NAMES)
    assert [told.damaged for told in forecast(held, "home").runs] == [len(NAMES)]


@pytest.mark.parametrize("refused", [False, True])
def test_what_lies_around_is_looked_at_while_the_last_are_read(
    held: Archive, refused: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is looked at once; what the disk refuses then is asked for again when all is told."""
    looks: list[bool] = []

    def look(*_: object, **__: object) -> Around:
        looks.append(refused)
        if refused and len(looks) == 1:
            raise StorageError("the disk is busy")
        return Around((("ledger/", finding("LED-004", "ledger", "is not what it was")),))

    monkeypatch.setattr(running, "around_aips", look)
    two = replace(held, settings=replace(held.settings, workers=2))
    summary = run_audit(two, select_for_audit(two))
    assert [found.code for result in summary.damaged for found in result.findings] == ["LED-004"]
    assert summary.aips == len(NAMES)
    assert len(looks) == 1 + refused


@pytest.fixture
def opened(held: Archive, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many AIPs of the archive the ledger's functions held, each time they opened one."""
    counts: list[int] = []

    def open_and_count(root: Path) -> StoredAip:
        stored = open_stored(root)
        known = [item for item in gc.get_objects() if isinstance(item, StoredAip)]
        counts.append(sum(item.path.is_relative_to(held.home) for item in known))
        return stored

    monkeypatch.setattr(recording, "open_stored", open_and_count)
    return counts


def test_the_ledger_is_verified_without_taking_inventories_apart(held: Archive, opened: list[int]) -> None:
    """What the ledger knows by its digest tells its versions itself; others are opened, one at a time."""
    assert verify_ledger(held) == []
    assert len(opened) == 1


def test_an_inventory_that_the_ledger_does_not_know_is_opened(held: Archive, opened: list[int]) -> None:
    """Of one that was changed the ledger tells nothing: the AIP is judged as if it told of none."""
    place = held.aip_root / object_path("aip.n3") / "inventory.json"
    place.write_bytes(place.read_bytes().replace(b'"v1"', b'"v1" '))
    assert [(found.code, found.path) for found in verify_ledger(held)] == [
        ("LED-004", f"aip/{object_path('aip.n3')}/v1/inventory.json")
    ]
    assert len(opened) == 1  # the one with the long name: the other refuses to be opened


def test_a_ledger_is_begun_one_aip_at_a_time(held: Archive, opened: list[int]) -> None:
    """The first entries of an archive that had no ledger are made without holding its AIPs."""
    subprocess.run(
        ["rm", "-r", held.home / "ledger" / "tile", held.home / "ledger" / "checkpoint"], check=True
    )
    subprocess.run(["rm", "-r", held.home / "ledger" / "checkpoints"], check=True)
    (held.home / "ledger" / "statements.jsonl").unlink()
    assert recording.record_kept(held) > len(NAMES)
    assert len(opened) == len(NAMES)
    assert max(opened) <= 2
