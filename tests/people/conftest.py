"""An archive with its people, a clock in the test's hand, and the mail it sent."""

from __future__ import annotations

import mailbox
import re
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from email.message import Message
from pathlib import Path

import pytest

from oais.archive import Archive
from oais.functions.administration import initialise
from oais.functions.mailing import send_due
from oais.functions.people.accounts import Entry, create_administrator
from oais.functions.people.authority import OPERATOR
from oais.functions.people.registration import import_people
from oais.functions.people.sessions import log_in
from oais.functions.service import Service, open_service
from oais.settings import SignUp

PASSWORD = "seven tall herons wade"
OTHER_PASSWORD = "eleven small owls doze"
ENTRY = Entry("root.admin", "Rut Admin", "rut@example.org")


class Clock:
    """Tells the time that the test sets."""

    def __init__(self) -> None:
        self.now = datetime(2026, 11, 21, 12, 0, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def move(self, **step: float) -> None:
        self.now += timedelta(**step)


@dataclass(frozen=True)
class People:
    """A service with what tests do with it again and again."""

    service: Service
    clock: Clock
    administrator: str

    def signing_up(self, how: SignUp) -> Service:
        """The same service under another sign-up policy."""
        archive = self.service.archive
        return replace(
            self.service, archive=replace(archive, settings=replace(archive.settings, sign_up=how))
        )

    def letters(self) -> list[Message]:
        """All letters sent so far, the oldest first."""
        while send_due(self.service):
            pass
        box = mailbox.Maildir(self.service.archive.home / "mail")
        return [box[key] for key in sorted(box.keys(), key=_number_of)]

    def secret(self, to: str, page: str) -> str:
        """The secret of the newest link to ``page`` sent to an address."""
        found = [
            match.group(1)
            for letter in self.letters()
            if letter["To"] == to
            for match in re.finditer(rf"{page}\?secret=([\w-]+)", text_of(letter))
        ]
        return found[-1]

    def member(self, login: str, requests: str = "tess:AO-1") -> str:
        """The identifier of an imported person with PASSWORD, PI of the requests."""
        row = f"{login},{login.title()},{login}@example.org,PI,{requests}\n"
        import_people(self.service, OPERATOR, f"login,name,email,role,requests\n{row}")
        return self.with_password(login)

    def with_password(self, login: str, password: str = PASSWORD) -> str:
        from oais.functions.people.confirmations import ask_reset, reset_password

        ask_reset(self.service, login)
        return reset_password(
            self.service, self.secret(f"{login}@example.org", "/reset"), password
        ).identifier

    def session(self, login: str, password: str = PASSWORD) -> str:
        """The secret of a new session."""
        return log_in(self.service, login, password).secret


def _number_of(key: str) -> int:
    """Which letter of this process it was: a Maildir writes that into each file's name."""
    return int(key.partition("Q")[2].partition(".")[0])


def text_of(letter: Message) -> str:
    """The text of a letter, decoded."""
    body = letter.get_payload(decode=True)
    assert isinstance(body, bytes)
    return body.decode()


@pytest.fixture(scope="session")
def founded(tmp_path_factory: pytest.TempPathFactory) -> tuple[Archive, str]:
    """An archive with one administrator, made once; each test works on a copy of it."""
    home = tmp_path_factory.mktemp("founded") / "home"
    archive = replace(initialise(home, name="Test archive"), clock=Clock())
    service = open_service(archive)
    administrator = create_administrator(service, ENTRY, PASSWORD)
    service.database.close()
    return archive, administrator.identifier


@pytest.fixture
def people(founded: tuple[Archive, str], tmp_path: Path) -> Iterator[People]:
    """A new archive with one administrator."""
    archive, administrator = founded
    home, clock = tmp_path / "home", Clock()
    shutil.copytree(archive.home, home)
    service = open_service(replace(archive, home=home, clock=clock))
    yield People(service, clock, administrator)
    service.database.close()


@pytest.fixture
def events(people: People) -> Callable[[], list[str]]:
    """The names of all security events so far."""
    from oais.functions.security_log import read_log

    return lambda: [event.event for event in read_log(people.service, most=10_000).events][::-1]
