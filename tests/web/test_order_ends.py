"""Orders that end before their day, and orders that cannot be entered: told truthfully to who asks."""

from __future__ import annotations

import json
import mailbox
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from oais.cli import main
from oais.functions.mailing import send_due
from oais.functions.orders.building import Worker
from oais.functions.orders.clearing import clear_orders
from oais.functions.security_log import path_of
from oais.functions.service import Service
from policies.access import Role
from tests.web.conftest import PIXELS
from tests.web.people import Visitor, account, enter
from tests.web.test_orders import JSON, _token, browser, service  # noqa: F401 - a fixture

WHY = "the provider withdrew the calibration"


@pytest.fixture
def people(service: Service) -> tuple[Visitor, Visitor]:  # noqa: F811
    """A reader who has a package that is ready, and an archivist."""
    account(service, "reader")
    account(service, "keeper", Role.ARCHIVIST)
    return enter(browser(service), "reader"), enter(browser(service), "keeper")


def ready(service: Service, client: TestClient) -> str:  # noqa: F811
    """Order something and have it built; return the identifier."""
    placed = client.post("/api/v1/orders", json={"ids": PIXELS}, headers=_token(client))
    assert placed.status_code == 202, placed.text
    Worker(service).build_next()
    told = client.get(f"/api/v1/orders/{placed.json()['identifier']}").json()
    assert told["state"] == "available"
    return str(told["identifier"])


def letters(service: Service) -> list[str]:  # noqa: F811
    """The texts of the mails about orders that ended by hand, with whom they went to."""
    while send_due(service):
        pass
    texts = [
        f"{mail['To']} {mail.get_payload(decode=True).decode()}"  # type: ignore[union-attr]
        for mail in mailbox.Maildir(service.archive.home / "mail", create=True)
    ]
    return [text for text in texts if "an archivist ended it" in text]


@pytest.mark.parametrize("way", ["page", "api", "command"])
def test_an_archivist_ends_an_order_before_its_day(
    service: Service,  # noqa: F811
    people: tuple[Visitor, Visitor],
    way: str,
) -> None:
    """Gone at once; its owner is told why by page, API and one letter, and the log who did it (CN-10)."""
    reader, keeper = people
    identifier = ready(service, reader.client)
    page, job = f"/orders/{identifier}", f"/api/v1/orders/{identifier}"
    assert 'name="reason"' in keeper.client.get(page).text
    assert 'name="reason"' not in reader.client.get(page).text
    if way == "page":
        assert keeper.send(f"{page}/cancel", reason=WHY).status_code == 303
    elif way == "api":
        answer = keeper.client.delete(job, params={"reason": WHY}, headers=_token(keeper.client))
        assert answer.status_code == 204
    else:
        home = str(service.archive.home)
        assert main(["order", "cancel", identifier, "--reason", WHY, "--home", home]) == 0
    assert reader.client.get(f"{page}/packages/1").status_code == 410
    told = reader.client.get(job).json()
    assert (told["state"], told["reason"]) == ("expired", f"an archivist ended it: {WHY}")
    assert f"An archivist ended it: {WHY}." in reader.client.get(page).text
    keeper.send(f"{page}/cancel", reason="again")
    (letter,) = letters(service)
    assert letter.startswith("reader@example.org")
    assert WHY in letter
    lines = [json.loads(line) for line in path_of(service.archive.home).read_text("utf-8").splitlines()]
    (ended,) = [line for line in lines if line["event"] == "order ended"]
    assert ended["subject"] == identifier
    assert ended["who"]
    assert clear_orders(service) == 1
    assert not list((service.archive.dip_root / "orders").iterdir())
    assert reader.send(f"{page}/repeat").status_code == 303


def test_nobody_else_ends_an_order(service: Service, people: tuple[Visitor, Visitor]) -> None:  # noqa: F811
    """To another account it is not there; its owner's own end is no letter and names no archive."""
    reader, keeper = people
    identifier = ready(service, reader.client)
    account(service, "other")
    other = enter(browser(service), "other")
    assert other.send(f"/orders/{identifier}/cancel", reason=WHY).status_code == 404
    assert keeper.send(f"/orders/{identifier}/cancel", reason="x" * 501).status_code == 422
    assert reader.client.get(f"/orders/{identifier}/packages/1").status_code == 200
    assert reader.send(f"/orders/{identifier}/cancel").status_code == 303
    assert "Cancelled." in reader.client.get(f"/orders/{identifier}").text
    assert letters(service) == []


def test_an_order_whose_log_line_cannot_be_written_is_not_placed(
    service: Service,  # noqa: F811
    people: tuple[Visitor, Visitor],
    tmp_path: Path,
) -> None:
    """The answer says that it failed, and it did: no order waits, the basket is whole, to be tried again."""
    reader, _keeper = people
    reader.send("/basket/picks", picks=[PIXELS])
    (basket,) = reader.client.get("/basket", headers=JSON).json()
    log = path_of(service.archive.home)
    log.rename(tmp_path / "kept")
    log.mkdir()
    order = f"/basket/{basket['identifier']}/order"
    quiet = TestClient(
        reader.client.app, base_url="http://localhost", raise_server_exceptions=False,
        follow_redirects=False, cookies=reader.client.cookies,
    )  # fmt: skip
    for answer in (
        Visitor(quiet).send(order, form="zip"),
        quiet.post("/api/v1/orders", json={"ids": PIXELS}, headers=_token(quiet)),
    ):
        assert answer.status_code >= 500, answer.text
    assert reader.client.get("/orders", headers=JSON).json()["orders"] == []
    (kept,) = reader.client.get("/basket", headers=JSON).json()
    assert len(kept["content"]["lines"]) == 1
    log.rmdir()
    (tmp_path / "kept").rename(log)
    assert Visitor(quiet).send(order, form="zip").status_code == 303
    (placed,) = reader.client.get("/orders", headers=JSON).json()["orders"]
    assert placed["state"] == "queued"
