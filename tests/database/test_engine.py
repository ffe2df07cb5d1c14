"""Both databases keep the same promises: the tables, one writer, snapshots, and faults in clear words."""

from __future__ import annotations

import sqlite3
import stat
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, create_engine, inspect, text

from oais.database import groups, migrations
from oais.database.engine import Database, open_database
from oais.database.groups import Group
from oais.database.migrations.whole_rows import declared
from oais.database.schema import METADATA
from oais.errors import ConfigurationError, StorageError

NOW = "2026-01-01T00:00:00.000000Z"


def group(name: str) -> Group:
    return Group(name=name, created_at=NOW)


def as_made(connection: Connection) -> dict[str, object]:
    """Return all that the database itself tells of its tables."""
    found = inspect(connection)
    return {
        table: [
            sorted(map(repr, told))
            for told in (
                found.get_columns(table),
                found.get_indexes(table),
                found.get_foreign_keys(table),
                found.get_unique_constraints(table),
                found.get_check_constraints(table),
                [found.get_pk_constraint(table)],
            )
        ]
        for table in found.get_table_names()
    }


def test_the_revisions_make_what_a_new_database_has(address: str) -> None:
    """After all revisions the tables are those of METADATA, and no others; a new database has the same."""
    plain = create_engine(address)
    with plain.begin() as connection:
        migrations.upgrade(connection, migrations.NEWEST)
        context = MigrationContext.configure(connection, opts={"include_object": declared})
        assert compare_metadata(context, METADATA) == []
        by_revisions = as_made(connection)
        METADATA.drop_all(connection)
        connection.execute(text("DROP TABLE alembic_version"))
    plain.dispose()
    database = open_database(address)
    with database.reading() as connection:
        assert as_made(connection) == by_revisions
    database.close()
    assert set(by_revisions) == set(METADATA.tables) | {"alembic_version"}


def test_opening_a_database_loads_no_alembic(tmp_path: Path) -> None:
    """A site would carry it for all its life: neither a new database nor one that is up to date needs it."""
    script = (
        "import sys; from oais.database.engine import open_database\n"
        "for _ in range(2): open_database(sys.argv[1]).close()\n"
        "print([name for name in sys.modules if name.startswith(('alembic', 'mako'))])"
    )
    address = f"sqlite:///{tmp_path / 'oais.sqlite'}"
    done = subprocess.run(
        [sys.executable, "-c", script, address], capture_output=True, text=True, check=False
    )
    assert (done.stdout.strip(), done.stderr) == ("[]", "")


def test_a_database_whose_revision_is_gone_is_not_used(address: str) -> None:
    """Tables without the revision that made them are not taken for a new database."""
    database = open_database(address)
    with database.writing() as connection:
        connection.execute(text("DROP TABLE alembic_version"))
    database.close()
    with pytest.raises(ConfigurationError, match="already exists"):
        open_database(address)


def test_the_newest_revision_is_the_last_of_the_chain() -> None:
    """NEWEST, which spares loading Alembic at every opening, names the one head of the revisions."""
    assert ScriptDirectory(str(migrations.FOLDER)).get_heads() == [migrations.NEWEST]


def test_a_database_is_opened_again_as_it_was(address: str) -> None:
    """What was committed is there after the next opening."""
    first = open_database(address)
    with first.writing() as connection:
        groups.add(connection, group("team"))
    first.close()
    second = open_database(address)
    with second.reading() as connection:
        assert [found.name for found in groups.listed(connection)] == ["team"]
    second.close()


def test_a_failure_takes_everything_back(database: Database) -> None:
    """When the work fails half way nothing of it is kept."""
    twice = group("half")

    def enter_twice() -> None:
        with database.writing() as connection:
            groups.add(connection, twice)
            groups.add(connection, twice)

    with pytest.raises(StorageError):
        enter_twice()
    with database.reading() as connection:
        assert groups.listed(connection) == []


def test_a_reader_sees_one_snapshot(database: Database) -> None:
    """What is committed while somebody reads is not seen by him."""
    with database.reading() as reader:
        before = groups.listed(reader)
        with database.writing() as writer:
            groups.add(writer, group("later"))
        assert groups.listed(reader) == before == []
    with database.reading() as reader:
        assert len(groups.listed(reader)) == 1


def test_writers_take_turns(database: Database) -> None:
    """What a writer has read stays true until he has written: none of 80 additions is lost."""
    with database.writing() as connection:
        counter = group("0")
        groups.add(connection, counter)

    def add_one(_number: int) -> None:
        with database.writing() as connection:
            found = groups.by_identifier(connection, counter.identifier)
            assert found is not None
            groups.end(connection, counter.identifier, str(int(found.until or 0) + 1))

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(add_one, range(80)))
    with database.reading() as connection:
        found = groups.by_identifier(connection, counter.identifier)
    assert found is not None
    assert found.until == "80"


def test_two_that_open_at_once_make_the_tables_once(address: str) -> None:
    """Eight openings of an empty database at the same time all come to the same tables."""
    with ThreadPoolExecutor(8) as pool:
        opened = list(pool.map(open_database, [address] * 8))
    for database in opened:
        with database.reading() as connection:
            assert groups.listed(connection) == []
        database.close()


