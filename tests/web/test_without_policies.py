"""An archive without a valid policy: it denies everything, says so to its keepers, and can be kept."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from oais.archive import open_archive
from oais.cli import main
from oais.functions.administration import initialise
from oais.functions.service import Service, open_service
from oais.functions.submission import submit
from oais.web.app import create_app
from policies.principals import Role
from tests.functions.deliveries import demo_bag
from tests.web.people import account, enter

ADDRESSES = ("/aip/tess.one", "/aip/tess.one/v1", "/tree/tess", "/api/v1/package?pick=tess.one@v1")
KEPT = ("status", "audit --all", "show tess.one", "ls tess.one", "find", "person list", "index check")
REFUSED = ("serve --port 0", "work --once", "index rebuild", "policy show", "submit .", "watch --once")


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """The home of an archive with one package, whose policies were taken away."""
    archive = initialise(tmp_path / "home", name="Lawless")
    assert [told.error for told in submit(archive, [demo_bag(tmp_path / "a.bag", "n1", "tess.one")])] == [""]
    account(open_service(archive), "keeper", Role.ARCHIVIST)
    (archive.home / "policies").rename(tmp_path / "policies")
    return archive.home


def site(service: Service) -> TestClient:
    """A browser at the site."""
    app = create_app(service.archive, service=service)
    return TestClient(app, base_url="http://localhost", follow_redirects=False)


def assert_unknown(client: TestClient) -> None:
    """Nothing tells that there is a package of TESS, in words or in numbers."""
    found = client.get("/api/v1/search").json()
    assert (found["hits"], found["facets"], found["page"]["total"]) == ([], [], 0)
    for address in ("/", "/tree", "/search", "/search?q=tess", "/search?ids=tess.one"):
        page = client.get(address)
        assert page.status_code == 200
        assert "TESS" not in page.text.replace("?q=tess", ""), address
        assert "/aip/" not in page.text, address
    holdings = client.get("/", headers={"Accept": "application/json"}).json()
    assert (holdings["aips"], holdings["size"], holdings["missions"]) == (0, 0, [])


def test_what_lost_its_agreement_is_unknown(home: Path) -> None:
    """Packages outlive their agreement; until there is one again they are neither found nor counted."""
    shutil.copytree(home.parent / "policies", home / "policies", dirs_exist_ok=True)
    for file in (home / "policies" / "agreements").iterdir():
        if file.name not in ("generic.yaml",):
            file.unlink()
    service = open_service(open_archive(home))
    client = site(service)
    assert [client.get(address).status_code for address in ADDRESSES] == [404] * len(ADDRESSES)
    found = client.get("/api/v1/search").json()
    assert (found["hits"], found["facets"], found["page"]["total"]) == ([], [], 0)
    holdings = client.get("/", headers={"Accept": "application/json"}).json()
    assert (holdings["aips"], [each["path"] for each in holdings["missions"]]) == (0, ["generic"])
    keeper = enter(site(service), "keeper").client
    assert keeper.get("/api/v1/search").json()["page"]["total"] == 1


def test_everything_is_denied_and_the_keepers_are_told(home: Path) -> None:
    """A stranger finds nothing; an archivist reads what to mend; mended files count at once."""
    service = open_service(open_archive(home, ruled=False))
    client = site(service)
    assert [client.get(address).status_code for address in ADDRESSES] == [404] * len(ADDRESSES)
    assert_unknown(client)
    assert "no policy" not in client.get("/").text.lower()
    keeper = enter(site(service), "keeper").client
    told = "No policy is in force, so everything is denied to all but the staff."
    assert told in keeper.get("/desk/embargoes").text
    page = keeper.get("/desk/policies").text
    assert told in page
    assert "access.yaml" in page
    assert keeper.get("/aip/tess.one").status_code == 200
    shutil.copytree(home.parent / "policies", home / "policies", dirs_exist_ok=True)
    assert [client.get(address).status_code for address in ADDRESSES] == [200] * len(ADDRESSES)
    assert told not in keeper.get("/desk/policies").text


def test_policies_that_vanish_stay_in_force_and_that_is_told(home: Path) -> None:
    """A site that runs goes on by the rules it has read."""
    shutil.copytree(home.parent / "policies", home / "policies", dirs_exist_ok=True)
    service = open_service(open_archive(home))
    client = site(service)
    shutil.rmtree(home / "policies")
    assert [client.get(address).status_code for address in ADDRESSES] == [200] * len(ADDRESSES)
    keeper = enter(site(service), "keeper").client
    assert "have faults, so those of before are in force." in keeper.get("/desk/embargoes").text


@pytest.mark.parametrize("command", KEPT)
def test_what_keepers_need_works(home: Path, command: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Looking after what is stored, and after people, asks for no policy; that none is in force is said."""
    assert main([*command.split(), "--home", str(home)]) == 0
    if not command.startswith("audit"):
        assert "no policy is in force" in capsys.readouterr().err


@pytest.mark.parametrize("command", REFUSED)
def test_what_needs_policies_refuses(home: Path, command: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Neither site nor ingest begins without them; the error names the file and what was expected."""
    assert main([*command.split(), "--home", str(home)]) not in (0, 3)
    assert "access.yaml" in capsys.readouterr().err
