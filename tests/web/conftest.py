"""A small archive of real products, taken in through the real door, and clients that ask its site."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest
from starlette.testclient import TestClient
from starlette.types import ASGIApp

from oais.archive import Archive
from oais.functions.administration import initialise
from oais.functions.packing import pack_folder
from oais.functions.submission import submit
from oais.information.signature import create_signer
from oais.web.app import create_app
from policies.in_force import PoliciesInForce
from tests.readers import inspector, readers_lent
from tests.web.filled import Filled, filled_site

__all__ = ["inspector", "readers_lent"]

DEMO = Path(__file__).resolve().parent.parent.parent / "demo" / "tess"
LIGHT_CURVE = "tess.tic55525572.s0005.lc"
PIXELS = "tess.tic55525572.s0005.tp"
HOUSEKEEPING = "tess.tic55525572.s0005.hk"
OLD_KEY = create_signer(b"\x05" * 32)
"""A key that signed before the present one, and still counts."""

CURVE_PATH = "representations/original/data/tic55525572_s0005_first1000_lc.fits"
CURVE_FILE = DEMO / "n1" / "tic55525572_s0005_first1000_lc.fits"
CURVE_URL = f"/aip/{LIGHT_CURVE}/v1/files/{CURVE_PATH}"

LATER = "  later:\n    metadata: public\n    data: closed\n    reason: proprietary\n    opens: 2031-05-01\n"

Rules = Callable[[str], TestClient]


@pytest.fixture(scope="session")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Archive:
    """The demo's three products and a second version of the light curve, whose document has changed."""
    folder = tmp_path_factory.mktemp("site")
    made = initialise(folder / "home", name="Test <archive> & co")
    (made.home / "keys" / "trusted" / f"{OLD_KEY.key_id}.pem").write_bytes(OLD_KEY.public_pem)
    bags = [
        pack_folder(made.home, DEMO / name, "tess", folder / f"{name}.bag") for name in ("n0", "hk", "n1")
    ]
    changed = folder / "n1-again"
    shutil.copytree(DEMO / "n1", changed)
    document = changed / "documents" / "product-description.md"
    document.write_text(document.read_text("utf-8") + "\nMore is known now.\n", "utf-8")
    bags.append(pack_folder(made.home, changed, "tess", folder / "n1-again.bag"))
    for bag in bags:
        (disposition,) = submit(made, [bag])
        assert disposition.receipt is not None
        assert disposition.receipt.status == "accepted", disposition.receipt.findings
    return made


def copied(archive: Archive, home: Path) -> None:
    """Copy an archive without its people and what they ordered, which other tests may have left in it."""
    left_out = shutil.ignore_patterns("oais.sqlite*", "orders")
    shutil.copytree(archive.home, home, symlinks=True, ignore=left_out)


def stranger_at(site: ASGIApp) -> TestClient:
    """Somebody who comes to a site for the first time: cookies of other tests are not his."""
    return TestClient(site, base_url="http://localhost", follow_redirects=False)


def client_of(archive: Archive) -> TestClient:
    """A client that speaks to the site of an archive by its own name and follows no redirect."""
    return stranger_at(create_app(archive))


@pytest.fixture(scope="session")
def site(archive: Archive) -> ASGIApp:
    """The site of the archive, made once."""
    return create_app(archive)


@pytest.fixture
def client(site: ASGIApp) -> TestClient:
    """A stranger at the site."""
    return stranger_at(site)


@pytest.fixture(scope="session")
def under_rules(archive: Archive, tmp_path_factory: pytest.TempPathFactory) -> Rules:
    """Return a function that gives a stranger at the same archive under other access rules."""

    @cache
    def site_under(nodes: str) -> ASGIApp:
        policies = tmp_path_factory.mktemp("rules") / "policies"
        shutil.copytree(archive.home / "policies", policies)
        rules = policies / "access.yaml"
        text = rules.read_text("utf-8").replace("nodes: []", f"{LATER}nodes:\n{nodes}")
        rules.write_text(text, "utf-8")
        return create_app(replace(archive, in_force=PoliciesInForce(policies)))

    return lambda nodes: stranger_at(site_under(nodes))


@pytest.fixture(scope="session")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Filled]:
    """The archive where something stands in every list, served; tests look at it and leave it as it is."""
    with filled_site(tmp_path_factory.mktemp("filled")) as opened:
        yield opened
