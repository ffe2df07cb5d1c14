"""A real visit with its report of reduction: linked as its Quality Report, found by metrics and steps."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from oais.functions.access.facade import Access, open_access
from oais.functions.access.question import Question
from oais.functions.administration import initialise
from oais.functions.packing import pack_folder
from oais.functions.submission import submit
from tests.functions.deliveries import write_bag
from tests.information.fits_making import Value, primary, table

VISIT = "PR110047_TG000401"
REPORT = f"CH_{VISIT}_TU2021-07-11T04-05-52_RPT_COR_DataReduction_V0300.pdf"


@pytest.fixture(scope="module")
def access(tmp_path_factory: pytest.TempPathFactory, shared: Path) -> Iterator[Access]:
    """An archive that holds raw image, light curve and report of one visit."""
    place = tmp_path_factory.mktemp("cheops")
    archive = initialise(place / "home", name="CHEOPS")
    folder = place / "visit"
    folder.mkdir()
    for path in (shared / "data" / "cheops" / VISIT).glob("CH_*.fits"):
        shutil.copy(path, folder)
    shutil.copy(shared / "data" / "cheops" / "documents" / "PyCheops_Cookbook.pdf", folder / REPORT)
    (told,) = submit(archive, [pack_folder(archive.home, folder, "cheops", place / "visit.bag")])
    assert told.receipt is not None
    assert told.receipt.status == "accepted", told.receipt.findings
    opened = open_access(archive)
    with closing(opened.index):
        yield opened


def test_the_report_is_the_visit_s_quality_report(access: Access) -> None:
    """It is of the visit and no visit of its own, and the visit's row links to it."""
    (row,) = access.find(Question(show="visits")).visits
    assert row.visit == VISIT
    assert row.report.endswith(REPORT)
    assert row.products == 3


@pytest.mark.parametrize(
    ("where", "found"),
    [
        ("Flat Field = completed", 1),
        ("Flat Field = skipped", 0),
        ("Event flagging = completed", 0),
        ("median_flux > 1.6e6; robust_mean_flux > 1.6e6", 1),
        ("robust_scatter < 600", 1),
        ("scatter_point_to_point < 100", 0),
        ("cdpp_2_5_hours >= 305.18; cdpp_2_5_hours < 305.19", 1),
        ("cdpp_6_5_hours > 274", 0),
        ("median_absolute_deviation > 162; valid_points = 0", 1),
    ],
)
def test_it_is_found_by_metrics_and_steps(access: Access, where: str, found: int) -> None:
    """As the light curve's headers have them; a step that was not done, N/A, has no status."""
    assert access.find(Question(where=where)).page.total == found


EXAMPLE = {
    "00-00-00_SCI_RAW_HkIbswPar": "engineering",
    "00-00-00_SCI_RAW_Imagette": "science",
    "00-00-02_SCI_RAW_HkIaswDg": "engineering",
    "00-00-02_SCI_RAW_HkIbswDg": "engineering",
    "00-00-03_SCI_RAW_HkIsw": "engineering",
    "00-00-03_SCI_RAW_HkIfsw": "engineering",
    "00-00-17_SCI_RAW_HkDefault": "engineering",
    "00-00-18_SCI_RAW_HkIaswPar": "engineering",
    "00-00-20_SCI_RAW_HkExtended": "engineering",
    "00-00-29_SCI_CAL_SubArray": "science",
    "00-00-29_SCI_COR_Lightcurve-AperPhot": "science",
    "00-01-00_AUX_RES_VisitConstraints": "auxiliary",
}
"""The files of one visit as the Archive Browser lists them, each with what kind of product it is."""


def _product(kind: str) -> bytes:
    """Return a table of that type, with the level that the Archive Browser shows beside it."""
    level = "L2" if "SCI_COR" in kind else "L0.5"
    cards: dict[str, Value] = {
        "EXTNAME": kind.partition("-")[0], "DATA_LVL": level, "TELESCOP": "CHEOPS", "PROGTYPE": 1,
        "PROG_ID": 113, "REQ_ID": 41, "VISITCTR": 2, "OBS_CAT": "time critical", "TARGNAME": "GJ 436",
        "T_STRT_U": "2019-11-22T00:00:00", "T_STOP_U": "2019-11-22T06:00:00", "PIPE_VER": "14.1.2",
        "ARCH_REV": 0, "PROC_NUM": 0,
    }  # fmt: skip
    return primary() + table({"VALUE": "D"}, bytes(8), 8, b"", **cards)


def test_every_type_of_the_example_comes_in(tmp_path: Path) -> None:
    """With kind, type and format; where type and level disagree a warning says so (CB-28, CB-29, CB-30)."""
    archive = initialise(tmp_path / "home", name="CHEOPS")
    folder = tmp_path / "visit"
    folder.mkdir()
    stem = "CH_PR010113_TG004102_TU2019-11-22T"
    for name in EXAMPLE:
        (folder / f"{stem}{name}_V0000.fits").write_bytes(_product(name[9:]))
    (told,) = submit(archive, [pack_folder(archive.home, folder, "cheops", tmp_path / "visit.bag")])
    assert told.receipt is not None
    assert told.receipt.status == "accepted", told.receipt.findings
    disagree = [found.path for found in told.receipt.findings if found.code == "CON-004"]
    assert [path.partition("_SCI_")[2] for path in disagree] == ["CAL_SubArray_V0000.fits"]
    opened = open_access(archive)
    with closing(opened.index):
        (hit,) = opened.find(Question(show="packages")).hits
        shown = opened.show(hit.aip_id).products
    kinds = {product.name[len(stem) :].removesuffix("_V0000.fits"): product.kind for product in shown}
    assert kinds == EXAMPLE
    assert {product.product_type for product in shown} == {name[9:].partition("-")[0] for name in EXAMPLE}
    assert all(product.format_name for product in shown)


@pytest.mark.parametrize("name", [
    "CH_PR10113_TG004102_TU2019-11-22T00-00-00_SCI_RAW_Imagette_V0000.fits",
    "CH_PR010113_TG004102_TU2019-11-22T00-00-00_SCI_RAW_Imagette_V00.fits",
])  # fmt: skip
def test_a_name_that_no_grammar_has_is_refused_with_the_reason(tmp_path: Path, name: str) -> None:
    """A digit of programme or version is missing: the finding names the file (CB-28)."""
    archive = initialise(tmp_path / "home", name="CHEOPS")
    bag = write_bag(
        tmp_path / "bag",
        {name: _product("SCI_RAW_Imagette")},
        {"Source-Organization": "SOC", "Submission-Agreement": "cheops", "External-Identifier": "cheops.x"},
    )
    (told,) = submit(archive, [bag])
    assert told.receipt is not None
    assert told.receipt.status == "refused"
    assert any(name in found.path + found.message for found in told.receipt.findings)
