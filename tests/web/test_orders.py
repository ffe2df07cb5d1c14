"""Baskets and orders over HTTP: chosen, ordered, fetched whole and in parts, and only by who may."""

from __future__ import annotations

import html
import io
import json
import random
import re
import tarfile
import zipfile
from dataclasses import replace
from io import FileIO
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from oais.archive import Archive, open_archive
from oais.database import statistics
from oais.files import open_sealed
from oais.functions.codes import code_request, issue_code, redeem_code
from oais.functions.mailing import send_due
from oais.functions.orders import reserving
from oais.functions.orders.building import Worker
from oais.functions.orders.counting import SMALLEST_GROUP, count_download, usage
from oais.functions.people.accounts import change_password, disable
from oais.functions.people.authority import OPERATOR
from oais.functions.people.tokens import make_token
from oais.functions.service import Service, open_service
from oais.mail import Maildir
from oais.web import downloads
from oais.web.app import create_app
from policies.access import ANONYMOUS, Role
from policies.principals import Scope
from tests.web.conftest import CURVE_FILE, CURVE_PATH, LIGHT_CURVE, PIXELS, copied
from tests.web.people import PASSWORD, account, enter

JSON = {"Accept": "application/json"}
TOKEN = re.compile(r'name="csrf" value="([^"]+)"')


@pytest.fixture
def service(archive: Archive, tmp_path: Path) -> Service:
    """The archive with its people, all a test's own."""
    copied(archive, tmp_path / "home")
    (tmp_path / "home" / "oais.sqlite").unlink(missing_ok=True)
    return open_service(open_archive(tmp_path / "home"))


@pytest.fixture
def site(service: Service) -> TestClient:
    """A browser of a stranger."""
    return browser(service)


def browser(service: Service) -> TestClient:
    """A browser that nobody used before."""
    app = create_app(service.archive, service=service)
    return TestClient(app, base_url="http://localhost", follow_redirects=False)


def send(site: TestClient, page: str, address: str, **fields: str | list[str]) -> str:
    """Send a form that stands on a page and return where the answer leads."""
    token = TOKEN.search(site.get(page).text)
    assert token is not None
    answer = site.post(address, data={"csrf": token[1], **fields})
    assert answer.status_code == 303, answer.text
    return str(answer.headers["location"])


def close(service: Service, node: str, policy: str = "closed") -> None:
    """Let a policy hold for a node from now on."""
    rules = service.archive.home / "policies" / "access.yaml"
    text = rules.read_text("utf-8")
    rules.write_text(
        re.sub(r"nodes:.*", f"nodes:\n  - {{node: {node}, policy: {policy}}}\n", text, flags=re.S)
    )


def names(data: bytes) -> list[str]:
    """The members of a zip, without the bag's folder."""
    with zipfile.ZipFile(io.BytesIO(data)) as opened:
        assert opened.testzip() is None
        return [name.partition("/")[2] for name in opened.namelist()]


def test_choose_basket_download(site: TestClient) -> None:
    """Ticked files go into the basket, whose size is told, and come out as a zip of exactly these."""
    chosen = site.get(f"/choose?pick={LIGHT_CURVE}")
    assert f'value="{LIGHT_CURVE}@v2/{CURVE_PATH}"' in chosen.text
    assert (
        send(site, f"/choose?pick={LIGHT_CURVE}", "/basket/picks", picks=[f"{LIGHT_CURVE}@v2/{CURVE_PATH}"])
        == "/basket"
    )
    (kept,) = site.get("/basket", headers=JSON).json()
    assert (kept["state"], kept["content"]["way"]) == ("ready", "direct")
    assert kept["content"]["size"] == CURVE_FILE.stat().st_size
    answer = site.get(f"/basket/{kept['identifier']}/package")
    assert len(answer.content) == int(answer.headers["content-length"])
    payload = [name for name in names(answer.content) if name.startswith("data/")]
    assert payload == [f"data/{LIGHT_CURVE}.v2/{CURVE_FILE.name}"]


