"""The page of a package tells how it is kept: who signed it, and in how many places it really lies."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from oais.functions.copies.changes import LOG
from oais.functions.copies.locations import add_location
from oais.functions.copies.replication import sync_all
from oais.functions.service import Service
from tests.web.conftest import LIGHT_CURVE
from tests.web.test_orders import JSON, browser, service

__all__ = ["service"]

PAGE = f"/aip/{LIGHT_CURVE}"


@pytest.fixture
def site(service: Service) -> TestClient:
    """A browser of a stranger."""
    return browser(service)


def kept(site: TestClient) -> tuple[int, int]:
    """In how many places the package lies, and in how many it is to lie."""
    told = site.get(PAGE, headers=JSON).json()["preservation"]
    assert told["key"]
    return told["copies"], told["locations"]


def test_copies_are_counted_where_they_lie(service: Service, site: TestClient, tmp_path: Path) -> None:
    """One, then two; a location that is away or has another inventory is not counted, and that is said."""
    assert kept(site) == (1, 1)
    add_location(service.archive, "vault", tmp_path / "vault")
    assert kept(site) == (1, 2)
    assert all(not told.findings for told in sync_all(service.archive))
    assert kept(site) == (2, 2)
    assert "The same inventory lies in each place." in site.get(PAGE).text
    (tmp_path / "vault").rename(tmp_path / "away")
    assert kept(site) == (1, 2)
    assert "were found with the same inventory." in site.get(PAGE).text


def test_where_it_lies_is_told(service: Service, site: TestClient) -> None:
    """The fact is a folder below the home, in which the package's inventory is."""
    place = site.get(PAGE, headers=JSON).json()["facts"]["Place on disk"]
    inventory = json.loads((service.archive.home / place / "inventory.json").read_text())
    assert LIGHT_CURVE in inventory["id"]
    assert "Emplacement sur le disque" in site.get(f"{PAGE}?lang=fr").text


def test_a_damaged_list_of_locations_does_not_hide_the_package(
    service: Service, site: TestClient, tmp_path: Path
) -> None:
    """The page says that nobody knows where the copies are, and shows everything else."""
    add_location(service.archive, "vault", tmp_path / "vault")
    (service.archive.home / LOG).write_text("nothing\n")
    assert site.get(PAGE, headers=JSON).json()["preservation"] is None
    assert "Where its copies are cannot be told now." in site.get(PAGE).text
