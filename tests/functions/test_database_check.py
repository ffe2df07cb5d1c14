"""Whatever a changed bit changes in the answers of the database of people is told by its check (N1)."""

from __future__ import annotations

import random
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from oais.archive import Archive
from oais.database.engine import open_database
from oais.errors import UnreachableError
from oais.functions.database_check import fault_of, fault_of_people
from oais.functions.people.accounts import Entry, create_administrator
from oais.functions.people.authority import OPERATOR
from oais.functions.people.groups import new_group
from oais.functions.service import open_service

FLIPS = 400


@pytest.fixture
def kept(archive: Archive) -> Path:
    """The database of an archive with a few people and groups, all of it in one file."""
    service = open_service(archive)
    create_administrator(service, Entry("rut", "Rut", "rut@example.org"), "four unconnected words do")
    for number in range(20):
        new_group(service, OPERATOR, f"team-{number}")
    service.database.close()
    path = archive.home / "oais.sqlite"
    with closing(sqlite3.connect(path)) as database:
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return path


def answers(path: Path) -> list[object]:
    """Everything that the database says, read from its tables alone; nothing where it says nothing."""
    try:
        with closing(sqlite3.connect(path)) as database:
            made = database.execute(
                "SELECT type, name, tbl_name, sql FROM sqlite_schema ORDER BY 1, 2"
            ).fetchall()
            tables = [name for kind, name, _, _ in made if kind == "table"]
            rows = [
                database.execute(f'SELECT rowid, * FROM "{name}" NOT INDEXED ORDER BY rowid').fetchall()
                for name in tables
            ]
    except (sqlite3.DatabaseError, UnicodeDecodeError):
        return []
    return [made, *rows]


def test_every_changed_bit_that_changes_an_answer_is_told(
    kept: Path, tmp_path: Path, seeded: random.Random, record_count: Callable[[str, int], None]
) -> None:
    """One bit anywhere in what is written: a letter of a name, a hash, the description of a table."""
    sound, before = kept.read_bytes(), answers(kept)
    assert len(before) > 20
    assert fault_of_people(kept) == ""
    written = [place for place, byte in enumerate(sound) if byte]
    flipped, changed = tmp_path / "flipped.sqlite", 0
    for place in seeded.sample(written, FLIPS):
        data = bytearray(sound)
        data[place] ^= 1 << seeded.randrange(8)
        flipped.write_bytes(data)
        if answers(flipped) != before:
            changed += 1
            assert fault_of_people(flipped), place
    assert changed > FLIPS / 10
    record_count("changed bits of the database of people told", changed)


@pytest.mark.parametrize(
    ("table", "column"),
    [("groups", "name"), ("people", "name"), ("people", "role"), ("alembic_version", "version_num")],
)
def test_a_letter_that_became_another_is_told(kept: Path, table: str, column: str) -> None:
    """A value changed behind SQLite's back no longer fits the index that holds its row."""
    with closing(sqlite3.connect(kept)) as database:
        (value,) = database.execute(f"SELECT max({column}) FROM {table}").fetchone()
        (page,) = database.execute("SELECT rootpage FROM sqlite_schema WHERE name = ?", [table]).fetchone()
        (size,) = database.execute("PRAGMA page_size").fetchone()
    data = bytearray(kept.read_bytes())
    at = data.index(value.encode(), (page - 1) * size, page * size)
    data[at] ^= 1
    kept.write_bytes(data)
    assert f"whole_{table}" in fault_of(kept)


def test_damaged_names_of_tables_are_told_and_end_nothing(kept: Path) -> None:
    """SQLite quotes the name in its message, which is no text any more: still one clear fault."""
    data = bytearray(kept.read_bytes())
    at = data.index(b"CREATE TABLE people")
    data[at + len(b"CREATE ")] = 0xD5
    kept.write_bytes(data)
    assert fault_of_people(kept)
    with pytest.raises(UnreachableError, match=r"oais\.sqlite cannot be opened"):
        open_database(f"sqlite:///{kept}")
