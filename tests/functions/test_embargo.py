"""An embargo in an archive: computed from deliveries and declarations at every question, never stored."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from oais.archive import Archive, open_archive
from oais.database import people, requests
from oais.database.people import Person
from oais.database.requests import Owner
from oais.errors import InvalidError, NotFoundError, RefusedError
from oais.functions.access.decisions import ClosedError, LoginMayHelpError
from oais.functions.access.facade import Access, open_access
from oais.functions.access.question import Question
from oais.functions.data_management import rebuild_index
from oais.functions.embargo.declaring import (
    declare_complete,
    take_back_completion,
    take_back_waiver,
    waive_embargo,
)
from oais.functions.embargo.inputs import all_requests, moment_of
from oais.functions.embargo.listing import list_embargoes
from oais.functions.ingest import ingest
from oais.functions.people.authority import OPERATOR
from oais.functions.people.principals import principal_for
from oais.functions.policy.calendar import calendar
from oais.functions.policy.comparing import compare
from oais.functions.policy.explaining import explain, supposed_visit
from oais.functions.policy.history import LOG, policy_history
from oais.functions.policy.recording import record_policies
from oais.functions.security_log import read_log
from oais.functions.service import Service, open_service
from oais.information.chained_log import broken_lines
from oais.information.representation.inspection import Inspector
from policies.access import ANONYMOUS, Principal, Role
from policies.loading import load_policies
from tests.functions.deliveries import TAGS, write_bag
from tests.functions.embargoed import REQUEST, RULES, SECRET, deliver

DAY = timedelta(days=1)


def at(text: str) -> datetime:
    """A moment in UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.fixture
def service(archive: Archive, inspector: Inspector, tmp_path: Path) -> Service:
    """Two visits of one request, one file of science demonstration, and one that names no request."""
    (archive.home / "policies" / "access.yaml").write_text(RULES)
    for visit in ("V1", "V2"):
        deliver(archive, inspector, tmp_path, visit, f"observation_request: OR 1\nvisit: {visit}\n")
    deliver(archive, inspector, tmp_path, "demo", "observation_request: OR 2\nvalues: {progtype: '40'}\n")
    deliver(archive, inspector, tmp_path, "nameless", "title: of no request\n")
    rebuild_index(archive)
    return open_service(archive)


def person(service: Service, login: str, role: str = "registered") -> str:
    """Enter an account and return its identifier."""
    made = Person(
        login=login,
        name=login.title(),
        email=f"{login}@example.org",
        role=role,
        state="active",
        created_at="",
    )
    with service.database.writing() as connection:
        people.add(connection, made)
    return made.identifier


def owner(service: Service, login: str = "pi") -> str:
    """Enter the PI of the request."""
    identifier = person(service, login)
    with service.database.writing() as connection:
        requests.assign(connection, [Owner(REQUEST, identifier, "PI")])
    return identifier


def asked(service: Service, moment: datetime, who: Principal = ANONYMOUS) -> Access:
    """The access of somebody at a moment."""
    return open_access(service.archive, who, service.database).asked_by(who, moment)


def had(service: Service, moment: datetime, who: Principal = ANONYMOUS) -> list[str]:
    """The packages whose file is handed out then."""
    found = []
    for name in ("V1", "V2", "demo", "nameless"):
        try:
            opened = asked(service, moment, who).open_file(name, SECRET)
        except ClosedError:
            continue
        assert opened.disk_path.read_bytes() == name.encode()
        found.append(name)
    return found


def test_the_visits_of_a_request_flip_together(service: Service) -> None:
    """Nothing declared: private. One visit: eighteen months. Both: a year, at one and the same moment."""
    assert had(service, at("2030-01-01")) == ["demo"]
    declare_complete(service, OPERATOR, REQUEST, "V1", "2024-02-29")
    assert had(service, at("2025-08-29") - DAY / 86400) == ["demo"]
    assert had(service, at("2025-08-29")) == ["V1", "V2", "demo"]
    declare_complete(service, OPERATOR, REQUEST, "V2", "2024-03-10T23:30:00-02:00")
    assert had(service, at("2025-03-11") - DAY / 86400) == ["demo"]
    assert had(service, at("2025-03-11")) == ["V1", "V2", "demo"]
    declare_complete(service, OPERATOR, REQUEST, "V3", "2026-01-01")
    assert had(service, at("2025-03-11")) == ["demo"]
    assert had(service, at("2025-08-29")) == ["V1", "V2", "demo"]
    take_back_completion(service, OPERATOR, REQUEST, "V3")
    assert had(service, at("2025-03-11")) == ["V1", "V2", "demo"]


