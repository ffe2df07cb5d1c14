"""The queue of letters: through faults and crashes, to one recipient (table H, H7 and H10)."""

from __future__ import annotations

import logging
import mailbox
from contextlib import suppress
from pathlib import Path

import pytest

from oais.database import mail_queue
from oais.database.mail_queue import QueuedLetter
from oais.errors import ConfigurationError
from oais.functions.administration import tell_status
from oais.functions.mailing import link, queue_mail, send_due
from oais.functions.mailing.sending import WAITS
from oais.functions.security_log import read_log
from oais.functions.service import Service
from oais.mail import Letter, Subject, parse_address
from tests.functions.serving import StillClock, still_service
from tests.mail.servers import DROP, PostOffice, mail_server

SECRET = "ABCD-EFGH-JKMN"
LETTER = Letter(parse_address("ada@example.org"), Subject.ACCESS_CODE, f"Your code is {SECRET}\n")


@pytest.fixture
def clock() -> StillClock:
    """The time, in the test's hand."""
    return StillClock()


@pytest.fixture
def service(tmp_path: Path, clock: StillClock) -> Service:
    """A service whose mail goes to its Maildir."""
    return still_service(tmp_path / "home", clock)


def by_server(home: Path, clock: StillClock, office: PostOffice) -> Service:
    """A service whose mail goes to a server."""
    return still_service(
        home,
        clock,
        mail_transport="smtp",
        mail_from="archive@example.org",
        smtp_host="127.0.0.1",
        smtp_port=office.port,
        smtp_security="none",
    )


def put(service: Service, letter: Letter = LETTER) -> None:
    """Queue a letter in a transaction of its own."""
    with service.database.writing() as connection:
        queue_mail(connection, service, letter)


def fates(service: Service) -> list[QueuedLetter]:
    """The letters that were sent or given up."""
    with service.database.reading() as connection:
        return mail_queue.ended(connection)


def waiting(service: Service) -> int:
    """How many letters wait."""
    with service.database.reading() as connection:
        return mail_queue.waiting(connection)


def outbox(service: Service) -> list[str]:
    """The texts in the Maildir."""
    folder = mailbox.Maildir(service.archive.home / "mail", create=False)
    return [str(message.get_payload(decode=True), "utf-8") for message in folder]  # type: ignore[arg-type]


def test_a_letter_is_sent_once_and_then_forgotten(service: Service) -> None:
    """It reaches the outbox signed with the archive's name; the queue keeps that it was sent, not what."""
    put(service)
    assert send_due(service) == 1
    assert send_due(service) == 0
    (text,) = outbox(service)
    assert SECRET in text
    assert text.endswith("Test archive\nhttps://archive.example.org/\nAnswers to this mail are not read.\n")
    (fate,) = fates(service)
    assert (fate.envelope, fate.fault, fate.attempts, fate.sent_at) == ("", "", 1, service.archive.now())


def test_a_letter_is_queued_with_its_cause_or_not_at_all(service: Service) -> None:
    """What is taken back takes its letter back too."""
    with suppress(RuntimeError), service.database.writing() as connection:
        queue_mail(connection, service, LETTER)
        raise RuntimeError
    assert send_due(service) == 0
    assert waiting(service) == 0


def test_the_database_tells_neither_address_nor_text(service: Service) -> None:
    """A copy of the database, its log of writes included, holds the letter sealed only."""
    put(service)
    bytes_on_disk = b"".join(path.read_bytes() for path in service.archive.home.glob("oais.sqlite*"))
    assert b"mail_queue" in bytes_on_disk
    for secret in (SECRET, "ada@example.org"):
        assert secret.encode() not in bytes_on_disk


def test_links_come_from_the_settings(service: Service) -> None:
    """No other name of the site ever stands in a letter."""
    assert link(service, "/code") == "https://archive.example.org/code"


