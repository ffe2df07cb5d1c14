"""The embargo of CHEOPS at the site: requests of several visits, exempt programmes, public exceptions.

Acceptance rows CB-06 to CB-09, asked at the doors at which people ask, second by second.
"""

from __future__ import annotations

import io
import json
import re
import zipfile
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from oais.archive import Archive
from oais.functions.administration import initialise
from oais.functions.data_management import rebuild_index
from oais.functions.people.authority import OPERATOR
from oais.functions.people.registration import import_people
from oais.functions.security_log import path_of
from oais.functions.service import Service, open_service
from oais.information.representation.inspection import Inspector
from oais.web.app import create_app
from policies.principals import Role
from search_index.index import Index
from tests.functions.embargoed import REQUEST, SECRET, deliver
from tests.functions.serving import StillClock
from tests.web.people import Visitor, account, enter

RULES = """
policies:
  open: {metadata: public, data: open, reason: free}
  observers:
    metadata: public
    data: embargo
    rule: {after_last_visit: 12 months, after_first_visit: 18 months}
    reason: private to its owners
    exceptions:
      - {kinds: [calibration], reason: reference files are public}
      - {values: {progtype: ['40']}, reason: science demonstration is public}
nodes:
  - {node: generic/products, policy: observers}
"""
OVERRIDDEN = RULES.replace(
    "{node: generic/products, policy: observers}",
    "{node: generic/products, policy: open, override: commissioning data are shown to all}",
)
VISITS = ("V1", "V2", "V3")
ALL = (*VISITS, "other", "demo1", "demo2", "flat")
EXEMPT = ["demo1", "demo2", "flat"]
PEOPLE = """login,name,email,role,requests
pia,Pia,pia@example.org,PI,generic:OR 1;
coco,Coco,coco@example.org,co-PI,generic:OR 1;
paul,Paul,paul@example.org,PI,generic:OR 2;
"""
AS_JSON = {"Accept": "application/json"}


class Site:
    """The archive with its people and a clock in the test's hand."""

    def __init__(self, service: Service, clock: StillClock) -> None:
        self.service, self.clock = service, clock

    def browser(self, login: str = "") -> TestClient:
        """A browser, where somebody is logged in if named."""
        app = create_app(self.service.archive, service=self.service)
        client = TestClient(app, base_url="http://localhost", follow_redirects=False)
        if login:
            enter(client, login)
        return client

    def at(self, text: str, *, seconds: int = 0) -> None:
        """Let it be so many seconds after a moment in UTC."""
        self.clock.now = datetime.fromisoformat(f"{text}T00:00:00+00:00")
        self.clock.move(seconds=seconds)

    def complete(self, visit: str, day: str) -> None:
        """Declare a visit complete at the desk, as of a day."""
        form = {"request": REQUEST, "visit": visit, "completed_at": day}
        assert Visitor(self.desk()).send("/desk/embargoes/complete", **form).status_code == 303

    def desk(self) -> TestClient:
        """The archivist's browser."""
        return self.browser("keeper")

    def had(self, client: TestClient) -> list[str]:
        """Of which packages the file is given, whole, by range, to HEAD and to a guess of its validator."""
        found = []
        for name in ALL:
            address = f"/aip/{name}/v1/files/{SECRET}"
            whole = client.get(address)
            others = (
                client.head(address),
                client.get(address, headers={"Range": "bytes=0-0"}),
                client.get(address, headers={"If-None-Match": '"guess"'}),
            )
            assert {answer.status_code < 300 for answer in others} == {whole.status_code == 200}
            if whole.status_code == 200:
                assert whole.content == name.encode()
                found.append(name)
        return found


@pytest.fixture
def site(tmp_path: Path, inspector: Inspector) -> Site:
    """Three visits of a request, one of somebody else's, two of a programme that is exempt, a flat."""
    clock = StillClock()
    archive: Archive = initialise(tmp_path / "home", name="Embargoed")
    archive = replace(archive, clock=clock)
    (archive.home / "policies" / "access.yaml").write_text(RULES)
    notes = {name: f"observation_request: OR 1\nvisit: {name}\n" for name in VISITS}
    notes["other"] = "observation_request: OR 2\nvisit: W1\n"
    notes |= {
        f"demo{n}": f"observation_request: OR 3\nvisit: D{n}\nvalues: {{progtype: '40'}}\n" for n in (1, 2)
    }
    notes["flat"] = "observation_request: OR 1\nvisit: V1\nkind: calibration\n"
    for name, text in notes.items():
        deliver(archive, inspector, tmp_path, name, text)
    rebuild_index(archive)
    service = open_service(archive)
    account(service, "keeper", Role.ARCHIVIST)
    account(service, "reader")
    for login in ("pia", "coco", "paul"):
        account(service, login)
    import_people(service, OPERATOR, PEOPLE)
    return Site(service, clock)


def decision_in(package: bytes) -> dict[str, str]:
    """The decision that a package says it was released by."""
    with zipfile.ZipFile(io.BytesIO(package)) as opened:
        (record,) = [entry for entry in opened.namelist() if entry.endswith("access-decision.json")]
        decision: dict[str, str] = json.loads(opened.read(record))
    return decision


