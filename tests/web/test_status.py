"""The page of the state: what can be done now and why not all, without a word of what nobody may know."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from oais.archive import Archive, open_archive
from oais.confirming import MARK
from oais.database import orders
from oais.functions.audit import run_audit, select_for_audit
from oais.functions.service import Service
from oais.functions.status import Condition, Reason
from oais.web.app import create_app
from tests.web.test_orders import JSON, browser, send, service

__all__ = ["service"]


@pytest.fixture
def site(service: Service) -> TestClient:
    """A browser of a stranger."""
    return browser(service)


def told(site: TestClient) -> dict[str, object]:
    """What the interface for programs tells."""
    answer = site.get("/api/v1/status")
    assert answer.status_code == 200
    return dict(answer.json())


def test_an_archive_in_order_is_open(site: TestClient) -> None:
    """Page, its JSON and the interface for programs tell the same to a stranger: open, nothing waits."""
    status = told(site)
    assert (status["state"], status["reasons"], status["index"]) == ("open", [], "up to date")
    assert (status["deliveries"], status["orders"], status["last_audit"]) == (0, 0, "")
    assert site.get("/status", headers=JSON).json() == status
    page = site.get("/status").text
    assert "The archive is open." in page
    assert '<a href="/status">Status</a>' in site.get("/about").text
    assert "L’archive est ouverte." in site.get("/status?lang=fr").text


def test_what_waits_and_the_last_audit_are_told(service: Service, site: TestClient) -> None:
    """An order and a delivery in the drop folder wait; the audit's end is the register's."""
    (service.archive.incoming / "bag").mkdir()
    assert send(site, "/choose?ids=tess.*", "/basket/picks", take="all", query="ids=tess.*") == "/basket"
    (kept,) = site.get("/basket", headers=JSON).json()
    send(site, "/basket", f"/basket/{kept['identifier']}/order")
    done = run_audit(service.archive, select_for_audit(service.archive))
    status = told(site)
    assert (status["deliveries"], status["orders"]) == (1, 1)
    assert done.started_at < str(status["last_audit"]) <= done.ended_at
    with service.database.reading() as connection:
        assert orders.count(connection, None) == 1


def _without_storage(archive: Archive) -> None:
    archive.aip_root.rename(archive.home / "away")


def _without_index(archive: Archive) -> None:
    shutil.rmtree(archive.index_root)


def _without_policy(archive: Archive) -> None:
    (archive.home / "policies" / "access.yaml").write_text("policies: [")


def _unconfirmed(archive: Archive) -> None:
    (archive.home / MARK).write_text('{"path": "aip/secret.fits", "error": "Input/output error"}')


def _without_people(archive: Archive) -> None:
    (archive.home / "oais.sqlite").unlink()


TROUBLES: dict[Callable[[Archive], None], tuple[Condition, Reason]] = {
    _without_storage: (Condition.DISTURBED, Reason.NO_STORE),
    _without_index: (Condition.DISTURBED, Reason.NO_INDEX),
    _unconfirmed: (Condition.READING, Reason.UNCONFIRMED),
    _without_people: (Condition.READING, Reason.NO_DATABASE),
}


@pytest.mark.parametrize("trouble", TROUBLES, ids=lambda trouble: trouble.__name__)
def test_trouble_is_told_without_what_is_ours(
    trouble: Callable[[Archive], None], service: Service, site: TestClient
) -> None:
    """The page answers whatever fails, says what cannot be done, and names no file, folder or error."""
    trouble(service.archive)
    state, reason = TROUBLES[trouble]
    status = told(site)
    assert (status["state"], status["reasons"]) == (state, [reason])
    page = site.get("/status")
    assert page.status_code == 200
    assert str(reason) in page.text
    for answer in (page.text, str(status)):
        assert str(service.archive.home) not in answer
        assert "secret.fits" not in answer
        assert "Input/output" not in answer


def test_a_faulty_change_of_policies_is_the_keepers_matter(service: Service, site: TestClient) -> None:
    """Those of before stay in force, and the public has the archive as it was."""
    _without_policy(service.archive)
    assert told(site)["state"] == "open"


def test_without_a_policy_the_public_is_told_so(service: Service) -> None:
    """An archive that began without a valid policy shows nothing, and says so."""
    _without_policy(service.archive)
    lawless = open_archive(service.archive.home, ruled=False)
    status = told(browser(replace(service, archive=lawless)))
    assert (status["state"], status["reasons"]) == ("disturbed", [Reason.NO_POLICY])


def test_on_a_disk_that_takes_no_writes_what_waits_is_not_known(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without a database of people the archive can be read, and no number is made up."""
    monkeypatch.setattr("oais.web.app.os.access", lambda _path, _mode: False)
    site = TestClient(create_app(service.archive), base_url="http://localhost")
    status = told(site)
    assert (status["state"], status["deliveries"], status["orders"]) == ("reading only", None, None)
    assert "not known" in site.get("/status").text


def test_nothing_of_the_holdings_and_of_letters_is_told(site: TestClient) -> None:
    """How much is held, hidden things included, and whether a letter went out: neither can be read off."""
    before = told(site)
    assert set(before) == {
        *("state", "reasons", "index", "last_audit", "deliveries", "orders", "software", "api")
    }
    page = site.get("/reset").text
    token = page.split('name="csrf" value="')[1].split('"')[0]
    assert site.post("/reset", data={"csrf": token, "login": "somebody"}).status_code == 202
    assert told(site) == before


@pytest.mark.parametrize("register", [None, b"", b"not a database at all" * 100])
def test_looking_changes_nothing(service: Service, site: TestClient, register: bytes | None) -> None:
    """No file comes, goes or changes because somebody looks, not even a damaged register of audits."""

    def files() -> dict[Path, int]:
        home = service.archive.home
        return {path: path.stat().st_mtime_ns for path in home.rglob("*") if "oais.sqlite" not in path.name}

    told(site)
    if register is not None:
        path = service.archive.home / "audits" / "home.sqlite"
        path.parent.mkdir()
        path.write_bytes(register)
    before = files()
    site.get("/status")
    assert files() == before
