"""What people keep for themselves: searches, and profiles of data they often ask for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Final, TypeVar

from sqlalchemy import Connection, Table, UniqueConstraint, delete, insert, select

from oais.database.schema import METADATA, identifier, new_identifier, reference, texts

SAVED_QUERIES: Final = Table(
    "saved_queries",
    METADATA,
    identifier(),
    reference("person", "people.identifier"),
    *texts("name", "description", "query", "saved_at"),
    UniqueConstraint("person", "name"),
)

PROFILES: Final = Table(
    "profiles",
    METADATA,
    identifier(),
    reference("person", "people.identifier"),
    *texts("name", "data_sets", "starts", "ends", "format", "saved_at"),
    UniqueConstraint("person", "name"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class SavedQuery:
    """A search a person keeps; ``query`` is the query string of its page."""

    identifier: str = field(default_factory=new_identifier)
    person: str
    name: str
    description: str = ""
    query: str
    saved_at: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """Data a person often asks for: data sets (one a line), an interval, and the format of the package."""

    identifier: str = field(default_factory=new_identifier)
    person: str
    name: str
    data_sets: str
    starts: str = ""
    ends: str = ""
    format: str = ""
    saved_at: str

    @property
    def interval(self) -> str:
        """Its interval as a search asks for it, ``FROM/TO``; empty without one."""
        return f"{self.starts}/{self.ends}" if self.starts or self.ends else ""


Saved = TypeVar("Saved", SavedQuery, Profile)

_TABLES: Final[Mapping[type, Table]] = {SavedQuery: SAVED_QUERIES, Profile: PROFILES}


def keep(connection: Connection, saved: SavedQuery | Profile) -> None:
    """Keep it for its person, instead of what had its name before."""
    table = _TABLES[type(saved)]
    connection.execute(delete(table).where(table.c.person == saved.person, table.c.name == saved.name))
    connection.execute(insert(table).values(asdict(saved)))


def kept(connection: Connection, kind: type[Saved], person: str) -> list[Saved]:
    """Return what a person keeps, by name."""
    table = _TABLES[kind]
    wanted = select(table).where(table.c.person == person).order_by(table.c.name)
    return [kind(**row) for row in connection.execute(wanted).mappings()]


def forget(connection: Connection, kind: type[Saved], person: str, identifier: str) -> bool:
    """Delete one thing that a person keeps; return whether it was his."""
    table = _TABLES[kind]
    his = (table.c.person == person) & (table.c.identifier == identifier)
    return connection.execute(delete(table).where(his)).rowcount > 0
