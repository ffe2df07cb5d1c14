"""The staff's desk: what needs a hand is told, leads to its page, and nobody else finds any of it."""

from __future__ import annotations

import base64
import os
import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from oais.archive import Archive, open_archive
from oais.cli import main
from oais.confirming import MARK
from oais.database import mail_queue, people
from oais.functions.people.tokens import make_token
from oais.functions.service import Service, open_service
from oais.web.app import create_app
from policies.principals import Role, Scope, State
from tests.web.conftest import copied
from tests.web.filled import LONG, Filled
from tests.web.people import account, enter, stored

JSON = {"Accept": "application/json"}
HTML = {"Accept": "text/html"}


def browser_at(service: Service, login: str) -> TestClient:
    """The browser of somebody who logged in."""
    app = create_app(service.archive, service=service)
    return enter(TestClient(app, base_url="http://localhost", follow_redirects=False), login).client


@pytest.fixture(scope="module")
def keeper(filled: Filled) -> TestClient:
    """The administrator of the filled archive."""
    return browser_at(filled.service, "keeper")


def told(client: TestClient, address: str) -> Any:
    """The JSON twin of a page."""
    answer = client.get(address, headers=JSON)
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_the_desk_tells_what_needs_a_hand_and_leads_there(keeper: TestClient) -> None:
    """The refused delivery, the planned one that did not come, the order that failed; each with its page."""
    tasks = {task["matter"]: task for task in told(keeper, "/desk")["tasks"]}
    assert {"overdue", "refused", "orders"} <= set(tasks)
    assert [tasks[name]["count"] for name in ("overdue", "refused", "orders")] == [1, 1, 1]
    page = keeper.get("/desk", headers=HTML).text
    for task in tasks.values():
        assert f'href="{task["address"].replace("&", "&amp;")}"' in page
        assert keeper.get(task["address"], headers=HTML).status_code == 200
    assert "1 refused delivery is kept." in page


def test_every_way_of_the_desk_leads_somewhere(keeper: TestClient) -> None:
    """No link beside a page of the desk, or of one's own, is dead, and each page marks itself."""
    for start in ("/desk", "/me"):
        beside = re.search(r'<nav id="beside".*?</nav>', keeper.get(start, headers=HTML).text, re.DOTALL)
        assert beside is not None
        ways = re.findall(r'href="([^"]+)"', beside[0])
        assert len(ways) >= 6
        for way in ways:
            page = keeper.get(way, headers=HTML)
            assert page.status_code == 200, way
            assert f'<li><a href="{way}" aria-current="page">' in page.text, way


def test_the_queue_shows_whose_delivery_is_how_far(keeper: TestClient) -> None:
    """A quarter of a delivery has come; the drop folder and what was decided stand below it."""
    queue = told(keeper, "/desk/ingest")
    (row,) = queue["uploading"]
    assert (row["sender"], row["offset"], row["length"]) == ("provider", 2_500, 10_000)
    assert [(row["name"], row["ready"]) for row in queue["dropped"]] == [("dropped.bag", False)]
    # Both may be decided within one second, and a receipt's name orders no finer than that.
    assert {row["status"] for row in queue["lately"][:2]} == {"refused", "accepted"}
    page = keeper.get("/desk/ingest", headers=HTML).text
    assert "2.5 kB of 10 kB" in page
    assert 'value="25"' in page


def test_a_refused_delivery_tells_each_finding_with_its_remedy(filled: Filled, keeper: TestClient) -> None:
    """The list names it, its page every finding; its bytes are where the page says."""
    (row,) = told(keeper, "/desk/refused")["refused"]
    receipt = told(keeper, f"/desk/refused/{row['receipt_id']}")
    assert row["errors"] == sum(found["severity"] == "error" for found in receipt["findings"]) > 0
    page = keeper.get(f"/desk/refused/{row['receipt_id']}", headers=HTML).text
    for found in receipt["findings"]:
        assert found["code"] in page
    assert page.count("What to do:") == sum(bool(found["remedy"]) for found in receipt["findings"]) > 0
    assert (filled.service.archive.home / "sip" / "refused" / row["receipt_id"]).is_dir()


@pytest.mark.parametrize("name", ["r20260101T000000Z-00000000", "..%2f..", "accepted"])
def test_what_was_not_refused_is_not_there(keeper: TestClient, name: str) -> None:
    """A receipt that nobody gave, a name that is none, and the receipt of an accepted delivery answer 404."""
    if name == "accepted":
        lately = told(keeper, "/desk/ingest")["lately"]
        name = next(row["receipt_id"] for row in lately if row["status"] == "accepted")
    assert keeper.get(f"/desk/refused/{name}", headers=JSON).status_code in {400, 404}


