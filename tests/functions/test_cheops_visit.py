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
