"""Withdrawal at the site: the desk, the API, and what the address of a withdrawn AIP answers."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Iterator
from io import FileIO
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from oais.archive import open_archive
from oais.files import open_sealed
from oais.functions.administration import initialise
from oais.functions.people.accounts import person_of
from oais.functions.people.tokens import make_token
from oais.functions.service import Service, open_service
from oais.functions.storage import aip_store
from oais.functions.submission import submit
from oais.functions.withdrawal.asking import approve, ask
from oais.web import downloads
from oais.web.app import create_app
from policies.principals import Role
from tests.functions.deliveries import plain_bag
from tests.web.people import Visitor, account, enter

GONE = "one.gone"
CONTENT = b"name,born\nAda Probe,1815-12-10\n" * 4000
FILE = f"/aip/{GONE}/v1/files/representations/original/data/a.csv"
ADDRESSES = (
    f"/aip/{GONE}",
    f"/aip/{GONE}/v1",
    f"/aip/{GONE}/v1/citation.bib",
    f"/aip/{GONE}/v1/products/representations/original/data/a.csv",
    FILE,
    f"/aip/{GONE}/v1/files/METS.xml",
    f"/api/v1/aips/{GONE}",
    f"/api/v1/aips/{GONE}/v1/files/representations/original/data/a.csv",
    f"/api/v1/package?pick={GONE}",
)
WISH = {"aip_id": GONE, "why": "privacy", "reason": "It names a <person>.", "basis": "letter of Ms Probe"}

Open = Callable[[], TestClient]


@pytest.fixture(scope="module")
def stocked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The home of an archive with one AIP and some people."""
    place = tmp_path_factory.mktemp("stocked")
    archive = initialise(place / "home", name="Test archive")
    (told,) = submit(archive, [plain_bag(place / "a.bag", GONE, {"a.csv": CONTENT})])
    assert told.error == ""
    service = open_service(archive)
    for login in ("ann", "ben"):
        account(service, login, Role.ARCHIVIST)
    account(service, "rita")
    service.database.close()
    return archive.home


@pytest.fixture
def service(stocked: Path, tmp_path: Path) -> Iterator[Service]:
    """A copy of it."""
    shutil.copytree(stocked, tmp_path / "home")
    service = open_service(open_archive(tmp_path / "home"))
    yield service
    service.database.close()


@pytest.fixture
def browse(service: Service) -> Open:
    """Opens another browser at the site."""
    app = create_app(service.archive, service=service)
    return lambda: TestClient(app, base_url="http://localhost", follow_redirects=False)


def withdraw(service: Service) -> None:
    ann, ben = (person_of(service, login).identifier for login in ("ann", "ben"))
    ask(service, ann, GONE, why=WISH["why"], reason=WISH["reason"], basis=WISH["basis"])
    approve(service, ben, GONE)


def test_two_archivists_at_the_desk(service: Service, browse: Open) -> None:
    """One asks by the form, and cannot approve; the other types the identifier and approves."""
    ann, ben = enter(browse(), "ann"), enter(browse(), "ben")
    assert f'value="{GONE}"' in ann.client.get(f"/desk/withdrawals?aip={GONE}").text
    assert ann.send("/desk/withdrawals/ask", **WISH).status_code == 303
    assert "another archivist approves it" in ann.client.get("/desk/withdrawals").text
    assert ann.send("/desk/withdrawals/approve", aip_id=GONE).status_code == 403
    assert browse().get(FILE).content == CONTENT
    page = ben.client.get("/desk/withdrawals").text
    assert "It names a &lt;person&gt;." in page
    assert "letter of Ms Probe" in page
    assert ben.send("/desk/withdrawals/approve", aip_id="one.other").status_code == 404
    assert ben.send("/desk/withdrawals/approve", aip_id=GONE).status_code == 303
    assert aip_store(service.archive).find(GONE) is None
    assert "withdrawn" in ben.client.get("/desk/withdrawals").text


def test_others_have_no_desk(browse: Open) -> None:
    """Readers and strangers neither see nor send anything."""
    rita = enter(browse(), "rita")
    assert rita.client.get("/desk/withdrawals").status_code == 403
    for step in ("ask", "approve", "decline", "readmit"):
        assert rita.send(f"/desk/withdrawals/{step}", **WISH).status_code == 403
    assert browse().get("/desk/withdrawals").status_code == 401


def test_every_fault_of_a_request_is_told(browse: Open) -> None:
    """A request that cannot be kept tells all that is wrong with it."""
    ann = enter(browse(), "ann")
    answer = ann.send("/desk/withdrawals/ask", aip_id=GONE, why="mood", reason="", basis=" ")
    assert answer.status_code == 422
    for told in ("is no kind of reason", "the reason has 0", "the basis has 0"):
        assert told in answer.text
    assert ann.send("/desk/withdrawals/ask", **(WISH | {"aip_id": "no.such"})).status_code == 404
    assert ann.send("/desk/withdrawals/ask", **(WISH | {"aip_id": "../x"})).status_code == 400


