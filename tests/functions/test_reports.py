"""Reports of visits, from the delivery to the search: what their tables say, sealed with the description."""

from __future__ import annotations

import json
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from aip.descriptive import iter_description_json
from aip.reading import DESCRIPTION, content_path, read_description
from oais.archive import Archive
from oais.functions.access.facade import Access, open_access
from oais.functions.access.question import Question
from oais.functions.data_management import check_index, rebuild_index
from oais.functions.held_visits import held_of
from oais.functions.storage import find_aip
from oais.information.description import ReportedValue, from_plain
from oais.information.packages import FormatIdentification, Inspection
from oais.information.representation.inspection import Inspector
from policies.mapping import describe_product
from policies.report_reading import with_tables
from tests.functions.reported import INSIDE, REPORT, VISIT, delivered, report, visit_archive
from tests.information.pdfs import pdf
from tests.policies.test_report_reading import GOOD, SHIPPED, agreed

AIP = "cheops.pr110047_tg000401"
ODD = {"cdpp 6.5h (ppm)": "0", "Target Name": "simulation"}


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory, shared: Path) -> Archive:
    """An archive with a visit whose report was read: two of its values are not what they should be."""
    made, receipt = visit_archive(tmp_path_factory.mktemp("reports"), shared, report(ODD))
    assert receipt.status == "accepted", receipt.findings
    assert sorted(found.code for found in receipt.findings) == ["RPT-004", "RPT-005"]
    return made


@pytest.fixture(scope="module")
def access(archive: Archive) -> Iterator[Access]:
    """What a consumer may ask of it."""
    opened = open_access(archive)
    with closing(opened.index):
        yield opened


def sealed(archive: Archive) -> dict[str, ReportedValue]:
    """Return the values of the report as the AIP's own description has them."""
    description = read_description(find_aip(archive, AIP))
    (told,) = [item for item in description.products if item.path == INSIDE]
    return {item.name: item for item in told.reported}


def test_all_values_of_its_tables_are_sealed(archive: Archive) -> None:
    """Those of Run and Metrics, with units, as written, and with the reason where there is none."""
    values = sealed(archive)
    assert len(values) == 28
    assert all(item.value is not None or item.reason == "not given" for item in values.values())
    assert values["integration_time"] == ReportedValue(
        "integration_time", "Run/Intergration time (s)", 60.0, "s", "60.0 (3 x 20.0 s)"
    )
    assert values["flux_median"].value == 1.73e7
    assert values["cdpp_6_5_hours"].value == 0.0
    contamination, straylight = values["flux_contamination"], values["lost_straylight"]
    assert (contamination.value, contamination.written, contamination.unit) == (None, "N/A", "ph/exp")
    assert (straylight.value, straylight.written, straylight.reason) == (None, "TODO", "not given")


@pytest.mark.parametrize(
    ("where", "found"),
    [
        ("cdpp_2_5_hours < 50", 1),
        ("cdpp_2_5_hours < 40", 0),
        ("cdpp 6.5 hours = 0", 1),
        ("contamination_ratio > 0.4; contamination_ratio < 0.5", 1),
        ("flux_contamination > -1e99", 0),
        ("lost_saa = TODO; flux_contamination = N/A", 1),
        ("hot_pixels_in_target <= 1e99", 0),
        ("integration_time = 60; exposures >= 300", 1),
        ("magnitude_v < 8", 1),
        ("Flat Field = skipped", 1),
        ("Photometric method = circular aperture non weighed", 1),
    ],
)
def test_they_are_found_by_conditions(access: Access, where: str, found: int) -> None:
    """Numbers as numbers; what is none is in no order of them, and is found as the report writes it."""
    assert access.find(Question(where=where)).page.total == found


def test_the_index_is_the_same_from_the_aips_alone(archive: Archive, tmp_path: Path) -> None:
    """Values that are searched come from the sealed description, not from reading the report again."""
    home = tmp_path / "home"
    shutil.copytree(archive.home, home)
    copy = replace(archive, home=home)
    before = _told(copy)
    assert ("cdpp25hours", "42.0", 42.0) in before
    shutil.rmtree(copy.index_root)
    rebuild_index(copy)
    assert _told(copy) == before
    assert check_index(copy) == []


