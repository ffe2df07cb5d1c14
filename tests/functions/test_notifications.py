"""Notices: each at most once, to whom they concern, and of nothing that he may not know (CB-02)."""

from __future__ import annotations

import mailbox
import shutil
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from aip.audit import AuditResult
from oais.database import embargoes, people, requests
from oais.database.embargoes import Completion
from oais.database.people import Person
from oais.database.requests import Owner
from oais.errors import NotFoundError, RefusedError
from oais.functions.access.question import Question
from oais.functions.administration import initialise
from oais.functions.audit import AuditSummary
from oais.functions.data_management import rebuild_index
from oais.functions.mailing import send_due
from oais.functions.notifications import (
    announce_upcoming,
    notify_due,
    report_damage,
    subscribe,
    subscriptions_of,
    unsubscribe,
    unsubscribe_by_link,
)
from oais.functions.notifications.subscriptions import MOST_SUBSCRIPTIONS
from oais.functions.service import Service, open_service
from oais.functions.submission import submit
from oais.information.findings import Finding, Severity
from tests.functions.deliveries import TAGS, write_bag
from tests.functions.serving import StillClock

REQUEST = "generic:OR-1"
EMBARGOED = """\
  embargoed:
    metadata: public
    data: embargo
    rule: {after_last_visit: 12 months}
    then: open
    reason: proprietary
nodes:
  - {node: generic/products, policy: embargoed}
"""
HIDDEN = "nodes:\n  - {node: generic/products, policy: hidden}\n"

Deliver = Callable[..., None]


@pytest.fixture
def clock() -> StillClock:
    """The time, in the test's hand."""
    return StillClock()


@pytest.fixture
def service(tmp_path: Path, clock: StillClock) -> Service:
    """An archive with people that already told what there was to tell: nothing."""
    archive = replace(initialise(tmp_path / "home", name="Test archive"), clock=clock)
    opened = open_service(archive)
    assert notify_due(opened) == 0
    return opened


@pytest.fixture
def deliver(service: Service, tmp_path: Path) -> Deliver:
    """Take in a bag of the observation request, or a spoiled one."""

    def take(identifier: str, content: bytes = b"1\n", *, visit: str = "V1", sound: bool = True) -> None:
        tags = {**TAGS, "Submission-Agreement": "generic", "External-Identifier": identifier}
        notes = f"title: Data of {identifier}\nobservation_request: OR-1\nvisit: {visit}\n"
        bag = write_bag(
            tmp_path / f"{identifier}.{len(content)}.bag",
            {"a.csv": content},
            tags,
            extra_tags={"metadata/submission.yaml": notes.encode()},
        )
        if not sound:
            (bag / "data" / "a.csv").write_bytes(b"spoiled\n")
        (told,) = submit(service.archive, [bag])
        assert told.receipt is not None

    return take


def person(service: Service, login: str, role: str = "registered", state: str = "active") -> str:
    """Enter an account and return its identifier."""
    made = Person(
        login=login,
        name=login.title(),
        email=f"{login}@example.org",
        role=role,
        state=state,
        created_at=service.archive.now(),
    )
    with service.database.writing() as connection:
        people.add(connection, made)
    return made.identifier


def own(service: Service, identifier: str) -> None:
    """Make somebody PI of the observation request."""
    with service.database.writing() as connection:
        requests.assign(connection, [Owner(REQUEST, identifier, "PI")])


def rule(service: Service, rules: str) -> None:
    """Put other access rules in force."""
    path = service.archive.home / "policies" / "access.yaml"
    path.write_text(path.read_text("utf-8").replace("nodes: []\n", "") + rules, "utf-8")


def mails(service: Service) -> list[tuple[str, str, str]]:
    """Send what waits, empty the outbox, and return whom, subject and text of each mail."""
    send_due(service)
    folder = mailbox.Maildir(service.archive.home / "mail", create=True)
    told = [
        (mail["To"], mail["Subject"], str(mail.get_payload(decode=True), "utf-8"))  # type: ignore[arg-type]
        for mail in folder
    ]
    folder.clear()
    return sorted(told)


def test_a_pi_hears_once_of_each_new_version(service: Service, deliver: Deliver) -> None:
    """The mail names request, visit and address; the same delivery again, or a new index, is no news."""
    own(service, person(service, "ada"))
    person(service, "bob")
    deliver("one", visit="V7")
    assert notify_due(service) == 1
    ((to, subject, text),) = mails(service)
    assert (to, subject) == ("ada@example.org", "New data of your observation request")
    assert "generic:OR-1 visit V7: Data of one\n    http://127.0.0.1:8000/aip/one/v1\n" in text
    deliver("one", visit="V7")
    rebuild_index(service.archive)
    assert notify_due(service) == 0
    deliver("one", b"22\n", visit="V7")
    assert notify_due(service) == 1
    assert "/aip/one/v2" in mails(service)[0][2]