def test_owner_and_nobody_else(service: Service) -> None:
    """The PI has the data before the release, a stranger is told to log in, another account to ask."""
    now = at("2024-06-01")
    declare_complete(service, OPERATOR, REQUEST, "V1", "2024-01-01")
    pi = principal_for(service, owner(service), now)
    other = principal_for(service, person(service, "other"), now)
    assert had(service, now, pi) == ["V1", "V2", "demo"]
    assert had(service, now, other) == ["demo"]
    with pytest.raises(LoginMayHelpError):
        asked(service, now).open_file("V1", SECRET)
    with pytest.raises(ClosedError) as refused:
        asked(service, now, other).open_file("V1", SECRET)
    assert refused.value.http_status == 403
    assert refused.value.decision.release_at == at("2025-07-01")


def test_lists_show_padlocks_by_request(service: Service) -> None:
    """Search and places lock what is private to whoever asks; everything is described to everybody."""
    now = at("2024-06-01")
    declare_complete(service, OPERATOR, REQUEST, "V1", "2024-01-01")
    locks = {hit.aip_id: hit.locked for hit in asked(service, now).find(Question()).hits}
    assert locks == {"V1": True, "V2": True, "demo": False, "nameless": True}
    pi = principal_for(service, owner(service), now)
    listed = asked(service, now, pi).node("generic/products").aips
    assert {card.aip_id: card.locked for card in listed} == locks | {"V1": False, "V2": False}


def test_a_page_tells_from_what_the_release_comes(service: Service) -> None:
    """Request, rule, visits and basis stand in the view, after the release as well."""
    declare_complete(service, OPERATOR, REQUEST, "V1", "2024-01-01")
    for moment in (at("2024-06-01"), at("2026-06-01")):
        note = asked(service, moment).show("V2").access.release
        assert note is not None
        assert (note.request, note.released_at) == (REQUEST, "2025-07-01T00:00:00+00:00")
        assert note.basis == "the completion of the first visit"
        assert {visit.name: visit.completed_at for visit in note.visits} == {
            "V1": "2024-01-01T00:00:00+00:00",
            "V2": "",
        }
        assert "12 months after its last visit" in note.rule


def test_a_waiver_is_the_owners(service: Service) -> None:
    """The PI or an archivist gives up the rest, says why, and can take it back; others cannot."""
    now = service.now()
    pi, other = owner(service), person(service, "other")
    declare_complete(service, OPERATOR, REQUEST, "V1", "2026-11-01")
    with pytest.raises(RefusedError):
        waive_embargo(service, other, REQUEST, "2026-11-02", "please")
    with pytest.raises(InvalidError):
        waive_embargo(service, pi, REQUEST, "2026-11-02", " ")
    with pytest.raises(RefusedError):
        declare_complete(service, pi, REQUEST, "V1", "2020-01-01")
    waive_embargo(service, pi, REQUEST, "2026-11-02", "published")
    assert had(service, now) == ["V1", "V2", "demo"]
    note = asked(service, now).show("V1").access.release
    assert note is not None
    assert (note.waived_by, note.waiver_reason) == ("Pi", "published")
    take_back_waiver(service, person(service, "keeper", "archivist"), REQUEST)
    assert had(service, now) == ["demo"]
    events = [event.event for event in read_log(service).events]
    assert events == ["waiver taken back", "embargo waived", "visit complete"]


def test_what_makes_no_sense_is_refused(service: Service) -> None:
    """A misspelt request, a day that is none, a visit of tomorrow, and undoing what was never done."""
    with pytest.raises(NotFoundError):
        declare_complete(service, OPERATOR, "generic:OR1", "V1", "2024-01-01")
    for text in ("yesterday", "2024-02-30", "2024-01-01T10:00:00", ""):
        with pytest.raises(InvalidError):
            declare_complete(service, OPERATOR, REQUEST, "V1", text)
    with pytest.raises(InvalidError):
        declare_complete(service, OPERATOR, REQUEST, "V1", "2027-01-01")
    with pytest.raises(InvalidError):
        declare_complete(service, OPERATOR, REQUEST, " ", "2024-01-01")
    with pytest.raises(NotFoundError):
        take_back_completion(service, OPERATOR, REQUEST, "V1")
    with pytest.raises(NotFoundError):
        take_back_waiver(service, OPERATOR, REQUEST)
    assert read_log(service).total == 0


