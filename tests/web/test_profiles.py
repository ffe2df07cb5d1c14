"""Profiles: saved selections of several places, used on the pages, over the API and at the command line."""

from __future__ import annotations

import io
import json
import re
import zipfile
from collections.abc import Callable
from pathlib import Path
from urllib.parse import unquote

import pytest
from starlette.testclient import TestClient

from oais.archive import Archive, open_archive
from oais.cli import main
from oais.functions.access.question import Question
from oais.functions.notifications.subscriptions import question_of, subscriptions_of
from oais.functions.orders.building import Worker
from oais.functions.people.saved import save_profile
from oais.functions.people.tokens import make_token
from oais.functions.service import Service, open_service
from oais.web.app import create_app
from policies.principals import Scope
from tests.web.conftest import HOUSEKEEPING, LIGHT_CURVE, PIXELS, copied
from tests.web.people import account, enter, stored

JSON = {"Accept": "application/json"}
NODES = ("tess/n1/light-curves/sector-5", "tess/gone")
TIME = ("2018-11-16", "2018-11-17")


@pytest.fixture
def service(archive: Archive, tmp_path: Path) -> Service:
    """The archive with ada and bob, all a test's own."""
    copied(archive, tmp_path / "home")
    (tmp_path / "home" / "oais.sqlite").unlink(missing_ok=True)
    service = open_service(open_archive(tmp_path / "home"))
    account(service, "ada")
    account(service, "bob")
    return service


@pytest.fixture
def browser(service: Service) -> Callable[[str], TestClient]:
    """A browser in which somebody logged in, or a stranger's without a login."""

    def opened(login: str = "") -> TestClient:
        app = create_app(service.archive, service=service)
        client = TestClient(app, base_url="http://localhost", follow_redirects=False)
        if login:
            enter(client, login)
        return client

    return opened


def saved(client: TestClient, name: str, *lines: str, **more: str) -> str:
    """Save a profile by the form of the page; return its identifier."""
    token = re.search(r'name="csrf" value="([^"]+)"', client.get("/me/queries").text)
    assert token is not None
    form = {"csrf": token[1], "name": name, "data_sets": "\n".join(lines), **more}
    answer = client.post("/me/profiles", data=form)
    assert answer.status_code == 303, answer.text
    (one,) = [one for one in client.get("/api/v1/me/profiles").json() if one["name"] == name]
    return str(one["identifier"])


def ticks(client: TestClient, address: str) -> set[str]:
    """The packages that a page of choosing offers."""
    answer = client.get(address, headers=JSON)
    assert answer.status_code == 200, answer.text
    return {tick["reference"].partition("@")[0] for tick in answer.json()["ticks"]}


def hits(client: TestClient, address: str) -> set[str]:
    """The packages that a search finds."""
    return {hit["aip_id"] for hit in client.get(address).json()["hits"]}


def payload(data: bytes) -> set[str]:
    """The packages in a delivery."""
    with zipfile.ZipFile(io.BytesIO(data)) as opened:
        assert opened.testzip() is None
        return {name.split("/")[2].partition(".v")[0] for name in opened.namelist() if "/data/" in name}


def test_a_profile_of_places_and_identifiers_is_chosen_from(browser: Callable[[str], TestClient]) -> None:
    """All it names is there to be ticked, what is gone is told, and its format goes along to the basket."""
    ada = browser("ada")
    profile = saved(ada, "Curves <&>", *NODES, f"/{HOUSEKEEPING} ", format="tar.gz")
    page = ada.get("/me/queries").text
    assert f'href="/choose?profile={profile}"' in page
    assert ticks(ada, f"/choose?profile={profile}") == {LIGHT_CURVE, HOUSEKEEPING}
    chosen = ada.get(f"/choose?profile={profile}").text
    assert "<code>tess/gone</code>: nothing in the archive answers to it" in chosen
    assert "Curves &lt;&amp;&gt;" in chosen
    token = re.search(r'name="csrf" value="([^"]+)"', chosen)
    assert token is not None
    form = {"csrf": token[1], "take": "all", "query": f"profile={profile}", "form": "tar.gz"}
    put = ada.post("/basket/picks", data=form)
    assert put.headers["location"] == "/basket?form=tar.gz"
    assert "<option selected>tar.gz</option>" in ada.get("/basket?form=tar.gz").text
    (kept,) = ada.get("/basket", headers=JSON).json()
    assert {line["pick"]["aip_id"] for line in kept["content"]["lines"]} == {LIGHT_CURVE, HOUSEKEEPING}
    assert ada.post("/basket/picks", data={**form, "form": "rar"}).status_code == 422