@pytest.mark.parametrize(
    ("direct", "largest", "offered"),
    [(0, 0, ["Download zip", "Order"]), (-1, 0, ["Order"]), (-2, -1, [])],
    ids=["at once", "ordered", "refused"],
)
def test_the_size_decides_what_is_offered(
    service: Service, direct: int, largest: int, offered: list[str]
) -> None:
    """Before anything is ordered; the line for a terminal orders just what was picked (EH-16)."""
    size, file = CURVE_FILE.stat().st_size, f"{LIGHT_CURVE}@v2/{CURVE_PATH}"
    settings = replace(
        service.archive.settings,
        direct_limit_bytes=size + direct,
        package_limit_bytes=size + largest,
        order_limit_bytes=size + largest,
    )
    site = browser(replace(service, archive=replace(service.archive, settings=settings)))
    send(site, f"/choose?pick={LIGHT_CURVE}", "/basket/picks", picks=[file])
    page = html.unescape(site.get("/basket").text)
    assert site.get("/basket", headers=JSON).json()[0]["content"]["size"] == size
    assert [name for name in ("Download zip", "Order") if f">{name}</" in page] == offered
    lines = re.findall(r"-d '([^']+)'", page)
    assert [json.loads(line) for line in lines] == ([{"picks": [file]}] if offered == ["Order"] else [])
    package = site.get("/api/v1/package", params={"pick": file})
    assert package.status_code == (200 if len(offered) == 2 else 413)
    if not offered:
        assert "An order takes up to 130 kB" in page
        told = f"the selection has {size} bytes; an order takes up to {size - 1}"
        placed = site.post("/api/v1/orders", json={"picks": [file]}, headers=_token(site))
        assert [answer.json()["detail"] for answer in (package, placed)] == [told, told]


def test_all_that_a_search_finds(site: TestClient) -> None:
    """One press takes the whole answer; what nothing answers to is told on the page."""
    page = site.get("/choose?ids=tess.*+nobody.*")
    assert "nobody.*" in page.text
    send(site, "/choose?ids=tess.*", "/basket/picks", take="all", query="ids=tess.*")
    (kept,) = site.get("/basket", headers=JSON).json()
    assert len(kept["content"]["lines"]) == 3


def test_several_requests_side_by_side(site: TestClient) -> None:
    """Requests have names, are filled apart, renamed, emptied and discarded."""
    send(site, "/basket", "/basket/new", name="First")
    send(site, "/basket", "/basket/new", name="Second")
    kept = {item["name"]: item["identifier"] for item in site.get("/basket", headers=JSON).json()}
    send(site, "/basket", "/basket/picks", picks=[PIXELS], basket=kept["First"])
    send(site, "/basket", f"/basket/{kept['Second']}/name", name="Other")
    states = {item["name"]: item["state"] for item in site.get("/basket", headers=JSON).json()}
    assert states == {"First": "ready", "Other": "draft"}
    french = site.get("/basket", headers={"Accept-Language": "fr"}).text
    assert '<span class="badge">prêt</span>' in french
    assert '<span class="badge">brouillon</span>' in french
    send(site, "/basket", f"/basket/{kept['First']}/remove", picks=[f"{PIXELS}@v1"])
    send(site, "/basket", f"/basket/{kept['Second']}/discard")
    assert [item["state"] for item in site.get("/basket", headers=JSON).json()] == ["draft"]


@pytest.mark.parametrize("form", ["zip", "tar.gz"])
def test_one_address_gives_a_package_that_can_be_resumed(
    site: TestClient, form: str, seeded: random.Random
) -> None:
    """The wget pattern: data set and interval in one address, a name to save as, and any part by Range."""
    address = f"/api/v1/package?dataset=tess&start=2018-01-01&end=2030-01-01&format={form}"
    whole = site.get(address)
    assert whole.status_code == 200
    assert whole.headers["content-disposition"].endswith(f'.{form}"')
    assert whole.headers["cache-control"] == "no-store"
    assert "set-cookie" not in whole.headers
    for _ in range(4):
        start = seeded.randrange(len(whole.content))
        part = site.get(address, headers={"Range": f"bytes={start}-", "If-Range": whole.headers["etag"]})
        assert part.status_code == 206
        assert part.content == whole.content[start:]
    head = site.head(address)
    assert (head.headers["content-length"], head.content) == (str(len(whole.content)), b"")
    assert site.get(address, headers={"If-None-Match": whole.headers["etag"]}).status_code == 304
    if form == "tar.gz":
        with tarfile.open(fileobj=io.BytesIO(whole.content)) as opened:
            assert any(name.endswith("bagit.txt") for name in opened.getnames())
    else:
        assert "bagit.txt" in names(whole.content)


