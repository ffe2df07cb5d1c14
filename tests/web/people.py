"""People at the site: accounts made straight in the archive, and browsers that log in through its door."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import httpx2
from starlette.testclient import TestClient

from oais.database import people
from oais.database.people import Person
from oais.functions.people.accounts import Entry, new_account
from oais.functions.people.passwords import hash_password
from oais.functions.service import Service
from policies.principals import Role, State

PASSWORD = "glad tortoise under 7 ladders"
ORIGIN = {"Origin": "http://localhost"}


@dataclass(frozen=True)
class Visitor:
    """A browser at the site, with the token its forms need."""

    client: TestClient

    def send(self, address: str, **fields: object) -> httpx2.Response:
        """Send a form as the page that shows it would."""
        return self.client.post(address, data={"csrf": token_in(self.client), **fields}, headers=ORIGIN)


def token_in(client: TestClient) -> str:
    """The token of the forms that this browser is shown."""
    page = client.get("/help" if client.cookies.get("oais-session") else "/login").text
    return page.partition('name="csrf" value="')[2].partition('"')[0]


def account(
    service: Service, login: str, role: Role = Role.REGISTERED, state: State = State.ACTIVE
) -> Person:
    """Make an account with the one password of all tests."""
    entry = Entry(login, login.capitalize(), f"{login}@example.org")
    with service.database.writing() as connection:
        return new_account(service, connection, entry, role, state, password=_HASHED.of_password)


class _Hashed:
    @cached_property
    def of_password(self) -> str:
        """The hash, reckoned once."""
        return hash_password(PASSWORD)


_HASHED = _Hashed()


def enter(client: TestClient, login: str, **fields: object) -> Visitor:
    """Log a browser in; what came back is checked by who needs it."""
    visitor = Visitor(client)
    answer = visitor.send("/login", login=login, password=PASSWORD, **fields)
    assert answer.status_code == 303, answer.text
    return visitor


def stored(service: Service, login: str) -> Person:
    """The account as it is in the database."""
    with service.database.reading() as connection:
        found = people.by_login(connection, login)
    assert found is not None
    return found