def test_one_letter_tells_of_all_that_came(service: Service, deliver: Deliver) -> None:
    """Several packages at once make one mail."""
    own(service, person(service, "ada"))
    for name in ("one", "two", "three"):
        deliver(name)
    assert notify_due(service) == 1
    assert mails(service)[0][2].count("/aip/") == 3


def test_what_was_there_before_is_no_news(
    service: Service, deliver: Deliver, clock: StillClock, tmp_path: Path
) -> None:
    """An archive that begins to send notices is silent about what it holds."""
    deliver("one")
    (service.archive.home / "oais.sqlite").unlink()
    for leftover in service.archive.home.glob("oais.sqlite-*"):
        leftover.unlink()
    fresh = open_service(service.archive)
    own(fresh, person(fresh, "ada"))
    assert notify_due(fresh) == 0
    assert notify_due(fresh) == 0
    deliver("two")
    assert notify_due(fresh) == 1


def test_what_is_not_findable_yet_is_told_when_it_is(service: Service, deliver: Deliver) -> None:
    """A letter never leads to a page that is not there."""
    own(service, person(service, "ada"))
    deliver("one")
    index = service.archive.index_root
    aside = index.with_name("aside")
    index.rename(aside)
    initial = initialise(service.archive.home.parent / "empty", name="x")
    shutil.copytree(initial.index_root, index)
    assert notify_due(service) == 0
    shutil.rmtree(index)
    aside.rename(index)
    assert notify_due(service) == 1


def test_subscribers_hear_of_what_their_search_finds(service: Service, deliver: Deliver) -> None:
    """A place of the tree and a search alike; nothing else, and an owner is not told twice."""
    ada, bob = person(service, "ada"), person(service, "bob")
    own(service, ada)
    subscribe(service, ada, "all", Question(node="generic"))
    subscribe(service, bob, "ones", Question(words="one"))
    subscribe(service, bob, "elsewhere", Question(node="tess"))
    deliver("one")
    deliver("two")
    assert notify_due(service) == 2
    (to_ada, to_bob) = mails(service)
    assert to_ada[:2] == ("ada@example.org", "New data of your observation request")
    assert to_bob[:2] == ("bob@example.org", "New data in the archive")
    assert "/aip/one/v1" in to_bob[2]
    assert "/aip/two" not in to_bob[2]
    assert notify_due(service) == 0


def test_nobody_hears_of_what_he_may_not_know(service: Service, deliver: Deliver) -> None:
    """Hidden data are no news for a subscriber, nor for anybody after they were told to nobody."""
    subscribe(service, person(service, "bob"), "all", Question(node="generic"))
    subscribe(service, person(service, "archie", role="archivist"), "all", Question(node="generic"))
    deliver("one")
    rule(service, HIDDEN)
    assert notify_due(service) == 1
    ((to, _, _),) = mails(service)
    assert to == "archie@example.org"


@pytest.mark.parametrize("state", ["disabled", "pending", "expired"])
def test_an_account_that_may_not_be_used_hears_nothing(
    service: Service, deliver: Deliver, state: str
) -> None:
    """Neither as owner nor as subscriber."""
    ada = person(service, "ada", state=state)
    own(service, ada)
    subscribe(service, ada, "all", Question())
    deliver("one")
    assert notify_due(service) == 0