def test_a_profile_narrows_the_search_and_is_narrowed_by_it(browser: Callable[[str], TestClient]) -> None:
    """Pages, the API and links to choose keep it; words and places hold besides."""
    ada = browser("ada")
    profile = saved(ada, "two", "tess/n1", HOUSEKEEPING, "gone.for.ever")
    page = ada.get(f"/search?profile={profile}&q=tess").text
    assert f'<option value="{profile}" selected>two</option>' in page
    assert f'href="/choose?profile={profile}&amp;q=tess"' in page
    assert "<code>gone.for.ever</code>" in page
    assert hits(ada, "/api/v1/search") == {LIGHT_CURVE, HOUSEKEEPING, PIXELS}
    assert hits(ada, f"/api/v1/search?profile={profile}") == {LIGHT_CURVE, HOUSEKEEPING}
    assert hits(ada, f"/api/v1/search?profile={profile}&node=tess/n1") == {LIGHT_CURVE}
    assert hits(ada, f"/api/v1/search?profile={profile}&node=tess/n0") == set()
    assert ada.get(f"/api/v1/search?profile={profile}").json()["unknown"] == ["gone.for.ever"]
    assert '<select name="profile">' not in browser("bob").get("/search").text
    assert '<select name="profile">' not in browser("").get("/search").text


def test_the_interval_of_a_profile_holds_unless_another_is_asked_for(
    browser: Callable[[str], TestClient],
) -> None:
    """It selects and cuts as the same time in the address does, byte for byte."""
    ada = browser("ada")
    profile = saved(ada, "days", "tess/n1", starts=TIME[0], ends=TIME[1], format="zip")
    never = saved(ada, "before", "tess", ends="1990-01-01")
    assert ticks(ada, f"/choose?profile={never}") == set()
    assert ticks(ada, f"/choose?profile={never}&time=2018-11-16/") == {LIGHT_CURVE, PIXELS, HOUSEKEEPING}
    package = "/api/v1/package"
    by_profile = ada.get(f"{package}?profile={profile}")
    by_address = ada.get(f"{package}?dataset=tess/n1&start={TIME[0]}&end={TIME[1]}")
    assert by_profile.status_code == 200, by_profile.text
    assert by_profile.content == by_address.content
    assert "missed" not in by_profile.headers
    later = ada.get(f"{package}?profile={profile}&start=2018-11-20").content
    assert later == ada.get(f"{package}?dataset=tess/n1&start=2018-11-20").content
    assert later != by_profile.content
    assert ada.get(f"{package}?profile={never}").status_code == 404


