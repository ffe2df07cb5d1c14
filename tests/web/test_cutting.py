"""Packages and orders whose tables are cut or converted: what is in them, what is told, who may."""

from __future__ import annotations

import csv
import io
import json
import random
import shutil
import zipfile
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from astropy.io import fits
from astropy.time import Time
from starlette.testclient import TestClient

from oais.cli import main
from oais.functions.orders.building import Worker
from oais.functions.orders.cutting import remove_derived
from oais.functions.service import Service
from oais.functions.submission import submit
from tests.functions.deliveries import TAGS, write_bag
from tests.information.test_deriving import several_tables
from tests.web.conftest import CURVE_FILE, CURVE_PATH, LIGHT_CURVE
from tests.web.test_orders import JSON, TOKEN, browser, close, send, service, site

__all__ = ["service", "site"]

START, STOP = "2018-11-15T18:00:00", "2018-11-16T00:00:00"
PICK = f"pick={LIGHT_CURVE}@v1/{CURVE_PATH}"
CUT = f"/api/v1/package?{PICK}&start={START}&end={STOP}"
DERIVED = f"data/{LIGHT_CURVE}.v1/{CURVE_FILE.name}.derived-20181115T180000Z_20181116T000000Z"


def members(data: bytes) -> dict[str, bytes]:
    """The files of a zip by their paths in the bag."""
    with zipfile.ZipFile(io.BytesIO(data)) as opened:
        return {name.partition("/")[2]: opened.read(name) for name in opened.namelist()}


def told(files: dict[str, bytes]) -> dict[str, Any]:
    """What a package tells of what was made for it."""
    (name,) = (name for name in files if name.endswith("/derived.json"))
    plain: dict[str, Any] = json.loads(files[name])
    return plain


def rows_within() -> Any:
    """The rows of the demo's light curve between the two times, told by astropy."""
    with fits.open(CURVE_FILE) as hdus:
        data = hdus[1].data.copy()
    days = np.where(np.isfinite(data["TIME"]), data["TIME"].astype(float), 0.0)
    times = Time(days + 2_457_000, format="jd", scale="tdb").utc
    within = data[(times >= Time(START, scale="utc")) & (times < Time(STOP, scale="utc"))]
    assert 0 < len(within) < len(data)
    return within


def test_an_interval_in_the_address_cuts_the_tables(site: TestClient, seeded: random.Random) -> None:
    """Records outside the interval are not delivered, the rest says it is derived, Range goes on (EH-37)."""
    whole = site.get(CUT)
    files = members(whole.content)
    (payload,) = (name for name in files if name.startswith("data/"))
    assert payload == f"{DERIVED}.fits"
    with fits.open(io.BytesIO(files[payload])) as hdus:
        assert hdus[1].data.tobytes() == rows_within().tobytes()
        assert f"derived from: {LIGHT_CURVE}@v1" in hdus[0].header["HISTORY"]
    note = told(files)[payload.partition("/")[2].partition("/")[2]]
    assert note["derived from"] == f"{LIGHT_CURVE}@v1"
    assert note["tables"][0]["kept"] == len(rows_within())
    for _ in range(3):
        start = seeded.randrange(len(whole.content))
        part = site.get(CUT, headers={"Range": f"bytes={start}-", "If-Range": whole.headers["etag"]})
        assert (part.status_code, part.content) == (206, whole.content[start:])


def test_originals_can_always_be_had(site: TestClient) -> None:
    """With ``tables=original`` the same address delivers the files as they are kept (EH-38)."""
    files = members(site.get(f"{CUT}&tables=original").content)
    assert files[f"data/{LIGHT_CURVE}.v1/{CURVE_FILE.name}"] == CURVE_FILE.read_bytes()
    assert not [name for name in files if "derived" in name]