@pytest.mark.parametrize(("answer", "fault"), [("451 later", "SMTP 451"), (DROP, "SMTPServerDisconnected")])
def test_a_passing_fault_is_tried_again_with_longer_and_longer_waits(
    tmp_path: Path, clock: StillClock, answer: str, fault: str
) -> None:
    """After each attempt the letter waits its time, and in the end it goes out, with the same Message-ID."""
    with mail_server(PostOffice(to_message=answer)) as office:
        service = by_server(tmp_path / "home", clock, office)
        put(service)
        for wait in WAITS[:3]:
            assert send_due(service) == 0
            clock.now += wait
            clock.move(seconds=-1)
            attempts = len(office.recipients)
            assert send_due(service) == 0
            assert len(office.recipients) == attempts
            clock.move(seconds=1)
        office.to_message = "250 OK"
        assert send_due(service) == 1
        (fate,) = fates(service)
        (message,) = office.messages()
        assert office.recipients == ["ada@example.org"] * 4
        assert message["Message-ID"] == f"<{fate.identifier}@example.org>"
        assert fate.attempts == 4


def test_a_letter_is_given_up_in_the_end(tmp_path: Path, clock: StillClock) -> None:
    """A server that never takes it is asked a limited number of times."""
    with mail_server(PostOffice(to_recipient="450 busy")) as office:
        service = by_server(tmp_path / "home", clock, office)
        put(service)
        for wait in (*WAITS, WAITS[-1], WAITS[-1]):
            assert send_due(service) == 0
            clock.now += wait
        (fate,) = fates(service)
        assert (fate.fault, fate.attempts, fate.envelope) == ("SMTP 450", len(WAITS) + 1, "")
        assert len(office.recipients) == len(WAITS) + 1


def test_a_refused_letter_is_not_tried_again_and_holds_nobody_up(tmp_path: Path, clock: StillClock) -> None:
    """A 5xx ends one letter; the next one goes out in the same round, and nothing that was said is kept."""
    with mail_server(PostOffice(to_recipient=f"550 {SECRET} unknown")) as office:
        service = by_server(tmp_path / "home", clock, office)
        put(service)
        put(service)
        assert send_due(service) == 0
        assert [fate.fault for fate in fates(service)] == ["SMTP 550", "SMTP 550"]
        assert SECRET not in repr(fates(service))


def test_a_passing_fault_ends_the_round(tmp_path: Path, clock: StillClock) -> None:
    """A server in trouble is not asked once for each letter that waits."""
    with mail_server(PostOffice(to_recipient="421 shutting down")) as office:
        service = by_server(tmp_path / "home", clock, office)
        put(service)
        put(service)
        assert send_due(service) == 0
        assert len(office.recipients) == 1
        assert waiting(service) == 2


@pytest.mark.parametrize("sent", [False, True], ids=["before sending", "between sending and recording"])
def test_a_crash_loses_no_letter(
    service: Service, clock: StillClock, monkeypatch: pytest.MonkeyPatch, sent: bool
) -> None:
    """A letter whose worker died is tried again by the next one, after a while and never at once."""

    class Crash(BaseException):
        pass

    def crash(*_: object) -> None:
        raise Crash

    put(service)
    with monkeypatch.context() as patched:
        step = "oais.functions.mailing.sending._record" if sent else "oais.mail.transports.Maildir.send"
        patched.setattr(step, crash)
        with pytest.raises(Crash):
            send_due(service)
    assert send_due(service) == 0
    clock.move(minutes=10)
    assert send_due(service) == 1
    assert len(outbox(service)) == 1 + sent


def test_a_letter_out_of_date_is_not_sent(service: Service, clock: StillClock) -> None:
    """A code that has run out is not worth a mail."""
    with service.database.writing() as connection:
        queue_mail(connection, service, LETTER, until=clock.now)
    assert send_due(service) == 0
    assert [fate.fault for fate in fates(service)] == ["out of date"]