@pytest.mark.parametrize("page", ["0", "-1", "x", "100001"])
def test_a_page_that_no_list_has_is_refused(keeper: TestClient, page: str) -> None:
    """The number of a page begins at one and is a number."""
    assert keeper.get(f"/desk/refused?page={page}", headers=JSON).status_code == 400


def test_planned_deliveries_stand_against_what_came(keeper: TestClient) -> None:
    """All came, too few came in time, some came, none is due: as many as the tree counts."""
    (generic,) = (one for one in told(keeper, "/desk/agreements")["agreements"] if one["name"] == "generic")
    products = told(keeper, "/tree/generic/products")["node"]["aips"]
    whole = told(keeper, "/tree/generic")["node"]["aips"]
    rows = [(row["received"], row["count"], row["state"]) for row in generic["planned"]]
    assert rows == [
        (products, 2, "received"),
        (products, 40, "overdue"),
        (whole, 400, "begun"),
        (0, 3, "planned"),
    ]
    assert [row["responsible"] for row in generic["planned"]] == ["LESIA", "CNES", "CNES and LESIA", ""]


def test_letters_are_told_without_addresses_and_words(filled: Filled, keeper: TestClient) -> None:
    """The queue tells subjects and fates; addresses stay sealed, also in JSON."""
    mail = told(keeper, "/desk/mail")
    assert mail["waiting"] == sum(row["state"] == "waiting" for row in mail["letters"]) > 0
    for headers in (HTML, JSON):
        text = keeper.get("/desk/mail", headers=headers).text
        assert "@" not in text
        assert "envelope" not in text
    with filled.service.database.reading() as connection:
        assert mail["waiting"] == mail_queue.waiting(connection)


TWINS = {
    "/desk": "/api/v1/desk",
    "/desk/ingest": "/api/v1/ingest",
    "/desk/refused": "/api/v1/refused",
    "/desk/agreements": "/api/v1/agreements",
    "/desk/storage": "/api/v1/storage",
    "/desk/mail": "/api/v1/mail",
    "/desk/audits": "/api/v1/audits",
}


def test_programs_are_told_what_the_pages_show(filled: Filled, keeper: TestClient) -> None:
    """Each page of the desk has its address for programs, with the same facts for the same people."""
    (row,) = told(keeper, "/api/v1/refused")["refused"]
    name = row["receipt_id"]
    stranger = TestClient(
        create_app(filled.service.archive, service=filled.service), base_url="http://localhost"
    )
    owner = browser_at(filled.service, "owner")
    for page, address in (*TWINS.items(), (f"/desk/refused/{name}", f"/api/v1/refused/{name}")):
        shown, answered = told(keeper, page), told(keeper, address)
        for moving in ("at", "free", "locations"):  # the time and the room on the disk go on
            shown.pop(moving, None)
            answered.pop(moving, None)
        assert answered == shown, address
        assert owner.get(address).status_code == 403, address
        assert stranger.get(address).status_code == 401, address
    assert keeper.get("/api/v1/refused?page=0").status_code == 400
    assert keeper.get("/api/v1/refused/r20260101T000000Z-00000000").status_code == 404


def test_nobody_else_finds_the_desk(filled: Filled) -> None:
    """A reader and a provider are refused and see no way there; a stranger is asked to log in."""
    addresses = [page for page in filled.pages["keeper"] if page.startswith("/desk")]
    owner = browser_at(filled.service, "owner")
    assert 'href="/desk' not in owner.get("/me", headers=HTML).text
    stranger = TestClient(
        create_app(filled.service.archive, service=filled.service), base_url="http://localhost"
    )
    for address in addresses:
        assert owner.get(address, headers=JSON).status_code == 403, address
        assert filled.depository.ask("GET", address, JSON).status == 403, address
        assert stranger.get(address, headers=JSON).status_code == 401, address


def test_my_archive_shows_all_that_is_mine(filled: Filled) -> None:
    """Requests with their release, orders, access both ways, searches, profiles, subscriptions, tokens."""
    owner = browser_at(filled.service, "owner")
    page = owner.get("/me", headers=HTML).text
    for mine in (
        "generic:OR 1",
        "given to reader",
        "received from reader",
        "Curves",
        LONG,
        "Everything generic",
    ):
        assert mine in page, mine
    assert "notebook" in page
    orders = [order["identifier"] for order in told(owner, "/orders")["orders"]]
    assert re.findall(r'href="/orders/(\w+)"', page) == orders[:5]
    other = browser_at(filled.service, "guest").get("/me", headers=HTML).text
    assert not any(order in other for order in orders)
    assert "generic:OR 1" not in other


def test_a_token_for_the_account_sees_no_orders(small: Service) -> None:
    """Its page is told without what needs another scope."""
    secret = make_token(small, stored(small, "keeper").identifier, "keeper", "x", [Scope.ACCOUNT]).secret
    client = TestClient(create_app(small.archive, service=small), base_url="http://localhost")
    answer = client.get("/me", headers={**HTML, "Authorization": f"Bearer {secret}"})
    assert answer.status_code == 200
    assert 'href="/orders/' not in answer.text