def test_readers_write_nothing(postgres_address: str) -> None:
    """PostgreSQL refuses a change by whoever only reads."""
    database = open_database(postgres_address)
    with pytest.raises(StorageError, match="read-only"), database.reading() as connection:
        groups.add(connection, group("sly"))
    database.close()


def test_a_database_of_the_future_is_refused(address: str) -> None:
    """Tables that newer software made are not touched; the fault says what to do."""
    database = open_database(address)
    with database.writing() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = 'from_the_future'"))
    database.close()
    with pytest.raises(ConfigurationError, match="another version") as fault:
        open_database(address)
    assert "newest version" in fault.value.remedy


def test_the_file_is_for_its_owner_alone(tmp_path: Path) -> None:
    """The file and the log beside it, which hold addresses and hashes, have mode 600."""
    path = tmp_path / "oais.sqlite"
    database = open_database(f"sqlite:///{path}")
    with database.writing() as connection:
        groups.add(connection, group("team"))
    modes = {stat.S_IMODE(file.stat().st_mode) for file in tmp_path.iterdir()}
    database.close()
    assert modes == {0o600}


def test_sqlite_keeps_what_was_committed_and_holds_references(tmp_path: Path) -> None:
    """Each connection has the log of writes, waits for the disk and minds foreign keys."""
    database = open_database(f"sqlite:///{tmp_path / 'oais.sqlite'}")
    with database.reading() as connection:
        asked = ("journal_mode", "synchronous", "foreign_keys")
        found = [connection.execute(text(f"PRAGMA {name}")).scalar() for name in asked]
    database.close()
    assert found == ["wal", 2, 1]


@pytest.mark.parametrize(
    "address", ["", "oais.sqlite", "mysql://x/y", "sqlite://", "sqlite:///", "postgresql://x/y", "://", "\0"]
)
def test_an_address_nobody_understands_is_refused(address: str) -> None:
    """The fault names the setting and the forms that are understood."""
    with pytest.raises(ConfigurationError, match="'database'") as fault:
        open_database(address)
    assert "oais.yaml" in fault.value.remedy


def test_a_server_that_is_not_there_is_told_without_its_password(tmp_path: Path) -> None:
    """The fault names the address, with the password left out."""
    with pytest.raises(ConfigurationError, match="cannot be opened") as fault:
        open_database(f"postgresql+psycopg://oais:hidden-word@/oais?host={tmp_path}")
    assert "hidden-word" not in fault.value.message


def test_a_damaged_file_is_told(tmp_path: Path) -> None:
    """A file that is no database, and a folder that is not there, are faults of configuration."""
    path = tmp_path / "oais.sqlite"
    path.write_bytes(b"no database" * 100)
    for place in (path, tmp_path / "nowhere" / "oais.sqlite"):
        with pytest.raises(ConfigurationError, match="cannot be opened"):
            open_database(f"sqlite:///{place}")


def test_a_locked_database_is_told_with_no_statement(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever holds the file too long makes the others fail in clear words."""
    monkeypatch.setattr("oais.database.engine._BUSY_SECONDS", 0)
    path = tmp_path / "oais.sqlite"
    database = open_database(f"sqlite:///{path}")
    holder = sqlite3.connect(path, isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    with pytest.raises(StorageError, match="locked") as fault, database.writing():
        pass
    holder.close()
    database.close()
    assert "BEGIN" not in fault.value.message


def test_a_file_that_is_gone_is_told_and_not_made_anew(tmp_path: Path) -> None:
    """Nothing is written to a file that has lost its name, nor is an empty one put in its place."""
    path = tmp_path / "people.sqlite"
    database = open_database(f"sqlite:///{path}")
    with database.writing() as connection:
        groups.add(connection, group("kept"))
    away = path.rename(tmp_path / "away.sqlite")
    for asked in (database.reading, database.writing):
        with pytest.raises(StorageError, match=r"people\.sqlite is gone"), asked():
            pytest.fail("a connection was given")
    assert not path.exists()
    away.rename(path)
    with database.reading() as connection:
        assert [found.name for found in groups.listed(connection)] == ["kept"]
    database.close()


def test_a_file_that_was_restored_counts_at_once(tmp_path: Path) -> None:
    """Behind a running service the backup takes the place of the file: it is read, and written to."""
    path, backup = tmp_path / "people.sqlite", tmp_path / "backup.sqlite"
    database = open_database(f"sqlite:///{path}")
    with database.writing() as connection:
        groups.add(connection, group("before"))
    with closing(sqlite3.connect(path)) as source, closing(sqlite3.connect(backup)) as target:
        source.backup(target)
    with database.writing() as connection:
        groups.add(connection, group("lost"))
    for name in ("people.sqlite-wal", "people.sqlite-shm"):
        (tmp_path / name).unlink()
    backup.replace(path)
    with database.writing() as connection:
        groups.add(connection, group("after"))
    database.close()
    with closing(sqlite3.connect(path)) as kept:
        names = kept.execute("SELECT name FROM groups ORDER BY name").fetchall()
    assert names == [("after",), ("before",)]
