"""What a package says of itself is valid by independent schemas and validators, and reads back equal."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest
from lxml import etree

from aip.descriptive import datacite_xml
from aip.mets import iter_references
from aip.premis_reading import iter_premis
from aip.reading import read_description, read_events, read_record, read_report
from aip.storage import AipStore
from aip.stored import StoredAip
from aip.validation.schemas import mets_schema, premis_schema
from aip.xml_stream import iter_elements
from oais.errors import DamageError, NotFoundError
from oais.information.premis import Agent, Event, EventType
from oais.information.xml import XmlRefusedError
from tests.aip.building import MANY, ONE, PROGRAM, PROVIDER, RICH, fits_bytes, store_package
from tests.conftest import ROOT

SECOND = {**RICH, "data/a.fits": fits_bytes(9)}


@pytest.fixture
def rich(store: AipStore, tmp_path: Path) -> StoredAip:
    """An AIP with software, documents and two versions."""
    store_package(store, "x.rich", RICH, tmp_path)
    return store_package(store, "x.rich", SECOND, tmp_path)


def _documents(stored: StoredAip, name: str) -> list[Path]:
    return [path for path in stored.path.rglob(name) if path.is_file()]


def test_every_kind_of_package_passes_the_eark_validator(
    store: AipStore, tmp_path: Path, rich: StoredAip, oracle_python: Path
) -> None:
    """One file, many files, software with documents, and a second version: no error and no warning."""
    stored = [
        store_package(store, "x.one", ONE, tmp_path),
        store_package(store, "x.many", MANY, tmp_path),
    ]
    packages = [item.path / "v1" / "content" for item in stored]
    for number in rich.versions:
        package = tmp_path / f"extracted-v{number}"
        for logical, file in rich.open(number).files().items():
            (package / logical).parent.mkdir(parents=True, exist_ok=True)
            (package / logical).write_bytes(file.path.read_bytes())
        packages.append(package)
    command = [oracle_python, ROOT / "tests" / "oracles" / "eark.py", *packages]
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    answers = json.loads(done.stdout)
    assert answers == [{"errors": [], "warnings": []}] * 4


@pytest.mark.shared
def test_mets_and_premis_are_valid_by_the_published_schemas(rich: StoredAip, shared: Path) -> None:
    """Every METS is valid by METS 1.12.1 as packaged, every PREMIS by the PREMIS 3.0 schema."""
    premis = premis_schema(shared / "schemas" / "premis-v3-0.xsd")
    mets = _documents(rich, "METS.xml")
    assert len(mets) == 6
    for path in mets:
        mets_schema().assertValid(etree.parse(str(path)))
    for path in _documents(rich, "premis.xml"):
        premis.assertValid(etree.parse(str(path)))


def test_schema_check_refuses_a_wrong_mets(rich: StoredAip) -> None:
    """The packaged schema is really applied: a METS without structMap is not valid."""
    root = etree.parse(str(_documents(rich, "METS.xml")[0])).getroot()
    root.remove(root[-1])
    assert not mets_schema().validate(root)


def test_mets_points_to_every_file_with_its_size(rich: StoredAip) -> None:
    """The METS files of a version together name all of its files, and each size is that on disk."""
    files = rich.open(2).files()
    met = {"METS.xml"}
    for logical in [path for path in files if path.endswith("METS.xml")]:
        folder = logical.removesuffix("METS.xml")
        for reference in iter_references(files[logical].path):
            target = files[folder + reference.href]
            met.add(folder + reference.href)
            if reference.kind != "mptr":
                assert reference.size == target.size
                assert reference.checksum == target.digests["sha512"]
    assert met == set(files)


def test_events_read_back_equal_and_keep_the_history(rich: StoredAip) -> None:
    """The events of the first version stand in the second too, except those about a changed file."""
    first = {event.identifier: event for event in read_events(rich, 1)}
    assert set(first) == {"e1", "e2", "e3"}
    assert first["e1"].agents == (PROVIDER.identifier, PROGRAM.identifier)
    assert first["e2"].detail == "sha512 <&> manifest"
    assert first["e3"].kind is EventType.VALIDATION
    assert first["e3"].objects == ("representations/original/data/a.fits",)
    second = [event.identifier for event in read_events(rich)]
    assert second == ["e1", "e2", "e1-v2", "e2-v2", "e3-v2"]


def test_every_agent_of_an_event_is_defined_in_its_file(rich: StoredAip) -> None:
    """No PREMIS file links to an agent that it does not define, and none defines an idle one."""
    for path in _documents(rich, "premis.xml"):
        items = list(iter_premis(path))
        linked = {name for item in items if isinstance(item, Event) for name in item.agents}
        assert linked == {item.identifier for item in items if isinstance(item, Agent)}


def test_description_reads_back_with_its_version(rich: StoredAip) -> None:
    """Each version has its own description, whose products lie where it says."""
    for number in rich.versions:
        description = read_description(rich, number)
        assert description.version == number
        files = rich.open(number).files()
        for product in description.products:
            assert files[product.path].digests["sha256"] == product.sha256
    assert description.products[0].values["scale"] is None
    assert read_report(rich) == {"findings": []}


def test_record_counts_what_lies_on_disk(rich: StoredAip) -> None:
    """The record for the catalogue has every version, and size and files over all of them."""
    record = read_record(rich)
    stored = [path for path in rich.path.rglob("*") if path.is_file() and "content" in path.parts]
    assert record.files == len(stored)
    assert record.size == sum(path.stat().st_size for path in stored)
    assert [version.number for version in record.versions] == [1, 2]
    assert record.description.version == 2
    assert rich.path.as_posix().endswith(record.object_path)


def test_missing_version_and_damaged_description_are_told(rich: StoredAip) -> None:
    """An unknown version is not found; a damaged description is damage."""
    with pytest.raises(NotFoundError, match="v1 to v2"):
        read_description(rich, 7)
    path = rich.open().file("metadata/descriptive/description.json").path
    path.chmod(0o644)
    path.write_text("[1]")
    with pytest.raises(DamageError):
        read_description(rich)


def test_datacite_has_the_mandatory_properties(rich: StoredAip) -> None:
    """Identifier, creator, title, publisher, year and resource type are all there, escaped."""
    root = etree.fromstring(datacite_xml(read_description(rich)))
    names = {etree.QName(child).localname for child in root}
    mandatory = {"identifier", "creators", "titles", "publisher", "publicationYear", "resourceType"}
    assert mandatory <= names
    assert root.findtext(".//{*}title") == "Test package x.rich <&>"


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ('<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>', "XML-002"),
        ("<a>" * 100 + "</a>" * 100, "XML-005"),
        ("<a><b></a>", "XML-001"),
    ],
)
def test_streamed_xml_refuses_what_the_other_door_refuses(tmp_path: Path, text: str, code: str) -> None:
    """A DOCTYPE, deep nesting or broken XML in a stored package is refused by its code."""
    path = tmp_path / "x.xml"
    path.write_text(text)
    with pytest.raises(XmlRefusedError) as caught:
        list(iter_elements(path, ("a",)))
    assert caught.value.code == code


def test_about_text_and_schemas_are_in_the_package(rich: StoredAip) -> None:
    """A stranger finds a text that explains the package, and the schemas of its metadata."""
    files = rich.open(1).files()
    about = files["documentation/about-this-package.txt"].path.read_text()
    assert "x.rich" in about
    assert {"schemas/mets.xsd", "schemas/xlink.xsd", "schemas/DILCISExtensionMETS.xsd"} <= set(files)
