"""The desk's policies and embargoes, and what a page tells of a private object."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from urllib.parse import unquote

import pytest
from starlette.testclient import TestClient

from oais.archive import Archive, open_archive
from oais.database import requests
from oais.database.requests import Owner
from oais.functions.administration import initialise
from oais.functions.data_management import rebuild_index
from oais.functions.embargo.declaring import declare_complete
from oais.functions.people.authority import OPERATOR
from oais.functions.policy import desk
from oais.functions.service import Service, open_service
from oais.information.representation.inspection import Inspector
from oais.web.app import create_app
from policies.principals import Role
from tests.functions.embargoed import REQUEST, RULES, SECRET, deliver
from tests.web.people import PASSWORD, Visitor, account, enter

Open = Callable[[], TestClient]
AS_JSON = {"Accept": "application/json"}
FILE = f"/aip/V1/v1/files/{SECRET}"


@pytest.fixture(scope="module")
def beginning(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Home of an archive with two visits of a request, the first complete not long ago, and three people."""
    place = tmp_path_factory.mktemp("desk")
    archive: Archive = initialise(place / "home", name="Embargoed")
    (archive.home / "policies" / "access.yaml").write_text(RULES)
    with Inspector(workers=1) as inspector:
        for visit in ("V1", "V2"):
            deliver(archive, inspector, place, visit, f"observation_request: OR 1\nvisit: {visit}\n")
    rebuild_index(archive)
    service = open_service(archive)
    declare_complete(service, OPERATOR, REQUEST, "V1", f"{service.now():%Y-%m-%d}")
    account(service, "keeper", Role.ARCHIVIST)
    account(service, "reader")
    owner = account(service, "owner")
    with service.database.writing() as connection:
        requests.assign(connection, [Owner(REQUEST, owner.identifier, "PI")])
    service.database.close()
    return archive.home


@pytest.fixture
def service(beginning: Path, tmp_path: Path) -> Iterator[Service]:
    """That archive before anybody changed anything in it."""
    shutil.copytree(beginning, tmp_path / "home", symlinks=True)
    service = open_service(open_archive(tmp_path / "home"))
    yield service
    service.database.close()


@pytest.fixture
def browse(service: Service) -> Open:
    """Opens another browser at the site."""
    app = create_app(service.archive, service=service)
    return lambda: TestClient(app, base_url="http://localhost", follow_redirects=False)


@pytest.fixture
def keeper(browse: Open) -> Visitor:
    """The archivist, logged in."""
    return enter(browse(), "keeper")


def test_a_private_package_says_why_until_when_and_from_which_visits(browse: Open) -> None:
    """To everybody, on its page, at its place and in JSON; the data themselves answer 401 to strangers."""
    client = browse()
    for address in ("/aip/V1", "/tree/generic/products", f"/aip/V2/v1/products/{SECRET}"):
        page = client.get(address).text
        for told in (
            "generic:OR 1",
            "Visit V1",
            "Visit V2",
            "not declared complete",
            "18 months after its first",
        ):
            assert told in page, (address, told)
    told = client.get("/aip/V1", headers={"Accept": "application/json"}).json()["access"]
    assert (told["open"], told["word"], told["step"]) == (False, "embargo", "log in")
    assert told["release"]["basis"] == "the completion of the first visit"
    assert told["release_at"] == told["release"]["released_at"]
    assert client.get(FILE).status_code == 401
    assert enter(browse(), "reader").client.get(FILE).status_code == 403
    assert enter(browse(), "owner").client.get(FILE).content == b"V1"