def _told(archive: Archive) -> list[tuple[str, str, float | None]]:
    with closing(sqlite3.connect(archive.index_root / "catalogue.sqlite")) as catalogue:
        return sorted(catalogue.execute("SELECT name, text, number FROM told_values").fetchall())


def test_its_description_says_that_it_has_them(archive: Archive) -> None:
    """The schema of a description without any is still the first; what no release wrote is not read."""
    data = content_path(find_aip(archive, AIP), None, DESCRIPTION).read_bytes()
    plain = json.loads(data)
    assert plain["schema"] == "oais-description/2"
    assert [("reported" in item) for item in plain["products"]].count(True) == 1
    read = from_plain(plain)
    assert b"".join(iter_description_json(read)) == data
    without = replace(read, products=tuple(replace(item, reported=()) for item in read.products))
    bare = json.loads(b"".join(iter_description_json(without)))
    assert bare["schema"] == "oais-description/1"
    assert not any("reported" in item for item in bare["products"])
    with pytest.raises(ValueError, match="oais-description/3"):
        from_plain({**plain, "schema": "oais-description/3"})


SECOND_SCHEMA = """
{"aip_id": "demo.1", "version": 1, "title": "", "summary": "", "mission": "Demo", "collection": "Demo",
 "node": "demo/l2", "kind": "report", "level": "L2", "agreement": "demo", "provider": "", "creators": [],
 "publisher": "", "year": 2026, "licence": "", "credit": "", "access_policy": "open", "submission_key": "",
 "receipt": "", "ingested_at": "", "software": [], "documents": [], "values": {}, "products": [
  {"path": "r.pdf", "sip_path": "data/r.pdf", "size": 1, "sha256": "00", "kind": "report", "level": "L2",
   "product_type": "report", "format_id": "fmt/276", "format_name": "", "media_type": "application/pdf",
   "obscore": {"t_min": null}, "valid_from": null, "valid_to": null, "values": {}, "provenance": [],
   "reported": [
    {"name": "mad", "source": "Metrics/MAD (ppm)", "value": 15259.0, "unit": "ppm", "written": "15259",
     "reason": ""},
    {"name": "lost_saa", "source": "Metrics/Lost SAA", "value": null, "unit": "", "written": "TODO",
     "reason": "not given"}]}],
 "schema": "oais-description/2"}
"""
"""A description as it was sealed by the release that first read reports; it never changes."""


def test_the_second_schema_is_read_as_it_was_first_written() -> None:
    """Field by field: what an archive wrote, every later release reads."""
    (product,) = from_plain(json.loads(SECOND_SCHEMA)).products
    assert product.reported == (
        ReportedValue("mad", "Metrics/MAD (ppm)", 15259.0, "ppm", "15259"),
        ReportedValue("lost_saa", "Metrics/Lost SAA", None, "", "TODO", "not given"),
    )


@pytest.mark.parametrize(
    ("made", "why"),
    [
        (report()[:40] + bytes(2000) + report()[-60:], "it is damaged"),
        (pdf([[], []]), "they may be images"),
    ],
)
def test_a_report_that_cannot_be_read_is_kept_unless_the_agreement_refuses_it(
    tmp_path: Path, shared: Path, made: bytes, why: str
) -> None:
    """Accepted with a warning by the shipped one, refused by one that says so; nothing else is said of it."""
    shipped = (SHIPPED / "cheops.yaml").read_text(encoding="utf-8")
    strict = shipped.replace(
        "      none: [N/A, TODO]\n", "      none: [N/A, TODO]\n      unreadable: refuse\n"
    )
    assert strict != shipped
    for text, status, codes in (("", "accepted", {"RPT-001"}), (strict, "refused", {"RPT-001", "AGR-018"})):
        place = tmp_path / status
        place.mkdir()
        archive, receipt = visit_archive(place, shared, made, text)
        assert (receipt.status, {found.code for found in receipt.findings}) == (status, codes)
        assert all(why in found.message for found in receipt.findings)
        if status == "accepted":
            assert sealed(archive) == {}


