"""Two archives of one software side by side: each with its own name, colour, words and tree (CN-03)."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import httpx2
import pytest
from starlette.testclient import TestClient

from oais.archive import open_archive
from oais.errors import ConfigurationError
from oais.functions.administration import initialise
from oais.functions.codes import code_request, issue_code
from oais.functions.data_management import rebuild_index
from oais.functions.mailing import send_due
from oais.functions.service import Service, open_service
from oais.mail import Maildir
from oais.web.app import create_app
from oais.web.branding import contrast_of
from tests.web.depositing import Depository, served
from tests.web.people import PASSWORD, account

JSON = {"Accept": "application/json"}


@dataclass(frozen=True)
class Brand:
    """What an instance calls itself and looks like, and whose missions it shows."""

    name: str
    colour: str
    welcome: str
    mission: str


BRANDS = (
    Brand("SIPAD & CoRoT", "#7a1f4b", "Stars that ring, and what passes before them.", "corot"),
    Brand("CHEOPS Archive", "#0b5d3b", "Bright stars, visit by visit.", "cheops"),
)


def instance(folder: Path, brand: Brand) -> Service:
    """Make a home with one mission in it, by its settings and policies alone."""
    made = initialise(folder / brand.mission, name=brand.name)
    for agreement in (made.home / "policies" / "agreements").glob("*.yaml"):
        if agreement.stem != brand.mission:
            agreement.unlink()
    settings = made.home / "oais.yaml"
    words = f"colour: '{brand.colour}'\nwelcome: {brand.welcome!r}\ncontact: help@{brand.mission}.example\n"
    settings.write_text(settings.read_text("utf-8") + words, "utf-8")
    archive = open_archive(made.home)
    rebuild_index(archive)
    return open_service(archive)


def test_two_instances_are_served_side_by_side(tmp_path: Path) -> None:
    """Nothing of one is seen in the other: pages, sheets, mark, tree, API, letters, accounts and sessions."""
    services = [instance(tmp_path, brand) for brand in BRANDS]
    account(services[0], "ada")
    with ExitStack() as stack:
        urls = [stack.enter_context(served(Depository(service, ""))).url for service in services]
        with httpx2.Client() as client:
            for url, brand, other in zip(urls, BRANDS, reversed(BRANDS), strict=True):
                home = client.get(f"{url}/").text
                assert brand.name.replace("&", "&amp;") in home
                assert brand.welcome in home
                assert f"help@{brand.mission}.example" in home
                told = [home]
                for name in ("brand.css", "mark.svg"):
                    file = client.get(f"{url}/static/{name}")
                    assert brand.colour in file.text
                    told.append(file.text)
                tree = client.get(f"{url}/tree", headers=JSON)
                assert [branch["path"] for branch in tree.json()] == [brand.mission]
                assert client.get(f"{url}/tree/{other.mission}").status_code == 404
                assert client.get(f"{url}/api/v1").json()["name"] == brand.name
                told += [tree.text, client.get(f"{url}/feed.atom").text]
                for foreign in (other.colour, other.name, other.welcome, other.mission):
                    assert foreign not in "".join(told)
        first, second = (httpx2.Client(base_url=url) for url in urls)
        page = first.get("/login")
        token = page.text.partition('name="csrf" value="')[2].partition('"')[0]
        form = {"csrf": token, "login": "ada", "password": PASSWORD}
        entered = first.post("/login", data=form, headers={"Origin": urls[0]})
        assert entered.status_code == 303, entered.text
        assert first.get("/me").status_code == 200
        stolen = {"Cookie": "; ".join(f"{name}={value}" for name, value in first.cookies.items())}
        assert second.get("/me", headers=stolen).status_code == 401
        assert second.get("/api/v1/me", auth=("ada", PASSWORD)).status_code == 401
        assert first.get("/api/v1/me", auth=("ada", PASSWORD)).status_code == 200
        first.close()
        second.close()
    for service, brand in zip(services, BRANDS, strict=True):
        issue_code(service, code_request(service, browser="b", network="n", address="ada@example.org"))
        send_due(service)
        letter = Maildir(service.archive.home / "mail").newest()
        assert f"-- \n{brand.name}\n" in letter
        service.database.close()


def test_without_a_colour_the_look_is_the_software_s_own(client: TestClient) -> None:
    """No sheet is added and none is there."""
    assert "brand.css" not in client.get("/").text
    assert client.get("/static/brand.css").status_code == 404
    assert "kept as they were sent" in client.get("/").text


@pytest.mark.parametrize(
    ("colour", "told"),
    [
        ("blue", "expected a colour such as"),
        ("#12345", "expected a colour such as"),
        ("#fff} body {display:none", "expected a colour such as"),
        ("#f2a65a", "choose a darker colour"),
    ],
)
def test_a_colour_that_cannot_be_used_is_told_at_the_start(tmp_path: Path, colour: str, told: str) -> None:
    """Neither what is no colour, nor one in which links could not be read, comes onto a page."""
    home = tmp_path / "home"
    initialise(home, name="x")
    settings = home / "oais.yaml"
    settings.write_text(f"{settings.read_text('utf-8')}colour: '{colour}'\n", "utf-8")
    with pytest.raises(ConfigurationError) as refused:
        create_app(open_archive(home))
    assert told in f"{refused.value.message} {refused.value.remedy}"


def test_contrast_is_that_of_the_standard() -> None:
    """Black on white is 21, a colour on itself 1, and the order does not matter."""
    assert contrast_of("#000000", "#ffffff") == pytest.approx(21)
    assert contrast_of("#777777", "#777777") == 1
    assert (
        contrast_of("#767676", "#ffffff")
        == contrast_of("#ffffff", "#767676")
        == pytest.approx(4.54, abs=0.01)
    )
