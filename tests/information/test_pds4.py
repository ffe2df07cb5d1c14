"""PDS4 labels: elements by dotted name, and documents that are refused."""

from __future__ import annotations

from pathlib import Path

from oais.information.representation.pds4 import read_label

LABELS = "data/pds4/ladee_test"


def test_real_label_tells_identifier_and_repeated_elements(shared: Path) -> None:
    """Elements of a real bundle label are found by dotted name, repeated ones joined."""
    path = shared / LABELS / "mission_bundle" / "LADEE_Bundle_1101.xml"
    found = read_label(path, path.name, pds4=True)
    values = found.headers[0]
    assert values["Identification_Area.logical_identifier"] == "urn:nasa:pds:ladee_mission_bundle"
    assert values["Identification_Area.version_id"] == "1.0"
    text = path.read_text("utf-8")
    members = values["Bundle_Member_Entry.lid_reference"].split("\n")
    assert len(members) == text.count("<Bundle_Member_Entry>")
    assert found.structure[0]["kind"] == "Product_Bundle"
    assert found.findings == ()


def test_every_real_label_has_an_identifier(shared: Path) -> None:
    """All labels of the bundle and its deliveries are read without a finding."""
    labels = [path for path in (shared / LABELS).rglob("*.xml") if path.stat().st_size]
    assert len(labels) == 11
    for path in labels:
        found = read_label(path, path.name, pds4=True)
        assert found.findings == (), path.name
        assert found.structure[0]["name"].startswith("urn:nasa:pds:")


def test_label_without_identifier_is_damaged() -> None:
    """A label must say what it identifies."""
    found = read_label(b"<Product_Bundle/>", "x.xml", pds4=True)
    assert [one.code for one in found.findings] == ["FMT-006"]


def test_refused_document_gives_the_finding_of_the_xml_door() -> None:
    """A DOCTYPE in a label is told by the code of the XML rules, and nothing is read."""
    found = read_label(b"<!DOCTYPE a><a/>", "x.xml", pds4=True)
    assert [one.code for one in found.findings] == ["XML-002"]
    assert found.headers == ()


def test_markup_in_text_and_attributes_stay_text() -> None:
    """D5: text comes back exactly as it was written, attributes by their own name."""
    label = b"<a><t unit='m'>&lt;script&gt; ]]&gt;</t><!-- c --><?p i?></a>"
    values = read_label(label, "x.xml", pds4=False).headers[0]
    assert values == {"t.@unit": "m", "t": "<script> ]]>"}


def test_listing_is_bounded() -> None:
    """Of very many elements the first are listed, and that is said."""
    label = b"<a>" + b"".join(b"<e%d>x</e%d>" % (n, n) for n in range(30_000)) + b"</a>"
    found = read_label(label, "x.xml", pds4=False)
    assert [one.code for one in found.findings] == ["FMT-009"]
    assert len(found.headers[0]) == 20_000
