"""The checks of content: each rule of an agreement broken once, and told with its own code."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from oais.information.description import ObsCore
from oais.information.findings import Severity, finding, finding_codes
from oais.information.packages import FormatIdentification, Inspection
from policies.agreement import Agreement, parse_agreement
from policies.mapping import MappedProduct, describe_product
from policies.submission import parse_submission
from sip.checks.agreement import check_agreement
from sip.checks.consistency import check_consistency, impossible_values
from sip.checks.delivery import Delivery, read_notes
from sip.checks.fits import check_fits
from sip.checks.formats import check_formats
from tests.agreed import DEMO

FITS = FormatIdentification("x-fmt/383", "FITS", "4.0", "application/fits", "test", "given")
TEXT = (
    DEMO
    + """\
  L1: {calib_level: 1, title: One}
  L2: {calib_level: 2, title: Two}
products:
  - name: product
    file_name: 'p(?P<number>[0-9]+)_(?P<day>[0-9]{8})\\.fits'
    level: L1
    node: set
    formats: [application/fits]
    required: [0/OBJECT]
    expected: {0/TELESCOP: DEMO.*}
    same: {number: 0/NUMBER, day: 0/DATE-OBS, level: 0/LEVEL}
    obscore: {target_name: 0/OBJECT, s_ra: 0/RA, s_dec: 0/DEC, t_min: 0/DATE-OBS, t_max: 0/DATE-END}
tree:
  - {path: set, title: Set, kind: data set}
documents:
  - {title: user guide, path: 'documents/guide\\.pdf'}
software:
  - {title: pipeline, path: 'software/.*'}