REFUSED = {
    "/api/v1/package": 400,
    "/api/v1/package?dataset=nowhere": 404,
    "/api/v1/package?ids=nobody": 404,
    f"/api/v1/package?pick={LIGHT_CURVE},nobody": 404,
    f"/api/v1/package?pick={LIGHT_CURVE}@v9": 404,
    f"/api/v1/package?pick={LIGHT_CURVE}@v1/../../etc/passwd": 404,
    f"/api/v1/package?pick={LIGHT_CURVE}&format=../../x": 400,
    "/api/v1/package?dataset=tess&start=yesterday": 400,
    "/api/v1/package?dataset=tess&start=2030-01-01&end=2018-01-01": 400,
    "/api/v1/package?dataset=tess&start=1990-01-01&end=1990-01-02": 404,
    "/orders/x": 404,
    "/orders/x/packages/1": 404,
    "/basket/x/package": 404,
    "/desk/usage": 401,
    "/api/v1/usage?first=2026-01&last=2026-02": 401,
}


@pytest.mark.parametrize("address", REFUSED)
def test_what_cannot_be_had_is_refused_in_words(site: TestClient, address: str) -> None:
    """Each wrong address is answered with problem details, and nothing is kept."""
    answer = site.get(address, headers=JSON)
    assert answer.status_code == REFUSED[address], answer.text
    assert answer.json()["detail"]


def test_an_order_from_placing_to_fetching(service: Service, site: TestClient) -> None:
    """202 with a job document at once, a page that tells how far it is, then the package, resumable."""
    placed = site.post("/api/v1/orders", json={"dataset": "tess", "format": "zip"}, headers=_token(site))
    assert placed.status_code == 202
    job = placed.headers["location"]
    assert placed.json()["state"] == "queued"
    page = f"/orders/{placed.json()['identifier']}"
    assert 'hx-trigger="every 2s"' in site.get(page).text
    assert site.get(f"{job}/packages/1").status_code == 404
    Worker(service).build_next()
    assert site.get(job).json()["state"] == "available"
    assert "hx-trigger" not in site.get(page).text
    whole = site.get(f"{page}/packages/1")
    assert whole.headers["content-length"] == str(site.get(job).json()["size"])
    part = site.get(f"{job}/packages/1", headers={"Range": "bytes=1000-", "If-Range": whole.headers["etag"]})
    assert part.content == whole.content[1000:]
    assert f"data/{PIXELS}.v1/" in " ".join(names(whole.content))
    assert "/repeat" not in site.get(page).text  # what is there need not be made again
    assert send(site, page, f"{page}/cancel") == page
    assert site.get(f"{page}/packages/1").status_code == 410
    assert send(site, page, f"{page}/repeat") != page


def _token(site: TestClient) -> dict[str, str]:
    """The header that proves that a program with this browser's cookie means it."""
    found = TOKEN.search(site.get("/basket").text)
    assert found is not None
    return {"X-CSRF-Token": found[1]}


def test_what_was_put_in_survives_login(service: Service, site: TestClient) -> None:
    """The basket and orders of a browser become the account's at login, and leave the browser at logout."""
    account(service, "reader")
    send(site, "/basket", "/basket/picks", picks=[PIXELS])
    placed = site.post("/api/v1/orders", json={"ids": PIXELS}, headers=_token(site)).json()
    visitor = enter(site, "reader")
    (kept,) = site.get("/basket", headers=JSON).json()
    assert kept["content"]["lines"][0]["pick"]["aip_id"] == PIXELS
    assert site.get(f"/orders/{placed['identifier']}").status_code == 200
    visitor.send("/logout")
    assert site.get("/basket", headers=JSON).json() == []
    assert site.get(f"/orders/{placed['identifier']}").status_code == 404
    elsewhere = browser(service)
    enter(elsewhere, "reader")
    assert len(elsewhere.get("/basket", headers=JSON).json()) == 1


_NO_MONTHS = {
    "": "it is not said which months are meant; first and last missing",
    "first=2026-01": "it is not said which months are meant; last missing",
    "first=2026-13&last=2026-12": "'2026-13' is no month",
    "first=2026-01&last=january": "'january' is no month",
    "first=1&last=2026-1": "'1', '2026-1' is no month",
    "first=2026-05&last=2026-04": "the last month, 2026-04, is before the first, 2026-05",
}