def test_a_table_is_converted_for_whoever_wants_csv(site: TestClient) -> None:
    """CSV has a comment header with source and interval, and the numbers themselves."""
    files = members(site.get(f"{CUT}&tables=csv").content)
    lines = files[f"{DERIVED}.csv"].decode().splitlines()
    comments = [line for line in lines if line.startswith("#")]
    assert f"# derived from: {LIGHT_CURVE}@v1" in comments
    assert f"# interval: [{START}, {STOP}) UTC" in comments
    rows = list(csv.DictReader(lines[len(comments) :]))
    expected = rows_within()
    assert [float(row["TIME"]) for row in rows] == expected["TIME"].tolist()
    read = np.array([row["PDCSAP_FLUX"] for row in rows], dtype=np.float32)
    assert np.array_equal(read, expected["PDCSAP_FLUX"], equal_nan=True)


def test_what_cannot_be_cut_comes_whole_with_the_reason(site: TestClient) -> None:
    """A document is delivered as it is kept and listed so; who demanded tables is refused instead."""
    address = f"/api/v1/package?ids={LIGHT_CURVE}&tables=votable"
    notes = told(members(site.get(address).content))
    whole = {path: note["reason"] for path, note in notes.items() if note.get("whole")}
    assert "no table" in whole["documents/product-description.md"]
    assert any(path.endswith(".derived.vot") for path in notes)
    refused = site.get(f"{address}&strict=true", headers={"Accept": "application/json"})
    assert refused.status_code == 422
    assert "it is no table" in refused.json()["detail"]


def test_several_tables_of_one_file_are_files_of_their_own(
    service: Service, site: TestClient, tmp_path: Path
) -> None:
    """As CSV each table is a file that has its name; what is left out is told, and refused when strict."""
    product = several_tables(tmp_path).read_bytes()
    tags = {**TAGS, "Submission-Agreement": "generic", "External-Identifier": "several"}
    (taken,) = submit(service.archive, [write_bag(tmp_path / "bag", {"several.fits": product}, tags)])
    assert taken.receipt is not None
    assert taken.receipt.status == "accepted", taken.receipt.findings
    for _ in range(2):  # made, then found as it was made
        files = members(site.get("/api/v1/package?ids=several&tables=csv").content)
        made = {name.removeprefix("data/several.v1/"): data for name, data in files.items()}
        assert [name for name in made if name.startswith("several.fits")] == [
            "several.fits.derived.RATE.csv",
            "several.fits.derived.GTI.csv",
            "several.fits.derived.NONE.csv",
        ]
        assert made["several.fits.derived.GTI.csv"].decode().splitlines()[-2:] == ["1,2", "3,4"]
    notes = told(files)["several.fits.derived.GTI.csv"]["tables"]
    assert [note["table"] for note in notes] == ["GTI", "LISTS"]
    assert "not converted" in notes[1]["left_out"]
    (stored,) = (service.archive.dip_root / "derived").rglob("*.2")
    stored.unlink()  # a part that is missing is made again
    again = members(site.get("/api/v1/package?ids=several&tables=csv").content)
    assert again["data/several.v1/several.fits.derived.GTI.csv"] == made["several.fits.derived.GTI.csv"]
    product_pick = f"pick=several@v1/{CURVE_PATH.rpartition('/')[0]}/several.fits"
    refused = site.get(f"/api/v1/package?{product_pick}&tables=csv&strict=true", headers=JSON)
    assert refused.status_code == 422
    assert "the table LISTS is left out" in refused.json()["detail"]


@pytest.mark.parametrize(
    "asked", ["tables=parquet", f"start={STOP}&end={START}", "start=2018-13-01", "start=58437.5"]
)
def test_an_impossible_wish_is_refused(site: TestClient, asked: str) -> None:
    """An unknown form, a reversed interval and a time that is none are told what was expected."""
    answer = site.get(f"/api/v1/package?{PICK}&{asked}", headers={"Accept": "application/json"})
    assert answer.status_code == 400
    assert answer.json()["detail"]


