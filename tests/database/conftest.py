"""The two databases: a SQLite file, and a PostgreSQL server that is started for the tests alone."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest

from oais.database.engine import Database, open_database
from tests.conftest import lacking
from workshop.system_packages import POSTGRESQL, find_program


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[Path]:
    """The folder of a running server's socket; nobody else can reach it, and it ends with the tests."""
    initdb, pg_ctl = (find_program(name, POSTGRESQL) for name in ("initdb", "pg_ctl"))
    if initdb is None or pg_ctl is None:
        lacking("the programs of PostgreSQL")
    folder = Path(tempfile.mkdtemp(prefix="oais-pg-"))
    # PostgreSQL does not run as root.
    user = "nobody" if os.geteuid() == 0 else None
    if user:
        shutil.chown(folder, user)
    data = folder / "data"
    environment = {"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8"}

    def run(*command: str | Path) -> None:
        subprocess.run(command, user=user, env=environment, check=True, capture_output=True, cwd=folder)

    try:
        run(initdb, "-D", data, "-U", "oais", "-A", "trust", "-E", "UTF8", "--no-sync")
        options = f"-c listen_addresses='' -c unix_socket_directories='{folder}' -c fsync=off"
        run(pg_ctl, "-D", data, "-w", "-l", folder / "log", "-o", options, "start")
        try:
            yield folder
        finally:
            run(pg_ctl, "-D", data, "-w", "-m", "immediate", "stop")
    finally:
        shutil.rmtree(folder)


@pytest.fixture
def postgres_address(postgres_server: Path) -> str:
    """The address of a new, empty PostgreSQL database."""
    import psycopg

    name = f"oais_{uuid4().hex}"
    with psycopg.connect(
        host=str(postgres_server), user="oais", dbname="postgres", autocommit=True
    ) as server:
        server.execute(f'CREATE DATABASE "{name}"')
    return f"postgresql+psycopg://oais@/{name}?host={postgres_server}"


@pytest.fixture(params=["sqlite", "postgresql"])
def address(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of a new, empty database: each test runs on both kinds."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'oais.sqlite'}"
    address: str = request.getfixturevalue("postgres_address")
    return address


@pytest.fixture
def database(address: str) -> Iterator[Database]:
    """An opened database of the newest schema."""
    opened = open_database(address)
    yield opened
    opened.close()
