"""The accounts: who a person is, what role he has, and whether his account may be used."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, field
from typing import Final

from sqlalchemy import (
    Column,
    ColumnElement,
    Connection,
    Table,
    Text,
    bindparam,
    delete,
    func,
    insert,
    or_,
    select,
    update,
)

from oais.database.schema import METADATA, identifier, moments, new_identifier, reference, texts

PEOPLE: Final = Table(
    "people",
    METADATA,
    identifier(),
    Column("login", Text, nullable=False, unique=True),
    *texts("name", "email", "role", "state", "password", "purpose", "created_at"),
    *moments("email_verified_at", "last_login_at", "expires_at"),
)

AGREEMENTS: Final = Table(
    "people_agreements",
    METADATA,
    reference("person", "people.identifier", primary_key=True),
    Column("agreement", Text, primary_key=True),
)
"""Under which agreements a provider's account may deliver."""

_OF_IDENTIFIER: Final = select(PEOPLE).where(PEOPLE.c.identifier == bindparam("identifier"))
AGREEMENTS_OF: Final = select(AGREEMENTS.c.agreement).where(AGREEMENTS.c.person == bindparam("person"))
"""Made once: both are asked at each request."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """One account; ``login`` is folded to lower case, ``password`` an argon2id hash or empty.

    ``role`` and ``state`` are words of ``policies.principals``; ``purpose`` is what the person wrote when
    registering.
    """

    identifier: str = field(default_factory=new_identifier)
    login: str
    name: str
    email: str
    role: str
    state: str
    password: str = field(default="", repr=False)
    purpose: str = ""
    created_at: str
    email_verified_at: str | None = None
    last_login_at: str | None = None
    expires_at: str | None = None


def add(connection: Connection, person: Person) -> None:
    """Enter a new account."""
    connection.execute(insert(PEOPLE).values(asdict(person)))


def change(connection: Connection, identifier: str, **values: str | None) -> Person:
    """Change columns of an account that is there and return it as it is now."""
    connection.execute(update(PEOPLE).where(PEOPLE.c.identifier == identifier).values(**values))
    changed = by_identifier(connection, identifier)
    assert changed is not None
    return changed


def remove(connection: Connection, identifier: str) -> None:
    """Remove an account and all that belongs to it."""
    connection.execute(delete(PEOPLE).where(PEOPLE.c.identifier == identifier))


def by_identifier(connection: Connection, identifier: str) -> Person | None:
    """Return an account by its identifier."""
    row = connection.execute(_OF_IDENTIFIER, {"identifier": identifier}).mappings().one_or_none()
    return None if row is None else Person(**row)


def by_login(connection: Connection, login: str) -> Person | None:
    """Return an account by its login, folded as ``Person.login`` is."""
    return _one(connection, PEOPLE.c.login == login)


def by_email(connection: Connection, email: str) -> Person | None:
    """Return the account of an address, whatever the case of its letters."""
    return _one(connection, func.lower(PEOPLE.c.email) == email.lower())


def listed(
    connection: Connection,
    *,
    role: str = "",
    state: str = "",
    text: str = "",
    first: int = 0,
    most: int | None = None,
) -> list[Person]:
    """Return the accounts that fit, by login; ``text`` is part of a login, name or address.

    Of these ``most``, after the ``first`` ones; all without it.
    """
    wanted = select(PEOPLE).where(*_fitting(role, state, text)).order_by(PEOPLE.c.login)
    wanted = wanted if most is None else wanted.offset(first).limit(most)
    return [Person(**row) for row in connection.execute(wanted).mappings()]


def count(connection: Connection, *, role: str = "", state: str = "", text: str = "") -> int:
    """Return how many accounts ``listed`` would return."""
    wanted = select(func.count()).select_from(PEOPLE).where(*_fitting(role, state, text))
    return int(connection.execute(wanted).scalar_one())


def _fitting(role: str, state: str, text: str) -> Iterator[ColumnElement[bool]]:
    if role:
        yield PEOPLE.c.role == role
    if state:
        yield PEOPLE.c.state == state
    if text:
        fields = (PEOPLE.c.login, PEOPLE.c.name, PEOPLE.c.email)
        yield or_(*(field.icontains(text, autoescape=True) for field in fields))


def agreements(connection: Connection, person: str) -> frozenset[str]:
    """Return the agreements an account may deliver under."""
    return frozenset(connection.execute(AGREEMENTS_OF, {"person": person}).scalars())


def bind(connection: Connection, person: str, names: Iterable[str]) -> None:
    """Bind an account to these agreements and no others."""
    connection.execute(delete(AGREEMENTS).where(AGREEMENTS.c.person == person))
    if rows := [{"person": person, "agreement": name} for name in names]:
        connection.execute(insert(AGREEMENTS), rows)


def _one(connection: Connection, condition: ColumnElement[bool]) -> Person | None:
    row = connection.execute(select(PEOPLE).where(condition)).mappings().one_or_none()
    return None if row is None else Person(**row)