def test_what_the_provider_declares_counts_until_somebody_says_more(
    service: Service, inspector: Inspector, tmp_path: Path
) -> None:
    """Days in ``submission.yaml`` are inputs too; a declaration of the archive goes before them."""
    days = "[{visit: A, completed: 2024-01-01}, {visit: B, completed: 2024-02-01}]"
    told = f"embargo:\n  visits: {days}\n"
    deliver(service.archive, inspector, tmp_path, "A", f"observation_request: OR 3\nvisit: A\n{told}")
    rebuild_index(service.archive)
    release = asked(service, at("2024-06-01")).show("A").access.release_at
    assert release == "2025-02-01T00:00:00+00:00"
    declare_complete(service, OPERATOR, "generic:OR 3", "B", "2024-03-01")
    assert asked(service, at("2024-06-01")).show("A").access.release_at == "2025-03-01T00:00:00+00:00"


@pytest.mark.parametrize(
    ("days", "release"), [("1825", "2028-12-30"), ("0", "2024-01-01"), ("-1", ""), ("1e3", "")]
)
def test_periods_of_headers(
    service: Service, inspector: Inspector, tmp_path: Path, days: str, release: str
) -> None:
    """Where the policy asks them the headers' days count; what is no number of days gives no release."""
    period = f"values: {{period_after_first_visit: '{days}', period_after_last_visit: '{days}'}}\n"
    notes = f"observation_request: OR 4\nvisit: H\nproducts:\n  - path: data/secret.csv\n    {period}"
    deliver(service.archive, inspector, tmp_path, "H", notes)
    rebuild_index(service.archive)
    declare_complete(service, OPERATOR, "generic:OR 4", "H", "2024-01-01")
    found = explain(asked(service, at("2024-01-01")), "H", "anybody").release
    assert found is not None
    assert found.released_at[:10] == release
    assert bool(found.fault) is (release == "")


def test_a_package_of_two_requests_stays_private(
    service: Service, inspector: Inspector, tmp_path: Path
) -> None:
    """Which request's date would count nobody can say, so none does."""
    notes = "products:\n" + "".join(
        f"  - {{path: data/{name}.csv, values: {{observation_request: {name}, visit: v}}}}\n"
        for name in ("X", "Y")
    )
    tags = {**TAGS, "Submission-Agreement": "generic", "External-Identifier": "both"}
    bag = write_bag(
        tmp_path / "both.bag",
        {"X.csv": b"1\n", "Y.csv": b"2\n"},
        tags,
        extra_tags={"metadata/submission.yaml": notes.encode()},
    )
    assert ingest(service.archive, bag, inspector).receipt.status == "accepted"
    rebuild_index(service.archive)
    for name in ("X", "Y"):
        declare_complete(service, OPERATOR, f"generic:{name}", "v", "2000-01-01")
    assert asked(service, at("2026-01-01")).show("both").access.open is False


def test_explain_at_another_date_and_with_a_supposed_visit(service: Service) -> None:
    """What a declaration would do is shown before it is made, and nothing is kept of it."""
    declare_complete(service, OPERATOR, REQUEST, "V1", "2024-01-01")
    access = asked(service, at("2025-01-01"))
    told = explain(access, "V1@v1", "anybody")
    assert {answer.action: answer.allowed for answer in told.answers} == {
        "see": True,
        "read metadata": True,
        "download": False,
    }
    assert [layer.policy for layer in told.layers] == ["observers", "open"]
    supposed = explain(access, "V1", "anybody", supposed_visit("visit=V2,completed=2024-01-01"))
    assert supposed.release is not None
    assert supposed.release.released_at == "2025-01-01T00:00:00+00:00"
    assert supposed.answers[2].allowed
    assert had(service, at("2025-01-01")) == ["demo"]
    for text in ("visit=V2", "completed=2024-01-01", "visit=V2,completed=soon", "nonsense"):
        with pytest.raises(InvalidError):
            supposed_visit(text)
    with pytest.raises(InvalidError):
        explain(access, "generic", "anybody", supposed_visit("visit=V2,completed=2024-01-01"))
    with pytest.raises(NotFoundError):
        explain(access, "nothing", "anybody")


def test_the_calendar_lists_what_will_change(service: Service) -> None:
    """Releases of requests and days of policies, in order and within the days asked for."""
    declare_complete(service, OPERATOR, REQUEST, "V1", "2024-01-01")
    rules = service.archive.home / "policies" / "access.yaml"
    rules.write_text(f"opening: {{opens: 2024-05-01}}\n{RULES}")
    access = asked(service, at("2024-01-01"))
    days = [(f"{day.at:%Y-%m-%d}", day.what, day.then) for day in calendar(access, access.now)]
    assert days == [
        ("2024-05-01", "the whole archive", "data: open"),
        ("2024-05-01", "the whole archive", "metadata: public"),
        ("2025-07-01", REQUEST, "data: open"),
    ]
    assert calendar(access, at("2024-05-02"), at("2025-07-01")) == []