def test_programs_order_by_a_profile(service: Service, browser: Callable[[str], TestClient]) -> None:
    """What is gone is named in a header and no error, unless the request itself names it; a token will do."""
    ada = browser("ada")
    profile = saved(ada, "sets", *NODES, "gone, too", HOUSEKEEPING, format="tar.gz")
    person = ada.get("/api/v1/me").json()["account"]["person"]["identifier"]
    secret = make_token(service, person, person, "t", [Scope.READ, Scope.DOWNLOAD]).secret
    program, bearer = browser(""), {"Authorization": f"Bearer {secret}"}
    for answer in (
        program.get(f"/api/v1/package?profile={profile}&format=zip", headers=bearer),
        program.post("/api/v1/orders", json={"profile": profile}, headers=bearer),
        program.post("/api/v1/baskets", json={"profile": profile}, headers=bearer),
    ):
        assert answer.status_code in {200, 202}, answer.text
        missed = [unquote(name) for name in answer.headers["missed"].split(", ")]
        assert missed == ["tess/gone", "gone, too"]
        if "application/zip" in answer.headers["content-type"]:
            assert payload(answer.content) == {LIGHT_CURVE, HOUSEKEEPING}
    (order,) = program.get("/api/v1/orders", headers=bearer).json()["orders"]
    assert order["form"] == "tar.gz"
    Worker(service).build_next()
    assert program.get(f"/api/v1/orders/{order['identifier']}", headers=bearer).json()["state"] == "available"
    asked = {"profile": profile, "ids": "nobody"}
    assert program.post("/api/v1/orders", json=asked, headers=bearer).status_code == 404
    blind = make_token(service, person, person, "d", [Scope.ACCOUNT]).secret
    for address in ("/api/v1/package", "/api/v1/search"):
        answer = program.get(f"{address}?profile={profile}", headers={"Authorization": f"Bearer {blind}"})
        assert answer.status_code == 404


def test_nobody_uses_what_another_keeps(browser: Callable[[str], TestClient]) -> None:
    """Another's profile answers exactly as one that never was, at each door, to accounts and strangers."""
    profile = saved(browser("ada"), "mine", "tess")
    for client in (browser("bob"), browser("")):
        for address in ("/choose", "/search", "/api/v1/search", "/api/v1/package"):
            theirs, nobodys = (client.get(f"{address}?profile={one}") for one in (profile, "0" * 32))
            assert theirs.status_code == nobodys.status_code == 404
            assert theirs.text.replace(profile, "0" * 32) == nobodys.text
        for address in ("/api/v1/orders", "/api/v1/baskets"):
            token = re.search(r'name="csrf" value="([^"]+)"', client.get("/basket").text)
            assert token is not None
            answer = client.post(address, json={"profile": profile}, headers={"X-CSRF-Token": token[1]})
            assert answer.status_code == 404


def test_a_search_within_a_deleted_profile_says_so_and_leads_on(browser: Callable[[str], TestClient]) -> None:
    """The page of a saved query offers the same without the profile, and the list of queries marks it."""
    ada = browser("ada")
    profile = saved(ada, "mine", "tess/n1")
    token = re.search(r'name="csrf" value="([^"]+)"', ada.get("/me/queries").text)
    assert token is not None
    query = f"q=tess&profile={profile}&level=N1"
    kept = ada.post("/me/queries", data={"csrf": token[1], "name": "Within", "query": query})
    assert kept.status_code == 303
    assert "was deleted" not in ada.get("/me/queries").text
    ada.post("/me/profiles/delete", data={"csrf": token[1], "identifier": profile})
    assert "asks within a profile that was deleted" in ada.get("/me/queries").text
    page = ada.get(f"/search?{query}", headers={"Accept": "text/html"})
    assert page.status_code == 404
    assert "<h1>That profile is gone</h1>" in page.text
    assert 'href="/search?q=tess&amp;level=N1"' in page.text
    assert 'href="/me/queries"' in page.text
    assert ada.get("/search?q=tess&level=N1").status_code == 200
    told = ada.get(f"/api/v1/search?{query}").json()
    assert "no such profile of yours" in told["detail"]
    assert "/me/queries" in told["remedy"]