def test_the_decision_is_that_of_the_source(service: Service, site: TestClient) -> None:
    """Once the product is closed what was made of it is closed too, though it lies there."""
    assert site.get(CUT).status_code == 200
    close(service, "tess/n1")
    assert site.get(CUT).status_code == 403


def test_an_order_is_cut_by_the_worker(service: Service, site: TestClient) -> None:
    """The order page offers forms and times; the worker makes the tables, twice the same bytes."""
    send(site, f"/choose?pick={LIGHT_CURVE}", "/basket/picks", picks=[f"{LIGHT_CURVE}@v1/{CURVE_PATH}"])
    (kept,) = site.get("/basket", headers={"Accept": "application/json"}).json()
    order = f"/basket/{kept['identifier']}/order"
    page = send(site, "/basket", order, tables="csv", start=START, end=STOP)
    assert f"csv, [{START}, {STOP}) UTC" in site.get(page).text
    Worker(service).build_next()
    first = site.get(f"{page}/packages/1").content
    assert f"{DERIVED}.csv" in members(first)
    shutil.rmtree(service.archive.dip_root)
    again = send(site, page, f"{page}/cancel")
    repeated = send(site, again, f"{again}/repeat")
    Worker(service).build_next()
    second = members(site.get(f"{repeated}/packages/1").content)
    assert second[f"{DERIVED}.csv"] == members(first)[f"{DERIVED}.csv"]


def test_programs_order_tables_too(service: Service, site: TestClient) -> None:
    """An order of JSON names the form, and its job tells it."""
    found = TOKEN.search(site.get("/basket").text)
    assert found is not None
    wanted = {"ids": LIGHT_CURVE, "tables": "votable"}
    placed = site.post("/api/v1/orders", json=wanted, headers={"X-CSRF-Token": found[1]})
    assert (placed.status_code, placed.json()["tables"]) == (202, "votable")
    Worker(service).build_next()
    assert site.get(placed.headers["location"]).json()["state"] == "available"


def test_nothing_is_made_of_a_damaged_file(service: Service) -> None:
    """A stored file with a wrong byte is told as damage, not read as if it were good."""
    (stored,) = service.archive.aip_root.rglob(CURVE_FILE.name)
    data = bytearray(stored.read_bytes())
    data[-3_000] ^= 1
    stored.chmod(0o644)
    stored.write_bytes(data)
    answer = browser(service).get(CUT, headers={"Accept": "application/json"})
    assert answer.status_code >= 500
    assert not list((service.archive.dip_root / "derived").rglob("*.json"))


def test_what_nobody_asked_for_any_more_is_removed(service: Service, site: TestClient) -> None:
    """Tables made for a download go when an order would have expired, and are made again when wanted."""
    first = site.get(CUT).content
    archive = service.archive
    assert remove_derived(archive, archive.clock() + timedelta(days=1)) == 0
    assert remove_derived(archive, archive.clock() + timedelta(days=4)) == 2
    assert site.get(CUT).content == first


def test_tables_at_the_command_line(service: Service, tmp_path: Path) -> None:
    """``oais get --time --as`` gives the same rows in a folder."""
    home = service.archive.home
    target = tmp_path / "dip"
    wish = ["--time", f"{START}/{STOP}", "--as", "csv", "--strict"]
    assert main(["get", LIGHT_CURVE, "*_lc.fits", "--to", str(target), *wish, "--home", str(home)]) == 0
    (made,) = target.rglob("*.csv")
    assert made.name == DERIVED.rpartition("/")[2] + ".csv"
    lines = [line for line in made.read_text("utf-8").splitlines() if not line.startswith("#")]
    assert len(lines) - 1 == len(rows_within())
    wrong = ["get", LIGHT_CURVE, "--to", str(tmp_path / "x"), "--time", "then", "--home", str(home)]
    assert main(wrong) == 2