def test_my_account_leads_to_the_data_of_my_requests(browse: Open) -> None:
    """Each request has a link to all its packages, and from there to choosing files of them."""
    client = enter(browse(), "owner").client
    link = re.search(r'href="(/search\?request=[^"]+)">Show', client.get("/me").text)
    assert link is not None
    found = client.get(link[1], headers=AS_JSON).json()
    assert [hit["aip_id"] for hit in found["hits"]] == ["V1", "V2"]
    page = client.get(link[1]).text
    assert f'value="{REQUEST}"' in page
    choose = re.search(r'href="(/choose\?request=[^"]+)"', page)
    assert choose is not None
    ticks = client.get(choose[1], headers=AS_JSON).json()["ticks"]
    assert [tick["reference"].partition("@")[0] for tick in ticks] == ["V1", "V2"]


def test_padlocks_in_the_tree_follow_the_packages(browse: Open, keeper: Visitor) -> None:
    """A place whose packages are private to a stranger is locked for him, and not for their owner."""
    address = "/tree/generic"
    lock = '<span class="lock">'
    assert lock in browse().get(address).text
    assert lock not in enter(browse(), "owner").client.get(address).text
    assert lock not in keeper.client.get(address).text


@pytest.mark.parametrize("address", ["/desk/policies", "/desk/policies/explain", "/desk/policies/calendar",
                                     "/desk/embargoes"])  # fmt: skip
def test_the_desk_is_for_the_staff(browse: Open, keeper: Visitor, address: str) -> None:
    """A stranger is asked to log in, a reader refused, an archivist shown."""
    assert browse().get(address).status_code in {303, 401}
    assert enter(browse(), "reader").client.get(address).status_code == 403
    assert keeper.client.get(address).status_code == 200


def test_faults_of_a_change_stand_on_the_desk(service: Service, keeper: Visitor) -> None:
    """The page names the line of each fault and says what is in force meanwhile."""
    rules = service.archive.home / "policies" / "access.yaml"
    digest = service.archive.policies.digest
    rules.write_text("policies:\n  a: {metadata: pubic, data: open, reason: x}\n")
    page = keeper.client.get("/desk/policies").text
    rules.write_text(RULES)
    assert "access.yaml:2" in page
    assert digest in page
    assert "did you mean" in page
    assert "access.yaml:2" not in keeper.client.get("/desk/policies").text


def test_a_decision_is_explained(keeper: Visitor) -> None:
    """For a login, on a day, with a supposed visit; what cannot be is told, not guessed."""
    here = "/desk/policies/explain"
    ask = keeper.client.get
    as_owner = ask(here, params={"about": "V1", "login": "owner"}).text
    assert as_owner.count("Yes.") == 3
    assert ask(here, params={"about": "V1", "login": "reader"}).text.count("No.") == 1
    assert ask(here, params={"about": "V1", "at": "2099-01-01"}).text.count("Yes.") == 3
    supposed = "visit=V1,completed=2001-01-01"
    assert ask(here, params={"about": "V1", "supposed": supposed}).text.count("Yes.") == 3
    assert ask(here, params={"about": "V1", "supposed": "soon"}).status_code == 422
    assert ask(here, params={"about": "V1", "at": "soon"}).status_code == 422
    assert ask(here, params={"about": "nothing"}).status_code == 404
    assert ask(here, params={"about": "V1", "login": "nobody"}).status_code == 404


def test_visits_and_waivers_are_declared_on_the_desk(browse: Open, keeper: Visitor) -> None:
    """What is declared counts at the next request, and can be taken back."""
    stranger = browse()
    form = {"request": REQUEST, "visit": "V2", "completed_at": "2001-01-01"}
    assert keeper.send("/desk/embargoes/complete", **form).status_code == 303
    assert "complete 2001-01-01" in keeper.client.get("/desk/embargoes").text
    assert stranger.get(FILE).status_code == 200
    assert keeper.send("/desk/embargoes/complete", **{**form, "completed_at": ""}).status_code == 303
    assert stranger.get(FILE).status_code == 401
    waiver = {"request": REQUEST, "waived_at": "2002-02-02", "reason": "published"}
    assert keeper.send("/desk/embargoes/waive", **waiver).status_code == 303
    assert "published" in stranger.get("/aip/V1").text
    assert stranger.get(FILE).status_code == 200
    assert keeper.send("/desk/embargoes/waive", request=REQUEST).status_code == 303
    assert stranger.get(FILE).status_code == 401


