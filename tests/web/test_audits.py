"""The desk's page of audits and its twin: planted damage is found, and mended by what the page tells."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from oais.archive import Archive, open_archive
from oais.cli import main
from oais.functions.service import open_service
from oais.information.identifiers import object_path
from oais.web.app import create_app
from policies.principals import Role
from tests.web.conftest import CURVE_PATH, LIGHT_CURVE, PIXELS, copied
from tests.web.people import account, enter

JSON = {"Accept": "application/json"}


@dataclass(frozen=True)
class Desk:
    """An archive with a copy at ``vault``, and its archivist's browser."""

    archive: Archive
    keeper: TestClient
    vault: Path

    def oais(self, command: str) -> int:
        """Run a command as the page tells it; return its exit code."""
        return main([*shlex.split(command), "--home", str(self.archive.home)])

    def page(self) -> str:
        """What the archivist sees, with spaces as one."""
        answer = self.keeper.get("/desk/audits")
        assert answer.status_code == 200
        return " ".join(answer.text.split())

    def told(self) -> dict[str, dict[str, Any]]:
        """What a program is told, by location."""
        return {one["name"]: one for one in self.keeper.get("/api/v1/audits").json()["locations"]}

    def stored(self, aip_id: str, root: Path | None = None) -> Path:
        """Where an AIP lies in the store, or in that of another location."""
        return (root or self.archive.aip_root) / object_path(aip_id)


@pytest.fixture
def desk(archive: Archive, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """The demo's archive with a copy elsewhere, served to an archivist."""
    folder = tmp_path_factory.mktemp("audits")
    copied(archive, folder / "home")
    own = open_archive(folder / "home")
    service = open_service(own)
    account(service, "keeper", Role.ARCHIVIST)
    account(service, "reader")
    app = create_app(own, service=service)
    client = TestClient(app, base_url="http://localhost", follow_redirects=False)
    made = Desk(own, enter(client, "keeper").client, folder / "vault")
    assert made.oais(f"location add vault {made.vault}") == 0
    assert made.oais("location sync") == 0
    yield made
    service.database.close()


def flip(path: Path) -> None:
    """Change one bit in the middle of a file."""
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.chmod(0o644)
    path.write_bytes(data)


def test_only_the_staff_sees_it(desk: Desk) -> None:
    """A stranger must log in, a reader is refused, page and API alike."""
    stranger = TestClient(desk.keeper.app, base_url="http://localhost", follow_redirects=False)
    for address in ("/desk/audits", "/api/v1/audits"):
        assert stranger.get(address, headers=JSON).status_code == 401
    enter(stranger, "reader")
    for address in ("/desk/audits", "/api/v1/audits"):
        assert stranger.get(address, headers=JSON).status_code == 403
    assert 'href="/desk/audits"' in desk.keeper.get("/desk").text


def test_before_the_first_audit_it_says_so(desk: Desk) -> None:
    """A location that was never audited is not called intact, and the command to begin is told."""
    page = desk.page()
    assert "oais audit --all --location vault" in page
    assert "Intact." not in page
    assert desk.told()["home"]["report"] is None


def test_planted_damage_is_told_and_what_is_told_mends_it(desk: Desk) -> None:
    """Each location tells its own damage, with path and commands; done as told, both are intact again."""
    flip(desk.stored(LIGHT_CURVE) / "v1" / "content" / CURVE_PATH)
    assert desk.oais("audit --all") == 3
    assert desk.oais("audit --all --location vault") == 0
    told = desk.told()
    (trouble,) = told["home"]["troubles"]
    assert (trouble["about"], trouble["unreadable"]) == (LIGHT_CURVE, False)
    assert [found["path"] for found in trouble["findings"]] == [f"v1/content/{CURVE_PATH}"]
    assert told["home"]["forecast"]["troubled"] == told["home"]["troubled"] == 1
    assert (told["home"]["sound"], told["vault"]["sound"]) == (False, True)
    assert (told["home"]["report"]["intact"], told["vault"]["report"]["intact"]) == (False, True)
    page = desk.page()
    assert "1 AIP not intact." in page
    assert f'href="/aip/{LIGHT_CURVE}"' in page
    assert f"v1/content/{CURVE_PATH}" in page
    assert re.findall(r"<code>(oais [^<]*)</code>", page) == trouble["commands"]
    for command in trouble["commands"]:
        assert desk.oais(command.removeprefix("oais ")) == 0, command
    assert desk.told()["home"]["troubles"] == []
    assert "not intact." not in desk.page()


def test_a_lost_aip_is_told_until_it_is_back(desk: Desk, tmp_path: Path) -> None:
    """What is in no register because it is gone is told from the report; brought back, it is not."""
    home = desk.stored(PIXELS)
    aside = home.rename(tmp_path / "aside")
    assert desk.oais("audit --all") == 3
    (trouble,) = desk.told()["home"]["troubles"]
    assert (trouble["about"], [found["code"] for found in trouble["findings"]]) == (PIXELS, ["AUD-001"])
    assert PIXELS in desk.page()
    aside.rename(home)
    assert desk.oais(f"audit {PIXELS}") == 0
    assert desk.told()["home"]["troubles"] == []


def test_a_slice_and_a_location_are_audited_alone(desk: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    """Three slices of the copies read each of them once; damage there is told there, and nowhere else."""
    flip(desk.stored(LIGHT_CURVE, desk.vault / "aip") / "v1" / "content" / CURVE_PATH)
    capsys.readouterr()
    codes = [desk.oais(f"audit --all --slice {part}/3 --location vault") for part in (1, 2, 3)]
    told = capsys.readouterr().out
    assert sorted(codes) == [0, 0, 3]
    assert told.count(LIGHT_CURVE) == 1
    assert sum(int(found) for found in re.findall(r"(\d+) AIPs?,", told)) == 3
    assert all(f"slice {part}/3 of vault" in told for part in (1, 2, 3))
    locations = desk.told()
    assert [one["about"] for one in locations["vault"]["troubles"]] == [LIGHT_CURVE]
    assert locations["home"]["troubles"] == []
    (trouble,) = locations["vault"]["troubles"]
    assert trouble["commands"] == [
        f"oais repair {LIGHT_CURVE}", f"oais audit {LIGHT_CURVE} --location vault"
    ]  # fmt: skip
    for command in trouble["commands"]:
        assert desk.oais(command.removeprefix("oais ")) == 0, command
    assert desk.told()["vault"]["sound"]


def test_overdue_audits_and_a_location_that_is_away_are_told(desk: Desk) -> None:
    """Three days later all is overdue, and a location whose disk is gone says that its audits wait."""
    assert desk.oais("audit --all") == 0
    clock = desk.archive.clock
    later = replace(desk.archive, clock=lambda: clock() + timedelta(days=3))
    service = open_service(later)
    client = TestClient(
        create_app(later, service=service), base_url="http://localhost", follow_redirects=False
    )
    keeper = enter(client, "keeper").client
    aside = desk.vault.rename(desk.vault.with_name("aside"))
    try:
        answer = keeper.get("/api/v1/audits").json()
        page = " ".join(keeper.get("/desk/audits").text.split())
    finally:
        aside.rename(desk.vault)
        service.database.close()
    (home, vault) = answer["locations"]
    fast = next(one for one in home["forecast"]["coverage"] if one["depth"] == "fast")
    assert (fast["current"], fast["due"], fast["overdue"]) == (0, 3, 3)
    assert home["sound"] is False
    assert "Audits overdue for more than a day: 6;" in page
    assert "oais audit --due" in page
    assert vault["away"]
    assert "<strong>Away:</strong>" in page
    assert not home["troubles"]