submitters: [The Institute]
required_tags: [Source-Organization, External-Identifier]
"""
)
PATH = "data/p0042_20110607.fits"
HEADER: Mapping[str, Any] = {
    "OBJECT": "A star", "TELESCOP": "DEMO-1", "NUMBER": 42, "DATE-OBS": "2011-06-07T01:02:03",
    "DATE-END": "2011-06-07T02:02:03", "LEVEL": "L1", "RA": "10.5", "DEC": -20,
}  # fmt: skip
TAGS = {"Source-Organization": ("the institute",), "External-Identifier": ("demo.42",)}


@pytest.fixture(scope="module")
def agreement() -> Agreement:
    """The agreement that the deliveries below come under."""
    found = parse_agreement(TEXT, "demo.yaml", [])
    assert found is not None
    return found


def delivery(
    header: Mapping[str, Any] = HEADER, tags: Mapping[str, tuple[str, ...]] = TAGS, **changes: Any
) -> Delivery:
    """Return a delivery that keeps its agreement, but for what is changed."""
    others = ("data/documents/guide.pdf", "data/software/run.py")
    inspections = {path: Inspection(path, replace(FITS, media_type="text/plain")) for path in others}
    inspections[PATH] = Inspection(PATH, FITS, (header,), ({"name": ""},))
    return replace(Delivery("1.0", tags, inspections), **changes)


def without(sent: Delivery, path: str) -> Delivery:
    """Return the delivery without one file."""
    return replace(sent, inspections={key: item for key, item in sent.inspections.items() if key != path})


def with_file(sent: Delivery, path: str) -> Delivery:
    """Return the delivery with one more file."""
    return replace(sent, inspections={**sent.inspections, path: Inspection(path, FITS)})


def codes(sent: Delivery, agreement: Agreement) -> list[str]:
    """Return the codes of all content checks, in order."""
    products = {}
    for path, inspection in sent.inspections.items():
        rule, names = agreement.rule_for(path) or (None, {})
        products[path] = describe_product(agreement, rule, inspection, names, sent.submission)
    found = [
        *check_agreement(sent, agreement),
        *check_formats(sent, agreement),
        *check_fits(sent, agreement),
        *check_consistency(sent, agreement, products),
    ]
    return [item.code for item in found]


def header(**changes: Any) -> Mapping[str, Any]:
    """Return the sound header with some keywords changed; ``_`` stands for ``-``."""
    return {**HEADER, **{key.replace("_", "-"): value for key, value in changes.items()}}


def test_a_good_delivery_has_no_finding(agreement: Agreement) -> None:
    """What the faults below are made of is sound."""
    assert codes(delivery(), agreement) == []


BROKEN = {
    "another agreement": (delivery(tags={**TAGS, "Submission-Agreement": ("other",)}), ["AGR-001"]),
    "tag missing": (delivery(tags={"Source-Organization": ("The Institute",)}), ["AGR-002"]),
    "tag empty": (delivery(tags={**TAGS, "External-Identifier": (" ",)}), ["AGR-002"]),
    "old bag": (delivery(version="0.97"), ["AGR-003"]),
    "identifier of another": (delivery(tags={**TAGS, "External-Identifier": ("other.1",)}), ["AGR-004"]),
    "identifier with a path": (delivery(tags={**TAGS, "External-Identifier": ("demo.1/../2",)}), ["AGR-004"]),
    "look-alike identifier": (delivery(tags={**TAGS, "External-Identifier": ("dem\u043e.1",)}), ["AGR-004"]),
    "stranger": (delivery(tags={**TAGS, "Source-Organization": ("Somebody",)}), ["AGR-005"]),
    "unknown name": (with_file(delivery(), "data/holiday.jpg"), ["AGR-006"]),
    "no document": (without(delivery(), "data/documents/guide.pdf"), ["AGR-007"]),
    "no software": (without(delivery(), "data/software/run.py"), ["AGR-008"]),
    "no object": (delivery(header(OBJECT="  ")), ["AGR-009"]),
    "blank telescope": (delivery(header(TELESCOP="")), ["AGR-010"]),
    "other telescope": (delivery(header(TELESCOP="OTHER")), ["AGR-010"]),
    "RA beyond the circle": (delivery(header(RA=400)), ["CON-002"]),
    "Dec beyond the pole": (delivery(header(DEC="-90.1")), ["CON-002"]),
    "RA of no number": (delivery(header(RA="east")), ["CON-001", "CON-006"]),
    "end before start": (delivery(header(DATE_END="2011-06-06")), ["CON-002"]),
    "end is start": (delivery(header(DATE_END=HEADER["DATE-OBS"])), ["CON-006"]),
    "year 9999": (delivery(header(DATE_END="9999-01-01")), ["CON-002"]),
    "day that is none": (delivery(header(DATE_END="2011-02-30")), ["CON-001"]),
    "another number": (delivery(header(NUMBER=43)), ["CON-003"]),
    "another day": (delivery(header(DATE_OBS="2011-06-06T01:02:03")), ["CON-003"]),
    "another level": (delivery(header(LEVEL="L2")), ["CON-004"]),
    "not a number": (delivery(header(RA=float("nan"))), ["CON-006"]),
}


@pytest.mark.parametrize("name", BROKEN)
def test_one_broken_rule_is_one_finding(name: str, agreement: Agreement) -> None:
    """Each rule has a code of its own, and breaking one raises no other."""
    sent, expected = BROKEN[name]
    assert codes(sent, agreement) == expected


@pytest.mark.parametrize("date", ["07/06/2011", "2011-06-07", "20110607", "2011.06.07_01:02:03_UTC"])
def test_days_in_other_styles_are_read(date: str, agreement: Agreement) -> None:
    """Dates as producers write them agree with the name, or at least do not contradict it."""
    sent = delivery(header(DATE_OBS=date))
    assert "CON-001" not in codes(sent, agreement)


def test_all_faults_of_one_delivery_are_told(agreement: Agreement) -> None:
    """A check goes on after the first fault."""
    tags = {"Source-Organization": ("Somebody",), "Submission-Agreement": ("other",)}
    sent = with_file(delivery(header(OBJECT="", RA=400), tags, version="0.97"), "data/holiday.jpg")
    assert set(codes(sent, agreement)) == {
        "AGR-001", "AGR-002", "AGR-003", "AGR-005", "AGR-006", "AGR-009", "CON-002",
    }  # fmt: skip


def test_formats_and_stale_checksums(agreement: Agreement) -> None:
    """A product in another format, or with checksums that do not agree, is refused; both are told."""
    sent = delivery()
    product = sent.inspections[PATH]
    stale = (finding("FIT-008", PATH, "CHECKSUM does not agree"), finding("FMT-008", PATH, "odd name"))
    changed = replace(product, format=replace(FITS, media_type="text/html"), findings=stale)
    found = codes(replace(sent, inspections={**sent.inspections, PATH: changed}), agreement)
    assert found == ["FMT-008", "AGR-011", "FIT-008", "AGR-012"]
    rule = replace(agreement.products[0], stale_checksums="accept")
    tolerant = replace(agreement, products=(rule,))
    found = codes(replace(sent, inspections={**sent.inspections, PATH: changed}), tolerant)
    assert found == ["FMT-008", "AGR-011", "FIT-008"]


NOTES = {
    "unknown name": (b"levle: L1\n", ["AGR-013"]),
    "unknown level": (b"level: L9\n", ["AGR-014"]),
    "software that is not there": (
        b"software:\n  - {name: a, version: '1', path: data/software/other}\n", ["AGR-015"],
    ),
    "document that may not be kept": (
        b"documents:\n  - {path: data/documents/guide.pdf, archive: false}\n", ["AGR-016"],
    ),
    "document that may not be handed out": (
        b"documents:\n  - {path: data/documents/guide.pdf, disseminate: false}\n", ["AGR-017"],
    ),
    "other target": (b"values: {target_name: Another}\n", ["CON-005"]),
    "impossible": (b"values: {s_ra: '361'}\n", ["CON-002", "CON-005"]),
    "software that is there": (b"software:\n  - {name: a, version: '1', path: data/software}\n", []),
    "same target": (b"values: {target_name: A star}\n", []),
}  # fmt: skip


@pytest.mark.parametrize("name", NOTES)
def test_what_the_provider_notes(name: str, agreement: Agreement) -> None:
    """submission.yaml may add and override, but faults and contradictions in it are told."""
    data, expected = NOTES[name]
    notes, faults = read_notes(data)
    found = [item.code for item in faults] + codes(delivery(submission=notes), agreement)
    assert found == expected


def test_notes_override_level_kind_and_values(agreement: Agreement) -> None:
    """What the provider states of a product wins over its agreement's rule and its header."""
    notes, faults = parse_submission(
        "pi: A. Person\nproducts:\n"
        "  - path: 'data/p*.fits'\n    level: L2\n    kind: calibration\n    product_type: flat\n"
        "    values: {s_ra: '12:30:00', t_exptime: '36', colour: blue}\n"
    )
    assert not faults
    rule, names = agreement.rule_for(PATH) or (None, {})
    product = describe_product(agreement, rule, delivery().inspections[PATH], names, notes)
    core = product.obscore
    assert (product.level, product.kind, product.product_type) == ("L2", "calibration", "flat")
    assert (core.calib_level, core.s_ra, core.t_exptime) == (2, 12.5, 36.0)
    assert product.values == {"colour": "blue", "pi": "A. Person"}