def test_the_staff_sees_all_orders_and_the_numbers(service: Service, site: TestClient) -> None:
    """Staff lists everybody's orders and downloads; a registered reader may not (CT-25, EH-39)."""
    placed = site.post("/api/v1/orders", json={"ids": PIXELS}, headers=_token(site)).json()
    account(service, "reader")
    account(service, "keeper", Role.ARCHIVIST)
    reader, keeper = browser(service), browser(service)
    enter(reader, "reader")
    enter(keeper, "keeper")
    assert reader.get("/desk/usage").status_code == 403
    assert reader.get("/orders?everybody=true", headers=JSON).json()["orders"] == []
    (seen,) = keeper.get("/orders?everybody=true", headers=JSON).json()["orders"]
    assert seen["identifier"] == placed["identifier"]
    assert keeper.get(f"/orders/{placed['identifier']}").status_code == 200
    assert "What was downloaded" in keeper.get("/desk/usage").text
    assert keeper.get("/api/v1/usage?first=2026-01&last=2026-12").status_code == 200
    for door in ("/desk/usage", "/api/v1/usage"):
        for months, told in _NO_MONTHS.items():
            answer = keeper.get(f"{door}?{months}", headers={"Accept": "application/json"})
            if door == "/desk/usage" and "missing" in told:
                assert answer.status_code == 200  # the page means this year
                continue
            assert (answer.status_code, answer.json()["detail"]) == (422, told)
            assert "first=2026-01&last=2026-11" in answer.json()["remedy"] or "before" in told


def test_orders_and_baskets_are_private(service: Service, site: TestClient) -> None:
    """Another browser finds neither a basket nor an order, exactly as if it were not there (K4)."""
    placed = site.post("/api/v1/orders", json={"dataset": "tess"}, headers=_token(site)).json()
    send(site, "/basket", "/basket/new", name="Mine")
    (kept,) = site.get("/basket", headers=JSON).json()
    Worker(service).build_next()
    other = browser(service)
    for address in (
        "/orders/{}",
        "/orders/{}/packages/1",
        "/api/v1/orders/{}",
        "/api/v1/orders/{}/packages/1",
    ):
        theirs, nobodys = (other.get(address.format(name)) for name in (placed["identifier"], "0" * 32))
        assert theirs.status_code == nobodys.status_code == 404
        assert theirs.text == nobodys.text
    token = _token(other)
    for address in (f"/api/v1/orders/{placed['identifier']}", f"/api/v1/baskets/{kept['identifier']}"):
        assert other.delete(address, headers=token).status_code == 404
    assert other.get("/orders", headers=JSON).json()["orders"] == []
    assert other.get("/api/v1/baskets").json() == []


def test_mixed_packages_hold_only_what_is_allowed(service: Service, site: TestClient) -> None:
    """Of a branch that is partly closed the package has the open part and names the rest (J6)."""
    whole = site.get("/api/v1/package?dataset=tess")
    close(service, "tess/n1")
    mixed = site.get("/api/v1/package?dataset=tess")
    assert mixed.headers["etag"] != whole.headers["etag"]
    members = names(mixed.content)
    assert not [name for name in members if LIGHT_CURVE in name]
    assert "metadata/not-included.json" in members
    assert site.get("/api/v1/package?dataset=tess/n1").status_code == 403
    close(service, "tess/n1", "hidden")
    blind = site.get("/api/v1/package?dataset=tess")
    assert "metadata/not-included.json" not in names(blind.content)
    assert LIGHT_CURVE.encode() not in blind.content


def test_a_closed_package_gives_nothing_away(service: Service, site: TestClient) -> None:
    """Neither size nor validator is told to who may not have a package, however he asks (J6, J7)."""
    placed = site.post("/api/v1/orders", json={"dataset": "tess"}, headers=_token(site)).json()
    Worker(service).build_next()
    address = f"/orders/{placed['identifier']}/packages/1"
    etag = site.head(address).headers["etag"]
    close(service, "tess")
    for headers in ({}, {"Range": "bytes=0-9"}, {"If-None-Match": etag}, {"Range": "bytes=99999999-"}):
        answer = site.get(address, headers=headers)
        assert answer.status_code == 403
        assert not {"etag", "content-range", "accept-ranges"} & set(answer.headers)


def test_nothing_is_changed_by_a_link(site: TestClient) -> None:
    """Forms need the token of their page, unknown fields are refused, and a GET changes nothing."""
    site.get("/basket")
    for address in ("/basket/new", "/basket/picks", "/basket/x/discard", "/orders/x/cancel"):
        assert site.post(address, data={"name": "x"}).status_code == 403
        assert site.get(address).status_code in {404, 405}
    assert site.post("/api/v1/orders", json={"dataset": "tess"}).status_code == 403
    wrong = site.post("/api/v1/orders", json={"dataset": "tess", "role": "admin"}, headers=_token(site))
    assert wrong.status_code == 422
    assert site.get("/basket", headers=JSON).json() == []