@pytest.fixture
def small(archive: Archive, tmp_path: Path) -> Iterator[Service]:
    """An archive of a few packages that a test may damage, with an archivist and an administrator."""
    copied(archive, tmp_path / "home")
    service = open_service(open_archive(tmp_path / "home"))
    account(service, "keeper", Role.ARCHIVIST)
    account(service, "ada", Role.ADMINISTRATOR)
    yield service
    service.database.close()


def matters(client: TestClient) -> dict[str, tuple[int, bool]]:
    """What needs a hand: how many of it, and whether it is urgent."""
    return {task["matter"]: (task["count"], task["urgent"]) for task in told(client, "/desk")["tasks"]}


def test_a_sound_archive_asks_for_nothing(small: Service) -> None:
    """Its figures are those of the disk: the ledger's head as it was signed, the room as the system tells."""
    keeper = browser_at(small, "keeper")
    assert matters(keeper) == {}
    assert "Nothing: all that is known of is in order." in keeper.get("/desk", headers=HTML).text
    storage = told(keeper, "/desk/storage")
    _origin, size, root = (small.archive.home / "ledger" / "checkpoint").read_text().splitlines()[:3]
    assert storage["ledger"]["size"] == int(size)
    assert storage["ledger"]["root"] == base64.b64decode(root).hex()
    (home,) = storage["locations"]
    assert home["room"] == os.statvfs(small.archive.home).f_blocks * os.statvfs(small.archive.home).f_frsize
    assert storage["index"]["aips"] == sum(1 for _ in small.archive.aip_root.rglob("0=ocfl_object_1.1"))


def _damage(service: Service) -> None:
    path = next(path for path in service.archive.aip_root.rglob("*_lc.fits") if path.is_file())
    path.chmod(0o600)
    path.write_bytes(path.read_bytes()[:-1] + b"\xff")
    assert main(["audit", "--all", "--home", str(service.archive.home)]) != 0


def _location_away(service: Service) -> None:
    place = service.archive.home.parent / "vault"
    assert main(["location", "add", "vault", str(place), "--home", str(service.archive.home)]) == 0
    shutil.rmtree(place)


def _disk_faulted(service: Service) -> None:
    (service.archive.home / MARK).write_text('{"path": "aip/one.fits", "error": "Input/output error"}')


def _ledger_forged(service: Service) -> None:
    path = service.archive.home / "ledger" / "checkpoint"
    origin, size, *rest = path.read_text().splitlines()
    path.write_text("\n".join((origin, str(int(size) - 1), *rest)) + "\n")


def _person_waits(service: Service) -> None:
    newcomer = account(service, "newcomer", state=State.PENDING)
    with service.database.writing() as connection:
        people.change(connection, newcomer.identifier, email_verified_at=service.archive.now())


FAULTS: dict[str, tuple[Callable[[Service], None], str, bool]] = {
    "damage": (_damage, "damaged", True),
    "location": (_location_away, "away", True),
    "disk": (_disk_faulted, "closed", True),
    "ledger": (_ledger_forged, "ledger", True),
    "approval": (_person_waits, "approvals", False),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_what_is_wrong_is_on_the_desk(small: Service, fault: str) -> None:
    """A damaged package, a location away, a disk that faulted, a forged head, somebody waiting: one each."""
    make, matter, urgent = FAULTS[fault]
    ada = browser_at(small, "ada")
    make(small)
    assert matters(ada)[matter] == (1, urgent)
    assert ada.get("/desk/storage", headers=HTML).status_code == 200


def test_a_location_that_its_disk_closed_is_told_with_the_way_out(small: Service) -> None:
    """The page of storage names the file that was not confirmed, and the command that looks."""
    place = small.archive.home.parent / "vault"
    assert main(["location", "add", "vault", str(place), "--home", str(small.archive.home)]) == 0
    (place / MARK).write_text('{"path": "aip/one.fits", "error": "Input/output error"}')
    ada = browser_at(small, "ada")
    home, vault = told(ada, "/desk/storage")["locations"]
    assert not home["closed"]
    assert "aip/one.fits" in vault["closed"]
    page = ada.get("/desk/storage", headers=HTML).text
    assert page.count("closed for writing") == 1
    assert "oais reopen" in page


def test_an_archivist_is_not_asked_what_only_administrators_may_do(small: Service) -> None:
    """Who waits for an account is on the administrator's desk alone."""
    _person_waits(small)
    keeper = browser_at(small, "keeper")
    assert "approvals" not in matters(keeper)
    page = keeper.get("/desk", headers=HTML).text
    assert "/desk/approvals" not in page
    assert "/desk/log" not in page
