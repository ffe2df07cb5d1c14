"""What the report of a visit says, on its own page, on that of the visit, and to programs."""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import quote

import pytest
from starlette.testclient import TestClient

from tests.functions.reported import INSIDE, VISIT, report, visit_archive
from tests.web.conftest import client_of

AIP = f"cheops.{VISIT.lower()}"
PAGE = f"/aip/{AIP}/v1/products/{INSIDE}"
OF = f"/visit?of={quote(f'CHEOPS:{VISIT}')}"


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory, shared: Path) -> TestClient:
    """The site of an archive whose one visit has a report; a name in it is not what it should be."""
    made = report({"Target Name": "<b>simulation</b>"}, without="MAD (ppm)")
    archive, _ = visit_archive(tmp_path_factory.mktemp("site"), shared, made)
    return client_of(archive)


def cells(page: str, name: str) -> list[str]:
    """Return the texts of the row of a value, by its name."""
    (row,) = [row for row in re.findall(r"<tr>.*?</tr>", page, re.DOTALL) if f"<code>{name}</code>" in row]
    texts = re.findall(r"<td[^>]*>(.*?)</td>", row, re.DOTALL)
    return [" ".join(re.sub(r"<[^>]*>", " ", text).split()) for text in texts]


@pytest.mark.parametrize("address", [PAGE, OF])
def test_values_stand_with_units_as_written_and_with_reasons(client: TestClient, address: str) -> None:
    """Each in a row of its own; a name out of a report is text, whatever it holds."""
    page = client.get(address).text
    assert cells(page, "cdpp_2_5_hours") == ["cdpp 2.5h (ppm) Metrics", "42 ppm", "42", "cdpp_2_5_hours"]
    assert cells(page, "integration_time")[1:3] == ["60 s", "60.0 (3 x 20.0 s)"]
    assert cells(page, "data_start")[1:3] == ["59406.1707 MJD", "2021-07-11T04:05:52.140994"]
    assert cells(page, "lost_saa")[1:3] == ["not given", "TODO"]
    assert cells(page, "flux_contamination")[1:3] == ["not given", "N/A"]
    assert cells(page, "median_absolute_deviation")[1:3] == ["not in the report", ""]
    assert "&lt;b&gt;simulation&lt;/b&gt;" in page
    assert "<b>simulation" not in page


def test_it_is_said_in_french(client: TestClient) -> None:
    """Reasons too."""
    page = client.get(PAGE, headers={"Accept-Language": "fr"}).text
    assert "Ce que dit le rapport" in page
    assert cells(page, "lost_saa")[1] == "non donné"
    assert cells(page, "median_absolute_deviation")[1] == "absent du rapport"


@pytest.mark.parametrize("address", [PAGE, OF])
def test_programs_get_the_same_in_json(client: TestClient, address: str) -> None:
    """Numbers as numbers, none as null with its reason."""
    told = client.get(address, headers={"Accept": "application/json"}).json()
    reported = told["reported"] if "reported" in told else told["reports"][0]["values"]
    values = {item["name"]: item for item in reported}
    assert values["cdpp_2_5_hours"]["value"] == 42.0
    assert values["cdpp_2_5_hours"]["unit"] == "ppm"
    assert (values["lost_saa"]["value"], values["lost_saa"]["reason"]) == (None, "not given")


def test_what_is_no_report_says_nothing_of_one(client: TestClient) -> None:
    """The light curve beside it has headers and no tables of a report."""
    told = client.get(OF, headers={"Accept": "application/json"}).json()
    (curve,) = [row for row in told["rows"] if row["kind"] == "science"]
    assert "What the report says" not in client.get(curve["address"]).text
    assert [item["name"] for item in told["reports"]] == [INSIDE.rpartition("/")[2]]
