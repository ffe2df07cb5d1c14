"""The catalogue as one database file: made, opened for reading and for writing, and counted on."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final, TypeAlias, TypeVar

from sqlalchemy import ColumnElement, Connection, bindparam, insert, select

from oais.errors import StorageError
from search_index.catalogue.schema import FACTS, METADATA, SCHEMA_VERSION
from search_index.catalogue.sqlite import FILE_NAME, Watch, catalogue_errors, create_sky, open_engine

_T = TypeVar("_T")

CatalogueConnection: TypeAlias = Connection
"""What the rooms around the catalogue hand on without looking into it."""

MOST_PARAMETERS: Final = 500
"""Values in one ``IN (…)``: every database takes as many."""

_COUNTERS: Final = select(FACTS).where(FACTS.c.name.in_(("schema", "generation", "nodes")))


class Catalogue:
    """One database file of the current schema; readers and one writer may be in it at once."""

    def __init__(self, folder: Path, *, lasting: bool = True) -> None:
        self.path = folder / FILE_NAME
        self.engine = open_engine(self.path, lasting=lasting)
        self.watch = Watch(self.path)

    def create(self) -> None:
        """Make the tables in an empty file."""
        with self.writing() as connection:
            METADATA.create_all(connection)
            create_sky(connection)
            facts = {"schema": SCHEMA_VERSION, "generation": "0", "nodes": "0"}
            connection.execute(insert(FACTS), [{"name": key, "value": value} for key, value in facts.items()])

    def close(self) -> None:
        """Let go of the file."""
        self.watch.close()
        self.engine.dispose()

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """Give a connection to ask with."""
        with catalogue_errors(self.path), self.engine.connect() as connection:
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """Give a connection whose changes all come to be at the end, or none."""
        with catalogue_errors(self.path), self.engine.begin() as connection:
            yield connection

    def generations(self) -> tuple[int, int]:
        """Return the counters of packages and of nodes; raises StorageError for another schema."""
        with self.reading() as connection:
            facts = {row.name: row.value for row in connection.execute(_COUNTERS)}
        found = facts.get("schema")
        if found != SCHEMA_VERSION:
            raise StorageError(
                f"the catalogue {FILE_NAME} has schema {found}, expected {SCHEMA_VERSION}",
                remedy="run `oais index rebuild`; nothing is lost, it is made from the stored packages",
            )
        return int(facts["generation"]), int(facts["nodes"])


AMONG: ColumnElement[str] = bindparam("among", expanding=True)
"""The values of one ``IN (…)``, given by the name ``among``; a long list goes in ``parts``."""


def parts(values: Sequence[_T]) -> Iterator[Sequence[_T]]:
    """Cut a long list into parts that one ``IN (…)`` takes."""
    for start in range(0, len(values), MOST_PARAMETERS):
        yield values[start : start + MOST_PARAMETERS]