def test_a_comparison_names_every_place_that_changes(service: Service, tmp_path: Path) -> None:
    """Other words, dates or exceptions are told before they are in force; the same text changes nothing."""
    now = service.archive.policies
    other = tmp_path / "other"
    for text, changed in (
        (RULES, []),
        (RULES.replace("12 months", "11 months"), ["generic/products"]),
        (RULES.replace("'40'", "'41'"), ["generic/products"]),
        (RULES.replace("free", "for everybody"), None),
    ):
        files = {"access.yaml": text}
        for path in (service.archive.home / "policies" / "agreements").iterdir():
            files[f"agreements/{path.name}"] = path.read_text("utf-8")
        for name, content in files.items():
            (other / name).parent.mkdir(parents=True, exist_ok=True)
            (other / name).write_text(content, "utf-8")
        changes = compare(now, load_policies(other))
        assert changed is None or [change.node for change in changes] == changed
        assert changed is not None or len(changes) == len(now.tree.nodes())


def test_every_policy_that_comes_in_force_is_recorded(service: Service) -> None:
    """At the start and at each change, once, with the digest; a faulty text never comes in force."""
    record_policies(service)
    record_policies(service)
    rules = service.archive.home / "policies" / "access.yaml"
    first = service.archive.policies.digest
    rules.write_text(RULES + "# a word more\n")
    second = service.archive.policies.digest
    rules.write_text("policies: {")
    assert service.archive.policies.digest == second
    assert [change.digest for change in policy_history(service.archive.home)] == [second, first]
    events = read_log(service).events
    assert [(event.event, event.subject) for event in events] == [
        ("policies in force", second),
        ("policies in force", first),
    ]


@pytest.mark.parametrize("kept", [1, 100, -1])
def test_a_record_of_policies_that_a_crash_cut_short_gives_way(service: Service, kept: int) -> None:
    """It was never acknowledged: the archive starts, and records once what is in force."""
    record_policies(service)
    log = service.archive.home / LOG
    whole = log.read_bytes()
    rules = service.archive.home / "policies" / "access.yaml"
    rules.write_text(RULES + "# a word more\n")
    digest = service.archive.policies.digest
    log.write_bytes(whole + log.read_bytes()[len(whole) :][:kept])
    assert len(policy_history(service.archive.home)) == 1
    again = open_service(open_archive(service.archive.home))
    record_policies(again)
    assert policy_history(service.archive.home)[0].digest == digest
    assert log.read_bytes().startswith(whole)
    assert list(broken_lines(log.read_bytes().splitlines())) == []


def test_all_requests_are_listed(service: Service) -> None:
    """Those of packages and those that were only declared, with their visits."""
    declare_complete(service, OPERATOR, REQUEST, "V9", "2024-01-01")
    listed = {known.identifier: len(known.visits) for known in all_requests(
        asked(service, service.now()).index, service.database
    )}  # fmt: skip
    assert listed == {REQUEST: 3, "generic:OR 2": 1}


def test_what_no_date_ever_releases_is_pointed_out(service: Service) -> None:
    """A package under an embargo that names no request: what is excepted, or names one, is none."""
    now = at("2030-01-01")
    staff = asked(service, now, Principal("operator", Role.ARCHIVIST))
    listed = list_embargoes(staff)
    assert listed.nameless == ("nameless",)
    assert "names no observation request" in listed.hint
    hints = {name: explain(asked(service, now), name, "anybody").hint for name in ("nameless", "demo", "V1")}
    assert [name for name, hint in hints.items() if hint] == ["nameless"]
    assert hints["nameless"] == listed.hint
    (service.archive.home / "policies" / "access.yaml").write_text(
        RULES.replace("policy: observers", "policy: open, override: all of it is released")
    )
    assert list_embargoes(staff).nameless == ()
    assert explain(asked(service, now), "nameless", "anybody").hint == ""


@pytest.mark.parametrize(
    "text",
    [
        "0001-01-01T00:00:00+14:00",
        "9999-12-31T23:59:59-14:00",
        "0000-01-01",
        "2016-12-31T23:59:60Z",
        "x" * 10,
    ],
)
def test_a_day_that_utc_does_not_have_is_none(text: str) -> None:
    """Whoever delivers writes the dates of a release: none of them may stop the pages that ask for it."""
    assert moment_of(text) is None