def test_a_letter_and_its_note_come_to_be_together(
    service: Service, deliver: Deliver, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After a crash in the middle of telling, everything is told, once."""
    own(service, person(service, "ada"))
    deliver("one")
    with monkeypatch.context() as patched:
        patched.setattr("oais.database.notices.add_read", lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            notify_due(service)
    assert mails(service) == []
    assert notify_due(service) == 1
    assert notify_due(service) == 0


def test_two_workers_tell_once(service: Service, deliver: Deliver, monkeypatch: pytest.MonkeyPatch) -> None:
    """A worker that finds another one telling the same at the same moment adds nothing."""
    own(service, person(service, "ada"))
    deliver("one")
    asked: list[int] = []

    def other_first(*_: object) -> list[object]:
        if not asked:
            asked.append(0)
            asked.append(notify_due(service))
        return []

    monkeypatch.setattr("oais.functions.notifications.new_data._to_subscribers", other_first)
    assert notify_due(service) == 0
    assert asked == [0, 1]
    assert len(mails(service)) == 1


def test_a_round_with_nothing_to_tell_writes_nothing(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A worker may ask every second: the database is read and not written."""
    notify_due(service)
    monkeypatch.setattr("oais.database.engine.Database.writing", lambda _self: pytest.fail("it was written"))
    assert notify_due(service) == 0


def test_administrators_hear_of_refused_deliveries(service: Service, deliver: Deliver) -> None:
    """Each refusal once, with the command that shows why."""
    person(service, "root", role="administrator")
    deliver("bad", sound=False)
    assert notify_due(service) == 1
    assert notify_due(service) == 0
    ((to, subject, text),) = mails(service)
    assert (to, subject) == ("root@example.org", "A delivery was refused")
    assert "bad.2.bag of Any organization\n    oais receipt r20261121T120000Z-" in text


def audited(message: str) -> AuditSummary:
    """An audit that found this."""
    found = Finding("AUD-001", Severity.ERROR, "", "v1/content/a.csv", message, "restore it")
    damaged = AuditResult("one", 1, "", "", (), 1, 1, (found,))
    return AuditSummary("", "", 1, 1, 1, (damaged,))


def test_administrators_hear_of_damage_once(service: Service) -> None:
    """The same damage found every night is told once, another one again."""
    person(service, "root", role="administrator")
    assert [report_damage(service, audited("gone")) for _ in range(3)] == [1, 0, 0]
    assert report_damage(service, audited("changed")) == 1
    texts = [text for _, _, text in mails(service)]
    assert len(texts) == 2
    assert "one: gone" in "".join(texts)


def test_owners_hear_before_their_embargo_ends(service: Service, deliver: Deliver, clock: StillClock) -> None:
    """Within the days of the setting, once for each date; a date that moves is news again."""
    own(service, person(service, "ada"))
    deliver("one")
    notify_due(service)
    mails(service)
    rule(service, EMBARGOED)

    def completed(day: str) -> None:
        with service.database.writing() as connection:
            embargoes.complete(
                connection,
                Completion(
                    request=REQUEST,
                    visit="V1",
                    completed_at=day,
                    declared_by="",
                    declared_at=clock.now.isoformat(),
                ),
            )

    completed("2026-11-21T00:00:00.000000Z")
    clock.now = datetime(2027, 10, 21, tzinfo=UTC)
    assert notify_due(service) == 0
    clock.move(days=1)
    assert notify_due(service) == 1
    ((to, subject, text),) = mails(service)
    assert (to, subject) == ("ada@example.org", "Your data become public soon")
    assert "generic:OR-1, public from 2027-11-21 00:00 UTC on" in text
    clock.move(days=1)
    assert notify_due(service) == 0
    completed("2026-11-22T00:00:00.000000Z")
    clock.move(days=1)
    assert notify_due(service) == 1
    clock.move(days=60)
    assert notify_due(service) == 0


def test_owners_hear_of_planned_visits(service: Service) -> None:
    """Once for each visit and time, and a request of nobody is a fault."""
    own(service, person(service, "ada"))
    at = datetime(2027, 1, 5, 14, 30, tzinfo=UTC)
    assert [announce_upcoming(service, REQUEST, "V2", at) for _ in range(2)] == [1, 0]
    assert announce_upcoming(service, REQUEST, "V2", at.replace(hour=16)) == 1
    texts = "".join(text for _, _, text in mails(service))
    assert "generic:OR-1 visit V2, planned for 2027-01-05 14:30 UTC" in texts
    with pytest.raises(NotFoundError, match="belongs to nobody"):
        announce_upcoming(service, "generic:OR-9", "V1", at)


def test_a_plan_that_comes_in_tells_the_owners(
    service: Service, deliver: Deliver, tmp_path: Path, clock: StillClock
) -> None:
    """Each visit that a planning product foretells once, its owner alone, and never as new data (CB-02)."""
    own(service, person(service, "ada"))
    person(service, "bob")

    def plan(content: bytes, **visits: str) -> None:
        lines = [
            f"  - {{path: 'data/{visit}.txt', values: {{visit: {visit}, t_min: '{at}'}}}}"
            for visit, at in visits.items()
        ]
        notes = "\n".join(["title: Plan", "kind: planning", "observation_request: OR-1", "products:", *lines])
        bag = write_bag(
            tmp_path / f"plan{len(content)}",
            {f"{visit}.txt": content + visit.encode() for visit in visits},
            {**TAGS, "Submission-Agreement": "generic", "External-Identifier": "plan"},
            extra_tags={"metadata/submission.yaml": notes.encode()},
        )
        (told,) = submit(service.archive, [bag])
        assert told.receipt is not None
        assert told.receipt.status == "accepted", told.receipt.findings

    plan(b"1", V1="2026-11-20T10:00:00", V2="2027-01-05T14:30:00", V3="2027-02-01T00:00:00")
    assert notify_due(service) == 1
    ((to, subject, text),) = mails(service)
    assert (to, subject) == ("ada@example.org", "Upcoming observation")
    assert "generic:OR-1 visit V2, planned for 2027-01-05 14:30 UTC\n    http" in text
    assert "/aip/plan/v1\n" in text
    assert "visit V3, planned for 2027-02-01 00:00" in text
    assert "V1" not in text  # that was yesterday
    assert announce_upcoming(service, REQUEST, "V2", datetime(2027, 1, 5, 14, 30, tzinfo=UTC)) == 0
    rebuild_index(service.archive)
    assert notify_due(service) == 0
    plan(b"22", V2="2027-01-05T14:30:00", V3="2027-02-02T06:00:00")
    assert notify_due(service) == 1
    ((_, _, text),) = mails(service)
    assert "visit V3, planned for 2027-02-02 06:00 UTC" in text
    assert "V2" not in text
    deliver("data", visit="V2")
    assert notify_due(service) == 1
    assert mails(service)[0][1] == "New data of your observation request"


def test_a_plan_tells_nobody_of_the_requests_of_others(service: Service, tmp_path: Path) -> None:
    """One plan of two requests: each owner hears of his own."""
    ada, bob = person(service, "ada"), person(service, "bob")
    with service.database.writing() as connection:
        requests.assign(connection, [Owner("generic:OR-1", ada, "PI"), Owner("generic:OR-2", bob, "PI")])
    planned = "values: {{visit: V{0}, observation_request: OR-{0}, t_min: '2027-01-05'}}"
    lines = [f"  - {{path: data/{n}.txt, {planned.format(n)}}}" for n in (1, 2)]
    bag = write_bag(
        tmp_path / "plan",
        {"1.txt": b"one", "2.txt": b"two"},
        {**TAGS, "Submission-Agreement": "generic", "External-Identifier": "plan"},
        extra_tags={"metadata/submission.yaml": "\n".join(["kind: planning", "products:", *lines]).encode()},
    )
    (told,) = submit(service.archive, [bag])
    assert told.receipt is not None
    assert told.receipt.status == "accepted", told.receipt.findings
    assert notify_due(service) == 2
    to_ada, to_bob = (text for _, _, text in mails(service))
    assert ("OR-1" in to_ada, "OR-2" in to_ada) == (True, False)
    assert ("OR-1" in to_bob, "OR-2" in to_bob) == (False, True)


def test_a_subscription_is_ended_by_its_owner_or_its_link(service: Service, deliver: Deliver) -> None:
    """Nobody else can end it, and a wrong proof is as a subscription that is not there."""
    ada, bob = person(service, "ada"), person(service, "bob")
    first = subscribe(service, ada, "all", Question(node="generic"))
    deliver("one")
    notify_due(service)
    address = next(
        line.partition(": ")[2] for line in mails(service)[0][2].splitlines() if "/unsubscribe/" in line
    )
    identifier, proof = address.split("/")[-2:]
    assert identifier == first.identifier
    for wrong in ("", "0" * 32, "é"):
        with pytest.raises(NotFoundError):
            unsubscribe_by_link(service, identifier, wrong)
    with pytest.raises(NotFoundError):
        unsubscribe(service, bob, identifier)
    assert len(subscriptions_of(service, ada)) == 1
    unsubscribe_by_link(service, identifier, proof)
    assert subscriptions_of(service, ada) == []
    again = subscribe(service, ada, "all", Question(node="generic"))
    unsubscribe(service, ada, again.identifier)
    assert subscriptions_of(service, ada) == []


def test_subscriptions_have_an_end(service: Service) -> None:
    """The same search twice is one subscription, and there is a most of them."""
    ada = person(service, "ada")
    for number in range(MOST_SUBSCRIPTIONS):
        subscribe(service, ada, "", Question(words=f"w{number}"))
    with pytest.raises(RefusedError, match="100 subscriptions"):
        subscribe(service, ada, "", Question(words="one more"))
