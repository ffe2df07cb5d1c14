"""The census of formats: counted rightly, judged by the register, and told at every door."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from starlette.testclient import TestClient

from aip.reading import read_description
from oais.archive import Archive
from oais.cli import main
from oais.errors import ConfigurationError
from oais.functions.administration import initialise
from oais.functions.preservation.census import census_of, take_census
from oais.functions.service import open_service
from oais.functions.storage import aip_store
from oais.functions.submission import submit
from oais.information.representation.identification import known_formats
from oais.web.app import create_app
from policies.formats import load_register, parse_register, shipped_register
from policies.principals import Role
from search_index.entries import FormatHolding
from tests.functions.deliveries import demo_bag, plain_bag
from tests.web.people import account, enter

REVIEWED = "reviewed: 2026-01-01, review_by: 2027-01-01"
ROW = f"formats:\n  - {{ids: [x-fmt/383], risk: low, reason: good, {REVIEWED}}}\n"


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Archive:
    """Real FITS and CSV of one mission, texts of nobody's, and a second version that replaces one of them."""
    place = tmp_path_factory.mktemp("formats")
    made = initialise(place / "home")
    made = replace(made, clock=lambda: datetime(2026, 11, 21, tzinfo=UTC))
    bags = [
        demo_bag(place / "hk.bag"),
        demo_bag(place / "n1.bag", "n1"),
        plain_bag(place / "one.bag", "plain.one", {"a.txt": b"words\n", "b.csv": b"a,b\n1,2\n"}),
        plain_bag(place / "two.bag", "plain.one", {"c.txt": b"other words\n"}),
    ]
    assert [told.error for told in submit(made, bags)] == [""] * len(bags)
    return made


def test_every_file_of_the_newest_versions_is_counted_once(archive: Archive) -> None:
    """The census has the amounts that the sealed descriptions themselves give, format by format."""
    expected: Counter[str] = Counter()
    sizes: Counter[str] = Counter()
    for stored in aip_store(archive).objects():
        for product in read_description(stored).products:
            expected[product.format_id] += 1
            sizes[product.format_id] += product.size
    census = take_census(archive)
    assert {row.format_id: row.files for row in census.rows} == dict(expected)
    assert {row.format_id: row.size for row in census.rows} == dict(sizes)
    assert {row.standing for row in census.rows} == {"reviewed"}
    assert {row.oldest for row in census.rows} == {"2026-11-21"}
    fits = next(row for row in census.rows if row.format_id == "x-fmt/383")
    assert (fits.risk, fits.missions, fits.needs) == ("low", ("TESS",), "")


def test_what_is_not_judged_or_overdue_comes_first() -> None:
    """A judgement holds to the end of its last day; a format without one is told, and with what to do."""
    register = parse_register(ROW.encode(), "mine.yaml")
    held = [
        FormatHolding("oais/cef", "CEF", "M", 3, 30, 1, "2026-01-02T", "2026-01-02T"),
        FormatHolding("x-fmt/383", "FITS", "M", 5, 50, 2, "2025-01-02T", "2026-01-02T"),
        FormatHolding("x-fmt/383", "FITS", "N", 1, 10, 1, "2024-01-02T", "2024-01-02T"),
    ]
    last = census_of(held, register, date(2027, 1, 1))
    assert [(row.format_id, row.standing) for row in last.rows] == [
        ("oais/cef", "not judged"), ("x-fmt/383", "reviewed"),
    ]  # fmt: skip
    assert (last.rows[1].files, last.rows[1].aips, last.rows[1].oldest) == (6, 3, "2024-01-02")
    after = census_of(held, register, date(2027, 1, 2))
    assert [row.standing for row in after.unsettled] == ["not judged", "overdue"]
    assert "policies/formats.yaml" in after.rows[0].needs
    assert "2027-01-01" in after.rows[1].needs