@pytest.mark.parametrize("address", ADDRESSES)
def test_every_address_answers_gone(service: Service, browse: Open, address: str) -> None:
    """410 with the tombstone instead of the page, the JSON, the citation, the files and the package."""
    client = browse()
    assert client.get(address).status_code == 200
    withdraw(service)
    for method in ("GET", "HEAD"):
        answer = client.request(method, address, headers={"Range": "bytes=0-9", "If-None-Match": "*"})
        assert answer.status_code == 410
        assert not {"etag", "repr-digest", "content-range", "accept-ranges"} & set(answer.headers)
    assert client.get(f"/aip/{GONE}/v7").status_code == 404


def test_the_page_tells_what_everybody_may_know(service: Service, browse: Open) -> None:
    """Title, when, why and what was promised; who decided it and on what basis only the staff read."""
    withdraw(service)
    page = browse().get(f"/aip/{GONE}")
    assert "It names a &lt;person&gt;." in page.text
    assert "it holds personal data" in page.text
    assert len(re.findall(r"\b[0-9a-f]{128}\b", page.text)) == 1
    for told in ("Probe", "ann", "letter"):
        assert not re.search(rf"\b{told}\b", page.text), told
    staff = enter(browse(), "ben").client.get(f"/aip/{GONE}").text
    assert "letter of Ms Probe" in staff
    assert re.search(r"by ann\b", staff)


def test_programs_get_problem_details(service: Service, browse: Open) -> None:
    """RFC 9457, with the tombstone as a member."""
    withdraw(service)
    answer = browse().get(f"/api/v1/aips/{GONE}")
    assert answer.headers["content-type"] == "application/problem+json"
    told = answer.json()
    assert (told["status"], told["title"]) == (410, "Gone")
    stone = told["tombstone"]
    assert (stone["aip_id"], stone["size"] > len(CONTENT), stone["basis"]) == (GONE, True, "")
    assert [version["number"] for version in stone["versions"]] == [1]
    assert not browse().get("/api/v1/search").json()["hits"]


def test_two_programs_of_archivists(service: Service, browse: Open) -> None:
    """The API asks, lists, declines, approves and readmits; a token that may not administer does nothing."""
    programs = {}
    for login in ("ann", "ben"):
        person = person_of(service, login).identifier
        programs[login] = browse()
        made = make_token(service, person, person, "program", ["read", "administer"])
        programs[login].headers["Authorization"] = f"Bearer {made.secret}"
    ann, ben = programs["ann"], programs["ben"]
    place = "/api/v1/withdrawals"
    assert ann.post(place, json=WISH).status_code == 201
    assert ann.post(f"{place}/approve", json={"aip_id": GONE}).status_code == 403
    assert ben.post(f"{place}/decline", json={"aip_id": GONE, "reason": "no"}).json()["state"] == "declined"
    assert ann.post(place, json=WISH).json()["number"] == 2
    assert ben.post(f"{place}/approve", json={"aip_id": GONE, "x": 1}).status_code == 422
    assert ben.post(f"{place}/approve", json={"aip_id": GONE}).json()["state"] == "withdrawn"
    assert [row["state"] for row in ann.get(place).json()["past"]] == ["withdrawn", "declined"]
    back = ann.post(f"{place}/readmit", json={"aip_id": GONE, "reason": "she agreed"}).json()
    assert (back["state"], back["readmitted_by"]) == ("may be delivered again", "ann")
    assert ben.get(f"/api/v1/aips/{GONE}").status_code == 404
    person = person_of(service, "ben").identifier
    weak = make_token(service, person, person, "weak", ["read", "account", "download"]).secret
    assert browse().get(place, headers={"Authorization": f"Bearer {weak}"}).status_code == 403


@pytest.mark.parametrize("login", ["", "ben"])
def test_a_running_download_ends(
    service: Service, browse: Open, monkeypatch: pytest.MonkeyPatch, login: str
) -> None:
    """A file that is open to all, and one that the staff take, end soon after the AIP was withdrawn."""
    step = 1 << 14
    monkeypatch.setattr(downloads, "BLOCK", step // 4)
    monkeypatch.setattr(downloads, "ASKED_EVERY", step)
    client = enter(browse(), login).client if login else browse()

    def withdrawn_meanwhile(path: Path, size: int, name: str) -> FileIO:
        stream = open_sealed(path, size, name)
        withdraw(service)
        return stream

    monkeypatch.setattr(downloads, "open_sealed", withdrawn_meanwhile)
    broken = client.get(FILE)
    assert broken.status_code == 200
    assert len(broken.content) <= 2 * step


def test_a_basket_says_so(service: Service, browse: Open) -> None:
    """What was picked before is told as withdrawn, and cannot be ordered."""
    visitor = Visitor(browse())
    assert visitor.send("/basket/picks", picks=f"{GONE}@v1").status_code == 303
    withdraw(service)
    page = visitor.client.get("/basket").text
    assert f"{GONE} was withdrawn on" in page.replace("One.gone", GONE)