@pytest.mark.parametrize(
    ("core", "code"),
    [
        (ObsCore(t_exptime=-1.0), "CON-002"),
        (ObsCore(em_min=2e-7, em_max=1e-7), "CON-002"),
        (ObsCore(t_xel=-5), "CON-002"),
        (ObsCore(s_ra=0.0, s_dec=0.0), "CON-006"),
        (ObsCore(t_exptime=0.0), "CON-006"),
    ],
)
def test_absurd_and_odd_values(core: ObsCore, code: str) -> None:
    """The impossible refuses, the odd warns and blocks nothing."""
    found = list(impossible_values(MappedProduct("science", "L1", "x", core), "data/x"))
    assert [item.code for item in found] == [code]
    assert found[0].severity is (Severity.ERROR if code == "CON-002" else Severity.WARNING)


def test_every_code_is_documented_and_used() -> None:
    """The tables and the checks know the same codes, and each says what to do."""
    families = [row for row in finding_codes().values() if row.code[:4] in ("AGR-", "CON-")]
    assert all(row.remedy and row.title and row.clause for row in families)
    root = Path(__file__).resolve().parents[2]
    sources = [*(root / "sip" / "checks").glob("*.py"), *(root / "policies").glob("*.py")]
    code = "".join(path.read_text("utf-8") for path in sources)
    assert all(f'"{row.code}"' in code for row in families)