def test_all_visits_of_a_request_become_public_in_one_second(site: Site) -> None:
    """The earlier of last + 12 and first + 18 months, and a late visit moves the one only (CB-07)."""
    stranger = site.browser()
    assert site.had(stranger) == EXEMPT
    site.at("2028-06-01")
    site.complete("V1", "2028-02-29")
    site.complete("V2", "2028-03-10")
    # The third visit is not complete: only the first counts, eighteen months on.
    site.at("2029-08-29", seconds=-1)
    assert site.had(stranger) == EXEMPT
    site.at("2029-08-29")
    assert site.had(stranger) == [*VISITS, *EXEMPT]
    site.at("2028-06-01")
    site.complete("V3", "2028-05-20")
    site.at("2029-05-20", seconds=-1)
    assert site.had(stranger) == EXEMPT
    told = [stranger.get(f"/aip/{name}", headers=AS_JSON).json()["access"] for name in VISITS]
    assert {access["release_at"] for access in told} == {"2029-05-20T00:00:00+00:00"}
    assert [[visit["name"] for visit in access["release"]["visits"]] for access in told] == [[*VISITS]] * 3
    site.at("2029-05-20")
    assert site.had(stranger) == [*VISITS, *EXEMPT]
    package = stranger.get("/api/v1/package", params={"pick": ",".join(f"{name}@v1" for name in VISITS)})
    assert package.status_code == 200
    # A visit of long after: not before the first visit's end, and not a second later than it.
    site.complete("V4", "2029-05-19")
    assert site.had(stranger) == EXEMPT
    site.at("2029-08-29", seconds=-1)
    assert site.had(stranger) == EXEMPT
    site.at("2029-08-29")
    assert site.had(stranger) == [*VISITS, *EXEMPT]


def test_a_request_belongs_to_its_pi_and_co_pi_until_the_pi_gives_it_up(site: Site) -> None:
    """Owners have all its visits and no other request; a waiver opens all, with its giver (CB-06, CB-08)."""
    site.at("2028-06-01")
    site.complete("V1", "2028-05-01")
    for login, own in (("pia", VISITS), ("coco", VISITS), ("paul", ("other",)), ("reader", ())):
        assert site.had(site.browser(login)) == [*own, *EXEMPT], login
    pia, reader = Visitor(site.browser("pia")), site.browser("reader")
    assert pia.send("/me/delegations", request=REQUEST, delegate="reader").status_code == 303
    assert site.had(reader) == [*VISITS, *EXEMPT]
    passed_on = Visitor(reader).send("/me/delegations", request=REQUEST, delegate="paul")
    assert passed_on.status_code == 403
    given = re.search(r'name="delegation" value="(\w+)"', pia.client.get("/me/delegations").text)
    assert given is not None
    assert pia.send("/me/delegations/cancel", delegation=given[1]).status_code == 303
    assert site.had(reader) == EXEMPT
    assert Visitor(reader).send("/me/waiver", request=REQUEST, reason="mine").status_code == 403
    waiver = {"request": REQUEST, "reason": "the paper is out"}
    assert pia.send("/me/waiver", **waiver).status_code == 303
    assert site.had(site.browser()) == [*VISITS, *EXEMPT]
    access = site.browser().get("/aip/V2", headers=AS_JSON).json()["access"]
    assert access["release"]["waived_by"] == "Pia"
    assert access["release"]["waiver_reason"] == "the paper is out"


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("demo1", "science demonstration is public"),
        ("demo2", "science demonstration is public"),
        ("flat", "reference files are public"),
    ],
)
def test_an_excepted_product_is_public_and_says_by_which_rule(site: Site, name: str, why: str) -> None:
    """Before any visit is complete; page, explanation and package name the reason (CB-09)."""
    stranger, keeper = site.browser(), site.desk()
    access = stranger.get(f"/aip/{name}", headers=AS_JSON).json()["access"]
    assert (access["open"], access["word"], access["policy"]) == (True, "open", "observers")
    assert why in access["reason"]
    explained = keeper.get("/api/v1/policies/explain", params={"about": name}).json()
    assert any(why in answer["reason"] for answer in explained["answers"])
    assert why in keeper.get("/desk/policies/explain", params={"about": name}).text
    package = stranger.get("/api/v1/package", params={"pick": f"{name}@v1"})
    decision = decision_in(package.content)
    assert (decision["policy"], why in decision["reason"]) == ("observers", True)


def test_an_override_opens_a_place_with_its_reason(site: Site) -> None:
    """At the next request, whatever the visits; pages, desk and package show the reason (CB-09)."""
    stranger = site.browser()
    assert site.had(stranger) == EXEMPT
    (site.service.archive.home / "policies" / "access.yaml").write_text(OVERRIDDEN)
    assert site.had(stranger) == [*ALL]
    why = "free, overriding what stands above: commissioning data are shown to all"
    assert why in site.desk().get("/desk/policies").text
    access = stranger.get("/aip/V1", headers=AS_JSON).json()["access"]
    assert why in access["reason"]
    package = stranger.get("/api/v1/package", params={"pick": "V1@v1"})
    assert package.status_code == 200
    assert decision_in(package.content)["reason"] == access["reason"]
    assert "policies" in path_of(site.service.archive.home).read_text("utf-8")
    without_reason = OVERRIDDEN.replace(", override: commissioning data are shown to all", ", override: ''")
    (site.service.archive.home / "policies" / "access.yaml").write_text(without_reason)
    page = site.desk().get("/desk/policies").text
    assert "access.yaml:" in page
    assert site.had(stranger) == [*ALL]  # the rules of before stay in force


def test_a_page_of_visits_reads_once_what_decides_about_them(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whether its owner may have a visit, and whether all may, is decided by the same facts."""
    asked: list[object] = []
    told_of = Index.told_of

    def counted(index: Index, versions: Sequence[tuple[str, int]]) -> object:
        asked.append(versions)
        return told_of(index, versions)

    owner = site.browser("pia")
    monkeypatch.setattr(Index, "told_of", counted)
    visits = owner.get("/search", headers=AS_JSON).json()["visits"]
    assert {visit["status"] for visit in visits if not visit["locked"]} >= {"private", "public"}
    assert len(asked) == 1
