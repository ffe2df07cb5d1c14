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


def planned(home: Path, *lines: str) -> Path:
    """A plan with these lines below its head."""
    path = home.parent / "plan.csv"
    path.write_text("\n".join(["request,visit,at", *lines, ""]), "utf-8")
    return path


def test_a_plan_of_many_visits_is_told_row_by_row(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """All that lie ahead, a hundred in a letter and none left out; told again there is nothing to say."""
    plan = planned(
        home,
        "tess:OR-1,past,2020-01-01",
        *(f"tess:OR-1,V{n},2027-03-01T10:{n % 60:02}:00Z" for n in range(130)),
    )
    for letters in (2, 0):
        assert main(["notify", "plan", str(plan), "--home", str(home), "--json"]) == 0
        assert json.loads(capsys.readouterr().out) == {"visits": 131, "past": 1, "letters": letters}
    assert main(["notify", "send", "--home", str(home)]) == 0
    mails = list(mailbox.Maildir(home / "mail", create=True))
    text = "".join(mail.get_payload(decode=True).decode() for mail in mails)  # type: ignore[union-attr]
    assert [mail["Subject"] for mail in mails] == ["Upcoming observation"] * 2
    assert all(f"tess:OR-1 visit V{n}, planned for 2027-03-01 10:{n % 60:02} UTC" in text for n in range(130))
    assert "past" not in text


def test_a_plan_with_faults_tells_nobody_and_names_every_line(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Each line with what is wrong in it, also where a request is nobody's; then no letter is queued."""
    plan = planned(
        home,
        "tess:OR-1,V1,2027-03-01",
        "tess:OR-1,V1,2027-03-02",
        "mars:OR-1,V2,2027-03-01",
        "tess:OR-1,V3,soon",
        "tess:OR-1,V4,2027-03-01T10:00:00",
        "tess:OR-1,,2027-03-01",
        "tess:OR-9,V5,2027-03-01",
        "tess:OR-1,V6,2027-03-01,more",
        '"tess:OR-1","V7"',
    )
    assert main(["notify", "plan", str(plan), "--home", str(home)]) == 2
    told = " ".join(capsys.readouterr().err.split())
    for fault in (
        "line 3: the visit stands in line 2 already",
        "line 4: found the request 'mars:OR-1'",
        "line 5: 'soon' is no day and no moment",
        "line 6: '2027-03-01T10:00:00' is no day and no moment",
        "line 7: the visit has no name",
        "line 8: the observation request 'tess:OR-9' belongs to nobody",
        "line 9: expected three columns",
        "line 10: expected three columns",
        "mend these lines; nobody was told anything",
    ):
        assert fault in told, told
    assert "line 2:" not in told
    assert main(["notify", "send", "--home", str(home)]) == 0
    assert subjects(home) == []
    assert main(["notify", "plan", str(planned(home, "tess:OR-1,V1,2027-03-01")), "--home", str(home)]) == 0


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"a,b\n",
        b"request,visit,at\n",
        b"\xff\xfe",
        b"request,visit,at\n\0",
        b'request,visit,at\n"' + b"x" * 200_000,
    ],
    ids=["nothing", "other columns", "no visit", "no text", "a zero byte", "an endless field"],
)
def test_what_is_no_plan_is_told(home: Path, capsys: pytest.CaptureFixture[str], content: bytes) -> None:
    """An empty file, other columns, no visit, no text: what is expected, and never a traceback."""
    plan = home.parent / "plan.csv"
    plan.write_bytes(content)
    assert main(["notify", "plan", str(plan), "--home", str(home)]) == 2
    told = capsys.readouterr().err
    assert "Traceback" not in told
    assert "UTF-8" in told or "visit" in told or "line 2" in told or "no CSV" in told


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
