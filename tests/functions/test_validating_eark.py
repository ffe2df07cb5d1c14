"""``oais validate`` on E-ARK packages of others: a folder, a container, and what only looks like one."""

from __future__ import annotations

import tarfile
from pathlib import Path

import pytest

from oais.cli import main
from oais.errors import WrongUsageError
from oais.functions.validation import validate
from tests.aip.eark_builder import build_package


def test_a_folder_is_recognised_and_judged(tmp_path: Path) -> None:
    """A foreign package is no bag and no OCFL; it is valid, and with a fault it is not."""
    package = build_package(tmp_path / "package")
    told = validate(package)
    assert (told.kind, told.valid, told.findings) == ("E-ARK package", True, ())
    (package / "schemas/mets.xsd").write_bytes(b"<schemA/>")
    assert [found.code for found in validate(package).findings] == ["CSIP71"]


def test_a_container_must_hold_one_folder(tmp_path: Path) -> None:
    """One folder in a tar is judged like the folder; the files themselves break CSIPSTR1."""
    package = build_package(tmp_path / "package")
    with tarfile.open(tmp_path / "one.tar", "w") as archive:
        archive.add(package, "package")
    with tarfile.open(tmp_path / "flat.tar", "w") as archive:
        for entry in sorted(package.iterdir()):
            archive.add(entry, entry.name)
    told = validate(tmp_path / "one.tar")
    assert (told.kind, told.findings) == ("E-ARK package", ())
    told = validate(tmp_path / "flat.tar")
    assert told.kind == "E-ARK package"
    assert [found.code for found in told.findings] == ["CSIPSTR1"]


def test_a_folder_with_any_mets_is_none(tmp_path: Path) -> None:
    """METS of another profile, alone in a folder, is not taken for a package of E-ARK."""
    (tmp_path / "METS.xml").write_text("<mets/>")
    with pytest.raises(WrongUsageError, match="neither a bag, nor an E-ARK package"):
        validate(tmp_path)


def test_the_command_names_requirement_and_remedy(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The user sees the requirement's id, the line, what is wrong and what to do; the exit code says no."""
    package = build_package(tmp_path / "package")
    mets = package / "METS.xml"
    mets.write_text(mets.read_text().replace('LABEL="CSIP"', 'LABEL="Ours"'))
    assert main(["validate", str(package)]) != 0
    told = " ".join(capsys.readouterr().out.split())
    assert "CSIP82" in told
    assert "not exactly one structMap has the LABEL CSIP" in told
    assert "Give one structMap, and no other, the LABEL CSIP" in told
