"""What caches on the way may keep: what a stranger is given, never what was made for an account (J7)."""

from __future__ import annotations

import pytest
from starlette.testclient import TestClient

from oais.web.app import create_app
from tests.web.filled import Filled
from tests.web.people import enter

TABLE = "/search/adql?query=SELECT+package_id+FROM+ivoa.obscore"
ADDRESSES = (
    TABLE,
    *(f"{TABLE}&format={form}" for form in ("csv", "votable", "json")),
    "/search/table?format=csv",
    "/search/table?format=votable",
    "/volume.csv",
    "/sky",
    "/volume?picture=svg",
    "/volume?picture=png",
    "/tap/sync?QUERY=SELECT+package_id+FROM+ivoa.obscore",
    "{package}/citation.bib",
)


@pytest.mark.parametrize("address", ADDRESSES)
def test_what_an_account_is_given_is_kept_by_no_cache(filled: Filled, address: str) -> None:
    """The rows, drawings and files of an account are for it alone; whoever logs out leaves none behind."""
    app = create_app(filled.service.archive, service=filled.service)
    client = TestClient(app, base_url="http://localhost", follow_redirects=False)
    hits = client.get("/api/v1/search?show=packages").json()["hits"]
    address = address.format(package=f"/aip/{hits[0]['aip_id']}/v1")
    assert client.get(address).headers["cache-control"] in ("no-cache", "no-store")
    enter(client, "reader")
    answer = client.get(address)
    assert answer.status_code == 200, answer.text
    assert answer.headers["cache-control"] == "no-store"
    assert {"Cookie", "Authorization"} <= {part.strip() for part in answer.headers["vary"].split(",")}