def test_a_profile_selects_only_what_may_be_known(
    service: Service, browser: Callable[[str], TestClient]
) -> None:
    """A hidden place is told as one that is gone: in the same words, to whoever may not know of it."""
    ada = browser("ada")
    profile = saved(ada, "two", "tess/n1", "tess/n0")
    rules = service.archive.home / "policies" / "access.yaml"
    text = rules.read_text("utf-8")
    rules.write_text(
        re.sub(r"nodes:.*", "nodes:\n  - {node: tess/n1, policy: hidden}\n", text, flags=re.S), "utf-8"
    )
    answer = ada.get(f"/choose?profile={profile}", headers=JSON).json()
    assert {tick["reference"].partition("@")[0] for tick in answer["ticks"]} == {PIXELS}
    told_of = {"asked": "tess/n1", "reason": "nothing in the archive answers to it", "gone": False}
    assert answer["missed"] == [told_of]


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"starts": "yesterday"}, "&#39;yesterday/&#39; is not a time span"),
        ({"starts": "2020-01-01", "ends": "2019-01-01"}, "ends"),
        ({"format": "rar"}, "&#39;rar&#39; is no form of a package"),
    ],
)
def test_what_could_not_be_used_is_not_kept(
    browser: Callable[[str], TestClient], fields: dict[str, str], told: str
) -> None:
    """A time that is none and a form that is none are told when a profile is saved, not when it is used."""
    ada = browser("ada")
    page = ada.get("/me/queries").text
    token = re.search(r'name="csrf" value="([^"]+)"', page)
    assert token is not None
    form = {"csrf": token[1], "name": "wrong", "data_sets": "tess", **fields}
    answer = ada.post("/me/profiles", data=form)
    assert answer.status_code == 422
    assert told in answer.text
    assert ada.get("/api/v1/me/profiles").json() == []


def test_news_of_a_profile_are_those_of_what_it_names_at_that_time(
    service: Service, browser: Callable[[str], TestClient]
) -> None:
    """A subscription to a search within a profile is to that selection, never to all there is."""
    ada = browser("ada")
    profile = saved(ada, "curves", "tess/n1")
    token = re.search(r'name="csrf" value="([^"]+)"', ada.get("/me/queries").text)
    assert token is not None
    asked = {"name": "news", "query": f"profile={profile}"}
    headers = {"X-CSRF-Token": token[1]}
    assert ada.post("/api/v1/subscriptions", json=asked, headers=headers).status_code == 201
    (one,) = subscriptions_of(service, stored(service, "ada").identifier)
    assert question_of(one) == Question(among=("tess/n1",))


def test_the_commands_find_and_order_by_a_profile(
    service: Service, capsys: pytest.CaptureFixture[str]
) -> None:
    """``--profile NAME --owner LOGIN`` finds and orders what the page does; faults name what there is."""
    person = account(service, "cleo").identifier
    save_profile(service, person, "My sets", ["tess/n1", "tess/gone", HOUSEKEEPING])
    days = {"starts": TIME[0], "ends": TIME[1], "package_format": "tar.gz"}
    save_profile(service, person, "Days", ["tess/n1", "tess/gone"], **days)

    def run(*words: str) -> tuple[int, str]:
        capsys.readouterr()
        code = main(["find", *words, "--home", str(service.archive.home), "--json"])
        return code, capsys.readouterr().out

    code, told = run("--profile", "My sets", "--owner", "cleo")
    found = json.loads(told)
    assert code == 0
    assert {hit["aip_id"] for hit in found["hits"]} == {LIGHT_CURVE, HOUSEKEEPING}
    assert found["unknown"] == ["tess/gone"]
    words = ("order", "new", "--profile", "Days", "--owner", "cleo", "--home", str(service.archive.home))
    assert main([*words, "--json"]) == 0
    written = capsys.readouterr()
    order = json.loads(written.out)
    assert (order["form"], [pick["aip_id"] for pick in order["picks"]]) == ("tar.gz", [LIGHT_CURVE])
    assert order["tables"]
    assert "tess/gone" in written.err
    for wrong, said in (
        (("--profile", "My sets"), "give both --profile and --owner"),
        (("--profile", "theirs", "--owner", "cleo"), "name one of these: Days, My sets"),
        (("--profile", "My sets", "--owner", "ada"), "ada keeps no profile"),
        (("--profile", "My sets", "--owner", "nobody"), "there is no account"),
    ):
        code, told = run(*wrong)
        assert code != 0
        assert said in told
