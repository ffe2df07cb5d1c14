"""The commands that tell people by mail."""

from __future__ import annotations

import json
import mailbox
from pathlib import Path

import pytest

from oais.archive import open_archive
from oais.cli import main
from oais.database import people, requests
from oais.database.people import Person
from oais.database.requests import Owner
from oais.functions.administration import initialise
from oais.functions.service import open_service
from oais.functions.storage import aip_store
from oais.functions.submission import submit
from tests.functions.deliveries import plain_bag


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """An archive with one PI who is an administrator too."""
    service = open_service(initialise(tmp_path / "home", name="Test archive"))
    now = service.archive.now()
    ada = Person(
        login="ada", name="Ada", email="ada@example.org", role="administrator", state="active", created_at=now
    )
    with service.database.writing() as connection:
        people.add(connection, ada)
        requests.assign(connection, [Owner("tess:OR-1", ada.identifier, "PI")])
    service.database.close()
    return tmp_path / "home"


def subjects(home: Path) -> list[str]:
    """The subjects of the mails in the outbox."""
    return sorted(mail["Subject"] for mail in mailbox.Maildir(home / "mail", create=True))


def test_a_planned_visit_is_announced_and_sent(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """One command queues the letter, the other sends what waits; a second time there is nothing to say."""
    announce = ["notify", "upcoming", "tess:OR-1", "V2", "2027-01-05T14:30:00", "--home", str(home)]
    for letters in (1, 0):
        assert main([*announce, "--json"]) == 0
        assert json.loads(capsys.readouterr().out) == {"letters": letters}
    assert main(["notify", "send", "--home", str(home)]) == 0
    assert capsys.readouterr().out == "queued 0 notices, sent 1 letters\n"
    assert subjects(home) == ["Upcoming observation"]


def test_a_request_of_nobody_is_told_in_words(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The exit code says wrong usage, the message what is missing."""
    assert main(["notify", "upcoming", "tess:OR-9", "V2", "2027-01-05", "--home", str(home)]) == 2
    assert "belongs to nobody" in capsys.readouterr().err


def damaged(home: Path) -> None:
    """Take something in and spoil a byte of it."""
    archive = open_archive(home)
    list(submit(archive, [plain_bag(home.parent / "one.bag", "one", {"a.csv": b"1\n"})]))
    (root,) = aip_store(archive).found_roots()
    file = next(path for path in root.rglob("a.csv"))
    file.chmod(0o644)
    file.write_bytes(b"2\n")


def test_an_audit_that_finds_damage_tells_the_administrators(home: Path) -> None:
    """Once for the same damage; the audit's own answer does not change."""
    damaged(home)
    for _ in range(2):
        assert main(["audit", "--all", "--home", str(home)]) == 3
    assert main(["notify", "send", "--home", str(home)]) == 0
    assert subjects(home) == ["An audit found damage"]


def test_an_audit_needs_nobody_to_tell(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Broken policies stand in the way of a letter, not of the proof."""
    damaged(home)
    (home / "policies" / "access.yaml").write_text("policies: [")
    assert main(["audit", "--all", "--home", str(home)]) == 3
    told = capsys.readouterr()
    assert "1 damaged" in told.out


def test_an_audit_of_an_archive_without_people_makes_no_database(home: Path) -> None:
    """Who only proves changes nothing."""
    damaged(home)
    for path in (*home.glob("oais.sqlite*"), home / "keys" / "service.key"):
        path.unlink()
    assert main(["audit", "--all", "--home", str(home)]) == 3
    assert list(home.glob("oais.sqlite*")) == []