def test_the_shipped_register_judges_every_format_we_know() -> None:
    """None is forgotten, each has a reason, and what it says to migrate to is itself judged low."""
    register = parse_register(shipped_register(), "shipped")
    assert set(known_formats()) <= set(register.risks)
    for row in register.risks.values():
        assert row.reviewed < row.review_by
        assert not row.to or register.risks[row.to].risk == "low"


FAULTS = {
    "unknown word": (ROW.replace("risk: low", "risk: lowish"), ":2", "lowish"),
    "no reason": (ROW.replace("reason: good, ", ""), ":2", "reason"),
    "unknown name": (ROW.replace("reason:", "because:"), ":2", "because"),
    "a day that is none": (ROW.replace("2027-01-01", "2027-02-30"), ":2", "2027-02-30"),
    "reviewed after its end": (ROW.replace("2027-01-01", "2025-12-31"), "", "2025-12-31"),
    "twice": (ROW + ROW.partition("\n")[2], "", "x-fmt/383 twice"),
    "no format id": (ROW.replace("x-fmt/383", "fits"), ":2", "fits"),
    "nothing": ("", ":1", "nothing"),
}


@pytest.mark.parametrize("name", FAULTS)
def test_a_faulty_register_is_refused_with_its_line(name: str, archive: Archive) -> None:
    """The archive's own register counts alone, and with a fault nothing is guessed."""
    text, line, found = FAULTS[name]
    own = archive.home / "policies" / "formats.yaml"
    own.write_text(text)
    try:
        with pytest.raises(ConfigurationError) as refused:
            load_register(archive.home / "policies")
    finally:
        own.unlink()
    assert f"policies/formats.yaml{line}" in refused.value.message
    assert found in refused.value.message


def test_the_command_tells_it_and_reminds(archive: Archive, capsys: pytest.CaptureFixture[str]) -> None:
    """In words and in JSON; --check ends with 1 while something must be judged, and with 2 on a fault."""
    own = archive.home / "policies" / "formats.yaml"
    home = ["--home", str(archive.home)]
    assert main(["formats", "--check", *home]) == 0
    assert "x-fmt/383" in capsys.readouterr().out
    own.write_text(ROW)
    assert main(["formats", "--json", *home]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["register"] == "policies/formats.yaml"
    assert "x-fmt/111" in told["unsettled"]
    assert sum(row["files"] for row in told["formats"]) == told["files"]
    assert main(["formats", "--check", *home]) == 1
    own.write_text("formats: 3\n")
    assert main(["formats", *home]) == ConfigurationError.exit_code
    own.unlink()
    capsys.readouterr()
    assert main(["formats", "--register"]) == 0
    assert capsys.readouterr().out.encode() == shipped_register()


@pytest.fixture(scope="module")
def site(archive: Archive) -> Iterator[TestClient]:
    """A browser at the site, whose keeper and reader have accounts."""
    service = open_service(archive)
    account(service, "keeper", Role.ARCHIVIST)
    account(service, "reader")
    yield TestClient(
        create_app(archive, service=service), base_url="http://localhost", follow_redirects=False
    )
    service.database.close()


def test_the_desk_shows_it_to_the_staff_alone(site: TestClient) -> None:
    """A stranger must log in, a reader is refused, the archivist sees the census as page and JSON."""
    for address in ("/desk/formats", "/api/v1/formats"):
        assert site.get(address, headers={"Accept": "application/json"}).status_code == 401
    enter(site, "reader")
    assert site.get("/desk/formats").status_code == 403
    keeper = TestClient(site.app, base_url="http://localhost", follow_redirects=False)
    enter(keeper, "keeper")
    page = keeper.get("/desk/formats").text
    assert "Flexible Image Transport System" in page
    assert "0 formats" not in page
    told = keeper.get("/api/v1/formats").json()
    assert told["formats"][0]["files"] >= 1
    assert keeper.get("/desk/formats", headers={"Accept": "application/json"}).json() == told