def test_a_begun_download_is_counted_once_and_small_groups_are_not_shown(
    service: Service, site: TestClient
) -> None:
    """A download counts when it begins, not for each part; fewer than five visitors are nobody's to know."""
    month = service.archive.now()[:7]
    site.get("/api/v1/package?dataset=tess/n1")
    site.get("/api/v1/package?dataset=tess/n1", headers={"Range": "bytes=100-"})
    site.head("/api/v1/package?dataset=tess/n1")
    hidden = usage(service, month, month)
    assert (hidden.data_sets, hidden.countries, hidden.not_shown) == ((), (), 2)
    node = site.get(f"/aip/{LIGHT_CURVE}", headers=JSON).json()["card"]["node"]
    for number in range(SMALLEST_GROUP - 1):
        count_download(service, ANONYMOUS, f"192.0.2.{number}", [(node, 10), (node, 5)])
    (shown,) = usage(service, month, month).data_sets
    assert (shown.name, shown.visitors, shown.downloads) == (node, 5, 5)
    assert usage(service, "2001-01", "2001-12").data_sets == ()
    dump = (service.archive.home / "oais.sqlite").read_bytes()
    assert b"192.0.2" not in dump
    assert b"testclient" not in dump


def test_a_single_file_is_counted_once_however_it_is_fetched(service: Service, site: TestClient) -> None:
    """A resumed file counts once, a description and a HEAD not at all, and the country is a code's too."""
    rules = service.archive.home / "policies" / "access.yaml"
    coded = "policies:\n  coded: {metadata: public, data: email-code, reason: asked}\n"
    rules.write_text(rules.read_text("utf-8").replace("policies:\n", coded, 1), "utf-8")
    close(service, "tess/n1", "coded")
    file = f"/aip/{LIGHT_CURVE}/v1/files/{CURVE_PATH}"
    assert site.get(file).status_code == 403
    wish = code_request(service, browser="b", network="n", address="ada@example.fr")
    issue_code(service, wish)
    send_due(service)
    code = re.search(r"\w{4}-\w{4}-\w{4}", Maildir(service.archive.home / "mail").newest())
    assert code is not None
    site.cookies.set("oais-downloads", redeem_code(service, "b", code[0], network="n").secret)
    etag = site.head(file).headers["etag"]
    first = site.get(file, headers={"Range": "bytes=0-999"})
    rest = site.get(file, headers={"Range": "bytes=1000-", "If-Range": etag})
    assert first.content + rest.content == CURVE_FILE.read_bytes()
    assert site.get(file, headers={"If-None-Match": etag}).status_code == 304
    assert site.get(f"/aip/{LIGHT_CURVE}/v1/files/metadata/description.json").status_code in {200, 404}
    with service.database.reading() as connection:
        (row,) = connection.execute(statistics.DOWNLOADS.select())
    node = site.get(f"/aip/{LIGHT_CURVE}", headers=JSON).json()["card"]["node"]
    assert (row.node, row.country, row.visitors) == (node, "fr", 1)
    assert (row.downloads, row.size) == (1, CURVE_FILE.stat().st_size)
    assert site.get(f"/api/v1/aips/{LIGHT_CURVE}/v1/files/{CURVE_PATH}").status_code == 200
    site.cookies.clear()
    with service.database.reading() as connection:
        (again,) = connection.execute(statistics.DOWNLOADS.select())
    assert (again.visitors, again.downloads) == (1, 2)


def test_a_visitor_who_comes_from_two_countries_is_counted_once(service: Service) -> None:
    """Else a few people with many codes would look like a group large enough to be shown."""
    month = service.archive.now()[:7]
    for country in ("", "fr", "de", "es", "it"):
        count_download(service, ANONYMOUS, "192.0.2.7", [("tess", 10)], country=country)
    with service.database.reading() as connection:
        rows = {row.country: row for row in connection.execute(statistics.DOWNLOADS.select())}
    assert sum(row.visitors for row in rows.values()) == 1
    assert (len(rows), sum(row.downloads for row in rows.values())) == (5, 5)
    assert usage(service, month, month).data_sets == ()


