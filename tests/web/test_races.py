"""Two requests at the same moment over the whole application: one outcome, and nothing lost between them."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx2
import pytest
from starlette.testclient import TestClient

from oais.archive import Archive, open_archive
from oais.functions.mailing import send_due
from oais.functions.orders import baskets, selection
from oais.functions.people.accounts import Entry
from oais.functions.people.registration import Registration, register
from oais.functions.people.tokens import make_token
from oais.functions.security_log import read_log
from oais.functions.service import Service, open_service
from oais.web.app import create_app
from policies.principals import Role, Scope, State
from tests.people.conftest import People
from tests.web.conftest import HOUSEKEEPING, LIGHT_CURVE, PIXELS, copied
from tests.web.people import ORIGIN, PASSWORD, account, stored, token_in

JSON = {"Accept": "application/json"}
Call = Callable[[], httpx2.Response]


@pytest.fixture
def service(archive: Archive, tmp_path: Path) -> Iterator[Service]:
    """The archive with its people, all a test's own."""
    copied(archive, tmp_path / "home")
    (tmp_path / "home" / "oais.sqlite").unlink(missing_ok=True)
    opened = open_service(open_archive(tmp_path / "home"))
    yield opened
    opened.database.close()


def browsers(service: Service, count: int) -> list[TestClient]:
    """So many windows of one browser, each with a connection of its own to one application."""
    app = create_app(service.archive, service=service)
    made = [TestClient(app, base_url="http://localhost", follow_redirects=False) for _ in range(count)]
    made[0].get("/basket")
    for window in made[1:]:
        window.cookies.update(made[0].cookies)
    return made


def at_once(*calls: Call) -> list[int]:
    """Make all calls at the same moment and return their statuses."""
    start = threading.Barrier(len(calls))

    def run(call: Call) -> int:
        start.wait()
        return call().status_code

    with ThreadPoolExecutor(len(calls)) as threads:
        return list(threads.map(run, calls))


def sending(window: TestClient, address: str, **fields: str | list[str]) -> Call:
    """A form of one of our pages, to be sent later."""
    data = {"csrf": token_in(window), **fields}
    return lambda: window.post(address, data=data, headers=ORIGIN)


def test_a_registration_is_confirmed_once(service: Service) -> None:
    """Whoever opens the link in six windows and presses everywhere confirms once; the others are told."""
    account(service, "root", Role.ADMINISTRATOR)
    register(service, Registration(Entry("ada", "Ada", "ada@example.org"), PASSWORD))
    people = People(service, lambda: None, "")  # type: ignore[arg-type]
    secret = people.secret("ada@example.org", "/verify")
    windows = browsers(service, 6)
    answers = at_once(*(sending(window, "/verify", secret=secret) for window in windows))
    assert sorted(answers) == [200, *[422] * 5]
    assert stored(service, "ada").state == State.PENDING
    while send_due(service):
        pass
    told = [letter for letter in people.letters() if letter["To"] == "root@example.org"]
    assert len(told) == 1
    events = [event.event for event in read_log(service).events]
    assert events.count("address confirmed") == 1


def test_an_order_is_placed_and_cancelled_once(service: Service) -> None:
    """Pressed in six windows, a basket is one order; cancelled in all of them, it is cancelled."""
    windows = browsers(service, 6)
    assert sending(windows[0], "/basket/picks", picks=[PIXELS])().status_code == 303
    (basket,) = windows[0].get("/basket", headers=JSON).json()
    ordering = (sending(window, f"/basket/{basket['identifier']}/order") for window in windows)
    answers = at_once(*ordering)
    assert answers.count(303) == 1
    assert set(answers) <= {303, 403, 404}
    (order,) = windows[0].get("/api/v1/orders").json()["orders"]
    page = f"/orders/{order['identifier']}"
    assert at_once(*(sending(window, f"{page}/cancel") for window in windows)) == [303] * 6
    assert windows[0].get(f"/api/v1{page}").json()["state"] == "expired"


def test_what_two_windows_put_in_at_once_is_all_there(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both saw the same basket before either filled it; neither undoes what the other put in."""
    windows = browsers(service, 2)
    sending(windows[0], "/basket/picks", picks=[HOUSEKEEPING])()
    met = threading.Barrier(2)
    ways: list[None] = []

    def met_merging(*given: object) -> object:
        ways.append(None)
        if len(ways) <= 2:
            met.wait()
        return selection.merged(*given)  # type: ignore[arg-type]

    monkeypatch.setattr(baskets, "merged", met_merging)
    answers = at_once(
        sending(windows[0], "/basket/picks", picks=[LIGHT_CURVE]),
        sending(windows[1], "/basket/picks", picks=[PIXELS]),
    )
    assert answers == [303, 303]
    (basket,) = windows[0].get("/basket", headers=JSON).json()
    held = {line["pick"]["aip_id"] for line in basket["content"]["lines"]}
    assert held == {HOUSEKEEPING, LIGHT_CURVE, PIXELS}
    assert len(ways) == 3


def test_two_administrators_who_demote_each_other_leave_one(service: Service) -> None:
    """One is first; the other is then no administrator and changes nothing."""
    windows, headers = browsers(service, 2), {}
    for login in ("ada", "bea"):
        person = account(service, login, Role.ADMINISTRATOR).identifier
        made = make_token(service, person, person, "t", [Scope.ADMINISTER], 1)
        headers[login] = {"Authorization": f"Bearer {made.secret}"}

    def demoting(window: TestClient, who: str, whom: str) -> Call:
        address = f"/api/v1/people/{stored(service, whom).identifier}"
        return lambda: window.patch(address, json={"role": "registered"}, headers=headers[who])

    answers = at_once(demoting(windows[0], "ada", "bea"), demoting(windows[1], "bea", "ada"))
    assert sorted(answers) == [200, 403]
    assert sorted(stored(service, login).role for login in headers) == ["administrator", "registered"]


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"role": "provider", "agreements": ["made up"]}, 422),
        ({"role": "archivist", "agreements": ["generic"], "state": "active"}, 403),
    ],
    ids=["no such agreement", "waits for approval"],
)
def test_a_change_that_is_refused_in_part_is_refused_whole(
    service: Service, change: dict[str, object], status: int
) -> None:
    """Role, agreements and log stay as they were when the last part cannot be done."""
    (window,) = browsers(service, 1)
    boss = account(service, "root", Role.ADMINISTRATOR).identifier
    made = make_token(service, boss, boss, "t", [Scope.ADMINISTER], 1)
    ada = account(service, "ada", state=State.PENDING)
    before, address = read_log(service).total, f"/api/v1/people/{ada.identifier}"
    answer = window.patch(address, json=change, headers={"Authorization": f"Bearer {made.secret}"})
    assert answer.status_code == status
    assert stored(service, "ada") == ada
    assert read_log(service).total == before
