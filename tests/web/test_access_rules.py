"""What a stranger meets under each word of a policy: open, closed, listed, hidden; and after its day."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from starlette.testclient import TestClient

from oais.archive import Archive
from oais.functions.access.facade import open_access
from oais.functions.access.question import Question
from policies.access import Principal, Role
from tests.web.conftest import CURVE_PATH, CURVE_URL, LIGHT_CURVE, Rules, client_of

JSON = {"Accept": "application/json"}
CLOSED = "  - {node: tess/n1, policy: closed}\n"
LISTED = "  - {node: tess/n1, policy: padlock}\n"
HIDDEN = "  - {node: tess/n1, policy: hidden}\n"
DATED = "  - {node: tess/n1, policy: later}\n"
DATA_ADDRESSES = (
    CURVE_URL,
    *(f"/aip/{LIGHT_CURVE}/v1/{door}/{CURVE_PATH}" for door in ("plots", "look", "rows")),
    f"/aip/{LIGHT_CURVE}/v1/plots/{CURVE_PATH}?plot=histogram&x=SAP_FLUX",
)
DESCRIPTIONS = (
    f"/aip/{LIGHT_CURVE}",
    f"/aip/{LIGHT_CURVE}/v1",
    f"/aip/{LIGHT_CURVE}@v2",
    f"/aip/{LIGHT_CURVE}/v1/citation.bib",
    f"/aip/{LIGHT_CURVE}/v1/products/{CURVE_PATH}",
    f"/aip/{LIGHT_CURVE}/v1/files/METS.xml",
)
PROBES: tuple[dict[str, str], ...] = (
    {},
    {"Range": "bytes=0-9"},
    {"If-None-Match": "*"},
    {"Range": "bytes=99999999-"},
    JSON,
)
OVERVIEWS = (
    "/",
    "/tree",
    "/tree/tess",
    "/search",
    "/search?q=55525572",
    "/search?node=tess/n1",
    "/search?ids=tess.*",
    "/timeline?at=2018-12-01",
)


@pytest.mark.parametrize("probe", PROBES, ids=str)
@pytest.mark.parametrize("address", DATA_ADDRESSES)
def test_closed_data_are_refused_with_a_reason(
    under_rules: Rules, address: str, probe: dict[str, str]
) -> None:
    """The description is public but the bytes, their digests as validators and their length are not given."""
    answer = under_rules(CLOSED).get(address, headers=probe)
    assert answer.status_code == 403
    assert "not yet released by its provider" in answer.text
    assert not {"etag", "repr-digest", "content-range", "accept-ranges"} & set(answer.headers)


def test_closed_data_are_described_behind_a_padlock(under_rules: Rules) -> None:
    """Pages are there, say why the data are closed, and offer neither download, table nor picture."""
    client = under_rules(CLOSED)
    for address in DESCRIPTIONS:
        assert client.get(address).status_code == 200, address
    page = client.get(f"/aip/{LIGHT_CURVE}").text
    assert "The data are closed." in page
    assert "/files/representations/original/data/" not in page
    product = client.get(f"/aip/{LIGHT_CURVE}/v1/products/{CURVE_PATH}", headers=JSON).json()
    assert (product["table"], product["plot"]) == (None, "")
    assert product["headers"] != []
    cards = client.get("/search?q=55525572", headers=JSON).json()["hits"]
    assert {card["aip_id"]: card["locked"] for card in cards}[LIGHT_CURVE] is True


@pytest.mark.parametrize("probe", PROBES, ids=str)
@pytest.mark.parametrize("rules", [LISTED, HIDDEN], ids=["listed", "hidden"])
@pytest.mark.parametrize("address", [*DATA_ADDRESSES, *DESCRIPTIONS])
def test_what_may_not_be_read_is_as_if_it_were_not(
    under_rules: Rules, rules: str, address: str, probe: dict[str, str]
) -> None:
    """The answer is that for an identifier nobody ever used, but for the identifier itself."""
    client = under_rules(rules)
    denied = client.get(address, headers=probe)
    other = "never.used.by.anybody"
    unknown = client.get(address.replace(LIGHT_CURVE, other), headers=probe)
    assert denied.status_code == 404
    assert denied.text.replace(LIGHT_CURVE, other) == unknown.text
    headers = {name for name in denied.headers if name != "content-length"}
    assert headers == {name for name in unknown.headers if name != "content-length"}


@pytest.mark.parametrize("form", [{}, JSON], ids=["page", "json"])
@pytest.mark.parametrize("address", OVERVIEWS)
def test_hidden_data_leave_no_trace(under_rules: Rules, address: str, form: dict[str, str]) -> None:
    """No list, count, facet or tree tells of a hidden branch or what rests in it."""
    client = under_rules(HIDDEN)
    text = client.get(address, headers=form).text
    assert LIGHT_CURVE not in text
    for asked in ("node=tess/n1", 'value="tess/n1"', "&#39;tess/n1&#39;"):  # the question, said again
        text = text.replace(asked, "")
    assert "tess/n1" not in text
    if form and address == "/":
        assert client.get(address, headers=form).json()["aips"] == 2


@pytest.mark.parametrize("form", [{}, JSON], ids=["page", "json"])
def test_to_ask_for_a_hidden_place_is_to_ask_for_none(under_rules: Rules, form: dict[str, str]) -> None:
    """The answer is that for a place that never was, but for its name."""
    client = under_rules(HIDDEN)
    hidden, never = (client.get(f"/search?node=tess/n{end}", headers=form) for end in "17")
    assert hidden.status_code == never.status_code == 200
    told = hidden.text.replace("tess/n1", "tess/n7").replace("tess%2Fn1", "tess%2Fn7")
    assert told == never.text


def test_a_hidden_place_is_no_place(under_rules: Rules) -> None:
    """Its address, and those below it, answer as those of places that never were."""
    client = under_rules(HIDDEN)
    for path in ("tess/n1", "tess/n1/light-curves", "tess/n1/light-curves/sector-5"):
        denied, unknown = client.get(f"/tree/{path}"), client.get(f"/tree/{path}x")
        assert denied.status_code == 404
        assert denied.text.replace(path, "") == unknown.text.replace(f"{path}x", "")


def test_a_listed_place_shows_its_name_and_a_padlock(under_rules: Rules) -> None:
    """It stands in the tree without counts; its page tells nothing of what is in it."""
    client = under_rules(LISTED)
    branches = client.get("/tree/tess", headers=JSON).json()["node"]["branches"]
    (listed,) = [branch for branch in branches if branch["path"] == "tess/n1"]
    assert (listed["locked"], listed["aips"], listed["size"], listed["branches"]) == (True, 0, 0, [])
    assert LIGHT_CURVE not in client.get("/tree/tess/n1").text
    assert client.get("/", headers=JSON).json()["aips"] == 2


def test_a_release_date_opens_by_itself(archive: Archive, under_rules: Rules) -> None:
    """Closed until a day: refused before it with the date, given from it on, nothing being done."""
    rules = under_rules(DATED).app.state.site.archive.in_force  # type: ignore[attr-defined]
    before, after = datetime(2031, 4, 30, 23, 59, 59, tzinfo=UTC), datetime(2031, 5, 1, tzinfo=UTC)
    early = client_of(replace(archive, in_force=rules, clock=lambda: before)).get(CURVE_URL)
    assert early.status_code == 403
    assert "2031-05-01" in early.text
    late = client_of(replace(archive, in_force=rules, clock=lambda: after)).get(CURVE_URL)
    assert late.status_code == 200


def test_staff_see_what_strangers_do_not(archive: Archive, under_rules: Rules) -> None:
    """The facade answers an archivist where it hides from a stranger."""
    client = under_rules(HIDDEN)
    hidden = replace(archive, in_force=client.app.state.site.archive.in_force)  # type: ignore[attr-defined]
    staff = open_access(hidden, Principal("a1", Role.ARCHIVIST))
    assert staff.show(LIGHT_CURVE).card.aip_id == LIGHT_CURVE
    assert staff.find(Question(words="55525572")).page.total == 3
    assert staff.open_file(f"{LIGHT_CURVE}@v1", CURVE_PATH).public is False


def test_caches_keep_only_what_is_for_all(client: TestClient, archive: Archive) -> None:
    """An open file may be kept if it is asked about each time."""
    assert client.get(CURVE_URL).headers["cache-control"] == "public, no-cache"
    at = datetime(2026, 11, 21, tzinfo=UTC)
    assert client_of(replace(archive, clock=lambda: at)).get(CURVE_URL).status_code == 200