def test_an_owner_waives_his_own_embargo_and_no_other(
    service: Service, browse: Open, keeper: Visitor
) -> None:
    """The button is the owner's, beside when it would end anyway; somebody else's form is refused."""
    reader, owner = enter(browse(), "reader"), enter(browse(), "owner")
    form = {"request": REQUEST, "reason": "published early"}
    assert reader.send("/me/waiver", **form).status_code == 403
    page = partial(owner.client.get, "/me/waiver", params={"observation": REQUEST})
    today = f"{service.now():%Y-%m-%d}"
    for visit, day, told in (
        ("V1", "", "No day is known on which they would become public"),
        ("V1", "2026-02-28", "Without it they become public on 2027-08-28 00:00:00 UTC."),
        ("V2", "2026-03-01", "Without it they become public on 2027-03-01 00:00:00 UTC."),
        ("V2", "", "Without it they become public on 2027-08-28 00:00:00 UTC."),
        ("V1", today, "Without it they become public on"),
    ):
        keeper.send("/desk/embargoes/complete", request=REQUEST, visit=visit, completed_at=day)
        assert told in page().text
    assert page(headers=AS_JSON).json()["releases"][0]["released_at"] > today
    assert owner.send("/me/waiver", **form).status_code == 303
    assert "there is nothing left to give up" in page().text
    other = owner.client.get("/me/waiver", params={"observation": "generic:none"}).text
    assert "holds no data of generic:none under an embargo" in other
    assert browse().get(FILE).status_code == 200
    assert keeper.send("/desk/embargoes/waive", request=REQUEST).status_code == 303


def test_owners_and_delegates_are_told_when_their_data_become_public(service: Service, browse: Open) -> None:
    """On one's own page, on both sides of a delegation, and to programs: the day the package's page tells."""
    declare_complete(service, OPERATOR, REQUEST, "V1", f"{service.now():%Y-%m-%d}")
    owner, reader = enter(browse(), "owner"), enter(browse(), "reader")
    assert owner.send("/me/delegations", request=REQUEST, delegate="reader").status_code == 303
    day = browse().get("/aip/V1", headers=AS_JSON).json()["access"]["release_at"]
    assert day
    assert f'datetime="{day}"' in owner.client.get("/me").text
    assert owner.client.get("/api/v1/me").json()["releases"][0]["released_at"] == day
    for side in (owner.client, reader.client):
        assert f'datetime="{day}"' in side.get("/me/delegations").text
        (told,) = side.get("/api/v1/me/delegations").json()["releases"]
        assert (told["request"], told["released_at"]) == (REQUEST, day)
    assert f'datetime="{day}"' not in reader.client.get("/me").text


def test_the_calendar_is_shown(keeper: Visitor) -> None:
    """The day of the next release stands there, in JSON as well."""
    told = keeper.client.get("/desk/policies/calendar", headers={"Accept": "application/json"}).json()
    assert [day["what"] for day in told["days"]] == [REQUEST]
    assert REQUEST in keeper.client.get("/desk/policies/calendar").text


def test_every_change_of_the_policies_is_a_security_event(service: Service, browse: Open) -> None:
    """Without a restart: the next request has the new policy, and the log its digest."""
    rules = service.archive.home / "policies" / "access.yaml"
    client = browse()
    rules.write_text(RULES.replace("observers", "watchers"))
    assert (
        "watchers" in client.get("/aip/V1", headers={"Accept": "application/json"}).json()["access"]["policy"]
    )
    rules.write_text(RULES)
    client.get("/")
    log = (service.archive.home / "ledger" / "security.jsonl").read_text().splitlines()
    events = [json.loads(line) for line in log]
    digests = [event["subject"] for event in events if event["event"] == "policies in force"]
    assert digests[-1] == service.archive.policies.digest
    assert len(digests) >= 3