def test_a_letter_of_another_key_is_given_up(service: Service) -> None:
    """With a lost service key the old letters cannot be read, and the new ones go out."""
    put(service)
    other = Service(archive=service.archive, database=service.database, secret=b"x" * 32)
    put(other)
    assert send_due(other) == 1
    assert sorted(fate.fault for fate in fates(service)) == ["", "sealed with another key"]


def test_an_outbox_that_cannot_be_written_is_a_passing_fault(service: Service, clock: StillClock) -> None:
    """When the disk is well again the letter goes out."""
    put(service)
    blocked = service.archive.home / "mail"
    blocked.write_text("")
    assert send_due(service) == 0
    blocked.unlink()
    clock.now += WAITS[0]
    assert send_due(service) == 1


def test_mail_that_cannot_be_written_is_told(service: Service, clock: StillClock) -> None:
    """`oais status` warns while letters wait and after they were given up; the security log names those."""
    before = tell_status(service.archive).warnings
    assert not any("letters" in warning for warning in before)
    box = service.archive.home / "mail"
    box.write_text("")
    put(service)
    send_due(service)
    (told,) = set(tell_status(service.archive).warnings) - set(before)
    assert told == "letters that could not be sent and are tried again: 1 (the outbox cannot be written)"
    for wait in WAITS:
        clock.now += wait
        send_due(service)
    (told,) = set(tell_status(service.archive).warnings) - set(before)
    assert told == "letters given up in the last 30 days after 8 tries: 1"
    event = read_log(service).events[0]
    assert (event.event, event.facts["fault"]) == ("letter given up", "the outbox cannot be written")
    assert event.subject == fates(service)[0].identifier


def test_wrong_settings_are_told_before_a_letter_is_touched(tmp_path: Path, clock: StillClock) -> None:
    """A sender that is no address stops the sending, and the letter still waits untried."""
    service = still_service(tmp_path / "home", clock, mail_from="nobody")
    put(service)
    with pytest.raises(ConfigurationError, match="mail_from"):
        send_due(service)
    assert waiting(service) == 1


def test_answers_and_bounces_are_not_read(service: Service) -> None:
    """Whatever lies in the outbox is left as it is and changes nothing."""
    put(service)
    send_due(service)
    crafted = (
        b"Content-Type: multipart/report; report-type=delivery-status\n\nFinal-Recipient: rfc822; "
        b"ada@example.org\nAction: failed\nStatus: 5.1.1\n\nSubject: unsubscribe\n"
    )
    bounce = service.archive.home / "mail" / "new" / "1.bounce"
    bounce.write_bytes(crafted)
    before = fates(service)
    put(service)
    assert send_due(service) == 1
    assert before[0] in fates(service)
    assert bounce.read_bytes() == crafted


def test_old_fates_are_forgotten(service: Service, clock: StillClock) -> None:
    """After a month the queue does not even know that a letter was sent."""
    put(service)
    send_due(service)
    clock.move(days=31)
    send_due(service)
    assert fates(service) == []


def test_no_log_line_repeats_a_letter(
    tmp_path: Path, clock: StillClock, caplog: pytest.LogCaptureFixture
) -> None:
    """At the most talkative level of logging neither the code nor the address is said."""
    with mail_server(PostOffice(to_message=f"554 {SECRET}")) as office, caplog.at_level(logging.DEBUG):
        service = by_server(tmp_path / "home", clock, office)
        put(service)
        send_due(service)
    ours = [line.getMessage() for line in caplog.records if not line.name.startswith(("mail.", "asyncio"))]
    assert not any(SECRET in line or "ada@" in line for line in ours)


def test_two_workers_do_not_take_the_same_letter(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    """While one worker sends, the letter is not due for another."""
    put(service)
    inner: list[int] = []

    def slow(_self: object, _message: object) -> None:
        inner.append(send_due(service) if not inner else 0)

    monkeypatch.setattr("oais.mail.transports.Maildir.send", slow)
    assert send_due(service) == 1
    assert inner == [0]