def test_a_report_that_comes_alone_is_compared_with_what_is_held(tmp_path: Path, shared: Path) -> None:
    """As a package of its own, after that of the light curve: each difference names what is held."""
    archive, first = visit_archive(tmp_path, shared, report())
    assert first.findings == ()
    again = delivered(archive, tmp_path / "again", {REPORT: report(ODD)}, "cheops.report-again")
    assert again.status == "accepted"
    (found,) = [each for each in again.findings if each.code == "RPT-004"]
    assert "Run/Target Name is 'simulation', but target_name of what is held of the visit is KELT-20" in (
        found.message
    )
    sound = delivered(archive, tmp_path / "sound", {REPORT: report()}, "cheops.report-sound")
    assert (sound.status, sound.findings) == ("accepted", ())


def test_a_visit_of_an_odd_name_has_nothing_held(archive: Archive) -> None:
    """Whatever a provider calls it: only what is called so is compared."""
    held = held_of(archive, archive.policies.agreement("cheops"))
    assert {fields["target_name"] for fields in held(VISIT)} == {"KELT-20", None}
    for name in ("*", VISIT[:-1], "", "None", "x" * 5000, "\0", "\udc80", "a' OR 1=1"):
        assert held(name) == (), name


DV_TABLES = """\
      tables:
        Star: {begins: '^Parameter +Value', ends: '^Table 1'}
        Fit: {begins: '^BLS parameters', ends: '^Table 2'}
      values:
        tic: {from: Star/TIC ID, as: integer}
        other_name: {from: Star/Other name}
        position: {from: Star/RA/Dec}
        radius: {from: Star/Radius, as: number, unit: solRad}
        temperature: {from: Star/Teff, as: number, unit: K}
        parallax: {from: Star/Parallax, as: number, unit: mas}
        magnitude: {from: Star/T mag, as: number, unit: mag}
        magnitude_v: {from: Star/V mag, as: number, unit: mag}
        sectors: {from: Star/Sectors (nominal)}
        tce: {from: Star/TCE}
        toi: {from: Star/TOI}
        period: {from: Fit/period, as: number, unit: d}
        depth: {from: Fit/depth, pattern: '^(\\S+)', as: number}
        depth_error: {from: Fit/depth, pattern: '± (\\S+)', as: number}
        depth_even: {from: Fit/depth even, pattern: '^(\\S+)', as: number}
"""
"""Labels of the data validation reports of Planet Hunters TESS, as LATTE writes them."""

DV_VALUES = {
    "tic": 55525572,
    "other_name": "TYC 8876-01059-1",
    "position": "72.6941 -60.9055",
    "radius": 1.93,
    "temperature": 5824.0,
    "parallax": 3.77,
    "magnitude": 9.82,
    "magnitude_v": 10.36,
    "sectors": "1, 2, 3, 4, 5, 6, 8, 9, 10, 11, 12, 13 *",
    "tce": None,
    "toi": "813.01",
    "period": 0.660,
    "depth": 0.01212,
    "depth_error": 0.03739,
    "depth_even": 0.01151,
}
"""What a person reads on its first and its last page."""


def test_a_report_of_another_mission_is_read_by_labels_of_its_own(shared: Path, inspector: Inspector) -> None:
    """A real one of seven pages, made by another program in another layout."""
    path = shared / "data" / "tess" / "tic55525572_s0005" / "DV_report_55525572.pdf"
    before, _, rest = GOOD.partition("      tables:\n")
    agreement = agreed(
        f"{before.replace('required: [Steps/Dark]', '')}{DV_TABLES}{rest[rest.index('tree:') :]}"
    )
    found = agreement.rule_for("data/r55525572.pdf")
    assert found is not None
    text = inspector.text(path)
    assert (text.fault, text.parts) == ("", ())
    pdf = FormatIdentification("fmt/276", "PDF", "1.7", "application/pdf", "test", "given")
    inspection = with_tables(Inspection("data/r55525572.pdf", pdf), found[0], text.lines)
    told = describe_product(agreement, found[0], inspection, found[1])
    assert told.findings == ()
    assert {item.name: item.value for item in told.reported} == DV_VALUES