def test_programs_ask_and_declare_the_same(browse: Open, keeper: Visitor) -> None:
    """The same functions answer in JSON; a field that is not known is refused, and so is a stranger."""
    client, basic = browse(), ("keeper", PASSWORD)
    told = client.get("/api/v1/policies/explain", params={"about": "V1"}, auth=basic).json()
    assert told["release"]["request"] == REQUEST
    assert client.get("/api/v1/policies/calendar", auth=basic).json()["days"][0]["what"] == REQUEST
    assert client.get("/api/v1/embargoes", auth=basic).json()["releases"][0]["request"] == REQUEST
    assert client.get("/api/v1/embargoes").status_code == 401
    waiver = {"request": REQUEST, "waived_at": "2002-02-02", "reason": "published"}
    here = "/api/v1/embargoes/waive"
    assert client.post(here, json={**waiver, "role": "admin"}, auth=basic).status_code == 422
    assert client.post(here, json=waiver, auth=("reader", PASSWORD)).status_code == 403
    assert client.post(here, json=waiver, auth=("owner", PASSWORD)).json()["waived_by"] == "Owner"
    assert keeper.send("/desk/embargoes/waive", request=REQUEST).status_code == 303
    visit = {"request": REQUEST, "visit": "V2", "completed_at": "2001-01-01"}
    complete = "/api/v1/embargoes/complete"
    assert client.post(complete, json=visit, auth=("owner", PASSWORD)).status_code == 403
    assert client.post(complete, json=visit, auth=basic).json()["visit"] == "V2"
    assert keeper.send("/desk/embargoes/complete", request=REQUEST, visit="V2").status_code == 303


def test_the_desk_points_out_what_was_hardly_meant(service: Service, keeper: Visitor, tmp_path: Path) -> None:
    """A package that no date will release, and a group that nobody made."""
    assert "Private for ever" not in keeper.client.get("/desk/embargoes").text
    with Inspector(workers=1) as inspector:
        deliver(service.archive, inspector, tmp_path, "nameless", "title: of no request\n")
    rebuild_index(service.archive)
    page = keeper.client.get("/desk/embargoes").text
    assert "Private for ever" in page
    assert '<a class="mono" href="/aip/nameless">' in page
    assert "Private for ever" in keeper.client.get("/desk/policies/explain?about=nameless").text
    assert "probably not as meant" not in keeper.client.get("/desk/policies").text
    words = f"  team: {{metadata: public, data: group, groups: [{'0' * 32}], reason: a team}}\n"
    rules = service.archive.home / "policies" / "access.yaml"
    rules.write_text(RULES.replace("nodes:", f"{words}nodes:"))
    page = keeper.client.get("/desk/policies").text
    assert "In force, and probably not as meant." in page
    assert "0" * 32 in page
    rules.write_text(RULES)


def test_places_are_leafed_through(keeper: Visitor, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each place of the tree stands on one page with its words, however many places there are."""
    every = [place["node"] for place in keeper.client.get("/desk/policies", headers=AS_JSON).json()["places"]]
    monkeypatch.setattr(desk, "PLACES_SHOWN", 7)
    leafed: list[str] = []
    address = "/desk/policies"
    while address:
        page = keeper.client.get(address).text
        shown = re.findall(r'href="/desk/policies/explain\?about=([^"]+)"', page)
        assert 1 <= len(shown) <= 7
        leafed += map(unquote, shown)
        later = re.search(r'rel="next" href="([^"]+)"', page)
        address = f"/desk/policies{later[1]}" if later else ""
    assert leafed == every
    assert len(every) > 14
    assert keeper.client.get("/desk/policies?page=0").status_code == 400
    assert "nothing there" in keeper.client.get("/desk/policies?page=99").text