def test_a_tokens_scopes_hold_for_orders(service: Service) -> None:
    """One that delivers sees no orders nor baskets of its person; one that reads places and cancels none."""
    person = account(service, "dora").identifier
    wanted = {"picks": [f"{PIXELS}@v1"]}

    def bearer(scope: Scope) -> dict[str, str]:
        secret = make_token(service, person, person, scope, [scope]).secret
        return {"Authorization": f"Bearer {secret}"}

    site, taking = browser(service), bearer(Scope.DOWNLOAD)
    placed = site.post("/api/v1/orders", json=wanted, headers=taking).headers["location"]
    for scope, looking in ((Scope.ACCOUNT, 403), (Scope.READ, 200)):
        headers = bearer(scope)
        for address in ("/api/v1/orders", placed, "/api/v1/baskets"):
            assert site.get(address, headers=headers).status_code == looking, (scope, address)
        assert site.delete(placed, headers=headers).status_code == 403
        for address in ("/api/v1/orders", "/api/v1/baskets", f"{placed}/repeat"):
            assert site.post(address, json=wanted, headers=headers).status_code == 403, (scope, address)
    assert site.delete(placed, headers=taking).status_code == 204


@pytest.mark.parametrize("page", [0, -1, 10**25])
def test_a_page_that_no_list_has(site: TestClient, page: int) -> None:
    """It is refused before the database is asked, on the page and for programs."""
    assert site.get(f"/orders?page={page}").status_code == 400
    assert site.get(f"/api/v1/orders?page={page}").status_code == 400


def test_a_running_file_ends_with_the_right_to_it(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who is disabled while a closed file runs gets no more of it; who stays gets it whole."""
    archivist = account(service, "arno", Role.ARCHIVIST)
    close(service, "tess/n1")
    site = browser(service)
    enter(site, "arno")
    monkeypatch.setattr(downloads, "BLOCK", 4096)
    monkeypatch.setattr(downloads, "ASKED_EVERY", 8192)
    address = f"/aip/{LIGHT_CURVE}/v1/files/{CURVE_PATH}"
    whole = site.get(address)
    assert whole.content == CURVE_FILE.read_bytes()
    assert site.get(address.replace("files", "plots")).headers["cache-control"] == "no-store"

    def disabled_meanwhile(path: Path, size: int, name: str) -> FileIO:
        disable(service, OPERATOR, archivist.identifier)
        return open_sealed(path, size, name)

    monkeypatch.setattr(downloads, "open_sealed", disabled_meanwhile)
    assert len(site.get(address).content) < len(whole.content)


def test_a_running_file_ends_with_the_password_it_was_asked_with(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A password sent with the request (RFC 7617) counts to the end of the answer while it is the one."""
    archivist = account(service, "arno", Role.ARCHIVIST)
    close(service, "tess/n1")
    monkeypatch.setattr(downloads, "BLOCK", 4096)
    monkeypatch.setattr(downloads, "ASKED_EVERY", 8192)
    site, address = browser(service), f"/aip/{LIGHT_CURVE}/v1/files/{CURVE_PATH}"
    proof = ("arno", PASSWORD)
    assert site.get(address, auth=proof).content == CURVE_FILE.read_bytes()

    def changed_meanwhile(path: Path, size: int, name: str) -> FileIO:
        change_password(service, archivist.identifier, PASSWORD, f"{PASSWORD} and one more")
        return open_sealed(path, size, name)

    with monkeypatch.context() as patch:
        patch.setattr(downloads, "open_sealed", changed_meanwhile)
        assert len(site.get(address, auth=proof).content) < CURVE_FILE.stat().st_size
    assert site.get(address, auth=proof).status_code == 401
    proof = ("arno", f"{PASSWORD} and one more")
    assert site.get(address, auth=proof).content == CURVE_FILE.read_bytes()


def test_an_order_that_waits_for_room_can_be_cancelled_on_its_page(
    service: Service, site: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is built by itself, so its page offers to give it up, not to order it a second time."""
    monkeypatch.setattr(reserving, "free_bytes", lambda _path: reserving.SPARE)
    placed = site.post("/api/v1/orders", json={"ids": PIXELS}, headers=_token(site)).json()
    Worker(service).build_next()
    page = f"/orders/{placed['identifier']}"
    shown = site.get(page).text
    assert "Waiting for room." in shown
    assert "Cancel this order" in shown
    assert "/repeat" not in shown
    assert "waiting for room" in site.get("/orders").text
    assert send(site, page, f"{page}/cancel") == page
    assert "Cancelled." in site.get(page).text
    assert "/repeat" in site.get(page).text
